/*
 * ROUTE: which way a request goes, before anybody is asked anything.
 */
#include "codec/url.h"
#include "gate/gate_int.h"

static const sl_str ok_body = SL_STR_INIT("ok\n");
static const sl_str not_ready_body = SL_STR_INIT("not ready\n");
static const sl_str plain = SL_STR_INIT("text/plain");

static enum sl_phase fault(struct sl_exchange *x, sl_rc rc, const char *reason)
{
    (void)sl_fail(x, rc, reason);
    return SL_PHASE_FAULT;
}

static bool is_shedding(const struct sl_exchange *x)
{
    return atomic_load_explicit(&x->worker->is_shedding, memory_order_relaxed);
}

/* Liveness and readiness answer without configuration, and are not metered. */
static bool is_probe(struct sl_exchange *x)
{
    bool is_health = sl_str_eq(x->in->req.path, SL_STR("/healthz"));
    if (!is_health && !sl_str_eq(x->in->req.path, SL_STR("/readyz")))
        return false;
    bool is_ready = x->snapshot != NULL && !x->worker->is_drain_begun && !is_shedding(x);
    bool is_good = is_health || is_ready;
    (void)sl_reply(x, is_good ? 200 : 503, plain, is_good ? ok_body : not_ready_body);
    return true;
}

static enum sl_phase wrong_method(struct sl_exchange *x)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    sl_methods_add(x->match.methods, &b);
    sl_answer_header(x, SL_STR("allow"), sl_strbuf_str(&b));
    return fault(x, SL_E_METHOD, "the path is served for other methods");
}

/* The path that was matched is the path that is sent: the modes may only refuse or keep it. */
static enum sl_phase apply_path_mode(struct sl_exchange *x)
{
    sl_str path = x->path;
    const char *why;
    if (x->route->path_mode != SL_PATH_NORMALISE) {
        if (sl_path_normalise(x->in->req.path, x->route->path_mode, x->arena, &path, &why) != SL_OK)
            return fault(x, SL_E_BAD_REQUEST, why);
        x->path = path;
    }
    if (x->route->path_mode == SL_PATH_PRESERVE) /* the prefix as it was written */
        x->match.matched_path_bytes = sl_path_preserved_head(path, x->match.matched_path_bytes);
    return SL_PHASE_REQUEST;
}

static enum sl_phase find_route(struct sl_exchange *x)
{
    const char *why;
    if (sl_path_normalise(x->in->req.path, SL_PATH_NORMALISE, x->arena, &x->path, &why) != SL_OK)
        return fault(x, SL_E_BAD_REQUEST, why);
    sl_match_find(x->snapshot->match, &x->in->req, x->host, x->path, &x->match);
    if (x->match.target == NULL && x->match.is_method_known)
        sl_match_find_preflight(x->snapshot->match, &x->in->req, x->host, x->path, &x->match);
    x->route = x->match.target;
    if (x->route == NULL)
        return x->match.is_method_known ? wrong_method(x)
                                        : fault(x, SL_E_NO_ROUTE, "no route matches");
    sl_forward_copy_headers(x, &x->req.headers); /* policies may change them */
    sl_forward_client_address(x);
    sl_canary_choose(x);
    sl_policies_begin(x);
    return apply_path_mode(x);
}

/* A connection that named one host in its handshake must not be used for another (RFC 9110, 15.5.20). */
static bool is_misdirected(const struct sl_exchange *x)
{
    const struct sl_tls *tls = x->in->peer->tls;
    return tls != NULL && x->host.n != 0 && sl_tls_sni(tls).n != 0 && !sl_tls_serves(tls, x->host);
}

static enum sl_phase options_of_server(struct sl_exchange *x)
{
    (void)sl_reply(x, 204, (sl_str){0}, (sl_str){0});
    x->res.body_kind = SL_BODY_NONE;
    sl_answer_header(x, SL_STR("allow"), SL_STR("GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"));
    return SL_PHASE_RESPONSE;
}

enum sl_phase sl_phase_route(struct sl_exchange *x, uint32_t why)
{
    (void)why;
    struct sl_inbound *in = x->in;
    uint16_t port;
    x->id = sl_id_make(sl_loop_wall_us(x->loop) / 1000, &x->worker->rand);
    x->request_id = sl_id_str(&x->id);
    if (in->bad != SL_OK) {
        x->record.is_metered = true;
        return fault(x, in->bad, in->bad_why);
    }
    if (is_probe(x))
        return SL_PHASE_RESPONSE;
    x->record.is_metered = true;
    if (is_shedding(x)) {
        in->finish_then_close = true; /* its memory too */
        return fault(x, SL_E_OVERLOADED, "the gateway is at its memory limit");
    }
    if (in->req.authority.n != 0 && !sl_authority_split(in->req.authority, &x->host, &port))
        return fault(x, SL_E_BAD_REQUEST, "the host is malformed");
    if (in->req.method_id == SL_METHOD_CONNECT) {
        in->finish_then_close = true; /* what follows may be meant for a tunnel */
        return fault(x, SL_E_METHOD, "CONNECT is not served here");
    }
    if (x->snapshot == NULL)
        return fault(x, SL_E_OVERLOADED, "no configuration is loaded yet");
    if (sl_str_eq(in->req.target, SL_STR("*")))
        return options_of_server(x);
    if (is_misdirected(x))
        return fault(x, SL_E_MISDIRECTED, "the certificate of this connection is for another host");
    if (sl_forward_came_through_us(x))
        return fault(x, SL_E_LOOP, "the request passed this gateway before");
    return find_route(x);
}
