/**
 * fake_dns: a name server for tests, on 127.0.0.1 over UDP and TCP, in the loop of the test.
 * It answers every question the same way, as its members say when the question comes.
 */
#pragma once
#include "net/addr.h"
#include "net/loop.h"

enum { FAKE_DNS_ADDRS_MAX = 20 };

struct fake_dns {
    /* what to answer */
    const char *a[FAKE_DNS_ADDRS_MAX]; /* IPv4 addresses */
    const char *aaaa;                  /* or NULL */
    uint32_t ttl_s;
    int rcode; /* 0: no error, 2: server failure, 3: no such name */
    bool is_silent;
    bool truncates; /* over UDP: come again over TCP */
    /* what was asked */
    int questions; /* for IPv4 addresses */
    int tcp_questions;
    /* its own */
    struct sl_loop *loop;
    struct sl_task task;
    struct sl_watch udp, tcp, connection;
    char servers[32]; /* for sl_resolver_set_servers */
};

void fake_dns_open(struct fake_dns *f, struct sl_loop *l);
void fake_dns_close(struct fake_dns *f);
