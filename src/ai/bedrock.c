/*
 * bedrock: the dialect's table: AWS Bedrock's Converse API, which only vendors speak (wire-formats 4).
 */
#include "ai/bedrock_int.h"
#include "ai/operation.h"

#include "base/enc.h"
#include "base/str.h"

static const struct {
    sl_str part;
    uint32_t takes;
} families[] = {
#define X(ID, part, takes) {SL_STR_INIT(part), takes},
#include "ai/bedrock_family.def"
#undef X
};

enum sl_ai_bedrock_family sl_ai_bedrock_family_of(sl_str model)
{
    for (size_t i = 0; i < SL_LEN(families); i++)
        if (sl_str_find_str(model, families[i].part) != SIZE_MAX)
            return (enum sl_ai_bedrock_family)i;
    return FAMILY_OTHER;
}

uint32_t sl_ai_bedrock_takes(enum sl_ai_bedrock_family family)
{
    return families[family].takes;
}

bool sl_ai_bedrock_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t)
{
    uint32_t takes = sl_ai_bedrock_takes(sl_ai_bedrock_family_of(t->model));

    if (rq->format == SL_AI_FORMAT_JSON)
        return true;
    return rq->format == SL_AI_FORMAT_SCHEMA &&
           ((takes & TAKES_FORMAT) == 0 || !sl_ai_model_has(t, SL_AI_MODEL_JSON_SCHEMA));
}

/* A model's id may be an ARN, with colons and slashes in it: one segment, encoded (once; see codec/sigv4). */
static sl_rc write_path(const struct sl_ai_call *call, const struct sl_ai_target *t,
                        struct sl_arena *a, sl_str *ret, struct sl_diag *d)
{
    sl_str action = sl_ai_operations[call->operation].bedrock[call->is_stream];
    struct sl_strbuf b;

    if (action.n == 0)
        return sl_diag_fail(d, SL_E_AI_UNSUPPORTED, "model",
                            "this vendor does not offer this endpoint");
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("/model/"));
    sl_enc_percent(&b, t->model);
    sl_strbuf_add(&b, action);
    *ret = sl_strbuf_str(&b);
    return SL_OK;
}

const struct sl_ai_dialect_ops sl_ai_bedrock = {
    .dialect = SL_AI_BEDROCK,
    .name = SL_STR_INIT("bedrock"),
    .framing = SL_AI_FRAMING_AWS,
    .stream_type = SL_STR_INIT("application/vnd.amazon.eventstream"),
    .write_path = write_path,
    .encode_request = sl_ai_bedrock_encode_request,
    .decoder = &sl_ai_bedrock_decoder,
};
