/**
 * likely: how likely the tokens of a text were, in the hub's form, which is Chat Completions' `logprobs`:
 *
 *     {"content":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[...]},...],"refusal":[...]}
 *
 * Pieces of an answer have each their own; these put them together, as elements with commas between them.
 */
#pragma once
#include "base/strbuf.h"
#include "codec/json.h"

/** Append one element. */
void sl_ai_likely_add(struct sl_strbuf *elements, const struct sl_json *token);
/** Append those of the lists of `json`. False: it has neither list. */
bool sl_ai_likely_split(sl_str json, struct sl_strbuf *content, struct sl_strbuf *refusal);
/** The hub's form of elements of one list ("content" or "refusal"), in `a`; empty: none, or no memory. */
sl_str sl_ai_likely_json(struct sl_arena *a, const char *list, sl_str elements);
