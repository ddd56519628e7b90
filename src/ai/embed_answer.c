/*
 * embed_answer: vectors from a vendor to a client. One reader takes every form, for no two of them
 * contradict each other; nothing is copied but what changes its encoding.
 */
#include "ai/embed.h"

#include "base/num.h"
#include "base/str.h"
#include "codec/jsonscan.h"
#include "codec/jsonw.h"

bool sl_ai_embed_wants_id(sl_str user_agent)
{
    return sl_str_find_str(user_agent, SL_STR("mistral")) != SIZE_MAX; /* its SDKs, all of them */
}

/* ------------------------------------------------------------------ reading */

enum { DATA, EMBEDDINGS, EMBEDDING, PREDICTIONS, MODEL, ID, BILLED, TOKENS_FIRST, WANTED = 13 };

/* From TOKENS_FIRST on: where vendors say how many tokens they were given. */
static const sl_str wanted[WANTED] = {
    SL_STR_INIT("data"),
    SL_STR_INIT("embeddings"),
    SL_STR_INIT("embedding"),
    SL_STR_INIT("predictions"),
    SL_STR_INIT("model"),
    SL_STR_INIT("id"),
    SL_STR_INIT("meta.billed_units"),
    SL_STR_INIT("usage.prompt_tokens"),
    SL_STR_INIT("usage.total_tokens"),
    SL_STR_INIT("usage.input_tokens"),
    SL_STR_INIT("prompt_eval_count"),
    SL_STR_INIT("inputTextTokenCount"),
    SL_STR_INIT("usageMetadata.promptTokenCount"),
};

struct reader {
    sl_str body;
    struct sl_ai_embed_answer *ret;
    size_t expected;
    size_t filled;
    struct sl_arena *a;
};

/* A list of numbers, base64, or an object that holds the list. */
static bool read_vector(struct reader *r, const struct sl_json_range *v, size_t index)
{
    struct sl_json_range values;
    struct sl_ai_embed_vector *to;
    if (index >= r->expected)
        return false;
    if (v->kind == SL_JSON_OBJECT)
        return sl_json_range_get(r->body, v, SL_STR("values"), &values) &&
               values.kind == SL_JSON_ARRAY && read_vector(r, &values, index);
    to = &r->ret->vectors[index];
    if (to->numbers_json.p != NULL || to->base64.p != NULL)
        return false; /* a second one for the same input */
    if (v->kind == SL_JSON_ARRAY)
        to->numbers_json = sl_json_range_text(r->body, v);
    else if (v->kind != SL_JSON_STRING ||
             sl_json_string_decode(sl_json_range_text(r->body, v), r->a, &to->base64) != SL_OK)
        return false;
    r->filled++;
    return true;
}

static bool read_list(struct reader *r, const struct sl_json_range *list)
{
    struct sl_json_iter it;
    struct sl_json_range v;
    sl_json_iter_init(&it, r->body, list);
    for (size_t i = 0; sl_json_iter_next(&it, &v); i++)
        if (!read_vector(r, &v, i))
            return false;
    return true;
}

/* OpenAI and those like it: objects that say which input they are of, or stand in its place. */
static bool read_data(struct reader *r, const struct sl_json_range *list)
{
    struct sl_json_iter it;
    struct sl_json_range item, vector, index;
    sl_json_iter_init(&it, r->body, list);
    for (size_t i = 0; sl_json_iter_next(&it, &item); i++) {
        int64_t at = (int64_t)i;
        if (sl_json_range_get(r->body, &item, SL_STR("index"), &index) &&
            (!sl_json_range_i64(r->body, &index, &at) || at < 0))
            return false;
        if (!sl_json_range_get(r->body, &item, SL_STR("embedding"), &vector) ||
            !read_vector(r, &vector, (size_t)at))
            return false;
    }
    return true;
}

/* Cohere: by type, of which one was asked for. */
static bool read_typed(struct reader *r, const struct sl_json_range *types)
{
    struct sl_json_iter it;
    struct sl_json_range list;
    sl_json_iter_init(&it, r->body, types);
    while (sl_json_iter_next(&it, &list))
        if (list.kind == SL_JSON_ARRAY)
            return read_list(r, &list);
    return false;
}

static void add_tokens(struct reader *r, const struct sl_json_range *number)
{
    int64_t tokens;
    if (number->kind == SL_JSON_NUMBER &&
        sl_num_rounded(sl_json_range_text(r->body, number), 0, &tokens) && tokens >= 0)
        r->ret->input_tokens = sl_add_sat_i64(SL_MAX(r->ret->input_tokens, INT64_C(0)), tokens);
}

/* Vertex AI: {embeddings: {values, statistics: {token_count}}}. */
static bool read_predictions(struct reader *r, const struct sl_json_range *list)
{
    struct sl_json_iter it;
    struct sl_json_range item, vector, statistics, tokens;
    sl_json_iter_init(&it, r->body, list);
    for (size_t i = 0; sl_json_iter_next(&it, &item); i++) {
        if (!sl_json_range_get(r->body, &item, SL_STR("embeddings"), &vector) ||
            !read_vector(r, &vector, i))
            return false;
        if (sl_json_range_get(r->body, &vector, SL_STR("statistics"), &statistics) &&
            sl_json_range_get(r->body, &statistics, SL_STR("token_count"), &tokens))
            add_tokens(r, &tokens);
    }
    return true;
}

static bool read_vectors(struct reader *r, const struct sl_json_range *m)
{
    if (m[DATA].kind == SL_JSON_ARRAY)
        return read_data(r, &m[DATA]);
    if (m[EMBEDDINGS].kind == SL_JSON_ARRAY)
        return read_list(r, &m[EMBEDDINGS]);
    if (m[EMBEDDINGS].kind == SL_JSON_OBJECT)
        return read_typed(r, &m[EMBEDDINGS]);
    if (m[PREDICTIONS].kind == SL_JSON_ARRAY)
        return read_predictions(r, &m[PREDICTIONS]);
    return m[EMBEDDING].is_present && read_vector(r, &m[EMBEDDING], 0);
}

static void read_tokens(struct reader *r, const struct sl_json_range *m)
{
    struct sl_json_range billed;
    for (size_t i = TOKENS_FIRST; i < WANTED && r->ret->input_tokens < 0; i++)
        add_tokens(r, &m[i]);
    if (r->ret->input_tokens < 0 &&
        sl_json_range_get(r->body, &m[BILLED], SL_STR("input_tokens"), &billed))
        add_tokens(r, &billed);
}

static sl_str text_of(const struct reader *r, const struct sl_json_range *v)
{
    sl_str text = {0};
    if (v->kind != SL_JSON_STRING ||
        sl_json_string_decode(sl_json_range_text(r->body, v), r->a, &text) != SL_OK)
        return (sl_str){0};
    return text;
}

bool sl_ai_embed_read(sl_str body, size_t expected, struct sl_arena *a,
                      struct sl_ai_embed_answer *ret)
{
    struct sl_json_range m[WANTED];
    struct sl_jsonscan_info info;
    struct reader r = {.body = body, .ret = ret, .expected = expected, .a = a};
    *ret = (struct sl_ai_embed_answer){.count = expected, .input_tokens = -1};
    if (sl_jsonscan(body, NULL, wanted, WANTED, m, &info) != SL_OK || info.kind != SL_JSON_OBJECT)
        return false;
    ret->vectors = sl_arena_try_alloc(a, expected * sizeof(*ret->vectors));
    if (ret->vectors == NULL || !read_vectors(&r, m) || r.filled != expected)
        return false;
    read_tokens(&r, m);
    ret->model = text_of(&r, &m[MODEL]);
    ret->id = text_of(&r, &m[ID]);
    return true;
}

bool sl_ai_embed_peek(sl_str body, int64_t *ret_tokens)
{
    struct sl_json_range m[WANTED];
    struct sl_jsonscan_info info;
    struct sl_ai_embed_answer answer = {.input_tokens = -1};
    struct reader r = {.body = body, .ret = &answer};
    if (sl_jsonscan(body, NULL, wanted, WANTED, m, &info) != SL_OK ||
        m[EMBEDDINGS].kind != SL_JSON_OBJECT)
        return false;
    read_tokens(&r, m);
    *ret_tokens = answer.input_tokens;
    return true;
}

/* ------------------------------------------------------------------ writing */

static void put_base64(struct sl_jsonw *w, const struct sl_ai_embed_vector *v)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add_char(&b, '"');
    if (v->base64.p != NULL)
        sl_strbuf_add(&b, v->base64);
    else
        sl_ai_floats_to_base64(v->numbers_json, &b);
    sl_strbuf_add_char(&b, '"');
    sl_jsonw_raw(w, sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

static void put_numbers(struct sl_jsonw *w, const struct sl_ai_embed_vector *v)
{
    struct sl_strbuf b = {0};
    if (v->numbers_json.p != NULL)
        sl_jsonw_raw(w, v->numbers_json);
    else if (sl_ai_base64_to_floats(v->base64, &b))
        sl_jsonw_raw(w, sl_strbuf_str(&b));
    else
        sl_jsonw_raw(w, SL_STR("[]"));
    sl_strbuf_fini(&b);
}

/* As asked; what is neither numbers nor base64 of floats passes as it came. */
static void put_vector(struct sl_jsonw *w, const struct sl_ai_embed_request *rq,
                       const struct sl_ai_embed_vector *v)
{
    if (rq->encoding == SL_AI_EMBED_BASE64 ||
        (rq->encoding == SL_AI_EMBED_OTHER && v->base64.p != NULL))
        put_base64(w, v);
    else
        put_numbers(w, v);
}

static void put_openai(struct sl_jsonw *w, const struct sl_ai_embed_request *rq,
                       const struct sl_ai_embed_answer *answer, sl_str model, sl_str id,
                       int64_t tokens)
{
    sl_jsonw_key_str(w, SL_STR("id"), id); /* Mistral's clients ask for it */
    sl_jsonw_key_str(w, SL_STR("object"), SL_STR("list"));
    sl_jsonw_key(w, SL_STR("data"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < answer->count; i++) {
        sl_jsonw_object(w);
        sl_jsonw_key_str(w, SL_STR("object"), SL_STR("embedding"));
        sl_jsonw_key_i64(w, SL_STR("index"), (int64_t)i);
        sl_jsonw_key(w, SL_STR("embedding"));
        put_vector(w, rq, &answer->vectors[i]);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
    sl_jsonw_key_str(w, SL_STR("model"), model);
    if (tokens < 0)
        return;
    sl_jsonw_key(w, SL_STR("usage"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("prompt_tokens"), tokens);
    sl_jsonw_key_i64(w, SL_STR("total_tokens"), tokens);
    sl_jsonw_end(w);
}

static void put_values(struct sl_jsonw *w, const struct sl_ai_embed_vector *v)
{
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("values"));
    put_numbers(w, v);
    sl_jsonw_end(w);
}

static void put_gemini(struct sl_jsonw *w, const struct sl_ai_embed_request *rq,
                       const struct sl_ai_embed_answer *answer, int64_t tokens)
{
    sl_jsonw_key(w, rq->is_single ? SL_STR("embedding") : SL_STR("embeddings"));
    if (!rq->is_single)
        sl_jsonw_array(w);
    for (size_t i = 0; i < answer->count; i++)
        put_values(w, &answer->vectors[i]);
    if (!rq->is_single)
        sl_jsonw_end(w);
    if (tokens < 0)
        return;
    sl_jsonw_key(w, SL_STR("usageMetadata"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("promptTokenCount"), tokens);
    sl_jsonw_key_i64(w, SL_STR("totalTokenCount"), tokens);
    sl_jsonw_end(w);
}

static void put_cohere_meta(struct sl_jsonw *w, int64_t tokens)
{
    sl_jsonw_key(w, SL_STR("meta"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("api_version"));
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("version"), SL_STR("2"));
    sl_jsonw_end(w);
    if (tokens >= 0) {
        sl_jsonw_key(w, SL_STR("billed_units"));
        sl_jsonw_object(w);
        sl_jsonw_key_i64(w, SL_STR("input_tokens"), tokens);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

static void put_cohere(struct sl_jsonw *w, const struct sl_ai_embed_request *rq,
                       const struct sl_ai_embed_answer *answer, sl_str id, int64_t tokens)
{
    sl_str type = rq->encoding == SL_AI_EMBED_UNSAID ? SL_STR("float") : rq->encoding_name;
    sl_jsonw_key_str(w, SL_STR("id"), id);
    sl_jsonw_key(w, SL_STR("embeddings"));
    sl_jsonw_object(w);
    sl_jsonw_key(w, type);
    sl_jsonw_array(w);
    for (size_t i = 0; i < answer->count; i++)
        put_vector(w, rq, &answer->vectors[i]);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
    sl_jsonw_key(w, SL_STR("texts"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < rq->count; i++)
        if (rq->inputs[i].image.n == 0)
            sl_jsonw_str(w, rq->inputs[i].text);
    sl_jsonw_end(w);
    put_cohere_meta(w, tokens);
    sl_jsonw_key_str(w, SL_STR("response_type"), SL_STR("embeddings_by_type"));
}

static void put_ollama(struct sl_jsonw *w, const struct sl_ai_embed_answer *answer, sl_str model,
                       int64_t tokens)
{
    sl_jsonw_key_str(w, SL_STR("model"), model);
    sl_jsonw_key(w, SL_STR("embeddings"));
    sl_jsonw_array(w);
    for (size_t i = 0; i < answer->count; i++)
        put_numbers(w, &answer->vectors[i]);
    sl_jsonw_end(w);
    if (tokens >= 0)
        sl_jsonw_key_i64(w, SL_STR("prompt_eval_count"), tokens);
}

void sl_ai_embed_write(const struct sl_ai_embed_request *rq,
                       const struct sl_ai_embed_answer *answer, sl_str model, sl_str request_id,
                       int64_t tokens, struct sl_strbuf *out)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    if (rq->form == SL_AI_EMBED_GEMINI)
        put_gemini(&w, rq, answer, tokens);
    else if (rq->form == SL_AI_EMBED_COHERE)
        put_cohere(&w, rq, answer, answer->id.n != 0 ? answer->id : request_id, tokens);
    else if (rq->form == SL_AI_EMBED_OLLAMA)
        put_ollama(&w, answer, model, tokens);
    else
        put_openai(&w, rq, answer, model, request_id, tokens);
    sl_jsonw_end(&w);
}
