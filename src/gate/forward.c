/*
 * Heads on their way to an upstream and back: what is dropped, what is added (RFC 9110 7.6, RFC 7239's
 * older X-Forwarded fields, which is what services read).
 */
#include "base/cidr.h"
#include "gate/gate_int.h"

enum { SPARE_FIELDS = 12 }; /* what the gateway itself adds to a request */

static bool is_trusted(const struct sl_snapshot *s, const struct sl_addr *addr)
{
    struct sl_ip ip;
    sl_addr_bytes(addr, ip.bytes);
    for (size_t i = 0; i < s->trusted_proxy_count; i++) {
        if (sl_cidr_has(&s->trusted_proxies[i], &ip))
            return true;
    }
    return false;
}

/* All X-Forwarded-For lines in order as one list: proxies may append a line instead of a word. */
static sl_str forwarded_for(struct sl_exchange *x, const struct sl_headers *h)
{
    const struct sl_header *first = sl_headers_find_id(h, SL_H_X_FORWARDED_FOR);
    struct sl_strbuf all;
    sl_strbuf_init(&all, x->arena, 0);
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->v[i].id != SL_H_X_FORWARDED_FOR)
            continue;
        if (&h->v[i] != first)
            sl_strbuf_add(&all, SL_STR(", "));
        sl_strbuf_add(&all, h->v[i].value);
    }
    return sl_strbuf_str(&all);
}

/* Does the admin API of this process pass it on for somebody? */
static bool is_relayed(const struct sl_exchange *x)
{
    sl_str secret = x->worker->config.relay_secret;
    const struct sl_header *h =
        secret.n != 0 ? sl_headers_find_id(&x->in->req.headers, SL_H_X_SLUICE_RELAY) : NULL;
    return h != NULL && sl_str_eq_secret(h->value, secret);
}

/* From there on, not from this machine; an address that is none is nowhere. */
static void take_relayed(struct sl_exchange *x)
{
    sl_str from = forwarded_for(x, &x->in->req.headers);
    if (sl_addr_from_ip(sl_str_trim(from), 0, &x->client) != SL_OK)
        x->client = (struct sl_addr){0};
}

/* Right to left: each hop vouches for the one it names, as long as we trust the hop. */
void sl_forward_client_address(struct sl_exchange *x)
{
    if (is_relayed(x)) {
        take_relayed(x);
        return;
    }
    if (x->snapshot->trusted_proxy_count == 0 || !is_trusted(x->snapshot, &x->client))
        return;
    sl_str list = forwarded_for(x, &x->in->req.headers);
    while (list.n != 0 && is_trusted(x->snapshot, &x->client)) {
        size_t comma = sl_str_rfind(list, ',');
        sl_str hop = sl_str_trim(comma == SIZE_MAX ? list : sl_str_from(list, comma + 1));
        struct sl_addr addr;
        if (sl_addr_from_ip(hop, 0, &addr) != SL_OK)
            return;
        x->client = addr;
        list = comma == SIZE_MAX ? (sl_str){0} : sl_str_head(list, comma);
    }
}

static sl_str append_value(struct sl_exchange *x, sl_str old, sl_str add)
{
    return old.n == 0 ? add : sl_fmt(x->arena, "%.*s, %.*s", SL_STRF(old), SL_STRF(add));
}

static void set_forwarding(struct sl_exchange *x, struct sl_headers *h)
{
    bool is_from_proxy =
        x->snapshot->trusted_proxy_count != 0 && is_trusted(x->snapshot, &x->in->peer->remote);
    sl_str client = sl_exchange_client_ip(x);
    sl_str peer = is_from_proxy ? sl_addr_ip(&x->in->peer->remote, x->arena) : client;
    sl_str old_for = is_from_proxy ? forwarded_for(x, h) : (sl_str){0};
    bool had_proto = is_from_proxy && sl_headers_find_id(h, SL_H_X_FORWARDED_PROTO) != NULL;
    bool had_host = is_from_proxy && sl_headers_find_id(h, SL_H_X_FORWARDED_HOST) != NULL;
    (void)sl_headers_set_id(h, SL_H_X_FORWARDED_FOR, append_value(x, old_for, peer));
    if (!had_proto)
        (void)sl_headers_set_id(h, SL_H_X_FORWARDED_PROTO,
                                x->in->peer->tls != NULL ? SL_STR("https") : SL_STR("http"));
    if (!had_host && x->in->req.authority.n != 0)
        (void)sl_headers_set_id(h, SL_H_X_FORWARDED_HOST, x->in->req.authority);
    (void)sl_headers_remove_id(h, SL_H_FORWARDED); /* may name what we have not checked */
    (void)sl_headers_set_id(h, SL_H_X_REAL_IP, client);
}

void sl_forward_copy_headers(struct sl_exchange *x, struct sl_headers *to)
{
    sl_headers_copy(to, &x->req.headers, SPARE_FIELDS, x->arena);
}

void sl_forward_via(struct sl_exchange *x, struct sl_headers *out)
{
    const struct sl_headers *in = &x->in->req.headers;
    sl_str way = {0};
    for (uint32_t i = 0; i < in->n; i++) {
        if (in->v[i].id == SL_H_VIA)
            way = append_value(x, way, in->v[i].value);
    }
    (void)sl_headers_set_id(
        out, SL_H_VIA,
        append_value(x, way, sl_fmt(x->arena, "1.1 %.*s", SL_STRF(x->snapshot->via))));
}

/* Of "1.1 name (comment)" the name. */
static sl_str received_by(sl_str element)
{
    sl_str protocol, name = {0};
    element = sl_str_trim(element);
    if (!sl_str_split(&element, ' ', &protocol))
        return name;
    element = sl_str_trim(element);
    return sl_str_head(element, sl_str_find(element, ' ', 0));
}

bool sl_forward_came_through_us(const struct sl_exchange *x)
{
    const struct sl_headers *h = &x->in->req.headers;
    for (uint32_t i = 0; i < h->n; i++) {
        sl_str rest = h->v[i].value, element;
        while (h->v[i].id == SL_H_VIA && sl_header_next_token(&rest, &element)) {
            if (sl_str_eq(received_by(element), x->snapshot->via))
                return true;
        }
    }
    return false;
}

void sl_forward_request_headers(struct sl_exchange *x, struct sl_head *out, bool is_upgrade)
{
    *out = x->req;
    sl_forward_copy_headers(x, &out->headers);
    sl_headers_drop_hop_by_hop(&out->headers, is_upgrade);
    (void)sl_headers_remove_id(&out->headers, SL_H_EXPECT);
    set_forwarding(x, &out->headers);
    sl_forward_via(x, &out->headers);
    (void)sl_headers_set_id(&out->headers, SL_H_X_REQUEST_ID, x->request_id);
}

void sl_forward_response_head(struct sl_exchange *x, const struct sl_head *res, bool is_upgrade)
{
    x->res = *res;
    sl_headers_drop_hop_by_hop(&x->res.headers, is_upgrade);
}

void sl_forward_answer_headers(struct sl_exchange *x)
{
    struct sl_headers *h = &x->res.headers;
    for (uint32_t i = 0; i < x->add_headers.n; i++)
        (void)sl_headers_set(h, x->add_headers.v[i].name, x->add_headers.v[i].value);
    (void)sl_headers_set_id(h, SL_H_X_REQUEST_ID, x->request_id);
}
