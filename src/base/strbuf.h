/**
 * strbuf: text that grows. In an arena (freed with it) or on the heap (freed by sl_strbuf_fini).
 *
 * Growth beyond `limit_bytes` (or the arena's) sets `is_full`, drops the bytes, and every later
 * append too: test it once at the end. One thread owns a strbuf.
 */
#pragma once
#include "base/arena.h"

struct sl_strbuf {
    char *p;
    size_t n, cap;
    size_t limit_bytes; /* 0: no limit of its own */
    struct sl_arena *arena;
    bool is_full;
};

/** In `a`, or on the heap when `a` is NULL. A zeroed struct is a heap buffer without limit. */
void sl_strbuf_init(struct sl_strbuf *b, struct sl_arena *a, size_t limit_bytes);
/** Frees heap memory; accepts a zeroed struct. */
void sl_strbuf_fini(struct sl_strbuf *b);

void sl_strbuf_add(struct sl_strbuf *b, sl_str s);
void sl_strbuf_add_char(struct sl_strbuf *b, char c);
void sl_strbuf_add_u64(struct sl_strbuf *b, uint64_t v);
void sl_strbuf_add_i64(struct sl_strbuf *b, int64_t v);
void sl_strbuf_addf(struct sl_strbuf *b, const char *fmt, ...) SL_PRINTF(2, 3);
/** Room for `n` more bytes at b->p + b->n, to be filled by the caller, who then adds to b->n. NULL at the limit. */
char *sl_strbuf_room(struct sl_strbuf *b, size_t n) SL_CHECKED;
/** Forget the text, keep the memory. */
void sl_strbuf_clear(struct sl_strbuf *b);

static inline sl_str sl_strbuf_str(const struct sl_strbuf *b)
{
    return (sl_str){b->p, b->n};
}

/** printf into the arena; NUL-terminated; never more than the arena's limit (then it panics). */
sl_str sl_fmt(struct sl_arena *a, const char *fmt, ...) SL_PRINTF(2, 3);
