/*
 * What became of alerts: their states, and the log of what webhooks were told.
 */
#include "base/clock.h"
#include "base/str.h"
#include "control/api_int.h"
#include "store/alerts.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500 };

const struct sl_api_parameter sl_api_delivery_parameters[] = {
    {"webhook", "{\"type\":\"string\"}", "Only those to this one."},
    {"state", "{\"enum\":[\"pending\",\"delivered\",\"failed\"]}", "Only those in it."},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",
     "How many at most."},
    {"cursor", "{\"type\":\"string\"}", "`next_cursor` of the page before."},
    {NULL, NULL, NULL},
};

struct resend_body {
    sl_str id;
};

const struct sl_field sl_api_resend_fields[] = {
    SL_FIELD_STR(struct resend_body, id, .required = true, .min = "1", .max = "64",
                 .help = "Of the delivery."),
    SL_FIELD_END,
};

struct listing {
    struct sl_call *c;
    struct sl_jsonw w;
    size_t n, limit;
    sl_str last_id;
};

static bool open_alerts(struct sl_call *c, bool to_write, struct sl_db **ret)
{
    const char *path = sl_fmt(c->a, "%s/alerts.db", c->control->config.dir).p;
    sl_rc rc = to_write ? sl_db_open(path, ret, c->d) : sl_db_open_to_read(path, ret, c->d);
    if (rc == SL_OK)
        return true;
    sl_call_fail(c, SL_E_STORE, "what is known of alerts cannot be read");
    return false;
}

static void write_time(struct listing *l, const char *name, int64_t at_us)
{
    sl_jsonw_key(&l->w, sl_cstr(name));
    if (at_us != 0)
        sl_tree_write(sl_tree_time(l->c->a, at_us), &l->w);
    else
        sl_jsonw_null(&l->w);
}

static void begin(struct listing *l, struct sl_strbuf *out)
{
    sl_strbuf_init(out, l->c->a, 0);
    sl_jsonw_init(&l->w, out);
    sl_jsonw_object(&l->w);
    sl_jsonw_key(&l->w, SL_STR("items"));
    sl_jsonw_array(&l->w);
}

static void answer(struct listing *l, sl_rc rc, const struct sl_strbuf *out)
{
    if (rc == SL_OK)
        sl_call_json(l->c, 200, sl_strbuf_str(out));
    else
        sl_call_fail(l->c, SL_E_STORE, NULL);
}

/* ------------------------------------------------------------------ states */

static void write_state(const struct sl_alert_state *s, void *arg)
{
    struct listing *l = arg;
    sl_jsonw_object(&l->w);
    sl_jsonw_key_str(&l->w, SL_STR("alert"), s->alert);
    sl_jsonw_key_str(&l->w, SL_STR("state"), sl_cstr(sl_alert_phase_names[s->phase]));
    write_time(l, "since", s->since_us);
    sl_jsonw_key(&l->w, SL_STR("value"));
    sl_jsonw_decimal(&l->w, s->value_micro, 6);
    write_time(l, "seen_at", s->seen_us);
    sl_jsonw_end(&l->w);
}

void sl_api_alert_states(struct sl_call *c)
{
    struct listing l = {.c = c};
    struct sl_strbuf out;
    struct sl_db *db;
    if (!open_alerts(c, false, &db))
        return;
    begin(&l, &out);
    sl_rc rc = sl_alert_states_each(db, write_state, &l);
    sl_db_close(db);
    sl_jsonw_end(&l.w);
    sl_jsonw_end(&l.w);
    answer(&l, rc, &out);
}

/* ------------------------------------------------------------------ deliveries */

static void write_delivery(const struct sl_delivery *v, void *arg)
{
    struct listing *l = arg;
    if (l->n++ == l->limit)
        return; /* only to know that there is more */
    l->last_id = sl_arena_dup(l->c->a, v->id);
    sl_jsonw_object(&l->w);
    sl_jsonw_key_str(&l->w, SL_STR("id"), v->id);
    sl_jsonw_key_str(&l->w, SL_STR("webhook"), v->webhook);
    sl_jsonw_key_str(&l->w, SL_STR("event"), v->event);
    sl_jsonw_key_str(&l->w, SL_STR("state"), v->state);
    sl_jsonw_key_i64(&l->w, SL_STR("attempts"), v->attempts);
    sl_jsonw_key_i64(&l->w, SL_STR("status"), v->status);
    sl_jsonw_key_str(&l->w, SL_STR("error"), v->error);
    write_time(l, "created_at", v->created_us);
    write_time(l, "delivered_at", v->delivered_us);
    write_time(l, "next_at", sl_str_eq(v->state, SL_STR("pending")) ? v->next_us : 0);
    sl_jsonw_key_raw(&l->w, SL_STR("body"), v->body);
    sl_jsonw_end(&l->w);
}

/* False when it was answered. */
static bool read_query(struct listing *l, struct sl_delivery_query *ret)
{
    static const char *const states[] = {"pending", "delivered", "failed"};
    struct sl_call *c = l->c;
    if (!sl_call_check_query(c, sl_api_delivery_parameters) ||
        !sl_call_limit(c, LIMIT_DEFAULT, LIMIT_MAX, &l->limit))
        return false;
    *ret = (struct sl_delivery_query){.webhook = sl_call_query(c, "webhook"),
                                      .state = sl_call_query(c, "state"),
                                      .before = sl_call_query(c, "cursor"),
                                      .limit = l->limit + 1};
    bool is_known = ret->state.n == 0;
    for (size_t i = 0; i < SL_LEN(states); i++)
        is_known = is_known || sl_str_eq(ret->state, sl_cstr(states[i]));
    return is_known || sl_call_refuse(c, "state", "must be pending, delivered or failed");
}

void sl_api_deliveries(struct sl_call *c)
{
    struct listing l = {.c = c};
    struct sl_delivery_query query;
    struct sl_strbuf out;
    struct sl_db *db;
    if (!read_query(&l, &query) || !open_alerts(c, false, &db))
        return;
    begin(&l, &out);
    sl_rc rc = sl_deliveries_each(db, &query, write_delivery, &l);
    sl_db_close(db);
    sl_jsonw_end(&l.w);
    if (l.n > l.limit)
        sl_jsonw_key_str(&l.w, SL_STR("next_cursor"), l.last_id);
    sl_jsonw_end(&l.w);
    answer(&l, rc, &out);
}

void sl_api_resend(struct sl_call *c)
{
    struct resend_body body = {0};
    struct sl_node *tree;
    struct sl_db *db;
    if (!sl_call_body(c, false, &tree))
        return;
    if (sl_field_read(sl_api_resend_fields, &body, tree, SL_STR(""), c->a, c->d) != SL_OK) {
        sl_call_fail(c, SL_E_INVALID, NULL);
        return;
    }
    if (!open_alerts(c, true, &db))
        return;
    sl_rc rc = sl_delivery_resend(db, body.id, sl_clock_wall_us());
    sl_db_close(db);
    if (rc == SL_OK)
        sl_call_json(c, 200, SL_STR("{\"state\":\"pending\"}"));
    else if (rc == SL_E_NOTFOUND)
        sl_call_fail(c, SL_E_NOTFOUND, "there is no such delivery");
    else
        sl_call_fail(c, SL_E_STORE, NULL);
}
