/**
 * count: how many tokens a request is, without answering it (Anthropic's count_tokens, Gemini's countTokens, OpenAI's
 * input_tokens).
 *
 * A vendor's own counter is asked with the request that an answer would be asked with, less what is no
 * input. Where there is none, the tokens are estimated here (ai/tokens.h). Pure; any thread.
 */
#pragma once
#include "ai/call.h"
#include "base/strbuf.h"

/**
 * Make a vendor's request for an answer, as its dialect's encoder wrote it, one for its counter. Empty when the
 * dialect has no counter. In `a`.
 */
sl_str sl_ai_count_request(const struct sl_ai_vendor *vendor, sl_str encoded, sl_str model,
                           struct sl_arena *a);
/** The number in a counter's answer; false when it is none. */
bool sl_ai_count_read(enum sl_ai_dialect vendor, sl_str body, int64_t *ret) SL_CHECKED;
/** The answer for the client. */
void sl_ai_count_write(enum sl_ai_dialect client, int64_t tokens, struct sl_strbuf *out);
/** What the request may be, by every character of it: for an answer that is marked as estimated. */
int64_t sl_ai_count_estimate(const struct sl_ai_call *call);
