/**
 * jsonschema: does a JSON value keep to a JSON Schema? The part of 2020-12 that descriptions of APIs use (OpenAPI
 * 3.1): type, enum, const, bounds of numbers (exact, without floating point), strings, arrays and objects,
 * properties, patternProperties, additionalProperties, propertyNames, dependentRequired, items, prefixItems,
 * contains, allOf, anyOf, oneOf, not, if/then/else, $ref to the schemas of a set, and the formats of
 * codec/jsonschema_format.def. Other keywords are passed over.
 *
 * A set is compiled once and immutable then; any thread. Checking takes memory from the report's arena, never
 * more than SL_SCHEMA_STEPS_MAX steps, and goes SL_SCHEMA_DEPTH_MAX deep: what would cost more does not pass.
 */
#pragma once
#include "base/arena.h"
#include "base/diag.h"
#include "base/node.h"
#include "codec/json.h"

enum {
    SL_SCHEMA_DEPTH_MAX = 128,
    SL_SCHEMA_STEPS_MAX = 1 << 20,
    SL_SCHEMA_COUNT_MAX = 500000, /* of a set, subschemas too */
    SL_SCHEMA_FAULTS_MAX = 16
};

struct sl_schema;
struct sl_schema_set;

/** `named` is what "#/schemas/NAME" means; NULL: nothing. It must live as long as `a`, which holds the set. */
struct sl_schema_set *sl_schema_set_new(const struct sl_node *named, struct sl_arena *a,
                                        struct sl_diag *d);
/** Compile one. It may be used once sl_schema_set_end has succeeded. SL_E_CONFIG with problems below `path`. */
sl_rc sl_schema_add(struct sl_schema_set *set, const struct sl_node *schema, sl_str path,
                    const struct sl_schema **ret) SL_CHECKED;
/** Compile what the others refer to. SL_E_CONFIG also when one would have to be checked before itself, for ever. */
sl_rc sl_schema_set_end(struct sl_schema_set *set) SL_CHECKED;

struct sl_schema_fault {
    sl_str pointer; /* RFC 6901, into the value */
    sl_str message; /* "must be an integer" */
};

struct sl_schema_report {
    struct sl_arena *arena; /* set by the caller */
    uint64_t seed;          /* and this: something that callers of the API do not know */
    struct sl_schema_fault faults[SL_SCHEMA_FAULTS_MAX];
    size_t n;
    uint32_t steps;
};

/** True when it keeps to it; else faults are added to the report. */
bool sl_schema_check(const struct sl_schema *s, const struct sl_json *v,
                     struct sl_schema_report *report);
/** A fault of the caller's own. Borrows the texts. */
void sl_schema_report_add(struct sl_schema_report *report, sl_str pointer, sl_str message);

/** Bits 1 << enum sl_schema_type: what the value may be; 0: anything. Of the schema that it refers to, if it does. */
enum sl_schema_type {
    SL_SCHEMA_NULL,
    SL_SCHEMA_BOOLEAN,
    SL_SCHEMA_INTEGER,
    SL_SCHEMA_NUMBER,
    SL_SCHEMA_STRING,
    SL_SCHEMA_ARRAY,
    SL_SCHEMA_OBJECT
};
uint32_t sl_schema_types(const struct sl_schema *s);
/** Of the elements of an array; NULL: nothing is said. */
const struct sl_schema *sl_schema_items(const struct sl_schema *s);

/** -1, 0, 1: exact, whatever the length and the exponents. Both as JSON writes numbers. */
int sl_json_number_cmp(sl_str a, sl_str b);
/** Has it no fraction? 1.0 and 1e2 have none. */
bool sl_json_number_is_whole(sl_str s);
/** Is it a whole multiple of `unit`, which is more than 0 and has at most 17 digits and 9 decimals? */
bool sl_json_number_is_multiple(sl_str s, sl_str unit);
