/*
 * body_limit: how large a request's body may be here. The listener's own limit holds besides.
 *
 * A body that says it is larger is refused before any of it is read or asked for (cases-http 17);
 * one that grows larger on the way breaks off.
 */
#include "base/units.h"
#include "policy/policy_int.h"

struct body_limit_config {
    uint64_t limit;
};

static const struct sl_field body_limit_fields[] = {
    SL_FIELD_SIZE(struct body_limit_config, limit, .required = true, .min = "0", .max = "1TiB",
                  .example = "1MiB", .help = "The largest request body. 0: none at all."),
    SL_FIELD_END,
};

static enum sl_verdict refuse(struct sl_exchange *x, uint64_t limit)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    sl_strbuf_add(&b, SL_STR("at most "));
    sl_units_add_size(&b, limit);
    return sl_fail_hint(x, SL_E_BODY_TOO_LARGE, "the request body is larger than allowed here",
                        sl_strbuf_str(&b));
}

static enum sl_verdict body_limit_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct body_limit_config *c = config;
    (void)state;

    if (x->req.body_kind == SL_BODY_LENGTH && x->req.body_bytes > c->limit)
        return refuse(x, c->limit);
    x->body_limit = SL_MIN(x->body_limit, c->limit);
    sl_inbound_limit_body(x->in, x->body_limit);
    return SL_PASS;
}

const struct sl_policy_type sl_policy_body_limit = {
    .name = "body_limit",
    .summary = "Limit the size of request bodies.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_BODY - 1, /* before the body is read, and after the consumer is known */
    .narrowest_wins = true,
    .fields = body_limit_fields,
    .config_size = sizeof(struct body_limit_config),
    .on_request = body_limit_on_request,
};
