/* Functions that the host needs on Windows; elsewhere the C library has them. */
#ifndef WIN32_H
#define WIN32_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

char *strndup(const char *text, size_t len);
ssize_t getline(char **line, size_t *cap, FILE *in);

/* Calls flush on a separate stack, as Fluent Bit does on Windows. */
int flush_on_fiber(int (*flush)(void *, const void *, size_t, char *), void *context, const void *data, size_t len, char *tag);

#endif
