/**
 * openai_chat_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/request_int.h"

/** Where the schemas of tools are, in this dialect and in those that follow it. */
extern const struct sl_jsonscan_path sl_ai_openai_schemas;

sl_rc sl_ai_openai_chat_decode_request(sl_str body, const struct sl_json_cuts *cuts,
                                       struct sl_arena *a, struct sl_ai_request *ret,
                                       struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_openai_chat_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                       struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                       struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_openai_chat_decoder;
extern const struct sl_ai_encoder_ops sl_ai_openai_chat_encoder;

struct sl_ai_decoder;
/**
 * What an event of a stream holds, parsed; NULL: nothing, or what is no JSON, which is counted. *ret_is_done: it is
 * the mark at the end, with whatever stands behind it.
 */
const struct sl_json *sl_ai_openai_chat_data(struct sl_ai_decoder *d, sl_str data,
                                             bool *ret_is_done);

/** A marker of a part, a message or a tool: prompt_cache_breakpoint or cache_control. */
sl_rc sl_ai_openai_chat_read_mark(struct sl_ai_reader *r, const struct sl_json *v, bool *ret_has,
                                  sl_str *ret_ttl, sl_str *ret_json) SL_CHECKED;
sl_rc sl_ai_openai_chat_read_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                      const struct sl_json *v,
                                      struct sl_ai_request *ret) SL_CHECKED;
sl_rc sl_ai_openai_chat_write_messages(struct sl_ai_writer *w) SL_CHECKED;
