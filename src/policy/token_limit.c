/*
 * token_limit: so many tokens per window and caller (U15).
 *
 * A request is admitted by what it may take at most, and what it did take is counted when it is over:
 * tokens that it did not need are given back, and those beyond must be waited for by the next.
 */
#include "policy/policy_int.h"

enum counted { COUNT_TOTAL, COUNT_PROMPT, COUNT_COMPLETION };

static const char *const counted_names[] = {"total", "prompt", "completion", NULL};

struct token_limit_config {
    int64_t limit;
    sl_usec window_us;
    int counts;
    sl_str key;
    bool per_model;
    sl_str name;
    int64_t keys_max;
    /* compiled */
    struct sl_gcra gcra;
    struct sl_subject subject;
    sl_str policy_item;
    struct sl_limiter *limiter;
};

struct token_limit_state {
    sl_str subject;
    int64_t taken;
    bool is_taken;
};

static const struct sl_field token_limit_fields[] = {
    SL_FIELD_INT(struct token_limit_config, limit, .required = true, .min = "1",
                 .max = "1000000000", .example = "100000", .unit = "tokens",
                 .help = "Tokens per window for each caller; as many may be used at once."),
    SL_FIELD_SPAN(struct token_limit_config, window_us, "window", .dflt = "1m", .min = "1s",
                  .max = "31d",
                  .help = "What `limit` counts for. It slides: there is no moment "
                          "at which everything begins anew."),
    SL_FIELD_ENUM(struct token_limit_config, counts, .dflt = "total", .values = counted_names,
                  .help = "Which tokens count: of the prompt, of the completion, or both."),
    SL_FIELD_STR(struct token_limit_config, key, .dflt = "consumer", .example = "global",
                 .help = "Who is counted: `consumer` (callers without one by address), "
                         "`credential`, `ip` (IPv6 by /64), `route`, `global`, or `header:NAME`, "
                         "which only counts callers that cannot choose it freely."),
    SL_FIELD_BOOL(struct token_limit_config, per_model, .dflt = "false",
                  .help = "Count each model (by its public name) apart."),
    SL_FIELD_STR(struct token_limit_config, name, .max = "64", .example = "tokens-per-minute",
                 .help = "Name of the limit in the RateLimit fields of answers. Not given: the "
                         "level at which it is attached, such as `service-tokens`."),
    SL_FIELD_INT(struct token_limit_config, keys_max, .dflt = "65536", .min = "1",
                 .max = "16777216", .unit = "callers",
                 .help = "Callers that are told apart at the same time, about 32 bytes of memory "
                         "each. Beyond that, newcomers share with those who have used least."),
    SL_FIELD_END,
};

static sl_str name_of(const struct token_limit_config *c, sl_str identity, struct sl_arena *a)
{
    if (c->name.n != 0)
        return c->name;
    return sl_fmt(a, "%.*s-tokens", SL_STRF(sl_limit_name(c->name, identity)));
}

static sl_rc token_limit_compile(void *config, sl_str identity, struct sl_state_registry *states,
                                 struct sl_arena *a, struct sl_diag *d)
{
    struct token_limit_config *c = config;

    if (!sl_limit_name_is_valid(c->name))
        return sl_diag_fail(d, SL_E_CONFIG, "name", SL_LIMIT_NAME_RULE);
    c->name = name_of(c, identity, a);
    c->gcra = sl_gcra_make((uint32_t)c->limit, c->window_us, (uint32_t)c->limit);
    c->policy_item = sl_limit_policy_item(a, c->name, c->limit, c->window_us);
    c->limiter = sl_limiter_get(states, identity, (uint32_t)c->keys_max, a);
    return sl_subject_parse(c->key, &c->subject, d);
}

static sl_str subject_of(const struct token_limit_config *c, struct sl_exchange *x)
{
    sl_str subject = sl_subject_name(&c->subject, x);
    if (!c->per_model)
        return subject;
    sl_str model = sl_exchange_model(x);
    return sl_fmt(x->arena, "%.*s\n%.*s", SL_STRF(model), SL_STRF(subject));
}

/*
 * An estimate may be far above what comes, so it must not shut anybody out for good: who has used
 * nothing is admitted whatever the request may take.
 */
static int64_t tokens_to_take(const struct token_limit_config *c, struct sl_exchange *x)
{
    int64_t tokens = sl_exchange_tokens_estimate(x);
    return SL_MIN(SL_MAX(tokens, (int64_t)1), c->limit);
}

static enum sl_verdict refuse(struct sl_exchange *x, const struct token_limit_config *c,
                              int64_t tokens, sl_usec wait_us)
{
    x->retry_after_us = wait_us;
    return sl_fail_hint(
        x, SL_E_TOKEN_LIMITED, "the limit of tokens is reached",
        sl_fmt(x->arena,
               "limit '%.*s' for each %.*s; this request may take %lld tokens: %.*s, or name a "
               "smaller limit of output tokens",
               SL_STRF(c->name), SL_STRF(c->key), (long long)tokens,
               SL_STRF(sl_limit_wait_text(x, wait_us))));
}

static enum sl_verdict token_limit_on_request(struct sl_exchange *x, const void *config,
                                              void *state)
{
    const struct token_limit_config *c = config;
    struct token_limit_state *s = state;

    s->subject = subject_of(c, x);
    s->taken = tokens_to_take(c, x);
    struct sl_limiter_answer r =
        sl_limiter_take(c->limiter, &c->gcra, s->subject, (uint32_t)s->taken, sl_now(x));
    sl_limit_announce(x, c->policy_item, c->name, r.left, r.refill_us);
    if (r.wait_us != 0)
        return refuse(x, c, s->taken, r.wait_us);
    s->is_taken = true;
    return SL_PASS;
}

static int64_t tokens_used(const struct token_limit_config *c, const struct sl_ai_usage *u)
{
    switch ((enum counted)c->counts) {
    case COUNT_TOTAL:
        return sl_ai_usage_total(u);
    case COUNT_PROMPT:
        return sl_ai_usage_prompt_total(u);
    case COUNT_COMPLETION:
        return sl_ai_usage_completion_total(u);
    }
    sl_panic(__FILE__, __LINE__, "no such count");
}

static void token_limit_on_settle(struct sl_exchange *x, const void *config, void *state)
{
    const struct token_limit_config *c = config;
    struct token_limit_state *s = state;
    if (!s->is_taken)
        return;
    s->is_taken = false;
    int64_t used = tokens_used(c, &sl_exchange_record(x)->usage);
    if (used != s->taken)
        sl_limiter_settle(c->limiter, &c->gcra, s->subject, used - s->taken, sl_now(x));
}

static void token_limit_count(const void *config, const struct sl_limit_query *q,
                              struct sl_limit_count *ret)
{
    const struct token_limit_config *c = config;
    char buf[SL_SUBJECT_TEXT_MAX];

    *ret = (struct sl_limit_count){
        .unit = "tokens", .window_us = c->window_us, .limit = c->limit, .burst = c->limit};
    sl_str subject = sl_subject_of_consumer(&c->subject, q->consumer, buf, &ret->counted_by);
    if (c->per_model)
        ret->counted_by = "model";
    if (ret->counted_by == NULL)
        sl_limit_count_sliding(c->limiter, &c->gcra, subject, q, ret);
}

const struct sl_policy_type sl_policy_token_limit = {
    .name = "token_limit",
    .summary = "Limit the tokens of each caller per window of time.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_QUOTA,
    .is_ai_only = true,
    .fields = token_limit_fields,
    .config_size = sizeof(struct token_limit_config),
    .state_size = sizeof(struct token_limit_state),
    .compile = token_limit_compile,
    .on_request = token_limit_on_request,
    .on_settle = token_limit_on_settle,
    .count = token_limit_count,
};
