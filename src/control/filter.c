#include "control/filter.h"
#include "base/fmt.h"
#include "base/str.h"

static const struct op {
    const char *name;
    bool is_for_numbers;
    const char *text;
} ops[] = {
#define X(ID, name, is_for_numbers, text) [SL_FILTER_##ID] = {name, is_for_numbers, text},
#include "control/filter_op.def"
#undef X
};

const char *sl_filter_op_name(enum sl_filter_op op)
{
    return ops[op].name;
}

const char *sl_filter_op_text(enum sl_filter_op op)
{
    return ops[op].text;
}

bool sl_filter_op_is_for_numbers(enum sl_filter_op op)
{
    return ops[op].is_for_numbers;
}

const struct sl_field sl_filter_row_fields[] = {
    {.kind = SL_FIELD_KIND_STR, .name = "key"},
    {.kind = SL_FIELD_KIND_STR, .name = "id"},
    {.kind = SL_FIELD_KIND_TIME, .name = "created_at"},
    {.kind = SL_FIELD_KIND_STR, .name = "created_by"},
    {.kind = SL_FIELD_KIND_TIME, .name = "updated_at"},
    {.kind = SL_FIELD_KIND_STR, .name = "updated_by"},
    {.kind = SL_FIELD_KIND_INT, .name = "revision"},
    SL_FIELD_END,
};

bool sl_filter_is_number(const struct sl_field *f)
{
    return f->kind == SL_FIELD_KIND_INT || f->kind == SL_FIELD_KIND_SPAN ||
           f->kind == SL_FIELD_KIND_SIZE || f->kind == SL_FIELD_KIND_TIME ||
           f->kind == SL_FIELD_KIND_MONEY;
}

bool sl_filter_is_possible(const struct sl_field *f)
{
    return sl_filter_is_number(f) || f->kind == SL_FIELD_KIND_BOOL ||
           f->kind == SL_FIELD_KIND_STR || f->kind == SL_FIELD_KIND_URL ||
           f->kind == SL_FIELD_KIND_REGEX || f->kind == SL_FIELD_KIND_ENUM ||
           f->kind == SL_FIELD_KIND_STRS;
}

static bool number_of(const struct sl_field *f, sl_str text, int64_t *ret)
{
    return f->kind == SL_FIELD_KIND_TIME ? sl_parse_rfc3339(text, ret)
                                         : sl_field_number(f, text, ret);
}

/* ------------------------------------------------------------------ reading */

static const struct sl_field *find_field(const struct sl_field *fields, sl_str name)
{
    for (const struct sl_field *f = fields; f != NULL && f->kind != SL_FIELD_KIND_END; f++)
        if (sl_str_eq(name, sl_cstr(f->name)))
            return sl_filter_is_possible(f) ? f : NULL;
    return NULL;
}

/* A noun's own members first: none is called like those that all have. */
static bool find_member(const struct sl_resource_type *type, sl_str name, struct sl_filter *ret)
{
    static const sl_str status = SL_STR_INIT("status.");
    if (sl_str_starts(name, status)) {
        ret->of = SL_FILTER_OF_STATUS;
        ret->field = find_field(type->state, sl_str_from(name, status.n));
        return ret->field != NULL;
    }
    ret->of = SL_FILTER_OF_SPEC;
    ret->field = find_field(type->noun->fields, name);
    if (ret->field != NULL)
        return true;
    ret->of = SL_FILTER_OF_ROW;
    ret->field = find_field(sl_filter_row_fields, name);
    return ret->field != NULL;
}

static bool find_op(sl_str name, enum sl_filter_op *ret)
{
    for (int i = 0; i < SL_FILTER_OP_COUNT; i++)
        if (sl_str_eq(name, sl_cstr(ops[i].name))) {
            *ret = (enum sl_filter_op)i;
            return true;
        }
    return false;
}

const char *sl_filter_read(const struct sl_resource_type *type, sl_str name, sl_str value,
                           struct sl_filter *ret)
{
    size_t bracket = sl_str_find(name, '[', 0);
    *ret = (struct sl_filter){.value = value, .op = SL_FILTER_EQ};
    if (bracket != SIZE_MAX) {
        sl_str op = sl_str_from(name, bracket + 1);
        if (!sl_str_ends(op, SL_STR("]")) || !find_op(sl_str_head(op, op.n - 1), &ret->op))
            return "has no such operator: there are eq, ne, in, prefix, contains, lt, le, gt, ge";
    }
    if (!find_member(type, sl_str_head(name, bracket), ret))
        return "is neither a parameter nor a member to filter by";
    if (!ops[ret->op].is_for_numbers)
        return NULL;
    if (!sl_filter_is_number(ret->field))
        return "compares numbers and times, and this is none: use prefix, contains or in";
    return number_of(ret->field, value, &ret->number) ? NULL : "must have a value of its member";
}

/* ------------------------------------------------------------------ matching */

static bool is_one_of(sl_str text, sl_str list)
{
    sl_str one;
    while (sl_str_split(&list, ',', &one))
        if (sl_str_eq(text, one))
            return true;
    return false;
}

static bool compares(const struct sl_filter *f, int64_t number)
{
    return f->op == SL_FILTER_LT   ? number < f->number
           : f->op == SL_FILTER_LE ? number <= f->number
           : f->op == SL_FILTER_GT ? number > f->number
                                   : number >= f->number;
}

static bool matches_text(const struct sl_filter *f, sl_str text)
{
    int64_t number;
    switch (f->op) {
    case SL_FILTER_EQ:
    case SL_FILTER_NE: /* is turned round at the end */
        return sl_str_eq(text, f->value);
    case SL_FILTER_IN:
        return is_one_of(text, f->value);
    case SL_FILTER_PREFIX:
        return sl_str_starts(text, f->value);
    case SL_FILTER_CONTAINS:
        return sl_str_find_str(text, f->value) != SIZE_MAX;
    case SL_FILTER_LT:
    case SL_FILTER_LE:
    case SL_FILTER_GT:
    case SL_FILTER_GE:
        return number_of(f->field, text, &number) && compares(f, number);
    case SL_FILTER_OP_COUNT:
        break;
    }
    return false;
}

/* A member that is not there is like an empty text. */
static bool matches_node(const struct sl_filter *f, const struct sl_node *n)
{
    if (n == NULL || n->kind == SL_NODE_NULL)
        return matches_text(f, SL_STR(""));
    if (n->kind != SL_NODE_LIST)
        return matches_text(f, n->text);
    for (const struct sl_node *e = n->children; e != NULL; e = e->next)
        if (matches_text(f, e->text))
            return true;
    return false;
}

static int64_t row_number(const struct sl_filter *f, const struct sl_row *row)
{
    sl_str name = sl_cstr(f->field->name);
    return sl_str_eq(name, SL_STR("created_at"))   ? row->created_us
           : sl_str_eq(name, SL_STR("updated_at")) ? row->updated_us
                                                   : row->revision;
}

static sl_str row_text(const struct sl_filter *f, const struct sl_row *row)
{
    sl_str name = sl_cstr(f->field->name);
    return sl_str_eq(name, SL_STR("key"))          ? row->name
           : sl_str_eq(name, SL_STR("id"))         ? row->id
           : sl_str_eq(name, SL_STR("created_by")) ? row->created_by
                                                   : row->updated_by;
}

/* Numbers of a row are numbers, and need no text. */
static bool matches_row(const struct sl_filter *f, const struct sl_row *row)
{
    int64_t wanted, number;
    if (!sl_filter_is_number(f->field))
        return matches_text(f, row_text(f, row));
    number = row_number(f, row);
    if (ops[f->op].is_for_numbers)
        return compares(f, number);
    for (sl_str rest = f->value, one; sl_str_split(&rest, ',', &one);)
        if (number_of(f->field, one, &wanted) && wanted == number)
            return true;
    return false;
}

bool sl_filter_matches(const struct sl_filter *f, const struct sl_row *row,
                       const struct sl_node *spec, const struct sl_node *status)
{
    const struct sl_node *map = f->of == SL_FILTER_OF_STATUS ? status : spec;
    bool is_match = f->of == SL_FILTER_OF_ROW
                        ? matches_row(f, row)
                        : matches_node(f, sl_node_get(map, sl_cstr(f->field->name)));
    return is_match != (f->op == SL_FILTER_NE);
}

void sl_filter_narrow(const struct sl_filter *f, struct sl_row_query *query)
{
    struct sl_row_span *span = sl_str_eq(sl_cstr(f->field->name), SL_STR("created_at"))
                                   ? &query->created
                                   : &query->updated;
    if (f->of != SL_FILTER_OF_ROW || f->field->kind != SL_FIELD_KIND_TIME)
        return;
    if (f->op == SL_FILTER_GT || f->op == SL_FILTER_GE)
        span->from_us = SL_MAX(span->from_us, f->number);
    if (f->op == SL_FILTER_LT || f->op == SL_FILTER_LE)
        span->until_us = span->until_us == 0
                             ? SL_MAX(f->number, (int64_t)1)
                             : SL_MIN(span->until_us, SL_MAX(f->number, (int64_t)1));
}
