/**
 * server_rig: the server with a scripted gate: the path of a request says what the gate does with it.
 */
#pragma once
#include "net/server.h"
#include "tests/unit/net/rawpeer.h"

struct server_rig {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_server *server;
    struct rawpeer peer;
    uint16_t port;
    struct handler *held; /* newest of /hold and friends */
    int begun, released;
    bool is_gone, is_done, is_sent, is_cut;
    sl_rc request_broken;
    uint64_t received_bytes, sent_bytes;
};

/* One request in the scripted gate. */
struct handler {
    struct sl_task task;
    struct server_rig *rig;
    struct sl_inbound *in;
    size_t left_bytes; /* of a generated body */
    bool has_response;
    bool is_echo;
};

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

void server_rig_open(struct server_rig *r, const struct sl_server_config *config);
void server_rig_open_tls(struct server_rig *r, const struct sl_server_config *config,
                         struct sl_tls_server *tls);
void server_rig_close(struct server_rig *r);
void server_rig_ask(struct server_rig *r, const char *request, const char *last);
void handler_answer(struct handler *h, uint16_t status, const char *text);
/* The head of a chunked answer, without any of its body. */
void handler_begin_chunks(struct handler *h);
void handler_finish(struct handler *h);
sl_str server_rig_pattern(void);
void server_rig_await_gone(struct server_rig *r);
size_t server_rig_check_chunked(sl_str s);
sl_str server_rig_body(const struct rawpeer *p);
