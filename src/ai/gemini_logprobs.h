/**
 * gemini_logprobs: `logprobsResult` of Gemini's candidates, as and from OpenAI's `logprobs`, which is the hub's
 * form.
 */
#pragma once
#include "ai/answer_int.h"

/** What a candidate of a chunk or an answer says; empty: nothing. Until the next feed. */
sl_str sl_ai_gemini_logprobs_read(struct sl_ai_decoder *d, const struct sl_json *candidate);

/** Of one candidate, for a client. */
struct sl_ai_logprobs {
    struct sl_strbuf chosen, top; /* not yet written, elements with commas between them */
    int64_t sum;                  /* of all, in 10^-9, and */
    int64_t count;                /* how many they are */
};

void sl_ai_logprobs_init(struct sl_ai_logprobs *l, struct sl_arena *a);
/** Add the hub's. False: no memory. */
bool sl_ai_logprobs_add(struct sl_ai_logprobs *l, sl_str json) SL_CHECKED;
/** `logprobsResult` of what was added since the last time, if there is any. */
void sl_ai_logprobs_write(struct sl_jsonw *w, struct sl_ai_logprobs *l);
/** `avgLogprobs` of all, if there are any. */
void sl_ai_logprobs_write_average(struct sl_jsonw *w, const struct sl_ai_logprobs *l);
