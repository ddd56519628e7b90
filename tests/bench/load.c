/*
 * load: a closed-loop HTTP/1.1 load generator on one thread.
 *
 *     load -p PORT [-c CONNECTIONS] [-d SECONDS | -n REQUESTS] [-X METHOD] [-u TARGET]
 *          [-H 'Name: value']... [-b BODY_FILE]... [-m plain|sse|idle]
 *
 * Each connection sends its next request when it has read the whole answer; several bodies are dealt
 * out among the connections, each of which goes through its own in order, again and again. `sse` also counts the
 * events of each answer and whether it ended in [DONE] or message_stop. `idle` sends one request
 * per connection, prints `held N` once N answers have begun, and keeps them open until SIGTERM.
 * The result is one line of JSON; times are in microseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_PER_WAIT = 512,
    HEAD_MAX = 64 << 10,
    RECV_BYTES = 256 << 10,
    STATUS_MAX = 600,
    SUB_BUCKETS = 64, // histogram: 64 steps per power of two, so 1.6 % exact
    BUCKETS = 40 * SUB_BUCKETS,
    BODIES_MAX = 256,
    OPENING_MAX = 1024, // idle mode: connections waiting for their head at a time
};

enum mode { MODE_PLAIN, MODE_SSE, MODE_IDLE };
enum part {
    PART_HEAD,
    PART_LENGTH,
    PART_CHUNK_SIZE,
    PART_CHUNK,
    PART_CHUNK_END,
    PART_TRAILER,
    PART_CLOSE
};

struct conn {
    int fd; // -1: not open
    const struct request *request;
    size_t turn; // of its requests
    size_t sent;
    enum part part;
    uint64_t left; // bytes of this body or chunk
    char *line;    // head, chunk-size or trailer line so far
    size_t line_n;
    char tail[16]; // last bytes of the body, to see the terminal event
    size_t tail_n;
    int status;
    bool must_close, wants_write;
    uint64_t started_us;
};

static struct {
    int port, connections;
    double seconds;
    uint64_t requests;
    enum mode mode;
    struct request {
        char *text;
        size_t n;
    } requests_of[BODIES_MAX];
    size_t request_count;
} opt = {.connections = 32, .seconds = 1};

static struct {
    uint64_t done, errors, bytes, events, terminals, held, started;
    uint64_t status[STATUS_MAX], histogram[BUCKETS], max_us;
} result;

static int epoll_fd;
static struct conn *conns;
static volatile sig_atomic_t is_stopping;

static uint64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- histogram --- */

static size_t bucket_of(uint64_t us)
{
    if (us < SUB_BUCKETS)
        return us;
    unsigned shift = 63 - (unsigned)__builtin_clzll(us) - 6;
    size_t i = (shift + 1) * SUB_BUCKETS + (us >> shift) - SUB_BUCKETS;
    return i < BUCKETS ? i : BUCKETS - 1;
}

static uint64_t bucket_us(size_t i)
{
    if (i < SUB_BUCKETS)
        return i;
    return (SUB_BUCKETS + i % SUB_BUCKETS) << (i / SUB_BUCKETS - 1);
}

static uint64_t percentile_us(double share)
{
    uint64_t want = (uint64_t)((double)result.done * share), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += result.histogram[i];
        if (seen > want)
            return bucket_us(i);
    }
    return result.max_us;
}

static void note_latency(uint64_t us)
{
    result.histogram[bucket_of(us)]++;
    if (us > result.max_us)
        result.max_us = us;
}

/* --- a connection --- */

static void watch(struct conn *c, bool wants_write, int op)
{
    struct epoll_event e = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0u), .data.ptr = c};
    c->wants_write = wants_write;
    (void)epoll_ctl(epoll_fd, op, c->fd, &e);
}

// With several bodies each connection has its own share of them, one after another.
static const struct request *next_request(struct conn *c)
{
    size_t share = opt.request_count / (size_t)opt.connections;
    size_t n = share != 0 ? share : 1, first = (size_t)(c - conns) * n;
    return &opt.requests_of[(first + c->turn++ % n) % opt.request_count];
}

static void begin_request(struct conn *c)
{
    c->request = next_request(c);
    c->sent = c->line_n = c->tail_n = 0;
    c->part = PART_HEAD;
    c->must_close = false;
    c->status = 0;
    c->started_us = now_us();
    result.started++;
}

static void open_conn(struct conn *c)
{
    int on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)opt.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0 ||
        (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
        perror("load: connect");
        exit(1);
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    begin_request(c);
    watch(c, true, EPOLL_CTL_ADD);
}

static void send_request(struct conn *c)
{
    if (c->sent == c->request->n)
        return;
    ssize_t n = send(c->fd, c->request->text + c->sent, c->request->n - c->sent, MSG_NOSIGNAL);
    if (n > 0)
        c->sent += (size_t)n;
    bool wants_write = c->sent < c->request->n;
    if (wants_write != c->wants_write)
        watch(c, wants_write, EPOLL_CTL_MOD);
}

static bool is_enough(void)
{
    return opt.requests != 0 && result.started >= opt.requests;
}

static void reopen(struct conn *c)
{
    (void)close(c->fd);
    c->fd = -1;
    if (!is_enough() && opt.mode != MODE_IDLE)
        open_conn(c);
}

static void fail(struct conn *c)
{
    result.errors++;
    reopen(c);
}

static void finish(struct conn *c)
{
    note_latency(now_us() - c->started_us);
    result.done++;
    result.status[c->status]++;
    if (opt.mode == MODE_SSE) {
        bool is_terminal = memmem(c->tail, c->tail_n, "[DONE]", 6) != NULL ||
                           memmem(c->tail, c->tail_n, "_stop\"}", 7) != NULL;
        result.terminals += is_terminal;
    }
    if (opt.mode == MODE_IDLE)
        result.errors += c->status != 200; // an answer that was not to end
    if (c->must_close || is_enough() || opt.mode == MODE_IDLE) {
        reopen(c);
        return;
    }
    begin_request(c);
    send_request(c);
}

/* --- reading an answer --- */

static void count_events(struct conn *c, const char *p, size_t n)
{
    char last = c->tail_n != 0 ? c->tail[c->tail_n - 1] : '\0';
    for (size_t i = 0; i < n; i++) {
        result.events += p[i] == '\n' && last == '\n';
        last = p[i];
    }
    size_t keep = n < sizeof c->tail ? n : sizeof c->tail;
    if (c->tail_n + keep > sizeof c->tail) {
        size_t drop = c->tail_n + keep - sizeof c->tail;
        memmove(c->tail, c->tail + drop, c->tail_n - drop);
        c->tail_n -= drop;
    }
    memcpy(c->tail + c->tail_n, p + n - keep, keep);
    c->tail_n += keep;
}

static size_t take_body(struct conn *c, const char *p, size_t n)
{
    if (c->part != PART_CLOSE && n > c->left)
        n = c->left;
    result.bytes += n;
    if (c->part != PART_CLOSE)
        c->left -= n;
    if (opt.mode == MODE_SSE && n != 0)
        count_events(c, p, n);
    return n;
}

/* Collect one line (or a whole head) in c->line; *ret_end: it is complete, without its end. */
static size_t take_line(struct conn *c, const char *p, size_t n, const char *end, bool *ret_end)
{
    size_t end_n = strlen(end), used = 0;
    *ret_end = false;
    while (used < n && c->line_n < HEAD_MAX - 1) {
        c->line[c->line_n++] = p[used++];
        if (c->line_n < end_n || memcmp(c->line + c->line_n - end_n, end, end_n) != 0)
            continue;
        c->line_n -= end_n;
        c->line[c->line_n] = '\0';
        *ret_end = true;
        break;
    }
    return used;
}

static const char *field(const char *head, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " ");
    }
    return NULL;
}

static void begin_body(struct conn *c)
{
    const char *length = field(c->line, "content-length");
    const char *coding = field(c->line, "transfer-encoding");
    const char *connection = field(c->line, "connection");
    c->status = strncmp(c->line, "HTTP/1.", 7) == 0 ? (int)strtol(c->line + 9, NULL, 10) : 0;
    if (c->status < 0 || c->status >= STATUS_MAX)
        c->status = 0;
    c->must_close = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    c->left = length != NULL ? strtoull(length, NULL, 10) : 0;
    c->part = coding != NULL ? PART_CHUNK_SIZE : length != NULL ? PART_LENGTH : PART_CLOSE;
    if (c->status == 204 || c->status == 304)
        c->part = PART_LENGTH;
    c->must_close |= c->part == PART_CLOSE;
    result.held += c->status == 200;
}

/* Read a line and go on to the next part when it is complete. */
static size_t step_line(struct conn *c, const char *p, size_t n, bool *ret_is_over)
{
    bool is_end;
    size_t used = take_line(c, p, n, c->part == PART_HEAD ? "\r\n\r\n" : "\r\n", &is_end);
    if (!is_end)
        return used;
    if (c->part == PART_HEAD) {
        begin_body(c);
        *ret_is_over = c->part == PART_LENGTH && c->left == 0;
    } else if (c->part == PART_CHUNK_SIZE) {
        c->left = strtoull(c->line, NULL, 16);
        c->part = c->left == 0 ? PART_TRAILER : PART_CHUNK;
    } else if (c->part == PART_CHUNK_END) {
        c->part = PART_CHUNK_SIZE;
    } else {
        *ret_is_over = c->line_n == 0; // the empty line behind the trailers
    }
    c->line_n = 0;
    return used;
}

static size_t step(struct conn *c, const char *p, size_t n, bool *ret_is_over)
{
    if (c->part != PART_LENGTH && c->part != PART_CHUNK && c->part != PART_CLOSE)
        return step_line(c, p, n, ret_is_over);
    size_t used = take_body(c, p, n);
    if (c->part == PART_CHUNK && c->left == 0)
        c->part = PART_CHUNK_END;
    *ret_is_over = c->part == PART_LENGTH && c->left == 0;
    return used;
}

static void read_answer(struct conn *c, const char *p, size_t n)
{
    while (n != 0) {
        bool is_over = false;
        size_t used = step(c, p, n, &is_over);
        if (used == 0) { // a head beyond HEAD_MAX
            fail(c);
            return;
        }
        p += used, n -= used;
        if (is_over) {
            finish(c); // closed loop: nothing can follow
            return;
        }
    }
}

static void conn_event(struct conn *c, uint32_t events)
{
    static char buffer[RECV_BYTES];
    if ((events & EPOLLOUT) != 0)
        send_request(c);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
        return;
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n > 0)
        read_answer(c, buffer, (size_t)n);
    else if (n == 0 && c->part == PART_CLOSE)
        finish(c);
    else
        fail(c);
}

/* --- the run --- */

static bool is_over(uint64_t end_us)
{
    if (is_stopping)
        return true;
    if (opt.mode == MODE_IDLE)
        return false;
    if (opt.requests != 0)
        return result.done + result.errors >= opt.requests;
    return now_us() >= end_us;
}

/* Idle mode opens in steps, so that no accept queue overflows. */
static void open_more(void)
{
    static int opened, told;
    uint64_t settled = result.held + result.errors; /* more, when one that was held broke */
    while (opened < opt.connections &&
           (opt.mode != MODE_IDLE || (uint64_t)opened - settled < OPENING_MAX) && !is_enough())
        open_conn(&conns[opened++]);
    if (opt.mode == MODE_IDLE && !told && settled >= (uint64_t)opt.connections) {
        printf("held %llu\n", (unsigned long long)result.held);
        (void)fflush(stdout);
        told = 1;
    }
}

static void run(void)
{
    static struct epoll_event events[EVENTS_PER_WAIT];
    uint64_t end_us = now_us() + (uint64_t)(opt.seconds * 1e6);
    while (!is_over(end_us)) {
        open_more();
        int n = epoll_wait(epoll_fd, events, EVENTS_PER_WAIT, 20);
        for (int i = 0; i < n; i++)
            conn_event(events[i].data.ptr, events[i].events);
    }
}

static void print_result(double seconds)
{
    printf("{\"requests\":%llu,\"seconds\":%.3f,\"errors\":%llu,\"bytes\":%llu,\"events\":%llu,"
           "\"terminals\":%llu,\"p50_us\":%llu,\"p99_us\":%llu,\"max_us\":%llu,\"status\":{",
           (unsigned long long)result.done, seconds, (unsigned long long)result.errors,
           (unsigned long long)result.bytes, (unsigned long long)result.events,
           (unsigned long long)result.terminals, (unsigned long long)percentile_us(0.50),
           (unsigned long long)percentile_us(0.99), (unsigned long long)result.max_us);
    const char *comma = "";
    for (int i = 0; i < STATUS_MAX; i++) {
        if (result.status[i] == 0)
            continue;
        printf("%s\"%d\":%llu", comma, i, (unsigned long long)result.status[i]);
        comma = ",";
    }
    printf("}}\n");
}

/* --- options --- */

static char *read_file(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    if (f == NULL || getdelim(&text, &room, EOF, f) < 0) {
        perror(path);
        exit(2);
    }
    *ret_n = (size_t)ftell(f);
    (void)fclose(f);
    return text;
}

static void add_request(const char *method, const char *target, const char *fields,
                        const char *body_path)
{
    size_t body_n = 0;
    char *body = body_path != NULL ? read_file(body_path, &body_n) : NULL;
    char *head;
    int head_n =
        asprintf(&head, "%s %s HTTP/1.1\r\nHost: bench.local\r\n%sContent-Length: %zu\r\n\r\n",
                 method, target, fields, body_n);
    struct request *r = &opt.requests_of[opt.request_count++];
    r->text = head_n < 0 ? NULL : realloc(head, (size_t)head_n + body_n);
    if (r->text == NULL)
        abort();
    if (body_n != 0)
        memcpy(r->text + head_n, body, body_n);
    r->n = (size_t)head_n + body_n;
    free(body);
}

static void add_field(char **fields, const char *line)
{
    char *longer;
    if (asprintf(&longer, "%s%s\r\n", *fields, line) < 0)
        abort();
    free(*fields);
    *fields = longer;
}

static enum mode mode_of(const char *name)
{
    if (strcmp(name, "sse") == 0)
        return MODE_SSE;
    return strcmp(name, "idle") == 0 ? MODE_IDLE : MODE_PLAIN;
}

static void read_options(int argc, char **argv)
{
    const char *method = "GET", *target = "/", *body_paths[BODIES_MAX] = {NULL};
    size_t bodies = 0;
    char *fields = strdup("");
    int o;
    while ((o = getopt(argc, argv, "p:c:d:n:X:u:H:b:m:")) != -1) {
        switch (o) {
        case 'p':
            opt.port = (int)strtol(optarg, NULL, 10);
            break;
        case 'c':
            opt.connections = (int)strtol(optarg, NULL, 10);
            break;
        case 'd':
            opt.seconds = strtod(optarg, NULL);
            break;
        case 'n':
            opt.requests = strtoull(optarg, NULL, 10);
            break;
        case 'X':
            method = optarg;
            break;
        case 'u':
            target = optarg;
            break;
        case 'H':
            add_field(&fields, optarg);
            break;
        case 'b':
            if (bodies < BODIES_MAX)
                body_paths[bodies++] = optarg;
            break;
        case 'm':
            opt.mode = mode_of(optarg);
            break;
        default:
            exit(2); // getopt has said why
        }
    }
    for (size_t i = 0; i == 0 || i < bodies; i++)
        add_request(method, target, fields, body_paths[i]);
    free(fields);
}

static void on_term(int signal_number)
{
    (void)signal_number;
    is_stopping = 1;
}

static void prepare(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    struct sigaction term = {.sa_handler = on_term};
    (void)sigaction(SIGTERM, &term, NULL);
    epoll_fd = epoll_create1(0);
    conns = calloc((size_t)opt.connections, sizeof *conns);
    if (conns == NULL)
        abort();
    for (int i = 0; i < opt.connections; i++) {
        conns[i].fd = -1;
        conns[i].line = malloc(HEAD_MAX);
        if (conns[i].line == NULL)
            abort();
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    if (opt.port == 0 || opt.connections <= 0) {
        fprintf(stderr, "load: -p PORT is needed, -c must be positive\n");
        return 2;
    }
    prepare();
    uint64_t start_us = now_us();
    run();
    print_result((double)(now_us() - start_us) / 1e6);
    return 0;
}
