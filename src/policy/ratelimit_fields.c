/*
 * The answer fields of limits: RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers,
 * structured fields since its version 08).
 */
#include "base/units.h"
#include "policy/policy_int.h"

bool sl_limit_name_is_valid(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < ' ' || name.p[i] > '~' || name.p[i] == '"' || name.p[i] == '\\')
            return false;
    }
    return true;
}

sl_str sl_limit_name(sl_str configured, sl_str identity)
{
    if (configured.n != 0)
        return configured;
    size_t slash = sl_str_find(identity, '/', 0);
    return slash == SIZE_MAX ? identity : sl_str_head(identity, slash);
}

sl_str sl_limit_policy_item(struct sl_arena *a, sl_str name, int64_t quota, sl_usec window_us)
{
    if (window_us % SL_SECONDS(1) != 0)
        return sl_fmt(a, "\"%.*s\";q=%lld", SL_STRF(name), (long long)quota);
    return sl_fmt(a, "\"%.*s\";q=%lld;w=%lld", SL_STRF(name), (long long)quota,
                  (long long)(window_us / SL_SECONDS(1)));
}

/* Each name stands once in an answer: several limits share one list. */
static void add_item(struct sl_exchange *x, sl_str field, sl_str item)
{
    const struct sl_header *old = sl_headers_find(&x->add_headers, field);
    sl_answer_header(
        x, field,
        old == NULL ? item : sl_fmt(x->arena, "%.*s, %.*s", SL_STRF(old->value), SL_STRF(item)));
}

static int64_t seconds_up(sl_usec us)
{
    return us / SL_SECONDS(1) + (us % SL_SECONDS(1) != 0);
}

void sl_limit_announce(struct sl_exchange *x, sl_str policy_item, sl_str name, int64_t left,
                       sl_usec refill_us)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    sl_strbuf_add_char(&b, '"');
    sl_strbuf_add(&b, name);
    sl_strbuf_add(&b, SL_STR("\";r="));
    sl_strbuf_add_i64(&b, left);
    sl_strbuf_add(&b, SL_STR(";t="));
    sl_strbuf_add_i64(&b, seconds_up(refill_us));
    if (b.is_full)
        return;
    add_item(x, SL_STR("ratelimit-policy"), policy_item);
    add_item(x, SL_STR("ratelimit"), sl_strbuf_str(&b));
}

sl_str sl_limit_wait_text(struct sl_exchange *x, sl_usec wait_us)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, x->arena, 0);
    sl_strbuf_add(&b, SL_STR("try again in "));
    sl_units_add_span(&b, SL_SECONDS(seconds_up(wait_us)));
    return sl_strbuf_str(&b);
}
