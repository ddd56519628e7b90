/**
 * openai_responses_int: what the files of the dialect know of each other.
 *
 * The opaque content of a reasoning item travels in the hub as a signature "rs_ID.ENCRYPTED": id and
 * encrypted_content together, because the vendor checks one against the other. No other vendor's
 * signature has that form, so that it also tells who made it (wire-formats 0.3).
 */
#pragma once
#include "ai/request_int.h"

/** Bytes of a call_id and of an item's id. */
enum { SL_AI_RESPONSES_ID_BYTES = 64 };

sl_rc sl_ai_openai_responses_decode_request(sl_str body, const struct sl_json_cuts *cuts,
                                            struct sl_arena *a, struct sl_ai_request *ret,
                                            struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_openai_responses_encode_request(const struct sl_ai_request *rq,
                                            const struct sl_ai_target *t, struct sl_strbuf *out,
                                            struct sl_ai_receipt *receipt,
                                            struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_openai_responses_decoder;
extern const struct sl_ai_encoder_ops sl_ai_openai_responses_encoder;

/** `input`: a text, or items. */
sl_rc sl_ai_openai_responses_read_input(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                        const struct sl_json *v,
                                        struct sl_ai_request *ret) SL_CHECKED;
/** instructions and input. */
sl_rc sl_ai_openai_responses_write_input(struct sl_ai_writer *w) SL_CHECKED;

/** The event `error`, which ends a stream, with its place in it. */
void sl_ai_openai_responses_error_event(const struct sl_ai_fault *f, uint64_t sequence,
                                        struct sl_strbuf *out);

/** What an encoder of this dialect has written, when it has ended well; texts in `a`. False: there is none. */
bool sl_ai_openai_responses_written(struct sl_ai_encoder *e, struct sl_arena *a, sl_str *ret_output,
                                    sl_str *ret_body);
/** The hub's signature of a reasoning item; empty without encrypted content or at the limit of `a`. */
sl_str sl_ai_openai_responses_sign(struct sl_arena *a, sl_str id, sl_str encrypted);
/** The two parts of such a signature; false for anybody else's. */
bool sl_ai_openai_responses_signed(sl_str signature, sl_str *ret_id, sl_str *ret_encrypted);
/** Is it the type of an item that only this dialect knows: a call of a tool that the vendor runs? */
bool sl_ai_openai_responses_is_hosted(sl_str type);
