#include "base/chunk.h"

#include <stdlib.h>
#include <sys/uio.h>

enum { KEEP_CHUNKS = 64, KEEP_SPANS = 1024 };

struct sl_chunk_pool {
    struct sl_chunk *free_chunks;
    struct sl_span *free_spans;
    struct sl_chunk *fill; /* holds a reference */
    size_t free_chunk_count, free_span_count;
    size_t in_use_bytes;
};

struct sl_chunk_pool *sl_chunk_pool_new(void)
{
    return sl_new(struct sl_chunk_pool);
}

void sl_chunk_pool_free(struct sl_chunk_pool *pool)
{
    if (pool == NULL)
        return;
    sl_chunk_unref(pool->fill);
    SL_ASSERT(pool->in_use_bytes == 0);
    while (pool->free_chunks != NULL) {
        struct sl_chunk *c = pool->free_chunks;
        pool->free_chunks = c->next_free;
        free(c);
    }
    while (pool->free_spans != NULL) {
        struct sl_span *s = pool->free_spans;
        pool->free_spans = s->next;
        free(s);
    }
    free(pool);
}

size_t sl_chunk_pool_in_use(const struct sl_chunk_pool *pool)
{
    bool is_fill_idle = pool->fill != NULL && pool->fill->refs == 1;
    return pool->in_use_bytes - (is_fill_idle ? pool->fill->cap : 0);
}

static struct sl_chunk *chunk_of_size(struct sl_chunk_pool *pool, size_t cap)
{
    struct sl_chunk *c = pool->free_chunks;
    if (c != NULL && cap == SL_CHUNK_BYTES) {
        pool->free_chunks = c->next_free;
        pool->free_chunk_count--;
    } else {
        c = malloc(sizeof(*c) + cap);
        if (c == NULL)
            sl_panic(__FILE__, __LINE__, "out of memory");
    }
    c->refs = 1;
    c->cap = (uint32_t)cap;
    c->used = 0;
    c->pool = pool;
    c->next_free = NULL;
    pool->in_use_bytes += cap;
    return c;
}

struct sl_chunk *sl_chunk_new(struct sl_chunk_pool *pool, size_t min_bytes)
{
    SL_ASSERT(min_bytes <= UINT32_MAX);
    return chunk_of_size(pool, SL_MAX(min_bytes, (size_t)SL_CHUNK_BYTES));
}

struct sl_chunk *sl_chunk_of(struct sl_chunk_pool *pool, sl_str bytes)
{
    SL_ASSERT(bytes.n != 0 && bytes.n <= UINT32_MAX);
    struct sl_chunk *c = chunk_of_size(pool, bytes.n);
    memcpy(c->data, bytes.p, bytes.n);
    c->used = (uint32_t)bytes.n;
    return c;
}

struct sl_chunk *sl_chunk_ref(struct sl_chunk *c)
{
    SL_ASSERT(c->refs > 0);
    c->refs++;
    return c;
}

void sl_chunk_unref(struct sl_chunk *c)
{
    if (c == NULL)
        return;
    SL_ASSERT(c->refs > 0);
    if (--c->refs != 0)
        return;
    struct sl_chunk_pool *pool = c->pool;
    pool->in_use_bytes -= c->cap;
    if (c->cap != SL_CHUNK_BYTES || pool->free_chunk_count >= KEEP_CHUNKS) {
        free(c);
        return;
    }
    c->next_free = pool->free_chunks;
    pool->free_chunks = c;
    pool->free_chunk_count++;
}

struct sl_chunk *sl_chunk_pool_fill(struct sl_chunk_pool *pool, size_t min_room)
{
    SL_ASSERT(min_room <= SL_CHUNK_BYTES);
    struct sl_chunk *c = pool->fill;
    if (c != NULL && c->refs == 1)
        c->used = 0;
    if (c == NULL || c->cap - c->used < min_room) {
        pool->fill = NULL;
        sl_chunk_unref(c);
        c = pool->fill = sl_chunk_new(pool, 0);
    }
    return c;
}

static struct sl_span *span_new(struct sl_chunk_pool *pool)
{
    struct sl_span *s = pool->free_spans;
    if (s == NULL)
        return sl_calloc(1, sizeof(*s));
    pool->free_spans = s->next;
    pool->free_span_count--;
    return s;
}

static void span_free(struct sl_chunk_pool *pool, struct sl_span *s)
{
    sl_chunk_unref(s->chunk);
    if (pool->free_span_count >= KEEP_SPANS) {
        free(s);
        return;
    }
    s->next = pool->free_spans;
    pool->free_spans = s;
    pool->free_span_count++;
}

void sl_chain_init(struct sl_chain *q, struct sl_chunk_pool *pool)
{
    *q = (struct sl_chain){.pool = pool};
}

void sl_chain_fini(struct sl_chain *q)
{
    while (q->head != NULL) {
        struct sl_span *s = q->head;
        q->head = s->next;
        span_free(q->pool, s);
    }
    q->tail = NULL;
    q->bytes = 0;
}

/* Take the first span off. */
static struct sl_span *pop(struct sl_chain *q)
{
    struct sl_span *s = q->head;
    q->head = s->next;
    if (q->head == NULL)
        q->tail = NULL;
    q->bytes -= s->n;
    return s;
}

static void push(struct sl_chain *q, struct sl_span *s)
{
    s->next = NULL;
    if (q->tail != NULL)
        q->tail->next = s;
    else
        q->head = s;
    q->tail = s;
    q->bytes += s->n;
}

/* Does it go on where the chain ends? */
static bool joins(const struct sl_chain *q, const struct sl_chunk *c, const char *p)
{
    const struct sl_span *t = q->tail;
    return t != NULL && t->chunk == c && t->p + t->n == p;
}

static void append(struct sl_chain *q, struct sl_chunk *c, sl_str bytes)
{
    if (bytes.n == 0)
        return;
    if (joins(q, c, bytes.p)) {
        q->tail->n += bytes.n;
        q->bytes += bytes.n;
        return;
    }
    struct sl_span *s = span_new(q->pool);
    *s = (struct sl_span){.chunk = c != NULL ? sl_chunk_ref(c) : NULL, .p = bytes.p, .n = bytes.n};
    push(q, s);
}

void sl_chain_add(struct sl_chain *q, struct sl_chunk *c, sl_str bytes)
{
    SL_ASSERT(bytes.n == 0 || (bytes.p >= c->data && bytes.p + bytes.n <= c->data + c->cap));
    append(q, c, bytes);
}

void sl_chain_add_static(struct sl_chain *q, sl_str bytes)
{
    append(q, NULL, bytes);
}

/* The tail's chunk, when the chain is its only owner and ends where the chunk is filled to. */
static struct sl_chunk *open_tail(struct sl_chain *q)
{
    struct sl_span *t = q->tail;
    if (t == NULL || t->chunk == NULL || t->chunk->refs != 1)
        return NULL;
    return t->p + t->n == t->chunk->data + t->chunk->used ? t->chunk : NULL;
}

void sl_chain_add_copy(struct sl_chain *q, sl_str bytes)
{
    while (bytes.n != 0) {
        struct sl_chunk *c = open_tail(q);
        bool is_fresh = c == NULL || c->used == c->cap;
        if (is_fresh)
            c = sl_chunk_new(q->pool, 0);
        size_t n = SL_MIN(bytes.n, (size_t)(c->cap - c->used));
        char *to = c->data + c->used;
        memcpy(to, bytes.p, n);
        c->used += (uint32_t)n;
        append(q, c, (sl_str){to, n});
        if (is_fresh)
            sl_chunk_unref(c);
        bytes = (sl_str){bytes.p + n, bytes.n - n};
    }
}

void sl_chain_add_shared(struct sl_chain *q, sl_str bytes)
{
    if (bytes.n == 0)
        return;
    if (bytes.n > SL_CHUNK_BYTES) {
        sl_chain_add_copy(q, bytes);
        return;
    }
    struct sl_chunk *c = sl_chunk_pool_fill(q->pool, bytes.n);
    char *to = c->data + c->used;
    memcpy(to, bytes.p, bytes.n);
    c->used += (uint32_t)bytes.n;
    sl_chain_add(q, c, (sl_str){to, bytes.n});
}

size_t sl_chain_move(struct sl_chain *to, struct sl_chain *from, size_t max)
{
    size_t moved = 0;
    while (from->head != NULL && moved < max) {
        struct sl_span *s = from->head;
        size_t n = SL_MIN(s->n, max - moved);
        moved += n;
        if (n == s->n && to->pool == from->pool && !joins(to, s->chunk, s->p)) {
            push(to, pop(from));
            continue;
        }
        append(to, s->chunk, (sl_str){s->p, n});
        sl_chain_consume(from, n);
    }
    return moved;
}

void sl_chain_consume(struct sl_chain *q, size_t n)
{
    SL_ASSERT(n <= q->bytes);
    while (n != 0) {
        struct sl_span *s = q->head;
        if (n < s->n) {
            s->p += n;
            s->n -= n;
            q->bytes -= n;
            return;
        }
        n -= s->n;
        span_free(q->pool, pop(q));
    }
}

int sl_chain_iov(const struct sl_chain *q, struct iovec *iov, int max, size_t max_bytes)
{
    int count = 0;
    for (const struct sl_span *s = q->head; s != NULL && count < max && max_bytes != 0;
         s = s->next) {
        size_t n = SL_MIN(s->n, max_bytes);
        iov[count++] = (struct iovec){.iov_base = (void *)(uintptr_t)s->p, .iov_len = n};
        max_bytes -= n;
    }
    return count;
}

sl_str sl_chain_flatten(const struct sl_chain *q, struct sl_arena *a)
{
    if (q->head == NULL)
        return (sl_str){"", 0};
    if (q->head->next == NULL)
        return (sl_str){q->head->p, q->head->n};
    char *all = sl_arena_try_raw(a, q->bytes);
    if (all == NULL)
        return (sl_str){NULL, 0};
    size_t at = 0;
    for (const struct sl_span *s = q->head; s != NULL; s = s->next) {
        memcpy(all + at, s->p, s->n);
        at += s->n;
    }
    return (sl_str){all, q->bytes};
}
