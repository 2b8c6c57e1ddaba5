#include "pack.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_DEPTH 64

void put(struct buffer *b, const void *bytes, size_t len)
{
    if (b->len + len > b->cap) {
        b->cap = (b->len + len) * 2;
        b->data = realloc(b->data, b->cap);
        if (!b->data) {
            fputs("host: out of memory\n", stderr);
            abort();
        }
    }
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
}

static void put_byte(struct buffer *b, unsigned char byte) { put(b, &byte, 1); }

/* Appends a type byte and a big-endian number of size bytes. */
static void put_number(struct buffer *b, unsigned char type, uint64_t n, int size)
{
    put_byte(b, type);
    while (size-- > 0) {
        put_byte(b, (unsigned char)(n >> (8 * size)));
    }
}

static void put_string_head(struct buffer *b, size_t len)
{
    if (len < 32) {
        put_byte(b, (unsigned char)(0xa0 | len));
    }
    else {
        put_number(b, 0xdb, len, 4);
    }
}

/* Appends the head of a V2 event: an array of [now, {}] and the body. */
static void put_event_head(struct buffer *b)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    put(b, "\x92\x92", 2);
    put_number(b, 0xd7, 0, 1); /* fixext 8 of type 0 */
    put_number(b, (unsigned char)(now.tv_sec >> 24), (uint64_t)now.tv_sec & 0xffffff, 3);
    put_number(b, (unsigned char)(now.tv_nsec >> 24), (uint64_t)now.tv_nsec & 0xffffff, 3);
    put_byte(b, 0x80);
}

void pack_line(struct buffer *b, const char *line, size_t len)
{
    put_event_head(b);
    put(b, "\x81\xa3log", 5);
    put_string_head(b, len);
    put(b, line, len);
}

/* Reads JSON text and packs it into out. */
struct reader {
    const char *at, *end;
    struct buffer *out;
};

static int value(struct reader *r, int depth);

static void skip_space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at) {
        r->at++;
    }
}

/* Skips white space and consumes c if it is the next character. */
static int take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c) {
        return 0;
    }
    r->at++;
    return 1;
}

/* Reads four hex digits; strtoul alone would also accept a sign or a space. */
static int hex4(struct reader *r, uint32_t *out)
{
    char digits[5] = {0}, *stop;

    if (r->end - r->at < 4) {
        return 0;
    }
    memcpy(digits, r->at, 4);
    *out = (uint32_t)strtoul(digits, &stop, 16);
    r->at += 4;
    return stop == digits + 4 && digits[0] != '-' && digits[0] != '+' && digits[0] != ' ';
}

/* Appends c as UTF-8. */
static void put_rune(struct buffer *b, uint32_t c)
{
    if (c < 0x80) {
        put_byte(b, (unsigned char)c);
        return;
    }
    if (c < 0x800) {
        put_byte(b, (unsigned char)(0xc0 | c >> 6));
    }
    else {
        if (c < 0x10000) {
            put_byte(b, (unsigned char)(0xe0 | c >> 12));
        }
        else {
            put_byte(b, (unsigned char)(0xf0 | c >> 18));
            put_byte(b, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
        }
        put_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
    }
    put_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
}

/* Reads an escape after \u. An unpaired surrogate becomes U+FFFD. */
static int unicode(struct reader *r, struct buffer *text)
{
    uint32_t c, low;

    if (!hex4(r, &c)) {
        return 0;
    }
    if (c >= 0xd800 && c < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        if (!hex4(r, &low)) {
            return 0;
        }
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        else {
            put_rune(text, 0xfffd);
            c = low;
        }
    }
    put_rune(text, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return 1;
}

static int escape(struct reader *r, struct buffer *text)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (r->at == r->end) {
        return 0;
    }
    if (*r->at == 'u') {
        r->at++;
        return unicode(r, text);
    }
    found = *r->at ? strchr(from, *r->at) : NULL;
    if (!found) {
        return 0;
    }
    put_byte(text, (unsigned char)to[found - from]);
    r->at++;
    return 1;
}

/* Reads a string. Unescaped bytes are copied unchanged, valid UTF-8 or not. */
static int string(struct reader *r)
{
    struct buffer text = {0};
    int ok = take(r, '"');

    while (ok && r->at < r->end && *r->at != '"') {
        if (*r->at == '\\') {
            r->at++;
            ok = escape(r, &text);
        }
        else {
            put(&text, r->at++, 1);
        }
    }
    ok = ok && take(r, '"');
    if (ok) {
        put_string_head(r->out, text.len);
        put(r->out, text.data ? (const void *)text.data : "", text.len);
    }
    free(text.data);
    return ok;
}

/* Reads a number. Whole numbers of up to 18 digits become integers, all others doubles. */
static int number(struct reader *r)
{
    char digits[64], *stop;
    size_t len = 0;
    double real;
    uint64_t bits;

    while (r->at < r->end && len < sizeof digits - 1 && strchr("+-.0123456789eE", *r->at) && *r->at) {
        digits[len++] = *r->at++;
    }
    digits[len] = 0;
    if (!strpbrk(digits, ".eE") && len < 19) {
        put_number(r->out, 0xd3, (uint64_t)strtoll(digits, &stop, 10), 8);
    }
    else {
        real = strtod(digits, &stop);
        memcpy(&bits, &real, 8);
        put_number(r->out, 0xcb, bits, 8);
    }
    return len > 0 && *stop == 0;
}

/* Reads a map or an array. The head has the long form and is written when the
 * number of entries is known, as Fluent Bit's own inputs do. */
static int container(struct reader *r, char close, unsigned char type, int depth)
{
    size_t head = r->out->len;
    uint32_t n = 0;

    r->at++;
    put_number(r->out, type, 0, 4);
    if (take(r, close)) {
        return 1;
    }
    do {
        if (close == '}' && !(string(r) && take(r, ':'))) {
            return 0;
        }
        if (!value(r, depth + 1)) {
            return 0;
        }
        n++;
    } while (take(r, ','));
    for (int i = 0; i < 4; i++) {
        r->out->data[head + 1 + i] = (unsigned char)(n >> (24 - 8 * i));
    }
    return take(r, close);
}

static int word(struct reader *r, const char *text, unsigned char type)
{
    size_t len = strlen(text);

    if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0) {
        return 0;
    }
    r->at += len;
    put_byte(r->out, type);
    return 1;
}

/* Reads any JSON value. Every function of this file returns 0 for invalid text;
 * pack_json then drops the output written so far. */
static int value(struct reader *r, int depth)
{
    skip_space(r);
    if (r->at == r->end || depth > MAX_DEPTH) {
        return 0;
    }
    switch (*r->at) {
    case '{': return container(r, '}', 0xdf, depth);
    case '[': return container(r, ']', 0xdd, depth);
    case '"': return string(r);
    case 't': return word(r, "true", 0xc3);
    case 'f': return word(r, "false", 0xc2);
    case 'n': return word(r, "null", 0xc0);
    default: return number(r);
    }
}

int pack_json(struct buffer *b, const char *text, size_t len)
{
    struct reader r = {text, text + len, b};
    size_t start = b->len;
    int ok;

    put_event_head(b);
    skip_space(&r);
    ok = r.at < r.end && *r.at == '{' && value(&r, 0);
    skip_space(&r);
    if (!ok || r.at != r.end) {
        b->len = start;
        return 0;
    }
    return 1;
}
