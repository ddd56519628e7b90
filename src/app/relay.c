#include "app/relay.h"

#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

enum { CONNECTIONS_MAX = 64, QUEUE_MAX = 64 };

struct sl_relays {
    struct sl_loop *loop;
    struct sl_chunk_pool *pool;
    struct sl_resolver *resolver;
    struct sl_client *client;
    sl_str secret; /* of sl_worker_config */
    struct sl_tls_client
        *tls; /* to our own listeners: the address is certain, the name may be any */
};

struct sl_relays *sl_relays_new(struct sl_loop *l, struct sl_chunk_pool *pool, sl_str secret)
{
    static const struct sl_client_config config = {0};
    static const struct sl_tls_client_config tls = {.skips_verification = true};
    struct sl_resolver *resolver = sl_resolver_new(l);
    if (resolver == NULL)
        return NULL;
    struct sl_arena *a = sl_arena_new("relay", SL_KIB(64));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_relays *rs = sl_new(struct sl_relays);
    rs->loop = l;
    rs->pool = pool;
    rs->secret = secret;
    rs->resolver = resolver;
    rs->client = sl_client_new(l, pool, resolver, &config);
    sl_diag_init(d, a);
    if (sl_tls_client_new(&tls, &rs->tls, d) != SL_OK)
        rs->tls = NULL; /* then only plain listeners are reached */
    sl_arena_free(a);
    return rs;
}

void sl_relays_free(struct sl_relays *rs)
{
    if (rs == NULL)
        return;
    sl_client_free(rs->client);
    sl_resolver_free(rs->resolver);
    sl_tls_client_unref(rs->tls);
    sl_free(rs);
}

/* "127.0.0.1:8080", "[::1]:8080" */
static sl_rc origin_of(struct sl_relays *rs, const struct sl_api_relay *to, struct sl_arena *a,
                       struct sl_origin *ret)
{
    size_t colon = to->address.n;
    uint64_t port;
    while (colon != 0 && to->address.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || !sl_num_u64(sl_str_from(to->address, colon), UINT16_MAX, &port) ||
        (to->is_tls && rs->tls == NULL))
        return SL_E_CONFIG;
    sl_str host = sl_str_head(to->address, colon - 1);
    if (host.n > 2 && host.p[0] == '[')
        host = sl_str_of(host.p + 1, host.n - 2);
    *ret = (struct sl_origin){
        .key = sl_fmt(a, "%s%.*s", to->is_tls ? "tls " : "", SL_STRF(to->address)),
        .host = host,
        .port = (uint16_t)port,
        .tls = to->is_tls ? rs->tls : NULL,
        .connections_max = CONNECTIONS_MAX,
        .queue_max = QUEUE_MAX,
    };
    return SL_OK;
}

/* Fields named "gateway-NAME", as NAME. */
static void take_fields(const struct sl_headers *from, struct sl_headers *to)
{
    sl_str prefix = SL_STR("gateway-");
    for (uint32_t i = 0; i < from->n; i++) {
        sl_str name = from->v[i].name;
        if (name.n > prefix.n && sl_str_ieq(sl_str_head(name, prefix.n), prefix))
            (void)sl_headers_add(to, sl_str_from(name, prefix.n), from->v[i].value);
    }
    sl_headers_drop_hop_by_hop(to, false);
    (void)sl_headers_remove_id(to, SL_H_HOST);
    (void)sl_headers_remove_id(to, SL_H_CONTENT_LENGTH);
    (void)sl_headers_remove_id(to, SL_H_EXPECT);
}

/* Nobody says for themselves where they come from. */
static void speak_for(sl_str address, sl_str secret, struct sl_headers *to)
{
    (void)sl_headers_remove_id(to, SL_H_FORWARDED);
    (void)sl_headers_remove_id(to, SL_H_X_FORWARDED_HOST);
    (void)sl_headers_remove_id(to, SL_H_X_FORWARDED_PROTO);
    (void)sl_headers_remove_id(to, SL_H_X_FORWARDED_FOR);
    (void)sl_headers_add_id(to, SL_H_X_FORWARDED_FOR, address.n != 0 ? address : SL_STR("unknown"));
    (void)sl_headers_add_id(to, SL_H_X_SLUICE_RELAY, secret);
}

sl_rc sl_relay_start(struct sl_relays *rs, struct sl_relay *r, struct sl_inbound *in,
                     struct sl_task *owner, const struct sl_api_relay *to, sl_str body)
{
    if (rs == NULL || origin_of(rs, to, in->arena, &r->origin) != SL_OK)
        return SL_E_CONFIG;
    sl_pipe_init(&r->body, rs->loop, rs->pool, SL_MAX(body.n, (size_t)SL_PIPE_LIMIT_BYTES));
    if (body.n != 0)
        sl_pipe_push_static(&r->body, body);
    sl_pipe_end(&r->body);
    r->out = (struct sl_outbound){
        .owner = owner,
        .origin = &r->origin,
        .arena = in->arena,
        .body = &r->body,
        .answer = &in->response,
        .req = {.method = to->method,
                .method_id = sl_method_of(to->method),
                .target = to->target,
                .authority = to->host.n != 0 ? to->host : to->address,
                .version = 11,
                .body_kind = body.n != 0 ? SL_BODY_LENGTH : SL_BODY_NONE,
                .body_bytes = body.n},
    };
    sl_headers_init(&r->out.req.headers, in->arena);
    take_fields(&in->req.headers, &r->out.req.headers);
    speak_for(to->for_whom, rs->secret, &r->out.req.headers);
    sl_outbound_start(rs->client, &r->out);
    return SL_OK;
}

/* What would be done to the console's origin, or ask its user for a password. */
static const char *const kept_back[] = {
    "set-cookie",        "clear-site-data", "strict-transport-security", "www-authenticate",
    "alt-svc",           "refresh",         "service-worker-allowed",    "content-security-policy",
    "permissions-policy"};

static void answer(struct sl_relay *r, struct sl_inbound *in)
{
    struct sl_head res = r->out.res;
    sl_headers_copy(&res.headers, &res.headers, SL_LEN(kept_back), in->arena);
    sl_headers_drop_hop_by_hop(&res.headers, false);
    for (size_t i = 0; i < SL_LEN(kept_back); i++)
        (void)sl_headers_remove(&res.headers, sl_cstr(kept_back[i]));
    (void)sl_headers_add(&res.headers, SL_STR("content-security-policy"), SL_STR("sandbox"));
    (void)sl_headers_add(&res.headers, SL_STR("x-content-type-options"), SL_STR("nosniff"));
    (void)sl_headers_add(&res.headers, SL_STR("x-sluice-relayed"), SL_STR("true"));
    if (res.body_kind == SL_BODY_CLOSE)
        res.body_kind = SL_BODY_CHUNKED;
    sl_inbound_respond(in, &res);
}

sl_rc sl_relay_go_on(struct sl_relay *r, struct sl_inbound *in)
{
    if (r->out.has_head) {
        answer(r, in);
        return SL_OK;
    }
    if (!r->out.is_ended)
        return SL_E_AGAIN;
    return r->out.rc != SL_OK ? r->out.rc : SL_E_UPSTREAM_CLOSED;
}

void sl_relay_end(struct sl_relay *r)
{
    sl_outbound_cancel(&r->out);
    sl_pipe_fini(&r->body);
}
