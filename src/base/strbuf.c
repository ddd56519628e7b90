#include "base/strbuf.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

/* In an arena it can often grow where it is. */
enum { FIRST_BYTES = 256, FIRST_BYTES_IN_ARENA = 64, USUAL_BYTES = 256, NUMBER_BYTES = 21 };

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
    } else if (sl_arena_try_extend(b->arena, b->p, b->cap, cap)) {
        grown = b->p;
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
        size_t first = b->arena == NULL ? FIRST_BYTES : FIRST_BYTES_IN_ARENA;
        size_t cap = SL_MAX(SL_MAX(b->cap * 2, need), first);
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

/* Decimal, into the end of `digits`. */
static sl_str digits_of(char digits[NUMBER_BYTES], uint64_t v, bool is_negative)
{
    size_t at = NUMBER_BYTES;
    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    if (is_negative)
        digits[--at] = '-';
    return (sl_str){digits + at, NUMBER_BYTES - at};
}

static sl_str signed_digits(char digits[NUMBER_BYTES], int64_t v)
{
    return digits_of(digits, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

void sl_strbuf_add_u64(struct sl_strbuf *b, uint64_t v)
{
    char digits[NUMBER_BYTES];
    sl_strbuf_add(b, digits_of(digits, v, false));
}

void sl_strbuf_add_i64(struct sl_strbuf *b, int64_t v)
{
    char digits[NUMBER_BYTES];
    sl_strbuf_add(b, signed_digits(digits, v));
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

/* What the conversion behind a '%' at *fmt stands for; *fmt steps over it. False: not one of these. */
static bool convert(const char **fmt, va_list *args, char digits[NUMBER_BYTES], sl_str *ret)
{
    const char *f = *fmt;
    if (f[0] == 's') {
        const char *text = va_arg(*args, const char *);
        if (text == NULL)
            return false;
        *ret = sl_cstr(text);
        *fmt = f + 1;
    } else if (f[0] == '.' && f[1] == '*' && f[2] == 's') {
        int most = va_arg(*args, int);
        const char *p = va_arg(*args, const char *);
        if (most < 0)
            return false;
        *ret = (sl_str){p, most != 0 ? strnlen(p, (size_t)most) : 0};
        *fmt = f + 3;
    } else if (f[0] == 'u' || f[0] == 'd') {
        *ret = f[0] == 'u' ? digits_of(digits, va_arg(*args, unsigned), false)
                           : signed_digits(digits, va_arg(*args, int));
        *fmt = f + 1;
    } else if (f[0] == 'l' && f[1] == 'l' && f[2] == 'd') {
        *ret = signed_digits(digits, va_arg(*args, long long));
        *fmt = f + 3;
    } else {
        return false;
    }
    return true;
}

/*
 * What the data path formats are names joined by signs, and numbers: a tenth of what vsnprintf costs.
 * False, when there is more to it or it does not fit.
 */
static bool format_simple(char *to, size_t cap, const char *fmt, va_list *args, size_t *ret_n)
{
    char digits[NUMBER_BYTES];
    size_t n = 0;
    while (*fmt != '\0') {
        sl_str part = {fmt, strcspn(fmt, "%")};
        bool is_conversion = part.n == 0;
        fmt += is_conversion ? 1 : part.n;
        if (is_conversion && !convert(&fmt, args, digits, &part))
            return false;
        if (part.n >= cap - n)
            return false;
        if (part.n != 0)
            memcpy(to + n, part.p, part.n);
        n += part.n;
    }
    *ret_n = n;
    return true;
}

sl_str sl_fmt(struct sl_arena *a, const char *fmt, ...)
{
    char usual[USUAL_BYTES];
    va_list args, again;
    size_t simple_n;
    va_start(args, fmt);
    va_copy(again, args);
    bool is_simple = format_simple(usual, sizeof(usual), fmt, &args, &simple_n);
    va_end(args);
    if (is_simple) {
        va_end(again);
        return sl_arena_dup(a, (sl_str){usual, simple_n});
    }
    va_copy(args, again);
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
