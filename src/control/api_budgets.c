/*
 * What is spent of a budget: its resource says how much and how long, this node's ledger what was used.
 */
#include "base/clock.h"
#include "base/fmt.h"
#include "base/money.h"
#include "base/str.h"
#include "control/alert_measure.h"
#include "control/api_int.h"
#include "store/usage.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500 };

const struct sl_api_parameter sl_api_budget_usage_parameters[] = {
    {"subject", "{\"type\":\"string\"}", "Only this one's."},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",
     "How many at most."},
    {NULL, NULL, NULL},
};

struct usage {
    struct sl_call *c;
    struct sl_jsonw w;
    struct sl_budget budget;
    struct sl_usage_budget_query query;
    size_t n;
};

/* ------------------------------------------------------------------ the budget */

static bool find_budget(struct usage *u)
{
    struct sl_work w;
    struct sl_row row;
    if (!sl_call_read(u->c, &w))
        return false;
    sl_rc rc = sl_budget_find(&w, u->c->key, &row, &u->budget);
    if (rc == SL_OK && !sl_actor_may(&u->c->actor, SL_STR("budgets:read"), row.workspace, row.team))
        rc = SL_E_NOTFOUND; /* what one may not see is not there */
    sl_tx_rollback(w.tx);
    if (rc != SL_OK)
        sl_call_fail(u->c, rc, rc == SL_E_NOTFOUND ? "there is no such budget" : NULL);
    return rc == SL_OK;
}

/* ------------------------------------------------------------------ the answer */

static void write_money(struct usage *u, const char *name, int64_t nusd)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, u->c->a, 0);
    sl_money_add(&b, nusd);
    sl_jsonw_key_str(&u->w, sl_cstr(name), sl_strbuf_str(&b));
}

static void write_time(struct usage *u, const char *name, int64_t at_s)
{
    sl_jsonw_key(&u->w, sl_cstr(name));
    if (at_s == 0)
        sl_jsonw_null(&u->w);
    else
        sl_jsonw_str(&u->w, sl_fmt_rfc3339(u->c->a, at_s * 1000000));
}

static void write_spent(const struct sl_record_charge *spent, void *arg)
{
    struct usage *u = arg;
    const struct sl_budget *b = &u->budget;
    u->n++;
    sl_jsonw_object(&u->w);
    sl_jsonw_key_str(&u->w, SL_STR("subject"), spent->subject);
    write_money(u, "spent_usd", spent->cost_nusd);
    sl_jsonw_key_i64(&u->w, SL_STR("spent_tokens"), spent->tokens);
    if (b->amount_nusd != 0)
        write_money(u, "rest_usd", SL_MAX(b->amount_nusd - spent->cost_nusd, (int64_t)0));
    if (b->tokens != 0)
        sl_jsonw_key_i64(&u->w, SL_STR("rest_tokens"),
                         SL_MAX(b->tokens - spent->tokens, (int64_t)0));
    sl_jsonw_end(&u->w);
}

static void write_head(struct usage *u, int64_t now_s)
{
    const struct sl_budget *b = &u->budget;
    sl_jsonw_key_str(&u->w, SL_STR("budget"), b->name);
    sl_jsonw_key_str(&u->w, SL_STR("per"), sl_cstr(sl_budget_keys[b->key]));
    sl_jsonw_key_str(&u->w, SL_STR("period"), sl_cstr(sl_budget_periods[b->period]));
    write_time(u, "began_at", u->query.window_start_s);
    write_time(u, "resets_at", sl_budget_next(b, now_s));
    if (b->amount_nusd != 0)
        write_money(u, "amount_usd", b->amount_nusd);
    if (b->tokens != 0)
        sl_jsonw_key_i64(&u->w, SL_STR("tokens"), b->tokens);
}

/* Whose budget it is has one, also before the first request. */
static void write_unspent(struct usage *u)
{
    bool is_one = u->budget.subject.n != 0 || u->budget.key == SL_BUDGET_GLOBAL;
    sl_str subject = u->budget.key == SL_BUDGET_GLOBAL ? SL_STR("*") : u->budget.subject;
    struct sl_record_charge none = {.subject = is_one ? subject : u->query.subject};
    bool is_asked = u->query.subject.p == NULL || sl_str_eq(u->query.subject, none.subject);
    if (u->n == 0 && none.subject.p != NULL && is_asked)
        write_spent(&none, u);
}

static sl_rc write_usage(struct usage *u, struct sl_db *db, int64_t now_s)
{
    u->query.budget = u->budget.identity;
    u->query.window_start_s = sl_budget_began(&u->budget, now_s);
    sl_jsonw_object(&u->w);
    write_head(u, now_s);
    sl_jsonw_key(&u->w, SL_STR("items"));
    sl_jsonw_array(&u->w);
    sl_rc rc = sl_usage_budget_each(db, &u->query, write_spent, u);
    if (rc == SL_OK)
        write_unspent(u);
    if (rc == SL_OK) {
        sl_jsonw_end(&u->w);
        sl_jsonw_end(&u->w);
    }
    return rc;
}

static bool read_limit(struct usage *u)
{
    size_t limit = 0;
    bool is_good = sl_call_limit(u->c, LIMIT_DEFAULT, LIMIT_MAX, &limit);
    u->query.limit = (int64_t)limit;
    return is_good;
}

void sl_api_budget_usage(struct sl_call *c)
{
    struct usage u = {.c = c, .query.subject = sl_call_query(c, "subject")};
    struct sl_strbuf out;
    struct sl_db *db;
    if (!sl_call_check_query(c, sl_api_budget_usage_parameters) || !read_limit(&u) ||
        !find_budget(&u) || !sl_call_ledger(c, &db))
        return;
    sl_strbuf_init(&out, c->a, 0);
    sl_jsonw_init(&u.w, &out);
    sl_rc rc = write_usage(&u, db, sl_clock_wall_us() / 1000000);
    sl_db_close(db);
    if (rc == SL_OK)
        sl_call_json(c, 200, sl_strbuf_str(&out));
    else
        sl_call_fail(c, SL_E_STORE, NULL);
}
