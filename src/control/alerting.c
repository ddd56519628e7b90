#include "control/alerting.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/fmt.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"
#include "base/thread.h"
#include "codec/crypto.h"
#include "control/alert_measure.h"
#include "control/change.h"
#include "control/fetch.h"
#include "control/tree.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 256 << 20,
    TICK_MS = 500,
    CLAIM_S = 60, /* until an attempt of which nothing came is made again */
    MICRO = 1000000,
    ERROR_BYTES = 200
};

static const char *const events[] = {"alert.firing", "alert.resolved"};

/* ------------------------------------------------------------------ one alert */

bool sl_alert_event_is_known(sl_str event)
{
    for (size_t i = 0; i < SL_LEN(events); i++) {
        if (sl_str_eq(event, sl_cstr(events[i])))
            return true;
    }
    return false;
}

bool sl_alert_threshold(const struct sl_alert_config *c, int64_t *ret_micro)
{
    return sl_num_decimal(c->threshold, 6, ret_micro);
}

const char *sl_alert_query(const struct sl_alert_config *c, struct sl_rollup_query *ret)
{
    *ret = (struct sl_rollup_query){0};
    for (size_t i = 0; i < c->filters.n && i < SL_ROLLUP_FILTERS_MAX; i++) {
        size_t dim = 0;
        while (dim < SL_DIM_COUNT && !sl_str_eq(c->filters.v[i].name, sl_dimension_names[dim]))
            dim++;
        if (dim == SL_DIM_COUNT)
            return c->filters.v[i].name.p;
        ret->filters[ret->filter_count++] =
            (struct sl_rollup_filter){(enum sl_dimension)dim, c->filters.v[i].value};
    }
    return NULL;
}

static int64_t scaled(int64_t v)
{
    int64_t micro;
    return __builtin_mul_overflow(v, (int64_t)MICRO, &micro) ? INT64_MAX : micro;
}

static int64_t share(int64_t part, int64_t all)
{
    return all > 0 ? (int64_t)((__int128)part * MICRO / all) : 0;
}

static int64_t all_tokens(const struct sl_rollup_cell *cell)
{
    int64_t sum = 0;
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        sum = sl_add_sat_i64(sum, cell->sums[SL_SUM_TOKENS + i]);
    return sum;
}

/* Microseconds are thousandths of the milliseconds that people compare with. */
static int64_t percentile(const struct sl_rollup_cell *cell, unsigned permille)
{
    return (int64_t)sl_hist_lazy_percentile(&cell->took, permille) * 1000;
}

bool sl_alert_is_measured(const struct sl_alert_config *c)
{
    return c->metric == SL_ALERT_BUDGET_PERCENT || c->metric == SL_ALERT_CERTIFICATE_DAYS;
}

int64_t sl_alert_value(const struct sl_alert_config *c, const struct sl_rollup_cell *cell)
{
    const int64_t *sums = cell->sums;
    switch ((enum sl_alert_metric)c->metric) {
    case SL_ALERT_ERROR_RATE:
        return share(sums[SL_SUM_ERRORS], sums[SL_SUM_REQUESTS]);
    case SL_ALERT_FAILURE_RATE:
        return share(sums[SL_SUM_FAILURES], sums[SL_SUM_REQUESTS]);
    case SL_ALERT_REQUESTS:
        return scaled(sums[SL_SUM_REQUESTS]);
    case SL_ALERT_ERRORS:
        return scaled(sums[SL_SUM_ERRORS]);
    case SL_ALERT_FAILURES:
        return scaled(sums[SL_SUM_FAILURES]);
    case SL_ALERT_P50:
        return percentile(cell, 500);
    case SL_ALERT_P95:
        return percentile(cell, 950);
    case SL_ALERT_P99:
        return percentile(cell, 990);
    case SL_ALERT_COST:
        return sums[SL_SUM_COST] / 1000;
    case SL_ALERT_TOKENS:
        return scaled(all_tokens(cell));
    case SL_ALERT_BUDGET_PERCENT:
    case SL_ALERT_CERTIFICATE_DAYS:
        return 0;
    }
    sl_panic(__FILE__, __LINE__, "no such metric");
}

static bool is_passed(const struct sl_alert_config *c, int64_t value_micro)
{
    int64_t threshold = 0;
    if (!sl_alert_threshold(c, &threshold))
        return false;
    return c->comparison == 0 ? value_micro > threshold : value_micro < threshold;
}

static void enter(struct sl_alert_state *s, enum sl_alert_phase phase, int64_t now_us)
{
    s->phase = phase;
    s->since_us = now_us;
}

const char *sl_alert_step(const struct sl_alert_config *c, bool is_wrong_now, int64_t now_us,
                          struct sl_alert_state *s)
{
    s->seen_us = now_us;
    if (!is_wrong_now) {
        bool was_firing = s->phase == SL_ALERT_FIRING;
        if (s->phase != SL_ALERT_OK || s->since_us == 0)
            enter(s, SL_ALERT_OK, now_us);
        return was_firing ? events[1] : NULL;
    }
    if (s->phase == SL_ALERT_OK)
        enter(s, SL_ALERT_PENDING, now_us);
    if (s->phase != SL_ALERT_PENDING || now_us - s->since_us < c->for_us)
        return NULL;
    enter(s, SL_ALERT_FIRING, now_us);
    return events[0];
}

/* ------------------------------------------------------------------ reading what people wrote */

struct look {
    struct sl_control *control;
    struct sl_db *alerts, *ledger;
    struct sl_arena *a;
    struct sl_diag *d;
    int64_t now_us;
    sl_str subject; /* of the number that is told */
    struct sl_rand rand;
    struct sl_webhook_config *webhooks; /* without secrets */
    size_t webhook_count, webhook_cap;
    struct sl_alert_config *alert_configs;
    size_t alert_count, alert_cap;
    sl_rc rc;
};

static bool parse(struct look *l, const struct sl_row *row, const struct sl_field *fields,
                  void *config)
{
    struct sl_work w = {.control = l->control, .a = l->a, .d = l->d};
    struct sl_node *spec = NULL;
    return sl_change_parse(&w, sl_arena_dup(l->a, row->spec), &spec) == SL_OK &&
           sl_field_read(fields, config, spec, SL_STR(""), l->a, l->d) == SL_OK;
}

/* Room for one more behind `n` of them. */
static void *grown(struct sl_arena *a, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    void *larger = sl_arena_alloc(a, (*cap = 2 * n + 16) * size);
    if (n != 0)
        memcpy(larger, v, n * size);
    return larger;
}

static bool take_webhook(const struct sl_row *row, void *arg)
{
    struct look *l = arg;
    l->webhooks = grown(l->a, l->webhooks, l->webhook_count, &l->webhook_cap, sizeof(*l->webhooks));
    l->webhooks[l->webhook_count] = (struct sl_webhook_config){0};
    if (parse(l, row, sl_webhook_fields, &l->webhooks[l->webhook_count]))
        l->webhook_count++;
    return true;
}

static bool take_alert(const struct sl_row *row, void *arg)
{
    struct look *l = arg;
    l->alert_configs =
        grown(l->a, l->alert_configs, l->alert_count, &l->alert_cap, sizeof(*l->alert_configs));
    l->alert_configs[l->alert_count] = (struct sl_alert_config){0};
    if (parse(l, row, sl_alert_fields, &l->alert_configs[l->alert_count]))
        l->alert_count++;
    return true;
}

static sl_rc read_configs(struct look *l)
{
    struct sl_row_query alerts = {.kind = SL_STR("alert")}, webhooks = {.kind = SL_STR("webhook")};
    struct sl_tx *tx;
    sl_rc rc = sl_store_read(l->control->store, &tx);
    if (rc != SL_OK)
        return rc;
    rc = sl_rows_each(tx, &alerts, take_alert, l);
    if (rc == SL_OK && l->alert_count != 0)
        rc = sl_rows_each(tx, &webhooks, take_webhook, l);
    sl_tx_rollback(tx);
    return rc;
}

/* ------------------------------------------------------------------ telling */

static bool has_text(const struct sl_strs *list, sl_str text)
{
    for (size_t i = 0; i < list->n; i++) {
        if (sl_str_eq(list->v[i], text))
            return true;
    }
    return list->n == 0;
}

static void write_decimal(struct sl_jsonw *w, const char *name, int64_t micro)
{
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_decimal(w, micro, 6);
}

static sl_str message(struct look *l, const struct sl_alert_config *c,
                      const struct sl_alert_state *s, const char *event)
{
    struct sl_strbuf b, window;
    struct sl_jsonw w;
    int64_t threshold = 0;
    (void)!sl_alert_threshold(c, &threshold); /* it was checked when it was written */
    sl_strbuf_init(&b, l->a, 0);
    sl_strbuf_init(&window, l->a, 0);
    sl_units_add_span(&window, c->window_us);
    sl_jsonw_init(&w, &b);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), sl_cstr(event));
    sl_jsonw_key_str(&w, SL_STR("timestamp"), sl_fmt_rfc3339(l->a, l->now_us));
    sl_jsonw_key(&w, SL_STR("data"));
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("alert"), c->name);
    sl_jsonw_key_str(&w, SL_STR("description"), c->description);
    for (const struct sl_field *f = sl_alert_fields; f->name != NULL; f++) {
        if (strcmp(f->name, "metric") == 0)
            sl_jsonw_key_str(&w, SL_STR("metric"), sl_cstr(f->values[c->metric]));
        if (strcmp(f->name, "comparison") == 0)
            sl_jsonw_key_str(&w, SL_STR("comparison"), sl_cstr(f->values[c->comparison]));
    }
    write_decimal(&w, "value", s->value_micro);
    write_decimal(&w, "threshold", threshold);
    if (c->budget.n != 0)
        sl_jsonw_key_str(&w, SL_STR("budget"), c->budget);
    if (l->subject.n != 0)
        sl_jsonw_key_str(&w, SL_STR("subject"), l->subject);
    sl_jsonw_key_str(&w, SL_STR("window"), sl_strbuf_str(&window));
    sl_jsonw_key(&w, SL_STR("filters"));
    sl_jsonw_object(&w);
    for (size_t i = 0; i < c->filters.n; i++)
        sl_jsonw_key_str(&w, c->filters.v[i].name, c->filters.v[i].value);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    return sl_strbuf_str(&b);
}

static sl_rc tell(struct look *l, const struct sl_alert_config *c, const struct sl_alert_state *s,
                  const char *event)
{
    sl_str body = message(l, c, s, event);
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < l->webhook_count && rc == SL_OK; i++) {
        const struct sl_webhook_config *hook = &l->webhooks[i];
        if (hook->disabled || !has_text(&c->webhooks, hook->name) ||
            !has_text(&hook->events, sl_cstr(event)))
            continue;
        struct sl_id id = sl_id_make(l->now_us / 1000, &l->rand);
        struct sl_delivery v = {.id = sl_id_str(&id),
                                .webhook = hook->name,
                                .event = sl_cstr(event),
                                .body = body,
                                .created_us = l->now_us,
                                .next_us = l->now_us};
        rc = sl_delivery_insert(l->alerts, &v);
    }
    return rc;
}

/* ------------------------------------------------------------------ looking */

static sl_rc sum_up(struct look *l, const struct sl_alert_config *c, struct sl_rollup_cell *ret)
{
    enum { MINUTE_S = 60 };
    int64_t to_s = l->now_us / MICRO / MINUTE_S * MINUTE_S + MINUTE_S;
    int64_t from_s = to_s - SL_MAX(c->window_us / MICRO / MINUTE_S, 1) * MINUTE_S;
    const int64_t edges_s[] = {from_s, to_s};
    struct sl_rollup_query query;
    struct sl_rollup_result result;
    if (sl_alert_query(c, &query) != NULL)
        return SL_E_INVALID;
    query.edges_s = edges_s;
    query.edge_count = SL_LEN(edges_s);
    sl_rc rc = sl_rollup_read(l->ledger, &query, l->now_us / MICRO, l->a, &result, l->d);
    if (rc == SL_OK)
        *ret = result.total.total;
    return rc;
}

static sl_rc write_step(struct look *l, const struct sl_alert_config *c,
                        const struct sl_alert_state *s, const char *event)
{
    sl_rc rc = sl_db_begin(l->alerts);
    if (rc == SL_OK)
        rc = sl_alert_state_put(l->alerts, s);
    if (rc == SL_OK && event != NULL)
        rc = tell(l, c, s, event);
    if (rc == SL_OK)
        rc = sl_db_commit(l->alerts);
    if (rc != SL_OK)
        sl_db_rollback(l->alerts);
    return rc;
}

/* What no report has. */
static sl_rc measure_other(struct look *l, const struct sl_alert_config *c,
                           struct sl_alert_number *ret)
{
    struct sl_work w = {.control = l->control, .a = l->a, .d = l->d};
    if (c->metric == SL_ALERT_CERTIFICATE_DAYS) {
        sl_alert_certificate_days(l->control, l->now_us / MICRO, l->a, ret);
        return SL_OK;
    }
    sl_rc rc = sl_store_read(l->control->store, &w.tx);
    if (rc != SL_OK)
        return rc;
    rc = sl_alert_budget_percent(&w, l->ledger, c->budget, l->now_us / MICRO, ret);
    sl_tx_rollback(w.tx);
    return rc;
}

static sl_rc measure(struct look *l, const struct sl_alert_config *c, struct sl_alert_number *ret)
{
    struct sl_rollup_cell cell;
    if (sl_alert_is_measured(c))
        return measure_other(l, c, ret);
    sl_rc rc = sum_up(l, c, &cell);
    if (rc == SL_OK)
        *ret = (struct sl_alert_number){.is_there = cell.sums[SL_SUM_REQUESTS] >= c->min_requests,
                                        .value_micro = sl_alert_value(c, &cell)};
    return rc;
}

static sl_rc look_at(struct look *l, const struct sl_alert_config *c)
{
    struct sl_alert_number number;
    struct sl_alert_state state;
    sl_rc rc = measure(l, c, &number);
    if (rc == SL_OK)
        rc = sl_alert_state_get(l->alerts, c->name, &state);
    if (rc != SL_OK)
        return rc;
    state.value_micro = number.value_micro;
    l->subject = number.subject;
    bool is_wrong = number.is_there && is_passed(c, number.value_micro);
    const char *event = sl_alert_step(c, is_wrong, l->now_us, &state);
    if (event != NULL)
        sl_log(l->control->config.log, WARN, "alert changed", SL_KV_STR("alert", c->name),
               SL_KV_STR("event", sl_cstr(event)));
    return write_step(l, c, &state, event);
}

static sl_rc look_at_all(struct look *l)
{
    sl_rc rc = read_configs(l);
    if (rc != SL_OK || l->alert_count == 0)
        return rc;
    rc =
        sl_db_open_to_read(sl_fmt(l->a, "%s/usage.db", l->control->config.dir).p, &l->ledger, l->d);
    for (size_t i = 0; i < l->alert_count && rc == SL_OK; i++) {
        if (!l->alert_configs[i].disabled)
            rc = look_at(l, &l->alert_configs[i]);
    }
    sl_db_close(l->ledger);
    return rc;
}

sl_rc sl_alerting_look(struct sl_control *c, struct sl_db *alerts, int64_t now_us)
{
    struct sl_arena *a = sl_arena_new("alerts", ARENA_BYTES);
    struct look *l = sl_arena_new_of(a, struct look);
    *l = (struct look){.control = c, .alerts = alerts, .a = a, .now_us = now_us};
    l->d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(l->d, a);
    sl_rand_seed_os(&l->rand);
    sl_rc rc = look_at_all(l);
    if (rc == SL_OK)
        rc = sl_alert_states_prune(alerts, now_us - SL_SECONDS(60));
    sl_arena_free(a);
    return rc;
}

/* ------------------------------------------------------------------ posting */

int64_t sl_webhook_backoff_s(int64_t attempts)
{
    static const int64_t waits_s[SL_WEBHOOK_ATTEMPTS_MAX - 1] = {1, 5, 30, 120, 600, 3600, 21600};
    return attempts >= 1 && attempts < SL_WEBHOOK_ATTEMPTS_MAX ? waits_s[attempts - 1] : 0;
}

sl_str sl_webhook_sign(sl_str secret, sl_str id, int64_t unix_s, sl_str body, struct sl_arena *a)
{
    static const sl_str prefix = SL_STR_INIT("whsec_");
    struct sl_strbuf key, out;
    uint8_t mac[SL_SHA256_BYTES];
    sl_strbuf_init(&key, a, 0);
    sl_strbuf_init(&out, a, 0);
    bool is_coded = sl_str_starts(secret, prefix) &&
                    sl_dec_base64(&key, sl_str_from(secret, prefix.n)) && key.n != 0;
    sl_hmac_sha256(is_coded ? sl_strbuf_str(&key) : secret,
                   sl_fmt(a, "%.*s.%lld.%.*s", SL_STRF(id), (long long)unix_s, SL_STRF(body)), mac);
    sl_strbuf_add(&out, SL_STR("v1,"));
    sl_enc_base64(&out, sl_digest_str(mac, sizeof(mac)));
    return sl_strbuf_str(&out);
}

/* The webhook with its secret in clear; SL_E_NOTFOUND when it is gone. */
static sl_rc find_webhook(struct sl_control *c, sl_str name, struct sl_arena *a, struct sl_diag *d,
                          struct sl_webhook_config *ret)
{
    const struct sl_resource_type *type = sl_resource_type_by_kind(SL_STR("webhook"));
    struct sl_work w = {.control = c, .a = a, .d = d};
    struct sl_node *spec = NULL;
    struct sl_row row;
    sl_rc rc = sl_store_read(c->store, &w.tx);
    if (rc != SL_OK)
        return rc;
    rc = sl_row_by_name(w.tx, SL_STR("webhook"), name, a, &row);
    sl_tx_rollback(w.tx);
    if (rc == SL_OK)
        rc = sl_change_parse(&w, row.spec, &spec);
    if (rc == SL_OK)
        rc = sl_change_unseal(c, type, row.id, spec, a, &spec, d);
    *ret = (struct sl_webhook_config){0};
    return rc == SL_OK ? sl_field_read(sl_webhook_fields, ret, spec, SL_STR(""), a, d) : rc;
}

static sl_rc post(struct sl_control *c, const struct sl_webhook_config *hook, struct sl_delivery *v,
                  int64_t now_us, struct sl_arena *a, struct sl_diag *d)
{
    sl_str at = sl_fmt(a, "%lld", (long long)(now_us / MICRO));
    const struct sl_pair headers[] = {
        {SL_STR_INIT("content-type"), SL_STR_INIT("application/json")},
        {SL_STR_INIT("webhook-id"), v->id},
        {SL_STR_INIT("webhook-timestamp"), at},
        {SL_STR_INIT("webhook-signature"),
         sl_webhook_sign(hook->signing_key, v->id, now_us / MICRO, v->body, a)},
    };
    const struct sl_send_request rq = {.url = hook->url,
                                       .headers = headers,
                                       .header_count = SL_LEN(headers),
                                       .body = v->body,
                                       .timeout_us = SL_SECONDS(SL_WEBHOOK_TIMEOUT_S)};
    struct sl_send_answer answer = {0};
    sl_rc rc = sl_send(&rq, &c->config.fetch_from, a, d, &answer);
    v->status = answer.status;
    return rc;
}

static void note_failure(struct sl_delivery *v, sl_str why, bool is_final, int64_t now_us)
{
    int64_t wait_s = sl_webhook_backoff_s(v->attempts);
    v->error = sl_str_head(why, ERROR_BYTES);
    v->state = is_final || wait_s == 0 ? SL_STR("failed") : SL_STR("pending");
    v->next_us = now_us + wait_s * MICRO;
}

static void attempt(struct sl_control *c, struct sl_delivery *v, struct sl_arena *a)
{
    struct sl_webhook_config hook;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    sl_rc rc = find_webhook(c, v->webhook, a, d, &hook);
    bool is_gone = rc == SL_E_NOTFOUND || (rc == SL_OK && hook.disabled);
    if (rc == SL_OK && !is_gone)
        rc = post(c, &hook, v, sl_clock_wall_us(), a, d);
    int64_t now_us = sl_clock_wall_us();
    if (is_gone) {
        note_failure(v, SL_STR("the webhook is gone or disabled"), true, now_us);
    } else if (rc != SL_OK) {
        note_failure(v, d->count != 0 ? d->problems[0].message : sl_cstr(sl_err_info(rc)->text),
                     false, now_us);
    } else if (v->status < 200 || v->status > 299) {
        note_failure(v, sl_fmt(a, "was answered with %d", (int)v->status), v->status == 410,
                     now_us);
    } else {
        v->state = SL_STR("delivered");
        v->error = SL_STR("");
        v->delivered_us = now_us;
    }
}

/*
 * Written before it is posted: nobody is told over and over because what came of it cannot be written, or because
 * the program ends in the middle of it.
 */
static sl_rc claim(struct sl_db *db, struct sl_delivery *v, int64_t now_us)
{
    v->attempts++;
    v->status = 0;
    v->error = SL_STR("the attempt was not ended");
    v->next_us = now_us + SL_SECONDS(SL_MAX(sl_webhook_backoff_s(v->attempts), (int64_t)CLAIM_S));
    return sl_delivery_update(db, v);
}

/* False: nothing is due, or the database does not work. */
static bool deliver_one(struct sl_control *c, struct sl_db *db)
{
    struct sl_arena *a = sl_arena_new("delivery", ARENA_BYTES);
    struct sl_delivery v;
    sl_rc rc = sl_delivery_due(db, sl_clock_wall_us(), a, &v);
    if (rc == SL_OK)
        rc = claim(db, &v, sl_clock_wall_us());
    if (rc == SL_OK) {
        attempt(c, &v, a);
        rc = sl_delivery_update(db, &v);
        if (sl_str_eq(v.state, SL_STR("failed")))
            sl_log(c->config.log, ERROR, "webhook cannot be told", SL_KV_STR("webhook", v.webhook),
                   SL_KV_STR("error", v.error));
    }
    sl_arena_free(a);
    return rc == SL_OK;
}

/* ------------------------------------------------------------------ the threads */

struct sl_alerting {
    struct sl_control *control;
    struct sl_db *looks, *sends; /* a connection for each thread */
    pthread_t looker, sender;
    bool has_looker, has_sender;
    int stop_fd; /* readable: end */
};

static bool rest(struct sl_alerting *g, int ms)
{
    struct pollfd fd = {.fd = g->stop_fd, .events = POLLIN};
    return poll(&fd, 1, ms) != 1;
}

static void *run_looker(void *arg)
{
    struct sl_alerting *g = arg;
    struct sl_control *c = g->control;
    bool has_told = false;
    do {
        if (!atomic_load(&c->is_open))
            continue;
        sl_rc rc = sl_alerting_look(c, g->looks, sl_clock_wall_us());
        if (rc != SL_OK && !has_told)
            sl_log(c->config.log, ERROR, "alerts cannot be looked at", SL_KV_ERR("reason", rc));
        has_told = rc != SL_OK;
    } while (rest(g, SL_ALERTING_LOOK_MS));
    return NULL;
}

static void *run_sender(void *arg)
{
    struct sl_alerting *g = arg;
    const int64_t kept_us = (int64_t)SL_ALERTING_KEPT_DAYS * 86400 * MICRO;
    do {
        if (!atomic_load(&g->control->is_open))
            continue;
        while (deliver_one(g->control, g->sends) && rest(g, 0)) {
        }
        sl_rc rc = sl_deliveries_prune(g->sends, sl_clock_wall_us() - kept_us);
        (void)rc; /* the next time */
    } while (rest(g, TICK_MS));
    return NULL;
}

static sl_rc open_databases(struct sl_alerting *g, struct sl_diag *d)
{
    const char *path = sl_fmt(d->arena, "%s/alerts.db", g->control->config.dir).p;
    sl_rc rc = sl_db_open(path, &g->looks, d);
    if (rc == SL_OK)
        rc = sl_alerts_migrate(g->looks, d);
    return rc == SL_OK ? sl_db_open(path, &g->sends, d) : rc;
}

sl_rc sl_alerting_start(struct sl_control *c, struct sl_alerting **ret, struct sl_diag *d)
{
    struct sl_alerting *g = sl_new(struct sl_alerting);
    g->control = c;
    g->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sl_rc rc = g->stop_fd >= 0 ? open_databases(g, d) : SL_E_IO;
    if (rc == SL_OK)
        g->has_looker = sl_thread_start(&g->looker, run_looker, g);
    if (g->has_looker)
        g->has_sender = sl_thread_start(&g->sender, run_sender, g);
    if (g->has_sender) {
        *ret = g;
        return SL_OK;
    }
    sl_alerting_stop(g);
    return rc != SL_OK ? rc : sl_diag_fail(d, SL_E_NOMEM, "alerts", "cannot be looked at");
}

void sl_alerting_stop(struct sl_alerting *g)
{
    if (g == NULL)
        return;
    if (g->stop_fd >= 0)
        (void)eventfd_write(g->stop_fd, 1); /* the counter has room */
    if (g->has_looker)
        pthread_join(g->looker, NULL);
    if (g->has_sender)
        pthread_join(g->sender, NULL);
    sl_db_close(g->looks);
    sl_db_close(g->sends);
    if (g->stop_fd >= 0)
        (void)close(g->stop_fd);
    sl_free(g);
}
