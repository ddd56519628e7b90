/**
 * stop: stop reasons by the table ai/stop.def. Constant data; any thread.
 */
#pragma once
#include "ai/ai.h"

/** What a vendor's word means; END for one that is not known, NONE for an empty one. */
enum sl_ai_stop sl_ai_stop_of(enum sl_ai_dialect dialect, sl_str native);
/** Is it a word of the dialect's? */
bool sl_ai_stop_is_known(enum sl_ai_dialect dialect, sl_str native);
/** What is told to clients that have no block for a refusal: of an answer with one that ended in order, FILTER. */
enum sl_ai_stop sl_ai_stop_of_refusal(enum sl_ai_stop stop, bool has_refusal);
/** The word for a client of the dialect; empty for a dialect without rows. */
sl_str sl_ai_stop_name(enum sl_ai_dialect dialect, enum sl_ai_stop stop);
