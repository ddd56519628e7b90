/**
 * tokens: about how many tokens a text is, without the model's own tokenizer: by what its characters are.
 *
 * Within a few per cent of what current tokenizers count for English prose, source code and JSON, within a
 * third for most other languages; a little high rather than low. Vendors differ among themselves by more
 * than that. For admission, for usage that a vendor does not tell, and for count_tokens where no vendor counts;
 * always marked as an estimate. No allocation, no state, any thread.
 */
#pragma once
#include "base/base.h"

/** Of a text as people read it. 0 only for the empty one. */
int64_t sl_ai_text_tokens(sl_str text);

enum sl_ai_token_care {
    SL_AI_TOKENS_SAMPLED, /* at bounded cost: of what is long only parts are looked at */
    SL_AI_TOKENS_ALL,     /* every byte is looked at */
};

/**
 * Of a JSON value that codec/jsonscan accepted: its strings, but not the names of its members, which are the
 * dialect's. Images, sounds and files count by the piece, whatever their size.
 */
int64_t sl_ai_json_tokens(sl_str json, enum sl_ai_token_care care);
/** Of a JSON value that the model reads as it is: the schemas of tools. */
int64_t sl_ai_schema_tokens(sl_str json, enum sl_ai_token_care care);
