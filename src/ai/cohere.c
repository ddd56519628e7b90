/*
 * cohere: the dialect's table: Cohere's v2 API, whose chat only vendors speak (wire-formats 5), and the
 * errors of those clients that ask for vectors and rankings.
 */
#include "ai/answer_int.h"
#include "ai/cohere_int.h"

static void error_body(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    struct sl_jsonw w;

    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    if (request_id.n != 0)
        sl_jsonw_key_str(&w, SL_STR("id"), request_id);
    sl_jsonw_key_str(&w, SL_STR("message"), sl_ai_fault_message(f));
    sl_jsonw_end(&w);
}

static void error_event(const struct sl_ai_fault *f, sl_str request_id, struct sl_strbuf *out)
{
    sl_strbuf_add(out, SL_STR("data: "));
    error_body(f, request_id, out);
    sl_strbuf_add(out, SL_STR("\n\n"));
}

const struct sl_ai_dialect_ops sl_ai_cohere = {
    .dialect = SL_AI_COHERE,
    .name = SL_STR_INIT("cohere"),
    .encode_request = sl_ai_cohere_encode_request,
    .error_event = error_event,
    .error_body = error_body,
    .decoder = &sl_ai_cohere_decoder,
};
