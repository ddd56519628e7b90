/*
 * alert: a limit for a number of a report; when it is passed, webhooks hear of it (control/alerting).
 */
#include "base/str.h"
#include "control/alert_measure.h"
#include "control/alerting.h"
#include "control/change.h"
#include "control/tree.h"

static const char *const metrics[] = {
    "error_rate",     "failure_rate",     "requests", "errors",   "failures",
    "p50_ms",         "p95_ms",           "p99_ms",   "cost_usd", "tokens",
    "budget_percent", "certificate_days", NULL};
static const char *const comparisons[] = {"above", "below", NULL};

const struct sl_field sl_alert_fields[] = {
    SL_FIELD_STR(struct sl_alert_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "too-many-errors"),
    SL_FIELD_ENUM(
        struct sl_alert_config, metric, .required = true, .values = metrics,
        .help = "Which number: `error_rate` (all that did not end well) and "
                "`failure_rate` (the gateway's and the upstream's) from 0 to 1, counts, "
                "percentiles of how long requests took, money, tokens; how much of `budget` is "
                "used by who used most of it; and in how many days the first certificate "
                "of a listener, or one that is shown to upstreams, expires."),
    SL_FIELD_STR(struct sl_alert_config, budget, .max = "64",
                 .help = "Key of the budget, for `budget_percent`.", .example = "search"),
    SL_FIELD_ENUM(struct sl_alert_config, comparison, .dflt = "above", .values = comparisons,
                  .help = "On which side of the threshold it is wrong."),
    SL_FIELD_STR(struct sl_alert_config, threshold, .required = true, .min = "1", .max = "24",
                 .help = "A decimal, at most six digits behind the point.", .example = "\"0.05\""),
    SL_FIELD_SPAN(struct sl_alert_config, window_us, "window", .dflt = "5m", .min = "1m",
                  .max = "31d", .help = "Of the requests of how long, to the minute."),
    SL_FIELD_SPAN(struct sl_alert_config, for_us, "for", .dflt = "0s", .min = "0s", .max = "7d",
                  .help = "It fires when it has been wrong for so long."),
    SL_FIELD_INT(struct sl_alert_config, min_requests, .dflt = "1", .min = "0", .max = "1000000000",
                 .help = "With fewer requests in the window nothing is wrong."),
    SL_FIELD_MAP(struct sl_alert_config, filters, .max = "10",
                 .help = "Only requests of it, by the dimensions of reports: `{service: orders}`."),
    SL_FIELD_STRS(struct sl_alert_config, webhooks, .max = "16",
                  .help = "Who hears of it. Left out: all webhooks.", .example = "[on-call]"),
    SL_FIELD_BOOL(struct sl_alert_config, disabled, .help = "Look at nothing."),
    SL_FIELD_STR(struct sl_alert_config, description, .max = "2048",
                 .help = "What to do about it; it is in the message."),
    SL_FIELD_END,
};

static const struct sl_noun alert_noun = {
    .name = "alerts",
    .summary = "Limits for the numbers of reports; webhooks hear when one is passed.",
    .fields = sl_alert_fields,
    .size = sizeof(struct sl_alert_config),
    .is_list = true,
};

static sl_rc check_budget(struct sl_change *c, const struct sl_alert_config *config)
{
    struct sl_budget budget;
    struct sl_row row;
    bool is_wanted = config->metric == SL_ALERT_BUDGET_PERCENT;
    if (is_wanted != (config->budget.n != 0))
        return sl_change_fail(c, "budget", "belongs to the metric budget_percent, which needs it");
    sl_rc rc = is_wanted ? sl_budget_find(c->work, config->budget, &row, &budget) : SL_OK;
    if (rc == SL_OK && is_wanted && !sl_str_eq(row.name, config->budget))
        return sl_change_fail(c, "budget", "must be the key of the budget, '%.*s'",
                              SL_STRF(row.name));
    if (rc == SL_E_NOTFOUND)
        return sl_change_fail(c, "budget", "there is no budget '%.*s'", SL_STRF(config->budget));
    return sl_work_fail(c->work, rc);
}

/* What is no number of a report has no requests to choose from. */
static sl_rc check_measured(struct sl_change *c)
{
    const struct sl_alert_config *config = c->config;
    sl_rc rc = check_budget(c, config);
    if (rc != SL_OK || !sl_alert_is_measured(config))
        return rc;
    if (config->filters.n != 0)
        return sl_change_fail(c, "filters", "must be left out: it is no number of requests");
    if (config->metric == SL_ALERT_CERTIFICATE_DAYS && config->comparison == 0)
        return sl_change_fail(c, "comparison", "must be `below` for certificate_days");
    return SL_OK;
}

static sl_rc alert_check(struct sl_change *c)
{
    const struct sl_alert_config *config = c->config;
    struct sl_rollup_query query;
    int64_t threshold;
    if (c->is_delete)
        return SL_OK;
    if (!sl_alert_threshold(config, &threshold))
        return sl_change_fail(c, "threshold",
                              "must be a decimal with at most six digits behind the point");
    sl_rc rc = check_measured(c);
    if (rc != SL_OK)
        return rc;
    const char *unknown = sl_alert_query(config, &query);
    if (unknown != NULL)
        return sl_change_fail(c, "filters", "'%s' is no dimension of reports", unknown);
    return SL_OK;
}

static const struct sl_reference alert_references[] = {
    {"webhooks[]", "webhook"}, {"budget", "budget", .is_loose = true}, {NULL, NULL}};

const struct sl_resource_type sl_resource_alert = {
    .kind = "alert",
    .noun = &alert_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .references = alert_references,
    .check = alert_check,
};
