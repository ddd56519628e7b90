/**
 * field: tables that describe a struct's members once. From the same rows come reading from YAML
 * and JSON, validation with a place and a remedy, defaults, reference pages and JSON schemas (and,
 * later, admin API, console forms and CLI).
 *
 * A table ends with SL_FIELD_END. The struct must be zeroed; a zero value is "not given" unless the
 * row has a default. Strings, lists and sub-structs live in the reading arena (default strings are
 * the table's own). Any thread.
 *
 * Member types by kind: BOOL bool · INT int64_t · STR, URL, SECRET, ENV, REGEX sl_str ·
 * SPAN sl_usec ("250ms", "30s", "5m", "1h", "7d") · SIZE uint64_t bytes ("64KiB", "1MB") ·
 * TIME int64_t Unix seconds (RFC 3339) · MONEY int64_t nano-USD (decimal dollars, "0.25") ·
 * ENUM int (index into .values) · STRS struct sl_strs · MAP struct sl_pairs (name -> string) ·
 * OBJECT a nested struct (.fields; has its own defaults when not given) · LIST struct sl_list_of (each item .fields, .item_size) ·
 * NODE const struct sl_node * (kept as it is, read later by somebody else).
 */
#pragma once
#include "base/arena.h"
#include "base/diag.h"
#include "base/node.h"
#include "base/strbuf.h"

/** Rows of one table, not counting nested ones. */
enum { SL_FIELD_ROWS_MAX = 256 };

enum sl_field_kind {
    SL_FIELD_KIND_END = 0,
    SL_FIELD_KIND_BOOL,
    SL_FIELD_KIND_INT,
    SL_FIELD_KIND_STR,
    SL_FIELD_KIND_URL,
    SL_FIELD_KIND_SECRET,
    SL_FIELD_KIND_REGEX,
    SL_FIELD_KIND_SPAN,
    SL_FIELD_KIND_SIZE,
    SL_FIELD_KIND_TIME,
    SL_FIELD_KIND_MONEY,
    SL_FIELD_KIND_ENUM,
    SL_FIELD_KIND_STRS,
    SL_FIELD_KIND_MAP,
    SL_FIELD_KIND_OBJECT,
    SL_FIELD_KIND_LIST,
    SL_FIELD_KIND_NODE,
};

struct sl_strs {
    sl_str *v;
    size_t n;
};

struct sl_pair {
    sl_str name, value;
};

struct sl_pairs {
    struct sl_pair *v;
    size_t n;
};

struct sl_list_of {
    void *v; /* n items of the row's item_size, in order */
    size_t n;
};

struct sl_field {
    enum sl_field_kind kind;
    const char *name;
    size_t offset;
    bool required;
    const char *
        dflt; /* as it would be written in a file; STRS: "[a, b]"; not for MAP, OBJECT, LIST, NODE */
    const char *min,
        *max; /* as written; INT, SPAN, SIZE, MONEY: the value; STR, STRS, LIST: the length */
    const char *unit;              /* for the reference only */
    const char *help;              /* one or two sentences */
    const char *example;           /* shown in errors and in the reference */
    const char *since;             /* version that introduced it */
    const char *const *values;     /* ENUM: NULL-terminated */
    const struct sl_field *fields; /* OBJECT, LIST: the rows of an item */
    size_t item_size;              /* LIST */
    const char *const *aliases;    /* former names, NULL-terminated: accepted, not documented */
};

#define SL_FIELD_ROW(kind_, type, member, ...)                                            \
    {                                                                                     \
        .kind = SL_FIELD_KIND_##kind_, .name = #member, .offset = offsetof(type, member), \
        __VA_ARGS__                                                                       \
    }
#define SL_FIELD_BOOL(type, member, ...) SL_FIELD_ROW(BOOL, type, member, __VA_ARGS__)
#define SL_FIELD_INT(type, member, ...) SL_FIELD_ROW(INT, type, member, __VA_ARGS__)
#define SL_FIELD_STR(type, member, ...) SL_FIELD_ROW(STR, type, member, __VA_ARGS__)
#define SL_FIELD_URL(type, member, ...) SL_FIELD_ROW(URL, type, member, __VA_ARGS__)
/** A secret: never printed. (The loader has put the values of "${env:NAME}" and "${file:PATH}" in already.) */
#define SL_FIELD_SECRET(type, member, ...) SL_FIELD_ROW(SECRET, type, member, __VA_ARGS__)
#define SL_FIELD_REGEX(type, member, ...) SL_FIELD_ROW(REGEX, type, member, __VA_ARGS__)
#define SL_FIELD_SIZE(type, member, ...) SL_FIELD_ROW(SIZE, type, member, __VA_ARGS__)
#define SL_FIELD_TIME(type, member, ...) SL_FIELD_ROW(TIME, type, member, __VA_ARGS__)
#define SL_FIELD_ENUM(type, member, ...) SL_FIELD_ROW(ENUM, type, member, __VA_ARGS__)
#define SL_FIELD_STRS(type, member, ...) SL_FIELD_ROW(STRS, type, member, __VA_ARGS__)
#define SL_FIELD_MAP(type, member, ...) SL_FIELD_ROW(MAP, type, member, __VA_ARGS__)
#define SL_FIELD_OBJECT(type, member, ...) SL_FIELD_ROW(OBJECT, type, member, __VA_ARGS__)
#define SL_FIELD_LIST(type, member, ...) SL_FIELD_ROW(LIST, type, member, __VA_ARGS__)
#define SL_FIELD_NODE(type, member, ...) SL_FIELD_ROW(NODE, type, member, __VA_ARGS__)
/** Members named with their unit (`cache_us`, `limit_nusd`): the file's name is `name`. */
#define SL_FIELD_SPAN(type, member, file_name, ...)                                      \
    {                                                                                    \
        .kind = SL_FIELD_KIND_SPAN, .name = file_name, .offset = offsetof(type, member), \
        __VA_ARGS__                                                                      \
    }
#define SL_FIELD_MONEY(type, member, file_name, ...)                                      \
    {                                                                                     \
        .kind = SL_FIELD_KIND_MONEY, .name = file_name, .offset = offsetof(type, member), \
        __VA_ARGS__                                                                       \
    }
#define SL_FIELD_END              \
    {                             \
        .kind = SL_FIELD_KIND_END \
    }

/**
 * Read `node` (a map) into `object` by `fields`. Every problem goes to `d` with file, line, column
 * and path (below `path`): unknown members (with the nearest known name), wrong types, missing
 * required ones, values out of bounds. Members that are null count as not given; a null or missing
 * map as an empty one. What is not given has its default. Returns SL_OK or SL_E_CONFIG; after a
 * failure the object is only fit to be thrown away.
 *
 * The text of secrets never gets into a problem. The arena's limit bounds what an input can take:
 * beyond it there is a problem, too. Syntax that needs a library (REGEX, the whole of a URL) is
 * checked by whoever compiles the value.
 */
sl_rc sl_field_read(const struct sl_field *fields, void *object, const struct sl_node *node,
                    sl_str path, struct sl_arena *a, struct sl_diag *d) SL_CHECKED;

/** The number that a text is for this member, as it is kept; false: it is none, or no kind of number. Bounds do not count. */
bool sl_field_number(const struct sl_field *f, sl_str text, int64_t *ret) SL_CHECKED;

/** Write the defaults of `fields` into a zeroed object. The tables' own defaults must parse: else panic. */
void sl_field_defaults(const struct sl_field *fields, void *object, struct sl_arena *a);

/**
 * Write the table as Markdown with a heading row: name (dotted: "tls.cert", "endpoints[].url"), type, default,
 * bounds, meaning.
 */
void sl_field_reference(const struct sl_field *fields, struct sl_strbuf *out);

/** The members of such a schema's `properties`, and the names that are required, each behind a comma but the first. */
void sl_field_json_properties(const struct sl_field *fields, struct sl_strbuf *out);
void sl_field_json_required(const struct sl_field *fields, struct sl_strbuf *out);
/** Write the table as a JSON Schema (draft 2020-12) of an object that allows no other members. */
void sl_field_json_schema(const struct sl_field *fields, struct sl_strbuf *out);
