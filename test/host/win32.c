#ifdef _WIN32
#include "win32.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define FLUSH_STACK (64 * 1024) /* bytes, the smallest stack that Fluent Bit 5.1 gives a flush */

char *strndup(const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

ssize_t getline(char **line, size_t *cap, FILE *in)
{
    size_t len = 0;
    int c;

    while ((c = getc(in)) != EOF) {
        if (len + 2 > *cap) {
            *cap = *cap * 2 + 256;
            *line = realloc(*line, *cap);
        }
        (*line)[len++] = (char)c;
        if (c == '\n') {
            break;
        }
    }
    if (len == 0) {
        return -1;
    }
    (*line)[len] = 0;
    return (ssize_t)len;
}

struct call {
    int (*flush)(void *, const void *, size_t, char *);
    void *context, *caller;
    const void *data;
    size_t len;
    char *tag;
    int code;
};

static void WINAPI run(void *argument)
{
    struct call *c = argument;

    c->code = c->flush(c->context, c->data, c->len, c->tag);
    SwitchToFiber(c->caller);
}

int flush_on_fiber(int (*flush)(void *, const void *, size_t, char *), void *context, const void *data, size_t len, char *tag)
{
    struct call c = {.flush = flush, .context = context, .data = data, .len = len, .tag = tag};
    static __thread void *thread; /* this thread, converted to a fiber */
    void *fiber;

    if (!thread) {
        thread = ConvertThreadToFiber(NULL);
    }
    c.caller = thread;
    fiber = CreateFiber(FLUSH_STACK, run, &c);
    if (!fiber) {
        fputs("host: no fiber\n", stderr);
        abort();
    }
    SwitchToFiber(fiber);
    DeleteFiber(fiber);
    return c.code;
}
#endif
