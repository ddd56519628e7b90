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

/** Measures the strings of a JSON value one by one, as a scan comes by them. Zeroed but for `care` to begin. */
struct sl_ai_token_meter {
    enum sl_ai_token_care care;
    bool has_strings;
    uint64_t sum;     /* thousandths of a token, of what was looked at */
    uint64_t looked;  /* bytes of it */
    uint64_t skipped; /* bytes of text that were not looked at */
    uint64_t media;
};

/** The name of a member: not text, but it may say that its value is a medium. */
void sl_ai_token_meter_name(struct sl_ai_token_meter *m, sl_str raw);
/** Any other string, as it stands between its quotes. */
void sl_ai_token_meter_string(struct sl_ai_token_meter *m, sl_str raw);
/** Of the value `json` all of whose strings it was told of. */
int64_t sl_ai_token_meter_total(const struct sl_ai_token_meter *m, sl_str json);

/**
 * Of a JSON value that codec/jsonscan accepted: its strings, but not the names of its members, which are the
 * dialect's. Images, sounds and files count by the piece, whatever their size.
 */
int64_t sl_ai_json_tokens(sl_str json, enum sl_ai_token_care care);
/** Of a JSON value that the model reads as it is: the schemas of tools. */
int64_t sl_ai_schema_tokens(sl_str json, enum sl_ai_token_care care);
