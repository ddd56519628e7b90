#include "gate/response_store.h"

#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "base/num.h"
#include "base/str.h"

#include <pthread.h>
#include <stdatomic.h>

struct owner {
    sl_str name;            /* in the struct's own memory */
    struct sl_link entries; /* oldest first */
    size_t bytes;
};

struct entry {
    struct sl_response_entry public; /* first: what is given out */
    sl_str key;                      /* owner and id */
    struct owner *owner;
    struct sl_link by_age, by_owner;
    sl_usec ends_us;
    size_t bytes;
    _Atomic uint32_t refs; /* of the store and of those who hold it; the last one frees */
};

struct sl_response_store {
    struct sl_response_limits limits;
    pthread_mutex_t lock;  /* over all that follows */
    struct sl_map entries; /* by key */
    struct sl_map owners;  /* by name */
    struct sl_link by_age; /* oldest first; entries live equally long, so by end as well */
    size_t bytes;
    struct sl_response_observer observer; /* set before any other thread is there */
};

/* ------------------------------------------------------------------ entries */

enum { TEXTS = 8 };

static void texts_of(struct sl_response_entry *e, sl_str *ret[TEXTS])
{
    sl_str *texts[TEXTS] = {&e->id,    &e->owner,  &e->account, &e->model,
                            &e->input, &e->output, &e->body,    NULL};

    memcpy(ret, texts, sizeof(texts));
}

static size_t key_bytes(sl_str id, sl_str owner)
{
    return id.n + owner.n + 1;
}

/* No id has a NUL in it (is_id), so that no two pairs have the same key. */
static sl_str write_key(char *to, sl_str id, sl_str owner)
{
    memcpy(to, id.p, id.n);
    to[id.n] = '\0';
    if (owner.n != 0)
        memcpy(to + id.n + 1, owner.p, owner.n);
    return (sl_str){to, key_bytes(id, owner)};
}

static size_t bytes_of(const struct sl_response_entry *e)
{
    return sizeof(struct entry) + key_bytes(e->id, e->owner) + e->id.n + e->owner.n + e->account.n +
           e->model.n + e->input.n + e->output.n + e->body.n;
}

static struct entry *entry_new(const struct sl_response_entry *from)
{
    size_t bytes = bytes_of(from);
    struct entry *e = sl_calloc(1, bytes);
    char *at = (char *)(e + 1);
    sl_str *texts[TEXTS];

    e->public = *from;
    e->bytes = bytes;
    atomic_init(&e->refs, 1);
    texts_of(&e->public, texts);
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (texts[i]->n != 0)
            memcpy(at, texts[i]->p, texts[i]->n);
        texts[i]->p = at;
        at += texts[i]->n;
    }
    e->key = write_key(at, e->public.id, e->public.owner);
    return e;
}

static void entry_unref(struct entry *e)
{
    /* pairs with itself: whoever frees sees what the others did with it */
    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1)
        sl_free(e);
}

const struct sl_response_entry *sl_response_hold(const struct sl_response_entry *e)
{
    /* whoever has it keeps it while it is counted */
    atomic_fetch_add_explicit(&((struct entry *)(uintptr_t)e)->refs, 1, memory_order_relaxed);
    return e;
}

void sl_response_release(const struct sl_response_entry *e)
{
    if (e != NULL)
        entry_unref((struct entry *)(uintptr_t)e);
}

/* ------------------------------------------------------------------ the index; locked */

static struct owner *owner_of(struct sl_response_store *s, sl_str name)
{
    struct owner *o = sl_map_get(&s->owners, name);
    char *text;

    if (o != NULL)
        return o;
    o = sl_calloc(1, sizeof(*o) + name.n + 1);
    text = (char *)(o + 1);
    if (name.n != 0)
        memcpy(text, name.p, name.n);
    o->name = (sl_str){text, name.n};
    sl_list_init(&o->entries);
    (void)sl_map_put(&s->owners, o->name, o);
    return o;
}

static void forget(struct sl_response_store *s, struct entry *e)
{
    struct owner *o = e->owner;

    (void)sl_map_remove(&s->entries, e->key);
    sl_list_remove(&e->by_age);
    sl_list_remove(&e->by_owner);
    s->bytes -= e->bytes;
    o->bytes -= e->bytes;
    if (sl_list_is_empty(&o->entries)) {
        (void)sl_map_remove(&s->owners, o->name);
        sl_free(o);
    }
    entry_unref(e);
}

static struct entry *oldest(const struct sl_response_store *s)
{
    return sl_list_is_empty(&s->by_age) ? NULL : SL_CONTAINER(s->by_age.next, struct entry, by_age);
}

static void forget_old(struct sl_response_store *s, sl_usec now_us)
{
    struct entry *e;

    while ((e = oldest(s)) != NULL && e->ends_us <= now_us)
        forget(s, e);
}

static bool is_id(sl_str id)
{
    return id.n != 0 && id.n <= SL_RESPONSE_ID_BYTES && memchr(id.p, 0, id.n) == NULL;
}

static struct entry *find(struct sl_response_store *s, sl_str id, sl_str owner)
{
    char key[SL_RESPONSE_ID_BYTES + SL_RESPONSE_OWNER_BYTES + 1];

    if (!is_id(id) || owner.n > SL_RESPONSE_OWNER_BYTES)
        return NULL;
    return sl_map_get(&s->entries, write_key(key, id, owner));
}

/* The newest stays: it is not larger than either limit. */
static void make_room(struct sl_response_store *s, struct owner *o)
{
    while (o->bytes > s->limits.owner_bytes)
        forget(s, SL_CONTAINER(o->entries.next, struct entry, by_owner));
    while (s->bytes > s->limits.bytes)
        forget(s, oldest(s));
}

static void insert(struct sl_response_store *s, struct entry *e)
{
    struct owner *o = owner_of(s, e->public.owner);

    e->owner = o;
    sl_list_push_back(&o->entries, &e->by_owner);
    o->bytes += e->bytes;
    s->bytes += e->bytes;
    sl_list_push_back(&s->by_age, &e->by_age);
    (void)sl_map_put(&s->entries, e->key, e);
    make_room(s, o);
}

/* ------------------------------------------------------------------ public */

struct sl_response_store *sl_response_store_new(const struct sl_response_limits *limits,
                                                uint64_t seed)
{
    struct sl_response_store *s = sl_new(struct sl_response_store);

    *s = (struct sl_response_store){.limits = *limits};
    s->limits.owner_bytes = SL_MIN(limits->owner_bytes, limits->bytes);
    pthread_mutex_init(&s->lock, NULL);
    sl_map_init(&s->entries, NULL, seed);
    sl_map_init(&s->owners, NULL, seed);
    sl_list_init(&s->by_age);
    return s;
}

void sl_response_store_free(struct sl_response_store *s)
{
    if (s == NULL)
        return;
    while (oldest(s) != NULL)
        forget(s, oldest(s));
    sl_map_fini(&s->entries);
    sl_map_fini(&s->owners);
    pthread_mutex_destroy(&s->lock);
    sl_free(s);
}

static bool fits(const struct sl_response_store *s, const struct sl_response_entry *e)
{
    return is_id(e->id) && e->owner.n <= SL_RESPONSE_OWNER_BYTES &&
           bytes_of(e) <= s->limits.owner_bytes;
}

void sl_response_store_observe(struct sl_response_store *s, struct sl_response_observer o)
{
    s->observer = o;
}

static void put(struct sl_response_store *s, struct entry *made, sl_usec now_us)
{
    struct entry *before;

    pthread_mutex_lock(&s->lock);
    forget_old(s, now_us);
    before = find(s, made->public.id, made->public.owner);
    if (before != NULL)
        forget(s, before);
    insert(s, made);
    pthread_mutex_unlock(&s->lock);
}

void sl_response_store_restore(struct sl_response_store *s, const struct sl_response_entry *e,
                               sl_usec now_us, sl_usec age_us)
{
    struct entry *made;

    if (!fits(s, e) || age_us >= s->limits.life_us)
        return;
    made = entry_new(e);
    made->ends_us = now_us + s->limits.life_us - SL_MAX(age_us, 0);
    put(s, made, now_us);
}

void sl_response_store_put(struct sl_response_store *s, const struct sl_response_entry *e,
                           sl_usec now_us)
{
    struct entry *made;

    if (!fits(s, e))
        return;
    made = entry_new(e); /* outside of the lock */
    made->ends_us = now_us + s->limits.life_us;
    (void)sl_response_hold(&made->public);
    put(s, made, now_us);
    if (s->observer.put != NULL)
        s->observer.put(s->observer.arg, &made->public);
    entry_unref(made);
}

const struct sl_response_entry *sl_response_store_get(struct sl_response_store *s, sl_str id,
                                                      sl_str owner, sl_usec now_us)
{
    struct entry *e;

    if (s == NULL)
        return NULL;
    pthread_mutex_lock(&s->lock);
    forget_old(s, now_us);
    e = find(s, id, owner);
    if (e != NULL)
        atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed); /* the store's keeps it */
    pthread_mutex_unlock(&s->lock);
    return e != NULL ? &e->public : NULL;
}

void sl_response_store_forget(struct sl_response_store *s, sl_str id, sl_str owner)
{
    struct entry *e;

    pthread_mutex_lock(&s->lock);
    e = find(s, id, owner);
    if (e != NULL)
        forget(s, e);
    pthread_mutex_unlock(&s->lock);
}

void sl_response_store_remove(struct sl_response_store *s, sl_str id, sl_str owner)
{
    sl_response_store_forget(s, id, owner);
    if (s->observer.removed != NULL && is_id(id))
        s->observer.removed(s->observer.arg, id, owner);
}

size_t sl_response_store_bytes(struct sl_response_store *s)
{
    pthread_mutex_lock(&s->lock);
    size_t bytes = s->bytes;
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

/* ------------------------------------------------------------------ as text: "3:abc" for each, in order */

static void write_text(struct sl_strbuf *out, sl_str text)
{
    sl_strbuf_add_u64(out, text.n);
    sl_strbuf_add_char(out, ':');
    sl_strbuf_add(out, text);
}

void sl_response_entry_write(const struct sl_response_entry *e, struct sl_strbuf *out)
{
    sl_strbuf_add_u64(out, e->own_at);
    sl_strbuf_add_char(out, ':');
    write_text(out, e->account);
    write_text(out, e->model);
    write_text(out, e->input);
    write_text(out, e->output);
    write_text(out, e->body);
}

static bool take_number(sl_str *rest, uint64_t max, uint64_t *ret)
{
    size_t colon = sl_str_find(*rest, ':', 0);

    if (colon >= rest->n || !sl_num_u64(sl_str_head(*rest, colon), max, ret))
        return false;
    *rest = sl_str_from(*rest, colon + 1);
    return true;
}

static bool take_text(sl_str *rest, sl_str *ret)
{
    uint64_t n;

    if (!take_number(rest, SIZE_MAX, &n) || n > rest->n)
        return false;
    *ret = sl_str_head(*rest, (size_t)n);
    *rest = sl_str_from(*rest, (size_t)n);
    return true;
}

sl_rc sl_response_entry_read(sl_str text, struct sl_response_entry *ret)
{
    struct sl_response_entry e = {0};
    uint64_t own_at;

    if (!take_number(&text, SIZE_MAX, &own_at) || !take_text(&text, &e.account) ||
        !take_text(&text, &e.model) || !take_text(&text, &e.input) ||
        !take_text(&text, &e.output) || !take_text(&text, &e.body) || text.n != 0 ||
        own_at > e.input.n)
        return SL_E_SYNTAX;
    e.own_at = (size_t)own_at;
    *ret = e;
    return SL_OK;
}
