/**
 * jsonrange: values of a JSON text as ranges of it, and walking them without building a tree.
 *
 * Ranges are offsets into the text, which the caller keeps unchanged. The text must be one that
 * sl_jsonscan accepted: of other text the answers are wrong, but nothing outside of it is read. Texts have at most
 * SL_JSON_TEXT_MAX bytes: in a longer one there are no values. No allocation, no state, any thread.
 */
#pragma once
#include "codec/jsonstring.h"

#define SL_JSON_TEXT_MAX UINT32_MAX

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
    uint32_t key_at, key_n; /* key_n is 0 for elements and for the top */
    uint32_t at, n;
    uint16_t count;        /* occurrences, UINT16_MAX: that or more; the range is the first one */
    uint16_t parent_count; /* of the member before the dot of a nested name */
    enum sl_json_kind kind : 8;
    bool is_present;
};

/** The bytes of a value. */
static inline sl_str sl_json_range_text(sl_str text, const struct sl_json_range *r)
{
    return (sl_str){text.p + r->at, r->n};
}

/** A range over the whole text, for walking. */
struct sl_json_range sl_json_range_top(sl_str text);

/** From behind the opening quote of a string to behind the closing one, or to `end`. */
const char *sl_json_string_skip(const char *p, const char *end);

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
