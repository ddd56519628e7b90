/*
 * Quotas: what the limits of a subscription's plan have counted, and what they would let through now. The
 * numbers are the very counters that requests are admitted by, on the node that is asked.
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "control/api_int.h"

const char sl_api_limits_schema[] =
    "{\"type\":\"object\",\"required\":[\"is_served\",\"limits\"],\"properties\":{"
    "\"consumer\":{\"type\":\"string\"},\"service\":{\"type\":\"string\"},"
    "\"plan\":{\"type\":\"string\"},\"state\":{\"type\":\"string\"},"
    "\"is_served\":{\"type\":\"boolean\"},"
    "\"limits\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
    "\"required\":[\"name\",\"type\",\"unit\",\"limit\"],\"properties\":{"
    "\"name\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},"
    "\"unit\":{\"enum\":[\"requests\",\"tokens\",\"usd\"]},"
    "\"limit\":{\"type\":[\"integer\",\"string\"]},\"burst\":{\"type\":\"integer\"},"
    "\"window_ms\":{\"type\":\"integer\"},"
    "\"period\":{\"enum\":[\"day\",\"month\",\"total\"]},"
    "\"counted_by\":{\"type\":\"string\"},"
    "\"used\":{\"type\":[\"integer\",\"string\"]},"
    "\"remaining\":{\"type\":[\"integer\",\"string\"]},"
    "\"resets_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}}}}";

struct list {
    struct sl_arena *a;
    size_t place_bytes; /* of "subscription/shop/orders/" before the name */
    struct sl_tree_tail limits;
};

static void put_amount(struct list *l, struct sl_node *n, const char *name,
                       const struct sl_limit_count *count, int64_t v)
{
    struct sl_strbuf money;
    sl_strbuf_init(&money, l->a, 0);
    if (strcmp(count->unit, "usd") == 0)
        sl_money_add(&money, v);
    sl_tree_put(n, sl_cstr(name),
                money.n != 0 ? sl_tree_str(l->a, sl_strbuf_str(&money)) : sl_tree_i64(l->a, v));
}

static void put_window(struct list *l, struct sl_node *n, const struct sl_limit_count *count)
{
    if (count->period != NULL) {
        sl_tree_put_str(l->a, n, "period", sl_cstr(count->period));
        return;
    }
    sl_tree_put(n, SL_STR("window_ms"), sl_tree_i64(l->a, count->window_us / 1000));
    put_amount(l, n, "burst", count, count->burst);
}

static void put_counts(struct list *l, struct sl_node *n, const struct sl_limit_count *count)
{
    if (count->counted_by != NULL) {
        sl_tree_put_str(l->a, n, "counted_by", sl_cstr(count->counted_by));
        return;
    }
    put_amount(l, n, "used", count, count->used);
    put_amount(l, n, "remaining", count, count->remaining);
    if (count->resets_at_us != 0)
        sl_tree_put(n, SL_STR("resets_at"), sl_tree_time(l->a, count->resets_at_us));
}

/* What the policy borrows is gone when the snapshot is. */
static void add_limit(const struct sl_policy *p, const struct sl_limit_count *count, void *arg)
{
    struct list *l = arg;
    struct sl_node *n = sl_tree_map(l->a);
    sl_str name = sl_str_from(p->identity, SL_MIN(l->place_bytes, p->identity.n));
    sl_tree_put_str(l->a, n, "name", sl_arena_dup(l->a, name));
    sl_tree_put_str(l->a, n, "type", sl_cstr(p->type->name));
    sl_tree_put_str(l->a, n, "unit", sl_cstr(count->unit));
    put_amount(l, n, "limit", count, count->limit);
    put_window(l, n, count);
    put_counts(l, n, count);
    sl_tree_add(&l->limits, n);
}

struct sl_node *sl_call_limits(struct sl_call *c, sl_str consumer, sl_str service)
{
    const struct sl_control_config *config = &c->control->config;
    struct sl_node *body = sl_tree_map(c->a);
    struct list l = {.a = c->a,
                     .place_bytes = SL_STR("subscription///").n + consumer.n + service.n,
                     .limits = sl_tree_tail(c->a)};
    sl_rc rc = SL_E_NOTFOUND;
    if (config->ops != NULL && config->ops->limits != NULL)
        rc = config->ops->limits(config->ctx, consumer, service, add_limit, &l);
    sl_tree_put(body, SL_STR("is_served"), sl_tree_bool(c->a, rc == SL_OK));
    sl_tree_put(body, SL_STR("limits"), l.limits.list);
    return body;
}

/* ------------------------------------------------------------------ the operation */

/* One that stands in a file has no state: it counts. */
static struct sl_node *describe(struct sl_call *c, const struct sl_node *spec,
                                const struct sl_node *status)
{
    sl_str consumer = sl_tree_text(spec, "consumer"), service = sl_tree_text(spec, "service");
    sl_str state = sl_tree_text(status, "state");
    struct sl_node *body = sl_call_limits(c, consumer, service);
    sl_tree_put_str(c->a, body, "consumer", consumer);
    sl_tree_put_str(c->a, body, "service", service);
    sl_tree_put_str(c->a, body, "plan", sl_tree_text(spec, "plan"));
    sl_tree_put_str(c->a, body, "state", state.n != 0 ? state : SL_STR("approved"));
    return body;
}

void sl_api_limits(struct sl_call *c)
{
    struct sl_work w;
    struct sl_row row;
    struct sl_node *spec = NULL, *status = NULL;
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_call_find(c, &w, "subscription", c->key, &row);
    if (rc == SL_OK)
        rc = sl_change_parse(&w, row.spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_parse(&w, row.status.n != 0 ? row.status : SL_STR("{}"), &status);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        sl_call_tree(c, 200, describe(c, spec, status));
    else
        sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "there is no such subscription" : NULL);
}
