/**
 * json_edit: JSON that is changed as people and programs change it: values in each other's places, members gone,
 * elements twice. What comes out of JSON is JSON, so that tests and fuzzers get behind the parser.
 *
 * Pure: the same numbers give the same change. Of texts that are no JSON, and of very large ones, nothing is changed.
 */
#pragma once
#include "base/arena.h"
#include "base/rand.h"
#include "base/str.h"

/** Has an object in it a name twice? Then two readings of it are right. False of what is no JSON. */
bool json_has_twins(sl_str json, struct sl_arena *a) SL_CHECKED;
/** One change, in `a`, which gives no object a name that it has. `donor` gives values, too; it may be the same text, or empty. */
sl_str json_edit(sl_str json, sl_str donor, struct sl_rand *rand, struct sl_arena *a);
/**
 * One change of a text in lines, of which some hold JSON, behind a word and white space or not (events of a
 * stream): in one of them, or of their order.
 */
sl_str json_edit_lines(sl_str lines, sl_str donor, struct sl_rand *rand, struct sl_arena *a);
