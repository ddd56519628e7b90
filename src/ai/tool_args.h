/**
 * tool_args: the arguments of a tool call, which OpenAI has as text and Anthropic as an object.
 *
 * What a model writes need not be JSON. Text that is no JSON object is carried in an object of one
 * member, {"_invalid_json": "the text"}, and comes back as that text. Empty text is {}.
 *
 * Pure; any thread.
 */
#pragma once
#include "base/strbuf.h"

/** Append the arguments as a JSON object, kept byte for byte when they are one. */
void sl_ai_args_add_object(struct sl_strbuf *out, sl_str arguments);
/** Is the text one valid JSON object? */
bool sl_ai_args_is_object(sl_str arguments);
/** The text inside of a carrier object; else `object` itself, and "{}" for an empty one. */
sl_str sl_ai_args_text(struct sl_arena *a, sl_str object);
