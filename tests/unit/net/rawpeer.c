#include "tests/unit/net/rawpeer.h"

#include "net/addr.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int raw_listen(uint16_t *ret_port)
{
    struct sl_addr a;
    int fd;
    SL_ASSERT(sl_addr_parse(sl_str_of("127.0.0.1:0", 11), &a) == SL_OK);
    SL_ASSERT(sl_sock_listen(&a, 512, &fd) == SL_OK);
    SL_ASSERT(sl_sock_local(fd, &a) == SL_OK);
    *ret_port = sl_addr_port(&a);
    return fd;
}

static void open_peer(struct rawpeer *p, struct sl_loop *l, int fd)
{
    *p = (struct rawpeer){.loop = l, .fd = fd, .got = sl_calloc(1, 1), .cap = 1};
}

void raw_connect(struct rawpeer *p, struct sl_loop *l, uint16_t port)
{
    struct sl_addr a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SL_ASSERT(sl_addr_from_ip(sl_str_of("127.0.0.1", 9), port, &a) == SL_OK);
    SL_ASSERT(connect(fd, (struct sockaddr *)&a.ss, a.len) == 0);
    open_peer(p, l, fd);
}

bool raw_accept(struct rawpeer *p, struct sl_loop *l, int listen_fd)
{
    int64_t end_ms = now_ms() + RAW_PATIENCE_MS;
    while (now_ms() < end_ms) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            open_peer(p, l, fd);
            return true;
        }
        sl_loop_tick(l, SL_MS(1));
    }
    return false;
}

bool raw_send(struct rawpeer *p, sl_str bytes)
{
    int64_t end_ms = now_ms() + RAW_PATIENCE_MS;
    while (bytes.n != 0 && now_ms() < end_ms) {
        ssize_t n = send(p->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0) {
            raw_receive(p);
            sl_loop_tick(p->loop, SL_MS(1));
            continue;
        }
        bytes = sl_str_from(bytes, (size_t)n);
    }
    sl_loop_tick(p->loop, 0);
    return bytes.n == 0;
}

bool raw_say(struct rawpeer *p, const char *text)
{
    return raw_send(p, sl_cstr(text));
}

void raw_shut(struct rawpeer *p)
{
    shutdown(p->fd, SHUT_WR);
}

void raw_reset(struct rawpeer *p)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    raw_close(p);
}

void raw_close(struct rawpeer *p)
{
    if (p->loop != NULL)
        close(p->fd);
    sl_free(p->got);
    *p = (struct rawpeer){0};
}

void raw_receive(struct rawpeer *p)
{
    char buf[65536];
    ssize_t n;
    while (!p->is_at_end && (n = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT)) != -1) {
        p->is_at_end = n == 0;
        if (p->got_bytes + (size_t)n >= p->cap)
            p->got = sl_realloc(p->got, p->cap = 2 * (p->got_bytes + (size_t)n) + 1);
        memcpy(p->got + p->got_bytes, buf, (size_t)n);
        p->got_bytes += (size_t)n;
        p->got[p->got_bytes] = '\0';
    }
    if (!p->is_at_end && errno != EAGAIN)
        p->is_at_end = p->is_reset = true;
}

typedef bool condition(struct rawpeer *p, const void *arg);

static bool await(struct rawpeer *p, condition *is_met, const void *arg)
{
    int64_t end_ms = now_ms() + RAW_PATIENCE_MS;
    for (;;) {
        raw_receive(p);
        if (is_met(p, arg))
            return true;
        if (now_ms() >= end_ms)
            return false;
        sl_loop_tick(p->loop, SL_MS(1));
    }
}

static bool has_text(struct rawpeer *p, const void *arg)
{
    return memmem(p->got, p->got_bytes, arg, strlen(arg)) != NULL;
}

static bool has_bytes(struct rawpeer *p, const void *arg)
{
    return p->got_bytes >= *(const size_t *)arg;
}

static bool has_ended(struct rawpeer *p, const void *arg)
{
    (void)arg;
    return p->is_at_end;
}

bool raw_await(struct rawpeer *p, const char *text)
{
    return await(p, has_text, text);
}

bool raw_await_bytes(struct rawpeer *p, size_t n)
{
    return await(p, has_bytes, &n);
}

bool raw_await_end(struct rawpeer *p)
{
    return await(p, has_ended, NULL);
}

void raw_pass(struct sl_loop *l, int ms)
{
    int64_t end_ms = now_ms() + ms;
    while (now_ms() < end_ms)
        sl_loop_tick(l, SL_MS(1));
}

size_t raw_count(const struct rawpeer *p, const char *text)
{
    size_t count = 0, n = strlen(text);
    const char *at = p->got, *end = p->got + p->got_bytes;
    while ((at = memmem(at, (size_t)(end - at), text, n)) != NULL) {
        count++;
        at += n;
    }
    return count;
}

void raw_forget(struct rawpeer *p)
{
    p->got_bytes = 0;
    p->got[0] = '\0';
}

bool raw_await_flag(struct sl_loop *l, const bool *flag)
{
    int64_t end_ms = now_ms() + RAW_PATIENCE_MS;
    while (!*flag && now_ms() < end_ms)
        sl_loop_tick(l, SL_MS(1));
    return *flag;
}
