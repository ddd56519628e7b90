/**
 * meaning: the rule that encode(decode(x)) keeps what x says: what a dialect reads out of its own writing
 * is what it had read first, for requests and for answers.
 *
 * Compared are roles, texts, pictures, tools, calls with their arguments, results, signatures, sources,
 * settings, usage and why it ended; not: ids of answers and of their items (those of calls are), where pieces, blocks and messages of one kind are parted, white
 * space in JSON, thoughts of a request and how much is to be thought (each model has its own way), and
 * nothing of a request of which a part is listed as dropped.
 */
#pragma once
#include "ai/dialect.h"

/**
 * Is it kept? If not, *ret_was and *ret_is are the two meanings. What cannot be read at all, or is
 * refused, or is an error, has none to lose.
 */
bool meaning_keeps_request(enum sl_ai_dialect dialect, sl_str vendor_id, sl_str body,
                           struct sl_arena *a, sl_str *ret_was, sl_str *ret_is) SL_CHECKED;
bool meaning_keeps_answer(enum sl_ai_dialect dialect, sl_str vendor_id, bool is_stream,
                          bool to_stream, sl_str bytes, struct sl_arena *a, sl_str *ret_was,
                          sl_str *ret_is) SL_CHECKED;
/**
 * Are fuzzers to hold to the rule? With SLUICE_FUZZ_MEANING in the environment, as `make fuzz` has it. What it
 * finds are mostly streams that no vendor sends, with a part torn out, of which two readings are right: work
 * for people, not for a gate. The unit tests hold to the rule for all transcripts and seeds, and for requests
 * made from the seeds by putting values in each other's places, the same ones each time.
 */
bool meaning_is_asked(void);
/** Print the two meanings, and panic: for the fuzzers. */
SL_NORETURN void meaning_panic(sl_str was, sl_str is);
