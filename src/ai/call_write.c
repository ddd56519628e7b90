/*
 * call: write the vendor's request. In the same dialect the client's bytes pass with some ranges
 * replaced; what needs more than that goes through the hub (ai/ai.h), as does another dialect.
 */
#include "ai/call_int.h"
#include "ai/count.h"
#include "ai/dialect.h"
#include "ai/signature.h"
#include "ai/effort.h"
#include "ai/embed.h"
#include "ai/openai_responses_state.h"
#include "ai/option.h"
#include "ai/reasoning.h"
#include "ai/request_int.h"
#include "ai/rerank.h"

#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/crypto.h"
#include "codec/jsonw.h"
#include "codec/sigv4.h"
#include "codec/splice.h"

/* ------------------------------------------------------------------ edits */

enum { EDITS_FIRST = 16 };

/* Splices in the making, in any order. */
struct edits {
    struct sl_splice *v;
    size_t n, cap;
    struct sl_arena *a;
    bool is_full;
};

/* What one writing works on. */
struct writer {
    struct sl_ai_call *call; /* with is_stream as the vendor is to be asked */
    bool streams_otherwise;  /* than the client asked */
    const struct sl_ai_target *t;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_ai_wire *wire;
    struct edits edits;
    struct sl_strbuf dropped;
};

static bool grow(struct edits *e)
{
    size_t cap = e->cap == 0 ? EDITS_FIRST : e->cap * 2;
    struct sl_splice *v = sl_arena_try_raw(e->a, cap * sizeof(*v));
    if (v == NULL)
        return false;
    if (e->n != 0)
        memcpy(v, e->v, e->n * sizeof(*v));
    e->v = v;
    e->cap = cap;
    return true;
}

static void edit(struct edits *e, size_t at, size_t n, sl_str with)
{
    if (e->n == e->cap && (e->is_full || !grow(e))) {
        e->is_full = true;
        return;
    }
    e->v[e->n++] = (struct sl_splice){.at = at, .n = n, .with = with};
}

static void edit_value(struct edits *e, const struct sl_json_range *r, sl_str with)
{
    edit(e, r->at, r->n, with);
}

static void edit_name(struct edits *e, const struct sl_json_range *r, sl_str with)
{
    edit(e, r->key_at, r->key_n, with);
}

static bool is_before(const struct sl_splice *a, const struct sl_splice *b)
{
    return a->at != b->at ? a->at < b->at : a->n < b->n;
}

/* By place; they come nearly sorted. An insertion stands before what begins at its place. */
static void sort(struct edits *e)
{
    for (size_t i = 1; i < e->n; i++) {
        struct sl_splice s = e->v[i];
        size_t k = i;
        for (; k > 0 && is_before(&s, &e->v[k - 1]); k--)
            e->v[k] = e->v[k - 1];
        e->v[k] = s;
    }
}

/* An edit inside of what is removed anyway is void. */
static void drop_covered(struct edits *e)
{
    size_t kept = 0, end = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (e->v[i].at < end)
            continue;
        end = e->v[i].at + e->v[i].n;
        e->v[kept++] = e->v[i];
    }
    e->n = kept;
}

/*
 * Remove members of the object `r` with the commas that belong to them. `body` is where its first
 * member may stand.
 */
static void remove_members(struct writer *w, const struct sl_json_range *r,
                           bool (*is_unwanted)(struct writer *w, const struct sl_json_range *m))
{
    struct sl_json_iter it;
    struct sl_json_range m;
    size_t kept_end = r->at + 1, from = SIZE_MAX, to = 0;
    sl_json_iter_init(&it, w->call->body, r);
    while (sl_json_iter_next(&it, &m)) {
        if (is_unwanted(w, &m)) {
            from = SL_MIN(from, m.key_at);
            to = m.at + m.n;
            continue;
        }
        if (from != SIZE_MAX)
            edit(&w->edits, from, m.key_at - from, (sl_str){0});
        from = SIZE_MAX;
        kept_end = m.at + m.n;
    }
    if (from != SIZE_MAX)
        edit(&w->edits, kept_end, to - kept_end, (sl_str){0});
}

/* ------------------------------------------------------------------ members */

static sl_str json_text(struct sl_arena *a, sl_str text)
{
    struct sl_strbuf b;
    struct sl_jsonw jw;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&jw, &b);
    sl_jsonw_str(&jw, text);
    return sl_strbuf_str(&b);
}

static bool has(const struct writer *w, enum sl_ai_quirk quirk)
{
    return sl_ai_vendor_has(w->t->vendor, quirk);
}

static bool is_openai(const struct writer *w)
{
    return w->call->dialect == SL_AI_OPENAI_CHAT;
}

static void set_model(struct writer *w)
{
    const struct sl_json_range *r = &w->call->ranges[SL_AI_MEMBER_MODEL];
    if (w->call->line.model.n != 0 || sl_str_eq(w->call->model, w->t->model))
        return;
    sl_str model = json_text(w->a, w->t->model);
    if (r->is_present)
        edit_value(&w->edits, r, model);
    else
        edit(&w->edits, w->call->body_at, 0, sl_fmt(w->a, "\"model\":%.*s,", SL_STRF(model)));
}

/* OpenAI's two dialects with streams that tell no usage unless asked. */
static bool has_stream_options(enum sl_ai_dialect dialect)
{
    return dialect == SL_AI_OPENAI_CHAT || dialect == SL_AI_OPENAI_COMPLETIONS;
}

static bool takes_stream_options(const struct writer *w)
{
    bool is_stream_taken_away = w->streams_otherwise && !w->call->is_stream;
    return !is_stream_taken_away && has_stream_options(sl_ai_target_dialect(w->t)) &&
           !w->t->no_stream_options && !has(w, SL_AI_QUIRK_NO_STREAM_OPTIONS) &&
           !sl_ai_vendor_drops(w->t->vendor, SL_STR("stream_options"));
}

static bool is_usage_hidden(const struct writer *w)
{
    return w->call->is_stream && !w->call->wants_usage && takes_stream_options(w) &&
           !has(w, SL_AI_QUIRK_USAGE_ALWAYS);
}

static bool is_empty_object(sl_str body, const struct sl_json_range *r)
{
    return sl_str_trim_all((sl_str){body.p + r->at + 1, r->n - 2}).n == 0;
}

/* False when stream_options is no object: that is for the vendor to refuse. */
static bool add_include_usage(struct writer *w)
{
    const struct sl_json_range *options = &w->call->ranges[SL_AI_MEMBER_STREAM_OPTIONS];
    const struct sl_json_range *include = &w->call->ranges[SL_AI_MEMBER_INCLUDE_USAGE];
    if (!options->is_present)
        edit(&w->edits, w->call->body_at, 0,
             SL_STR("\"stream_options\":{\"include_usage\":true},"));
    else if (options->kind == SL_JSON_NULL)
        edit_value(&w->edits, options, SL_STR("{\"include_usage\":true}"));
    else if (options->kind != SL_JSON_OBJECT)
        return false;
    else if (include->is_present)
        edit_value(&w->edits, include, SL_STR("true"));
    else if (is_empty_object(w->call->body, options))
        edit_value(&w->edits, options, SL_STR("{\"include_usage\":true}"));
    else
        edit(&w->edits, options->at + 1, 0, SL_STR("\"include_usage\":true,"));
    return true;
}

static void set_stream(struct writer *w)
{
    const struct sl_json_range *r = &w->call->ranges[SL_AI_MEMBER_STREAM];
    bool is_stream = w->call->is_stream;
    if (w->call->line.model.n != 0)
        return; /* the path says it */
    if (w->streams_otherwise && r->is_present)
        edit_value(&w->edits, r, is_stream ? SL_STR("true") : SL_STR("false"));
    else if (w->streams_otherwise && is_stream)
        edit(&w->edits, w->call->body_at, 0, SL_STR("\"stream\":true,"));
}

/* The other spelling of the limit is renamed; of two the vendor's own stays. */
static void set_limit(struct writer *w)
{
    bool is_new = w->t->vendor->max_tokens_field == SL_AI_MAX_COMPLETION_TOKENS;
    enum sl_ai_member own = is_new ? SL_AI_MEMBER_MAX_COMPLETION_TOKENS : SL_AI_MEMBER_MAX_TOKENS;
    enum sl_ai_member other = is_new ? SL_AI_MEMBER_MAX_TOKENS : SL_AI_MEMBER_MAX_COMPLETION_TOKENS;
    sl_str name = is_new ? SL_STR("\"max_completion_tokens\"") : SL_STR("\"max_tokens\"");
    const struct sl_json_range *r = &w->call->ranges[own];
    if (w->call->dialect != SL_AI_OPENAI_CHAT)
        r = &w->call->ranges[SL_AI_MEMBER_MAX_TOKENS];
    else if (!r->is_present && w->call->ranges[other].is_present)
        edit_name(&w->edits, r = &w->call->ranges[other], name);
    if (w->call->max_tokens >= 0 || w->t->cap_max_tokens < 0)
        return;
    sl_str cap = sl_fmt(w->a, "%lld", (long long)w->t->cap_max_tokens);
    if (r->is_present) /* and null */
        edit_value(&w->edits, r, cap);
    else
        edit(&w->edits, w->call->body_at, 0,
             sl_fmt(w->a, "%.*s:%.*s,", SL_STRF(name), SL_STRF(cap)));
}

static bool is_other_limit(const struct writer *w, const struct sl_json_range *m)
{
    const struct sl_json_range *r = w->call->ranges;
    bool is_new = w->t->vendor->max_tokens_field == SL_AI_MAX_COMPLETION_TOKENS;
    if (!r[SL_AI_MEMBER_MAX_TOKENS].is_present || !r[SL_AI_MEMBER_MAX_COMPLETION_TOKENS].is_present)
        return false;
    return m->at == r[is_new ? SL_AI_MEMBER_MAX_TOKENS : SL_AI_MEMBER_MAX_COMPLETION_TOKENS].at;
}

/* The inside of a member's name as it stands; escaped names are no vendor's. */
static sl_str raw_name(sl_str body, const struct sl_json_range *m)
{
    return (sl_str){body.p + m->key_at + 1, m->key_n - 2};
}

static void note_dropped(struct writer *w, sl_str name)
{
    if (w->dropped.n != 0)
        sl_strbuf_add_char(&w->dropped, ',');
    sl_strbuf_add(&w->dropped, name);
}

static bool is_unwanted(struct writer *w, const struct sl_json_range *m)
{
    sl_str name = raw_name(w->call->body, m);
    if (is_other_limit(w, m))
        return true;
    if (is_openai(w) && m->at == w->call->ranges[SL_AI_MEMBER_STREAM_OPTIONS].at)
        return !takes_stream_options(w);
    if (!sl_ai_vendor_drops(w->t->vendor, name))
        return false;
    if (m->kind != SL_JSON_NULL)
        note_dropped(w, name);
    return true;
}

static bool may_have_unwanted(const struct writer *w)
{
    const struct sl_json_range *r = w->call->ranges;
    return w->t->vendor->drops.n != 0 ||
           (is_openai(w) &&
            ((r[SL_AI_MEMBER_STREAM_OPTIONS].is_present && !takes_stream_options(w)) ||
             (r[SL_AI_MEMBER_MAX_TOKENS].is_present &&
              r[SL_AI_MEMBER_MAX_COMPLETION_TOKENS].is_present)));
}

static void remove_unwanted(struct writer *w)
{
    struct sl_json_range top;
    if (!may_have_unwanted(w))
        return;
    top = sl_json_range_top(w->call->body);
    remove_members(w, &top, is_unwanted);
}

/* ------------------------------------------------------------------ quirks */

static void rename_developer(struct writer *w)
{
    struct sl_json_iter it;
    struct sl_json_range message, role;
    sl_str body = w->call->body;
    sl_json_iter_init(&it, body, &w->call->ranges[SL_AI_MEMBER_MESSAGES]);
    while (sl_json_iter_next(&it, &message)) {
        if (sl_json_range_get(body, &message, SL_STR("role"), &role) &&
            sl_json_range_text_eq(body, &role, SL_STR("developer")))
            edit_value(&w->edits, &role, SL_STR("\"system\""));
    }
}

static bool is_strict(struct writer *w, const struct sl_json_range *m)
{
    return sl_json_range_key_eq(w->call->body, m, SL_STR("strict"));
}

static void remove_strict(struct writer *w)
{
    struct sl_json_iter it;
    struct sl_json_range tool, function;
    const struct sl_json_range *tools = sl_ai_call_member(w->call, SL_AI_MEMBER_TOOLS);
    if (tools == NULL)
        return;
    sl_json_iter_init(&it, w->call->body, tools);
    while (sl_json_iter_next(&it, &tool)) {
        if (sl_json_range_get(w->call->body, &tool, SL_STR("function"), &function))
            remove_members(w, &function, is_strict);
    }
}

static void clamp_temperature(struct writer *w)
{
    const struct sl_json_range *r = sl_ai_call_member(w->call, SL_AI_MEMBER_TEMPERATURE);
    int64_t max = w->t->vendor->temperature_max_milli, milli;
    if (max == 0 || r == NULL || !sl_num_rounded(sl_json_range_text(w->call->body, r), 3, &milli) ||
        milli <= max)
        return;
    edit_value(&w->edits, r, sl_ai_number_of_milli(max, w->a));
    note_dropped(w, SL_STR("temperature:clamped"));
}

static void rename_members(struct writer *w)
{
    struct sl_json_range top = sl_json_range_top(w->call->body), m;
    struct sl_json_iter it;
    if (w->t->vendor->renames.n == 0)
        return;
    sl_json_iter_init(&it, w->call->body, &top);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = raw_name(w->call->body, &m);
        sl_str own = sl_ai_vendor_name_of(w->t->vendor, name);
        if (own.p != name.p)
            edit_name(&w->edits, &m, sl_fmt(w->a, "\"%.*s\"", SL_STRF(own)));
    }
}

/* Of a string. */
static sl_str inside(sl_str body, const struct sl_json_range *m)
{
    return m->kind == SL_JSON_STRING ? (sl_str){body.p + m->at + 1, m->n - 2} : (sl_str){0};
}

/* OpenAI's word in the vendor's spelling; who writes that spelling already knows better. */
static void translate_effort(struct writer *w)
{
    enum sl_ai_reasoning_style style = w->t->vendor->reasoning;
    struct sl_json_range top = sl_json_range_top(w->call->body), m;
    if (!sl_ai_reasoning_is_own(style) ||
        !sl_json_range_get(w->call->body, &top, SL_STR("reasoning_effort"), &m))
        return;
    enum sl_ai_effort effort = sl_ai_effort_of(inside(w->call->body, &m));
    if (effort == SL_AI_EFFORT_UNSET)
        return;
    sl_str members = sl_ai_reasoning_members(style, effort, -1, w->a);
    if (members.n != 0)
        edit(&w->edits, m.key_at, m.at + m.n - m.key_at, members);
}

static void stream_tools(struct writer *w)
{
    struct sl_json_range top, m;
    if (!w->call->is_stream || !w->call->has_tools)
        return;
    top = sl_json_range_top(w->call->body);
    if (!sl_json_range_get(w->call->body, &top, SL_STR("tool_stream"), &m))
        edit(&w->edits, w->call->body_at, 0, SL_STR("\"tool_stream\":true,"));
}

static void apply_quirks(struct writer *w)
{
    if (w->call->may_have_developer && !has(w, SL_AI_QUIRK_DEVELOPER_ROLE))
        rename_developer(w);
    if (w->call->may_have_strict && !has(w, SL_AI_QUIRK_STRICT_TOOLS))
        remove_strict(w);
    translate_effort(w);
    clamp_temperature(w);
    if (has(w, SL_AI_QUIRK_TOOL_STREAM))
        stream_tools(w);
}

/* ------------------------------------------------------------------ the same dialect */

/* Gemini's limit stands in an object of its own, which may be there already. */
static void set_gemini_limit(struct writer *w)
{
    const struct sl_json_range *config = &w->call->ranges[SL_AI_MEMBER_CONFIG],
                               *snake = &w->call->ranges[SL_AI_MEMBER_CONFIG_SNAKE];
    bool is_snake = !config->is_present && snake->is_present;
    const char *name = is_snake ? "max_output_tokens" : "maxOutputTokens";
    long long cap = (long long)w->t->cap_max_tokens;
    if (w->call->max_tokens >= 0 || cap < 0)
        return;
    if (is_snake)
        config = snake;
    if (!config->is_present)
        edit(&w->edits, w->call->body_at, 0,
             sl_fmt(w->a, "\"generationConfig\":{\"%s\":%lld},", name, cap));
    else if (config->kind != SL_JSON_OBJECT || is_empty_object(w->call->body, config))
        edit_value(&w->edits, config, sl_fmt(w->a, "{\"%s\":%lld}", name, cap));
    else
        edit(&w->edits, config->at + 1, 0, sl_fmt(w->a, "\"%s\":%lld,", name, cap));
}

/* The one spelling that this dialect has. */
static void cap_output(struct writer *w)
{
    const struct sl_json_range *r = &w->call->ranges[SL_AI_MEMBER_MAX_OUTPUT_TOKENS];
    sl_str cap = sl_fmt(w->a, "%lld", (long long)w->t->cap_max_tokens);
    if (w->call->max_tokens >= 0 || w->t->cap_max_tokens < 0)
        return;
    if (r->is_present) /* and null */
        edit_value(&w->edits, r, cap);
    else
        edit(&w->edits, w->call->body_at, 0,
             sl_fmt(w->a, "\"max_output_tokens\":%.*s,", SL_STRF(cap)));
}

static void edit_responses(struct writer *w)
{
    const struct sl_json_range *input = &w->call->ranges[SL_AI_MEMBER_INPUT];
    struct sl_ai_responses_cuts cuts = {0};
    struct sl_splice cut;
    cap_output(w);
    while (sl_ai_responses_next_cut(&cuts, w->call->body, input, &cut))
        edit(&w->edits, cut.at, cut.n, cut.with);
}

static void edit_chat(struct writer *w)
{
    bool has_options = has_stream_options(w->call->dialect);
    if (w->call->dialect == SL_AI_GEMINI)
        set_gemini_limit(w);
    if (w->call->dialect == SL_AI_OPENAI_RESPONSES)
        edit_responses(w);
    if (has_options || w->call->dialect == SL_AI_ANTHROPIC)
        set_limit(w);
    set_stream(w);
    if (has_options && is_usage_hidden(w))
        w->wire->has_hidden_usage = add_include_usage(w);
    if (w->call->dialect == SL_AI_OPENAI_CHAT)
        apply_quirks(w);
}

static bool has_float_embeddings(const struct writer *w)
{
    return has(w, SL_AI_QUIRK_EMBEDDINGS_FLOAT_ONLY) &&
           sl_str_eq(w->call->encoding_format, SL_STR("base64"));
}

static void edit_embeddings(struct writer *w)
{
    if (has_float_embeddings(w))
        edit_value(&w->edits, &w->call->ranges[SL_AI_MEMBER_ENCODING_FORMAT], SL_STR("\"float\""));
}

static bool asks_for_more_choices(const struct writer *w)
{
    struct sl_json_range top = sl_json_range_top(w->call->body), n;
    int64_t choices;
    return sl_json_range_get(w->call->body, &top, SL_STR("n"), &n) &&
           sl_json_range_i64(w->call->body, &n, &choices) && choices > 1;
}

static sl_rc refuse_losses(struct writer *w)
{
    if (sl_ai_vendor_drops(w->t->vendor, SL_STR("n")) && asks_for_more_choices(w))
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "n", "this vendor gives one choice only");
    if (w->call->has_tools && has(w, SL_AI_QUIRK_NO_TOOLS))
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "tools", "this vendor has no tools");
    if (w->t->is_strict && w->dropped.n != 0)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "", "this vendor does not take %.*s",
                            SL_STRF(sl_strbuf_str(&w->dropped)));
    return SL_OK;
}

static sl_rc write_spliced(struct writer *w)
{
    set_model(w);
    if (w->call->operation == SL_AI_CHAT)
        edit_chat(w);
    if (w->call->operation == SL_AI_EMBEDDINGS)
        edit_embeddings(w);
    rename_members(w);
    remove_unwanted(w);
    sl_rc rc = refuse_losses(w);
    if (rc != SL_OK)
        return rc;
    if (w->edits.is_full || w->dropped.is_full)
        return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, "", "too many members need a change");
    sort(&w->edits);
    drop_covered(&w->edits);
    sl_splice_chain(&w->wire->body, w->call->body, w->edits.v, w->edits.n);
    w->wire->dropped_params = sl_strbuf_str(&w->dropped);
    return SL_OK;
}

/* ------------------------------------------------------------------ through the hub */

static bool has_string_content_only(sl_str body, const struct sl_json_range *message)
{
    struct sl_json_range content;
    return !sl_json_range_get(body, message, SL_STR("content"), &content) ||
           content.kind != SL_JSON_ARRAY;
}

static bool is_tool_id_9(sl_str body, const struct sl_json_range *id)
{
    enum { TOOL_ID_BYTES = 9 };
    return id->n == TOOL_ID_BYTES + 2 || id->kind != SL_JSON_STRING;
}

static bool has_tool_ids_9(sl_str body, const struct sl_json_range *message)
{
    struct sl_json_range calls, call, id;
    struct sl_json_iter it;
    if (sl_json_range_get(body, message, SL_STR("tool_call_id"), &id) && !is_tool_id_9(body, &id))
        return false;
    if (!sl_json_range_get(body, message, SL_STR("tool_calls"), &calls))
        return true;
    sl_json_iter_init(&it, body, &calls);
    while (sl_json_iter_next(&it, &call)) {
        if (sl_json_range_get(body, &call, SL_STR("id"), &id) && !is_tool_id_9(body, &id))
            return false;
    }
    return true;
}

static bool is_same_role(sl_str body, const struct sl_json_range *a, const struct sl_json_range *b)
{
    struct sl_json_range x, y;
    return sl_json_range_get(body, a, SL_STR("role"), &x) &&
           sl_json_range_get(body, b, SL_STR("role"), &y) &&
           sl_str_eq(sl_json_range_text(body, &x), sl_json_range_text(body, &y));
}

/* Does the vendor want messages in a form that splices cannot give them? */
static bool needs_hub(const struct writer *w)
{
    const uint32_t deep =
        SL_AI_QUIRK_CONTENT_MUST_BE_STRING | SL_AI_QUIRK_ROLES_ALTERNATE | SL_AI_QUIRK_TOOL_ID_9;
    struct sl_json_iter it;
    struct sl_json_range m, before = {0};
    sl_str body = w->call->body;
    if (w->call->operation != SL_AI_CHAT)
        return false;
    if (sl_ai_signature_is_in(body)) /* another vendor's, perhaps: it must not see it */
        return true;
    if ((w->t->vendor->quirks & deep) == 0)
        return false;
    sl_json_iter_init(&it, body, &w->call->ranges[SL_AI_MEMBER_MESSAGES]);
    for (; sl_json_iter_next(&it, &m); before = m) {
        if (has(w, SL_AI_QUIRK_CONTENT_MUST_BE_STRING) && !has_string_content_only(body, &m))
            return true;
        if (has(w, SL_AI_QUIRK_TOOL_ID_9) && !has_tool_ids_9(body, &m))
            return true;
        if (has(w, SL_AI_QUIRK_ROLES_ALTERNATE) && before.n != 0 && is_same_role(body, &before, &m))
            return true;
    }
    return false;
}

/* A request for a count has no limit of output, which the hub's readers of requests ask for. */
static sl_str body_to_decode(struct writer *w)
{
    const struct sl_ai_call *call = w->call;
    if (call->operation != SL_AI_COUNT_TOKENS || call->max_tokens >= 0 ||
        call->dialect != SL_AI_ANTHROPIC)
        return call->body;
    sl_str head = sl_str_head(call->body, call->body_at),
           rest = sl_str_from(call->body, call->body_at);
    struct sl_strbuf b;
    sl_strbuf_init(&b, w->a, 0);
    sl_strbuf_addf(&b, "%.*s\"max_tokens\":%lld,", SL_STRF(head),
                   (long long)SL_AI_MAX_TOKENS_DEFAULT);
    sl_strbuf_add(&b, rest);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static sl_rc decode_once(struct writer *w)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(w->call->dialect);
    struct sl_ai_request *rq;
    sl_rc rc;
    if (w->call->decoded != NULL)
        return SL_OK;
    if (ops == NULL)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "", "this dialect cannot be translated");
    rq = sl_arena_new_of(w->a, struct sl_ai_request);
    rc = ops->decode_request(body_to_decode(w), w->a, rq, w->d);
    rq->operation = w->call->operation;
    if (rc != SL_OK)
        return rc;
    if (w->call->line.model.n != 0) { /* it was said in the path */
        rq->model = w->call->model;
        rq->is_stream = w->call->line.is_stream;
    }
    w->call->decoded = rq;
    return SL_OK;
}

/* The decoded request serves all attempts: one that streams otherwise has its own copy of the top. */
static const struct sl_ai_request *request_of(struct writer *w)
{
    const struct sl_ai_request *decoded = sl_ai_signature_restore(w->call->decoded, w->t, w->a);
    if (!w->streams_otherwise || decoded == NULL)
        return decoded;
    struct sl_ai_request *rq = sl_arena_new_of(w->a, struct sl_ai_request);
    *rq = *decoded;
    rq->is_stream = w->call->is_stream;
    return rq;
}

static sl_rc encode_chat(struct writer *w, struct sl_strbuf *out, struct sl_ai_receipt *receipt)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(sl_ai_target_dialect(w->t));
    if (ops == NULL)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "model",
                            "this model is not offered by this endpoint");
    sl_rc rc = decode_once(w);
    if (rc != SL_OK)
        return rc;
    const struct sl_ai_request *rq = request_of(w);
    if (rq == NULL)
        return sl_diag_fail(w->d, SL_E_LIMIT, "", "is too large");
    return ops->encode_request(rq, w->t, out, receipt, w->d);
}

static sl_rc encode_count(struct writer *w, struct sl_strbuf *out, struct sl_ai_receipt *receipt)
{
    struct sl_strbuf chat;
    sl_strbuf_init(&chat, w->a, 0);
    sl_rc rc = encode_chat(w, &chat, receipt);
    if (rc != SL_OK)
        return rc;
    out->is_full |= chat.is_full;
    sl_strbuf_add(out, sl_ai_count_request(sl_ai_target_dialect(w->t), sl_strbuf_str(&chat),
                                           w->t->model, w->a));
    receipt->dropped = (sl_str){0}; /* of what is no input */
    return SL_OK;
}

static sl_rc decode_embeddings(struct writer *w)
{
    struct sl_ai_embed_request *rq;
    if (w->call->embed != NULL)
        return SL_OK;
    rq = sl_arena_new_of(w->a, struct sl_ai_embed_request);
    sl_rc rc = sl_ai_embed_decode(sl_ai_embed_client_form(w->call->dialect), w->call->line.has_many,
                                  w->call->body, w->a, rq, w->d);
    if (rc == SL_OK)
        w->call->embed = rq;
    return rc;
}

static sl_rc encode_embeddings(struct writer *w, struct sl_strbuf *out,
                               struct sl_ai_receipt *receipt)
{
    sl_rc rc = decode_embeddings(w);
    return rc == SL_OK ? sl_ai_embed_encode(w->call->embed, w->t, out, receipt, w->d) : rc;
}

static sl_rc decode_rerank(struct writer *w)
{
    struct sl_ai_rerank_request *rq;
    if (w->call->rerank != NULL)
        return SL_OK;
    rq = sl_arena_new_of(w->a, struct sl_ai_rerank_request);
    sl_rc rc = sl_ai_rerank_decode(w->call->body, w->a, rq, w->d);
    if (rc == SL_OK)
        w->call->rerank = rq;
    return rc;
}

static sl_rc encode_rerank(struct writer *w, struct sl_strbuf *out, struct sl_ai_receipt *receipt)
{
    sl_rc rc = decode_rerank(w);
    return rc == SL_OK ? sl_ai_rerank_encode(w->call->rerank, w->t, out, receipt, w->d) : rc;
}

static sl_rc encode(struct writer *w, struct sl_strbuf *out, struct sl_ai_receipt *receipt)
{
    switch (w->call->operation) {
    case SL_AI_CHAT:
        return encode_chat(w, out, receipt);
    case SL_AI_COUNT_TOKENS:
        return encode_count(w, out, receipt);
    case SL_AI_EMBEDDINGS:
        return encode_embeddings(w, out, receipt);
    case SL_AI_RERANK:
        return encode_rerank(w, out, receipt);
    case SL_AI_MODELS:
    case SL_AI_STORED:
    case SL_AI_MODERATIONS:
        break;
    }
    return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "model",
                        "this model is not offered by this endpoint");
}

static sl_rc write_translated(struct writer *w)
{
    struct sl_ai_receipt receipt = {.arena = w->a, .is_strict = w->t->is_strict};
    struct sl_strbuf out;
    sl_strbuf_init(&out, w->a, 0);
    sl_rc rc = encode(w, &out, &receipt);
    if (rc != SL_OK)
        return rc;
    if (out.is_full)
        return sl_diag_fail(w->d, SL_E_AI_BAD_BODY, "",
                            "the request is too large to be translated");
    sl_chain_add_static(&w->wire->body, sl_strbuf_str(&out));
    w->wire->dropped_params = receipt.dropped;
    w->wire->has_hidden_usage = is_usage_hidden(w);
    w->wire->is_crossed = true;
    return SL_OK;
}

/* Does the vendor want another form than the client's? */
static bool is_foreign(const struct writer *w)
{
    enum sl_ai_dialect client = w->call->dialect;
    if (w->call->operation == SL_AI_RERANK) /* documents and scores, whoever asks for them */
        return true;
    if (w->call->operation ==
        SL_AI_EMBEDDINGS) /* Gemini's requests name the model again and again */
        return client == SL_AI_GEMINI ||
               sl_ai_embed_client_form(client) != sl_ai_embed_target_form(w->t);
    return w->wire->dialect != client || needs_hub(w);
}

/* A dialect with one path for one text and another for several is always given a list. */
static sl_rc prepare(struct writer *w)
{
    if (w->call->operation != SL_AI_EMBEDDINGS || !is_foreign(w))
        return SL_OK;
    sl_rc rc = decode_embeddings(w);
    w->call->line.has_many = true;
    return rc;
}

/* ------------------------------------------------------------------ path and headers */

/* A dialect that names the model in its path. */
static sl_rc write_own_path(struct writer *w, const struct sl_ai_dialect_ops *ops)
{
    sl_str path;
    sl_rc rc = ops->write_path(w->call, w->t, w->a, &path, w->d);
    if (rc == SL_OK)
        w->wire->path = sl_fmt(w->a, "%.*s%.*s", SL_STRF(w->t->base_url_path), SL_STRF(path));
    return rc;
}

static sl_rc write_path(struct writer *w)
{
    const struct sl_ai_vendor *v = w->t->vendor;
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(w->wire->dialect);
    if (ops != NULL && ops->write_path != NULL)
        return write_own_path(w, ops);
    sl_str path = sl_ai_vendor_path(v, sl_ai_path_of(w->call->operation));
    if (path.n == 0)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "model",
                            "this vendor does not offer this endpoint");
    path = sl_ai_option_put(path, SL_STR("model"), w->t->model, w->a);
    w->wire->path = sl_fmt(w->a, "%.*s%.*s", SL_STRF(w->t->base_url_path), SL_STRF(path));
    return SL_OK;
}

/*
 * What the client may say to the vendor; everything else of its head stays here (I1). Organization and
 * project go with a key, and the key is the gateway's.
 */
static const struct {
    enum sl_header_id id;
    enum sl_ai_dialect dialect; /* of client and vendor */
} passing[] = {
    {SL_H_ANTHROPIC_VERSION, SL_AI_ANTHROPIC},
    {SL_H_ANTHROPIC_BETA, SL_AI_ANTHROPIC},
};

static void pass_client_headers(struct writer *w, const struct sl_headers *from)
{
    for (size_t i = 0; i < SL_LEN(passing); i++) {
        sl_str value = sl_headers_get_id(from, passing[i].id);
        if (value.n != 0 && passing[i].dialect == w->call->dialect &&
            passing[i].dialect == sl_ai_target_dialect(w->t))
            (void)sl_headers_add_id(&w->wire->headers, passing[i].id, value);
    }
}

/* "name: scheme {key}" */
static void add_own_key(struct writer *w)
{
    static const sl_str place = SL_STR_INIT("{key}");
    sl_str row = w->t->vendor->auth_header;
    size_t colon = sl_str_find(row, ':', 0), at = sl_str_find_str(row, place);
    SL_ASSERT(colon != SIZE_MAX && at != SIZE_MAX && at > colon);
    sl_str before = sl_str_from(sl_str_head(row, at), colon + 1);
    while (before.n != 0 && before.p[0] == ' ')
        before = sl_str_from(before, 1);
    (void)sl_headers_add(&w->wire->headers, sl_str_head(row, colon),
                         sl_fmt(w->a, "%.*s%.*s%.*s", SL_STRF(before), SL_STRF(w->t->key),
                                SL_STRF(sl_str_from(row, at + place.n))));
}

static void add_key(struct writer *w)
{
    struct sl_headers *h = &w->wire->headers;
    struct sl_sigv4_key aws;
    if (w->t->key.n == 0)
        return;
    if (w->t->vendor->auth_header.n != 0) {
        add_own_key(w);
        return;
    }
    switch (w->t->vendor->auth) {
    case SL_AI_AUTH_BEARER:
        (void)sl_headers_add_id(h, SL_H_AUTHORIZATION,
                                sl_fmt(w->a, "Bearer %.*s", SL_STRF(w->t->key)));
        return;
    case SL_AI_AUTH_X_API_KEY:
        (void)sl_headers_add_id(h, SL_H_X_API_KEY, w->t->key);
        return;
    case SL_AI_AUTH_API_KEY:
        (void)sl_headers_add(h, SL_STR("api-key"), w->t->key);
        return;
    case SL_AI_AUTH_GOOG_KEY:
        (void)sl_headers_add(h, SL_STR("x-goog-api-key"), w->t->key);
        return;
    case SL_AI_AUTH_AWS:
        if (!sl_sigv4_key_parse(w->t->key, &aws))
            (void)sl_headers_add_id(h, SL_H_AUTHORIZATION,
                                    sl_fmt(w->a, "Bearer %.*s", SL_STRF(w->t->key)));
        return; /* else see sign_aws() */
    }
    sl_panic(__FILE__, __LINE__, "call: bad auth");
}

/* The row's headers, but for what the client gave itself. */
static void add_vendor_headers(struct writer *w)
{
    sl_str rest = w->t->vendor->headers, row;
    while (sl_str_split(&rest, '\n', &row)) {
        size_t colon = sl_str_find(row, ':', 0);
        sl_str name = sl_str_head(row, colon);
        if (colon != SIZE_MAX && sl_headers_find(&w->wire->headers, name) == NULL)
            (void)sl_headers_add(&w->wire->headers, name, sl_str_trim(sl_str_from(row, colon + 1)));
    }
}

static void write_headers(struct writer *w, const struct sl_headers *client)
{
    struct sl_headers *h = &w->wire->headers;
    sl_headers_init(h, w->a);
    add_key(w);
    (void)sl_headers_add_id(h, SL_H_CONTENT_TYPE, SL_STR("application/json"));
    (void)sl_headers_add_id(h, SL_H_ACCEPT,
                            w->call->is_stream ? sl_ai_stream_type(w->wire->dialect)
                                               : SL_STR("application/json"));
    (void)sl_headers_add_id(h, SL_H_ACCEPT_ENCODING, SL_STR("identity"));
    pass_client_headers(w, client);
    add_vendor_headers(w);
    if (sl_ai_target_dialect(w->t) == SL_AI_ANTHROPIC &&
        sl_headers_find_id(h, SL_H_ANTHROPIC_VERSION) == NULL)
        (void)sl_headers_add_id(h, SL_H_ANTHROPIC_VERSION, SL_STR("2023-06-01"));
}

/* What a vendor keeps is asked for, or deleted, without a body. */
static sl_rc write_stored(struct writer *w)
{
    if (w->wire->dialect != SL_AI_OPENAI_RESPONSES)
        return sl_diag_fail(w->d, SL_E_AI_UNSUPPORTED, "id", "this vendor keeps no responses");
    sl_rc rc = write_path(w);
    if (rc == SL_OK)
        w->wire->path =
            sl_fmt(w->a, "%.*s%.*s", SL_STRF(w->wire->path), SL_STRF(w->call->stored_path));
    return rc;
}

static bool is_streamed(const struct sl_ai_call *call, const struct sl_ai_target *t)
{
    if (call->operation != SL_AI_CHAT)
        return call->is_stream;
    switch (t->streaming) {
    case SL_AI_STREAM_AS_ASKED:
        return call->is_stream;
    case SL_AI_STREAM_ALWAYS:
        return true;
    case SL_AI_STREAM_NEVER:
        return false;
    }
    sl_panic(__FILE__, __LINE__, "call: bad streaming");
}

static sl_rc write_request(struct writer *w)
{
    sl_rc rc = prepare(w);
    if (rc == SL_OK)
        rc = write_path(w);
    if (rc != SL_OK)
        return rc;
    return is_foreign(w) ? write_translated(w) : write_spliced(w);
}

static sl_str body_sha256(struct writer *w)
{
    uint8_t digest[SL_SHA256_BYTES];
    struct sl_strbuf hex;
    size_t n = 0;
    for (const struct sl_span *s = w->wire->body.head; s != NULL; s = s->next)
        n++;
    sl_str *parts = sl_arena_array(w->a, sl_str, n);
    n = 0;
    for (const struct sl_span *s = w->wire->body.head; s != NULL; s = s->next)
        parts[n++] = (sl_str){s->p, s->n};
    sl_sha256_parts(parts, n, digest);
    sl_strbuf_init(&hex, w->a, 0);
    sl_enc_hex(&hex, sl_digest_str(digest, sizeof(digest)));
    return sl_strbuf_str(&hex);
}

/* Last of all, for host, path and body must be what is sent. */
static sl_rc sign_aws(struct writer *w)
{
    struct sl_sigv4_key key;
    if (w->t->vendor->auth != SL_AI_AUTH_AWS || !sl_sigv4_key_parse(w->t->key, &key))
        return SL_OK;
    const struct sl_sigv4_scope scope = {.region = w->t->region,
                                         .service = w->t->vendor->aws_service,
                                         .now_unix_s = w->t->now_unix_s};
    size_t question = sl_str_find(w->wire->path, '?', 0);
    const struct sl_sigv4_request rq = {
        .method = SL_STR("POST"),
        .path = sl_str_head(w->wire->path, question),
        .query = question != SIZE_MAX ? sl_str_from(w->wire->path, question + 1) : (sl_str){0},
        .headers = &w->wire->headers,
        .body_sha256 = body_sha256(w)};
    if (!sl_sigv4_sign(&scope, &key, &rq, w->t->authority, &w->wire->headers))
        return sl_diag_fail(w->d, SL_E_LIMIT, "", "the request cannot be signed");
    return SL_OK;
}

sl_rc sl_ai_call_write(struct sl_ai_call *call, const struct sl_ai_target *target,
                       const struct sl_headers *client_headers, struct sl_arena *a,
                       struct sl_chunk_pool *pool, struct sl_ai_wire *ret, struct sl_diag *d)
{
    struct sl_ai_wire wire = {.dialect = sl_ai_target_dialect(target)};
    struct writer w = {.call = call, .t = target, .a = a, .d = d, .wire = &wire, .edits.a = a};
    sl_strbuf_init(&w.dropped, a, 0);
    sl_chain_init(&wire.body, pool);
    struct sl_ai_call asked;
    if (is_streamed(call, target) != call->is_stream) {
        asked = *call;
        asked.is_stream = !call->is_stream;
        w.call = &asked;
        w.streams_otherwise = true;
    }
    sl_rc rc = call->operation == SL_AI_STORED ? write_stored(&w) : write_request(&w);
    call->decoded = w.call->decoded;
    if (rc != SL_OK)
        return rc;
    write_headers(&w, client_headers);
    rc = sign_aws(&w);
    *ret = wire;
    return rc;
}
