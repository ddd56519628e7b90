/**
 * chat_form: what requests in the form of Chat Completions have in them, for the readers of that dialect and
 * of those that took it over: Cohere's and Ollama's. Places and problems as in ai/request_int.h.
 */
#pragma once
#include "ai/request_int.h"

/** {type: "image_url", image_url: {url, detail}}: an address, or its data. */
sl_rc sl_ai_read_image_url(struct sl_ai_reader *r, const struct sl_ai_place *at,
                           const struct sl_json *v, struct sl_ai_part *ret) SL_CHECKED;
/** A function's own members: name, description, parameters, strict. */
sl_rc sl_ai_read_function_members(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                  const struct sl_json *v, struct sl_ai_tool *ret);
/** {function: {name, description, parameters, strict}}: one that is offered. */
sl_rc sl_ai_read_function(struct sl_ai_reader *r, const struct sl_ai_place *at,
                          const struct sl_json *v, struct sl_ai_tool *ret) SL_CHECKED;
/** What was called: {name, arguments}, with arguments as text or as an object. */
sl_rc sl_ai_read_called(struct sl_ai_reader *r, const struct sl_ai_place *at,
                        const struct sl_json *v, struct sl_ai_part *ret) SL_CHECKED;
/** {id, function: {name, arguments}}: one that was called, with arguments as text or as an object. */
sl_rc sl_ai_read_function_call(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, bool needs_id,
                               struct sl_ai_part *ret) SL_CHECKED;

typedef sl_rc sl_ai_read_part_fn(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                 const struct sl_json *v, struct sl_ai_parts *parts);

/** `content` of a message: a text, or an array of parts each read by `read_part`; nothing: no parts. */
sl_rc sl_ai_read_chat_content(struct sl_ai_reader *r, const struct sl_ai_place *message_at,
                              const struct sl_json *message, sl_ai_read_part_fn *read_part,
                              struct sl_ai_parts *parts) SL_CHECKED;
/** The elements of the member `name`; absent: none. */
sl_rc sl_ai_read_chat_list(struct sl_ai_reader *r, const struct sl_ai_place *up, const char *name,
                           const struct sl_json *object, sl_ai_read_part_fn *read_part,
                           struct sl_ai_parts *parts) SL_CHECKED;

/** The parts of a message with its role; `parts` is empty. */
typedef sl_rc sl_ai_read_message_fn(struct sl_ai_reader *r, const struct sl_ai_place *at,
                                    const struct sl_json *v, enum sl_ai_role role,
                                    struct sl_ai_parts *parts);

/** `messages`: not empty, with roles of ai/chat_form.c; the parts of each are read by `read_parts`. */
sl_rc sl_ai_read_chat_messages(struct sl_ai_reader *r, const struct sl_ai_place *at,
                               const struct sl_json *v, sl_ai_read_message_fn *read_parts,
                               struct sl_ai_request *ret) SL_CHECKED;

/**
 * Give calls without an id one, by their place, and results without one that of the call before them which they answer: the
 * first of their name, or the first at all, that has no result yet. What answers none keeps its id.
 */
sl_rc sl_ai_match_chat_results(struct sl_ai_reader *r, struct sl_ai_request *rq) SL_CHECKED;
