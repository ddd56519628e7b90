#include "app/response_keeper.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/thread.h"
#include "store/kept.h"

#include <pthread.h>
#include <time.h>

enum {
    WRITER_BYTES = 33,
    BATCH_ROWS = 128,
    BATCH_BYTES = 4 << 20,      /* of one transaction, but for the first entry's */
    QUEUE_BYTES_MAX = 16 << 20, /* or what all may take, if that is less */
    ROW_BYTES = 256,            /* of a removal */
    BACKOFF_MS = 1000,
};

/* What is to be written. */
struct item {
    struct sl_link link;
    const struct sl_response_entry *entry; /* held; NULL: it was removed */
    sl_str id, owner;                      /* the entry's, or in the item's own memory */
    int64_t at_us;
    size_t bytes;
};

struct sl_response_keeper {
    struct sl_control *control;
    struct sl_response_store *store;
    struct sl_response_limits limits;
    struct sl_log *log;
    char writer[WRITER_BYTES]; /* this process */
    struct sl_db *db;          /* a connection of its own; NULL: not yet */
    int64_t seen;              /* the number of the last row that was looked at */
    sl_usec prune_at_us;
    bool is_failing;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t must_look;
    struct sl_link queue; /* and below: under the lock */
    size_t queue_bytes;
    uint64_t lost; /* since the log was told */
    bool must_stop;
};

/* ------------------------------------------------------------------ the queue */

static void item_free(struct item *i)
{
    sl_response_release(i->entry);
    sl_free(i);
}

static bool has_room(const struct sl_response_keeper *k, size_t bytes)
{
    size_t max = SL_MIN((size_t)QUEUE_BYTES_MAX, k->limits.bytes);
    return sl_list_is_empty(&k->queue) || k->queue_bytes + bytes <= max;
}

/* Takes the item. */
static void push(struct sl_response_keeper *k, struct item *i)
{
    pthread_mutex_lock(&k->lock);
    bool fits = has_room(k, i->bytes);
    if (fits) {
        sl_list_push_back(&k->queue, &i->link);
        k->queue_bytes += i->bytes;
        pthread_cond_signal(&k->must_look);
    } else {
        k->lost++;
    }
    pthread_mutex_unlock(&k->lock);
    if (!fits)
        item_free(i);
}

/* Ids come from vendors. */
static bool is_text(sl_str id, sl_str owner)
{
    return sl_utf8_is_valid(id) && sl_utf8_is_valid(owner);
}

static void on_put(void *arg, const struct sl_response_entry *e)
{
    struct item *i;
    if (!is_text(e->id, e->owner))
        return;
    i = sl_new(struct item);
    *i = (struct item){
        .entry = sl_response_hold(e),
        .id = e->id,
        .owner = e->owner,
        .at_us = sl_clock_wall_us(),
        .bytes = ROW_BYTES + e->id.n + e->owner.n + e->account.n + e->model.n + e->input.n +
                 e->output.n + e->body.n,
    };
    push(arg, i);
}

static void on_removed(void *arg, sl_str id, sl_str owner)
{
    struct item *i;
    char *text;
    if (!is_text(id, owner))
        return;
    i = sl_calloc(1, sizeof(*i) + id.n + owner.n + 1);
    text = (char *)(i + 1);
    memcpy(text, id.p, id.n);
    if (owner.n != 0)
        memcpy(text + id.n, owner.p, owner.n);
    i->id = (sl_str){text, id.n};
    i->owner = (sl_str){text + id.n, owner.n};
    i->at_us = sl_clock_wall_us();
    i->bytes = ROW_BYTES + id.n + owner.n;
    push(arg, i);
}

/* The next ones, off the queue, in their order; their bytes count until they are written. */
static size_t take_batch(struct sl_response_keeper *k, struct item *ret[BATCH_ROWS])
{
    size_t n = 0, bytes = 0;
    pthread_mutex_lock(&k->lock);
    while (n < BATCH_ROWS && !sl_list_is_empty(&k->queue)) {
        struct item *i = SL_CONTAINER(k->queue.next, struct item, link);
        bytes += i->bytes;
        if (n != 0 && bytes > BATCH_BYTES)
            break;
        sl_list_remove(&i->link);
        ret[n++] = i;
    }
    pthread_mutex_unlock(&k->lock);
    return n;
}

static void give_back(struct sl_response_keeper *k, struct item *const *items, size_t n)
{
    pthread_mutex_lock(&k->lock);
    while (n > 0)
        sl_list_push_front(&k->queue, &items[--n]->link);
    pthread_mutex_unlock(&k->lock);
}

static void drop(struct sl_response_keeper *k, struct item *const *items, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += items[i]->bytes;
        item_free(items[i]);
    }
    pthread_mutex_lock(&k->lock);
    k->queue_bytes -= bytes;
    pthread_mutex_unlock(&k->lock);
}

/* ------------------------------------------------------------------ writing */

/* A sealed text is of no use under another id or for another owner. No id has a NUL in it. */
static void write_context(struct sl_strbuf *out, sl_str id, sl_str owner)
{
    sl_strbuf_add(out, id);
    sl_strbuf_add_char(out, '\0');
    sl_strbuf_add(out, owner);
}

static void seal(const struct sl_response_keeper *k, const struct item *i, struct sl_strbuf *out)
{
    struct sl_strbuf clear = {0}, context = {0};
    if (i->entry == NULL)
        return;
    sl_response_entry_write(i->entry, &clear);
    write_context(&context, i->id, i->owner);
    sl_vault_seal(k->control->vault, sl_strbuf_str(&clear), sl_strbuf_str(&context), out);
    sl_strbuf_fini(&context);
    sl_strbuf_fini(&clear);
}

static sl_rc write_items(struct sl_response_keeper *k, struct item *const *items, size_t n)
{
    struct sl_kept rows[BATCH_ROWS] = {0};
    struct sl_strbuf sealed[BATCH_ROWS];
    for (size_t i = 0; i < n; i++) {
        sealed[i] = (struct sl_strbuf){0};
        seal(k, items[i], &sealed[i]);
        rows[i] = (struct sl_kept){.owner = items[i]->owner,
                                   .id = items[i]->id,
                                   .sealed = sl_strbuf_str(&sealed[i]),
                                   .written_us = items[i]->at_us,
                                   .bytes = (int64_t)items[i]->bytes};
    }
    sl_rc rc = sl_kept_write(k->db, sl_cstr(k->writer), rows, n);
    for (size_t i = 0; i < n; i++)
        sl_strbuf_fini(&sealed[i]);
    return rc;
}

/* The store is away, or somebody else writes: it will do later. */
static bool will_pass(sl_rc rc)
{
    return rc == SL_E_IO || rc == SL_E_AGAIN || rc == SL_E_UNCERTAIN;
}

static sl_rc write_queue(struct sl_response_keeper *k)
{
    struct item *items[BATCH_ROWS];
    for (size_t n; (n = take_batch(k, items)) != 0;) {
        sl_rc rc = write_items(k, items, n);
        if (will_pass(rc))
            give_back(k, items, n);
        else
            drop(k, items, n);
        if (rc != SL_OK)
            return rc;
    }
    return SL_OK;
}

/* ------------------------------------------------------------------ looking */

static void take_row(const struct sl_kept *row, void *arg)
{
    struct sl_response_keeper *k = arg;
    struct sl_strbuf clear = {0}, context = {0};
    struct sl_response_entry e;
    if (row->sealed.n == 0) {
        sl_response_store_forget(k->store, row->id, row->owner);
        return;
    }
    write_context(&context, row->id, row->owner);
    if (sl_vault_unseal(k->control->vault, row->sealed, sl_strbuf_str(&context), &clear) == SL_OK &&
        sl_response_entry_read(sl_strbuf_str(&clear), &e) == SL_OK) {
        e.id = row->id;
        e.owner = row->owner;
        sl_response_store_restore(k->store, &e, sl_clock_mono_us(),
                                  sl_clock_wall_us() - row->written_us);
    }
    sl_strbuf_fini(&clear);
    sl_strbuf_fini(&context);
}

static sl_rc prune(struct sl_response_keeper *k)
{
    sl_usec now_us = sl_clock_mono_us();
    if (now_us < k->prune_at_us)
        return SL_OK;
    k->prune_at_us = now_us + SL_SECONDS(SL_RESPONSE_KEEPER_PRUNE_S);
    const struct sl_kept_limits limits = {
        .before_us = sl_clock_wall_us() - k->limits.life_us,
        .owner_bytes = (int64_t)SL_MIN(k->limits.owner_bytes, (size_t)INT64_MAX),
        .bytes = (int64_t)SL_MIN(k->limits.bytes, (size_t)INT64_MAX),
    };
    return sl_kept_prune(k->db, &limits);
}

static sl_rc open_db(struct sl_response_keeper *k)
{
    if (k->db != NULL)
        return SL_OK;
    if (!atomic_load(&k->control->is_open)) /* its schema may not be there */
        return SL_E_IO;
    struct sl_arena *a = sl_arena_new("kept responses", SL_KIB(64));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    sl_rc rc = sl_db_open(sl_control_where(k->control, a), &k->db, d);
    sl_arena_free(a);
    return rc;
}

static void note_state(struct sl_response_keeper *k, sl_rc rc)
{
    bool is_failing = rc != SL_OK;
    pthread_mutex_lock(&k->lock);
    uint64_t lost = k->lost;
    k->lost = 0;
    pthread_mutex_unlock(&k->lock);
    if (lost != 0)
        sl_log(k->log, WARN, "responses are kept in memory only", SL_KV_U64("count", lost));
    if (is_failing && !k->is_failing)
        sl_log(k->log, WARN, "kept responses do not reach the store", SL_KV_ERR("reason", rc),
               SL_KV_STR("error", k->db != NULL ? sl_db_error(k->db) : SL_STR("")));
    else if (!is_failing && k->is_failing)
        sl_log(k->log, INFO, "kept responses reach the store again");
    k->is_failing = is_failing;
}

static void step(struct sl_response_keeper *k)
{
    sl_rc rc = open_db(k);
    if (rc == SL_OK)
        rc = write_queue(k);
    if (rc == SL_OK)
        rc = sl_kept_look(k->db, sl_cstr(k->writer), &k->seen, take_row, k);
    if (rc == SL_OK)
        rc = prune(k);
    note_state(k, rc);
}

/* ------------------------------------------------------------------ the thread */

static struct timespec look_at(const struct sl_response_keeper *k)
{
    int ms = k->control->config.store != NULL ? SL_RESPONSE_KEEPER_SERVER_MS
                                              : SL_RESPONSE_KEEPER_FILE_MS;
    sl_usec at_us = sl_clock_mono_us() + SL_MS(k->is_failing ? BACKOFF_MS : ms);
    return (struct timespec){.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
}

/* False: it is time to stop. */
static bool wait_for_more(struct sl_response_keeper *k)
{
    struct timespec until = look_at(k);
    pthread_mutex_lock(&k->lock);
    while (!k->must_stop && (k->is_failing || sl_list_is_empty(&k->queue)) &&
           pthread_cond_timedwait(&k->must_look, &k->lock, &until) == 0) {
    }
    bool must_stop = k->must_stop;
    pthread_mutex_unlock(&k->lock);
    return !must_stop;
}

static void *run(void *arg)
{
    struct sl_response_keeper *k = arg;
    while (wait_for_more(k))
        step(k);
    step(k);
    return NULL;
}

static void keeper_free(struct sl_response_keeper *k)
{
    while (!sl_list_is_empty(&k->queue)) {
        struct item *i = SL_CONTAINER(k->queue.next, struct item, link);
        sl_list_remove(&i->link);
        item_free(i);
    }
    sl_db_close(k->db);
    pthread_cond_destroy(&k->must_look);
    pthread_mutex_destroy(&k->lock);
    sl_free(k);
}

static struct sl_response_keeper *keeper_new(struct sl_control *control,
                                             struct sl_response_store *store,
                                             const struct sl_response_limits *limits,
                                             struct sl_log *log)
{
    struct sl_response_keeper *k = sl_new(struct sl_response_keeper);
    pthread_condattr_t attr;
    struct sl_rand rand;
    k->control = control;
    k->store = store;
    k->limits = *limits;
    k->log = log;
    sl_rand_seed_os(&rand);
    for (size_t i = 0; i < WRITER_BYTES - 1; i++)
        k->writer[i] = "0123456789abcdef"[sl_rand_below(&rand, 16)];
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->must_look, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&k->lock, NULL);
    sl_list_init(&k->queue);
    return k;
}

sl_rc sl_response_keeper_start(struct sl_control *control, struct sl_response_store *store,
                               const struct sl_response_limits *limits, struct sl_log *log,
                               struct sl_response_keeper **ret)
{
    struct sl_response_keeper *k = keeper_new(control, store, limits, log);
    step(k); /* what is kept is there before the first request */
    if (!sl_thread_start(&k->thread, run, k)) {
        keeper_free(k);
        return SL_E_IO;
    }
    sl_response_store_observe(
        store, (struct sl_response_observer){.put = on_put, .removed = on_removed, .arg = k});
    *ret = k;
    return SL_OK;
}

void sl_response_keeper_stop(struct sl_response_keeper *k)
{
    if (k == NULL)
        return;
    pthread_mutex_lock(&k->lock);
    k->must_stop = true;
    pthread_cond_signal(&k->must_look);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    keeper_free(k);
}
