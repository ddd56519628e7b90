#include "snapshot/state.h"
#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <pthread.h>
#include <stdlib.h>

/* Blocks are shared by all workers: each has its cache lines for itself. */
enum { CACHE_LINE_BYTES = 64 };

struct block {
    struct sl_link link; /* in the registry, oldest first */
    struct sl_state_registry *registry;
    const char *kind;
    char *key; /* "kind\0identity" */
    size_t key_bytes;
    size_t refs;
    size_t bytes;
    void (*fini)(void *data);
    void *data;
};

struct sl_state_registry {
    pthread_mutex_t lock; /* over all that follows, and refs of the blocks */
    struct sl_map blocks;
    struct sl_link all;
};

struct sl_state_registry *sl_state_registry_new(void)
{
    struct sl_state_registry *r = sl_new(struct sl_state_registry);
    pthread_mutex_init(&r->lock, NULL);
    sl_list_init(&r->all);
    return r;
}

void sl_state_registry_free(struct sl_state_registry *r)
{
    if (r == NULL)
        return;
    SL_ASSERT(sl_list_is_empty(&r->all));
    sl_map_fini(&r->blocks);
    pthread_mutex_destroy(&r->lock);
    sl_free(r);
}

static sl_str key_of(const struct block *b)
{
    return sl_str_of(b->key, b->key_bytes);
}

static sl_str identity_of(const struct block *b)
{
    return sl_str_from(key_of(b), strlen(b->kind) + 1);
}

static void *new_data(size_t bytes)
{
    size_t rounded = (bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    void *data = aligned_alloc(CACHE_LINE_BYTES, rounded);
    SL_ASSERT(data != NULL);
    memset(data, 0, rounded);
    return data;
}

static struct block *block_new(struct sl_state_registry *r, const char *kind, sl_str key,
                               size_t bytes)
{
    struct block *b = sl_new(struct block);
    *b = (struct block){
        .registry = r,
        .kind = kind,
        .key = sl_strdup(key),
        .key_bytes = key.n,
        .bytes = bytes,
        .data = new_data(bytes),
    };
    return b;
}

static void block_free(struct block *b)
{
    if (b->fini != NULL)
        b->fini(b->data);
    free(b->data);
    sl_free(b->key);
    sl_free(b);
}

static void give_back(void *arg)
{
    struct block *b = arg;
    struct sl_state_registry *r = b->registry;
    pthread_mutex_lock(&r->lock);
    bool is_last = --b->refs == 0;
    if (is_last) {
        (void)sl_map_remove(&r->blocks, key_of(b)); /* b itself */
        sl_list_remove(&b->link);
    }
    pthread_mutex_unlock(&r->lock);
    if (is_last)
        block_free(b);
}

static struct block *find_or_add(struct sl_state_registry *r, const char *kind, sl_str key,
                                 size_t bytes, void (*init)(void *), void (*fini)(void *))
{
    struct block *b = sl_map_get(&r->blocks, key);
    if (b != NULL)
        return b;
    b = block_new(r, kind, key, bytes);
    b->fini = fini;
    if (init != NULL)
        init(b->data);
    (void)sl_map_put(&r->blocks, key_of(b), b); /* there was none */
    sl_list_push_back(&r->all, &b->link);
    return b;
}

void *sl_state_get(struct sl_state_registry *r, const char *kind, sl_str identity, size_t bytes,
                   void (*init)(void *block), void (*fini)(void *block), struct sl_arena *holder)
{
    struct sl_strbuf key = {0};
    sl_strbuf_addf(&key, "%s%c%.*s", kind, '\0', SL_STRF(identity));
    pthread_mutex_lock(&r->lock);
    struct block *b = find_or_add(r, kind, sl_strbuf_str(&key), bytes, init, fini);
    SL_ASSERT(b->bytes == bytes);
    b->refs++;
    pthread_mutex_unlock(&r->lock);
    sl_strbuf_fini(&key);
    sl_arena_defer(holder, give_back, b);
    return b->data;
}

void sl_state_each(struct sl_state_registry *r, const char *kind,
                   void (*visit)(sl_str identity, void *block, void *arg), void *arg)
{
    pthread_mutex_lock(&r->lock);
    for (struct sl_link *at = r->all.next; at != &r->all; at = at->next) {
        struct block *b = SL_CONTAINER(at, struct block, link);
        if (strcmp(b->kind, kind) == 0)
            visit(identity_of(b), b->data, arg);
    }
    pthread_mutex_unlock(&r->lock);
}
