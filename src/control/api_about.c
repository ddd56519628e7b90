/*
 * What the program tells about itself: the audit trail, nodes, types of policies, vendors, its own description.
 */
#include "ai/provider.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/api_int.h"
#include "control/described.h"
#include "control/follow.h"
#include "store/audit.h"
#include "store/migrate.h"
#include "store/nodes.h"

enum { AUDIT_LIMIT_DEFAULT = 50, AUDIT_LIMIT_MAX = 500, EXPORT_BYTES_MAX = 512 << 20 };

/* ------------------------------------------------------------------ audit */

struct trail {
    struct sl_call *c;
    struct sl_strbuf *out;
    struct sl_jsonw w;
    size_t limit, n;
    bool is_lines; /* one object a line, without limit */
    bool has_more;
    int64_t last_seq;
};

static void write_json_member(struct sl_jsonw *w, const char *name, sl_str json)
{
    sl_jsonw_key(w, sl_cstr(name));
    if (json.n == 0)
        sl_jsonw_null(w);
    else
        sl_jsonw_raw(w, json); /* we wrote it ourselves, as JSON */
}

static void write_entry(const struct sl_audit *e, struct sl_arena *a, struct sl_jsonw *w)
{
    const struct {
        const char *name;
        sl_str text;
    } members[] = {
        {"actor", e->actor},     {"remote", e->remote},      {"request_id", e->request_id},
        {"action", e->action},   {"kind", e->kind},          {"subject_id", e->subject_id},
        {"subject", e->subject}, {"workspace", e->workspace}};
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("seq"), e->seq);
    sl_jsonw_key(w, SL_STR("at"));
    sl_tree_write(sl_tree_time(a, e->at_us), w);
    for (size_t i = 0; i < SL_LEN(members); i++)
        sl_jsonw_key_str(w, sl_cstr(members[i].name), members[i].text);
    write_json_member(w, "before", e->before);
    write_json_member(w, "after", e->after);
    sl_jsonw_key_str(w, SL_STR("hash"), e->hash);
    sl_jsonw_end(w);
}

static bool note_entry(const struct sl_audit *e, void *arg)
{
    struct trail *t = arg;
    if (!t->is_lines && t->n == t->limit) {
        t->has_more = true;
        return false;
    }
    if (t->is_lines)
        sl_jsonw_init(&t->w, t->out);
    struct sl_arena *a = sl_arena_new("audit entry", SL_MIB(1));
    write_entry(e, a, &t->w);
    sl_arena_free(a);
    if (t->is_lines)
        sl_strbuf_add_char(t->out, '\n');
    t->n++;
    t->last_seq = e->seq;
    return !t->out->is_full;
}

#define TEXT "{\"type\":\"string\"}"
const struct sl_api_parameter sl_api_audit_parameters[] = {
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}",
     "How many at most."},
    {"cursor", TEXT, "`next_cursor` of the page before."},
    {"actor", TEXT, "Only what they did: `user:NAME`, `token:NAME`, `local`, `system`."},
    {"kind", TEXT, "Only of this kind: `service`, `session`."},
    {"action", TEXT, "Only this: `service.publish`."},
    {"subject", TEXT, "Only on what was called so then."},
    {"subject_id", TEXT, "Only on the resource with this id."},
    {"since", TEXT,
     "Only from then on: a span before now, such as `24h`, or a time. Then the newest by time come first."},
    {"until", TEXT, "Only before then: likewise."},
    {NULL, NULL, NULL},
};
#undef TEXT

/* False when it was answered. */
static bool read_trail(struct sl_call *c, struct trail *t, struct sl_audit_query *q)
{
    if (!sl_call_check_query(c, sl_api_audit_parameters))
        return false;
    sl_str cursor = sl_call_query(c, "cursor");
    if (!sl_call_limit(c, AUDIT_LIMIT_DEFAULT, AUDIT_LIMIT_MAX, &t->limit))
        return false;
    if (cursor.p != NULL && !(sl_num_i64(cursor, &q->before_seq) && q->before_seq > 0))
        return sl_call_refuse(c, "cursor", "must be the number of an entry");
    q->subject_id = sl_call_query(c, "subject_id");
    q->subject = sl_call_query(c, "subject");
    q->actor = sl_call_query(c, "actor");
    q->kind = sl_call_query(c, "kind");
    q->action = sl_call_query(c, "action");
    return sl_call_moment(c, "since", &q->since_us) && sl_call_moment(c, "until", &q->until_us);
}

static void end_trail(struct trail *t)
{
    sl_jsonw_end(&t->w);
    if (t->has_more)
        sl_jsonw_key_str(&t->w, SL_STR("next_cursor"),
                         sl_fmt(t->c->a, "%lld", (long long)t->last_seq));
    sl_jsonw_end(&t->w);
}

void sl_api_audit(struct sl_call *c)
{
    struct sl_work w;
    struct sl_strbuf out;
    struct trail t = {.c = c, .out = &out};
    struct sl_audit_query q = {0};
    if (!read_trail(c, &t, &q) || !sl_call_read(c, &w))
        return;
    sl_strbuf_init(&out, c->a, 0);
    sl_jsonw_init(&t.w, &out);
    sl_jsonw_object(&t.w);
    sl_jsonw_key(&t.w, SL_STR("items"));
    sl_jsonw_array(&t.w);
    sl_rc rc = sl_work_fail(&w, sl_audit_each(w.tx, &q, note_entry, &t));
    sl_tx_rollback(w.tx);
    end_trail(&t);
    if (rc == SL_OK)
        sl_call_json(c, 200, sl_strbuf_str(&out));
    else
        sl_call_fail(c, rc, NULL);
}

void sl_api_audit_verify(struct sl_call *c)
{
    struct sl_work w;
    int64_t broken = 0, count = 0;
    if (!sl_call_read(c, &w))
        return;
    sl_rc rc = sl_work_fail(&w, sl_audit_verify(w.tx, &broken, &count));
    sl_tx_rollback(w.tx);
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    struct sl_node *body = sl_tree_map(c->a);
    sl_tree_put(body, SL_STR("is_whole"), sl_tree_bool(c->a, broken == 0));
    sl_tree_put(body, SL_STR("entries"), sl_tree_i64(c->a, count));
    if (broken != 0)
        sl_tree_put(body, SL_STR("broken_at"), sl_tree_i64(c->a, broken));
    sl_call_tree(c, 200, body);
}

void sl_api_audit_export(struct sl_call *c)
{
    struct sl_work w;
    struct sl_strbuf out;
    struct trail t = {.c = c, .out = &out, .is_lines = true};
    struct sl_audit_query q = {.is_ascending = true};
    if (!sl_call_read(c, &w))
        return;
    sl_strbuf_init(&out, c->a, EXPORT_BYTES_MAX);
    sl_rc rc = sl_work_fail(&w, sl_audit_each(w.tx, &q, note_entry, &t));
    sl_tx_rollback(w.tx);
    if (rc == SL_OK && out.is_full)
        rc = SL_E_LIMIT;
    if (rc != SL_OK) {
        sl_call_fail(c, rc, NULL);
        return;
    }
    sl_call_json(c, 200, sl_strbuf_str(&out));
    c->answer->type = SL_STR("application/x-ndjson");
}

/* ------------------------------------------------------------------ nodes, types, vendors */

static void begin_items(struct sl_strbuf *out, struct sl_jsonw *w, struct sl_arena *a)
{
    sl_strbuf_init(out, a, 0);
    sl_jsonw_init(w, out);
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("items"));
    sl_jsonw_array(w);
}

static void end_items(struct sl_call *c, struct sl_strbuf *out, struct sl_jsonw *w)
{
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_call_json(c, 200, sl_strbuf_str(out));
}

struct node_list {
    struct sl_call *c;
    struct sl_jsonw w;
    int64_t change; /* the store's last */
    char hash[17];  /* of what this node serves */
};

static const char *state_of(const struct node_list *l, int64_t change, bool is_refusing,
                            int64_t seen_us)
{
    if (sl_clock_wall_us() - seen_us > SL_FOLLOW_SILENT_MS * INT64_C(1000))
        return "silent";
    if (change >= l->change)
        return "serving";
    return is_refusing ? "refusing" : "behind";
}

static void write_state(struct node_list *l, const char *state, const char *hash, int64_t seen_us)
{
    sl_jsonw_key_str(&l->w, SL_STR("state"), sl_cstr(state));
    sl_jsonw_key_bool(&l->w, SL_STR("has_drift"), strcmp(hash, l->hash) != 0);
    sl_jsonw_key_str(&l->w, SL_STR("seen_at"), sl_fmt_rfc3339(l->c->a, seen_us));
}

static void write_this_node(struct node_list *l)
{
    struct sl_control *control = l->c->control;
    struct sl_node_summary summary = {0};
    int64_t served = atomic_load(&control->served_change);
    sl_jsonw_object(&l->w);
    control->config.ops->node(control->config.ctx, &l->w, &summary);
    memcpy(l->hash, summary.hash, sizeof(l->hash));
    bool is_refusing = atomic_load(&control->refused_change) > served;
    sl_jsonw_key_bool(&l->w, SL_STR("is_this"), true);
    write_state(l, state_of(l, served, is_refusing, sl_clock_wall_us()), summary.hash,
                sl_clock_wall_us());
    sl_jsonw_end(&l->w);
}

static void write_other_node(const struct sl_node_state *s, void *arg)
{
    struct node_list *l = arg;
    const struct sl_node *detail;
    const char *own = l->c->control->config.node_id;
    if (own != NULL && sl_str_eq(s->id, sl_cstr(own)))
        return;
    if (sl_json_to_node(sl_arena_dup(l->c->a, s->detail), SL_STR("node"), l->c->a, l->c->d,
                        &detail) != SL_OK)
        return; /* written by a program that we do not know */
    bool is_refusing = sl_tree_is_true(detail, "is_refusing");
    sl_jsonw_object(&l->w);
    for (const struct sl_node *m = detail->children; m != NULL; m = m->next) {
        if (sl_str_eq(m->key, SL_STR("is_refusing")))
            continue;
        sl_jsonw_key(&l->w, m->key);
        sl_tree_write(m, &l->w);
    }
    sl_jsonw_key_bool(&l->w, SL_STR("is_this"), false);
    write_state(l, state_of(l, s->change, is_refusing, s->seen_us),
                sl_fmt(l->c->a, "%.*s", SL_STRF(s->hash)).p, s->seen_us);
    sl_jsonw_end(&l->w);
}

const char sl_api_nodes_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\",\"change\"],\"properties\":{\"change\":{\"type\":"
    "\"integer\",\"description\":\"The store's last: a node whose `change` is at least as much "
    "serves it.\"},\"items\":{\"type\":\"array\","
    "\"items\":{\"type\":\"object\",\"required\":[\"state\",\"has_drift\",\"seen_at\",\"is_this\"],"
    "\"properties\":{\"id\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},"
    "\"program\":{\"type\":\"string\"},\"started_at\":{\"type\":\"string\"},"
    "\"uptime_s\":{\"type\":\"integer\"},\"hash\":{\"type\":\"string\"},"
    "\"change\":{\"type\":\"integer\"},\"is_this\":{\"type\":\"boolean\"},"
    "\"state\":{\"enum\":[\"serving\",\"behind\",\"refusing\",\"silent\"]},"
    "\"has_drift\":{\"type\":\"boolean\",\"description\":\"Does it serve another configuration than "
    "the node that is asked?\"},\"seen_at\":{\"type\":\"string\",\"description\":\"When it said "
    "this.\"},\"load\":{\"type\":\"object\",\"description\":\"How busy it is, over the last "
    "`over_s` seconds.\",\"properties\":{\"over_s\":{\"type\":\"integer\"},"
    "\"cpu_percent\":{\"type\":\"number\",\"description\":\"Of its `cores`.\"},"
    "\"cores\":{\"type\":\"integer\"},\"requests_per_second\":{\"type\":\"number\"},"
    "\"requests\":{\"type\":\"integer\",\"description\":\"In flight now.\"},"
    "\"connections\":{\"type\":\"integer\"},\"connections_max\":{\"type\":\"integer\"},"
    "\"memory_bytes\":{\"type\":\"integer\"},\"memory_max_bytes\":{\"type\":\"integer\","
    "\"description\":\"`gateway.limits.memory`, or what the machine has.\"}}}}}}}}";

const char sl_api_this_node_schema[] =
    "{\"type\":\"object\",\"required\":[\"program\",\"data_dir\",\"database\",\"schema\"],"
    "\"properties\":{\"id\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},"
    "\"program\":{\"type\":\"string\"},\"started_at\":{\"type\":\"string\"},\"hash\":{\"type\":"
    "\"string\"},\"addresses\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "\"data_dir\":{\"type\":\"string\"},\"database\":{\"enum\":[\"sqlite\",\"postgresql\"]},"
    "\"schema\":{\"type\":\"integer\",\"description\":\"Of the store, as this program has it.\"},"
    "\"memory_bytes\":{\"type\":\"integer\"},"
    "\"requests_kept\":{\"type\":\"string\",\"description\":\"How long single requests are kept now, by the settings "
    "or the files.\"},\"requests_max_bytes\":{\"type\":\"integer\",\"description\":\"The same; 0: any.\"},"
    "\"configuration\":{\"type\":\"object\","
    "\"description\":\"The member `gateway` of the files, defaults included.\"}}}";

void sl_api_this_node(struct sl_call *c)
{
    const struct sl_control_config *config = &c->control->config;
    const struct sl_publish_ops *o = config->ops;
    struct sl_node_summary summary;
    struct sl_strbuf out;
    struct sl_jsonw w;
    sl_strbuf_init(&out, c->a, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_object(&w);
    if (o != NULL && o->node != NULL)
        o->node(config->ctx, &w, &summary);
    else
        sl_jsonw_key_str(&w, SL_STR("program"), sl_cstr(config->version));
    sl_jsonw_key_str(&w, SL_STR("data_dir"), sl_cstr(config->dir));
    sl_jsonw_key_str(&w, SL_STR("database"),
                     config->store != NULL ? SL_STR("postgresql") : SL_STR("sqlite"));
    sl_jsonw_key_i64(&w, SL_STR("schema"), (int64_t)sl_schema_control.count);
    if (o != NULL && o->about != NULL)
        o->about(config->ctx, &w);
    sl_jsonw_end(&w);
    sl_call_json(c, 200, sl_strbuf_str(&out));
}

void sl_api_nodes(struct sl_call *c)
{
    struct sl_strbuf out;
    struct sl_work work;
    struct node_list l = {.c = c};
    if (!sl_call_read(c, &work))
        return;
    begin_items(&out, &l.w, c->a);
    sl_rc rc = sl_store_change(work.tx, &l.change);
    if (rc == SL_OK && c->control->config.ops != NULL)
        write_this_node(&l);
    if (rc == SL_OK)
        rc = sl_node_states_each(work.tx, write_other_node, &l);
    sl_tx_rollback(work.tx);
    if (rc != SL_OK) {
        sl_call_fail(c, SL_E_STORE, NULL);
        return;
    }
    sl_jsonw_end(&l.w);
    sl_jsonw_key_i64(&l.w, SL_STR("change"), l.change);
    sl_jsonw_end(&l.w);
    sl_call_json(c, 200, sl_strbuf_str(&out));
}

static void write_levels(uint32_t levels, struct sl_jsonw *w)
{
    static const char *const names[] = {"global", "service", "route", "consumer"};
    sl_jsonw_key(w, SL_STR("levels"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if ((levels & 1u << i) != 0)
            sl_jsonw_str(w, sl_cstr(names[i]));
    }
    sl_jsonw_end(w);
}

void sl_api_policy_types(struct sl_call *c)
{
    struct sl_strbuf out, schema;
    struct sl_jsonw w;
    const struct sl_policy_type *const *types = c->control->config.policies;
    begin_items(&out, &w, c->a);
    for (size_t i = 0; types[i] != NULL; i++) {
        if (types[i]->is_internal)
            continue;
        sl_strbuf_init(&schema, c->a, 0);
        sl_field_json_schema(types[i]->fields, &schema);
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("name"), sl_cstr(types[i]->name));
        sl_jsonw_key_str(&w, SL_STR("summary"), sl_cstr(types[i]->summary));
        sl_jsonw_key_i64(&w, SL_STR("order"), types[i]->order);
        write_levels(types[i]->levels, &w);
        sl_jsonw_key_bool(&w, SL_STR("is_ai_only"), types[i]->is_ai_only);
        sl_jsonw_key_raw(&w, SL_STR("schema"), sl_strbuf_str(&schema));
        sl_jsonw_end(&w);
    }
    end_items(c, &out, &w);
}

void sl_api_vendors(struct sl_call *c)
{
    struct sl_strbuf out;
    struct sl_jsonw w;
    begin_items(&out, &w, c->a);
    const struct sl_ai_vendor *v;
    for (size_t i = 0; (v = sl_ai_vendor_at(i)) != NULL; i++) {
        sl_jsonw_object(&w);
        sl_jsonw_key_str(&w, SL_STR("id"), v->id);
        sl_jsonw_key_str(&w, SL_STR("name"), v->name);
        sl_jsonw_key_str(&w, SL_STR("base_url"), v->base_url);
        sl_jsonw_end(&w);
    }
    end_items(c, &out, &w);
}

void sl_api_openapi(struct sl_call *c)
{
    const char *version = c->control->config.version;
    sl_str tag, gzip;
    sl_described_get(c->control->described, version, &tag, &gzip);
    sl_call_header(c, "etag", tag);
    sl_call_header(c, "cache-control", SL_STR("no-cache"));
    sl_call_header(c, "vary", SL_STR("accept-encoding"));
    if (sl_headers_know_tag(c->rq->headers, tag)) {
        c->answer->status = 304;
        return;
    }
    if (sl_headers_accept_coding(c->rq->headers, SL_STR("gzip"))) {
        sl_call_header(c, "content-encoding", SL_STR("gzip"));
        sl_call_json(c, 200, gzip);
        return;
    }
    struct sl_strbuf out;
    sl_strbuf_init(&out, c->a, 0);
    sl_openapi_write(&out, version, c->a);
    sl_call_json(c, 200, sl_strbuf_str(&out));
}
