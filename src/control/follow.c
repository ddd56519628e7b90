#include "control/follow.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/thread.h"
#include "control/compose.h"
#include "control/part.h"
#include "store/nodes.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ARENA_BYTES = 16 << 20 };

struct sl_follower {
    struct sl_control *control;
    struct sl_db *db; /* a connection of its own; NULL: not yet */
    pthread_t thread;
    int wake_fd; /* readable: end */
    int64_t told_change;
    sl_usec beat_at_us;
    bool has_told; /* that the store cannot be reached */
};

/* ------------------------------------------------------------------ taking a change */

/* Unless it is served already: then *ret stays empty. */
static sl_rc compose(struct sl_control *c, struct sl_composed *ret, struct sl_diag *d)
{
    struct sl_tx *tx;
    int64_t change = 0;
    sl_rc rc = sl_store_read(c->store, &tx);
    if (rc != SL_OK)
        return sl_diag_fail(d, rc, "gateway.store", "cannot be read");
    rc = sl_store_change(tx, &change);
    if (rc == SL_OK && change != atomic_load(&c->served_change))
        rc = sl_compose(c, tx, ret, d);
    sl_tx_rollback(tx);
    return rc;
}

static sl_rc publish(struct sl_control *c, struct sl_composed *composed, struct sl_diag *d)
{
    const struct sl_publish_ops *ops = c->config.ops;
    int64_t change = composed->change;
    struct sl_parts *parts = sl_parts_ref(composed->parts);
    sl_rc rc = ops->prepare(c->config.ctx, composed, d);
    sl_compose_adopt(c, parts); /* they are committed, whether we serve them or not */
    if (rc != SL_OK) {
        sl_arena_free(composed->arena);
        atomic_store(&c->refused_change, change);
        return rc;
    }
    ops->finish(c->config.ctx, true);
    atomic_store(&c->served_change, change);
    return SL_OK;
}

sl_rc sl_follow(struct sl_control *c, struct sl_diag *d)
{
    struct sl_composed composed = {0};
    sl_store_hold(c->store); /* so that nobody of us publishes something newer in between */
    sl_rc rc = compose(c, &composed, d);
    if (rc == SL_OK && composed.arena != NULL)
        rc = publish(c, &composed, d);
    sl_store_release(c->store);
    return rc;
}

static void take(struct sl_follower *f)
{
    struct sl_control *c = f->control;
    struct sl_arena *a = sl_arena_new("following the store", ARENA_BYTES);
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    if (sl_follow(c, d) != SL_OK) {
        for (size_t i = 0; i < d->count; i++)
            sl_log(c->config.log, ERROR, "configuration problem",
                   SL_KV_STR("problem", sl_problem_text(&d->problems[i], a)));
        sl_log(c->config.log, ERROR, "the store's last change is refused here");
    }
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ looking */

static sl_rc open_db(struct sl_follower *f)
{
    struct sl_arena *a = sl_arena_new("following the store", SL_KIB(64));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    const char *where = sl_control_where(f->control, a);
    bool is_on_server = f->control->config.store != NULL; /* there are others to tell */
    sl_rc rc = is_on_server ? sl_db_open(where, &f->db, d) : sl_db_open_to_read(where, &f->db, d);
    if (rc == SL_OK)
        sl_db_listen(f->db);
    sl_arena_free(a);
    return rc;
}

static sl_rc read_change(struct sl_db *db, int64_t *ret)
{
    sl_rc rc = sl_db_begin_read(db);
    if (rc != SL_OK)
        return rc;
    struct sl_query *q =
        sl_db_query(db, "SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'change'");
    if (sl_query_row(q))
        *ret = sl_query_i64_at(q, 0);
    rc = sl_query_end(q);
    sl_db_rollback(db);
    return rc;
}

static void note_state(struct sl_follower *f, sl_rc rc)
{
    bool is_failing = rc != SL_OK;
    if (is_failing && !f->has_told)
        sl_log(f->control->config.log, ERROR,
               "the store cannot be reached: what was served last stays",
               SL_KV_STR("error", f->db != NULL ? sl_db_error(f->db) : SL_STR("")));
    else if (!is_failing && f->has_told)
        sl_log(f->control->config.log, INFO, "the store is back");
    f->has_told = is_failing;
    atomic_store(&f->control->is_failing, is_failing);
}

static void tell(struct sl_follower *f)
{
    struct sl_control *c = f->control;
    struct sl_strbuf detail = {0};
    struct sl_node_summary summary = {0};
    struct sl_jsonw w;
    int64_t served = atomic_load(&c->served_change);
    bool is_due = sl_clock_mono_us() >= f->beat_at_us || f->told_change != served;
    if (!is_due || c->config.store == NULL || c->config.node_id == NULL)
        return;
    sl_jsonw_init(&w, &detail);
    sl_jsonw_object(&w);
    c->config.ops->node(c->config.ctx, &w, &summary);
    sl_jsonw_key_bool(&w, SL_STR("is_refusing"), atomic_load(&c->refused_change) > served);
    sl_jsonw_end(&w);
    int64_t now_us = sl_clock_wall_us();
    struct sl_node_state state = {.id = sl_cstr(c->config.node_id),
                                  .hash = sl_cstr(summary.hash),
                                  .change = served,
                                  .seen_us = now_us,
                                  .detail = sl_strbuf_str(&detail)};
    if (sl_node_state_put(f->db, &state, now_us - SL_FOLLOW_FORGET_MS * INT64_C(1000)) == SL_OK) {
        f->beat_at_us = sl_clock_mono_us() + SL_FOLLOW_BEAT_MS * 1000;
        f->told_change = served;
    }
    sl_strbuf_fini(&detail);
}

static void look(struct sl_follower *f)
{
    struct sl_control *c = f->control;
    int64_t change = 0;
    sl_rc rc = f->db == NULL ? open_db(f) : SL_OK;
    if (rc == SL_OK)
        rc = read_change(f->db, &change);
    note_state(f, rc);
    if (rc != SL_OK)
        return;
    if (change != atomic_load(&c->served_change) && change != atomic_load(&c->refused_change))
        take(f);
    tell(f);
}

/* ------------------------------------------------------------------ the thread */

static void try_to_open(struct sl_follower *f)
{
    struct sl_control *c = f->control;
    struct sl_arena *a = sl_arena_new("opening the store", ARENA_BYTES);
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    if (c->config.ops->open(c->config.ctx, d) == SL_OK)
        sl_log(c->config.log, INFO, "the store is open");
    sl_arena_free(a);
}

static bool must_end(const struct sl_follower *f)
{
    struct pollfd fd = {.fd = f->wake_fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void rest(struct sl_follower *f)
{
    struct sl_control *c = f->control;
    bool is_near = c->config.store != NULL || !atomic_load(&c->is_open);
    int ms = is_near ? SL_FOLLOW_SERVER_MS : SL_FOLLOW_FILE_MS;
    struct pollfd fd = {.fd = f->wake_fd, .events = POLLIN};
    if (f->db != NULL)
        (void)sl_db_wait(f->db, f->wake_fd, ms); /* however it ends: look */
    else
        (void)poll(&fd, 1, ms);
}

static void *run(void *arg)
{
    struct sl_follower *f = arg;
    while (!must_end(f)) {
        if (!atomic_load(&f->control->is_open))
            try_to_open(f);
        if (atomic_load(&f->control->is_open))
            look(f);
        rest(f);
    }
    return NULL;
}

sl_rc sl_follower_start(struct sl_control *c, struct sl_follower **ret)
{
    struct sl_follower *f = sl_new(struct sl_follower);
    f->control = c;
    f->told_change = -1;
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (f->wake_fd >= 0 && sl_thread_start(&f->thread, run, f)) {
        *ret = f;
        return SL_OK;
    }
    if (f->wake_fd >= 0)
        (void)close(f->wake_fd);
    sl_free(f);
    return SL_E_IO;
}

void sl_follower_stop(struct sl_follower *f)
{
    if (f == NULL)
        return;
    (void)eventfd_write(f->wake_fd, 1); /* the counter has room */
    pthread_join(f->thread, NULL);
    sl_db_close(f->db);
    (void)close(f->wake_fd);
    sl_free(f);
}
