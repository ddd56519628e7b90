/*
 * subject: whom a limit or a budget counts.
 */
#include "policy/policy_int.h"

enum { PREFIX_BYTES = 2, V6_SUBNET_BYTES = 8 };

static const char *const names[] = {
    [SL_SUBJECT_CONSUMER] = "consumer",
    [SL_SUBJECT_CREDENTIAL] = "credential",
    [SL_SUBJECT_IP] = "ip",
    [SL_SUBJECT_ROUTE] = "route",
    [SL_SUBJECT_GLOBAL] = "global",
    [SL_SUBJECT_HEADER] = "header",
};

sl_rc sl_subject_parse(sl_str text, struct sl_subject *ret, struct sl_diag *d)
{
    const sl_str prefix = SL_STR("header:");
    for (size_t i = 0; i < SL_SUBJECT_HEADER; i++) {
        if (sl_str_eq(text, sl_cstr(names[i]))) {
            *ret = (struct sl_subject){.kind = (enum sl_subject_kind)i};
            return SL_OK;
        }
    }
    sl_str header = sl_str_from(text, prefix.n);
    if (!sl_str_starts(text, prefix) || !sl_header_is_valid(header, SL_STR("")))
        return sl_diag_fail(d, SL_E_CONFIG, "key",
                            "must be consumer, credential, ip, route, global or header:NAME, "
                            "such as header:x-tenant; it is '%.*s'",
                            SL_STRF(text));
    *ret = (struct sl_subject){.kind = SL_SUBJECT_HEADER, .header = header};
    return SL_OK;
}

/* At the arena's limit: the prefix alone, one counter for all who are in that state. */
static sl_str prefixed(struct sl_exchange *x, const char *prefix, sl_str name)
{
    char *p = sl_arena_try_raw(x->arena, PREFIX_BYTES + name.n);
    if (p == NULL)
        return (sl_str){prefix, PREFIX_BYTES};
    memcpy(p, prefix, PREFIX_BYTES);
    if (name.n != 0)
        memcpy(p + PREFIX_BYTES, name.p, name.n);
    return (sl_str){p, PREFIX_BYTES + name.n};
}

static sl_str of_address(struct sl_exchange *x)
{
    static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t ip[16];
    sl_addr_bytes(&x->client, ip);
    bool is_v4 = memcmp(ip, v4_prefix, sizeof(v4_prefix)) == 0;
    return prefixed(x, "i:", sl_str_of((const char *)ip, is_v4 ? sizeof(ip) : V6_SUBNET_BYTES));
}

static sl_str of_credential(struct sl_exchange *x)
{
    return x->credential != NULL ? prefixed(x, "k:", x->credential->name) : of_address(x);
}

static sl_str of_header(const struct sl_subject *s, struct sl_exchange *x)
{
    const struct sl_header *h = sl_headers_find(&x->req.headers, s->header);
    return prefixed(x, "h:", h != NULL ? h->value : (sl_str){0});
}

sl_str sl_subject_name(const struct sl_subject *s, struct sl_exchange *x)
{
    switch (s->kind) {
    case SL_SUBJECT_CONSUMER:
        return x->consumer != NULL ? prefixed(x, "c:", x->consumer->name) : of_credential(x);
    case SL_SUBJECT_CREDENTIAL:
        return of_credential(x);
    case SL_SUBJECT_IP:
        return of_address(x);
    case SL_SUBJECT_ROUTE:
        return prefixed(x, "r:", x->route->name);
    case SL_SUBJECT_GLOBAL:
        return SL_STR("g:");
    case SL_SUBJECT_HEADER:
        return of_header(s, x);
    }
    sl_panic(__FILE__, __LINE__, "no such subject");
}

sl_str sl_subject_of_consumer(const struct sl_subject *s, sl_str consumer,
                              char buf[SL_SUBJECT_TEXT_MAX], const char **ret_by)
{
    *ret_by = NULL;
    if (s->kind == SL_SUBJECT_GLOBAL)
        return SL_STR("g:");
    if (s->kind != SL_SUBJECT_CONSUMER || consumer.n + PREFIX_BYTES > SL_SUBJECT_TEXT_MAX) {
        *ret_by = names[s->kind];
        return (sl_str){0};
    }
    memcpy(buf, "c:", PREFIX_BYTES);
    memcpy(buf + PREFIX_BYTES, consumer.p, consumer.n);
    return (sl_str){buf, PREFIX_BYTES + consumer.n};
}

void sl_limit_count_sliding(const struct sl_limiter *l, const struct sl_gcra *g, sl_str subject,
                            const struct sl_limit_query *q, struct sl_limit_count *ret)
{
    struct sl_limiter_answer r = sl_limiter_look(l, g, subject, q->now_us);
    ret->remaining = SL_MIN((int64_t)r.left, ret->burst);
    ret->used = ret->burst - ret->remaining;
    ret->resets_at_us = r.refill_us != 0 ? q->wall_us + r.refill_us : 0;
}
