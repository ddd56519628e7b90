#include "app/admin.h"
#include "app/api_pool.h"
#include "app/memory.h"
#include "base/id.h"
#include "base/rand.h"
#include "app/console.h"
#include "app/relay.h"
#include "base/str.h"
#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 160 << 20, /* a whole body of the API, and its head */
    CONNECTIONS_MAX = 256,
    BODY_BYTES_MAX = 8 << 20, /* of anything but an apply */
    FILE_PIECE_BYTES = 16 << 10,
    GAUGES_PER_WORKER = 7,
    GAUGES_FIXED = 5
};

struct sl_admin {
    struct sl_admin_config_run config;
    pthread_t thread;
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_server *server;
    struct sl_addr address;
    struct sl_api_pool *api;
    struct sl_relays *relays;
    struct sl_rand rand;
};

enum step { READ_BODY, AWAIT_JOB, RELAY, SEND_FILE, FINISH };

struct admin_request {
    struct sl_task task;
    struct sl_inbound *in;
    enum step step; /* of a request of the API; others go to FINISH at once */
    struct sl_chain body;
    struct sl_api_job job;
    struct sl_relay relay;
    uint64_t file_at; /* of the answer's file: what was sent */
    struct sl_id id;
};

static bool is_ready(const struct sl_admin *a)
{
    for (size_t i = 0; i < a->config.worker_count; i++) {
        struct sl_worker *w = a->config.workers[i];
        bool is_draining = atomic_load_explicit(&w->is_draining, memory_order_acquire);
        if (atomic_load_explicit(&w->snapshot_version, memory_order_acquire) == 0 || is_draining ||
            atomic_load_explicit(&w->is_shedding, memory_order_relaxed))
            return false;
    }
    return true;
}

static size_t add_worker_gauges(struct sl_arena *arena, const struct sl_worker *w,
                                struct sl_gauge *g)
{
    const char *labels = sl_fmt(arena, "worker=\"%u\"", w->config.index).p;
    g[0] = (struct sl_gauge){"sluice_connections", "Open client connections.", labels,
                             (double)sl_worker_connections(w)};
    g[1] = (struct sl_gauge){"sluice_requests_in_flight", "Requests being served.", labels,
                             (double)sl_worker_exchanges(w)};
    g[2] = (struct sl_gauge){
        "sluice_snapshot_version", "Version of the configuration that is served.", labels,
        (double)atomic_load_explicit(&w->snapshot_version, memory_order_relaxed)};
    g[3] = (struct sl_gauge){"sluice_journal_failing",
                             "1 when usage records cannot be written and wait in memory.", labels,
                             atomic_load_explicit(&w->is_journal_failing, memory_order_relaxed)};
    g[4] = (struct sl_gauge){
        "sluice_journal_dropped_records", "Usage records lost because memory for them ran out.",
        labels, (double)atomic_load_explicit(&w->dropped_records, memory_order_relaxed)};
    g[5] = (struct sl_gauge){"sluice_accept_paused",
                             "1 when new connections wait for file descriptors.", labels,
                             atomic_load_explicit(&w->is_accept_paused, memory_order_relaxed)};
    g[6] =
        (struct sl_gauge){"sluice_shedding", "1 when new requests are refused at the memory limit.",
                          labels, atomic_load_explicit(&w->is_shedding, memory_order_relaxed)};
    return GAUGES_PER_WORKER;
}

static sl_str metrics(struct sl_admin *a, struct sl_arena *arena)
{
    size_t n = a->config.worker_count, count = 0;
    struct sl_metrics **all = sl_arena_array(arena, struct sl_metrics *, n);
    struct sl_gauge *g =
        sl_arena_array(arena, struct sl_gauge, n * GAUGES_PER_WORKER + GAUGES_FIXED);
    struct sl_strbuf b;
    for (size_t i = 0; i < n; i++)
        all[i] = a->config.workers[i]->metrics;
    for (int k = 0; k < GAUGES_PER_WORKER; k++) { /* one family after the other */
        for (size_t i = 0; i < n; i++) {
            struct sl_gauge mine[GAUGES_PER_WORKER];
            (void)add_worker_gauges(arena, a->config.workers[i], mine);
            g[count++] = mine[k];
        }
    }
    g[count++] = (struct sl_gauge){"sluice_ready", "1 when every worker serves a configuration.",
                                   "", is_ready(a)};
    g[count++] = (struct sl_gauge){
        "sluice_ledger_failing",
        "1 when the ledger cannot be written and records wait in journals.", "",
        a->config.writer != NULL && sl_usage_writer_stats(a->config.writer).is_failing};
    g[count++] = (struct sl_gauge){
        "sluice_store_failing",
        "1 when the store of resources cannot be reached and the last configuration stays.", "",
        !atomic_load(&a->config.control->is_open) || atomic_load(&a->config.control->is_failing)};
    g[count++] = (struct sl_gauge){"process_resident_memory_bytes", "Resident memory.", "",
                                   (double)sl_memory_resident()};
    g[count++] = (struct sl_gauge){"process_start_time_seconds", "Start of the process, Unix time.",
                                   "", (double)a->config.started_unix_s};
    sl_strbuf_init(&b, arena, 0);
    sl_metrics_write(all, n, g, count, &b);
    return sl_strbuf_str(&b);
}

static void respond(struct admin_request *r, uint16_t status, sl_str type, sl_str body)
{
    struct sl_head res = {
        .status = status, .version = 11, .body_kind = SL_BODY_LENGTH, .body_bytes = body.n};
    sl_headers_init(&res.headers, r->in->arena);
    (void)sl_headers_add_id(&res.headers, SL_H_CONTENT_TYPE, type);
    (void)sl_headers_add(&res.headers, SL_STR("cache-control"), SL_STR("no-store"));
    sl_inbound_respond(r->in, &res);
    sl_pipe_push_static(&r->in->response, body);
    sl_pipe_end(&r->in->response);
}

static void give_console(struct admin_request *r)
{
    struct sl_console_answer c;
    struct sl_head res = {.version = 11, .body_kind = SL_BODY_LENGTH};
    if (sl_console_answer(r->in->req.path, &r->in->req.headers, r->in->arena, &c) != SL_OK) {
        respond(r, 503, SL_STR("text/plain"), SL_STR("no memory for the console\n"));
        return;
    }
    res.status = c.status;
    res.headers = c.headers;
    res.body_bytes = c.body.n;
    if (c.status == 304)
        res.body_kind = SL_BODY_NONE;
    sl_inbound_respond(r->in, &res);
    sl_pipe_push_static(&r->in->response, c.body);
    sl_pipe_end(&r->in->response);
}

static void answer(struct sl_admin *a, struct admin_request *r)
{
    static const sl_str text = SL_STR_INIT("text/plain; version=0.0.4; charset=utf-8");
    sl_str path = r->in->req.path;
    bool is_read = r->in->req.method_id == SL_METHOD_GET || r->in->req.method_id == SL_METHOD_HEAD;
    if (r->in->bad != SL_OK)
        respond(r, sl_err_info(r->in->bad)->status, text, sl_cstr(r->in->bad_why));
    else if (!is_read)
        respond(r, 405, text, SL_STR("only GET and HEAD are served here\n"));
    else if (sl_str_eq(path, SL_STR("/metrics")))
        respond(r, 200, text, metrics(a, r->in->arena));
    else if (sl_str_eq(path, SL_STR("/healthz")))
        respond(r, 200, text, SL_STR("ok\n"));
    else if (sl_str_eq(path, SL_STR("/readyz")))
        respond(r, is_ready(a) ? 200 : 503, text,
                is_ready(a) ? SL_STR("ok\n") : SL_STR("not ready\n"));
    else if (sl_console_is_ours(path))
        give_console(r);
    else
        respond(r, 404, text, SL_STR("there are /metrics, /healthz, /readyz and /api/v1 here\n"));
}

/* ------------------------------------------------------------------ the API */

static void free_arena(void *arena)
{
    sl_arena_free(arena);
}

/*
 * As much of the file as there is room for; it was just written or lies on a local disk, so a piece of it is read
 * in no time. A file that has become shorter ends the connection.
 */
static void go_on_sending(struct admin_request *r)
{
    const struct sl_api_file *f = r->job.answer.file;
    struct sl_pipe *to = &r->in->response;
    char piece[FILE_PIECE_BYTES];
    while (r->file_at < f->bytes && sl_pipe_room(to) != 0) {
        size_t n = (size_t)SL_MIN(f->bytes - r->file_at, (uint64_t)sizeof(piece));
        ssize_t got = pread(f->fd, piece, n, (off_t)r->file_at);
        if (got <= 0) {
            sl_pipe_break(to, SL_E_IO);
            r->step = FINISH;
            return;
        }
        sl_pipe_push_copy(to, sl_str_of(piece, (size_t)got));
        r->file_at += (uint64_t)got;
    }
    if (r->file_at == f->bytes) {
        r->step = FINISH;
        sl_pipe_end(to);
    }
}

static void send_body(struct admin_request *r)
{
    const struct sl_api_answer *a = &r->job.answer;
    r->step = FINISH;
    if (a->file != NULL) {
        r->step = SEND_FILE;
        r->in->response.writer = &r->task;
        go_on_sending(r);
        return;
    }
    sl_pipe_push_static(&r->in->response, a->body);
    sl_pipe_end(&r->in->response);
}

static void send_answer(struct admin_request *r)
{
    const struct sl_api_answer *a = &r->job.answer;
    struct sl_head res = {.status = a->status,
                          .version = 11,
                          .body_kind = SL_BODY_LENGTH,
                          .body_bytes = a->file != NULL ? a->file->bytes : a->body.n};
    if (a->status == 204 || a->status == 304)
        res.body_kind = SL_BODY_NONE;
    sl_headers_init(&res.headers, r->in->arena);
    if (a->type.n != 0)
        (void)sl_headers_add_id(&res.headers, SL_H_CONTENT_TYPE, a->type); /* the arena has room */
    (void)sl_headers_add(&res.headers, SL_STR("x-content-type-options"), SL_STR("nosniff"));
    for (size_t i = 0; i < a->header_count; i++)
        (void)sl_headers_add(&res.headers, a->headers[i].name, a->headers[i].value);
    sl_inbound_respond(r->in, &res);
    send_body(r);
}

static void refuse(struct admin_request *r, sl_rc rc, const char *why)
{
    sl_api_refuse(&r->job.request, r->job.arena, rc, why, &r->job.answer);
    send_answer(r);
}

static void go_on_relaying(struct admin_request *r)
{
    sl_rc rc = sl_relay_go_on(&r->relay, r->in);
    if (rc == SL_OK)
        r->step = FINISH;
    else if (rc != SL_E_AGAIN)
        refuse(r, rc, NULL);
}

/* What the pool has answered, or what the data plane shall answer in its place. */
static void finish_job(struct admin_request *r)
{
    const struct sl_admin *a = r->in->user;
    const struct sl_api_relay *to = &r->job.answer.relay;
    if (to->address.n == 0) {
        send_answer(r);
        return;
    }
    r->step = RELAY;
    if (sl_relay_start(a->relays, &r->relay, r->in, &r->task, to, r->job.request.body) != SL_OK)
        refuse(r, SL_E_CONNECT, "the data plane of this node cannot be reached");
}

static void submit(struct admin_request *r)
{
    struct sl_admin *a = r->in->user;
    r->job.request.body = sl_chain_flatten(&r->body, r->in->arena);
    if (r->body.bytes != 0 && r->job.request.body.p == NULL)
        refuse(r, SL_E_BODY_TOO_LARGE, NULL);
    else if (sl_api_pool_submit(a->api, &r->job))
        r->step = AWAIT_JOB;
    else
        refuse(r, SL_E_OVERLOADED, NULL);
}

static void read_body(struct admin_request *r)
{
    struct sl_pipe *p = &r->in->request;
    sl_chain_move(&r->body, &p->chain, SL_API_BODY_BYTES_MAX);
    sl_pipe_took(p);
    if (p->broken != SL_OK)
        refuse(r, p->broken, NULL);
    else if (p->is_ended || r->in->req.body_kind == SL_BODY_NONE)
        submit(r);
}

static void begin_api(struct sl_admin *a, struct admin_request *r)
{
    struct sl_inbound *in = r->in;
    bool is_local = in->peer->local.ss.ss_family == AF_UNIX;
    r->id = sl_id_make(sl_loop_wall_us(in->loop) / 1000, &a->rand);
    r->job.arena = sl_arena_new("admin api", SL_API_ARENA_BYTES);
    sl_arena_defer(in->arena, free_arena, r->job.arena);
    r->job.loop = in->loop;
    r->job.task = &r->task;
    r->job.request = (struct sl_api_request){
        .method = in->req.method,
        .method_id = in->req.method_id,
        .path = in->req.path,
        .query = in->req.query,
        .headers = &in->req.headers,
        .authority = in->req.authority,
        .remote = is_local ? SL_STR("local") : sl_addr_ip(&in->peer->remote, in->arena),
        .request_id = sl_id_str(&r->id),
        .is_local = is_local,
    };
    if (!sl_str_eq(in->req.path, SL_STR("/api/v1/apply")))
        sl_inbound_limit_body(in, BODY_BYTES_MAX);
    sl_inbound_want_body(in);
    r->step = READ_BODY;
    read_body(r);
}

/* ------------------------------------------------------------------ requests */

static void start(struct admin_request *r)
{
    struct sl_admin *a = r->in->user;
    if (r->in->bad == SL_OK && sl_api_is_ours(r->in->req.path)) {
        begin_api(a, r);
        return;
    }
    r->step = FINISH;
    answer(a, r);
}

static void advance(struct admin_request *r, uint32_t why)
{
    switch (r->step) {
    case READ_BODY:
        if (why & SL_WHY_START)
            start(r);
        else
            read_body(r);
        return;
    case AWAIT_JOB:
        if (why & SL_WHY_AWAIT)
            finish_job(r);
        return;
    case RELAY:
        go_on_relaying(r);
        return;
    case SEND_FILE:
        go_on_sending(r);
        return;
    case FINISH:
        return;
    }
}

static void release(struct admin_request *r)
{
    sl_relay_end(&r->relay);
    sl_chain_fini(&r->body);
    sl_task_cancel(&r->task);
    sl_inbound_release(r->in);
}

static void run(struct sl_task *t, uint32_t why)
{
    struct admin_request *r = SL_CONTAINER(t, struct admin_request, task);
    bool is_over = r->in->is_gone || r->in->is_sent || r->in->is_cut;
    bool is_with_pool = r->step == AWAIT_JOB && (why & SL_WHY_AWAIT) == 0;
    if (is_over && is_with_pool)
        return; /* the pool still has the job: it will post */
    if (is_over)
        release(r);
    else
        advance(r, why);
}

static void begin(void *ctx, struct sl_inbound *in)
{
    struct admin_request *r = sl_arena_new_of(in->arena, struct admin_request);
    r->task.run = run;
    r->in = in;
    sl_chain_init(&r->body, in->pool);
    in->owner = &r->task;
    in->request.reader = &r->task;
    in->user = ctx;
    sl_task_wake(in->loop, &r->task, SL_WHY_START);
}

static const struct sl_server_ops ops = {.begin = begin};

static void *run_thread(void *arg)
{
    struct sl_admin *a = arg;
    sl_loop_run(a->loop);
    sl_server_abort_all(a->server);
    sl_api_pool_free(a->api); /* its last posts come in below */
    for (int i = 0; i < 4; i++)
        sl_loop_tick(a->loop, 0);
    return NULL;
}

static void admin_free(struct sl_admin *a)
{
    sl_server_free(a->server);
    sl_relays_free(a->relays);
    sl_loop_tick(a->loop, 0);
    sl_loop_free(a->loop);
    sl_chunk_pool_free(a->pool);
    sl_free(a);
}

static sl_rc listen_on(struct sl_admin *a, struct sl_diag *d)
{
    int fd;
    sl_str address = a->config.address;
    if (sl_addr_parse(address, &a->address) != SL_OK)
        return sl_diag_fail(d, SL_E_CONFIG, "gateway.admin.address",
                            "'%.*s' is not an address, such as 127.0.0.1:9080", SL_STRF(address));
    if (sl_sock_is_taken(&a->address))
        sl_log(a->config.log, WARN,
               "another process listens here too: connections are shared with it",
               SL_KV_STR("address", address));
    if (sl_sock_listen(&a->address, 128, &fd) != SL_OK)
        return sl_diag_fail(d, SL_E_IO, "gateway.admin.address", "cannot listen on %.*s: %s",
                            SL_STRF(address), strerror(errno));
    sl_rc rc = sl_sock_local(fd, &a->address);
    return rc == SL_OK ? sl_server_listen(a->server, fd, NULL) : rc;
}

/* Without it the command line needs a token; the rest works. */
static void listen_locally(struct sl_admin *a)
{
    struct sl_addr address;
    struct sl_arena *scratch = sl_arena_new("admin socket", SL_KIB(16));
    int fd;
    if (a->config.socket_path == NULL)
        return;
    mode_t before = umask(0177);
    bool is_good =
        sl_addr_parse(sl_fmt(scratch, "unix:%s", a->config.socket_path), &address) == SL_OK &&
        sl_sock_listen(&address, 16, &fd) == SL_OK &&
        sl_server_listen(a->server, fd, NULL) == SL_OK;
    (void)umask(before);
    if (!is_good)
        sl_log(a->config.log, WARN, "no local admin socket",
               SL_KV_STR("path", sl_cstr(a->config.socket_path)));
    sl_arena_free(scratch);
}

sl_rc sl_admin_start(const struct sl_admin_config_run *config, struct sl_admin **ret,
                     struct sl_diag *d)
{
    struct sl_admin *a = sl_new(struct sl_admin);
    struct sl_server_config server = sl_server_defaults;
    server.body_bytes = SL_API_BODY_BYTES_MAX;
    server.connections_max = CONNECTIONS_MAX;
    server.arena_bytes = ARENA_BYTES;
    a->config = *config;
    a->loop = sl_loop_new();
    a->pool = sl_chunk_pool_new();
    a->server = sl_server_new(a->loop, a->pool, &server, &ops, a);
    a->relays = sl_relays_new(a->loop, a->pool, config->relay_secret);
    sl_rand_seed_os(&a->rand);
    sl_rc rc = listen_on(a, d);
    if (rc == SL_OK)
        listen_locally(a);
    if (rc == SL_OK)
        a->api = sl_api_pool_new(config->control);
    if (rc == SL_OK && !sl_thread_start(&a->thread, run_thread, a))
        rc = sl_diag_fail(d, SL_E_IO, "gateway.admin", "cannot start a thread");
    if (rc != SL_OK) {
        sl_api_pool_free(a->api);
        admin_free(a);
        return rc;
    }
    *ret = a;
    return SL_OK;
}

sl_str sl_admin_address(const struct sl_admin *a, struct sl_arena *arena)
{
    return sl_fmt(arena, "%.*s:%u", SL_STRF(sl_addr_ip(&a->address, arena)),
                  sl_addr_port(&a->address));
}

void sl_admin_stop(struct sl_admin *a)
{
    if (a == NULL)
        return;
    sl_loop_stop(a->loop);
    pthread_join(a->thread, NULL);
    if (a->config.socket_path != NULL)
        (void)unlink(a->config.socket_path); /* a dead one is found out by the next start */
    admin_free(a);
}
