/**
 * json: JSON as an immutable tree, for bodies that must be understood as a whole (another dialect,
 * admin requests) and for configuration files. For what only passes by, see codec/jsonscan.
 *
 * A document lives in the arena that it was parsed into, together with its texts; values are borrowed
 * pointers into it. Numbers are kept as they were written: nothing is rounded on the way through.
 * Accessors take NULL as "no value" and give the empty answer, so that look-ups can be nested. No
 * state; a document is read by any thread.
 */
#pragma once
#include "base/diag.h"
#include "base/node.h"
#include "base/str.h"
#include "codec/jsonscan.h"
#include "codec/jsonw.h"

/** A value; opaque. */
struct sl_json;

/**
 * Parse `text`, which is not needed afterwards. As strict as sl_jsonscan with its default limits, and
 * lone surrogates are refused too, for they have no UTF-8. SL_E_SYNTAX and SL_E_LIMIT (depth, or the
 * arena's limit) with info->reason; the place is info->error_at. Nothing else of *info is filled.
 */
sl_rc sl_json_parse(sl_str text, struct sl_arena *a, const struct sl_json **ret,
                    struct sl_jsonscan_info *info) SL_CHECKED;

/**
 * The same, of a text that sl_jsonscan_tally() accepted, which must live as long as the document. What it cut out
 * (`cuts` may be NULL) is not taken apart: objects and arrays are opaque, which means that they have their kind,
 * sl_json_raw() and sl_json_write() give them as they were written, and nothing is found in them; strings are there, and
 * how they were spelt is in *ret_spelled (NULL: there are none).
 */
sl_rc sl_json_parse_opaque(sl_str text, const struct sl_json_cuts *cuts, struct sl_arena *a,
                           const struct sl_json **ret, const struct sl_json_spellings **ret_spelled,
                           struct sl_jsonscan_info *info) SL_CHECKED;

/**
 * The text with U+FFFD for each escaped half of a surrogate pair, in `a`; the text itself when there is
 * none. Escapes outside of strings, which are no JSON anyway, are treated alike.
 */
sl_str sl_json_mend(sl_str json, struct sl_arena *a);

enum sl_json_kind sl_json_kind(const struct sl_json *v);
/** The first member `name` of an object; NULL when there is none. */
const struct sl_json *sl_json_get(const struct sl_json *v, sl_str name);
/** The element at `index` of an array, by walking; NULL when there is none. */
const struct sl_json *sl_json_at(const struct sl_json *v, size_t index);
/** How many members or elements; 0 for scalars. */
size_t sl_json_count(const struct sl_json *v);

/** Walks an object or array in order; of anything else, nothing. */
struct sl_json_cursor {
    const struct sl_json *at; /* the next member's name, or the next element */
    size_t left;
    bool is_object;
};

struct sl_json_cursor sl_json_each(const struct sl_json *v);
/** The next value, and its name in *ret_name (may be NULL; empty for elements); NULL at the end. */
const struct sl_json *sl_json_next(struct sl_json_cursor *c, sl_str *ret_name);

/** The decoded text of a string; p == NULL when it is none. */
sl_str sl_json_text(const struct sl_json *v);
/** The number as it was written; p == NULL when it is none. */
sl_str sl_json_number(const struct sl_json *v);
/** A number's or an opaque value's text, as it was written; p == NULL of other values. */
sl_str sl_json_raw(const struct sl_json *v);
/** False when it is no integer ("1.0" is none) or does not fit. */
bool sl_json_i64(const struct sl_json *v, int64_t *ret) SL_CHECKED;
/** Is it `true`? */
bool sl_json_is_true(const struct sl_json *v);

/** The member of that name, a C string: as sl_json_get(). */
static inline const struct sl_json *sl_json_of(const struct sl_json *v, const char *name)
{
    return sl_json_get(v, sl_cstr(name));
}
/** Its text; p == NULL when it is none. */
static inline sl_str sl_json_text_of(const struct sl_json *v, const char *name)
{
    return sl_json_text(sl_json_of(v, name));
}

/** Write the value: names and elements in their order, numbers as they were written. */
void sl_json_write(const struct sl_json *v, struct sl_jsonw *w);

/** Write a node and all below it. Numbers that JSON cannot spell (YAML's "0x10") become strings. */
void sl_json_write_node(const struct sl_node *n, struct sl_jsonw *w);

/**
 * A configuration file in JSON as nodes with line and column. All texts are in `a` or in `text`, which,
 * like `file`, must live as long as the tree. Problems are in `d`; SL_E_CONFIG or SL_E_LIMIT.
 */
sl_rc sl_json_to_node(sl_str text, sl_str file, struct sl_arena *a, struct sl_diag *d,
                      const struct sl_node **ret) SL_CHECKED;
