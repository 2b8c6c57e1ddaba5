/* Records as Fluent Bit packs them. */
#ifndef PACK_H
#define PACK_H

#include <stddef.h>

/* A growing byte buffer. Aborts if memory is exhausted, since this is a test tool. */
struct buffer {
    unsigned char *data;
    size_t len, cap;
};

void put(struct buffer *b, const void *bytes, size_t len);

/* Appends [[now, {}], {"log": line}]. */
void pack_line(struct buffer *b, const char *line, size_t len);

/* Appends [[now, {}], map] from one JSON object. Returns 0 and appends nothing if
 * text is not exactly one object. */
int pack_json(struct buffer *b, const char *text, size_t len);

#endif
