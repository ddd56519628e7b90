/*
 * call: the vendor's request in the client's own dialect: the client's bytes with some ranges replaced.
 */
#include "ai/call_write_int.h"

#include "ai/custom_tool.h"
#include "ai/effort.h"
#include "ai/reasoning.h"
#include "ai/request_int.h"
#include "ai/signature.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/jsonw.h"
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

/* One request in the making. */
struct splicer {
    const struct sl_ai_writing *w;
    struct edits edits;
    struct sl_strbuf dropped;
    bool has_lost_strict;
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
static void remove_members(struct splicer *s, const struct sl_json_range *r,
                           bool (*is_unwanted)(struct splicer *s, const struct sl_json_range *m))
{
    struct sl_json_iter it;
    struct sl_json_range m;
    size_t kept_end = r->at + 1, from = SIZE_MAX, to = 0;
    sl_json_iter_init(&it, s->w->call->body, r);
    while (sl_json_iter_next(&it, &m)) {
        if (is_unwanted(s, &m)) {
            from = SL_MIN(from, m.key_at);
            to = m.at + m.n;
            continue;
        }
        if (from != SIZE_MAX)
            edit(&s->edits, from, m.key_at - from, (sl_str){0});
        from = SIZE_MAX;
        kept_end = m.at + m.n;
    }
    if (from != SIZE_MAX)
        edit(&s->edits, kept_end, to - kept_end, (sl_str){0});
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

static bool has(const struct splicer *s, enum sl_ai_quirk quirk)
{
    return sl_ai_vendor_has(s->w->t->vendor, quirk);
}

static bool is_openai(const struct splicer *s)
{
    return s->w->call->dialect == SL_AI_OPENAI_CHAT;
}

/* Where the path names the model, the version takes its place in the body. */
static void set_version(struct splicer *s)
{
    const struct sl_json_range *r = &s->w->call->ranges[SL_AI_MEMBER_MODEL];
    sl_str member =
        sl_fmt(s->w->a, "\"anthropic_version\":\"%.*s\"", SL_STRF(s->w->t->vendor->body_version));
    if (s->w->call->operation == SL_AI_COUNT_TOKENS) /* its path is the same for all models */
        edit(&s->edits, s->w->call->body_at, 0, sl_fmt(s->w->a, "%.*s,", SL_STRF(member)));
    else
        edit(&s->edits, r->key_at, r->at + r->n - r->key_at, member);
}

static bool is_bedrock_beta(sl_str name)
{
    static const sl_str known[] = {
#define X(name) SL_STR_INIT(name),
#include "ai/bedrock_beta.def"
#undef X
    };
    for (size_t i = 0; i < SL_LEN(known); i++)
        if (sl_str_eq(known[i], name))
            return true;
    return false;
}

/* What the client's head asks for, as a member; the betas that are not known there are left out. */
static void set_betas(struct splicer *s)
{
    sl_str rest = sl_headers_get_id(s->w->client, SL_H_ANTHROPIC_BETA), name;
    const char *before = "\"anthropic_beta\":[\"";
    struct sl_strbuf b;
    sl_strbuf_init(&b, s->w->a, 0);
    while (sl_str_split(&rest, ',', &name)) {
        name = sl_str_trim(name);
        if (!is_bedrock_beta(name))
            continue;
        sl_strbuf_addf(&b, "%s%.*s", before, SL_STRF(name));
        before = "\",\"";
    }
    if (b.n == 0)
        return;
    sl_strbuf_add(&b, SL_STR("\"],"));
    edit(&s->edits, s->w->call->body_at, 0, sl_strbuf_str(&b));
}

static void set_model(struct splicer *s)
{
    const struct sl_json_range *r = &s->w->call->ranges[SL_AI_MEMBER_MODEL];
    if (s->w->call->line.model.n != 0 || sl_str_eq(s->w->call->model, s->w->t->model))
        return;
    sl_str model = json_text(s->w->a, s->w->t->model);
    if (r->is_present)
        edit_value(&s->edits, r, model);
    else
        edit(&s->edits, s->w->call->body_at, 0, sl_fmt(s->w->a, "\"model\":%.*s,", SL_STRF(model)));
}

static bool is_empty_object(sl_str body, const struct sl_json_range *r)
{
    return sl_str_trim_all((sl_str){body.p + r->at + 1, r->n - 2}).n == 0;
}

/* False when stream_options is no object: that is for the vendor to refuse. */
static bool add_include_usage(struct splicer *s)
{
    const struct sl_json_range *options = &s->w->call->ranges[SL_AI_MEMBER_STREAM_OPTIONS];
    const struct sl_json_range *include = &s->w->call->ranges[SL_AI_MEMBER_INCLUDE_USAGE];
    if (!options->is_present)
        edit(&s->edits, s->w->call->body_at, 0,
             SL_STR("\"stream_options\":{\"include_usage\":true},"));
    else if (options->kind == SL_JSON_NULL)
        edit_value(&s->edits, options, SL_STR("{\"include_usage\":true}"));
    else if (options->kind != SL_JSON_OBJECT)
        return false;
    else if (include->is_present)
        edit_value(&s->edits, include, SL_STR("true"));
    else if (is_empty_object(s->w->call->body, options))
        edit_value(&s->edits, options, SL_STR("{\"include_usage\":true}"));
    else
        edit(&s->edits, options->at + 1, 0, SL_STR("\"include_usage\":true,"));
    return true;
}

static void set_stream(struct splicer *s)
{
    const struct sl_json_range *r = &s->w->call->ranges[SL_AI_MEMBER_STREAM];
    bool is_stream = s->w->call->is_stream;
    if (s->w->call->line.model.n != 0)
        return; /* the path says it */
    if (s->w->streams_otherwise && r->is_present)
        edit_value(&s->edits, r, is_stream ? SL_STR("true") : SL_STR("false"));
    else if (s->w->streams_otherwise)
        edit(&s->edits, s->w->call->body_at, 0,
             is_stream ? SL_STR("\"stream\":true,") : SL_STR("\"stream\":false,"));
}

static bool has_new_limit(const struct splicer *s)
{
    return s->w->t->vendor->max_tokens_field == SL_AI_MAX_COMPLETION_TOKENS;
}

/* Of two spellings of the limit the vendor's own stays, unless it is null and the other is not. */
static enum sl_ai_member limit_kept(const struct splicer *s)
{
    const struct sl_ai_call *call = s->w->call;
    bool is_new = has_new_limit(s);
    enum sl_ai_member own = is_new ? SL_AI_MEMBER_MAX_COMPLETION_TOKENS : SL_AI_MEMBER_MAX_TOKENS;
    enum sl_ai_member other = is_new ? SL_AI_MEMBER_MAX_TOKENS : SL_AI_MEMBER_MAX_COMPLETION_TOKENS;
    bool is_said = sl_ai_call_member(call, own) != NULL;
    bool is_said_otherwise = sl_ai_call_member(call, other) != NULL;
    if (is_said || is_said_otherwise)
        return is_said ? own : other;
    return call->ranges[own].is_present || !call->ranges[other].is_present ? own : other;
}

/* The other spelling is renamed. */
static void set_limit(struct splicer *s)
{
    bool is_new = has_new_limit(s);
    enum sl_ai_member kept = limit_kept(s);
    sl_str name = is_new ? SL_STR("\"max_completion_tokens\"") : SL_STR("\"max_tokens\"");
    const struct sl_json_range *r = &s->w->call->ranges[kept];
    if (s->w->call->dialect != SL_AI_OPENAI_CHAT)
        r = &s->w->call->ranges[SL_AI_MEMBER_MAX_TOKENS];
    else if (r->is_present && (kept == SL_AI_MEMBER_MAX_COMPLETION_TOKENS) != is_new)
        edit_name(&s->edits, r, name);
    if (s->w->call->max_tokens >= 0 || s->w->t->cap_max_tokens < 0)
        return;
    sl_str cap = sl_fmt(s->w->a, "%lld", (long long)s->w->t->cap_max_tokens);
    if (r->is_present) /* and null */
        edit_value(&s->edits, r, cap);
    else
        edit(&s->edits, s->w->call->body_at, 0,
             sl_fmt(s->w->a, "%.*s:%.*s,", SL_STRF(name), SL_STRF(cap)));
}

static bool is_other_limit(const struct splicer *s, const struct sl_json_range *m)
{
    const struct sl_json_range *r = s->w->call->ranges;
    bool is_new_kept = limit_kept(s) == SL_AI_MEMBER_MAX_COMPLETION_TOKENS;
    if (!r[SL_AI_MEMBER_MAX_TOKENS].is_present || !r[SL_AI_MEMBER_MAX_COMPLETION_TOKENS].is_present)
        return false;
    return m->at ==
           r[is_new_kept ? SL_AI_MEMBER_MAX_TOKENS : SL_AI_MEMBER_MAX_COMPLETION_TOKENS].at;
}

/* The inside of a member's name as it stands; escaped names are no vendor's. */
static sl_str raw_name(sl_str body, const struct sl_json_range *m)
{
    return (sl_str){body.p + m->key_at + 1, m->key_n - 2};
}

static void note_dropped(struct splicer *s, sl_str name)
{
    if (s->dropped.n != 0)
        sl_strbuf_add_char(&s->dropped, ',');
    sl_strbuf_add(&s->dropped, name);
}

static bool is_unwanted(struct splicer *s, const struct sl_json_range *m)
{
    sl_str name = raw_name(s->w->call->body, m);
    if (is_other_limit(s, m))
        return true;
    if (has(s, SL_AI_QUIRK_STREAM_BY_PATH) && m->at == s->w->call->ranges[SL_AI_MEMBER_STREAM].at)
        return true;
    if (is_openai(s) && m->at == s->w->call->ranges[SL_AI_MEMBER_STREAM_OPTIONS].at)
        return !sl_ai_takes_stream_options(s->w);
    if (!sl_ai_vendor_drops(s->w->t->vendor, name))
        return false;
    if (m->kind != SL_JSON_NULL && !sl_ai_is_default(name, sl_json_range_text(s->w->call->body, m)))
        note_dropped(s, name);
    return true;
}

static bool may_have_unwanted(const struct splicer *s)
{
    const struct sl_json_range *r = s->w->call->ranges;
    return s->w->t->vendor->drops.n != 0 || has(s, SL_AI_QUIRK_STREAM_BY_PATH) ||
           (is_openai(s) &&
            ((r[SL_AI_MEMBER_STREAM_OPTIONS].is_present && !sl_ai_takes_stream_options(s->w)) ||
             (r[SL_AI_MEMBER_MAX_TOKENS].is_present &&
              r[SL_AI_MEMBER_MAX_COMPLETION_TOKENS].is_present)));
}

static void remove_unwanted(struct splicer *s)
{
    struct sl_json_range top;
    if (!may_have_unwanted(s))
        return;
    top = sl_json_range_top(s->w->call->body);
    remove_members(s, &top, is_unwanted);
}

/* ------------------------------------------------------------------ quirks */

static void rename_developer(struct splicer *s)
{
    struct sl_json_iter it;
    struct sl_json_range message, role;
    sl_str body = s->w->call->body;
    sl_json_iter_init(&it, body, &s->w->call->ranges[SL_AI_MEMBER_MESSAGES]);
    while (sl_json_iter_next(&it, &message)) {
        if (sl_json_range_get(body, &message, SL_STR("role"), &role) &&
            sl_json_range_text_eq(body, &role, SL_STR("developer")))
            edit_value(&s->edits, &role, SL_STR("\"system\""));
    }
}

static bool is_strict(struct splicer *s, const struct sl_json_range *m)
{
    bool is_it = sl_json_range_key_eq(s->w->call->body, m, SL_STR("strict"));
    s->has_lost_strict |= is_it && m->kind == SL_JSON_TRUE;
    return is_it;
}

static void remove_strict(struct splicer *s)
{
    struct sl_json_iter it;
    struct sl_json_range tool, function;
    const struct sl_json_range *tools = sl_ai_call_member(s->w->call, SL_AI_MEMBER_TOOLS);
    if (tools == NULL)
        return;
    sl_json_iter_init(&it, s->w->call->body, tools);
    while (sl_json_iter_next(&it, &tool)) {
        if (sl_json_range_get(s->w->call->body, &tool, SL_STR("function"), &function))
            remove_members(s, &function, is_strict);
    }
    if (s->has_lost_strict)
        note_dropped(s, SL_STR("tools.strict"));
}

static void clamp_temperature(struct splicer *s)
{
    const struct sl_json_range *r = sl_ai_call_member(s->w->call, SL_AI_MEMBER_TEMPERATURE);
    int64_t max = s->w->t->vendor->temperature_max_milli, milli;
    if (max == 0 || r == NULL ||
        !sl_num_rounded(sl_json_range_text(s->w->call->body, r), 3, &milli) || milli <= max)
        return;
    edit_value(&s->edits, r, sl_ai_number_of_milli(max, s->w->a));
    note_dropped(s, SL_STR("temperature:clamped"));
}

static void rename_members(struct splicer *s)
{
    struct sl_json_range top = sl_json_range_top(s->w->call->body), m;
    struct sl_json_iter it;
    if (s->w->t->vendor->renames.n == 0)
        return;
    sl_json_iter_init(&it, s->w->call->body, &top);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = raw_name(s->w->call->body, &m);
        sl_str own = sl_ai_vendor_name_of(s->w->t->vendor, name);
        if (own.p != name.p)
            edit_name(&s->edits, &m, sl_fmt(s->w->a, "\"%.*s\"", SL_STRF(own)));
    }
}

/* Of a string. */
static sl_str inside(sl_str body, const struct sl_json_range *m)
{
    return m->kind == SL_JSON_STRING ? (sl_str){body.p + m->at + 1, m->n - 2} : (sl_str){0};
}

/* OpenAI's word in the vendor's spelling; who writes that spelling already knows better. */
static void translate_effort(struct splicer *s)
{
    enum sl_ai_reasoning_style style = s->w->t->vendor->reasoning;
    struct sl_json_range top = sl_json_range_top(s->w->call->body), m;
    if (!sl_ai_reasoning_is_own(style) ||
        !sl_json_range_get(s->w->call->body, &top, SL_STR("reasoning_effort"), &m))
        return;
    enum sl_ai_effort effort = sl_ai_effort_of(inside(s->w->call->body, &m));
    if (effort == SL_AI_EFFORT_UNSET)
        return;
    sl_str members = sl_ai_reasoning_members(style, effort, -1, s->w->a);
    if (members.n != 0)
        edit(&s->edits, m.key_at, m.at + m.n - m.key_at, members);
}

static void stream_tools(struct splicer *s)
{
    struct sl_json_range top, m;
    if (!s->w->call->is_stream || !s->w->call->has_tools)
        return;
    top = sl_json_range_top(s->w->call->body);
    if (!sl_json_range_get(s->w->call->body, &top, SL_STR("tool_stream"), &m))
        edit(&s->edits, s->w->call->body_at, 0, SL_STR("\"tool_stream\":true,"));
}

static void apply_quirks(struct splicer *s)
{
    if (s->w->call->may_have_developer && !has(s, SL_AI_QUIRK_DEVELOPER_ROLE))
        rename_developer(s);
    if (s->w->call->may_have_strict && !has(s, SL_AI_QUIRK_STRICT_TOOLS))
        remove_strict(s);
    translate_effort(s);
    clamp_temperature(s);
    if (has(s, SL_AI_QUIRK_TOOL_STREAM))
        stream_tools(s);
}

/* ------------------------------------------------------------------ the same dialect */

/* A limit that stands in an object of its own, which may be there already. */
static void set_nested_limit(struct splicer *s, const struct sl_json_range *object,
                             const char *object_name, const char *name)
{
    long long cap = (long long)s->w->t->cap_max_tokens;
    if (!object->is_present)
        edit(&s->edits, s->w->call->body_at, 0,
             sl_fmt(s->w->a, "\"%s\":{\"%s\":%lld},", object_name, name, cap));
    else if (object->kind != SL_JSON_OBJECT || is_empty_object(s->w->call->body, object))
        edit_value(&s->edits, object, sl_fmt(s->w->a, "{\"%s\":%lld}", name, cap));
    else
        edit(&s->edits, object->at + 1, 0, sl_fmt(s->w->a, "\"%s\":%lld,", name, cap));
}

static bool lacks_cap(const struct splicer *s)
{
    return s->w->call->max_tokens < 0 && s->w->t->cap_max_tokens >= 0;
}

static void set_gemini_limit(struct splicer *s)
{
    const struct sl_json_range *config = &s->w->call->ranges[SL_AI_MEMBER_CONFIG],
                               *snake = &s->w->call->ranges[SL_AI_MEMBER_CONFIG_SNAKE];
    bool is_snake = !config->is_present && snake->is_present;
    if (lacks_cap(s))
        set_nested_limit(s, is_snake ? snake : config, "generationConfig",
                         is_snake ? "max_output_tokens" : "maxOutputTokens");
}

/* A limit below zero is none. */
static void set_ollama_limit(struct splicer *s)
{
    const struct sl_json_range *limit = &s->w->call->ranges[SL_AI_MEMBER_MAX_TOKENS];
    if (!lacks_cap(s))
        return;
    if (limit->is_present)
        edit_value(&s->edits, limit, sl_fmt(s->w->a, "%lld", (long long)s->w->t->cap_max_tokens));
    else
        set_nested_limit(s, &s->w->call->ranges[SL_AI_MEMBER_CONFIG], "options", "num_predict");
}

/* The one spelling that this dialect has. */
static void cap_output(struct splicer *s)
{
    const struct sl_json_range *r = &s->w->call->ranges[SL_AI_MEMBER_MAX_OUTPUT_TOKENS];
    sl_str cap = sl_fmt(s->w->a, "%lld", (long long)s->w->t->cap_max_tokens);
    if (s->w->call->max_tokens >= 0 || s->w->t->cap_max_tokens < 0)
        return;
    if (r->is_present) /* and null */
        edit_value(&s->edits, r, cap);
    else
        edit(&s->edits, s->w->call->body_at, 0,
             sl_fmt(s->w->a, "\"max_output_tokens\":%.*s,", SL_STRF(cap)));
}

static void edit_chat(struct splicer *s)
{
    bool has_options = sl_ai_has_stream_options(s->w->call->dialect);
    if (s->w->call->dialect == SL_AI_GEMINI)
        set_gemini_limit(s);
    if (s->w->call->dialect == SL_AI_OLLAMA)
        set_ollama_limit(s);
    if (s->w->call->dialect == SL_AI_OPENAI_RESPONSES)
        cap_output(s);
    if (has_options || s->w->call->dialect == SL_AI_ANTHROPIC ||
        s->w->call->dialect == SL_AI_COHERE)
        set_limit(s);
    set_stream(s);
    if (has_options && sl_ai_hides_usage(s->w))
        s->w->wire->has_hidden_usage = add_include_usage(s);
    if (s->w->call->dialect == SL_AI_OPENAI_CHAT)
        apply_quirks(s);
}

static bool has_float_embeddings(const struct splicer *s)
{
    return has(s, SL_AI_QUIRK_EMBEDDINGS_FLOAT_ONLY) &&
           sl_str_eq(s->w->call->encoding_format, SL_STR("base64"));
}

static void edit_embeddings(struct splicer *s)
{
    if (has_float_embeddings(s))
        edit_value(&s->edits, &s->w->call->ranges[SL_AI_MEMBER_ENCODING_FORMAT],
                   SL_STR("\"float\""));
}

static bool asks_for_more_choices(const struct splicer *s)
{
    struct sl_json_range top = sl_json_range_top(s->w->call->body), n;
    int64_t choices;
    return sl_json_range_get(s->w->call->body, &top, SL_STR("n"), &n) &&
           sl_json_range_i64(s->w->call->body, &n, &choices) && choices > 1;
}

/* By the first of them. */
static sl_rc refuse_dropped(struct splicer *s)
{
    sl_str all = sl_strbuf_str(&s->dropped);
    sl_str first = sl_str_head(all, sl_str_find(all, ',', 0));
    return sl_diag_fail(s->w->d, SL_E_AI_UNSUPPORTED, sl_fmt(s->w->a, "%.*s", SL_STRF(first)).p,
                        "this vendor does not take %.*s", SL_STRF(all));
}

static sl_rc refuse_losses(struct splicer *s)
{
    if (sl_ai_vendor_drops(s->w->t->vendor, SL_STR("n")) && asks_for_more_choices(s))
        return sl_diag_fail(s->w->d, SL_E_AI_UNSUPPORTED, "n", "this vendor gives one choice only");
    if (s->w->call->has_tools && has(s, SL_AI_QUIRK_NO_TOOLS))
        return sl_diag_fail(s->w->d, SL_E_AI_UNSUPPORTED, "tools", "this vendor has no tools");
    return s->w->t->is_strict && s->dropped.n != 0 ? refuse_dropped(s) : SL_OK;
}

static sl_rc splice(struct splicer *s)
{
    if (s->w->t->vendor->body_version.n != 0)
        set_version(s);
    if (has(s, SL_AI_QUIRK_BETA_IN_BODY))
        set_betas(s);
    if (s->w->t->vendor->body_version.n == 0 || s->w->call->operation == SL_AI_COUNT_TOKENS)
        set_model(s);
    if (s->w->call->operation == SL_AI_CHAT)
        edit_chat(s);
    if (s->w->call->operation == SL_AI_EMBEDDINGS)
        edit_embeddings(s);
    rename_members(s);
    remove_unwanted(s);
    sl_rc rc = refuse_losses(s);
    if (rc != SL_OK)
        return rc;
    if (s->edits.is_full || s->dropped.is_full)
        return sl_diag_fail(s->w->d, SL_E_AI_BAD_BODY, "", "too many members need a change");
    sort(&s->edits);
    drop_covered(&s->edits);
    sl_splice_chain(&s->w->wire->body, s->w->call->body, s->edits.v, s->edits.n);
    s->w->wire->dropped_params = sl_strbuf_str(&s->dropped);
    return SL_OK;
}

sl_rc sl_ai_call_splice(const struct sl_ai_writing *w)
{
    struct splicer s = {.w = w, .edits.a = w->a};
    sl_strbuf_init(&s.dropped, w->a, 0);
    return splice(&s);
}

/* ------------------------------------------------------------------ what splices cannot give */

static bool has_string_content_only(sl_str body, const struct sl_json_range *message)
{
    struct sl_json_range content;
    return !sl_json_range_get(body, message, SL_STR("content"), &content) ||
           content.kind != SL_JSON_ARRAY;
}

static bool is_tool_id_9(const struct sl_json_range *id)
{
    enum { TOOL_ID_BYTES = 9 };
    return id->n == TOOL_ID_BYTES + 2 || id->kind != SL_JSON_STRING;
}

static bool has_tool_ids_9(sl_str body, const struct sl_json_range *message)
{
    struct sl_json_range calls, call, id;
    struct sl_json_iter it;
    if (sl_json_range_get(body, message, SL_STR("tool_call_id"), &id) && !is_tool_id_9(&id))
        return false;
    if (!sl_json_range_get(body, message, SL_STR("tool_calls"), &calls))
        return true;
    sl_json_iter_init(&it, body, &calls);
    while (sl_json_iter_next(&it, &call)) {
        if (sl_json_range_get(body, &call, SL_STR("id"), &id) && !is_tool_id_9(&id))
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

static bool is_of_type(sl_str body, const struct sl_json_range *object, sl_str wanted)
{
    struct sl_json_range type;
    return sl_json_range_get(body, object, SL_STR("type"), &type) &&
           sl_str_eq(inside(body, &type), wanted);
}

static bool has_of_type(sl_str body, const struct sl_json_range *list, sl_str wanted)
{
    struct sl_json_iter it;
    struct sl_json_range one;
    if (!list->is_present || list->kind != SL_JSON_ARRAY)
        return false;
    sl_json_iter_init(&it, body, list);
    while (sl_json_iter_next(&it, &one))
        if (is_of_type(body, &one, wanted))
            return true;
    return false;
}

static bool has_custom_calls(sl_str body, const struct sl_json_range *messages)
{
    struct sl_json_iter it;
    struct sl_json_range message, calls;
    if (!messages->is_present || messages->kind != SL_JSON_ARRAY)
        return false;
    sl_json_iter_init(&it, body, messages);
    while (sl_json_iter_next(&it, &message))
        if (sl_json_range_get(body, &message, SL_STR("tool_calls"), &calls) &&
            has_of_type(body, &calls, SL_STR("custom")))
            return true;
    return false;
}

/* Free-form tools, or calls of them in earlier turns, for a vendor that has none. */
static bool has_foreign_tools(const struct sl_ai_writing *w)
{
    const struct sl_ai_call *call = w->call;
    const struct sl_json_range *tools = &call->ranges[SL_AI_MEMBER_TOOLS];
    const struct sl_json_range *input = &call->ranges[SL_AI_MEMBER_INPUT];
    bool is_chat = call->dialect == SL_AI_OPENAI_CHAT && call->may_have_custom;
    bool is_responses = call->dialect == SL_AI_OPENAI_RESPONSES;
    if ((!is_chat && !is_responses) || sl_ai_custom_is_native(w->t))
        return false;
    if (is_chat)
        return has_of_type(call->body, tools, SL_STR("custom")) ||
               has_custom_calls(call->body, &call->ranges[SL_AI_MEMBER_MESSAGES]);
    return sl_str_find_str(call->body, SL_STR("\"custom")) != SIZE_MAX &&
           (has_of_type(call->body, tools, SL_STR("custom")) ||
            has_of_type(call->body, input, SL_STR("custom_tool_call")) ||
            has_of_type(call->body, input, SL_STR("custom_tool_call_output")));
}

bool sl_ai_call_needs_hub(const struct sl_ai_writing *w)
{
    const uint32_t deep =
        SL_AI_QUIRK_CONTENT_MUST_BE_STRING | SL_AI_QUIRK_ROLES_ALTERNATE | SL_AI_QUIRK_TOOL_ID_9;
    struct sl_json_iter it;
    struct sl_json_range m, before = {0};
    sl_str body = w->call->body;
    if (w->call->operation != SL_AI_CHAT)
        return false;
    if (!w->call->is_bare &&
        sl_ai_signature_is_in(body)) /* another vendor's, perhaps: it must not see it */
        return true;
    if (has_foreign_tools(w))
        return true;
    if ((w->t->vendor->quirks & deep) == 0)
        return false;
    sl_json_iter_init(&it, body, &w->call->ranges[SL_AI_MEMBER_MESSAGES]);
    for (; sl_json_iter_next(&it, &m); before = m) {
        if (sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_CONTENT_MUST_BE_STRING) &&
            !has_string_content_only(body, &m))
            return true;
        if (sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_TOOL_ID_9) && !has_tool_ids_9(body, &m))
            return true;
        if (sl_ai_vendor_has(w->t->vendor, SL_AI_QUIRK_ROLES_ALTERNATE) && before.n != 0 &&
            is_same_role(body, &before, &m))
            return true;
    }
    return false;
}
