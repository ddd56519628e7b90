/**
 * buf: a growable byte buffer and the few text encodings a vendor needs.
 *
 * The mock shares no code with the gateway, so that a mistake there cannot hide here. Running out
 * of memory ends the process: this is a test tool. Zero is a valid empty buffer.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A borrowed run of bytes; not NUL-terminated. */
struct span {
    const char *p;
    size_t n;
};

#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})
#define SPANF(s) (int)(s).n, (s).p

struct buf {
    char *p;
    size_t n, cap;
};

/** Make room for `more` bytes behind the content. */
void buf_reserve(struct buf *b, size_t more);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_span(struct buf *b, struct span s);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);
static inline struct span buf_view(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

/** Append `s` as the inside of a JSON string. Bytes from 0x80 go through untouched. */
void buf_json(struct buf *b, struct span s);
void buf_base64(struct buf *b, const void *p, size_t n);

struct span span_of(const char *s);
bool span_is(struct span s, const char *text);
bool span_is_nocase(struct span s, const char *text);
bool span_starts(struct span s, const char *prefix);
bool span_ends(struct span s, const char *suffix);
bool span_equal(struct span a, struct span b);
/** The number at the front of `s`; `fallback` where there is no digit. Stops at 10^15. */
int64_t span_number(struct span s, int64_t fallback);
/** Cut `s` at the first `at`: returns the left part and moves `*s` behind it (empty if absent). */
struct span span_cut(struct span *s, char at);
/** Decode %XX and '+' of a query component into `out`. */
void span_unescape(struct span s, struct buf *out);
uint64_t span_hash(struct span s, uint64_t seed);

/** RFC 3174. Used for the WebSocket handshake and for naming echoed bodies, never for secrets. */
void sha1(const void *p, size_t n, uint8_t ret_digest[20]);
