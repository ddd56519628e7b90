/**
 * meaning: the rule that encode(decode(x)) keeps what x says: what a dialect reads out of its own writing
 * is what it had read first, for requests and for answers; and what every vendor must be told reaches it.
 *
 * Compared are roles, texts, pictures, tools, calls with their arguments, results, signatures, sources,
 * settings, usage and why it ended. What is written otherwise without another meaning, and so not compared:
 *
 *   ids                of answers and of their items; those of calls are, within one dialect
 *   joints             where pieces, blocks and messages of one side are parted; white space at ends of lines
 *   blank texts        left out, as vendors refuse them; "..." stands for a turn that must be there
 *   JSON               white space; arguments that are none are put into an object; {} as a schema is none
 *   results            in any order, for some dialects want that of the calls; Gemini's {"output": x} is x
 *   vendors' tools     before or behind functions
 *   thoughts           of a request, and how much is to be thought: each model has its own way
 *   limits             of tokens, where thinking is counted in
 *   gaps               between choices; a call that the model broke ends as any other where there is no word for it
 *   what is dropped    nothing of a request of which a part is listed as dropped is compared within one dialect
 *   twins              nothing is said of an object that has a name twice: two readings of it are right
 *
 * Pure. Everything is in the arena.
 */
#pragma once
#include "ai/dialect.h"

/**
 * Is it kept? If not, *ret_was and *ret_is are the two meanings. What cannot be read at all, or is
 * refused, or is an error, has none to lose.
 */
bool meaning_keeps_request(enum sl_ai_dialect dialect, sl_str vendor_id, sl_str body,
                           struct sl_arena *a, sl_str *ret_was, sl_str *ret_is) SL_CHECKED;
/**
 * Does a vendor of any dialect whose requests can be read, too, get told what every vendor must be: the texts of each
 * side in their order, calls, their arguments and results, the names of functions? Whatever else is dropped.
 */
bool meaning_reaches(enum sl_ai_dialect dialect, sl_str vendor_id, sl_str body, struct sl_arena *a,
                     sl_str *ret_was, sl_str *ret_is) SL_CHECKED;
bool meaning_keeps_answer(enum sl_ai_dialect dialect, sl_str vendor_id, bool is_stream,
                          bool to_stream, sl_str bytes, struct sl_arena *a, sl_str *ret_was,
                          sl_str *ret_is) SL_CHECKED;
/** Print the two meanings, and panic: for the fuzzers. */
SL_NORETURN void meaning_panic(sl_str was, sl_str is);
