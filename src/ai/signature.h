/**
 * signature: what a vendor signed, on its way through clients of other dialects (X6).
 *
 * Some vendors sign their thinking (Anthropic, OpenAI's Responses), or any part (Gemini), and want it back
 * with the next turn. A signature is valid for its maker only: vendor and model; another one refuses the whole
 * request. A client of the maker's dialect gets it as it is. Any other gets a carrier in its place:
 *
 *     "SLUICE7SIGNATURE", then in base32: form and padding, a hash of vendor and model, the signature
 *
 * which is text that may stand in ids, is valid base64 in every alphabet, and has 4n bytes. A block of
 * thinking has it where its signature belongs. A tool call has no such place in most dialects: there it stands
 * behind the call's id, which clients give back in any case. Nor has a text: a block of redacted thinking
 * behind it holds the carrier, marked as a text's. Where clients put thinking first (Chat Completions), the
 * next text is the one; where there is none, it was an empty one.
 *
 * Nothing is remembered here. What comes back is restored for its maker, and for others it is gone, with ids
 * as they were; a request that holds a carrier never passes a vendor unread.
 *
 * Pure; texts in the arena given; any thread.
 */
#pragma once
#include "ai/call.h"

enum { SL_AI_SIGNATURE_BYTES = 65536 }; /* longer ones are not carried */

/** The carrier of a signature that `maker` made. Empty when it is too long, or there is no memory. */
sl_str sl_ai_signature_wrap(const struct sl_ai_target *maker, sl_str signature, struct sl_arena *a);
/** The same for the signature of a text, to be given out as redacted thinking behind it. */
sl_str sl_ai_signature_wrap_text(const struct sl_ai_target *maker, sl_str signature,
                                 struct sl_arena *a);
/** The same for data that is all there is of a thought. */
sl_str sl_ai_signature_wrap_redacted(const struct sl_ai_target *maker, sl_str data,
                                     struct sl_arena *a);
/** Was it made by one of the last two? For dialects that have one place for all of them. */
bool sl_ai_signature_is_redacted(sl_str carrier);
/** Does a carrier stand anywhere in the text? */
bool sl_ai_signature_is_in(sl_str text);
/**
 * The request as the target may see it: signatures that it made, or that its dialect's own client gave, and
 * none of others. `rq` itself when there is nothing to change. NULL: no memory.
 */
const struct sl_ai_request *sl_ai_signature_restore(const struct sl_ai_request *rq,
                                                    const struct sl_ai_target *t,
                                                    struct sl_arena *a);
