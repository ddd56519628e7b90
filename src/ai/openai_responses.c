/*
 * openai_responses: the dialect's table, its errors, and who signed a thought.
 */
#include "ai/openai_responses_int.h"
#include "ai/answer_int.h"
#include "ai/relay_int.h"

#include "base/str.h"

/* ------------------------------------------------------------------ signatures */

sl_str sl_ai_openai_responses_sign(struct sl_arena *a, sl_str id, sl_str encrypted)
{
    struct sl_strbuf b;

    if (encrypted.n == 0)
        return (sl_str){0};
    sl_strbuf_init(&b, a, 0);
    if (!sl_str_starts(id, SL_STR("rs_")) || sl_str_find(id, '.', 0) != SIZE_MAX)
        id = SL_STR("rs_0"); /* a server that gives none, or its own */
    sl_strbuf_add(&b, id);
    sl_strbuf_add_char(&b, '.');
    sl_strbuf_add(&b, encrypted);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

bool sl_ai_openai_responses_signed(sl_str signature, sl_str *ret_id, sl_str *ret_encrypted)
{
    size_t dot = sl_str_find(sl_str_head(signature, SL_KIB(1)), '.', 0);

    if (!sl_str_starts(signature, SL_STR("rs_")) || dot == SIZE_MAX || dot + 1 == signature.n)
        return false;
    *ret_id = sl_str_head(signature, dot);
    *ret_encrypted = sl_str_from(signature, dot + 1);
    return true;
}

bool sl_ai_openai_responses_is_hosted(sl_str type)
{
    static const char *const types[] = {
        "apply_patch_call", "code_interpreter_call", "compaction",       "computer_call",
        "file_search_call", "image_generation_call", "local_shell_call", "mcp_approval_request",
        "mcp_call",         "mcp_list_tools",        "program",          "program_output",
        "shell_call",       "shell_call_output",     "tool_search_call", "tool_search_output",
        "web_search_call",
    };

    for (size_t i = 0; i < SL_LEN(types); i++)
        if (sl_str_eq(sl_cstr(types[i]), type))
            return true;
    return false;
}

/* ------------------------------------------------------------------ errors */

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_ai_openai_chat.error_body(f, request_id, out);
}

/* Of a stream that has not begun: the event of its own, with the first number. */
static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    (void)request_id; /* it is in a header */
    sl_ai_openai_responses_error_event(f, 0, out);
}

void sl_ai_openai_responses_error_event(const struct sl_ai_fault *f, uint64_t sequence,
                                        struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_strbuf_add(out, SL_STR("event: error\ndata: "));
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    sl_jsonw_key_str(&w, SL_STR("type"), SL_STR("error"));
    sl_jsonw_key(&w, SL_STR("sequence_number"));
    sl_jsonw_u64(&w, sequence);
    sl_jsonw_key_str(&w, SL_STR("code"), sl_cstr(sl_err_info(f->rc)->label));
    sl_jsonw_key_str(&w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_key(&w, SL_STR("param"));
    if (f->param.n != 0)
        sl_jsonw_str(&w, f->param);
    else
        sl_jsonw_null(&w);
    sl_jsonw_end(&w);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

static const struct sl_jsonscan_path schemas = {
    .steps = {{SL_STR_INIT("tools"), 1}, {SL_STR_INIT("parameters"), 3}}, .n = 2};

const struct sl_ai_dialect_ops sl_ai_openai_responses = {
    .dialect = SL_AI_OPENAI_RESPONSES,
    .name = SL_STR_INIT("openai_responses"),
    .peek = sl_ai_peek_responses,
    .schemas = &schemas,
    .decode_request = sl_ai_openai_responses_decode_request,
    .encode_request = sl_ai_openai_responses_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_openai_responses_decoder,
    .encoder = &sl_ai_openai_responses_encoder,
};
