/**
 * ids: tool call ids that every vendor takes, and ids of answers in the client's shape.
 *
 * A tool call id travels to the client in the answer and comes back in the next request, perhaps for
 * another vendor. It is kept as it is where it fits; otherwise a pure function of it is used, so that
 * call and result always agree and nothing has to be remembered:
 *
 *     portable:  [A-Za-z0-9_-]{1,64}; else "sl64_" and the id's base64url, if that fits, which
 *                sl_ai_id_original() undoes; else "slh_" and 128 bits of a hash in hexadecimal
 *     nine:      [A-Za-z0-9]{9} (Mistral); else 9 digits of base 62 of a hash
 *
 * Pure; texts in the arena given, or the input itself. Any thread.
 */
#pragma once
#include "base/arena.h"

sl_str sl_ai_id_portable(struct sl_arena *a, sl_str id, size_t bytes_max);
/** The id that sl_ai_id_portable() encoded; any other id as it is. */
sl_str sl_ai_id_original(struct sl_arena *a, sl_str id);
sl_str sl_ai_id_nine(struct sl_arena *a, sl_str id);
/** For a call that its vendor gave no id: "call_" and a hash of the answer's id, choice and position. */
sl_str sl_ai_id_of_call(struct sl_arena *a, sl_str answer_id, uint32_t choice, size_t position);
/** The answer's id: `vendor_id` if it begins with `prefix`, else the prefix and the request's id. */
sl_str sl_ai_id_of_answer(struct sl_arena *a, sl_str prefix, sl_str vendor_id, sl_str request_id);
