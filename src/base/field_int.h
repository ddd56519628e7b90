/**
 * field_int: what the reader (field.c) and the reference writers (field_doc.c) know about kinds.
 */
#pragma once
#include "base/field.h"

struct sl_field_kind_info {
    const char *name;    /* in the reference */
    const char *wanted;  /* "must be <wanted>" */
    const char *example; /* "such as <example>", unless the row has one; may be NULL */
    unsigned accepts;    /* bits 1 << enum sl_node_kind */
    /** Text to number, for kinds that are one; else NULL and the value is text or a container. */
    bool (*parse)(const struct sl_field *f, sl_str text, int64_t *ret);
    const char *counted; /* what min and max count when the value is not a number; or NULL */
    const char *schema;  /* JSON Schema members of a scalar; NULL where field_doc.c writes them */
};

const struct sl_field_kind_info *sl_field_kind_info(enum sl_field_kind kind);
