/**
 * schema: what is asked of a JSON Schema of a tool or an answer before it is put to a vendor. Pure.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "codec/json.h"

enum {
    SL_AI_SCHEMA_DEPTH_MAX = 10,        /* strict: schemas in schemas */
    SL_AI_SCHEMA_PROPERTIES_MAX = 5000, /* ... in all of it */
    SL_AI_SCHEMA_MEMBERS_MAX = 256,     /* ... in one object: ours, OpenAI's is the one above */
    SL_AI_SCHEMA_VALUES_MAX = 1000,     /* ... to choose from, in all enums */
    SL_AI_SCHEMA_ENUM_VALUES = 250,     /* ... in one enum, whose texts may be of any length */
    SL_AI_SCHEMA_ENUM_TEXT_MAX = 15000, /* ... bytes of the values of one that has more */
    SL_AI_SCHEMA_TEXT_MAX = 120000,     /* ... bytes of names and values */
    SL_AI_SCHEMA_STEPS_MAX = 1 << 20,   /* members to look at, for all references of a schema */
};

/**
 * What a `$ref` names in the document ("#/$defs/Name"); NULL for what is not in it. There may be as many references as
 * there are members to look for, and both very many: *left is how many members all of them may take together
 * (SL_AI_SCHEMA_STEPS_MAX), and nothing is found when it is 0.
 */
const struct sl_json *sl_ai_schema_resolve(const struct sl_json *root, sl_str ref, size_t *left);

/**
 * Does OpenAI take it with `strict: true`? It answers 400 otherwise: an object without anyOf at the top; each object
 * without further properties, and with all of its own required; no keyword but those it knows; the limits above. Where
 * it is not known whether it would (a schema without a type, a sibling of $ref) it does not. What is parsed stays in `a`.
 */
bool sl_ai_schema_is_strict(sl_str schema, struct sl_arena *a) SL_CHECKED;
