/**
 * custom_tool: free-form tools (OpenAI's `custom`) for vendors that have functions only, whatever their
 * dialect is.
 *
 * Such a vendor is offered a function of the same name with one parameter, the text `input`. On the way
 * there tools, calls of earlier turns and the choice of a tool become those of functions; on the way
 * back a call of such a function becomes a call of the custom tool, whose input is that text. Grammars
 * bind nobody then: they are told in the description, and listed in the receipt.
 *
 * Pure; one thread; memory in the arenas given.
 */
#pragma once
#include "ai/ai.h"
#include "ai/catalog.h"

struct sl_ai_decoder;
struct sl_ai_target;

/** Has the target's dialect custom tools, and the vendor too? */
bool sl_ai_custom_is_native(const struct sl_ai_target *t);
/** Is one of the request's custom tools called so? */
bool sl_ai_custom_is_name(const struct sl_ai_request *rq, sl_str name);
/** Does the request have custom tools, or calls of them, that this target gets as functions? */
bool sl_ai_custom_is_bridged(const struct sl_ai_request *rq, const struct sl_ai_target *t);
/** Put in *rq's place what the target can take: a copy, or the same request when nothing is to be done. */
sl_rc sl_ai_custom_bridge(const struct sl_ai_request **rq, const struct sl_ai_target *t,
                          struct sl_ai_receipt *receipt, struct sl_arena *a,
                          struct sl_diag *d) SL_CHECKED;

/* ------------------------------------------------------------------ answers */

/** The calls of an answer that are held until their arguments are whole. */
struct sl_ai_custom_calls;

enum sl_ai_custom_step {
    SL_AI_CUSTOM_PASS, /* *ret is what the event has become */
    SL_AI_CUSTOM_HOLD, /* nothing is to be said yet */
    SL_AI_CUSTOM_MORE, /* *ret comes before the event, which is to be shown again */
    SL_AI_CUSTOM_FULL, /* the call is larger than what is kept */
};

/** NULL when nothing of the answer is to be turned back. The request is borrowed. */
struct sl_ai_custom_calls *sl_ai_custom_calls_new(const struct sl_ai_request *rq,
                                                  const struct sl_ai_target *t, struct sl_arena *a);
/** The next event of the answer. Texts made for *ret are in `scratch`. */
enum sl_ai_custom_step sl_ai_custom_calls_take(struct sl_ai_custom_calls *c,
                                               const struct sl_ai_event *ev,
                                               struct sl_arena *scratch, struct sl_ai_event *ret);
/** Is a call held at this moment? */
bool sl_ai_custom_calls_hold(const struct sl_ai_custom_calls *c);
