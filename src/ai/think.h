/**
 * think: thoughts that a model writes into its text, as <think>...</think> at the beginning.
 *
 * Feed the text as it comes, cut anywhere; what may be the beginning of a tag is held back. Zeroed: at
 * the beginning. Pure; one thread.
 */
#pragma once
#include "base/str.h"

struct sl_ai_think {
    uint8_t state; /* private */
    uint8_t held;  /* bytes of a tag that may be one */
};

/**
 * Take the next piece off `rest` into *ret: a part of it, or static bytes. False when there is none;
 * then all of `rest` was taken.
 */
bool sl_ai_think_next(struct sl_ai_think *t, sl_str *rest, sl_str *ret, bool *ret_is_thought);
/** The text is over: what was held back and was no tag. May be empty. */
sl_str sl_ai_think_finish(struct sl_ai_think *t, bool *ret_is_thought);
