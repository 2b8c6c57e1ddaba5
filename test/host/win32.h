/* What the host needs on Windows and finds in the C library elsewhere. */
#ifndef WIN32_H
#define WIN32_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

char *strndup(const char *text, size_t len);
ssize_t getline(char **line, size_t *cap, FILE *in);

/* Calls flush on a stack of its own, as Fluent Bit does on Windows. */
int flush_on_fiber(int (*flush)(void *, const void *, size_t, char *), void *context, const void *data, size_t len, char *tag);

#endif
