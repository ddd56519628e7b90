/*
 * What the ledger of this node says, and what the program knows of models: sums, the catalogue.
 */
#include "ai/catalog.h"
#include "ai/provider.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/money.h"
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

/* ------------------------------------------------------------------ the catalogue */

static void write_flags(const struct sl_ai_model *m, struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("abilities"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < SL_AI_MODEL_FLAG_COUNT; i++) {
        if ((m->flags & 1u << i) != 0)
            sl_jsonw_str(w, sl_ai_model_flag_name(i));
    }
    sl_jsonw_end(w);
}

/* US dollars per million tokens, those that are known. */
static void write_prices(const struct sl_ai_price *p, struct sl_arena *a, struct sl_jsonw *w)
{
    static const char *const names[] = {
#define X(ID, name, side, fallback, text) #name,
#include "ai/usage_bucket.def"
#undef X
    };
    sl_jsonw_key(w, SL_STR("prices"));
    sl_jsonw_object(w);
    for (size_t i = 0; i < SL_LEN(names); i++) {
        struct sl_strbuf usd;
        if (p->base.musd[i] == SL_AI_PRICE_UNKNOWN)
            continue;
        sl_strbuf_init(&usd, a, 0);
        sl_money_add(&usd, p->base.musd[i] * 1000); /* at most 1e15: SL_AI_PRICE_MAX */
        sl_jsonw_key_str(w, sl_cstr(names[i]), sl_strbuf_str(&usd));
    }
    sl_jsonw_end(w);
    sl_jsonw_key_bool(w, SL_STR("has_price_rules"), p->rules_n != 0);
}

static void write_model(const struct sl_ai_model *m, struct sl_arena *a, struct sl_jsonw *w)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), m->name);
    sl_jsonw_key_str(w, SL_STR("mode"), sl_ai_mode_name(m->mode));
    sl_jsonw_key_bool(w, SL_STR("is_deprecated"), m->status == SL_AI_MODEL_DEPRECATED);
    sl_jsonw_key_i64(w, SL_STR("context_tokens"), m->context_tokens);
    sl_jsonw_key_i64(w, SL_STR("max_output_tokens"), m->max_output_tokens);
    sl_jsonw_key_bool(w, SL_STR("has_price"), m->price != NULL);
    if (m->price != NULL)
        write_prices(m->price, a, w);
    write_flags(m, w);
    sl_jsonw_end(w);
}

void sl_api_catalogue(struct sl_call *c)
{
    sl_str vendor = sl_call_query(c, "vendor");
    const struct sl_ai_vendor *v = sl_ai_vendor_find(vendor);
    struct sl_ai_model m;
    struct sl_strbuf out;
    struct sl_jsonw w;
    if (v == NULL) {
        sl_call_fail(c, SL_E_BAD_REQUEST, "vendor must be the id of one of GET /catalogue/vendors");
        return;
    }
    sl_strbuf_init(&out, c->a, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("items"));
    sl_jsonw_array(&w);
    for (size_t i = 0; sl_ai_catalog_model(v->catalog, i, &m); i++)
        write_model(&m, c->a, &w);
    sl_jsonw_end(&w);
    sl_jsonw_end(&w);
    sl_call_json(c, 200, sl_strbuf_str(&out));
}
