#include "ai/model_list.h"

#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/jsonw.h"
#include "codec/url.h"

enum { PAGE_MODELS_MAX = 1000, ANTHROPIC_PAGE_MODELS = 20, GEMINI_PAGE_MODELS = 50 };

/* ------------------------------------------------------------------ pages */

struct page_reader {
    sl_str query;
    const struct sl_ai_listed *all;
    size_t count;
    struct sl_arena *a;
    struct sl_diag *d;
};

static sl_rc refuse(const struct page_reader *r, const char *name, const char *what)
{
    return sl_diag_fail(r->d, SL_E_AI_BAD_BODY, name, "%s", what);
}

/* A parameter, decoded; false when it is absent or empty. */
static bool get(const struct page_reader *r, const char *name, sl_str *ret)
{
    struct sl_strbuf b;
    sl_str raw;
    if (!sl_query_get(r->query, sl_cstr(name), &raw) || raw.n == 0)
        return false;
    sl_strbuf_init(&b, r->a, 0);
    if (!sl_dec_percent(&b, raw))
        sl_strbuf_add(&b, raw);
    *ret = sl_strbuf_str(&b);
    return true;
}

static sl_rc read_size(const struct page_reader *r, const char *name, size_t unsaid, size_t *ret)
{
    uint64_t n;
    sl_str text;
    *ret = unsaid;
    if (!get(r, name, &text))
        return SL_OK;
    if (!sl_num_u64(text, UINT32_MAX, &n) || n == 0)
        return refuse(r, name, "must be a number from 1 to 1000");
    *ret = SL_MIN((size_t)n, (size_t)PAGE_MODELS_MAX);
    return SL_OK;
}

static bool find(const struct page_reader *r, sl_str name, size_t *ret)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!sl_str_eq(r->all[i].name, name))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

static sl_rc read_anthropic(const struct page_reader *r, struct sl_ai_page *ret)
{
    sl_str after, before;
    size_t size, at;
    sl_rc rc = read_size(r, "limit", ANTHROPIC_PAGE_MODELS, &size);
    bool has_after = get(r, "after_id", &after), has_before = get(r, "before_id", &before);
    if (rc != SL_OK)
        return rc;
    if (has_after && has_before)
        return refuse(r, "after_id", "excludes before_id");
    if (has_after && !find(r, after, &at))
        return refuse(r, "after_id", "is none of the models that you may use");
    if (has_before && !find(r, before, &at))
        return refuse(r, "before_id", "is none of the models that you may use");
    if (has_before) {
        ret->n = SL_MIN(size, at);
        ret->from = at - ret->n;
        ret->has_more = ret->from != 0;
        return SL_OK;
    }
    ret->from = has_after ? at + 1 : 0;
    ret->n = SL_MIN(size, r->count - ret->from);
    ret->has_more = ret->from + ret->n < r->count;
    return SL_OK;
}

/* A token is the name of the model before, so that it stays good when others come and go. */
static sl_rc read_gemini(const struct page_reader *r, struct sl_ai_page *ret)
{
    struct sl_strbuf name;
    size_t size, at;
    sl_str token;
    sl_rc rc = read_size(r, "pageSize", GEMINI_PAGE_MODELS, &size);
    if (rc != SL_OK)
        return rc;
    if (get(r, "pageToken", &token)) {
        sl_strbuf_init(&name, r->a, 0);
        if (!sl_dec_base64url(&name, token) || !find(r, sl_strbuf_str(&name), &at))
            return refuse(r, "pageToken", "is not one that was given out");
        ret->from = at + 1;
    }
    ret->n = SL_MIN(size, r->count - ret->from);
    ret->has_more = ret->from + ret->n < r->count;
    return SL_OK;
}

sl_rc sl_ai_page_read(enum sl_ai_dialect client, sl_str query, const struct sl_ai_listed *all,
                      size_t count, struct sl_arena *a, struct sl_ai_page *ret, struct sl_diag *d)
{
    const struct page_reader r = {.query = query, .all = all, .count = count, .a = a, .d = d};
    *ret = (struct sl_ai_page){.n = count};
    if (client == SL_AI_ANTHROPIC)
        return read_anthropic(&r, ret);
    if (client == SL_AI_GEMINI)
        return read_gemini(&r, ret);
    return SL_OK;
}

/* ------------------------------------------------------------------ OpenAI */

static void put_openai(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("id"), m->name);
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("model"));
    sl_jsonw_key_i64(w, SL_STR("created"), 0);
    sl_jsonw_key_str(w, SL_STR("owned_by"), m->owner);
    sl_jsonw_end(w);
}

static void begin_openai(struct sl_jsonw *w)
{
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("list"));
    sl_jsonw_key(w, SL_STR("data"));
}

static void end_nothing(struct sl_jsonw *w, const struct sl_ai_listed *all,
                        const struct sl_ai_page *page)
{
    (void)w, (void)all, (void)page;
}

/* ------------------------------------------------------------------ Anthropic */

static bool has_flag(const struct sl_ai_listed *m, uint32_t flag)
{
    return m->info != NULL && (m->info->flags & flag) != 0;
}

static void put_support(struct sl_jsonw *w, const char *name, bool is_supported)
{
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_object(w);
    sl_jsonw_key_bool(w, SL_STR("supported"), is_supported);
    sl_jsonw_end(w);
}

/* An ability that is an object of finer ones, all of which go with it. */
static void put_abilities(struct sl_jsonw *w, const char *name, bool is_supported,
                          const char *const *finer, size_t count)
{
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_object(w);
    sl_jsonw_key_bool(w, SL_STR("supported"), is_supported);
    for (size_t i = 0; i < count; i++)
        put_support(w, finer[i], is_supported);
    sl_jsonw_end(w);
}

static void put_thinking(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    sl_jsonw_key(w, SL_STR("thinking"));
    sl_jsonw_object(w);
    sl_jsonw_key_bool(w, SL_STR("supported"), has_flag(m, SL_AI_MODEL_REASONING));
    sl_jsonw_key(w, SL_STR("types"));
    sl_jsonw_object(w);
    put_support(w, "adaptive", has_flag(m, SL_AI_MODEL_ADAPTIVE_THINKING));
    put_support(w, "between_tools", has_flag(m, SL_AI_MODEL_REASONING));
    put_support(w, "disabled", has_flag(m, SL_AI_MODEL_REASONING_TOGGLE));
    put_support(w, "enabled", has_flag(m, SL_AI_MODEL_REASONING_BUDGET));
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void put_server_tools(struct sl_jsonw *w, bool has_search)
{
    sl_jsonw_key(w, SL_STR("server_tools"));
    sl_jsonw_object(w);
    sl_jsonw_key_bool(w, SL_STR("supported"), has_search);
    put_support(w, "code_execution", false);
    put_support(w, "web_search", has_search);
    sl_jsonw_end(w);
}

static void put_capabilities(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    static const char *const efforts[] = {"low", "medium", "high", "xhigh", "max"};
    sl_jsonw_object(w);
    put_support(w, "batch", has_flag(m, SL_AI_MODEL_BATCH));
    put_support(w, "citations", false);
    put_support(w, "code_execution", false);
    put_abilities(w, "context_management", false, NULL, 0);
    put_abilities(w, "effort", has_flag(m, SL_AI_MODEL_REASONING_EFFORT), efforts, SL_LEN(efforts));
    put_support(w, "image_input", has_flag(m, SL_AI_MODEL_VISION));
    put_support(w, "pdf_input", has_flag(m, SL_AI_MODEL_PDF));
    put_server_tools(w, has_flag(m, SL_AI_MODEL_WEB_SEARCH));
    put_support(w, "structured_outputs", has_flag(m, SL_AI_MODEL_JSON_SCHEMA));
    put_thinking(w, m);
    sl_jsonw_end(w);
}

static void put_limit(struct sl_jsonw *w, const char *name, int64_t limit)
{
    sl_jsonw_key(w, sl_cstr(name));
    if (limit > 0)
        sl_jsonw_i64(w, limit);
    else
        sl_jsonw_null(w);
}

static void put_anthropic(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    bool is_deprecated = m->info != NULL && m->info->status == SL_AI_MODEL_DEPRECATED;
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("type"), SL_STR("model"));
    sl_jsonw_key_str(w, SL_STR("id"), m->name);
    sl_jsonw_key_str(w, SL_STR("display_name"), m->name);
    sl_jsonw_key_str(w, SL_STR("created_at"), SL_STR("1970-01-01T00:00:00Z")); /* not known */
    sl_jsonw_key_str(w, SL_STR("lifecycle"),
                     is_deprecated ? SL_STR("deprecated") : SL_STR("active"));
    put_limit(w, "max_input_tokens", m->info != NULL ? m->info->context_tokens : 0);
    put_limit(w, "max_tokens", m->info != NULL ? m->info->max_output_tokens : 0);
    sl_jsonw_key(w, SL_STR("capabilities"));
    if (m->info != NULL)
        put_capabilities(w, m);
    else
        sl_jsonw_null(w);
    sl_jsonw_end(w);
}

static void begin_anthropic(struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("data"));
}

static void put_id(struct sl_jsonw *w, const char *name, const struct sl_ai_listed *m)
{
    sl_jsonw_key(w, sl_cstr(name));
    if (m != NULL)
        sl_jsonw_str(w, m->name);
    else
        sl_jsonw_null(w);
}

static void end_anthropic(struct sl_jsonw *w, const struct sl_ai_listed *all,
                          const struct sl_ai_page *page)
{
    sl_jsonw_key_bool(w, SL_STR("has_more"), page->has_more);
    put_id(w, "first_id", page->n != 0 ? &all[page->from] : NULL);
    put_id(w, "last_id", page->n != 0 ? &all[page->from + page->n - 1] : NULL);
}

/* ------------------------------------------------------------------ Gemini */

static void put_prefixed(struct sl_jsonw *w, const char *member, sl_str name)
{
    struct sl_strbuf b = {0};
    sl_strbuf_addf(&b, "models/%.*s", SL_STRF(name));
    sl_jsonw_key_str(w, sl_cstr(member), sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

static void put_methods(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    bool embeds = m->info != NULL && m->info->mode == SL_AI_MODE_EMBEDDING;
    sl_jsonw_key(w, SL_STR("supportedGenerationMethods"));
    sl_jsonw_array(w);
    sl_jsonw_str(w, embeds ? SL_STR("embedContent") : SL_STR("generateContent"));
    sl_jsonw_str(w, embeds ? SL_STR("batchEmbedContents") : SL_STR("countTokens"));
    sl_jsonw_end(w);
}

static void put_gemini(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    sl_jsonw_object(w);
    put_prefixed(w, "name", m->name);
    sl_jsonw_key_str(w, SL_STR("version"), SL_STR("001"));
    sl_jsonw_key_str(w, SL_STR("displayName"), m->name);
    if (m->info != NULL && m->info->context_tokens > 0)
        sl_jsonw_key_i64(w, SL_STR("inputTokenLimit"), m->info->context_tokens);
    if (m->info != NULL && m->info->max_output_tokens > 0)
        sl_jsonw_key_i64(w, SL_STR("outputTokenLimit"), m->info->max_output_tokens);
    put_methods(w, m);
    if (has_flag(m, SL_AI_MODEL_REASONING))
        sl_jsonw_key_bool(w, SL_STR("thinking"), true);
    sl_jsonw_end(w);
}

static void begin_models(struct sl_jsonw *w)
{
    sl_jsonw_key(w, SL_STR("models"));
}

static void end_gemini(struct sl_jsonw *w, const struct sl_ai_listed *all,
                       const struct sl_ai_page *page)
{
    struct sl_strbuf token = {0};
    if (!page->has_more || page->n == 0)
        return;
    sl_enc_base64url(&token, all[page->from + page->n - 1].name);
    sl_jsonw_key_str(w, SL_STR("nextPageToken"), sl_strbuf_str(&token));
    sl_strbuf_fini(&token);
}

/* ------------------------------------------------------------------ Cohere */

static const char *endpoint_of(const struct sl_ai_listed *m)
{
    if (m->info != NULL && m->info->mode == SL_AI_MODE_EMBEDDING)
        return "embed";
    return m->info != NULL && m->info->mode == SL_AI_MODE_RERANK ? "rerank" : "chat";
}

static void put_cohere(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), m->name);
    sl_jsonw_key_bool(w, SL_STR("is_deprecated"),
                      m->info != NULL && m->info->status == SL_AI_MODEL_DEPRECATED);
    sl_jsonw_key(w, SL_STR("endpoints"));
    sl_jsonw_array(w);
    sl_jsonw_str(w, sl_cstr(endpoint_of(m)));
    sl_jsonw_end(w);
    sl_jsonw_key_bool(w, SL_STR("finetuned"), false);
    if (m->info != NULL && m->info->context_tokens > 0)
        sl_jsonw_key_i64(w, SL_STR("context_length"), m->info->context_tokens);
    sl_jsonw_end(w);
}

/* ------------------------------------------------------------------ Ollama */

static const sl_str never = SL_STR_INIT("1970-01-01T00:00:00Z");

/* What of a file in memory there is to know, of which there is none. */
static void put_details(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    static const char *const unknown[] = {"parent_model", "format", "parameter_size",
                                          "quantization_level"};
    sl_jsonw_key(w, SL_STR("details"));
    sl_jsonw_object(w);
    for (size_t i = 0; i < SL_LEN(unknown); i++)
        sl_jsonw_key_str(w, sl_cstr(unknown[i]), SL_STR(""));
    sl_jsonw_key_str(w, SL_STR("family"), m->owner);
    sl_jsonw_key(w, SL_STR("families"));
    sl_jsonw_array(w);
    sl_jsonw_str(w, m->owner);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

static void put_ollama(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("name"), m->name);
    sl_jsonw_key_str(w, SL_STR("model"), m->name);
    sl_jsonw_key_str(w, SL_STR("modified_at"), never);
    sl_jsonw_key_i64(w, SL_STR("size"), 0);
    sl_jsonw_key_str(w, SL_STR("digest"), SL_STR(""));
    put_details(w, m);
    sl_jsonw_end(w);
}

static void put_shown_abilities(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } rows[] = {{SL_AI_MODEL_TOOLS, "tools"},
                {SL_AI_MODEL_VISION, "vision"},
                {SL_AI_MODEL_REASONING, "thinking"}};
    bool is_embedding = m->info != NULL && m->info->mode == SL_AI_MODE_EMBEDDING;
    sl_jsonw_key(w, SL_STR("capabilities"));
    sl_jsonw_array(w);
    sl_jsonw_str(w, is_embedding ? SL_STR("embedding") : SL_STR("completion"));
    for (size_t i = 0; m->info != NULL && i < SL_LEN(rows); i++)
        if ((m->info->flags & rows[i].flag) != 0)
            sl_jsonw_str(w, sl_cstr(rows[i].name));
    sl_jsonw_end(w);
}

/* The length of the context has the architecture in its name: the vendor's here. */
static void put_model_info(struct sl_jsonw *w, const struct sl_ai_listed *m)
{
    struct sl_strbuf name = {0};
    sl_jsonw_key(w, SL_STR("model_info"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("general.architecture"), m->owner);
    sl_strbuf_addf(&name, "%.*s.context_length", SL_STRF(m->owner));
    if (m->info != NULL && m->info->context_tokens > 0)
        sl_jsonw_key_i64(w, sl_strbuf_str(&name), m->info->context_tokens);
    sl_strbuf_fini(&name);
    sl_jsonw_end(w);
}

void sl_ai_model_show(const struct sl_ai_listed *model, struct sl_strbuf *out)
{
    static const char *const files[] = {"modelfile", "parameters", "template"};
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    for (size_t i = 0; i < SL_LEN(files); i++)
        sl_jsonw_key_str(&w, sl_cstr(files[i]), SL_STR(""));
    put_details(&w, model);
    put_model_info(&w, model);
    put_shown_abilities(&w, model);
    sl_jsonw_key_str(&w, SL_STR("modified_at"), never);
    sl_jsonw_end(&w);
}

/* ------------------------------------------------------------------ by dialect */

struct form {
    void (*begin)(struct sl_jsonw *w);
    void (*put)(struct sl_jsonw *w, const struct sl_ai_listed *m);
    void (*end)(struct sl_jsonw *w, const struct sl_ai_listed *all, const struct sl_ai_page *page);
};

static const struct form openai = {begin_openai, put_openai, end_nothing};
static const struct form anthropic = {begin_anthropic, put_anthropic, end_anthropic};
static const struct form gemini = {begin_models, put_gemini, end_gemini};

static const struct form cohere = {begin_models, put_cohere, end_nothing};
static const struct form ollama = {begin_models, put_ollama, end_nothing};

static const struct form *form_of(enum sl_ai_dialect client)
{
    static const struct form *const own[SL_AI_DIALECT_COUNT] = {
        [SL_AI_ANTHROPIC] = &anthropic,
        [SL_AI_GEMINI] = &gemini,
        [SL_AI_COHERE] = &cohere,
        [SL_AI_OLLAMA] = &ollama,
    };
    return own[client] != NULL ? own[client] : &openai;
}

void sl_ai_models_write(enum sl_ai_dialect client, const struct sl_ai_listed *all,
                        const struct sl_ai_page *page, struct sl_strbuf *out)
{
    const struct form *form = form_of(client);
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    form->begin(&w);
    sl_jsonw_array(&w);
    for (size_t i = 0; i < page->n; i++)
        form->put(&w, &all[page->from + i]);
    sl_jsonw_end(&w);
    form->end(&w, all, page);
    sl_jsonw_end(&w);
}

void sl_ai_model_write(enum sl_ai_dialect client, const struct sl_ai_listed *model,
                       struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    form_of(client)->put(&w, model);
}
