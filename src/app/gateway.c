#include "app/gateway.h"
#include "app/about.h"
#include "app/admin.h"
#include "app/certfiles.h"
#include "app/listeners.h"
#include "app/load.h"
#include "app/memory.h"
#include "app/node_load.h"
#include "app/nodeid.h"
#include "app/response_keeper.h"
#include "app/seeds.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/fmt.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/thread.h"
#include "control/alerting.h"
#include "control/follow.h"
#include "control/identity.h"
#include "control/key_sets.h"
#include "control/lastgood.h"
#include "control/later.h"
#include "gate/health.h"
#include "gate/token_keeper.h"
#include "gate/worker.h"
#include "snapshot/registry.h"
#include "store/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 64 << 20,
    WATCH_MS = 500,
    WORKERS_MAX = 256,
    ACCESS_LOG_LINGER_MS = 20,
    KEEP_PAUSE_MS = 1000,
    SETTINGS_WAIT_S = 3600 /* for the store, with what it says of the requests that are kept */
};

struct gateway {
    const struct sl_gateway_options *options;
    struct sl_arena *arena; /* the settings of the start */
    struct sl_gateway_config config;
    sl_str relay_secret; /* in `arena`; see relay_secret() */
    struct sl_state_registry *states;
    struct sl_response_store *responses;
    struct sl_response_keeper *response_keeper;
    struct sl_loaded *first;              /* the start's: its settings hold until the end */
    struct sl_loaded *loaded;             /* what is served */
    struct sl_files *first_files, *files; /* files: what was read last */
    struct sl_files *served;              /* those that what is served was made of */
    pthread_mutex_t
        publishing; /* by the main thread (files) and by control threads (store): its and below */
    uint64_t version;
    struct sl_composed stored;      /* the store's part of what is served */
    struct sl_composed next_stored; /* between prepare and finish */
    struct sl_loaded *next;
    struct sl_control *control;
    struct sl_follower *follower;
    struct sl_later *keeper; /* writes what is served into a file */
    struct sl_alerting *alerting;
    char node_id[SL_NODE_ID_BYTES];
    sl_str admin_password; /* of the first run, to be shown once; p == NULL: none */
    int64_t started_us;
    struct sl_log *log, *access_log;
    struct sl_listeners *listeners;
    struct sl_certfiles *certfiles; /* of what is served */
    struct sl_worker **workers;
    struct sl_node_load node_load;
    pthread_t *threads;
    size_t worker_count, thread_count;
    struct sl_prober *prober;
    struct sl_token_keeper *token_keeper;
    struct sl_usage_writer *writer;
    struct sl_admin *admin;
    bool is_shedding; /* at the memory limit */
};

static const char *data_path(struct gateway *g, const char *name)
{
    return sl_fmt(g->arena, "%.*s/%s", SL_STRF(g->config.data_dir), name).p;
}

/* Read the files and compile them; what was read is watched from now on, good or bad. */
static sl_rc load(struct gateway *g, struct sl_loaded **ret, struct sl_files **ret_files,
                  struct sl_diag *d)
{
    sl_rc rc = sl_files_load(g->options->files, g->options->text, ret_files, d);
    if (rc == SL_OK)
        rc = sl_load(*ret_files, g->stored.document, g->states, g->version + 1, ret, d);
    return rc;
}

static void seed_or_log(struct gateway *g)
{
    struct sl_arena *a = sl_arena_new("seeds", SL_MIB(16));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    if (sl_seeds_take(g->states, g->config.data_dir, d) != SL_OK)
        sl_log(g->log, ERROR, "new budgets begin at nothing",
               SL_KV_STR("problem", sl_problem_text(&d->problems[0], a)));
    sl_arena_free(a);
}

/* Takes `l`. */
static void publish(struct gateway *g, struct sl_loaded *l)
{
    seed_or_log(g);
    for (size_t i = 0; i < g->worker_count; i++)
        sl_worker_publish(g->workers[i], l->snapshot);
    sl_prober_publish(g->prober, l->snapshot);
    sl_token_keeper_publish(g->token_keeper, l->snapshot);
    if (g->loaded != g->first)
        sl_loaded_free(g->loaded);
    g->loaded = l;
    g->version = l->snapshot->version;
    g->config.drain_us = l->gateway.drain_us;
    g->config.watch = l->gateway.watch;
}

/* ------------------------------------------------------------------ reloading */

static void log_problems(struct gateway *g, const struct sl_diag *d)
{
    for (size_t i = 0; i < d->count; i++)
        sl_log(g->log, ERROR, "configuration problem",
               SL_KV_STR("problem", sl_problem_text(&d->problems[i], d->arena)));
}

/* Freed when nothing is made of them any more. */
static void drop_files(struct gateway *g, struct sl_files *files)
{
    if (files != g->first_files && files != g->served && files != g->files)
        sl_files_free(files);
}

static void watch(struct gateway *g, struct sl_files *files, bool is_served)
{
    struct sl_files *watched = g->files, *served = g->served;
    g->files = files;
    if (is_served)
        g->served = files;
    drop_files(g, watched);
    if (served != watched)
        drop_files(g, served);
}

static void watch_certfiles(struct gateway *g, struct sl_certfiles *c)
{
    sl_certfiles_free(g->certfiles);
    g->certfiles = c;
}

/* Everything that can fail, before anything changes. */
static bool prepare(struct gateway *g, struct sl_loaded **ret, struct sl_certfiles **ret_certfiles,
                    struct sl_diag *d)
{
    struct sl_files *files = NULL;
    struct sl_loaded *l;
    if (load(g, &l, &files, d) != SL_OK) {
        watch(g, files, false);
        return false;
    }
    *ret_certfiles = sl_certfiles_new(l);
    bool is_good = sl_listeners_prepare(g->listeners, &l->gateway, d) == SL_OK;
    watch(g, files, is_good);
    if (is_good) {
        *ret = l;
        return true;
    }
    watch_certfiles(g, *ret_certfiles); /* its files may become good */
    sl_loaded_free(l);
    return false;
}

static void reload(struct gateway *g)
{
    pthread_mutex_lock(&g->publishing);
    struct sl_arena *a = sl_arena_new("reload", SL_MIB(16));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_certfiles *certfiles;
    struct sl_loaded *l;
    sl_diag_init(d, a);
    sl_certfiles_look(g->certfiles);
    if (prepare(g, &l, &certfiles, d)) {
        watch_certfiles(g, certfiles);
        sl_settings_warn(&g->config, &l->gateway, g->log);
        sl_listeners_commit(g->listeners);
        publish(g, l);
        atomic_store(&g->control->refused_change, -1); /* perhaps it goes with these files */
        sl_log(g->log, INFO, "configuration published", SL_KV_U64("version", l->snapshot->version),
               SL_KV_STR("hash", sl_cstr(l->snapshot->hash)));
    } else {
        log_problems(g, d);
        sl_log(g->log, ERROR, "configuration refused: the last good one stays",
               SL_KV_U64("version", g->version));
    }
    sl_arena_free(a);
    pthread_mutex_unlock(&g->publishing);
}

/* ------------------------------------------------------------------ the store */

/* From here to finish() nobody else publishes. */
static sl_rc prepare_stored(void *ctx, struct sl_composed *c, struct sl_diag *d)
{
    struct gateway *g = ctx;
    pthread_mutex_lock(&g->publishing);
    sl_rc rc = sl_load(g->served, c->document, g->states, g->version + 1, &g->next, d);
    if (rc != SL_OK) {
        pthread_mutex_unlock(&g->publishing);
        return rc;
    }
    g->next_stored = *c;
    return SL_OK;
}

static void keep_stored(void *arg)
{
    struct gateway *g = arg;
    struct sl_strbuf text = {0};
    pthread_mutex_lock(&g->publishing);
    sl_last_good_write(&g->stored, &text);
    pthread_mutex_unlock(&g->publishing);
    if (sl_last_good_save(g->control, &text) != SL_OK)
        sl_log(g->log, WARN, "the last good configuration cannot be written to disk");
    sl_strbuf_fini(&text);
    sl_memory_trim(); /* building took several times what is kept */
}

static void finish_stored(void *ctx, bool is_committed)
{
    struct gateway *g = ctx;
    struct sl_arena *old = is_committed ? g->stored.arena : g->next_stored.arena;
    if (is_committed) {
        g->stored = g->next_stored;
        watch_certfiles(g, sl_certfiles_new(g->next));
        publish(g, g->next);
        sl_log(g->log, INFO, "configuration published", SL_KV_U64("version", g->version),
               SL_KV_STR("hash", sl_cstr(g->loaded->snapshot->hash)),
               SL_KV_I64("change", g->stored.change));
        sl_later_ask(g->keeper);
    } else {
        sl_loaded_free(g->next);
    }
    sl_arena_free(old);
    g->next = NULL;
    pthread_mutex_unlock(&g->publishing);
}

static void write_node(void *ctx, struct sl_jsonw *w, struct sl_node_summary *ret)
{
    struct gateway *g = ctx;
    char name[256] = "";
    struct sl_arena *a = sl_arena_new("node", SL_KIB(64));
    (void)gethostname(name, sizeof(name) - 1); /* then it has no name */
    pthread_mutex_lock(&g->publishing);
    sl_jsonw_key_str(w, SL_STR("id"), sl_cstr(g->node_id));
    sl_jsonw_key_str(w, SL_STR("name"), sl_cstr(name));
    sl_jsonw_key_str(w, SL_STR("program"), SL_STR(SLUICE_VERSION));
    sl_jsonw_key_str(w, SL_STR("started_at"), sl_fmt_rfc3339(a, g->started_us));
    sl_jsonw_key_i64(w, SL_STR("version"), (int64_t)g->version);
    sl_jsonw_key_str(w, SL_STR("hash"), sl_cstr(g->loaded->snapshot->hash));
    sl_jsonw_key_i64(w, SL_STR("change"), g->stored.change);
    sl_jsonw_key(w, SL_STR("addresses"));
    sl_listeners_write(g->listeners, w, a);
    sl_node_load_write(&g->node_load, w);
    memcpy(ret->hash, g->loaded->snapshot->hash, sizeof(ret->hash));
    pthread_mutex_unlock(&g->publishing);
    sl_arena_free(a);
}

static void write_about(void *ctx, struct sl_jsonw *w)
{
    struct gateway *g = ctx;
    const struct sl_ledger_keep kept = sl_usage_writer_kept(g->writer);
    pthread_mutex_lock(&g->publishing);
    sl_about_write(&g->loaded->gateway, &kept, w);
    pthread_mutex_unlock(&g->publishing);
}

static void keep_requests(void *ctx, sl_usec kept_us, uint64_t max_bytes)
{
    struct gateway *g = ctx;
    sl_usage_writer_keep(g->writer, kept_us, max_bytes);
}

static sl_rc find_data_plane(void *ctx, struct sl_arena *a, sl_str *ret_address, bool *ret_is_tls)
{
    struct gateway *g = ctx;
    pthread_mutex_lock(&g->publishing);
    bool is_there = sl_listeners_local(g->listeners, a, ret_address, ret_is_tls);
    pthread_mutex_unlock(&g->publishing);
    return is_there ? SL_OK : SL_E_NOTFOUND;
}

/* The same documents, compiled anew: keys of a key set have changed. */
static void rebuild(void *ctx)
{
    struct gateway *g = ctx;
    struct sl_arena *a = sl_arena_new("rebuild", SL_MIB(16));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_loaded *l;
    sl_diag_init(d, a);
    pthread_mutex_lock(&g->publishing);
    if (sl_load(g->served, g->stored.document, g->states, g->version + 1, &l, d) == SL_OK) {
        watch_certfiles(g, sl_certfiles_new(l));
        publish(g, l);
    } else {
        log_problems(g, d);
    }
    pthread_mutex_unlock(&g->publishing);
    sl_arena_free(a);
    sl_memory_trim();
}

static struct sl_snapshot *served_snapshot(void *ctx)
{
    struct gateway *g = ctx;
    pthread_mutex_lock(&g->publishing);
    struct sl_snapshot *s = sl_snapshot_ref(g->loaded->snapshot);
    pthread_mutex_unlock(&g->publishing);
    return s;
}

static sl_rc visit_limits(void *ctx, sl_str consumer, sl_str service,
                          void (*visit)(const struct sl_policy *policy,
                                        const struct sl_limit_count *count, void *arg),
                          void *arg)
{
    struct sl_snapshot *snapshot = served_snapshot(ctx);
    const struct sl_subscription *s = sl_snapshot_subscription(snapshot, consumer, service);
    struct sl_limit_query q = {
        .consumer = consumer, .now_us = sl_clock_mono_us(), .wall_us = sl_clock_wall_us()};
    for (size_t i = 0; s != NULL && i < s->policies.n; i++) {
        const struct sl_policy *p = &s->policies.v[i];
        struct sl_limit_count count;
        if (p->type->count == NULL)
            continue;
        p->type->count(p->config, &q, &count);
        visit(p, &count, arg);
    }
    sl_snapshot_unref(snapshot);
    return s != NULL ? SL_OK : SL_E_NOTFOUND;
}

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void show_password(struct gateway *g)
{
    if (g->admin_password.p == NULL || g->admin == NULL)
        return;
    fprintf(
        stderr,
        "The console is at http://%.*s (and the admin API, below /api/v1). The user 'admin' has the password\n"
        "%.*s (made on this first run, and shown only now).\n",
        SL_STRF(sl_admin_address(g->admin, g->arena)), SL_STRF(g->admin_password));
}

/*
 * A password takes long to hash, and means to: traffic does not wait for it, the admin port does. Without
 * that port nobody would be told the password. While the store is away open_store_late does it.
 */
static sl_rc add_first_user(struct gateway *g, struct sl_diag *d)
{
    if (!g->config.admin.enabled || !atomic_load(&g->control->is_open))
        return SL_OK;
    sl_rc rc = sl_identity_bootstrap(g->control, sl_cstr(env("SLUICE_ADMIN_PASSWORD")), g->arena,
                                     &g->admin_password, d);
    if (rc == SL_OK && env("SLUICE_ADMIN_PASSWORD") != NULL)
        g->admin_password = (sl_str){NULL, 0}; /* who set it knows it */
    return rc;
}

/* By the thread that follows the store, which publishes next. */
static sl_rc open_store_late(void *ctx, struct sl_diag *d)
{
    struct gateway *g = ctx;
    sl_rc rc = sl_control_connect(g->control, d);
    if (rc == SL_OK)
        rc = add_first_user(g, d);
    if (rc == SL_OK)
        show_password(g);
    return rc;
}

static void visit_files(void *ctx, void (*visit)(const struct sl_node *document, void *arg),
                        void (*done)(void *arg), void *arg)
{
    struct gateway *g = ctx;
    pthread_mutex_lock(&g->publishing);
    for (size_t i = 0; i < g->served->count; i++)
        visit(g->served->documents[i], arg);
    done(arg);
    pthread_mutex_unlock(&g->publishing);
}

static void
visit_certificates(void *ctx, void (*visit)(const char *path, bool is_served, void *arg), void *arg)
{
    struct gateway *g = ctx;
    pthread_mutex_lock(&g->publishing);
    if (g->certfiles != NULL)
        sl_certfiles_each(g->certfiles, visit, arg);
    pthread_mutex_unlock(&g->publishing);
}

static const struct sl_publish_ops publish_ops = {
    .prepare = prepare_stored,
    .finish = finish_stored,
    .node = write_node,
    .about = write_about,
    .files = visit_files,
    .open = open_store_late,
    .data_plane = find_data_plane,
    .certificates = visit_certificates,
    .keep_requests = keep_requests,
    .limits = visit_limits,
    .snapshot = served_snapshot,
    .rebuild = rebuild,
};

static struct sl_control_config control_config(struct gateway *g)
{
    return (struct sl_control_config){
        .version = SLUICE_VERSION,
        .dir = sl_arena_dup(g->arena, g->config.data_dir).p,
        .store = g->config.store.n != 0 ? sl_arena_dup(g->arena, g->config.store).p : NULL,
        .log = g->log,
        .policies = sl_policy_types,
        .ops = &publish_ops,
        .ctx = g,
        .master_key_path = env("SLUICE_MASTER_KEY_FILE"),
        .fetch_from = g->config.admin.fetch_from,
        .audit_keep_us = g->config.admin.audit_keep_us,
        .node_id = g->node_id,
    };
}

/* In the place of what is loaded; not yet served. */
static sl_rc load_again(struct gateway *g, struct sl_diag *d)
{
    struct sl_loaded *before = g->loaded;
    sl_rc rc =
        sl_load(g->first_files, g->stored.document, g->states, g->version + 1, &g->loaded, d);
    if (rc == SL_OK && before != g->first)
        sl_loaded_free(before);
    return rc;
}

/* With the store's part. */
static sl_rc load_stored(struct gateway *g, struct sl_diag *d)
{
    bool has_some = g->stored.document != NULL && g->stored.document->child_count != 0;
    return has_some ? load_again(g, d) : SL_OK;
}

/* The store cannot be read or does not compile with the files: what was served last, if it is known. */
static sl_rc fall_back(struct gateway *g, const struct sl_control_config *config, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("fall back", SL_MIB(16));
    struct sl_diag *own = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(own, a);
    sl_rc rc = sl_last_good_load(config, &g->stored, own);
    if (rc == SL_OK) {
        log_problems(g, d);
        sl_log(g->log, ERROR, "the store cannot be used: serving the last good configuration");
        d->count = 0;
        rc = load_stored(g, d);
    }
    sl_arena_free(a);
    return rc;
}

/* What the store has; not yet served. */
static sl_rc take_stored(struct gateway *g, struct sl_diag *d)
{
    sl_rc rc = sl_control_connect(g->control, d);
    if (rc == SL_OK)
        rc = sl_control_compose(g->control, &g->stored, d);
    if (rc == SL_OK)
        rc = load_stored(g, d);
    return rc;
}

/* Tokens are known by the keys of before the restart until their issuers are asked again. */
static sl_rc take_kept_keys(struct gateway *g, struct sl_diag *d)
{
    return sl_key_sets_restore(g->control, g->loaded->snapshot) ? load_again(g, d) : SL_OK;
}

static sl_rc open_control(struct gateway *g, struct sl_diag *d)
{
    struct sl_control_config config = control_config(g);
    sl_rc rc = sl_node_id_load(data_path(g, "node-id"), g->node_id, d);
    if (rc == SL_OK)
        rc = sl_control_new(&config, &g->control, d);
    if (rc != SL_OK)
        return rc;
    rc = take_stored(g, d);
    if (rc == SL_OK) {
        atomic_store(&g->control->served_change, g->stored.change);
        keep_stored(g);
        return rc;
    }
    sl_arena_free(g->stored.arena);
    g->stored = (struct sl_composed){0};
    return fall_back(g, &config, d) == SL_OK ? SL_OK : rc;
}

/* ------------------------------------------------------------------ start */

static sl_rc open_log(sl_str path, struct sl_log_options o, struct sl_log **ret, struct gateway *g,
                      struct sl_diag *d)
{
    bool is_std =
        path.n == 0 || sl_str_eq(path, SL_STR("stderr")) || sl_str_eq(path, SL_STR("stdout"));
    if (sl_str_eq(path, SL_STR("stdout")))
        o.fd = STDOUT_FILENO;
    if (!is_std)
        o.path = sl_arena_dup(g->arena, path).p;
    return sl_log_new(&o, ret, d);
}

static sl_rc open_logs(struct gateway *g, struct sl_diag *d)
{
    static const enum sl_log_level levels[] = {SL_LOG_DEBUG, SL_LOG_INFO, SL_LOG_WARN,
                                               SL_LOG_ERROR};
    struct sl_log_options own = {.fd = STDERR_FILENO, .level = levels[g->config.log.level]};
    struct sl_log_options access = {
        .fd = STDOUT_FILENO, .level = SL_LOG_INFO, .linger_us = SL_MS(ACCESS_LOG_LINGER_MS)};
    sl_rc rc = open_log(g->config.log.path, own, &g->log, g, d);
    if (rc == SL_OK && g->config.access_log.enabled)
        rc = open_log(g->config.access_log.path, access, &g->access_log, g, d);
    return rc;
}

static sl_rc make_dir(const char *path, struct sl_diag *d)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return SL_OK;
    return sl_diag_fail(d, SL_E_IO, "gateway.data_dir", "cannot make '%s': %s", path,
                        strerror(errno));
}

static sl_rc start_writer(struct gateway *g, struct sl_diag *d)
{
    const struct sl_ledger_config *c = &g->config.ledger;
    const struct sl_ledger_keep keep = {
        .records_us = c->records_us,
        .rollups.tier_s = {[SL_TIER_MINUTE] = c->minutes_us / 1000000,
                           [SL_TIER_QUARTER] = c->minutes_us / 1000000,
                           [SL_TIER_HOUR] = c->hours_us / 1000000,
                           [SL_TIER_DAY] = c->days_us / 1000000},
        .max_bytes = c->max_bytes,
        .wait_us = g->config.admin.enabled ? SL_SECONDS(SETTINGS_WAIT_S) : 0,
    };
    return sl_usage_writer_start(data_path(g, "journal"), data_path(g, "usage.db"), g->log, &keep,
                                 0, &g->writer, d);
}

/* First what a killed process left in its journals, so that the budgets are whole; then for good. */
static sl_rc open_ledger(struct gateway *g, struct sl_diag *d)
{
    sl_rc rc = make_dir(sl_arena_dup(g->arena, g->config.data_dir).p, d);
    if (rc == SL_OK)
        rc = make_dir(data_path(g, "journal"), d);
    if (rc == SL_OK)
        rc = start_writer(g, d);
    if (rc != SL_OK)
        return rc;
    sl_usage_writer_stop(g->writer);
    g->writer = NULL;
    rc = sl_seeds_take(g->states, g->config.data_dir, d);
    return rc == SL_OK ? start_writer(g, d) : rc;
}

static size_t worker_count_of(const struct gateway *g)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = g->config.workers > 0 ? (size_t)g->config.workers : (size_t)SL_MAX(cores, 1L);
    return SL_MIN(n, (size_t)WORKERS_MAX);
}

static struct sl_response_limits response_limits(const struct gateway *g)
{
    const struct sl_limits_config *l = &g->config.limits;
    return (struct sl_response_limits){.bytes = l->responses_bytes,
                                       .owner_bytes = l->responses_owner_bytes,
                                       .life_us = l->responses_us};
}

static void make_responses(struct gateway *g)
{
    const struct sl_response_limits limits = response_limits(g);
    struct sl_rand rand;
    sl_rand_seed_os(&rand);
    g->responses = sl_response_store_new(&limits, sl_rand_u64(&rand));
}

static sl_rc keep_responses(struct gateway *g, struct sl_diag *d)
{
    const struct sl_response_limits limits = response_limits(g);
    sl_rc rc =
        sl_response_keeper_start(g->control, g->responses, &limits, g->log, &g->response_keeper);
    return rc == SL_OK ? rc
                       : sl_diag_fail(d, rc, "gateway.data_dir", "cannot start a thread: %s",
                                      strerror(errno));
}

/* By which workers know what the admin port passes on; new with each start. */
static sl_str relay_secret(struct gateway *g)
{
    enum { BYTES = 32 };
    uint8_t random[BYTES];
    struct sl_strbuf b;
    if (g->relay_secret.n != 0 || !g->config.admin.enabled)
        return g->relay_secret;
    sl_rand_os(random, sizeof(random));
    sl_strbuf_init(&b, g->arena, 0);
    sl_enc_base64url(&b, (sl_str){(const char *)random, sizeof(random)});
    g->relay_secret = sl_strbuf_str(&b);
    return g->relay_secret;
}

static void make_workers(struct gateway *g)
{
    make_responses(g);
    struct sl_worker_config c = {
        .server = sl_limits_server(&g->config.limits),
        .log = g->log,
        .access_log = g->access_log,
        .journal_dir = data_path(g, "journal"),
        .ai_body_bytes = g->config.limits.ai_body_bytes,
        .held_bytes = g->config.limits.held_bytes,
        .responses = g->responses,
        .relay_secret = relay_secret(g),
    };
    c.client.h1 = c.server.h1;
    g->worker_count = worker_count_of(g);
    g->workers = sl_new_array(struct sl_worker *, g->worker_count);
    g->threads = sl_new_array(pthread_t, g->worker_count);
    for (size_t i = 0; i < g->worker_count; i++) {
        c.index = (uint32_t)i;
        g->workers[i] = sl_worker_new(&c);
    }
}

static sl_rc open_listeners(struct gateway *g, struct sl_diag *d)
{
    g->listeners = sl_listeners_new(g->workers, g->worker_count, g->log);
    g->certfiles = sl_certfiles_new(g->loaded);
    sl_rc rc = sl_listeners_prepare(g->listeners, &g->config, d);
    if (rc == SL_OK)
        sl_listeners_commit(g->listeners);
    return rc;
}

static void *run_worker(void *arg)
{
    sl_worker_run(arg);
    return NULL;
}

static sl_rc cannot_start_thread(sl_rc rc, struct sl_diag *d)
{
    return rc == SL_OK ? rc
                       : sl_diag_fail(d, rc, "gateway.workers", "cannot start a thread: %s",
                                      strerror(errno));
}

static sl_rc start_keepers(struct gateway *g, struct sl_diag *d)
{
    sl_rc rc = sl_prober_start(g->prober);
    if (rc == SL_OK)
        rc = sl_token_keeper_start(g->token_keeper);
    return cannot_start_thread(rc, d);
}

static sl_rc start_workers(struct gateway *g, struct sl_diag *d)
{
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < g->worker_count && rc == SL_OK; i++) {
        if (!sl_thread_start(&g->threads[i], run_worker, g->workers[i]))
            rc = SL_E_IO;
        else
            g->thread_count++;
    }
    return cannot_start_thread(rc, d);
}

static sl_rc open_admin(struct gateway *g, struct sl_diag *d)
{
    if (!g->config.admin.enabled)
        return SL_OK;
    struct sl_admin_config_run c = {
        .address = g->config.admin.address,
        .log = g->log,
        .workers = g->workers,
        .worker_count = g->worker_count,
        .writer = g->writer,
        .started_unix_s = g->started_us / 1000000,
        .control = g->control,
        .socket_path = data_path(g, "admin.sock"),
        .relay_secret = relay_secret(g),
    };
    sl_rc rc = sl_admin_start(&c, &g->admin, d);
    if (rc == SL_OK)
        sl_log(g->log, INFO, "admin listening",
               SL_KV_STR("address", sl_admin_address(g->admin, g->arena)));
    return rc;
}

/* As many connections as the system lets us have. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE,
                    &limit); /* the old limit then holds, and accepting pauses at it */
}

static void serve_first(struct gateway *g)
{
    pthread_mutex_lock(&g->publishing);
    struct sl_loaded *l = g->loaded;
    g->loaded = g->first; /* not to be freed by the change */
    publish(g, l);
    pthread_mutex_unlock(&g->publishing);
}

static sl_rc start_control(struct gateway *g, struct sl_diag *d)
{
    sl_rc rc = sl_later_start(keep_stored, g, KEEP_PAUSE_MS, &g->keeper);
    if (rc == SL_OK)
        rc = add_first_user(g, d);
    if (rc == SL_OK)
        rc = open_admin(g, d);
    if (rc == SL_OK)
        rc = sl_follower_start(g->control, &g->follower);
    if (rc == SL_OK)
        rc = sl_alerting_start(g->control, &g->alerting, d);
    if (rc == SL_OK)
        rc = sl_key_sets_start(g->control);
    return rc;
}

/*
 * Connections are taken when everything else stands: clients that take all file descriptors at once cannot hinder
 * a file that the start still has to open.
 */
static sl_rc start(struct gateway *g, struct sl_diag *d)
{
    sl_rc rc = load(g, &g->first, &g->first_files, d);
    g->files = g->served = g->first_files;
    g->loaded = g->first;
    if (rc != SL_OK)
        return rc;
    g->config = g->first->gateway; /* its texts live as long as the first load */
    rc = open_logs(g, d);
    if (rc != SL_OK)
        return rc;
    g->prober = sl_prober_new(g->log);
    g->token_keeper = sl_token_keeper_new(g->log);
    make_workers(g);
    g->node_load = (struct sl_node_load){.workers = g->workers,
                                         .worker_count = g->worker_count,
                                         .limits = &g->config.limits,
                                         .started_us = g->started_us};
    rc = open_ledger(g, d);
    if (rc == SL_OK)
        rc = open_control(g, d);
    if (rc == SL_OK)
        rc = keep_responses(g, d);
    if (rc == SL_OK)
        rc = take_kept_keys(g, d);
    if (rc == SL_OK)
        rc = open_listeners(g, d);
    if (rc == SL_OK)
        rc = start_keepers(g, d);
    if (rc == SL_OK) {
        serve_first(g);
        rc = start_control(g, d);
    }
    return rc == SL_OK ? start_workers(g, d) : rc;
}

/* ------------------------------------------------------------------ life */

static sigset_t our_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    return set;
}

static int wait_for_signal(const sigset_t *set, int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    return sigtimedwait(set, NULL, &t);
}

static void reopen_logs(struct gateway *g)
{
    sl_log_reopen(g->log);
    if (g->access_log != NULL)
        sl_log_reopen(g->access_log);
}

static bool are_all_serving(const struct gateway *g)
{
    for (size_t i = 0; i < g->worker_count; i++) {
        if (atomic_load_explicit(&g->workers[i]->snapshot_version, memory_order_acquire) == 0)
            return false;
    }
    return true;
}

static void await_ready(struct gateway *g)
{
    while (!are_all_serving(g))
        usleep(200);
    sl_log(g->log, INFO, "ready", SL_KV_U64("workers", g->worker_count),
           SL_KV_STR("hash", sl_cstr(g->loaded->snapshot->hash)));
    if (g->options->on_ready != NULL)
        g->options->on_ready(g->options->arg);
    show_password(g);
}

/* True when files have. */
static bool look_around(struct gateway *g)
{
    pthread_mutex_lock(&g->publishing);
    sl_node_load_tick(&g->node_load);
    bool has_changed =
        g->config.watch && (sl_files_changed(g->files) || sl_certfiles_changed(g->certfiles));
    pthread_mutex_unlock(&g->publishing);
    return has_changed;
}

/* New work is refused before work in flight is hurt. */
static void watch_memory(struct gateway *g)
{
    if (!sl_memory_watch(g->config.limits.memory_bytes, g->log, &g->is_shedding))
        return;
    for (size_t i = 0; i < g->worker_count; i++)
        sl_worker_shed(g->workers[i], g->is_shedding);
}

static void serve_until_told(struct gateway *g, const sigset_t *set)
{
    for (;;) {
        watch_memory(g);
        switch (wait_for_signal(set, WATCH_MS)) {
        case SIGTERM:
        case SIGINT:
            return;
        case SIGHUP:
            reload(g);
            break;
        case SIGUSR1:
            reopen_logs(g);
            break;
        default:
            if (look_around(g))
                reload(g);
        }
    }
}

static size_t count_live(const struct gateway *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->worker_count; i++)
        n += sl_worker_exchanges(g->workers[i]) + sl_worker_connections(g->workers[i]);
    return n;
}

static void drain(struct gateway *g, const sigset_t *set)
{
    enum { STEP_MS = 10 };
    pthread_mutex_lock(&g->publishing);
    sl_usec until_us = sl_clock_mono_us() + g->config.drain_us;
    pthread_mutex_unlock(&g->publishing);
    sl_log(g->log, INFO, "draining", SL_KV_U64("live", count_live(g)));
    for (size_t i = 0; i < g->worker_count; i++)
        sl_worker_drain(g->workers[i]);
    int signal = 0;
    do {
        signal = wait_for_signal(set, STEP_MS);
    } while (count_live(g) != 0 && sl_clock_mono_us() < until_us && signal != SIGTERM &&
             signal != SIGINT);
    if (count_live(g) != 0)
        sl_log(g->log, WARN, "drain ended with live requests: they are cut",
               SL_KV_U64("live", count_live(g)));
}

/* Everything that was begun, in the reverse order; accepts a half-made gateway. */
static void stop(struct gateway *g)
{
    sl_key_sets_stop(g->control); /* it publishes */
    sl_alerting_stop(g->alerting);
    sl_follower_stop(g->follower);
    sl_admin_stop(g->admin);
    sl_later_stop(g->keeper);
    for (size_t i = 0; i < g->thread_count; i++)
        sl_worker_stop(g->workers[i]);
    for (size_t i = 0; i < g->thread_count; i++)
        pthread_join(g->threads[i], NULL);
    sl_prober_free(g->prober);
    sl_token_keeper_free(g->token_keeper);
    for (size_t i = 0; i < g->worker_count; i++)
        sl_worker_free(g->workers[i]);
    sl_usage_writer_stop(g->writer);
    sl_response_keeper_stop(g->response_keeper);
    sl_listeners_free(g->listeners);
    sl_certfiles_free(g->certfiles);
    if (g->loaded != g->first)
        sl_loaded_free(g->loaded);
    sl_loaded_free(g->first);
    if (g->served != g->first_files && g->served != g->files)
        sl_files_free(g->served);
    if (g->files != g->first_files)
        sl_files_free(g->files);
    sl_files_free(g->first_files);
    sl_control_close(g->control);
    sl_arena_free(g->stored.arena);
    sl_response_store_free(g->responses);
    sl_state_registry_free(g->states);
    sl_log_free(g->access_log);
    sl_log_free(g->log);
    sl_free(g->workers);
    sl_free(g->threads);
    sl_arena_free(g->arena);
}

sl_rc sl_gateway_run(const struct sl_gateway_options *options, struct sl_diag *d)
{
    struct gateway g = {.options = options};
    sigset_t set = our_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ,
           SIG_IGN); /* a file at its size limit is an error of write(), as a full disk is */
    raise_file_limit();
    g.arena = sl_arena_new("gateway", ARENA_BYTES);
    g.states = sl_state_registry_new();
    g.started_us = sl_clock_wall_us();
    pthread_mutex_init(&g.publishing, NULL);
    sl_rc rc = start(&g, d);
    if (rc == SL_OK) {
        await_ready(&g);
        serve_until_told(&g, &set);
        drain(&g, &set);
        sl_log(g.log, INFO, "stopped", SL_KV_U64("version", g.version));
    }
    stop(&g);
    pthread_mutex_destroy(&g.publishing);
    return rc;
}
