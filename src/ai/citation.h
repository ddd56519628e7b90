/**
 * citation: where an answer has it from, in the forms of the dialects. One source of one stretch of text:
 * a citation with several sources is several.
 */
#pragma once
#include "ai/answer_int.h"

/** A CITATION event for the open text block, or the last one. Texts are valid until the next feed. */
void sl_ai_emit_citation(struct sl_ai_decoder *d, const struct sl_ai_track *t,
                         const struct sl_ai_citation *c);

/** An annotation of Chat Completions ({type, url_citation: {...}}) or of Responses (flat). */
bool sl_ai_citation_read_openai(const struct sl_json *v, struct sl_ai_citation *ret) SL_CHECKED;
/** An element of Anthropic's `citations`, of any kind. */
void sl_ai_citation_read_anthropic(const struct sl_json *v, struct sl_ai_citation *ret);
/** A citation of Converse's, whole or a delta. */
void sl_ai_citation_read_bedrock(const struct sl_json *v, struct sl_ai_citation *ret);
/** One of Cohere's, which has several sources: *at is 0 at first. False: no more. */
bool sl_ai_citation_next_cohere(const struct sl_json *v, size_t *at,
                                struct sl_ai_citation *ret) SL_CHECKED;

/** Characters (code points) of UTF-8: what the positions count. */
int64_t sl_ai_citation_chars(sl_str text);
/** The same of the text that a JSON string's inside stands for, which has escapes of one letter only. */
int64_t sl_ai_citation_raw_chars(sl_str raw);
/** `from` and `to` where the vendor did not say: the stretch given. */
struct sl_ai_citation sl_ai_citation_within(const struct sl_ai_citation *c, int64_t from,
                                            int64_t to);
/** url_citation where there is an address; else file_citation with the document's name. */
void sl_ai_citation_write_chat(struct sl_jsonw *w, const struct sl_ai_citation *c);
void sl_ai_citation_write_responses(struct sl_jsonw *w, const struct sl_ai_citation *c);
void sl_ai_citation_write_anthropic(struct sl_jsonw *w, const struct sl_ai_citation *c);
/** One with one source; `from` and `to` are set. `content` is the block's place. */
void sl_ai_citation_write_cohere(struct sl_jsonw *w, const struct sl_ai_citation *c,
                                 uint32_t content);
