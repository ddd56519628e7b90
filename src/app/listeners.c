#include "app/listeners.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

struct listener {
    uint32_t id;
    char *text; /* the address as configured: by it the next configuration finds it again */
    struct sl_addr address;
    struct sl_tls_server *tls;
    int *fds; /* one for each worker, until they are handed over; NULL: they were */
};

struct set {
    struct listener *v;
    size_t n;
};

struct sl_listeners {
    struct sl_worker *const *workers;
    size_t worker_count;
    struct sl_log *log;
    struct set now, next;
    uint32_t last_id;
};

struct sl_listeners *sl_listeners_new(struct sl_worker *const *workers, size_t worker_count,
                                      struct sl_log *log)
{
    struct sl_listeners *ls = sl_new(struct sl_listeners);
    ls->workers = workers;
    ls->worker_count = worker_count;
    ls->log = log;
    return ls;
}

static void close_fds(const struct sl_listeners *ls, struct listener *l)
{
    for (size_t i = 0; l->fds != NULL && i < ls->worker_count; i++) {
        if (l->fds[i] >= 0)
            close(l->fds[i]);
    }
    sl_free(l->fds);
    l->fds = NULL;
}

static void set_fini(const struct sl_listeners *ls, struct set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        close_fds(ls, &set->v[i]);
        sl_tls_server_unref(set->v[i].tls);
        sl_free(set->v[i].text);
    }
    sl_free(set->v);
    *set = (struct set){0};
}

void sl_listeners_free(struct sl_listeners *ls)
{
    if (ls == NULL)
        return;
    set_fini(ls, &ls->now);
    set_fini(ls, &ls->next);
    sl_free(ls);
}

/* ---- what the next configuration has ---- */

static sl_rc make_tls(const struct sl_listener_tls_config *t, struct sl_tls_server **ret,
                      struct sl_diag *d)
{
    const struct sl_identity_config *from = t->certs.v;
    struct sl_tls_identity *to = sl_new_array(struct sl_tls_identity, t->certs.n);
    for (size_t i = 0; i < t->certs.n; i++)
        to[i] = (struct sl_tls_identity){
            .cert_path = from[i].cert, .key_path = from[i].key, .hosts = from[i].hosts};
    struct sl_tls_server_config c = {
        .identities = to,
        .identity_count = t->certs.n,
        .has_none = t->sni_only,
        .client_ca_path = t->client_ca,
        .requires_client_cert = t->require_client_cert,
        .is_tls12_allowed = t->min_version == SL_TLS_1_2,
    };
    sl_rc rc = sl_tls_server_new(&c, ret, d);
    sl_free(to);
    return rc;
}

static void warn_if_taken(const struct sl_listeners *ls, const struct sl_listener_config *c,
                          const struct sl_addr *address)
{
    if (sl_sock_is_taken(address))
        sl_log(ls->log, WARN, "another process listens here too: connections are shared with it",
               SL_KV_STR("address", c->address));
}

/* A port can be bound once for each worker; a unix socket is one, which they share. */
static bool open_socket(struct listener *l, size_t worker)
{
    if (worker == 0 || l->address.ss.ss_family != AF_UNIX)
        return sl_sock_listen(&l->address, BACKLOG, &l->fds[worker]) == SL_OK;
    l->fds[worker] = fcntl(l->fds[0], F_DUPFD_CLOEXEC, 0);
    return l->fds[worker] >= 0;
}

static sl_rc open_sockets(const struct sl_listeners *ls, const struct sl_listener_config *c,
                          struct listener *l, struct sl_diag *d)
{
    if (sl_addr_parse(c->address, &l->address) != SL_OK)
        return sl_diag_fail(d, SL_E_CONFIG, "gateway.listeners",
                            "'%.*s' is not an address, such as \":8080\" or \"127.0.0.1:8080\"",
                            SL_STRF(c->address));
    warn_if_taken(ls, c, &l->address);
    l->fds = sl_new_array(int, ls->worker_count);
    for (size_t i = 0; i < ls->worker_count; i++)
        l->fds[i] = -1;
    for (size_t i = 0; i < ls->worker_count; i++) {
        if (!open_socket(l, i))
            return sl_diag_fail(d, SL_E_IO, "gateway.listeners", "cannot listen on '%.*s': %s",
                                SL_STRF(c->address), strerror(errno));
        if (i == 0 && sl_sock_local(l->fds[i], &l->address) != SL_OK) /* a port of 0: one for all */
            return sl_diag_fail(d, SL_E_IO, "gateway.listeners", "'%.*s' has no address",
                                SL_STRF(c->address));
    }
    return SL_OK;
}

static const struct listener *find(const struct set *set, sl_str text)
{
    for (size_t i = 0; i < set->n; i++) {
        if (sl_str_eq(sl_cstr(set->v[i].text), text))
            return &set->v[i];
    }
    return NULL;
}

static sl_rc prepare_one(struct sl_listeners *ls, const struct sl_listener_config *c,
                         struct sl_diag *d)
{
    struct listener *l = &ls->next.v[ls->next.n++];
    const struct listener *before = find(&ls->now, c->address);
    sl_rc rc = SL_OK;
    l->text = sl_strdup(c->address);
    l->id = before != NULL ? before->id : ++ls->last_id;
    if (before != NULL)
        l->address = before->address;
    else
        rc = open_sockets(ls, c, l, d);
    bool is_tls = c->tls.certs.n != 0 || c->tls.sni_only;
    return rc == SL_OK && is_tls ? make_tls(&c->tls, &l->tls, d) : rc;
}

sl_rc sl_listeners_prepare(struct sl_listeners *ls, const struct sl_gateway_config *c,
                           struct sl_diag *d)
{
    const struct sl_listener_config *configs = c->listeners.v;
    sl_rc rc = SL_OK;
    set_fini(ls, &ls->next);
    ls->next.v = sl_new_array(struct listener, c->listeners.n);
    for (size_t i = 0; i < c->listeners.n && rc == SL_OK; i++)
        rc = prepare_one(ls, &configs[i], d);
    if (rc != SL_OK)
        set_fini(ls, &ls->next);
    return rc;
}

/* ---- handing over ---- */

static void tell(const struct sl_listeners *ls, const struct listener *l, bool is_open)
{
    struct sl_arena *a = sl_arena_new("listener", SL_KIB(4));
    sl_str ip = sl_addr_ip(&l->address, a);
    if (is_open)
        sl_log(ls->log, INFO, "listening", SL_KV_STR("address", ip),
               SL_KV_U64("port", sl_addr_port(&l->address)), SL_KV_BOOL("tls", l->tls != NULL));
    else
        sl_log(ls->log, INFO, "listener closed", SL_KV_STR("address", ip),
               SL_KV_U64("port", sl_addr_port(&l->address)));
    sl_arena_free(a);
}

static void hand_over(struct sl_listeners *ls)
{
    const struct set *next = &ls->next;
    struct sl_server_listen *v = sl_new_array(struct sl_server_listen, next->n);
    for (size_t w = 0; w < ls->worker_count; w++) {
        for (size_t i = 0; i < next->n; i++) {
            int *fds = next->v[i].fds;
            v[i] = (struct sl_server_listen){
                .id = next->v[i].id, .fd = fds != NULL ? fds[w] : -1, .tls = next->v[i].tls};
        }
        sl_worker_set_listeners(ls->workers[w], v, next->n);
    }
    sl_free(v);
}

void sl_listeners_commit(struct sl_listeners *ls)
{
    hand_over(ls);
    for (size_t i = 0; i < ls->next.n; i++) {
        struct listener *l = &ls->next.v[i];
        if (l->fds != NULL)
            tell(ls, l, true);
        sl_free(l->fds); /* they are the workers' now */
        l->fds = NULL;
    }
    for (size_t i = 0; i < ls->now.n; i++) {
        if (find(&ls->next, sl_cstr(ls->now.v[i].text)) == NULL)
            tell(ls, &ls->now.v[i], false);
    }
    set_fini(ls, &ls->now);
    ls->now = ls->next;
    ls->next = (struct set){0};
}

/* ---- where they are ---- */

/* "0.0.0.0" and "::" are all addresses, the loopback one among them. */
static sl_str reachable_ip(const struct listener *l, struct sl_arena *a)
{
    sl_str ip = sl_addr_ip(&l->address, a);
    if (sl_str_eq(ip, SL_STR("0.0.0.0")) || sl_str_eq(ip, SL_STR("::")))
        return SL_STR("127.0.0.1");
    return l->address.ss.ss_family == AF_INET6 ? sl_fmt(a, "[%.*s]", SL_STRF(ip)) : ip;
}

static sl_str reachable(const struct listener *l, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s:%u", SL_STRF(reachable_ip(l, a)), sl_addr_port(&l->address));
}

bool sl_listeners_local(const struct sl_listeners *ls, struct sl_arena *a, sl_str *ret_address,
                        bool *ret_is_tls)
{
    const struct listener *best = NULL;
    for (size_t i = 0; i < ls->now.n; i++) {
        const struct listener *l = &ls->now.v[i];
        bool is_better = best == NULL || (best->tls != NULL && l->tls == NULL);
        if (l->address.ss.ss_family != AF_UNIX && is_better)
            best = l;
    }
    if (best == NULL)
        return false;
    *ret_address = reachable(best, a);
    *ret_is_tls = best->tls != NULL;
    return true;
}

void sl_listeners_write(const struct sl_listeners *ls, struct sl_jsonw *w, struct sl_arena *a)
{
    sl_jsonw_array(w);
    for (size_t i = 0; i < ls->now.n; i++) {
        const struct listener *l = &ls->now.v[i];
        if (l->address.ss.ss_family != AF_UNIX)
            sl_jsonw_str(
                w, sl_fmt(a, "http%s://%.*s", l->tls != NULL ? "s" : "", SL_STRF(reachable(l, a))));
    }
    sl_jsonw_end(w);
}
