/*
 * From a name to a connected stream: resolve, try one address after the other, shake hands. Each
 * address gets an equal part of the time that is left, so that one which swallows packets does not use
 * up all of it.
 */
#include "base/str.h"
#include "net/client_int.h"

#include <errno.h>
#include <unistd.h>

static sl_usec now(const struct sl_client_conn *c)
{
    return sl_loop_now(c->client->loop);
}

void sl_dial_free(struct sl_client_conn *c)
{
    if (c->dial == NULL)
        return;
    sl_resolve_cancel(&c->dial->lookup);
    sl_free(c->dial);
    c->dial = NULL;
}

/* The session's text goes with it; the outbound's stays. */
static const char *tls_why(struct sl_client_conn *c)
{
    sl_str why = sl_arena_try_dup(c->o->arena, sl_cstr(sl_tls_error(c->stream.tls)));
    return why.p != NULL ? why.p : "handshake failed";
}

static void shake_hands(struct sl_client_conn *c)
{
    switch (sl_stream_handshake(&c->stream)) {
    case SL_IO_OK:
        sl_dial_free(c);
        c->due_us = 0;
        c->o->is_connected = true;
        c->state = SL_UP_HEAD;
        return;
    case SL_IO_WAIT:
        return;
    case SL_IO_EOF:
    case SL_IO_ERROR:
        break;
    }
    sl_outbound_fail(c, SL_E_TLS, tls_why(c));
}

/* False when this address cannot even be tried. */
static bool open_stream(struct sl_client_conn *c, const struct sl_addr *address)
{
    const struct sl_origin *origin = c->o->origin;
    struct sl_tls *session = NULL;
    int fd;
    if (sl_sock_connect(address, &fd) != SL_OK)
        return false;
    if (origin->tls != NULL) {
        sl_str name = origin->tls_name.n != 0 ? origin->tls_name : origin->host;
        session = sl_tls_connect(origin->tls, fd, name);
        if (session == NULL) {
            close(fd);
            return false;
        }
    }
    return sl_stream_open(&c->stream, c->client->loop, fd, session, &c->task) == SL_OK;
}

static const char *failure_text(sl_rc rc)
{
    if (rc == SL_E_CONNECT_TIMEOUT)
        return "no address answered in time";
    return rc == SL_E_DENIED ? "the name stands for an address that may not be connected to"
                             : "no address accepted the connection";
}

static void fail(struct sl_client_conn *c, sl_rc rc)
{
    sl_outbound_fail(c, rc, failure_text(rc));
}

static bool admits(const struct sl_outbound *o, const struct sl_addr *address)
{
    return o->admits == NULL || o->admits(address, o->admits_arg);
}

static void try_next(struct sl_client_conn *c)
{
    struct sl_dial *d = c->dial;
    sl_usec left_us = d->due_us - now(c);
    while (d->next < d->lookup.count && left_us > 0) {
        size_t addresses_left = d->lookup.count - d->next;
        c->address = d->lookup.addrs[d->next++];
        if (!admits(c->o, &c->address)) {
            d->failure = SL_E_DENIED;
            continue;
        }
        if (open_stream(c, &c->address)) {
            c->state = SL_UP_CONNECT;
            c->due_us = now(c) + left_us / (sl_usec)addresses_left;
            return;
        }
        d->failure = SL_E_CONNECT;
    }
    fail(c, left_us > 0 ? d->failure : SL_E_CONNECT_TIMEOUT);
}

static void take_addresses(struct sl_client_conn *c, sl_rc rc)
{
    if (rc == SL_E_AGAIN)
        return;
    if (rc != SL_OK || c->dial->lookup.count == 0)
        sl_outbound_fail(c, SL_E_RESOLVE, "no address for this name");
    else
        try_next(c);
}

void sl_dial_begin(struct sl_client_conn *c)
{
    const struct sl_outbound *o = c->o;
    sl_usec span_us =
        o->connect_timeout_us != 0 ? o->connect_timeout_us : SL_CLIENT_CONNECT_TIMEOUT_US;
    c->dial = sl_new(struct sl_dial);
    c->dial->failure = SL_E_CONNECT;
    c->dial->due_us = c->due_us = now(c) + span_us;
    c->state = SL_UP_RESOLVE;
    take_addresses(c, sl_resolve(c->client->resolver, &c->dial->lookup, o->origin->host,
                                 o->origin->port, &c->task));
}

static void next_address(struct sl_client_conn *c, sl_rc failure)
{
    c->dial->failure = failure;
    sl_stream_close(&c->stream, false);
    try_next(c);
}

static void check_connect(struct sl_client_conn *c)
{
    if (sl_sock_error(c->stream.watch.fd) != 0) {
        next_address(c, SL_E_CONNECT);
        return;
    }
    c->o->connected_us = now(c);
    c->o->address = c->address;
    c->due_us = c->dial->due_us;
    c->state = SL_UP_HANDSHAKE;
    shake_hands(c);
}

static void time_out(struct sl_client_conn *c)
{
    if (c->state == SL_UP_CONNECT)
        next_address(c, SL_E_CONNECT_TIMEOUT);
    else if (c->state == SL_UP_RESOLVE)
        sl_outbound_fail(c, SL_E_CONNECT_TIMEOUT, "the name was not resolved in time");
    else
        sl_outbound_fail(c, SL_E_CONNECT_TIMEOUT, "the TLS handshake took too long");
}

void sl_dial_run(struct sl_client_conn *c, uint32_t why)
{
    if (c->state == SL_UP_RESOLVE && (why & SL_WHY_RESOLVED) != 0)
        take_addresses(c, c->dial->lookup.rc);
    else if (c->state == SL_UP_CONNECT && (why & SL_WHY_WRITE) != 0)
        check_connect(c);
    else if (c->state == SL_UP_HANDSHAKE)
        shake_hands(c);
    bool is_overdue = c->dial != NULL && c->due_us <= now(c);
    if (is_overdue)
        time_out(c);
}
