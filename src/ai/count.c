#include "ai/count.h"

#include "ai/call_int.h"
#include "base/str.h"
#include "codec/jsonw.h"

/* How a dialect is asked to count, and how it answers. */
static const struct form {
    enum sl_ai_dialect dialect;
    sl_str keeps;          /* members of the encoded request that its counter takes; empty: all */
    sl_str inside, within; /* the members under which they stand */
    sl_str model_prefix;   /* the model stands beside them, under this prefix; empty: it does not */
    sl_str answer;         /* the member with the number */
    sl_str object;         /* of the answer, in its member "object"; empty: none */
} forms[] = {
    {.dialect = SL_AI_ANTHROPIC,
     .keeps = SL_STR_INIT(
         "anthropic_version model messages system tools tool_choice thinking output_config "
         "cache_control context_management mcp_servers"),
     .answer = SL_STR_INIT("input_tokens")},
    {.dialect = SL_AI_GEMINI,
     .inside = SL_STR_INIT("generateContentRequest"),
     .model_prefix = SL_STR_INIT("models/"),
     .answer = SL_STR_INIT("totalTokens")},
    {.dialect = SL_AI_OPENAI_RESPONSES,
     .keeps = SL_STR_INIT("model input instructions tools tool_choice text reasoning truncation "
                          "parallel_tool_calls conversation previous_response_id"),
     .answer = SL_STR_INIT("input_tokens"),
     .object = SL_STR_INIT("response.input_tokens")},
    {.dialect = SL_AI_BEDROCK,
     .keeps = SL_STR_INIT("messages system toolConfig additionalModelRequestFields"),
     .inside = SL_STR_INIT("input"),
     .within = SL_STR_INIT("converse"),
     .answer = SL_STR_INIT("inputTokens")},
};

static const struct form *form_of(enum sl_ai_dialect dialect)
{
    for (size_t i = 0; i < SL_LEN(forms); i++)
        if (forms[i].dialect == dialect)
            return &forms[i];
    return NULL;
}

/* ------------------------------------------------------------------ the request */

static bool is_kept(const struct form *form, sl_str name)
{
    sl_str rest = form->keeps, word;
    if (form->keeps.n == 0)
        return true;
    while (sl_str_split(&rest, ' ', &word))
        if (sl_str_eq(word, name))
            return true;
    return false;
}

static void open_member(struct sl_jsonw *w, sl_str name)
{
    if (name.n == 0)
        return;
    sl_jsonw_key(w, name);
    sl_jsonw_object(w);
}

static void close_member(struct sl_jsonw *w, sl_str name)
{
    if (name.n != 0)
        sl_jsonw_end(w);
}

/* Names in what an encoder wrote are plain. */
static void copy_members(struct sl_jsonw *w, const struct form *form, sl_str encoded)
{
    struct sl_json_range top = sl_json_range_top(encoded), m;
    struct sl_json_iter it;
    sl_json_iter_init(&it, encoded, &top);
    while (sl_json_iter_next(&it, &m)) {
        sl_str name = {encoded.p + m.key_at + 1, m.key_n - 2};
        if (is_kept(form, name))
            sl_jsonw_key_raw(w, name, sl_json_range_text(encoded, &m));
    }
}

sl_str sl_ai_count_request(const struct sl_ai_vendor *vendor, sl_str encoded, sl_str model,
                           struct sl_arena *a)
{
    const struct form *form = form_of(vendor->dialect);
    struct sl_strbuf out;
    struct sl_jsonw w;
    if (form == NULL)
        return (sl_str){0};
    if (sl_ai_vendor_has(vendor, SL_AI_QUIRK_PLAIN_COUNT))
        return encoded;
    sl_strbuf_init(&out, a, 0);
    sl_jsonw_init(&w, &out);
    sl_jsonw_object(&w);
    open_member(&w, form->inside);
    open_member(&w, form->within);
    if (form->model_prefix.n != 0)
        sl_jsonw_key_str(&w, SL_STR("model"),
                         sl_fmt(a, "%.*s%.*s", SL_STRF(form->model_prefix), SL_STRF(model)));
    copy_members(&w, form, encoded);
    close_member(&w, form->within);
    close_member(&w, form->inside);
    sl_jsonw_end(&w);
    return out.is_full ? (sl_str){0} : sl_strbuf_str(&out);
}

/* ------------------------------------------------------------------ the answer */

bool sl_ai_count_read(enum sl_ai_dialect vendor, sl_str body, int64_t *ret)
{
    const struct form *form = form_of(vendor);
    struct sl_jsonscan_info info;
    struct sl_json_range number;
    int64_t tokens;
    bool is_number = form != NULL &&
                     sl_jsonscan(body, NULL, &form->answer, 1, &number, &info) == SL_OK &&
                     sl_json_range_i64(body, &number, &tokens) && tokens >= 0;
    if (is_number)
        *ret = tokens;
    return is_number;
}

void sl_ai_count_write(enum sl_ai_dialect client, int64_t tokens, struct sl_strbuf *out)
{
    const struct form *form = form_of(client);
    struct sl_jsonw w;
    SL_ASSERT(form != NULL);
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    if (form->object.n != 0)
        sl_jsonw_key_str(&w, SL_STR("object"), form->object);
    sl_jsonw_key_i64(&w, form->answer, tokens);
    sl_jsonw_end(&w);
}

/* What every message costs besides its texts: the marks around it. */
enum { MESSAGE_TOKENS = 3 };

int64_t sl_ai_count_estimate(const struct sl_ai_call *call)
{
    const struct sl_json_range *messages = sl_ai_call_member(
        call, call->dialect == SL_AI_OPENAI_RESPONSES ? SL_AI_MEMBER_INPUT : SL_AI_MEMBER_MESSAGES);
    int64_t tokens = sl_ai_call_tokens(call, SL_AI_TOKENS_ALL);
    struct sl_json_range m;
    struct sl_json_iter it;
    if (messages == NULL)
        return tokens;
    sl_json_iter_init(&it, call->body, messages);
    while (sl_json_iter_next(&it, &m))
        tokens = sl_add_sat_i64(tokens, MESSAGE_TOKENS);
    return tokens;
}
