/**
 * client_rig: the client, one raw upstream, and calls: outbounds with their owners.
 */
#pragma once
#include "net/client.h"
#include "tests/unit/net/rawpeer.h"

struct client_rig {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    struct sl_origin origin;
    struct rawpeer peer; /* the upstream's end of the newest connection */
    int listen_fd;
    uint16_t port;
};

/* One outbound and its owner. */
struct call {
    struct sl_task task;
    struct client_rig *rig;
    struct sl_outbound o;
    struct sl_pipe body, answer;
    struct sl_strbuf got; /* of the answer */
    bool is_slow;         /* leaves the answer in its pipe */
    bool has_head, is_ended;
    int wakes, dones;
};

/** An answer that keeps the connection. */
#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

void client_rig_open(struct client_rig *r);
void client_rig_close(struct client_rig *r);
void call_prepare(struct call *c, struct client_rig *r, const char *method, const char *target);
void call_prepare_body(struct call *c, struct client_rig *r, enum sl_body_kind kind,
                       uint64_t bytes);
void call_finish(struct call *c);
void call_start(struct call *c);
void call_start_accepted(struct call *c, struct client_rig *r);
bool call_await_end(struct call *c);
bool call_await_head(struct call *c);
size_t client_rig_idle(struct client_rig *r);
size_t client_rig_busy(struct client_rig *r);
sl_str client_rig_pattern(void);
