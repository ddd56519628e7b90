#include "net/resolve.h"
#include "base/lru.h"
#include "base/str.h"
#include "net/resolve_int.h"

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>

enum {
    HOST_MAX_BYTES = 253, /* RFC 1035, 2.3.4, as text */
    TRY_MS = 1000,        /* doubled with every try */
    TRIES = 3,
    READS_PER_WAKE_MAX = 64,
    SOCKETS_MAX = 64,
};

/* As small as an address can be: there may be thousands. */
union ip {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* A name in the cache. Lives in the lru; one that was evicted while it was asked for lives on until
 * the answer is there. */
struct name {
    struct sl_lru_entry entry;
    struct sl_resolver *resolver;
    struct sl_link waiting;  /* lookups */
    struct sl_link asked;    /* in resolver->asked, by age, until it is answered or late */
    struct sl_link answered; /* in resolver->answered, from c-ares' callback until settled */
    bool is_asking;          /* c-ares will call back */
    bool is_forgotten;
    bool has_failed; /* the last answer */
    sl_usec late_us; /* lookups wait until then */
    sl_usec known_until_us;
    int ttl_s;
    union ip ips[SL_RESOLVE_ADDRS_MAX]; /* the last good ones */
    size_t ip_count;
    char host[HOST_MAX_BYTES + 1];
};

/* A socket of c-ares in our loop. */
struct dns_socket {
    struct sl_link link;
    struct sl_watch watch;
};

struct sl_resolver {
    struct sl_task task;
    struct sl_loop *loop;
    ares_channel channel;
    struct sl_link sockets;
    struct sl_link asked, answered;
    struct sl_timer late;  /* SL_WHY_TIMER: the oldest question is late */
    struct sl_timer retry; /* SL_WHY_TIMER2: c-ares wants to try again */
    struct sl_lru names;
    size_t asking_count;
};

/* --- sockets of c-ares --- */

static struct dns_socket *find_socket(struct sl_resolver *r, int fd)
{
    for (struct sl_link *link = r->sockets.next; link != &r->sockets; link = link->next) {
        struct dns_socket *s = SL_CONTAINER(link, struct dns_socket, link);
        if (s->watch.fd == fd)
            return s;
    }
    return NULL;
}

static void drop_socket(struct sl_resolver *r, struct dns_socket *s)
{
    sl_loop_unwatch(r->loop, &s->watch);
    sl_list_remove(&s->link);
    sl_free(s);
}

/* Watching is for both directions at once, so only the first call and the last one matter. A socket
 * that cannot be watched is as one that never answers: the question runs into its timeout. */
static void on_socket_state(void *resolver, ares_socket_t fd, int reads, int writes)
{
    struct sl_resolver *r = resolver;
    struct dns_socket *s = find_socket(r, fd);
    bool is_wanted = reads != 0 || writes != 0;

    if (s != NULL && !is_wanted)
        drop_socket(r, s);
    if (s != NULL || !is_wanted)
        return;
    s = sl_new(struct dns_socket);
    if (sl_loop_watch(r->loop, &s->watch, fd, &r->task) != SL_OK) {
        sl_free(s);
        return;
    }
    sl_list_push_back(&r->sockets, &s->link);
}

static bool has_input(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0;
}

/* Over TCP c-ares reads a piece per call, while our events are edges: go on until nothing is left. */
static void read_socket(struct sl_resolver *r, int fd)
{
    for (int i = 0; i < READS_PER_WAKE_MAX; i++) {
        ares_process_fd(r->channel, fd, ARES_SOCKET_BAD);
        if (find_socket(r, fd) == NULL || !has_input(fd))
            return;
    }
    struct dns_socket *s = find_socket(r, fd);
    s->watch.is_readable = true;
    sl_task_wake(r->loop, &r->task, SL_WHY_READ);
}

/* c-ares opens and closes sockets as it goes: it is given numbers that were taken down before. */
static void serve_sockets(struct sl_resolver *r, uint32_t why)
{
    int readable[SOCKETS_MAX], writable[SOCKETS_MAX];
    size_t readable_count = 0, writable_count = 0;

    for (struct sl_link *link = r->sockets.next; link != &r->sockets; link = link->next) {
        struct dns_socket *s = SL_CONTAINER(link, struct dns_socket, link);
        if (s->watch.is_readable && readable_count < SOCKETS_MAX)
            readable[readable_count++] = s->watch.fd;
        if ((why & SL_WHY_WRITE) != 0 && writable_count < SOCKETS_MAX)
            writable[writable_count++] = s->watch.fd;
        s->watch.is_readable = false;
    }
    for (size_t i = 0; i < writable_count; i++)
        ares_process_fd(r->channel, ARES_SOCKET_BAD, writable[i]);
    for (size_t i = 0; i < readable_count; i++) {
        if (find_socket(r, readable[i]) != NULL)
            read_socket(r, readable[i]);
    }
}

/* --- names --- */

static void name_free(struct name *n)
{
    sl_list_remove(&n->asked);
    sl_list_remove(&n->answered);
    sl_free(n);
}

static void on_evict(struct sl_lru_entry *entry, void *resolver)
{
    struct name *n = SL_CONTAINER(entry, struct name, entry);
    n->is_forgotten = true;
    if (!n->is_asking && !sl_list_is_linked(&n->answered))
        name_free(n);
}

static void keep_ip(struct name *n, const struct ares_addrinfo_node *node)
{
    if (n->ip_count == SL_RESOLVE_ADDRS_MAX || node->ai_addrlen > sizeof(n->ips[0]) ||
        (node->ai_family != AF_INET && node->ai_family != AF_INET6))
        return;
    memcpy(&n->ips[n->ip_count++], node->ai_addr, node->ai_addrlen);
    n->ttl_s = SL_MIN(n->ttl_s, node->ai_ttl);
}

/* c-ares' callback, perhaps from within our own call: only takes notes. */
static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct name *n = arg;
    struct sl_resolver *r = n->resolver;

    n->is_asking = false;
    r->asking_count--;
    n->has_failed = status != ARES_SUCCESS || info == NULL || info->nodes == NULL;
    if (!n->has_failed) {
        n->ip_count = 0;
        n->ttl_s = INT32_MAX;
        for (struct ares_addrinfo_node *node = info->nodes; node != NULL; node = node->ai_next)
            keep_ip(n, node);
        for (struct ares_addrinfo_cname *c = info->cnames; c != NULL; c = c->next)
            n->ttl_s = SL_MIN(n->ttl_s, c->ttl);
    }
    if (info != NULL)
        ares_freeaddrinfo(info);
    sl_list_push_back(&r->answered, &n->answered);
    sl_task_wake(r->loop, &r->task, SL_WHY_RESOLVED);
}

static void add_addr(struct sl_lookup *q, const union ip *ip)
{
    struct sl_addr *addr = &q->addrs[q->count++];
    *addr = (struct sl_addr){.len = ip->any.sa_family == AF_INET ? sizeof(ip->v4) : sizeof(ip->v6)};
    memcpy(&addr->ss, ip, addr->len);
    sl_addr_set_port(addr, q->port);
}

static sl_rc fill(struct sl_lookup *q, const struct name *n)
{
    q->count = 0;
    for (size_t i = 0; i < n->ip_count; i++)
        add_addr(q, &n->ips[i]);
    q->is_stale = n->has_failed && n->ip_count != 0;
    q->rc = n->ip_count != 0 ? SL_OK : SL_E_RESOLVE;
    return q->rc;
}

static void tell_all(struct name *n)
{
    struct sl_link *link;
    while ((link = sl_list_pop_front(&n->waiting)) != NULL) {
        struct sl_lookup *q = SL_CONTAINER(link, struct sl_lookup, waiting);
        (void)fill(q, n); /* the result is in q->rc */
        sl_task_wake(n->resolver->loop, q->task, SL_WHY_RESOLVED);
    }
}

static sl_usec span_of(const struct name *n)
{
    if (n->has_failed)
        return SL_RESOLVE_NEGATIVE_US;
    return SL_MAX(SL_RESOLVE_TTL_MIN_US, SL_MIN(SL_RESOLVE_TTL_MAX_US, SL_SECONDS(n->ttl_s)));
}

static void settle(struct sl_resolver *r)
{
    struct sl_link *link;
    while ((link = sl_list_pop_front(&r->answered)) != NULL) {
        struct name *n = SL_CONTAINER(link, struct name, answered);
        sl_list_remove(&n->asked);
        n->known_until_us = sl_loop_now(r->loop) + span_of(n);
        tell_all(n);
        if (n->is_forgotten)
            name_free(n);
    }
}

/* Who has waited long enough is told that it failed; what c-ares finds later is still kept. */
static void give_up_late(struct sl_resolver *r)
{
    sl_usec now_us = sl_loop_now(r->loop);
    while (!sl_list_is_empty(&r->asked)) {
        struct name *n = SL_CONTAINER(r->asked.next, struct name, asked);
        if (n->late_us > now_us)
            break;
        sl_list_remove(&n->asked);
        n->has_failed = true;
        n->known_until_us = now_us + SL_RESOLVE_NEGATIVE_US;
        tell_all(n);
    }
}

static void set_timers(struct sl_resolver *r)
{
    struct timeval tv;
    if (ares_timeout(r->channel, NULL, &tv) != NULL)
        sl_timer_start(r->loop, &r->retry, &r->task, SL_WHY_TIMER2,
                       sl_loop_now(r->loop) + SL_SECONDS(tv.tv_sec) + tv.tv_usec);
    else
        sl_timer_stop(&r->retry);
    if (sl_list_is_empty(&r->asked)) {
        sl_timer_stop(&r->late);
        return;
    }
    struct name *oldest = SL_CONTAINER(r->asked.next, struct name, asked);
    sl_timer_start(r->loop, &r->late, &r->task, SL_WHY_TIMER, oldest->late_us);
}

static void run(struct sl_task *t, uint32_t why)
{
    struct sl_resolver *r = SL_CONTAINER(t, struct sl_resolver, task);
    serve_sockets(r, why);
    if ((why & SL_WHY_TIMER2) != 0)
        ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    settle(r);
    give_up_late(r);
    set_timers(r);
}

/* --- asking --- */

static bool ask(struct sl_resolver *r, struct name *n)
{
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (r->asking_count >= SL_RESOLVE_NAMES_MAX)
        return false;
    n->is_asking = true;
    r->asking_count++;
    n->late_us = sl_loop_now(r->loop) + SL_RESOLVE_TIMEOUT_US;
    sl_list_push_back(&r->asked, &n->asked);
    ares_getaddrinfo(r->channel, n->host, NULL, &hints, on_answer, n);
    return true;
}

static struct name *name_new(struct sl_resolver *r, const char *host, size_t len)
{
    struct name *n = sl_new(struct name);
    n->resolver = r;
    sl_list_init(&n->waiting);
    memcpy(n->host, host, len);
    n->entry.key = sl_str_of(n->host, len);
    sl_lru_put(&r->names, &n->entry);
    return n;
}

static bool to_key(sl_str host, char key[HOST_MAX_BYTES + 1])
{
    if (host.n == 0 || host.n > HOST_MAX_BYTES || memchr(host.p, '\0', host.n) != NULL)
        return false;
    for (size_t i = 0; i < host.n; i++)
        key[i] = sl_lower(host.p[i]);
    key[host.n] = '\0';
    return true;
}

static struct name *find_or_add(struct sl_resolver *r, const char *host, size_t len)
{
    struct sl_lru_entry *entry = sl_lru_get(&r->names, sl_str_of(host, len));
    return entry != NULL ? SL_CONTAINER(entry, struct name, entry) : name_new(r, host, len);
}

/* RFC 6761, 6.3: never asked of a server. IPv4 first: most programs for development listen there. */
static bool is_localhost(sl_str host)
{
    if (sl_str_ends(host, SL_STR(".")))
        host.n--;
    sl_str tail = host.n > 10 ? sl_str_from(host, host.n - 10) : (sl_str){NULL, 0};
    return sl_str_ieq(host, SL_STR("localhost")) || sl_str_ieq(tail, SL_STR(".localhost"));
}

static sl_rc answer_localhost(struct sl_lookup *q)
{
    q->count = 2;
    q->rc = sl_addr_from_ip(SL_STR("127.0.0.1"), q->port, &q->addrs[0]);
    SL_ASSERT(q->rc == SL_OK);
    return sl_addr_from_ip(SL_STR("::1"), q->port, &q->addrs[1]);
}

static sl_rc answer_nothing(struct sl_lookup *q)
{
    q->count = 0;
    q->rc = SL_E_RESOLVE;
    return q->rc;
}

static sl_rc wait_for(struct sl_lookup *q, struct name *n)
{
    q->rc = SL_E_AGAIN;
    q->count = 0;
    sl_list_push_back(&n->waiting, &q->waiting);
    return q->rc;
}

static sl_rc look_up(struct sl_resolver *r, struct sl_lookup *q, struct name *n)
{
    if (sl_loop_now(r->loop) < n->known_until_us)
        return fill(q, n);
    if (sl_list_is_linked(&n->asked))
        return wait_for(q, n);
    if (n->is_asking) { /* late already, and still no answer */
        n->late_us = sl_loop_now(r->loop) + SL_RESOLVE_TIMEOUT_US;
        sl_list_push_back(&r->asked, &n->asked);
        set_timers(r);
        return wait_for(q, n);
    }
    if (!ask(r, n))
        return answer_nothing(q);
    bool is_answered = sl_list_is_linked(&n->answered); /* from /etc/hosts, say */
    sl_rc rc = wait_for(q, n);
    if (is_answered) {
        sl_list_remove(&q->waiting);
        rc = fill(q, n);
        settle(r);
    }
    set_timers(r);
    return rc;
}

sl_rc sl_resolve(struct sl_resolver *r, struct sl_lookup *q, sl_str host, uint16_t port,
                 struct sl_task *task)
{
    char key[HOST_MAX_BYTES + 1];
    SL_ASSERT(!sl_list_is_linked(&q->waiting));
    q->task = task;
    q->port = port;
    q->is_stale = false;

    if (sl_addr_from_ip(host, port, &q->addrs[0]) == SL_OK) {
        q->count = 1;
        q->rc = SL_OK;
        return q->rc;
    }
    if (is_localhost(host))
        return answer_localhost(q);
    if (!to_key(host, key))
        return answer_nothing(q);
    return look_up(r, q, find_or_add(r, key, host.n));
}

void sl_resolve_cancel(struct sl_lookup *q)
{
    sl_list_remove(&q->waiting);
}

static void let_go(struct sl_link *waiting)
{
    while (sl_list_pop_front(waiting) != NULL)
        continue;
}

static bool open_channel(struct sl_resolver *r)
{
    struct ares_options options = {.timeout = TRY_MS,
                                   .tries = TRIES,
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = r};
    return ares_init_options(&r->channel, &options,
                             ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) ==
           ARES_SUCCESS;
}

struct sl_resolver *sl_resolver_new(struct sl_loop *l)
{
    struct sl_resolver *r = sl_new(struct sl_resolver);
    r->task.run = run;
    r->loop = l;
    sl_list_init(&r->sockets);
    sl_list_init(&r->asked);
    sl_list_init(&r->answered);
    if (!open_channel(r)) {
        sl_free(r);
        return NULL;
    }
    sl_lru_init(&r->names, SL_RESOLVE_NAMES_MAX, 0, on_evict, r);
    return r;
}

/* Ending the channel answers all questions, with failure. */
void sl_resolver_free(struct sl_resolver *r)
{
    if (r == NULL)
        return;
    for (struct sl_link *link = r->asked.next; link != &r->asked; link = link->next)
        let_go(&SL_CONTAINER(link, struct name, asked)->waiting);
    ares_destroy(r->channel);
    settle(r);
    sl_lru_fini(&r->names);
    sl_timer_stop(&r->late);
    sl_timer_stop(&r->retry);
    sl_task_cancel(&r->task);
    sl_free(r);
}

sl_rc sl_resolver_set_servers(struct sl_resolver *r, const char *servers)
{
    return ares_set_servers_ports_csv(r->channel, servers) == ARES_SUCCESS ? SL_OK : SL_E_SYNTAX;
}

size_t sl_resolver_count(const struct sl_resolver *r)
{
    return sl_lru_count(&r->names);
}

void sl_resolver_expire(struct sl_resolver *r)
{
    for (struct sl_link *link = r->names.order.next; link != &r->names.order; link = link->next)
        SL_CONTAINER(link, struct name, entry.link)->known_until_us = 0;
}
