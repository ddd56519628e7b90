#include "net/server.h"

#include "base/fmt.h"
#include "base/str.h"
#include "net/server_int.h"

#include <errno.h>
#include <unistd.h>

const struct sl_server_config sl_server_defaults = {
    .h1 = {.head_bytes = 32768,
           .target_bytes = 8192,
           .field_count = 100,
           .chunk_ext_bytes = 16384,
           .trailer_bytes = 8192},
    .body_bytes = SL_MIB(64),
    .head_timeout_us = SL_SECONDS(10),
    .idle_timeout_us = SL_SECONDS(75),
    .body_timeout_us = SL_SECONDS(30),
    .write_timeout_us = SL_SECONDS(60),
    .tls_timeout_us = SL_SECONDS(10),
    .requests_per_connection = 100000,
    .connections_max = 32768,
    .pipe_bytes = SL_PIPE_LIMIT_BYTES,
    .arena_bytes = SL_MIB(96),
    .drain_bytes = SL_KIB(64),
};

/* Of an exchange's memory, for what is not the peer's doing: its end, and the answer that says so. */
enum { KEPT_BYTES = 256 * 1024 };

static struct sl_server_config with_defaults(const struct sl_server_config *given)
{
    const struct sl_server_config *d = &sl_server_defaults;
    struct sl_server_config c = given != NULL ? *given : *d;
#define OR_DEFAULT(member) c.member = c.member != 0 ? c.member : d->member
    OR_DEFAULT(h1.head_bytes);
    OR_DEFAULT(h1.target_bytes);
    OR_DEFAULT(h1.field_count);
    OR_DEFAULT(h1.chunk_ext_bytes);
    OR_DEFAULT(h1.trailer_bytes);
    OR_DEFAULT(body_bytes);
    OR_DEFAULT(head_timeout_us);
    OR_DEFAULT(idle_timeout_us);
    OR_DEFAULT(body_timeout_us);
    OR_DEFAULT(write_timeout_us);
    OR_DEFAULT(tls_timeout_us);
    OR_DEFAULT(requests_per_connection);
    OR_DEFAULT(connections_max);
    OR_DEFAULT(pipe_bytes);
    OR_DEFAULT(arena_bytes);
    OR_DEFAULT(drain_bytes);
#undef OR_DEFAULT
    return c;
}

struct sl_server *sl_server_new(struct sl_loop *l, struct sl_chunk_pool *pool,
                                const struct sl_server_config *config,
                                const struct sl_server_ops *ops, void *ctx)
{
    SL_ASSERT(ops->begin != NULL);
    struct sl_server *s = sl_new(struct sl_server);
    s->loop = l;
    s->pool = pool;
    s->config = with_defaults(config);
    s->ops = ops;
    s->ctx = ctx;
    s->date_s = INT64_MIN;
    sl_list_init(&s->listeners);
    sl_list_init(&s->connections);
    sl_list_init(&s->spare_connections);
    sl_list_init(&s->spare_inbounds);
    return s;
}

sl_str sl_server_date_line(struct sl_server *s)
{
    int64_t now_s = sl_loop_wall_us(s->loop) / 1000000;
    if (now_s != s->date_s) {
        s->date_s = now_s;
        sl_strbuf_clear(&s->date_line);
        sl_strbuf_add(&s->date_line, SL_STR("Date: "));
        sl_fmt_add_http_date(&s->date_line, now_s);
        sl_strbuf_add(&s->date_line, SL_STR("\r\n"));
    }
    return sl_strbuf_str(&s->date_line);
}

/* Inbounds */

static void inbound_free(struct sl_server_inbound *in)
{
    sl_arena_free(in->pub.arena);
    sl_free(in);
}

static struct sl_server_inbound *inbound_take(struct sl_server *s)
{
    struct sl_link *spare = sl_list_pop_front(&s->spare_inbounds);
    if (spare != NULL) {
        s->spare_inbound_count--;
        return SL_CONTAINER(spare, struct sl_server_inbound, spare);
    }
    struct sl_server_inbound *in = sl_new(struct sl_server_inbound);
    in->pub.arena = sl_arena_new("exchange", s->config.arena_bytes);
    return in;
}

struct sl_server_inbound *sl_server_inbound_new(struct sl_server_conn *c)
{
    struct sl_server *s = c->server;
    struct sl_server_inbound *in = inbound_take(s);
    struct sl_arena *arena = in->pub.arena;
    sl_arena_keep(arena, SL_MIN((size_t)KEPT_BYTES, s->config.arena_bytes / 4));
    *in = (struct sl_server_inbound){.conn = c, .is_attached = true};
    in->body_limit = s->config.body_bytes;
    in->pub.loop = s->loop;
    in->pub.server = s;
    in->pub.arena = arena;
    in->pub.pool = s->pool;
    in->pub.peer = &c->peer;
    in->pub.began_us = c->head_us;
    sl_pipe_init(&in->pub.request, s->loop, s->pool, s->config.pipe_bytes);
    sl_pipe_init(&in->pub.response, s->loop, s->pool, s->config.pipe_bytes);
    in->pub.request.writer = &c->task;
    c->refs++;
    s->inbound_count++;
    return in;
}

static void connection_unref(void *arg)
{
    struct sl_server_conn *c = arg;
    struct sl_server *s = c->server;
    if (--c->refs != 0)
        return;
    if (s->spare_connection_count >= SL_SERVER_SPARES_MAX) {
        sl_free(c);
        return;
    }
    sl_list_push_front(&s->spare_connections, &c->link);
    s->spare_connection_count++;
}

static void recycle(void *arg)
{
    struct sl_server_inbound *in = arg;
    struct sl_server *s = in->pub.server;
    sl_pipe_fini(&in->pub.request);
    sl_pipe_fini(&in->pub.response);
    sl_chunk_unref(in->piece);
    connection_unref(in->conn);
    s->inbound_count--;
    if (s->spare_inbound_count >= SL_SERVER_SPARES_MAX) {
        inbound_free(in);
        return;
    }
    sl_arena_reset(in->pub.arena);
    sl_list_push_front(&s->spare_inbounds, &in->spare);
    s->spare_inbound_count++;
}

void sl_server_inbound_bury(struct sl_server_inbound *in)
{
    sl_loop_bury(in->pub.loop, recycle, in);
}

void sl_server_detach(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    if (in == NULL)
        return;
    c->in = NULL;
    sl_wire_out_reset(&c->out);
    in->is_attached = false;
    in->pub.request.writer = NULL;
    if (in->pub.response.reader == &c->task)
        in->pub.response.reader = NULL;
    if (in->is_released)
        sl_server_inbound_bury(in);
}

/* Connections */

static void resume_listeners(struct sl_server *s)
{
    for (struct sl_link *i = s->listeners.next; i != &s->listeners; i = i->next) {
        struct sl_listener *li = SL_CONTAINER(i, struct sl_listener, link);
        if (!li->is_full)
            continue;
        li->is_full = false;
        sl_task_wake(s->loop, &li->task, SL_WHY_READ);
    }
}

void sl_server_close(struct sl_server_conn *c, bool with_reset)
{
    if (c->state == SL_CONN_CLOSED)
        return;
    struct sl_server *s = c->server;
    c->state = SL_CONN_CLOSED;
    sl_server_detach(c);
    c->peer.tls = NULL;
    sl_stream_close(&c->stream, with_reset);
    sl_timer_stop(&c->timer);
    sl_task_cancel(&c->task);
    sl_list_remove(&c->link);
    sl_wire_out_fini(&c->out);
    sl_backlog_fini(&c->backlog);
    s->connection_count--;
    sl_loop_bury(s->loop, connection_unref, c);
    resume_listeners(s);
}

void sl_server_wake_owner(const struct sl_server_inbound *in, uint32_t why)
{
    if (in->pub.owner != NULL)
        sl_task_wake(in->pub.loop, in->pub.owner, why);
}

/* A reset where a mere end would look like completion. */
void sl_server_cut(struct sl_server_conn *c)
{
    c->in->pub.is_cut = true;
    sl_pipe_close(&c->in->pub.response);
    sl_server_wake_owner(c->in, SL_WHY_DONE);
    sl_server_close(c, c->out.kind == SL_BODY_CLOSE);
}

void sl_server_lost(struct sl_server_conn *c)
{
    struct sl_server_inbound *in = c->in;
    if (in != NULL && !in->pub.is_sent) {
        in->pub.is_gone = true;
        sl_pipe_break(&in->pub.request, SL_E_CANCELLED);
        sl_pipe_close(&in->pub.response);
        sl_server_wake_owner(in, SL_WHY_GONE);
    }
    sl_server_close(c, true);
}

void sl_server_arm(struct sl_server_conn *c)
{
    sl_usec due_us = c->read_due_us;
    if (c->write_due_us != 0 && (due_us == 0 || c->write_due_us < due_us))
        due_us = c->write_due_us;
    sl_wire_set_deadline(c->server->loop, &c->timer, &c->task, due_us);
}

static struct sl_server_conn *connection_take(struct sl_server *s)
{
    struct sl_link *spare = sl_list_pop_front(&s->spare_connections);
    if (spare == NULL)
        return sl_new(struct sl_server_conn);
    s->spare_connection_count--;
    struct sl_server_conn *c = SL_CONTAINER(spare, struct sl_server_conn, link);
    *c = (struct sl_server_conn){0};
    return c;
}

static void connection_put_back(struct sl_server_conn *c)
{
    c->refs = 1;
    connection_unref(c);
}

/* False when the kernel or OpenSSL has no means for another connection. Takes `fd`. */
static bool open_stream(struct sl_server_conn *c, struct sl_tls_server *tls, int fd)
{
    bool is_ready = sl_sock_local(fd, &c->peer.local) == SL_OK;
    struct sl_tls *session =
        is_ready && tls != NULL ? sl_tls_accept(tls, &c->server->certificates, fd) : NULL;
    if (!is_ready || (tls != NULL && session == NULL)) {
        close(fd);
        return false;
    }
    c->peer.tls = session;
    return sl_stream_open(&c->stream, c->server->loop, fd, session, &c->task) == SL_OK;
}

static void connection_begin(struct sl_server *s, struct sl_tls_server *tls, int fd,
                             const struct sl_addr *remote)
{
    struct sl_server_conn *c = connection_take(s);
    c->server = s;
    c->task.run = sl_server_h1_run;
    c->peer.remote = *remote;
    if (!open_stream(c, tls, fd)) {
        connection_put_back(c);
        return;
    }
    c->refs = 1;
    sl_wire_out_init(&c->out, s->pool);
    sl_list_push_back(&s->connections, &c->link);
    s->connection_count++;
    c->state = tls != NULL ? SL_CONN_HANDSHAKE : SL_CONN_HEAD;
    c->read_due_us =
        sl_loop_now(s->loop) + (tls != NULL ? s->config.tls_timeout_us : s->config.idle_timeout_us);
    sl_server_arm(c);
}

/* Listeners */

/* Errors of the connection that was being accepted are not ours (accept(2)). */
static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* False when there is none, or no room for one. */
static bool accept_one(struct sl_listener *li)
{
    struct sl_server *s = li->server;
    struct sl_addr remote;
    int fd;
    if (s->connection_count >= s->config.connections_max) {
        li->is_full = true;
        return false;
    }
    sl_rc rc = sl_sock_accept(li->watch.fd, &remote, &fd);
    s->is_starved = rc != SL_OK && rc != SL_E_AGAIN && is_exhausted(errno);
    if (rc == SL_OK) {
        connection_begin(s, li->tls, fd, &remote);
        return true;
    }
    if (rc == SL_E_AGAIN)
        return false;
    if (!s->is_starved)
        return true;
    sl_timer_start(s->loop, &li->pause, &li->task, SL_WHY_READ,
                   sl_loop_now(s->loop) + SL_SERVER_ACCEPT_PAUSE_US);
    return false;
}

static void listener_run(struct sl_task *t, uint32_t why)
{
    struct sl_listener *li = SL_CONTAINER(t, struct sl_listener, task);
    if ((why & SL_WHY_READ) == 0)
        return;
    for (int i = 0; i < SL_SERVER_ACCEPTS_PER_RUN; i++)
        if (!accept_one(li))
            return;
    sl_task_wake(li->server->loop, t, SL_WHY_READ);
}

static void listener_free(void *arg)
{
    struct sl_listener *li = arg;
    sl_tls_server_unref(li->tls);
    sl_free(li);
}

static void listener_close(struct sl_listener *li)
{
    int fd = li->watch.fd;
    sl_loop_unwatch(li->server->loop, &li->watch);
    close(fd);
    sl_timer_stop(&li->pause);
    sl_task_cancel(&li->task);
    sl_list_remove(&li->link);
    sl_loop_bury(li->server->loop, listener_free, li);
}

static void close_listeners(struct sl_server *s)
{
    while (!sl_list_is_empty(&s->listeners))
        listener_close(SL_CONTAINER(s->listeners.next, struct sl_listener, link));
}

static struct sl_tls_server *ref_or_null(struct sl_tls_server *tls)
{
    return tls != NULL ? sl_tls_server_ref(tls) : NULL;
}

static sl_rc listener_open(struct sl_server *s, uint32_t id, int fd, struct sl_tls_server *tls)
{
    struct sl_listener *li = sl_new(struct sl_listener);
    li->task.run = listener_run;
    li->server = s;
    li->id = id;
    sl_rc rc = sl_loop_watch(s->loop, &li->watch, fd, &li->task);
    if (rc != SL_OK) {
        close(fd);
        sl_free(li);
        return rc;
    }
    li->tls = ref_or_null(tls);
    sl_list_push_back(&s->listeners, &li->link);
    return SL_OK;
}

sl_rc sl_server_listen(struct sl_server *s, int fd, struct sl_tls_server *tls)
{
    return listener_open(s, 0, fd, tls);
}

static const struct sl_server_listen *find_listen(const struct sl_server_listen *v, size_t n,
                                                  uint32_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].id == id)
            return &v[i];
    }
    return NULL;
}

/* Whoever was let into its queue is served. */
static void listener_retire(struct sl_listener *li)
{
    while (accept_one(li)) {
    }
    listener_close(li);
}

static void update_listeners(struct sl_server *s, const struct sl_server_listen *v, size_t n)
{
    for (struct sl_link *i = s->listeners.next, *next; i != &s->listeners; i = next) {
        struct sl_listener *li = SL_CONTAINER(i, struct sl_listener, link);
        const struct sl_server_listen *to = li->id != 0 ? find_listen(v, n, li->id) : NULL;
        next = i->next;
        if (li->id == 0)
            continue;
        if (to == NULL) {
            listener_retire(li);
            continue;
        }
        sl_tls_server_unref(li->tls);
        li->tls = ref_or_null(to->tls);
    }
}

sl_rc sl_server_set_listeners(struct sl_server *s, const struct sl_server_listen *v, size_t n)
{
    sl_rc first = SL_OK;
    if (!s->is_draining)
        update_listeners(s, v, n);
    for (size_t i = 0; i < n; i++) {
        SL_ASSERT(v[i].id != 0);
        sl_rc rc = SL_OK;
        if (v[i].fd >= 0 && s->is_draining)
            close(v[i].fd);
        else if (v[i].fd >= 0)
            rc = listener_open(s, v[i].id, v[i].fd, v[i].tls);
        first = first != SL_OK ? first : rc;
    }
    return first;
}

void sl_server_set_certificates(struct sl_server *s, const struct sl_certificate_set *set)
{
    s->certificates = set;
}

/* The whole server */

static bool is_idle(const struct sl_server_conn *c)
{
    return c->state == SL_CONN_HANDSHAKE ||
           (c->state == SL_CONN_HEAD && sl_backlog_is_empty(&c->backlog));
}

void sl_server_drain(struct sl_server *s)
{
    s->is_draining = true;
    close_listeners(s);
    for (struct sl_link *i = s->connections.next, *next; i != &s->connections; i = next) {
        struct sl_server_conn *c = SL_CONTAINER(i, struct sl_server_conn, link);
        next = i->next;
        if (is_idle(c))
            sl_server_close(c, false);
    }
}

void sl_server_abort_all(struct sl_server *s)
{
    while (!sl_list_is_empty(&s->connections))
        sl_server_lost(SL_CONTAINER(s->connections.next, struct sl_server_conn, link));
}

bool sl_server_is_starved(const struct sl_server *s)
{
    return s->is_starved;
}

size_t sl_server_connection_count(const struct sl_server *s)
{
    return s->connection_count;
}

static void server_free(void *arg)
{
    struct sl_server *s = arg;
    struct sl_link *i;
    SL_ASSERT(s->inbound_count == 0);
    while ((i = sl_list_pop_front(&s->spare_inbounds)) != NULL)
        inbound_free(SL_CONTAINER(i, struct sl_server_inbound, spare));
    while ((i = sl_list_pop_front(&s->spare_connections)) != NULL)
        sl_free(SL_CONTAINER(i, struct sl_server_conn, link));
    sl_strbuf_fini(&s->date_line);
    sl_strbuf_fini(&s->head);
    sl_free(s);
}

void sl_server_free(struct sl_server *s)
{
    if (s == NULL)
        return;
    SL_ASSERT(s->connection_count == 0);
    close_listeners(s);
    sl_loop_bury(s->loop, server_free, s);
}
