#include "store/alerts.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "store/migrate.h"

const char *const sl_alert_phase_names[] = {"ok", "pending", "firing"};

sl_rc sl_alerts_migrate(struct sl_db *db, struct sl_diag *d)
{
    return sl_db_migrate(db, &sl_schema_alerts, d);
}

/* ------------------------------------------------------------------ states */

static enum sl_alert_phase phase_of(sl_str name)
{
    enum sl_alert_phase phase = SL_ALERT_FIRING;
    while (phase != SL_ALERT_OK && !sl_str_eq(name, sl_cstr(sl_alert_phase_names[phase])))
        phase--;
    return phase;
}

sl_rc sl_alert_state_get(struct sl_db *db, sl_str alert, struct sl_alert_state *ret)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT state, since_us, value, seen_us FROM alert_state WHERE alert = ?");
    sl_query_text(q, 1, alert);
    *ret = (struct sl_alert_state){.alert = alert};
    if (sl_query_row(q)) {
        ret->phase = phase_of(sl_query_text_at(q, 0));
        ret->since_us = sl_query_i64_at(q, 1);
        ret->value_micro = sl_query_i64_at(q, 2);
        ret->seen_us = sl_query_i64_at(q, 3);
    }
    return sl_query_end(q);
}

sl_rc sl_alert_state_put(struct sl_db *db, const struct sl_alert_state *s)
{
    struct sl_query *q =
        sl_db_query(db, "INSERT OR REPLACE INTO alert_state (alert, state, since_us, value, "
                        "seen_us) VALUES (?, ?, ?, ?, ?)");
    sl_query_text(q, 1, s->alert);
    sl_query_text(q, 2, sl_cstr(sl_alert_phase_names[s->phase]));
    sl_query_i64(q, 3, s->since_us);
    sl_query_i64(q, 4, s->value_micro);
    sl_query_i64(q, 5, s->seen_us);
    return sl_query_run(q);
}

sl_rc sl_alert_states_each(struct sl_db *db,
                           void (*visit)(const struct sl_alert_state *s, void *arg), void *arg)
{
    struct sl_query *q = sl_db_query(
        db, "SELECT alert, state, since_us, value, seen_us FROM alert_state ORDER BY alert");
    while (sl_query_row(q)) {
        struct sl_alert_state s = {.alert = sl_query_text_at(q, 0),
                                   .phase = phase_of(sl_query_text_at(q, 1)),
                                   .since_us = sl_query_i64_at(q, 2),
                                   .value_micro = sl_query_i64_at(q, 3),
                                   .seen_us = sl_query_i64_at(q, 4)};
        visit(&s, arg);
    }
    return sl_query_end(q);
}

sl_rc sl_alert_states_prune(struct sl_db *db, int64_t before_us)
{
    struct sl_query *q = sl_db_query(db, "DELETE FROM alert_state WHERE seen_us < ?");
    sl_query_i64(q, 1, before_us);
    return sl_query_run(q);
}

/* ------------------------------------------------------------------ deliveries */

#define COLUMNS                                                                             \
    "id, webhook, event, body, state, error, attempts, created_us, next_us, delivered_us, " \
    "status"

static struct sl_delivery read_delivery(struct sl_query *q)
{
    return (struct sl_delivery){.id = sl_query_text_at(q, 0),
                                .webhook = sl_query_text_at(q, 1),
                                .event = sl_query_text_at(q, 2),
                                .body = sl_query_text_at(q, 3),
                                .state = sl_query_text_at(q, 4),
                                .error = sl_query_text_at(q, 5),
                                .attempts = sl_query_i64_at(q, 6),
                                .created_us = sl_query_i64_at(q, 7),
                                .next_us = sl_query_i64_at(q, 8),
                                .delivered_us = sl_query_i64_at(q, 9),
                                .status = sl_query_i64_at(q, 10)};
}

sl_rc sl_delivery_insert(struct sl_db *db, const struct sl_delivery *v)
{
    struct sl_query *q = sl_db_query(db, "INSERT INTO delivery (" COLUMNS ") "
                                         "VALUES (?, ?, ?, ?, 'pending', '', 0, ?, ?, 0, 0)");
    sl_query_text(q, 1, v->id);
    sl_query_text(q, 2, v->webhook);
    sl_query_text(q, 3, v->event);
    sl_query_text(q, 4, v->body);
    sl_query_i64(q, 5, v->created_us);
    sl_query_i64(q, 6, v->next_us);
    return sl_query_run(q);
}

sl_rc sl_delivery_update(struct sl_db *db, const struct sl_delivery *v)
{
    struct sl_query *q =
        sl_db_query(db, "UPDATE delivery SET state = ?, error = ?, attempts = ?, next_us = ?, "
                        "delivered_us = ?, status = ? WHERE id = ?");
    sl_query_text(q, 1, v->state);
    sl_query_text(q, 2, v->error);
    sl_query_i64(q, 3, v->attempts);
    sl_query_i64(q, 4, v->next_us);
    sl_query_i64(q, 5, v->delivered_us);
    sl_query_i64(q, 6, v->status);
    sl_query_text(q, 7, v->id);
    return sl_query_run(q);
}

sl_rc sl_delivery_due(struct sl_db *db, int64_t now_us, struct sl_arena *a, struct sl_delivery *ret)
{
    struct sl_query *q =
        sl_db_query(db, "SELECT " COLUMNS " FROM delivery WHERE state = 'pending' AND "
                        "next_us <= ? ORDER BY next_us LIMIT 1");
    sl_query_i64(q, 1, now_us);
    bool is_there = sl_query_row(q);
    if (is_there) {
        *ret = read_delivery(q);
        sl_str *const texts[] = {&ret->id,   &ret->webhook, &ret->event,
                                 &ret->body, &ret->state,   &ret->error};
        for (size_t i = 0; i < SL_LEN(texts); i++)
            *texts[i] = sl_arena_dup(a, *texts[i]);
    }
    sl_rc rc = sl_query_end(q);
    return rc == SL_OK && !is_there ? SL_E_NOTFOUND : rc;
}

sl_rc sl_delivery_resend(struct sl_db *db, sl_str id, int64_t now_us)
{
    struct sl_query *q = sl_db_query(
        db, "UPDATE delivery SET state = 'pending', attempts = 0, next_us = ? WHERE id = ?");
    sl_query_i64(q, 1, now_us);
    sl_query_text(q, 2, id);
    sl_rc rc = sl_query_run(q);
    return rc == SL_OK && sl_db_changes(db) == 0 ? SL_E_NOTFOUND : rc;
}

struct condition {
    const char *test;
    sl_str value; /* empty: none */
};

/* Only what is asked for: each has an index, which a condition that may be empty would not use. */
static void write_list(const struct condition *conditions, size_t n, struct sl_strbuf *sql)
{
    const char *joint = "WHERE";
    sl_strbuf_add(sql, SL_STR("SELECT " COLUMNS " FROM delivery"));
    for (size_t i = 0; i < n; i++) {
        if (conditions[i].value.n == 0)
            continue;
        sl_strbuf_addf(sql, " %s %s", joint, conditions[i].test);
        joint = "AND";
    }
    sl_strbuf_add(sql, SL_STR(" ORDER BY id DESC LIMIT ?"));
    sl_strbuf_add_char(sql, '\0');
}

sl_rc sl_deliveries_each(struct sl_db *db, const struct sl_delivery_query *query,
                         void (*visit)(const struct sl_delivery *v, void *arg), void *arg)
{
    const struct condition conditions[] = {
        {"webhook = ?", query->webhook}, {"state = ?", query->state}, {"id < ?", query->before}};
    struct sl_strbuf sql = {0};
    int at = 1;
    write_list(conditions, SL_LEN(conditions), &sql);
    struct sl_query *q = sl_db_query(db, sql.p);
    sl_strbuf_fini(&sql);
    for (size_t i = 0; i < SL_LEN(conditions); i++)
        if (conditions[i].value.n != 0)
            sl_query_text(q, at++, conditions[i].value);
    sl_query_i64(q, at, (int64_t)query->limit);
    while (sl_query_row(q)) {
        struct sl_delivery v = read_delivery(q);
        visit(&v, arg);
    }
    return sl_query_end(q);
}

sl_rc sl_deliveries_prune(struct sl_db *db, int64_t before_us)
{
    struct sl_query *q = sl_db_query(db, "DELETE FROM delivery WHERE created_us < ?");
    sl_query_i64(q, 1, before_us);
    return sl_query_run(q);
}
