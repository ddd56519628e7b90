#include "server.h"
#include "control.h"
#include "http.h"
#include "ws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BACKLOG = 8192,
    EVENTS_PER_WAIT = 512,
    READ_ROOM = 4096,
    IN_KEEP_BYTES = 64 << 10,
    IN_AHEAD_MAX = 512 << 20, // requests read ahead of their answers
    LINGER_MS = 1000,         // how long we wait for the peer's FIN after ours
    NO_TIMER = 0,
};

enum phase {
    PHASE_READ,   // waiting for a request
    PHASE_PLAY,   // a reply is on its way
    PHASE_STALL,  // silent until the peer goes
    PHASE_TUNNEL, // WebSocket
    PHASE_LINGER, // our FIN is sent
    PHASE_DEAD,   // closed; freed at the end of the tick
};

struct conn {
    int fd;
    enum phase phase;
    bool wants_write, has_waited;
    uint64_t served;
    struct buf in, body;
    size_t in_at; // start of the unread part of `in`
    struct http_reader reader;
    struct reply reply;
    size_t step_i, sent;
    uint64_t due_ms;
    size_t timer_i; // place in the heap + 1, NO_TIMER: none
    struct conn *next_dead;
};

static struct {
    int epoll, listener;
    volatile sig_atomic_t is_stopping;
    uint64_t requests, now_ms;
    struct conn **heap; // by due_ms, heap[0] is unused
    size_t heap_n, heap_cap;
    struct conn *dead;
    struct conn **all; // for the end of the process
    size_t all_n;
} loop;

static uint64_t clock_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- timers: a binary heap, at most one timer per connection --- */

static void heap_put(size_t at, struct conn *c)
{
    loop.heap[at] = c;
    c->timer_i = at;
}

static void heap_up(size_t at, struct conn *c)
{
    while (at > 1 && loop.heap[at / 2]->due_ms > c->due_ms) {
        heap_put(at, loop.heap[at / 2]);
        at /= 2;
    }
    heap_put(at, c);
}

static void heap_down(size_t at, struct conn *c)
{
    for (;;) {
        size_t child = at * 2;
        if (child > loop.heap_n)
            break;
        if (child < loop.heap_n && loop.heap[child + 1]->due_ms < loop.heap[child]->due_ms)
            child++;
        if (loop.heap[child]->due_ms >= c->due_ms)
            break;
        heap_put(at, loop.heap[child]);
        at = child;
    }
    heap_put(at, c);
}

static void timer_clear(struct conn *c)
{
    size_t at = c->timer_i;
    if (at == NO_TIMER)
        return;
    c->timer_i = NO_TIMER;
    struct conn *last = loop.heap[loop.heap_n--];
    if (last == c)
        return;
    heap_up(at, last);
    heap_down(last->timer_i, last);
}

static void timer_set(struct conn *c, uint64_t wait_ms)
{
    timer_clear(c);
    if (loop.heap_n + 2 > loop.heap_cap) {
        loop.heap_cap = loop.heap_cap != 0 ? loop.heap_cap * 2 : 256;
        loop.heap = realloc(loop.heap, loop.heap_cap * sizeof *loop.heap);
        if (loop.heap == NULL)
            abort();
    }
    c->due_ms = loop.now_ms + wait_ms;
    heap_up(++loop.heap_n, c);
}

/* --- the end of connections --- */

/* Did the fault that was asked for come true in this answer? */
static bool has_failed(const struct conn *c)
{
    const struct reply *r = &c->reply;
    switch ((enum fault)r->sc.fault) {
    case FAULT_NONE:
    case FAULT_BADJSON:
    case FAULT_HUGE_HEADER:
        return false;
    case FAULT_RESET:
    case FAULT_FIN:
    case FAULT_STALL:
    case FAULT_ERROR:
        return r->events >= (uint32_t)r->sc.fault_at;
    case FAULT_RESET_IDLE:
        return c->served != 0;
    case FAULT_NO_TERMINAL:
        return r->is_stream;
    case FAULT_BAD_CHUNK:
        return r->is_chunked;
    case FAULT_TRUNCATED:
        return !r->is_stream;
    case FAULT_SILENT:
    case FAULT_BAD_STATUS:
    case FAULT_CL_TE:
    case FAULT_DUP_CL:
    case FAULT_EMPTY:
        return true;
    }
    return false;
}

static enum outcome outcome_of(const struct conn *c, bool is_aborted)
{
    if (has_failed(c))
        return OUTCOME_FAULTED;
    if (is_aborted)
        return OUTCOME_ABORTED;
    return c->reply.claim.status >= 400 ? OUTCOME_REFUSED : OUTCOME_COMPLETED;
}

/* Events whose last byte the kernel has taken. */
static uint32_t events_sent(const struct conn *c)
{
    return c->step_i != 0 ? c->reply.steps[c->step_i - 1].events : 0;
}

static void settle(struct conn *c, bool is_aborted)
{
    struct claim *claim = &c->reply.claim;
    if (claim->number == 0)
        return;
    control_settle(claim, outcome_of(c, is_aborted), events_sent(c));
    claim->number = 0;
}

static void conn_close(struct conn *c)
{
    if (c->phase == PHASE_DEAD)
        return;
    settle(c, true);
    timer_clear(c);
    (void)close(c->fd);
    control_closed();
    c->phase = PHASE_DEAD;
    c->next_dead = loop.dead;
    loop.dead = c;
}

static void conn_reset(struct conn *c)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    conn_close(c);
}

/* FIN, then wait for the peer's, so that unread input does not turn ours into a reset. */
static void conn_finish(struct conn *c)
{
    (void)shutdown(c->fd, SHUT_WR);
    c->phase = PHASE_LINGER;
    timer_set(c, LINGER_MS);
}

static void conn_free(struct conn *c)
{
    buf_free(&c->in);
    buf_free(&c->body);
    reply_free(&c->reply);
    loop.all[c->fd] = loop.all[c->fd] == c ? NULL : loop.all[c->fd];
    free(c);
}

static void bury(void)
{
    while (loop.dead != NULL) {
        struct conn *c = loop.dead;
        loop.dead = c->next_dead;
        conn_free(c);
    }
}

/* --- playing a reply --- */

static void want_write(struct conn *c, bool wants)
{
    if (c->wants_write == wants)
        return;
    c->wants_write = wants;
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | (wants ? EPOLLOUT : 0u),
                            .data.ptr = c};
    (void)epoll_ctl(loop.epoll, EPOLL_CTL_MOD, c->fd, &e);
}

static void reply_is_over(struct conn *c)
{
    settle(c, false);
    int32_t idle_ms = c->reply.sc.idle;
    reply_reset(&c->reply);
    c->step_i = c->sent = 0;
    c->has_waited = false;
    c->served++;
    c->phase = PHASE_READ;
    if (idle_ms != 0)
        timer_set(c, (uint64_t)idle_ms);
}

static void perform(struct conn *c, enum act act)
{
    switch (act) {
    case ACT_NONE:
        return;
    case ACT_DONE:
        reply_is_over(c);
        return;
    case ACT_RESET:
        conn_reset(c);
        return;
    case ACT_CLOSE:
        settle(c, false);
        conn_finish(c);
        return;
    case ACT_STALL:
        c->phase = PHASE_STALL;
        return;
    case ACT_TUNNEL:
        reply_is_over(c);
        c->phase = PHASE_TUNNEL;
        return;
    }
}

/* The last step that may be sent together with `step_i`. */
static size_t last_in_run(const struct conn *c)
{
    const struct reply *r = &c->reply;
    size_t i = c->step_i;
    while (!r->sc.each && r->steps[i].act == ACT_NONE && i + 1 < r->steps_n &&
           r->steps[i + 1].wait_ms == 0)
        i++;
    return i;
}

/* Send up to `end`. False: the rest must wait (for room, for the next tick) or the peer is gone. */
static bool send_up_to(struct conn *c, size_t end)
{
    struct reply *r = &c->reply;
    size_t n = end - c->sent;
    if (n == 0)
        return true;
    if (r->sc.split != 0 && n > (size_t)r->sc.split)
        n = (size_t)r->sc.split;
    ssize_t sent = send(c->fd, r->out.p + c->sent, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        conn_close(c);
        return false;
    }
    c->sent += sent > 0 ? (size_t)sent : 0;
    bool is_full = sent < (ssize_t)n;
    want_write(c, is_full);
    if (!is_full && c->sent < end)
        timer_set(c, 0); // split: the next part in the next tick
    return c->sent == end;
}

static void play(struct conn *c)
{
    struct reply *r = &c->reply;
    while (c->phase == PHASE_PLAY && c->step_i < r->steps_n) {
        if (r->steps[c->step_i].wait_ms != 0 && !c->has_waited) {
            c->has_waited = true;
            timer_set(c, r->steps[c->step_i].wait_ms);
            return;
        }
        size_t last = last_in_run(c);
        if (!send_up_to(c, r->steps[last].end))
            return;
        c->step_i = last + 1;
        c->has_waited = false;
        perform(c, r->steps[last].act);
    }
}

/* --- answering --- */

static bool is_ollama(const struct request *rq)
{
    return span_is(rq->path, "/api/chat") || span_is(rq->path, "/api/embed");
}

static void refuse_key(struct request *rq, struct reply *r)
{
    if (span_starts(rq->path, "/v2/"))
        cohere_refuse_key(rq, r);
    else if (is_ollama(rq))
        ollama_refuse_key(rq, r);
    else if (span_is(rq->path, "/v1/messages"))
        anthropic_refuse_key(rq, r);
    else if (gemini_is_path(rq))
        gemini_refuse_key(rq, r);
    else
        openai_refuse_key(rq, r);
}

/* The same APIs below other bases. */
static const struct {
    const char *end, *path;
} elsewhere[] = {{"/chat/completions", "/v1/chat/completions"},
                 {"/embeddings", "/v1/embeddings"},
                 {"/v1/messages", "/v1/messages"}};

static void find_elsewhere(struct request *rq)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        if (span_ends(rq->path, elsewhere[i].end))
            rq->path = span_of(elsewhere[i].path);
}

static void route(struct request *rq, struct reply *r)
{
    bool is_gemini = gemini_is_path(rq);
    if (span_starts(rq->path, "/model/")) {
        bedrock_answer(rq, r);
        return;
    }
    if (control_accepts_key(rq->key) && other_answer(rq, r))
        return;
    if (control_accepts_key(rq->key) && vertex_answer(rq, r))
        return;
    find_elsewhere(rq);
    bool is_cohere = span_is(rq->path, "/v2/chat");
    if (!span_starts(rq->path, "/v1/") && !is_gemini && !is_cohere && !is_ollama(rq))
        rest_answer(rq, r);
    else if (!control_accepts_key(rq->key))
        refuse_key(rq, r);
    else if (is_cohere)
        cohere_answer(rq, r);
    else if (is_ollama(rq))
        ollama_answer(rq, r);
    else if (is_gemini)
        gemini_answer(rq, r);
    else if (span_is(rq->path, "/v1/messages"))
        anthropic_answer(rq, r);
    else if (span_starts(rq->path, "/v1/responses"))
        responses_answer(rq, r);
    else
        openai_answer(rq, r);
}

static void begin_claim(const struct request *rq, struct claim *claim)
{
    claim->number = rq->number;
    claim->started_ms = wall_ms();
    name_set(claim->path, sizeof claim->path, rq->path);
    name_set(claim->key, sizeof claim->key, rq->key);
}

/* Faults that replace the whole answer. */
static void apply_whole_faults(struct conn *c)
{
    struct reply *r = &c->reply;
    bool is_reuse = r->sc.fault == FAULT_RESET_IDLE && c->served != 0;
    enum act act = is_reuse                      ? ACT_RESET
                   : r->sc.fault == FAULT_SILENT ? ACT_STALL
                   : r->sc.fault == FAULT_EMPTY  ? ACT_CLOSE
                                                 : ACT_NONE;
    if (act == ACT_NONE)
        return;
    r->out.n = r->steps_n = 0;
    r->is_cut = false;
    r->events = 0;
    r->claim.status = 0;
    reply_cut(r, act);
}

static void answer(struct conn *c, struct request *rq)
{
    struct reply *r = &c->reply;
    struct span bad;
    rq->number = ++loop.requests;
    r->keep_alive = !rq->wants_close;
    r->no_body = span_is(rq->method, "HEAD");
    if (span_starts(rq->path, "/_mock/")) {
        control_answer(rq, r);
    } else {
        control_count(rq);
        begin_claim(rq, &r->claim);
        if (control_scenario(rq, &r->sc, &bad))
            route(rq, r);
        else
            reply_whole(r, 400, "text/plain", NULL, SPAN("unknown name or value in x-mock\n"));
        apply_whole_faults(c);
    }
    c->phase = PHASE_PLAY;
    play(c);
}

static void answer_bad_request(struct conn *c)
{
    c->reply.keep_alive = false;
    reply_whole(&c->reply, 400, "text/plain", NULL, SPAN("bad request\n"));
    c->phase = PHASE_PLAY;
    play(c);
}

static void drop_used_input(struct conn *c)
{
    if (c->in_at != c->in.n)
        return;
    c->in.n = c->in_at = 0;
    if (c->in.cap > IN_KEEP_BYTES)
        buf_free(&c->in);
}

static void read_tunnel(struct conn *c)
{
    struct buf out = {0};
    bool is_end = false;
    size_t used;
    do {
        used = ws_feed((struct span){c->in.p + c->in_at, c->in.n - c->in_at}, &out, &is_end);
        c->in_at += used;
    } while (used != 0 && !is_end);
    drop_used_input(c);
    if (out.n != 0 || is_end) {
        reply_raw(&c->reply, buf_view(&out), 0);
        reply_cut(&c->reply, is_end ? ACT_CLOSE : ACT_TUNNEL);
        c->phase = PHASE_PLAY;
        play(c);
    }
    buf_free(&out);
}

static void read_requests(struct conn *c)
{
    static struct request rq; // large; one at a time
    while (c->phase == PHASE_READ) {
        size_t used = 0;
        bool must_continue = false;
        struct span in = {c->in.p + c->in_at, c->in.n - c->in_at};
        enum http_result result = http_read(&c->reader, in, &c->body, &rq, &used, &must_continue);
        if (must_continue)
            (void)send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
        if (result == HTTP_BAD)
            answer_bad_request(c);
        if (result != HTTP_READY)
            return;
        timer_clear(c);
        c->in_at += used; // the bytes stay until drop_used_input()
        answer(c, &rq);
        drop_used_input(c);
    }
}

static void use_input(struct conn *c)
{
    if (c->phase == PHASE_READ)
        read_requests(c);
    if (c->phase == PHASE_TUNNEL && c->in_at != c->in.n)
        read_tunnel(c);
}

/* False: the connection is at its end. */
static bool receive(struct conn *c)
{
    size_t have = c->in.n - c->in_at;
    size_t room = c->reader.need > have + READ_ROOM ? c->reader.need - have : READ_ROOM;
    if (c->in.n > IN_AHEAD_MAX)
        return false;
    if (c->in_at > READ_ROOM && c->in_at > have) { // nothing borrows from `in` between events
        memmove(c->in.p, c->in.p + c->in_at, have);
        c->in.n = have;
        c->in_at = 0;
    }
    buf_reserve(&c->in, room);
    ssize_t n = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, 0);
    if (n > 0)
        c->in.n += (size_t)n;
    if (c->phase == PHASE_LINGER)
        c->in.n = c->in_at;
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static void conn_event(struct conn *c, uint32_t events)
{
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
        if (!receive(c)) {
            conn_close(c);
            return;
        }
        use_input(c);
    }
    if ((events & EPOLLOUT) != 0 && c->phase == PHASE_PLAY) {
        play(c);
        use_input(c);
    }
}

static void conn_timer(struct conn *c)
{
    if (c->phase != PHASE_PLAY) { // idle or lingering for too long
        conn_close(c);
        return;
    }
    play(c);
    use_input(c);
}

/* --- accepting and the loop --- */

static void remember(struct conn *c)
{
    size_t need = (size_t)c->fd + 1;
    if (need > loop.all_n) {
        size_t n = need * 2;
        loop.all = realloc(loop.all, n * sizeof *loop.all);
        if (loop.all == NULL)
            abort();
        memset(loop.all + loop.all_n, 0, (n - loop.all_n) * sizeof *loop.all);
        loop.all_n = n;
    }
    loop.all[c->fd] = c;
}

static void accept_all(void)
{
    int fd, on = 1;
    while ((fd = accept4(loop.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct conn *c = calloc(1, sizeof *c);
        if (c == NULL)
            abort();
        c->fd = fd;
        remember(c);
        control_opened();
        struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
        (void)epoll_ctl(loop.epoll, EPOLL_CTL_ADD, fd, &e);
    }
}

static void run_timers(void)
{
    loop.now_ms = clock_ms();
    uint64_t until_ms = loop.now_ms;
    size_t most = loop.heap_n; // timers set to "now" on the way run in the next tick
    while (most-- != 0 && loop.heap_n != 0 && loop.heap[1]->due_ms <= until_ms) {
        struct conn *c = loop.heap[1];
        timer_clear(c);
        conn_timer(c);
    }
}

static int wait_ms(void)
{
    if (loop.heap_n == 0)
        return -1;
    uint64_t due_ms = loop.heap[1]->due_ms, now_ms = clock_ms();
    return due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
}

int server_listen(int port)
{
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    loop.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(loop.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(loop.listener, (struct sockaddr *)&address, size) != 0 ||
        listen(loop.listener, BACKLOG) != 0 ||
        getsockname(loop.listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.listener, &e) != 0)
        return -1;
    return ntohs(address.sin_port);
}

static void close_all(void)
{
    for (size_t fd = 0; fd < loop.all_n; fd++)
        if (loop.all[fd] != NULL)
            conn_close(loop.all[fd]);
    bury();
    free(loop.all);
    free(loop.heap);
    (void)close(loop.listener);
    (void)close(loop.epoll);
}

void server_run(void)
{
    static struct epoll_event events[EVENTS_PER_WAIT];
    while (!loop.is_stopping) {
        int n = epoll_wait(loop.epoll, events, EVENTS_PER_WAIT, wait_ms());
        loop.now_ms = clock_ms();
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                accept_all();
            else
                conn_event(events[i].data.ptr, events[i].events);
        }
        run_timers();
        bury();
    }
    close_all();
}

void server_stop(void)
{
    loop.is_stopping = 1;
}
