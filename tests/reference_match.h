/**
 * reference_match: the router once more, as simple as can be: try every rule, keep the best. For
 * comparing with snapshot/match on rules and requests made from random bytes.
 */
#pragma once
#include "base/base.h"

/**
 * Make rules and requests from `data`, compile, look all requests up and compare. Panics where the
 * two differ. Any bytes will do.
 */
void reference_match_check(const uint8_t *data, size_t n);
