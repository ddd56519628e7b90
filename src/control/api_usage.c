/*
 * What the ledger of this node says: sums.
 */
#include "base/clock.h"
#include "base/fmt.h"
#include "base/str.h"
#include "base/units.h"
#include "control/api_int.h"
#include "store/report.h"

bool sl_call_ledger(struct sl_call *c, struct sl_db **ret)
{
    const char *path = sl_fmt(c->a, "%s/usage.db", c->control->config.dir).p;
    if (sl_db_open_to_read(path, ret, c->d) == SL_OK)
        return true;
    sl_call_fail(c, SL_E_STORE, "the ledger cannot be read");
    return false;
}

/* ------------------------------------------------------------------ sums */

static const char *const groups[] = {"model",  "consumer", "service", "route",
                                     "vendor", "day",      "hour",    "minute"};

static bool read_group(struct sl_call *c, enum sl_report_group *ret)
{
    sl_str text = sl_call_query(c, "group");
    *ret = SL_REPORT_SERVICE;
    for (size_t i = 0; i < SL_LEN(groups); i++) {
        if (sl_str_eq(text, sl_cstr(groups[i]))) {
            *ret = (enum sl_report_group)i;
            return true;
        }
    }
    if (text.p != NULL)
        sl_call_fail(c, SL_E_BAD_REQUEST,
                     "group must be model, consumer, service, route, vendor, day, hour or minute");
    return text.p == NULL;
}

/* "24h" before now, or an instant. */
static bool read_since(struct sl_call *c, int64_t *ret_us)
{
    sl_str text = sl_call_query(c, "since");
    sl_usec span_us;
    if (text.p == NULL)
        text = SL_STR("24h");
    if (sl_parse_rfc3339(text, ret_us))
        return true;
    if (sl_units_span(text, &span_us)) {
        *ret_us = sl_clock_wall_us() - span_us;
        return true;
    }
    sl_call_fail(c, SL_E_BAD_REQUEST,
                 "since must be a span such as 24h, or a time such as 2026-01-31T00:00:00Z");
    return false;
}

void sl_api_usage(struct sl_call *c)
{
    struct sl_report_options o = {.now_us = sl_clock_wall_us(), .is_json = true};
    struct sl_strbuf out;
    struct sl_db *db;
    if (!read_group(c, &o.group) || !read_since(c, &o.since_us) || !sl_call_ledger(c, &db))
        return;
    sl_strbuf_init(&out, c->a, 0);
    sl_rc rc = sl_report_write(db, &o, &out, c->d);
    sl_db_close(db);
    if (rc == SL_OK)
        sl_call_json(c, 200, sl_strbuf_str(&out));
    else
        sl_call_fail(c, SL_E_STORE, NULL);
}
