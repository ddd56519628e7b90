/**
 * registry: the tables of types that the program was built with. Filled by app; read-only after that.
 */
#pragma once
#include "snapshot/policy_type.h"

/** NULL-terminated; generated from src/policy/meson.build. */
extern const struct sl_policy_type *const sl_policy_types[];

const struct sl_policy_type *sl_policy_type_find(const struct sl_policy_type *const *types,
                                                 sl_str name);
