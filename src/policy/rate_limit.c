/*
 * rate_limit: so many requests per window and caller, exact over all workers (cases-http 48).
 *
 * GCRA: a burst at once, then one request per window/limit; no windows that begin anew, so no double
 * burst at their edges.
 */
#include "policy/policy_int.h"

struct rate_limit_config {
    int64_t limit;
    sl_usec window_us;
    int64_t burst;
    sl_str key;
    sl_str name;
    int64_t keys_max;
    /* compiled */
    struct sl_gcra gcra;
    struct sl_subject subject;
    sl_str policy_item;
    struct sl_limiter *limiter;
};

static const struct sl_field rate_limit_fields[] = {
    SL_FIELD_INT(struct rate_limit_config, limit, .required = true, .min = "1", .max = "1000000000",
                 .example = "100", .unit = "requests",
                 .help = "Requests per window for each caller."),
    SL_FIELD_SPAN(struct rate_limit_config, window_us, "window", .dflt = "1s", .min = "1ms",
                  .max = "31d", .example = "1m", .help = "What `limit` counts for."),
    SL_FIELD_INT(struct rate_limit_config, burst, .min = "0", .max = "1000000000", .example = "20",
                 .unit = "requests",
                 .help = "How many may come at once; the rest must be spread over the window. "
                         "0 or not given: `limit`."),
    SL_FIELD_STR(struct rate_limit_config, key, .dflt = "consumer", .example = "header:x-tenant",
                 .help = "Who is counted: `consumer` (callers without one by address), "
                         "`credential`, `ip` (IPv6 by /64), `route`, `global`, or `header:NAME`, "
                         "which only counts callers that cannot choose it freely."),
    SL_FIELD_STR(struct rate_limit_config, name, .max = "64", .example = "per-minute",
                 .help = "Name of the limit in the RateLimit fields of answers. Not given: the "
                         "level at which it is attached, such as `service`."),
    SL_FIELD_INT(struct rate_limit_config, keys_max, .dflt = "65536", .min = "1", .max = "16777216",
                 .unit = "callers",
                 .help = "Callers that are told apart at the same time, about 32 bytes of memory "
                         "each. Beyond that, newcomers share with those who have used least."),
    SL_FIELD_END,
};

static sl_rc rate_limit_compile(void *config, sl_str identity, struct sl_state_registry *states,
                                struct sl_arena *a, struct sl_diag *d)
{
    struct rate_limit_config *c = config;

    if (!sl_limit_name_is_valid(c->name))
        return sl_diag_fail(d, SL_E_CONFIG, "name", SL_LIMIT_NAME_RULE);
    if (c->burst == 0)
        c->burst = c->limit;
    c->name = sl_limit_name(c->name, identity);
    c->gcra = sl_gcra_make((uint32_t)c->limit, c->window_us, (uint32_t)c->burst);
    c->policy_item = sl_limit_policy_item(a, c->name, c->limit, c->window_us);
    c->limiter = sl_limiter_get(states, identity, (uint32_t)c->keys_max, a);
    return sl_subject_parse(c->key, &c->subject, d);
}

static enum sl_verdict refuse(struct sl_exchange *x, const struct rate_limit_config *c,
                              sl_usec wait_us)
{
    x->retry_after_us = wait_us;
    return sl_fail_hint(x, SL_E_RATE_LIMITED, "the limit of requests is reached",
                        sl_fmt(x->arena, "limit '%.*s' for each %.*s: %.*s", SL_STRF(c->name),
                               SL_STRF(c->key), SL_STRF(sl_limit_wait_text(x, wait_us))));
}

static enum sl_verdict rate_limit_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct rate_limit_config *c = config;
    (void)state;

    sl_str subject = sl_subject_name(&c->subject, x);
    struct sl_limiter_answer r = sl_limiter_take(c->limiter, &c->gcra, subject, 1, sl_now(x));
    sl_limit_announce(x, c->policy_item, c->name, r.left, r.refill_us);
    return r.wait_us == 0 ? SL_PASS : refuse(x, c, r.wait_us);
}

static void rate_limit_count(const void *config, const struct sl_limit_query *q,
                             struct sl_limit_count *ret)
{
    const struct rate_limit_config *c = config;
    char buf[SL_SUBJECT_TEXT_MAX];

    *ret = (struct sl_limit_count){
        .unit = "requests", .window_us = c->window_us, .limit = c->limit, .burst = c->burst};
    sl_str subject = sl_subject_of_consumer(&c->subject, q->consumer, buf, &ret->counted_by);
    if (ret->counted_by == NULL)
        sl_limit_count_sliding(c->limiter, &c->gcra, subject, q, ret);
}

const struct sl_policy_type sl_policy_rate_limit = {
    .name = "rate_limit",
    .summary = "Limit the requests of each caller per window of time.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_RATE,
    .fields = rate_limit_fields,
    .config_size = sizeof(struct rate_limit_config),
    .compile = rate_limit_compile,
    .on_request = rate_limit_on_request,
    .count = rate_limit_count,
};
