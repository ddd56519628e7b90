/**
 * anthropic_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/request_int.h"
#include "ai/turns.h"

sl_rc sl_ai_anthropic_decode_request(sl_str body, const struct sl_json_cuts *cuts,
                                     struct sl_arena *a, struct sl_ai_request *ret,
                                     struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_anthropic_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                     struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                     struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_anthropic_decoder;
extern const struct sl_ai_encoder_ops sl_ai_anthropic_encoder;

/** The tool that stands for response_format where the model has no native form (X8). */
#define SL_AI_JSON_TOOL SL_STR("json_answer")
/** Is that so? Decided the same way by the request's encoder and the answer's decoder. */
bool sl_ai_anthropic_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t);

/** What the writers of parts share. */
struct sl_ai_anthropic_body {
    struct sl_ai_turns turns;
    size_t skipped_marks; /* the first so many cache markers are left out */
};

/** Open an object that has a type. */
void sl_ai_anthropic_begin_block(struct sl_ai_writer *w, const char *type);
/** cache_control, if there is a marker and it is not one of those to be left out. */
void sl_ai_anthropic_write_mark(struct sl_ai_writer *w, struct sl_ai_anthropic_body *p,
                                bool has_mark, sl_str ttl);
sl_rc sl_ai_anthropic_write_system(struct sl_ai_writer *w,
                                   struct sl_ai_anthropic_body *p) SL_CHECKED;
sl_rc sl_ai_anthropic_write_messages(struct sl_ai_writer *w,
                                     struct sl_ai_anthropic_body *p) SL_CHECKED;
