/**
 * resource_int: what the field tables of the nouns share.
 */
#pragma once
#include "snapshot/resource.h"

/** A row whose name in files is not the member's: members of embedded structs, reserved words. */
#define NAMED(kind_, type, member, file_name, ...)                                          \
    {                                                                                       \
        .kind = SL_FIELD_KIND_##kind_, .name = file_name, .offset = offsetof(type, member), \
        __VA_ARGS__                                                                         \
    }

/** Bounds of names that become parts of identities, labels and paths of other nouns. */
#define NAME_MAX_CHARS "128"

extern const struct sl_field sl_operation_fields[], sl_condition_fields[];
extern const struct sl_field sl_upstream_tls_fields[], sl_pool_fields[], sl_breaker_fields[];
