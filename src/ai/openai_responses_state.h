/**
 * openai_responses_state: what Responses keep between requests, as text: the conversation that
 * previous_response_id stands for, and the answers of GET and DELETE /v1/responses/{id}.
 *
 * Lists of items are JSON without the brackets. Pure; texts in the arena given.
 */
#pragma once
#include "ai/call.h"
#include "codec/splice.h"

/** The items of the request's own input; a text becomes a user's message. SL_E_LIMIT. */
sl_rc sl_ai_responses_items(const struct sl_ai_call *call, struct sl_arena *a,
                            sl_str *ret) SL_CHECKED;
/** The request with `items` in place of its input, and without previous_response_id. SL_E_LIMIT. */
sl_rc sl_ai_responses_expand(const struct sl_ai_call *call, sl_str items, struct sl_arena *a,
                             sl_str *ret) SL_CHECKED;
/** `before` and `after` as one list. SL_E_LIMIT. */
sl_rc sl_ai_responses_join(sl_str before, sl_str after, struct sl_arena *a, sl_str *ret) SL_CHECKED;

/** A walk over the references in an input: items {"type":"item_reference","id":...}. */
struct sl_ai_responses_refs {
    struct sl_json_iter it;
};
/** False: the input is no list, or there are surely none in it. */
bool sl_ai_responses_refs_init(struct sl_ai_responses_refs *r,
                               const struct sl_ai_call *call) SL_CHECKED;
/** The next one: where it stands in call->body, and its id as written. False: nothing more. */
bool sl_ai_responses_next_ref(struct sl_ai_responses_refs *r, struct sl_json_range *ret_at,
                              sl_str *ret_id) SL_CHECKED;
/** The response that an item's id was made for by the gateway; empty: the id is none of ours. */
sl_str sl_ai_responses_of_item(sl_str item_id, struct sl_arena *a);
/** The item with this id of a list of items; false: there is none. */
bool sl_ai_responses_item(sl_str items, sl_str id, sl_str *ret) SL_CHECKED;

/** What stands behind "/v1/responses" in a request's path. */
enum sl_ai_responses_verb {
    SL_AI_RESPONSES_NONE, /* no such thing */
    SL_AI_RESPONSES_ITSELF,
    SL_AI_RESPONSES_INPUT_ITEMS,
    SL_AI_RESPONSES_CANCEL
};
/** `rest` is "/ID", "/ID/input_items" or "/ID/cancel". */
enum sl_ai_responses_verb sl_ai_responses_verb_of(sl_str rest, sl_str *ret_id);

/**
 * The list of GET /v1/responses/{id}/input_items as `query` wants it: `order` (desc unless asc), `limit` (20; 1 to
 * 100), `after`. Items without an id get one that is always the same. SL_E_AI_BAD_BODY with *d; SL_E_LIMIT.
 */
sl_rc sl_ai_responses_list(sl_str items, sl_str response_id, sl_str query, struct sl_arena *a,
                           sl_str *ret, struct sl_diag *d) SL_CHECKED;
/** What DELETE answers. */
sl_str sl_ai_responses_deleted(sl_str id, struct sl_arena *a);
