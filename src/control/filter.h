/**
 * filter: which resources of a list are wanted: `kind=rest`, `created_at[gt]=2026-01-01T00:00:00Z`,
 * `status.state[in]=draft,published`. Members of the spec, of the status (`status.x`), and what every resource has.
 * Pure; borrows its texts.
 */
#pragma once
#include "control/resource.h"
#include "store/rows.h"

enum sl_filter_op {
#define X(ID, name, is_for_numbers, text) SL_FILTER_##ID,
#include "control/filter_op.def"
#undef X
    SL_FILTER_OP_COUNT
};

enum sl_filter_of { SL_FILTER_OF_SPEC, SL_FILTER_OF_STATUS, SL_FILTER_OF_ROW };

struct sl_filter {
    const struct sl_field *field;
    sl_str value;
    int64_t number; /* of the value, where the member is a number; times in microseconds */
    enum sl_filter_of of;
    enum sl_filter_op op;
};

/** What every resource has beside its spec and its status. Ends with SL_FIELD_END. */
extern const struct sl_field sl_filter_row_fields[];
/** May lists be filtered by it? And is it a number, or a time? */
bool sl_filter_is_possible(const struct sl_field *f);
bool sl_filter_is_number(const struct sl_field *f);
const char *sl_filter_op_name(enum sl_filter_op op);
const char *sl_filter_op_text(enum sl_filter_op op);
bool sl_filter_op_is_for_numbers(enum sl_filter_op op);

/** Read "member" or "member[op]" and its value. NULL, or what is wrong (a static text). */
const char *sl_filter_read(const struct sl_resource_type *type, sl_str name, sl_str value,
                           struct sl_filter *ret);
/** Does the row have it? `spec` and `status` are its texts as trees. */
bool sl_filter_matches(const struct sl_filter *f, const struct sl_row *row,
                       const struct sl_node *spec, const struct sl_node *status);
/** Narrow what the store looks at, where an index helps: the row then still has to match. */
void sl_filter_narrow(const struct sl_filter *f, struct sl_row_query *query);
