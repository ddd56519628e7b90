#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_BYTES = 256, USUAL_BYTES = 256 };

void sl_strbuf_init(struct sl_strbuf *b, struct sl_arena *a, size_t limit_bytes)
{
    *b = (struct sl_strbuf){.arena = a, .limit_bytes = limit_bytes};
}

void sl_strbuf_fini(struct sl_strbuf *b)
{
    if (b->arena == NULL)
        sl_free(b->p);
    *b = (struct sl_strbuf){0};
}

static bool regrow(struct sl_strbuf *b, size_t cap)
{
    char *grown;
    if (b->arena == NULL) {
        grown = sl_realloc(b->p, cap);
    } else {
        grown = sl_arena_try_raw(b->arena, cap);
        if (grown != NULL && b->n != 0)
            memcpy(grown, b->p, b->n);
    }
    if (grown == NULL)
        return false;
    b->p = grown;
    b->cap = cap;
    return true;
}

char *sl_strbuf_room(struct sl_strbuf *b, size_t n)
{
    size_t need;
    if (b->is_full || !sl_add_checked(b->n, n, &need) ||
        (b->limit_bytes != 0 && need > b->limit_bytes)) {
        b->is_full = true;
        return NULL;
    }
    if (need > b->cap || b->p == NULL) {
        size_t cap = SL_MAX(SL_MAX(b->cap * 2, need), (size_t)FIRST_BYTES);
        if (!regrow(b, cap) && !regrow(b, need)) {
            b->is_full = true;
            return NULL;
        }
    }
    return b->p + b->n;
}

void sl_strbuf_add(struct sl_strbuf *b, sl_str s)
{
    char *room = sl_strbuf_room(b, s.n);
    if (room == NULL || s.n == 0)
        return;
    memcpy(room, s.p, s.n);
    b->n += s.n;
}

void sl_strbuf_add_char(struct sl_strbuf *b, char c)
{
    char *room = sl_strbuf_room(b, 1);
    if (room == NULL)
        return;
    *room = c;
    b->n++;
}

void sl_strbuf_add_u64(struct sl_strbuf *b, uint64_t v)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    sl_strbuf_add(b, (sl_str){digits + at, sizeof(digits) - at});
}

void sl_strbuf_add_i64(struct sl_strbuf *b, int64_t v)
{
    if (v < 0)
        sl_strbuf_add_char(b, '-');
    sl_strbuf_add_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void addv(struct sl_strbuf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    SL_ASSERT(n >= 0);
    char *room = sl_strbuf_room(b, (size_t)n + 1);
    if (room != NULL) {
        vsnprintf(room, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void sl_strbuf_addf(struct sl_strbuf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    addv(b, fmt, args);
    va_end(args);
}

void sl_strbuf_clear(struct sl_strbuf *b)
{
    b->n = 0;
    b->is_full = false;
}

sl_str sl_fmt(struct sl_arena *a, const char *fmt, ...)
{
    char usual[USUAL_BYTES];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(usual, sizeof(usual), fmt, args);
    SL_ASSERT(n >= 0);
    sl_str text = {usual, (size_t)n};
    if (text.n < sizeof(usual)) {
        text = sl_arena_dup(a, text);
    } else {
        char *room = sl_arena_alloc(a, text.n + 1);
        vsnprintf(room, text.n + 1, fmt, again);
        text.p = room;
    }
    va_end(again);
    va_end(args);
    return text;
}
