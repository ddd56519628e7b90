/**
 * gemini_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/request_int.h"
#include "ai/turns.h"

sl_rc sl_ai_gemini_decode_request(sl_str body, const struct sl_json_cuts *cuts, struct sl_arena *a,
                                  struct sl_ai_request *ret, struct sl_diag *d) SL_CHECKED;
sl_rc sl_ai_gemini_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                  struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                  struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_gemini_decoder;
extern const struct sl_ai_encoder_ops sl_ai_gemini_encoder;

/** The member in camelCase or, as Google's servers take it too, in snake_case. */
const struct sl_json *sl_ai_gemini_get(const struct sl_json *v, const char *name);
/** systemInstruction and contents. */
sl_rc sl_ai_gemini_read_system(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, struct sl_ai_request *ret) SL_CHECKED;
sl_rc sl_ai_gemini_read_contents(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_request *ret) SL_CHECKED;
sl_rc sl_ai_gemini_write_contents(struct sl_ai_writer *w) SL_CHECKED;

/* ------------------------------------------------------------------ models */

enum { SL_AI_GEMINI_2_5 = 25, SL_AI_GEMINI_3 = 30 };

/**
 * Ten times the version in a model's name: 25 of "gemini-2.5-pro", 30 of "gemini-3-flash-preview" and of
 * names without one ("gemini-flash-latest", which are the newest); 0 of what is no Gemini.
 */
unsigned sl_ai_gemini_version(sl_str model);
/** Does it take JSON Schema as it is, instead of Google's own subset? */
bool sl_ai_gemini_takes_json_schema(const struct sl_ai_target *t);

#define SL_AI_GEMINI_JSON_TOOL SL_STR("json_answer")
/**
 * Models before 3 refuse functions beside a format. Where the format is the schema of an object, the answer is asked
 * for as a call of one function more, and comes back as a text. Other formats are dropped there.
 */
bool sl_ai_gemini_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t);

/* ------------------------------------------------------------------ schemas (gemini_schema.c) */

/**
 * Append a JSON Schema as Google's Schema (a subset of OpenAPI 3.0): references are put in, allOf is
 * merged, what has no word there is left out, so the result never allows less. Where references
 * nest too deep or grow too large the rest is any object. False: `schema` is no JSON object.
 */
bool sl_ai_gemini_write_schema(struct sl_jsonw *w, sl_str schema, struct sl_arena *a) SL_CHECKED;
/** Append Google's Schema as a JSON Schema. */
void sl_ai_gemini_write_json_schema(struct sl_jsonw *w, const struct sl_json *schema);
