#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHUNK 2000000 /* bytes, approximately the size at which Fluent Bit closes a chunk */

/* Copies the tag, which may be in a line buffer that is reused. */
static struct chunk *open_chunk(const char *tag, size_t len)
{
    struct chunk *c = calloc(1, sizeof *c);

    c->tag = strndup(tag, len);
    return c;
}

/* Appends one line to the chunk; opens a chunk if c is NULL. */
static struct chunk *add_line(struct chunk *c, const char *line, size_t len)
{
    const char *tag = opt.tag, *tab;
    size_t tag_len = strlen(tag);
    int native = strcmp(opt.format, "json") == 0;

    if (strcmp(opt.format, "tagged") == 0 && (tab = memchr(line, '\t', len))) {
        tag = line;
        tag_len = (size_t)(tab - line);
        len -= tag_len + 1;
        line = tab + 1;
        native = len > 0 && *line == '{';
    }
    if (c && (c->records >= opt.records || c->bytes.len > MAX_CHUNK ||
              strlen(c->tag) != tag_len || memcmp(c->tag, tag, tag_len) != 0)) {
        hand_over(c);
        c = NULL;
    }
    if (!c) {
        c = open_chunk(tag, tag_len);
    }
    if (!native || !pack_json(&c->bytes, line, len)) {
        pack_line(&c->bytes, line, len);
    }
    c->records++;
    return c;
}

/* Strips line ends of either kind and skips empty lines, like in_tail. */
static void play_lines(FILE *in)
{
    struct chunk *c = NULL;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&line, &cap, in)) > 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
            len--;
        }
        if (len > 0) {
            c = add_line(c, line, (size_t)len);
        }
    }
    free(line);
    if (c) {
        hand_over(c);
    }
}

/* Delivers the file unchanged as one chunk, valid or not. */
static void play_raw(FILE *in)
{
    struct chunk *c = open_chunk(opt.tag, strlen(opt.tag));
    char part[65536];
    size_t n;

    while ((n = fread(part, 1, sizeof part, in)) > 0) {
        put(&c->bytes, part, n);
    }
    hand_over(c);
}

/* Plays one file after the other; a chunk never spans two files. */
void play_files(void)
{
    for (char **file = opt.files; *file; file++) {
        FILE *in = strcmp(*file, "-") == 0 ? stdin : fopen(*file, "rb");

        if (!in) {
            die(*file, strerror(errno));
        }
        if (strcmp(opt.format, "raw") == 0) {
            play_raw(in);
        }
        else {
            play_lines(in);
        }
        if (in != stdin) {
            fclose(in);
        }
    }
}
