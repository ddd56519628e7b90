/**
 * jsonschema_int: the compiled form of a schema. Never leaves this folder.
 */
#pragma once
#include "base/map.h"
#include "codec/jsonschema.h"
#include "codec/regex.h"

enum sl_schema_format {
    SL_SCHEMA_FORMAT_NONE,
#define X(ID, name, text) SL_SCHEMA_FORMAT_##ID,
#include "codec/jsonschema_format.def"
#undef X
};

struct sl_schemas {
    const struct sl_schema **v;
    size_t n;
};

struct sl_schema_pattern {
    const struct sl_regex *regex;
    sl_str text;
    const struct sl_schema *schema;
};

struct sl_schema_dependency {
    sl_str name;
    sl_str *needs;
    size_t n;
};

struct sl_schema {
    bool is_never; /* the schema `false` */
    uint32_t types;
    const struct sl_schema *ref;
    const struct sl_json *enumeration, *constant; /* an array; a value */
    sl_str minimum, maximum, above, below, unit;  /* numbers as written; empty: none */
    uint64_t length_min, length_max, items_min, items_max, members_min, members_max;
    uint64_t contains_min, contains_max;
    struct sl_schema_pattern pattern; /* of a string */
    enum sl_schema_format format;
    bool is_unique;
    const struct sl_schema *items, *contains;
    struct sl_schemas prefix_items, all_of, any_of, one_of;
    const struct sl_schema *negated, *condition, *then_schema, *else_schema;
    struct sl_map properties; /* name -> struct sl_schema */
    struct sl_schema_pattern *patterns;
    size_t pattern_count;
    const struct sl_schema *additional, *names;
    sl_str *required;
    size_t required_count;
    struct sl_schema_dependency *dependencies;
    size_t dependency_count;
    bool has_object_rules;
    /* while compiling: looking for those that would be checked before themselves */
    uint8_t colour;
    struct sl_schema *next; /* all of the set */
};

/* jsonschema_format.c */
bool sl_schema_format_fits(enum sl_schema_format f, sl_str text);
sl_str sl_schema_format_text(enum sl_schema_format f);
enum sl_schema_format sl_schema_format_of(sl_str name);
