/**
 * jsonscan: read JSON without building it. One pass over the text checks it (RFC 8259) and notes
 * where the few wanted members stand; everything else is skipped at memory speed.
 *
 * Strict: the whole text is one value; UTF-8 is valid; control characters are escaped; no comments,
 * trailing commas, NaN or byte order mark; nesting has a limit and costs no stack. Escapes of lone
 * surrogates are grammatical JSON and are let through, but flagged. Member names are compared
 * decoded, so that "mod\u0065l" is "model" here as it is at the upstream.
 *
 * Duplicates are seen, not refused: parsers differ in which of two members they believe, so a caller
 * that authorises by a member must refuse a text with `has_duplicate` (and, for upstreams whose
 * parser ignores case, as Go's does, with `has_lookalike`).
 *
 * Ranges are offsets into the text, which the caller keeps unchanged. No allocation but in
 * sl_json_string_decode; no state; any thread.
 */
#pragma once
#include "base/arena.h"

enum {
    SL_JSONSCAN_DEPTH = 256,      /* default of depth_max */
    SL_JSONSCAN_DEPTH_MAX = 1024, /* depth_max may not be more */
    SL_JSONSCAN_NAME_BYTES = 128, /* a wanted name may not be longer */
    SL_JSONSCAN_WANTED_MAX = 64   /* nor may there be more of them */
};

enum sl_json_kind {
    SL_JSON_NONE, /* there is no value */
    SL_JSON_NULL,
    SL_JSON_FALSE,
    SL_JSON_TRUE,
    SL_JSON_NUMBER,
    SL_JSON_STRING,
    SL_JSON_ARRAY,
    SL_JSON_OBJECT
};

/** A value, and the name before it, as offsets into the text. Quotes and brackets are included. */
struct sl_json_range {
    size_t key_at, key_n; /* key_n is 0 for elements and for the top */
    size_t at, n;
    enum sl_json_kind kind;
    uint32_t count;        /* occurrences; the range is the first one */
    uint32_t parent_count; /* occurrences of the member before the dot of a nested name */
    bool is_present;
};

struct sl_jsonscan_limits {
    uint32_t depth_max; /* objects and arrays inside of each other; 0: SL_JSONSCAN_DEPTH */
};

struct sl_jsonscan_info {
    enum sl_json_kind kind; /* of the whole text; NONE until it is known */
    bool is_empty;          /* the top is {} or [] */
    bool has_duplicate;     /* a wanted member, or the parent of one, occurs more than once */
    bool has_lookalike;     /* a name differs from a wanted one only in case (Unicode folding) */
    bool has_lone_surrogate;
    uint32_t member_count; /* of the top-level object */
    size_t top_at;         /* where the top-level value begins */
    size_t body_at;        /* just after the top-level '{' or '[': where a member can be put in */
    size_t duplicate_at;   /* the name of the first duplicate */
    size_t error_at;
    const char *reason; /* static; NULL when the text is good */
};

/**
 * Check `text` and find the members named in `wanted`: "model" is one of the top-level object,
 * "stream_options.include_usage" one of the object that is the member "stream_options". The names
 * are distinct; ret[i] is filled for wanted[i] (zeroed when absent). `limits` may be NULL. SL_E_SYNTAX
 * or SL_E_LIMIT (depth), with info->reason and info->error_at; `ret` is then of no use.
 */
sl_rc sl_jsonscan(sl_str text, const struct sl_jsonscan_limits *limits, const sl_str *wanted,
                  size_t n_wanted, struct sl_json_range *ret,
                  struct sl_jsonscan_info *info) SL_CHECKED;

/** The bytes of a value. */
static inline sl_str sl_json_range_text(sl_str text, const struct sl_json_range *r)
{
    return (sl_str){text.p + r->at, r->n};
}

/* What follows expects text that sl_jsonscan accepted; of other text the answers are wrong, but
 * nothing outside of it is read. */

/** A range over the whole text, for walking. */
struct sl_json_range sl_json_range_top(sl_str text);

/** Walks the members of an object or the elements of an array, without descending. */
struct sl_json_iter {
    sl_str text;
    size_t at, end;
    bool is_object;
};

/** Anything but an object or array is walked as an empty one. */
void sl_json_iter_init(struct sl_json_iter *it, sl_str text, const struct sl_json_range *container);
/** The next one in *ret; false at the end. */
bool sl_json_iter_next(struct sl_json_iter *it, struct sl_json_range *ret);

/** The first member `name` of the object `r`; false when there is none or `r` is no object. */
bool sl_json_range_get(sl_str text, const struct sl_json_range *r, sl_str name,
                       struct sl_json_range *ret);
/** Is the member's name, decoded, `name`? */
bool sl_json_range_key_eq(sl_str text, const struct sl_json_range *r, sl_str name);
/** Is the value a string that, decoded, is `want`? */
bool sl_json_range_text_eq(sl_str text, const struct sl_json_range *r, sl_str want);
/** False when it is no integer ("1.0" and "1e3" are none) or does not fit. */
bool sl_json_range_i64(sl_str text, const struct sl_json_range *r, int64_t *ret) SL_CHECKED;
/** False when it is neither true nor false. */
bool sl_json_range_bool(const struct sl_json_range *r, bool *ret) SL_CHECKED;

/**
 * The value of a string: `raw` with its quotes. Without escapes *ret is the inside of `raw` itself,
 * else a copy in `a`. Lone surrogates become U+FFFD. SL_E_SYNTAX when `raw` is no string, SL_E_LIMIT
 * when `a` is at its limit.
 */
sl_rc sl_json_string_decode(sl_str raw, struct sl_arena *a, sl_str *ret) SL_CHECKED;
