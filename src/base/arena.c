#include "base/arena.h"

#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define TWIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TWIN 1
#endif
#endif
#ifndef TWIN
#define TWIN 0
#endif

/* Blocks behind the first one are small while little is in it: most streams need a bit more than the first.
 * A piece of some size that does not fit leaves the rest of a block to smaller ones. */
enum {
    ALIGN = 16,
    FIRST_BYTES = 12288 - 64,
    GROWN_BYTES_MIN = 2048 - 64,
    GROWN_BYTES_MAX = 16384 - 64,
    ALONE_BYTES_MIN = 512,
    TAIL_BYTES_MIN = 256
};

struct block {
    struct block *next;
    size_t cap;
    _Alignas(ALIGN) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *arg;
};

struct sl_arena {
    const char *name;
    size_t limit_bytes;
    size_t used_bytes;
    size_t kept_bytes;       /* of the limit, for the plain forms only */
    unsigned char *at, *end; /* free room of the newest block */
    struct block *blocks;    /* newest first; the oldest is kept over a reset */
    struct deferred *deferred;
};

static struct block *block_new(size_t cap)
{
    struct block *b = malloc(sizeof(*b) + cap);
    if (b == NULL)
        return NULL;
    b->next = NULL;
    b->cap = cap;
    return b;
}

static size_t usual_bytes(const struct sl_arena *a)
{
    size_t more = SL_MAX(a->used_bytes / 8, (size_t)GROWN_BYTES_MIN);
    return a->blocks == NULL ? FIRST_BYTES : SL_MIN(more, (size_t)GROWN_BYTES_MAX);
}

static struct block *add_block(struct sl_arena *a, size_t cap)
{
    struct block *b = block_new(cap);
    if (b == NULL)
        return NULL;
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

/* A block of its own for a piece that does not fit, when the newest block has room for others still. */
static void *take_alone(struct sl_arena *a, size_t bytes)
{
    struct block *b = add_block(a, bytes);
    return b != NULL ? b->data : NULL;
}

static bool is_alone(const struct sl_arena *a, size_t bytes)
{
    return bytes >= ALONE_BYTES_MIN && a->at != NULL && a->end - a->at >= TAIL_BYTES_MIN;
}

static void *take_from_new(struct sl_arena *a, size_t bytes)
{
    struct block *b = add_block(a, TWIN ? bytes : SL_MAX(bytes, usual_bytes(a)));
    if (b == NULL)
        return NULL;
    a->at = b->data + bytes;
    a->end = b->data + b->cap;
    return b->data;
}

struct sl_arena *sl_arena_new(const char *name, size_t limit_bytes)
{
    struct sl_arena *a = sl_new(struct sl_arena);
    a->name = name;
    a->limit_bytes = limit_bytes;
    return a;
}

static void run_deferred(struct sl_arena *a)
{
    while (a->deferred != NULL) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->fn(d->arg);
    }
}

static void drop_blocks(struct sl_arena *a, bool keep_first)
{
    struct block *kept = NULL;
    while (a->blocks != NULL) {
        struct block *b = a->blocks;
        a->blocks = b->next;
        if (keep_first && b->next == NULL && b->cap == FIRST_BYTES)
            kept = b;
        else
            free(b);
    }
    a->blocks = kept;
    a->at = kept != NULL ? kept->data : NULL;
    a->end = kept != NULL ? kept->data + kept->cap : NULL;
    a->used_bytes = 0;
    a->kept_bytes = 0;
}

void sl_arena_reset(struct sl_arena *a)
{
    run_deferred(a);
    drop_blocks(a, !TWIN);
}

void sl_arena_empty(struct sl_arena *a)
{
    run_deferred(a);
    drop_blocks(a, false);
}

void sl_arena_free(struct sl_arena *a)
{
    if (a == NULL)
        return;
    run_deferred(a);
    drop_blocks(a, false);
    free(a);
}

void sl_arena_keep(struct sl_arena *a, size_t bytes)
{
    a->kept_bytes = SL_MAX(a->kept_bytes, SL_MIN(bytes, a->limit_bytes));
}

void sl_arena_spend_kept(struct sl_arena *a, size_t bytes)
{
    a->kept_bytes = SL_MIN(a->kept_bytes, bytes);
}

static size_t rounded_up(size_t bytes)
{
    return TWIN ? bytes : (bytes + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
}

/* Up to `limit_bytes` in all. */
static void *take(struct sl_arena *a, size_t bytes, size_t limit_bytes)
{
    if (a->used_bytes > limit_bytes || bytes > limit_bytes - a->used_bytes)
        return NULL;
    size_t rounded = rounded_up(bytes);
    bool has_room = a->at != NULL && (size_t)(a->end - a->at) >= rounded; /* also for 0 bytes */
    void *p;
    if (!TWIN && has_room) {
        p = a->at;
        a->at += rounded;
    } else {
        p = !TWIN && is_alone(a, rounded) ? take_alone(a, rounded) : take_from_new(a, rounded);
        if (p == NULL)
            return NULL;
    }
    a->used_bytes =
        rounded > a->limit_bytes - a->used_bytes ? a->limit_bytes : a->used_bytes + rounded;
    return p;
}

void *sl_arena_try_raw(struct sl_arena *a, size_t bytes)
{
    return take(a, bytes, a->limit_bytes - a->kept_bytes);
}

void *sl_arena_try_alloc(struct sl_arena *a, size_t bytes)
{
    void *p = sl_arena_try_raw(a, bytes);
    if (p != NULL && bytes != 0)
        memset(p, 0, bytes);
    return p;
}

/* For the plain forms; not zeroed. */
static void *must_take(struct sl_arena *a, size_t bytes)
{
    void *p = take(a, bytes, a->limit_bytes);
    if (p == NULL)
        sl_panic(__FILE__, __LINE__, a->name);
    return p;
}

void *sl_arena_alloc(struct sl_arena *a, size_t bytes)
{
    void *p = must_take(a, bytes);
    if (bytes != 0)
        memset(p, 0, bytes);
    return p;
}

/* The twin's pieces are blocks of their own, and stay as they are. */
static bool is_last(const struct sl_arena *a, const void *p, size_t bytes)
{
    return !TWIN && p != NULL && (const unsigned char *)p + rounded_up(bytes) == a->at;
}

bool sl_arena_try_extend(struct sl_arena *a, const void *p, size_t from, size_t to)
{
    size_t more = rounded_up(to) - rounded_up(from);
    if (!is_last(a, p, from) || to < from || more > (size_t)(a->end - a->at) ||
        more > sl_arena_left(a))
        return false;
    a->at += more;
    a->used_bytes += more;
    return true;
}

void sl_arena_trim(struct sl_arena *a, const void *p, size_t from, size_t to)
{
    size_t less = rounded_up(from) - rounded_up(to);
    if (!is_last(a, p, from) || to > from)
        return;
    a->at -= less;
    a->used_bytes -= SL_MIN(less, a->used_bytes);
}

static sl_str fill(char *copy, sl_str s)
{
    if (s.n != 0)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return (sl_str){copy, s.n};
}

sl_str sl_arena_try_dup(struct sl_arena *a, sl_str s)
{
    char *copy = s.n == SIZE_MAX ? NULL : sl_arena_try_raw(a, s.n + 1);
    return copy != NULL ? fill(copy, s) : (sl_str){NULL, 0};
}

sl_str sl_arena_dup(struct sl_arena *a, sl_str s)
{
    SL_ASSERT(s.n != SIZE_MAX);
    return fill(must_take(a, s.n + 1), s);
}

void sl_arena_defer(struct sl_arena *a, void (*fn)(void *), void *arg)
{
    struct deferred *d = sl_arena_new_of(a, struct deferred);
    *d = (struct deferred){.next = a->deferred, .fn = fn, .arg = arg};
    a->deferred = d;
}

size_t sl_arena_used(const struct sl_arena *a)
{
    return a->used_bytes;
}

size_t sl_arena_left(const struct sl_arena *a)
{
    size_t most = a->limit_bytes - a->kept_bytes;
    return a->used_bytes < most ? most - a->used_bytes : 0;
}
