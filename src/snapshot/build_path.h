/**
 * build_path: the paths of routes as people write them.
 *
 *   /orders          that path alone
 *   /orders/ and *   with a last segment "*": the path and everything below it
 *   /orders/{id}     a parameter for one segment
 *   ~^/v[0-9]+/      a regular expression
 */
#pragma once
#include "snapshot/build_int.h"

/**
 * Read `text` behind the service's `prefix` (may be empty) into rule->path and ->path_kind. False, with
 * a problem at `path` of `item`, when it is malformed or would never match a normalised path.
 */
bool sl_path_build(struct sl_build *b, const struct sl_item *item, sl_str path, sl_str prefix,
                   sl_str text, struct sl_match_rule *rule);
/**
 * The same for the path of an operation as OpenAPI writes it: a parameter may have any name and share its
 * segment with other text, "/files/{name}.json", and a path is never a prefix.
 */
bool sl_path_build_operation(struct sl_build *b, const struct sl_item *item, sl_str path,
                             sl_str prefix, sl_str text, struct sl_match_rule *rule);
/** A problem when `prefix` is not empty and no plain path without a slash at its end. */
void sl_path_check_prefix(struct sl_build *b, const struct sl_item *item, sl_str path,
                          sl_str prefix);
