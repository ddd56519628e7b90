#include "control/alert_measure.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "control/change.h"
#include "control/filed.h"
#include "net/tls_certificate.h"
#include "snapshot/snapshot.h"
#include "store/usage.h"

enum { MICRO = 1000000, DAY_S = 86400, PERCENT = 100 };

/* ------------------------------------------------------------------ budgets */

static sl_rc find_row(struct sl_work *w, const struct sl_resource_type *type, sl_str key,
                      struct sl_row *ret)
{
    sl_rc rc = sl_change_find(w, type, key, ret);
    return rc == SL_E_NOTFOUND ? sl_filed_find(w, type, key, ret) : rc;
}

sl_rc sl_budget_find(struct sl_work *w, sl_str key, struct sl_row *ret_row, struct sl_budget *ret)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("budget"));
    struct sl_budget_config config = {0};
    struct sl_node *spec = NULL;
    sl_rc rc = find_row(w, type, key, ret_row);
    if (rc == SL_OK)
        rc = sl_change_parse(w, ret_row->spec, &spec);
    if (rc == SL_OK)
        rc = sl_field_read(sl_budget_fields, &config, spec, SL_STR(""), w->a, w->d);
    return rc == SL_OK ? sl_budget_read(&config, sl_budget_identity(&config, w->a), w->a, ret, w->d)
                       : rc;
}

struct most {
    const struct sl_budget *budget;
    struct sl_arena *a;
    struct sl_alert_number *number;
};

static int64_t percent(int64_t part, int64_t all)
{
    __int128 micro = all > 0 ? (__int128)part * PERCENT * MICRO / all : 0;
    return micro > INT64_MAX ? INT64_MAX : (int64_t)micro;
}

static void note_spent(const struct sl_record_charge *spent, void *arg)
{
    struct most *m = arg;
    int64_t value = SL_MAX(percent(spent->cost_nusd, m->budget->amount_nusd),
                           percent(spent->tokens, m->budget->tokens));
    if (m->number->is_there && value <= m->number->value_micro)
        return;
    *m->number = (struct sl_alert_number){true, value, sl_arena_dup(m->a, spent->subject)};
}

sl_rc sl_alert_budget_percent(struct sl_work *w, struct sl_db *ledger, sl_str key, int64_t now_s,
                              struct sl_alert_number *ret)
{
    struct sl_budget budget;
    struct sl_row row;
    *ret = (struct sl_alert_number){0};
    sl_rc rc = sl_budget_find(w, key, &row, &budget);
    if (rc != SL_OK)
        return rc == SL_E_NOTFOUND ? SL_OK : rc;
    struct most most = {.budget = &budget, .a = w->a, .number = ret};
    struct sl_usage_budget_query query = {.budget = budget.identity,
                                          .window_start_s = sl_budget_began(&budget, now_s),
                                          .limit = SL_SPEND_SUBJECTS_MAX};
    return sl_usage_budget_each(ledger, &query, note_spent, &most);
}

/* ------------------------------------------------------------------ certificates */

struct first {
    struct sl_arena *a;
    struct sl_alert_number *number;
    int64_t now_s;
};

static void note(struct first *f, int64_t expires_s, sl_str subject)
{
    int64_t value = (int64_t)((__int128)(expires_s - f->now_s) * MICRO / DAY_S);
    if (f->number->is_there && value >= f->number->value_micro)
        return;
    *f->number = (struct sl_alert_number){true, value, sl_arena_dup(f->a, subject)};
}

/* What is no certificate, or one of an authority that others chose, is not ours to renew. */
static void note_certificate(const char *path, bool is_served, void *arg)
{
    struct first *f = arg;
    int64_t expires_s;
    bool is_authority;
    if (sl_tls_certificate_read(path, &expires_s, &is_authority) != SL_OK ||
        (is_authority && !is_served))
        return;
    note(f, expires_s, sl_cstr(path));
}

static void note_named(const struct sl_snapshot *s, struct first *f)
{
    for (size_t i = 0; i < s->named_certificate_count; i++) {
        const struct sl_named_certificate *c = &s->named_certificates[i];
        note(f, sl_certificate_facts(c->certificate)->not_after_s,
             sl_fmt(f->a, "certificates/%.*s", SL_STRF(c->name)));
    }
}

void sl_alert_certificate_days(struct sl_control *c, int64_t now_s, struct sl_arena *a,
                               struct sl_alert_number *ret)
{
    struct first first = {.a = a, .number = ret, .now_s = now_s};
    *ret = (struct sl_alert_number){0};
    const struct sl_publish_ops *ops = c->config.ops;
    if (ops != NULL && ops->certificates != NULL)
        ops->certificates(c->config.ctx, note_certificate, &first);
    struct sl_snapshot *s = sl_control_snapshot(c);
    if (s != NULL)
        note_named(s, &first);
    sl_snapshot_unref(s);
}
