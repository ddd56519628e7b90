#include "tests/unit/net/fake_dns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 12, MESSAGE_BYTES = 1024, TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1 };

struct message {
    uint8_t bytes[MESSAGE_BYTES];
    size_t n;
};

static void must(bool ok, const char *what)
{
    if (!ok)
        sl_panic(__FILE__, __LINE__, what);
}

static void put(struct message *m, const void *bytes, size_t n)
{
    must(m->n + n <= MESSAGE_BYTES, "message too long");
    memcpy(m->bytes + m->n, bytes, n);
    m->n += n;
}

static void put_u16(struct message *m, unsigned v)
{
    put(m, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_record(struct message *m, const struct fake_dns *f, int type, const char *ip)
{
    uint8_t data[16];
    must(inet_pton(type == TYPE_A ? AF_INET : AF_INET6, ip, data) == 1, "inet_pton");
    put_u16(m, 0xc00c); /* the name of the question */
    put_u16(m, (unsigned)type);
    put_u16(m, CLASS_IN);
    put_u16(m, f->ttl_s >> 16);
    put_u16(m, f->ttl_s & 0xffff);
    put_u16(m, type == TYPE_A ? 4 : 16);
    put(m, data, type == TYPE_A ? 4 : 16);
}

static size_t question_end(const struct message *q)
{
    size_t at = HEAD_BYTES;
    while (at < q->n && q->bytes[at] != 0)
        at += q->bytes[at] + 1u;
    must(at + 5 <= q->n, "question");
    return at + 5;
}

static unsigned put_records(struct message *r, const struct fake_dns *f, int type)
{
    unsigned count = 0;
    if (f->rcode != 0)
        return 0;
    for (; type == TYPE_A && count < FAKE_DNS_ADDRS_MAX && f->a[count] != NULL; count++)
        put_record(r, f, TYPE_A, f->a[count]);
    if (type == TYPE_AAAA && f->aaaa != NULL) {
        put_record(r, f, TYPE_AAAA, f->aaaa);
        count++;
    }
    return count;
}

/* The answer to `q`, empty when there shall be none. */
static struct message answer(struct fake_dns *f, const struct message *q, bool is_tcp)
{
    struct message r = {.n = 0};
    size_t end = question_end(q);
    int type = q->bytes[end - 3];
    bool is_cut = f->truncates && !is_tcp;

    f->questions += type == TYPE_A;
    f->tcp_questions += type == TYPE_A && is_tcp;
    if (f->is_silent)
        return r;
    put(&r, q->bytes, 2);
    put_u16(&r, 0x8180u | (is_cut ? 0x0200u : 0u) | (unsigned)f->rcode);
    put(&r, (uint8_t[]){0, 1, 0, 0, 0, 0, 0, 0}, 8);
    put(&r, q->bytes + HEAD_BYTES, end - HEAD_BYTES);
    r.bytes[7] = is_cut ? 0 : (uint8_t)put_records(&r, f, type);
    return r;
}

static void serve_udp(struct fake_dns *f)
{
    struct sl_addr from = {.len = sizeof(from.ss)};
    struct message q;
    ssize_t n;
    while ((n = recvfrom(f->udp.fd, q.bytes, MESSAGE_BYTES, MSG_DONTWAIT,
                         (struct sockaddr *)&from.ss, &from.len)) > HEAD_BYTES) {
        q.n = (size_t)n;
        struct message r = answer(f, &q, false);
        if (r.n != 0)
            must(sendto(f->udp.fd, r.bytes, r.n, 0, (struct sockaddr *)&from.ss, from.len) > 0,
                 "sendto");
        from.len = sizeof(from.ss);
    }
}

static bool read_exactly(int fd, void *to, size_t n)
{
    return recv(fd, to, n, MSG_DONTWAIT) == (ssize_t)n;
}

/* Questions come whole: they are small and over loopback. Answers go in two pieces, to be difficult. */
static void serve_tcp(struct fake_dns *f)
{
    struct sl_addr remote;
    uint8_t length[2];
    struct message q;
    int fd;
    if (f->connection.task == NULL && sl_sock_accept(f->tcp.fd, &remote, &fd) == SL_OK)
        must(sl_loop_watch(f->loop, &f->connection, fd, &f->task) == SL_OK, "watch");
    while (f->connection.task != NULL && read_exactly(f->connection.fd, length, 2)) {
        q.n = (size_t)length[0] << 8 | length[1];
        must(q.n <= MESSAGE_BYTES && read_exactly(f->connection.fd, q.bytes, q.n), "TCP question");
        struct message r = answer(f, &q, true);
        uint8_t head[2] = {(uint8_t)(r.n >> 8), (uint8_t)r.n};
        must(send(f->connection.fd, head, 2, 0) == 2, "send");
        must(send(f->connection.fd, r.bytes, r.n, 0) == (ssize_t)r.n, "send");
    }
}

static void run(struct sl_task *t, uint32_t why)
{
    struct fake_dns *f = SL_CONTAINER(t, struct fake_dns, task);
    serve_udp(f);
    serve_tcp(f);
}

void fake_dns_open(struct fake_dns *f, struct sl_loop *l)
{
    struct sl_addr addr;
    int tcp, udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    f->loop = l;
    f->task.run = run;
    must(sl_addr_parse(SL_STR("127.0.0.1:0"), &addr) == SL_OK, "parse");
    must(sl_sock_listen(&addr, 4, &tcp) == SL_OK, "listen");
    must(sl_sock_local(tcp, &addr) == SL_OK, "local");
    must(bind(udp, (struct sockaddr *)&addr.ss, addr.len) == 0, "bind");
    must(sl_loop_watch(l, &f->udp, udp, &f->task) == SL_OK, "watch");
    must(sl_loop_watch(l, &f->tcp, tcp, &f->task) == SL_OK, "watch");
    snprintf(f->servers, sizeof(f->servers), "127.0.0.1:%u", sl_addr_port(&addr));
}

static void close_watch(struct sl_loop *l, struct sl_watch *w)
{
    int fd = w->fd;
    if (w->task == NULL)
        return;
    sl_loop_unwatch(l, w);
    close(fd);
}

void fake_dns_close(struct fake_dns *f)
{
    close_watch(f->loop, &f->udp);
    close_watch(f->loop, &f->tcp);
    close_watch(f->loop, &f->connection);
    sl_task_cancel(&f->task);
}
