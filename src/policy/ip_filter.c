/*
 * ip_filter: which addresses may call. The caller's address is the one behind trusted proxies.
 */
#include "base/cidr.h"
#include "policy/policy_int.h"

struct networks {
    struct sl_cidr *v;
    size_t n;
};

struct ip_filter_config {
    struct sl_strs allow, deny;
    struct networks allowed, denied; /* compiled */
};

static const struct sl_field ip_filter_fields[] = {
    SL_FIELD_STRS(struct ip_filter_config, allow, .max = "4096",
                  .example = "[10.0.0.0/8, '2001:db8::/32', 192.0.2.7]",
                  .help = "Addresses and networks that may call. Not given: all."),
    SL_FIELD_STRS(struct ip_filter_config, deny, .max = "4096", .example = "[10.1.0.0/16]",
                  .help = "Addresses and networks that may not, also if `allow` names them."),
    SL_FIELD_END,
};

static sl_rc parse(const struct sl_strs *texts, const char *path, struct networks *ret,
                   struct sl_arena *a, struct sl_diag *d)
{
    *ret = (struct networks){sl_arena_array(a, struct sl_cidr, texts->n), texts->n};
    for (size_t i = 0; i < texts->n; i++) {
        if (!sl_cidr_parse(texts->v[i], &ret->v[i]))
            return sl_diag_fail(d, SL_E_CONFIG, path,
                                "'%.*s' must be an address or a network without bits behind its "
                                "prefix, such as 10.0.0.0/8",
                                SL_STRF(texts->v[i]));
    }
    return SL_OK;
}

static sl_rc ip_filter_compile(void *config, sl_str identity, struct sl_state_registry *states,
                               struct sl_arena *a, struct sl_diag *d)
{
    struct ip_filter_config *c = config;
    (void)identity, (void)states;

    if (c->allow.n == 0 && c->deny.n == 0)
        return sl_diag_fail(d, SL_E_CONFIG, "allow", "must be given, or deny");
    sl_rc rc = parse(&c->allow, "allow", &c->allowed, a, d);
    return rc == SL_OK ? parse(&c->deny, "deny", &c->denied, a, d) : rc;
}

static bool has(const struct networks *networks, const struct sl_ip *ip)
{
    for (size_t i = 0; i < networks->n; i++) {
        if (sl_cidr_has(&networks->v[i], ip))
            return true;
    }
    return false;
}

static enum sl_verdict ip_filter_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct ip_filter_config *c = config;
    struct sl_ip ip;
    (void)state;

    sl_addr_bytes(&x->client, ip.bytes);
    if (!has(&c->denied, &ip) && (c->allowed.n == 0 || has(&c->allowed, &ip)))
        return SL_PASS;
    return sl_fail_hint(
        x, SL_E_DENIED, "the caller's address may not call",
        sl_fmt(x->arena, "this request came from %.*s", SL_STRF(sl_addr_ip(&x->client, x->arena))));
}

const struct sl_policy_type sl_policy_ip_filter = {
    .name = "ip_filter",
    .summary = "Let only some addresses call, or keep some out.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_NETWORK,
    .fields = ip_filter_fields,
    .config_size = sizeof(struct ip_filter_config),
    .compile = ip_filter_compile,
    .on_request = ip_filter_on_request,
};
