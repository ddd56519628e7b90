#include "control/key_sets.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/str.h"
#include "base/thread.h"
#include "codec/json.h"
#include "control/fetch.h"
#include "control/sealedfile.h"
#include "control/tree.h"
#include "snapshot/snapshot.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MICRO = 1000000, FETCHERS = 8 };
#define ARENA_BYTES SL_MIB(256) /* SL_KEY_SETS_MAX texts, as trees and as JSON */

static const char file_name[] = "key-sets";

/* A thread for one answer. */
struct fetcher {
    struct sl_control *control;
    struct sl_snapshot *holder;
    const struct sl_key_set *set; /* of `holder`; NULL: idle */
    pthread_t thread;
    atomic_bool is_done;
    /* when it is done */
    bool has_changed; /* its keys */
    bool is_first;    /* it had none before */
};

struct sl_key_sets {
    pthread_mutex_t saving;
    pthread_t thread;
    int wake_fd; /* readable: end */
    int done_fd; /* readable: a fetcher is done */
    bool is_started;
    /* of the thread alone */
    struct fetcher fetchers[FETCHERS];
    struct sl_key_set_news news;
};

struct sl_key_sets *sl_key_sets_new(void)
{
    struct sl_key_sets *k = sl_new(struct sl_key_sets);
    pthread_mutex_init(&k->saving, NULL);
    k->wake_fd = k->done_fd = -1;
    return k;
}

const struct sl_key_set *sl_key_sets_find(struct sl_control *c, sl_str name,
                                          struct sl_snapshot **ret_holder)
{
    struct sl_snapshot *s = *ret_holder = sl_control_snapshot(c);
    for (size_t i = 0; s != NULL && i < s->key_set_count; i++)
        if (sl_str_eq(s->key_sets[i]->name, name))
            return s->key_sets[i];
    return NULL;
}

/* ------------------------------------------------------------------ what is kept for the next start */

static struct sl_node *kept(const struct sl_snapshot *s, struct sl_arena *a)
{
    struct sl_node *all = sl_tree_map(a);
    for (size_t i = 0; i < s->key_set_count; i++) {
        struct sl_key_set_view view;
        struct sl_node *one = sl_tree_map(a);
        sl_key_set_look(s->key_sets[i]->state, a, &view);
        if (view.text.n == 0)
            continue;
        sl_tree_put(one, SL_STR("fetched_s"), sl_tree_i64(a, view.fetched_s));
        sl_tree_put_str(a, one, "keys", view.text);
        sl_tree_put(all, s->key_sets[i]->identity, one);
    }
    return all;
}

static void save(struct sl_control *c)
{
    struct sl_arena *a = sl_arena_new("key sets", ARENA_BYTES);
    pthread_mutex_lock(&c->key_sets->saving);
    struct sl_snapshot *s = sl_control_snapshot(c);
    if (s != NULL && sl_sealed_file_save(c->vault, c->config.dir, file_name,
                                         sl_tree_json(kept(s, a), a)) != SL_OK)
        sl_log(c->config.log, WARN, "the keys of key sets cannot be written to disk");
    sl_snapshot_unref(s);
    pthread_mutex_unlock(&c->key_sets->saving);
    sl_arena_free(a);
}

/* What cannot be read is fetched again anyway. */
static const struct sl_node *load(struct sl_control *c, struct sl_arena *a, struct sl_diag *d)
{
    struct sl_strbuf clear;
    const struct sl_node *all = NULL;
    sl_strbuf_init(&clear, a, 0);
    sl_rc rc = sl_sealed_file_load(c->vault, c->config.dir, file_name, &clear);
    if (rc == SL_OK)
        rc = sl_json_to_node(sl_strbuf_str(&clear), sl_cstr(file_name), a, d, &all);
    if (rc != SL_OK && rc != SL_E_NOTFOUND)
        sl_log(c->config.log, WARN, "the keys of key sets that were kept cannot be read");
    return all;
}

static bool restore_one(const struct sl_key_set *set, const struct sl_node *one, struct sl_arena *a)
{
    const struct sl_node *fetched = sl_node_get(one, SL_STR("fetched_s"));
    int64_t fetched_s;
    sl_str keys = sl_tree_text(one, "keys");
    return fetched != NULL && sl_num_i64(fetched->text, &fetched_s) && keys.n != 0 &&
           sl_jwks_reduce(keys, SL_KEY_SET_TEXT_MAX, a, &keys) &&
           sl_key_set_put(set->state, keys, fetched_s, 0);
}

bool sl_key_sets_restore(struct sl_control *c, const struct sl_snapshot *s)
{
    struct sl_arena *a = sl_arena_new("key sets", ARENA_BYTES);
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    bool has_some = false;
    sl_diag_init(d, a);
    const struct sl_node *all = s->key_set_count != 0 ? load(c, a, d) : NULL;
    for (size_t i = 0; all != NULL && i < s->key_set_count; i++) {
        const struct sl_node *one = sl_node_get(all, s->key_sets[i]->identity);
        has_some = (one != NULL && restore_one(s->key_sets[i], one, a)) || has_some;
    }
    sl_arena_free(a);
    return has_some;
}

/* ------------------------------------------------------------------ fetching */

/* People without rights do not make us look around in private networks. */
static const struct sl_strs *allowed_for(const struct sl_control *c, const struct sl_key_set *set)
{
    return set->is_of_portal ? NULL : &c->config.fetch_from;
}

static sl_rc ask(const struct sl_control *c, const struct sl_key_set *set, struct sl_arena *a,
                 struct sl_diag *d, sl_str *ret)
{
    const struct sl_fetch_request rq = {.url = set->url,
                                        .allowed = allowed_for(c, set),
                                        .max_bytes = SL_KEY_SET_BYTES_MAX,
                                        .timeout_us = SL_SECONDS(SL_KEY_SET_TIMEOUT_S),
                                        .authorization = set->authorization,
                                        .ca = set->ca};
    struct sl_jwks keys;
    sl_rc rc = sl_fetch(&rq, "url", a, d, ret);
    if (rc != SL_OK)
        return rc;
    if (!sl_jwks_reduce(*ret, SL_KEY_SET_TEXT_MAX, a, ret) || !sl_jwks_parse(*ret, a, &keys))
        return sl_diag_fail(d, SL_E_INVALID, "url", "is no set of keys (JWKS)");
    return keys.n != 0 ? SL_OK
                       : sl_diag_fail(d, SL_E_INVALID, "url",
                                      "has no key that can check signatures: RSA of 2048 to 8192 "
                                      "bits, P-256, P-384, P-521 or Ed25519");
}

/* SL_OK with *ret_changed: they are others than those that are served. */
static sl_rc fetch(struct sl_control *c, const struct sl_key_set *set, struct sl_arena *a,
                   struct sl_diag *d, bool *ret_changed)
{
    sl_str text;
    size_t first = d->count;
    sl_rc rc = ask(c, set, a, d, &text);
    int64_t now_s = sl_clock_wall_us() / MICRO;
    *ret_changed = rc == SL_OK && sl_key_set_put(set->state, text, now_s, now_s);
    if (*ret_changed)
        sl_log(c->config.log, INFO, "keys of a key set have changed",
               SL_KV_STR("key_set", set->name));
    if (rc == SL_OK)
        return rc;
    SL_ASSERT(d->count > first);
    sl_str why = d->problems[first].message;
    if (sl_key_set_fail(set->state, why, now_s))
        sl_log(c->config.log, WARN, "a key set cannot be fetched: its keys stay as they were",
               SL_KV_STR("key_set", set->name), SL_KV_STR("reason", why));
    return rc;
}

static void serve(struct sl_control *c)
{
    if (c->config.ops->rebuild != NULL)
        c->config.ops->rebuild(c->config.ctx);
    save(c);
}

sl_rc sl_key_sets_fetch(struct sl_control *c, const struct sl_key_set *set, struct sl_arena *a,
                        struct sl_diag *d)
{
    bool has_changed;
    sl_rc rc = fetch(c, set, a, d, &has_changed);
    if (has_changed)
        serve(c);
    return rc;
}

/* ------------------------------------------------------------------ many at once */

static bool was_never_fetched(const struct sl_key_set *set, struct sl_arena *a)
{
    struct sl_key_set_view view;
    sl_key_set_look(set->state, a, &view);
    return view.fetched_s == 0;
}

static void *fetch_one(void *arg)
{
    struct fetcher *f = arg;
    struct sl_arena *a = sl_arena_new("key set", SL_MIB(16));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    f->is_first = was_never_fetched(f->set, a);
    (void)fetch(f->control, f->set, a, d, &f->has_changed); /* its state says how it went */
    sl_arena_free(a);
    atomic_store_explicit(&f->is_done, true, memory_order_release); /* pairs with collect */
    (void)eventfd_write(f->control->key_sets->done_fd, 1);          /* the counter has room */
    return NULL;
}

/* That which waits for longest; NULL: none is due. */
static const struct sl_key_set *next_due(const struct sl_key_sets *k, const struct sl_snapshot *s,
                                         int64_t now_s)
{
    const struct sl_key_set *busy[FETCHERS];
    size_t n = 0;
    for (size_t i = 0; i < FETCHERS; i++)
        if (k->fetchers[i].set != NULL)
            busy[n++] = k->fetchers[i].set;
    return sl_key_set_next(s->key_sets, s->key_set_count, busy, n, now_s);
}

static struct fetcher *idle_fetcher(struct sl_key_sets *k)
{
    for (size_t i = 0; i < FETCHERS; i++) {
        if (k->fetchers[i].set == NULL)
            return &k->fetchers[i];
    }
    return NULL;
}

static bool start_one(struct sl_control *c, struct fetcher *f, struct sl_snapshot *s,
                      const struct sl_key_set *set)
{
    *f = (struct fetcher){.control = c, .holder = sl_snapshot_ref(s), .set = set};
    if (sl_thread_start(&f->thread, fetch_one, f))
        return true;
    sl_snapshot_unref(f->holder);
    *f = (struct fetcher){0};
    return false; /* it is still due the next time */
}

/* Those that are due of what is served now, as far as there are fetchers: who is slow holds up nobody else. */
static void start_due(struct sl_control *c)
{
    struct sl_key_sets *k = c->key_sets;
    struct sl_snapshot *s = sl_control_snapshot(c);
    int64_t now_s = sl_clock_wall_us() / MICRO;
    const struct sl_key_set *set;
    struct fetcher *f;
    while (s != NULL && (f = idle_fetcher(k)) != NULL && (set = next_due(k, s, now_s)) != NULL) {
        if (!start_one(c, f, s, set))
            break;
    }
    sl_snapshot_unref(s);
}

/* Take what the fetchers have that are done; or wait for all. */
static void collect(struct sl_key_sets *k, bool must_wait)
{
    for (size_t i = 0; i < FETCHERS; i++) {
        struct fetcher *f = &k->fetchers[i];
        bool is_done = atomic_load_explicit(&f->is_done, memory_order_acquire);
        if (f->set == NULL || !(is_done || must_wait))
            continue;
        pthread_join(f->thread, NULL);
        if (f->has_changed && k->news.since_us == 0)
            k->news.since_us = sl_clock_mono_us();
        k->news.has_first = k->news.has_first || (f->has_changed && f->is_first);
        sl_snapshot_unref(f->holder);
        *f = (struct fetcher){0};
    }
}

static bool is_any_under_way(const struct sl_key_sets *k)
{
    for (size_t i = 0; i < FETCHERS; i++) {
        if (k->fetchers[i].set != NULL)
            return true;
    }
    return false;
}

bool sl_key_set_news_are_due(const struct sl_key_set_news *news, bool is_any_under_way,
                             sl_usec now_us)
{
    if (news->since_us == 0)
        return false;
    if (!news->has_first && news->served_us != 0 &&
        now_us - news->served_us < SL_SECONDS(SL_KEY_SETS_PAUSE_S))
        return false;
    return !is_any_under_way || now_us - news->since_us >= SL_MS(SL_KEY_SETS_LOOK_MS);
}

static void serve_news(struct sl_control *c)
{
    struct sl_key_sets *k = c->key_sets;
    if (!sl_key_set_news_are_due(&k->news, is_any_under_way(k), sl_clock_mono_us()))
        return;
    serve(c);
    k->news = (struct sl_key_set_news){.served_us = sl_clock_mono_us()};
}

/* ------------------------------------------------------------------ the thread */

/* Until somebody is done, or it is time to look. */
static bool must_end(const struct sl_key_sets *k, int ms)
{
    struct pollfd fds[] = {{.fd = k->wake_fd, .events = POLLIN},
                           {.fd = k->done_fd, .events = POLLIN}};
    eventfd_t count;
    (void)poll(fds, SL_LEN(fds), ms);
    if (fds[1].revents != 0)
        (void)eventfd_read(k->done_fd, &count);
    return fds[0].revents != 0;
}

static void *run(void *arg)
{
    struct sl_control *c = arg;
    struct sl_key_sets *k = c->key_sets;
    do {
        collect(k, false);
        start_due(c);
        serve_news(c);
    } while (!must_end(k, SL_KEY_SETS_LOOK_MS));
    collect(k, true);
    if (k->news.since_us != 0)
        save(c); /* the next start serves them */
    return NULL;
}

sl_rc sl_key_sets_start(struct sl_control *c)
{
    struct sl_key_sets *k = c->key_sets;
    k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    k->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (k->wake_fd < 0 || k->done_fd < 0)
        return SL_E_IO;
    k->is_started = sl_thread_start(&k->thread, run, c);
    return k->is_started ? SL_OK : SL_E_IO;
}

static void stop(struct sl_key_sets *k)
{
    if (!k->is_started)
        return;
    (void)eventfd_write(k->wake_fd, 1); /* the counter has room */
    pthread_join(k->thread, NULL);
    k->is_started = false;
}

void sl_key_sets_stop(struct sl_control *c)
{
    if (c != NULL)
        stop(c->key_sets);
}

void sl_key_sets_free(struct sl_key_sets *k)
{
    if (k == NULL)
        return;
    stop(k);
    if (k->wake_fd >= 0)
        (void)close(k->wake_fd);
    if (k->done_fd >= 0)
        (void)close(k->done_fd);
    pthread_mutex_destroy(&k->saving);
    sl_free(k);
}
