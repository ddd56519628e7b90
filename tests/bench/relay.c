/*
 * relay: a bare TCP relay on one thread, the floor that a proxy is compared with.
 *
 *     relay LISTEN_PORT UPSTREAM_PORT      (127.0.0.1 both; LISTEN_PORT 0: any; prints the port)
 *
 * For each accepted connection it opens one upstream connection and copies bytes both ways. It
 * looks at nothing, so it does the system calls that no proxy can do without, and no more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COPY_BYTES = 256 << 10, EVENTS_PER_WAIT = 256, BACKLOG = 8192 };

/* One side of a pair. What its peer sent and this side could not take yet waits in `held`. */
struct end {
    int fd;
    struct end *peer;
    char *held;
    size_t held_at, held_n;
    bool is_closed;
    struct end *next_dead;
};

static int epoll_fd;
static struct end *dead;
static char copy[COPY_BYTES];

static void watch(struct end *e, uint32_t events, int op)
{
    struct epoll_event ev = {.events = events, .data.ptr = e};
    (void)epoll_ctl(epoll_fd, op, e->fd, &ev);
}

static void close_pair(struct end *e)
{
    if (e->is_closed)
        return;
    struct end *both[] = {e, e->peer};
    for (int i = 0; i < 2; i++) {
        (void)close(both[i]->fd);
        both[i]->is_closed = true;
        both[i]->next_dead = dead;
        dead = both[i];
    }
}

static void bury(void)
{
    while (dead != NULL) {
        struct end *e = dead;
        dead = e->next_dead;
        free(e->held);
        free(e);
    }
}

/* Keep what `to` cannot take and stop reading from its peer until it can. */
static void hold(struct end *to, const char *p, size_t n)
{
    to->held = malloc(n);
    if (to->held == NULL)
        abort();
    memcpy(to->held, p, n);
    to->held_at = 0;
    to->held_n = n;
    watch(to, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    watch(to->peer, 0, EPOLL_CTL_MOD);
}

static void pass_on(struct end *from)
{
    struct end *to = from->peer;
    ssize_t got = recv(from->fd, copy, sizeof copy, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close_pair(from);
        return;
    }
    ssize_t sent = send(to->fd, copy, (size_t)got, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        close_pair(from);
    else if (sent < got)
        hold(to, copy + (sent > 0 ? sent : 0), (size_t)(got - (sent > 0 ? sent : 0)));
}

static void send_held(struct end *e)
{
    ssize_t sent = send(e->fd, e->held + e->held_at, e->held_n - e->held_at, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN)
            close_pair(e);
        return;
    }
    e->held_at += (size_t)sent;
    if (e->held_at < e->held_n)
        return;
    free(e->held);
    e->held = NULL;
    watch(e, EPOLLIN, EPOLL_CTL_MOD);
    watch(e->peer, EPOLLIN, EPOLL_CTL_MOD);
}

static struct sockaddr_in local(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct end *end_new(int fd)
{
    int on = 1;
    struct end *e = calloc(1, sizeof *e);
    if (e == NULL)
        abort();
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    e->fd = fd;
    return e;
}

static void accept_all(int listener, int upstream_port)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct sockaddr_in to = local(upstream_port);
        int up = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (up < 0 ||
            (connect(up, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
            (void)close(fd);
            (void)close(up);
            continue;
        }
        struct end *client = end_new(fd), *server = end_new(up);
        client->peer = server;
        server->peer = client;
        watch(client, EPOLLIN, EPOLL_CTL_ADD);
        watch(server, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static int listen_on(int port)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = local(port);
    socklen_t n = sizeof at;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
        perror("relay: listen");
        exit(1);
    }
    printf("listening 127.0.0.1:%d\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    return fd;
}

static void end_event(struct end *e, uint32_t events)
{
    if (e->is_closed)
        return;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0)
        close_pair(e);
    if (!e->is_closed && (events & EPOLLOUT) != 0 && e->held != NULL)
        send_held(e);
    if (!e->is_closed && (events & EPOLLIN) != 0)
        pass_on(e);
}

static void run(int listener, int upstream_port)
{
    static struct epoll_event events[EVENTS_PER_WAIT];
    for (;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS_PER_WAIT, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                accept_all(listener, upstream_port);
            else
                end_event(events[i].data.ptr, events[i].events);
        }
        bury();
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: relay LISTEN_PORT UPSTREAM_PORT\n");
        return 2;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    epoll_fd = epoll_create1(0);
    int listener = listen_on((int)strtol(argv[1], NULL, 10));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    (void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
    run(listener, (int)strtol(argv[2], NULL, 10));
}
