/**
 * value: conditions on values that have names: is it there, is it this text, does a regular expression match
 * all of it? Of headers and query parameters where routes are matched (snapshot/match.h), of headers and metadata
 * where the targets of a model are chosen (snapshot/model_rule.h).
 *
 * Compiled once, immutable, any thread; asking allocates nothing.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "codec/header.h"
#include "codec/regex.h"

enum sl_value_kind { SL_VALUE_EXACT, SL_VALUE_REGEX, SL_VALUE_PRESENT };

struct sl_value_match {
    sl_str name; /* header names compare without case, others with */
    enum sl_value_kind kind;
    sl_str value;
};

struct sl_value_test {
    const struct sl_value_match *match; /* borrowed */
    enum sl_header_id header;           /* of a header; SL_H_OTHER: it is found by its name */
    const struct sl_regex *regex;       /* SL_VALUE_REGEX */
};

/** SL_E_CONFIG with *ret_why, a text in `a`, for a regular expression that is none. */
sl_rc sl_value_test_init(struct sl_value_test *t, const struct sl_value_match *m,
                         struct sl_arena *a, sl_str *ret_why) SL_CHECKED;
/** A regular expression; NULL with *ret_why as above. */
const struct sl_regex *sl_value_regex(sl_str pattern, enum sl_regex_how how, struct sl_arena *a,
                                      sl_str *ret_why);

/** Is this the value that the condition wants? The name has been found. */
bool sl_value_is_met(const struct sl_value_test *t, sl_str value);
/** Any field of the name will do. */
bool sl_value_header_is_met(const struct sl_value_test *t, const struct sl_headers *h);

/** Do both say the same? `has_case`: of the names. */
bool sl_value_same(const struct sl_value_match *a, const struct sl_value_match *b, bool has_case);
