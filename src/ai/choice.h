/**
 * choice: what a request's tool_choice comes down to for vendors that know neither OpenAI's
 * "allowed_tools" nor its other forms: a word, perhaps a name, and which tools may be shown.
 *
 * Pure; borrows from the request and the writer's arena.
 */
#pragma once
#include "ai/request_int.h"

struct sl_ai_choice_plan {
    enum sl_ai_choice choice;      /* never ALLOWED */
    sl_str name;                   /* NAMED */
    const struct sl_json *allowed; /* NULL: all tools */
};

void sl_ai_choice_make(const struct sl_ai_writer *w, struct sl_ai_choice_plan *ret);
bool sl_ai_choice_allows(const struct sl_ai_choice_plan *p, sl_str tool_name);
