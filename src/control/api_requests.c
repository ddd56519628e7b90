/*
 * Single requests of this node's ledger: pages of them, those that came since the last look, and all of one.
 */
#include "base/clock.h"
#include "base/fmt.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"
#include "control/api_int.h"
#include "control/api_window.h"
#include "store/requests.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 500, LOOK_MAX = 200000 };

#define TEXT_SCHEMA "{\"type\":\"string\"}"

const struct sl_api_parameter sl_api_request_parameters[] = {
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",
     "How many at most."},
    {"cursor", TEXT_SCHEMA,
     "`next_cursor` of the page before. There may be one behind a page of few or none: `looked_back_to` says how "
     "far the ledger was looked through."},
    {"look", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":200000,\"default\":200000}",
     "How many requests of the ledger to look at for one answer, about."},
    {"tail", TEXT_SCHEMA,
     "Instead of pages: those that came since the answer whose `tail` this is, oldest first; `now` "
     "begins."},
    {"since", TEXT_SCHEMA, "Only those that began later: a span before now, or a time."},
    {"until", TEXT_SCHEMA, "Only those that began before: likewise."},
    {"min_latency", TEXT_SCHEMA, "Only those that took at least this long, such as `500ms`."},
#define X(ID, name, condition, help) {#name, "{\"enum\":[\"true\",\"false\"]}", help},
#include "store/request_flag.def"
#undef X
#define X(ID, name, column, help) {#name, TEXT_SCHEMA, help},
#include "store/request_filter.def"
#undef X
    {NULL, NULL, NULL},
};

static const char *const filter_names[SL_REQUEST_FILTER_COUNT] = {
#define X(ID, name, column, help) #name,
#include "store/request_filter.def"
#undef X
};

static const char *const flag_names[SL_REQUEST_FLAG_COUNT] = {
#define X(ID, name, condition, help) #name,
#include "store/request_flag.def"
#undef X
};

/* "<Unix microseconds>-<id>" */
static bool read_cursor(struct sl_call *c, struct sl_request_query *q)
{
    sl_str text = sl_call_query(c, "cursor");
    size_t dash = sl_str_find(text, '-', 0);
    if (text.p == NULL)
        return true;
    if (dash == SIZE_MAX || !sl_num_i64(sl_str_head(text, dash), &q->before_us) ||
        q->before_us <= 0)
        return sl_call_refuse(c, "cursor", "must be one of an answer before");
    q->before_id = sl_str_from(text, dash + 1);
    return true;
}

static bool read_tail(struct sl_call *c, struct sl_request_query *q, bool *ret_is_begin)
{
    sl_str text = sl_call_query(c, "tail");
    q->is_tail = text.p != NULL;
    *ret_is_begin = sl_str_eq(text, SL_STR("now"));
    if (!q->is_tail || *ret_is_begin)
        return true;
    if (sl_num_i64(text, &q->after_row) && q->after_row >= 0)
        return true;
    return sl_call_refuse(c, "tail", "must be 'now', or one of an answer before");
}

static bool read_flag(struct sl_call *c, const char *name, bool *ret)
{
    sl_str text = sl_call_query(c, name);
    *ret = sl_str_eq(text, SL_STR("true"));
    return text.p == NULL || *ret || sl_str_eq(text, SL_STR("false")) ||
           sl_call_refuse(c, name, "must be true or false");
}

static bool read_flags(struct sl_call *c, struct sl_request_query *q)
{
    for (size_t i = 0; i < SL_REQUEST_FLAG_COUNT; i++) {
        if (!read_flag(c, flag_names[i], &q->flags[i]))
            return false;
    }
    return true;
}

static bool read_look(struct sl_call *c, struct sl_request_query *q)
{
    uint64_t n = LOOK_MAX;
    sl_str text = sl_call_query(c, "look");
    if (text.p != NULL && !(sl_num_u64(text, LOOK_MAX, &n) && n != 0))
        return sl_call_refuse(c, "look", sl_fmt(c->a, "must be 1 to %u", LOOK_MAX).p);
    q->look_max = (int64_t)n;
    return true;
}

static bool read_latency(struct sl_call *c, struct sl_request_query *q)
{
    sl_str latency = sl_call_query(c, "min_latency");
    if (latency.p != NULL && !sl_units_span(latency, &q->min_took_us))
        return sl_call_refuse(c, "min_latency", "must be a span, such as 500ms");
    return true;
}

static bool read_query(struct sl_call *c, struct sl_request_query *q, bool *ret_is_begin)
{
    *q = (struct sl_request_query){0};
    for (size_t i = 0; i < SL_REQUEST_FILTER_COUNT; i++)
        q->filters[i] = sl_call_query(c, filter_names[i]);
    return sl_call_check_query(c, sl_api_request_parameters) &&
           sl_call_limit(c, LIMIT_DEFAULT, LIMIT_MAX, &q->limit) && read_cursor(c, q) &&
           read_tail(c, q, ret_is_begin) && sl_call_moment(c, "since", &q->since_us) &&
           sl_call_moment(c, "until", &q->until_us) && read_look(c, q) && read_latency(c, q) &&
           read_flags(c, q);
}

static void write_ends(struct sl_call *c, const struct sl_request_query *q, struct sl_jsonw *w,
                       const struct sl_request_place *last, bool has_more)
{
    int64_t row = last->is_there ? last->row : q->after_row;
    if (q->is_tail)
        sl_jsonw_key_str(w, SL_STR("tail"), sl_fmt(c->a, "%lld", (long long)row));
    else if (has_more)
        sl_jsonw_key_str(w, SL_STR("next_cursor"),
                         sl_fmt(c->a, "%lld-%.*s", (long long)last->us, SL_STRF(last->id)));
    if (last->is_cut && !q->is_tail)
        sl_jsonw_key_str(w, SL_STR("looked_back_to"), sl_fmt_rfc3339(c->a, last->us));
}

static sl_rc write_page(struct sl_call *c, struct sl_db *db, struct sl_request_query *q,
                        bool is_begin, struct sl_strbuf *out)
{
    struct sl_request_place last = {0};
    struct sl_jsonw w;
    bool has_more = false;
    sl_rc rc = SL_OK;
    sl_strbuf_init(out, c->a, 0);
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("items"));
    sl_jsonw_array(&w);
    if (is_begin)
        rc = sl_requests_last_row(db, &q->after_row, c->d);
    else
        rc = sl_requests_write(db, q, &w, c->a, &last, &has_more, c->d);
    if (rc != SL_OK)
        return rc;
    sl_jsonw_end(&w);
    write_ends(c, q, &w, &last, has_more);
    sl_jsonw_end(&w);
    return SL_OK;
}

void sl_api_requests(struct sl_call *c)
{
    struct sl_request_query q;
    struct sl_strbuf out;
    struct sl_db *db;
    bool is_begin = false;
    if (!read_query(c, &q, &is_begin) || !sl_call_ledger(c, &db))
        return;
    sl_rc rc = write_page(c, db, &q, is_begin, &out);
    sl_db_close(db);
    if (rc == SL_OK)
        sl_call_json(c, 200, sl_strbuf_str(&out));
    else
        sl_call_fail(c, SL_E_STORE, NULL);
}

void sl_api_request(struct sl_call *c)
{
    struct sl_strbuf out;
    struct sl_jsonw w;
    struct sl_db *db;
    if (!sl_call_ledger(c, &db))
        return;
    sl_strbuf_init(&out, c->a, 0);
    sl_jsonw_init(&w, &out);
    sl_rc rc = sl_request_write(db, c->key, &w, c->a, c->d);
    sl_db_close(db);
    if (rc == SL_OK)
        sl_call_json(c, 200, sl_strbuf_str(&out));
    else if (rc == SL_E_NOTFOUND)
        sl_call_fail(c, SL_E_NOTFOUND,
                     "no such request: it is not kept any more, or on its way to the ledger");
    else
        sl_call_fail(c, SL_E_STORE, NULL);
}
