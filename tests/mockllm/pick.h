/**
 * pick: reads members out of JSON text without building a tree.
 *
 * Forgiving: it walks well-formed text right and never reads outside the span of any other text.
 * That is enough for a vendor whose answer depends on a handful of request members.
 */
#pragma once
#include "buf.h"

/** Walks the members of an object or the elements of an array. */
struct pick {
    struct span rest;
};

/** Start walking `value`; false if it is neither an object nor an array. */
bool pick_enter(struct pick *it, struct span value);
/** Next member: raw key without quotes and raw value. False at the end. */
bool pick_member(struct pick *it, struct span *ret_key, struct span *ret_value);
/** Next array element, raw. False at the end. */
bool pick_element(struct pick *it, struct span *ret_value);
/** The raw value of the member `name`; empty if absent. */
struct span pick_get(struct span object, const char *name);
/** Append the decoded text of a JSON string value; does nothing for other values. */
void pick_text(struct span value, struct buf *out);
/** The inside of a JSON string, still escaped; empty for other values. */
struct span pick_raw(struct span value);
