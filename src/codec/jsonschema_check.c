/*
 * Checking. One function for each kind of value; each says what is wrong in terms of the value. Alternatives
 * (anyOf, oneOf, not, if) are tried without a word.
 */
#include "base/str.h"
#include "codec/jsonschema_int.h"

/* The way into the value, from its root; on the stack. */
struct step {
    const struct step *up;
    sl_str name; /* p == NULL: an element */
    size_t index;
};

struct check {
    struct sl_schema_report *report;
    unsigned depth;
    unsigned quiet; /* > 0: faults are not told */
};

static bool check_value(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                        const struct step *at);

/* ------------------------------------------------------------------ faults */

static void add_step(struct sl_strbuf *b, const struct step *at)
{
    sl_strbuf_add_char(b, '/');
    if (at->name.p == NULL)
        sl_strbuf_add_u64(b, at->index);
    for (size_t i = 0; i < at->name.n; i++) {
        char ch = at->name.p[i];
        if (ch == '~' || ch == '/')
            sl_strbuf_add(b, ch == '~' ? SL_STR("~0") : SL_STR("~1"));
        else
            sl_strbuf_add_char(b, ch);
    }
}

static sl_str pointer_of(struct check *c, const struct step *at)
{
    const struct step *steps[SL_SCHEMA_DEPTH_MAX + 1];
    struct sl_strbuf b;
    size_t n = 0;
    for (; at != NULL && at->up != NULL && n < SL_LEN(steps); at = at->up)
        steps[n++] = at;
    sl_strbuf_init(&b, c->report->arena, 1024);
    while (n > 0)
        add_step(&b, steps[--n]);
    return b.p != NULL ? sl_strbuf_str(&b) : SL_STR("");
}

void sl_schema_report_add(struct sl_schema_report *report, sl_str pointer, sl_str message)
{
    if (report->n < SL_SCHEMA_FAULTS_MAX)
        report->faults[report->n++] = (struct sl_schema_fault){pointer, message};
}

/* Always false, for callers to return. `message` lives long enough. */
static bool fault(struct check *c, const struct step *at, sl_str message)
{
    if (c->quiet == 0 && c->report->n < SL_SCHEMA_FAULTS_MAX)
        sl_schema_report_add(c->report, pointer_of(c, at), message);
    return false;
}

static bool fault_text(struct check *c, const struct step *at, const char *before, sl_str text)
{
    bool is_told = c->quiet == 0 && c->report->n < SL_SCHEMA_FAULTS_MAX;
    return is_told
               ? fault(c, at,
                       sl_fmt(c->report->arena, "%s%.*s", before, SL_STRF(sl_str_head(text, 256))))
               : false;
}

static bool fault_count(struct check *c, const struct step *at, const char *fmt, uint64_t n)
{
    bool is_told = c->quiet == 0 && c->report->n < SL_SCHEMA_FAULTS_MAX;
    return is_told ? fault(c, at, sl_fmt(c->report->arena, fmt, (unsigned long long)n)) : false;
}

static bool is_spent(const struct check *c)
{
    return c->report->steps > SL_SCHEMA_STEPS_MAX;
}

/* False when it would cost too much to go on. */
static bool spend(struct check *c, const struct step *at, size_t n)
{
    bool was_spent = is_spent(c);
    c->report->steps += (uint32_t)SL_MIN(n, (size_t)SL_SCHEMA_STEPS_MAX);
    if (!is_spent(c))
        return true;
    c->report->steps = SL_SCHEMA_STEPS_MAX + 1;
    if (!was_spent) {
        unsigned quiet = c->quiet;
        c->quiet = 0;
        (void)fault(c, at, SL_STR("is too complicated to be checked"));
        c->quiet = quiet;
    }
    return false;
}

/* ------------------------------------------------------------------ equal values */

static bool equal(struct check *c, const struct sl_json *a, const struct sl_json *b,
                  unsigned depth);

static bool equal_objects(struct check *c, const struct sl_json *a, const struct sl_json *b,
                          unsigned depth)
{
    struct sl_json_cursor each = sl_json_each(a);
    const struct sl_json *value;
    sl_str name;
    while ((value = sl_json_next(&each, &name)) != NULL) {
        const struct sl_json *other = sl_json_get(b, name);
        if (!spend(c, NULL, sl_json_count(b)) || other == NULL ||
            !equal(c, value, other, depth + 1))
            return false;
    }
    return true;
}

static bool equal_arrays(struct check *c, const struct sl_json *a, const struct sl_json *b,
                         unsigned depth)
{
    struct sl_json_cursor x = sl_json_each(a), y = sl_json_each(b);
    const struct sl_json *p, *q;
    while ((p = sl_json_next(&x, NULL)) != NULL && (q = sl_json_next(&y, NULL)) != NULL) {
        if (!equal(c, p, q, depth + 1))
            return false;
    }
    return true;
}

static bool equal(struct check *c, const struct sl_json *a, const struct sl_json *b, unsigned depth)
{
    enum sl_json_kind kind = sl_json_kind(a);
    if (!spend(c, NULL, 1) || kind != sl_json_kind(b) || depth > SL_SCHEMA_DEPTH_MAX)
        return false;
    switch (kind) {
    case SL_JSON_NONE:
    case SL_JSON_NULL:
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
        return true;
    case SL_JSON_NUMBER:
        return sl_json_number_cmp(sl_json_number(a), sl_json_number(b)) == 0;
    case SL_JSON_STRING:
        return sl_str_eq(sl_json_text(a), sl_json_text(b));
    case SL_JSON_ARRAY:
        return sl_json_count(a) == sl_json_count(b) && equal_arrays(c, a, b, depth);
    case SL_JSON_OBJECT:
        return sl_json_count(a) == sl_json_count(b) && equal_objects(c, a, b, depth);
    }
    return false;
}

static bool is_listed(struct check *c, const struct sl_json *list, const struct sl_json *v)
{
    struct sl_json_cursor each = sl_json_each(list);
    const struct sl_json *one;
    while ((one = sl_json_next(&each, NULL)) != NULL) {
        if (equal(c, one, v, 0))
            return true;
    }
    return false;
}

static sl_str json_of(struct check *c, const struct sl_json *v)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, c->report->arena, 256);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    return b.is_full ? SL_STR("the values of the API's description") : sl_strbuf_str(&b);
}

static bool check_enum(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                       const struct step *at)
{
    if (s->enumeration != NULL && !is_listed(c, s->enumeration, v))
        return c->quiet == 0 ? fault_text(c, at, "must be one of ", json_of(c, s->enumeration))
                             : false;
    if (s->constant != NULL && !equal(c, s->constant, v, 0))
        return c->quiet == 0 ? fault_text(c, at, "must be ", json_of(c, s->constant)) : false;
    return true;
}

/* ------------------------------------------------------------------ types */

static const char *const type_words[] = {
    [SL_SCHEMA_NULL] = "null",          [SL_SCHEMA_BOOLEAN] = "true or false",
    [SL_SCHEMA_INTEGER] = "an integer", [SL_SCHEMA_NUMBER] = "a number",
    [SL_SCHEMA_STRING] = "a string",    [SL_SCHEMA_ARRAY] = "an array",
    [SL_SCHEMA_OBJECT] = "an object"};

static uint32_t types_of(const struct sl_json *v)
{
    switch (sl_json_kind(v)) {
    case SL_JSON_NONE:
        return 0;
    case SL_JSON_NULL:
        return 1u << SL_SCHEMA_NULL;
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
        return 1u << SL_SCHEMA_BOOLEAN;
    case SL_JSON_NUMBER:
        return 1u << SL_SCHEMA_NUMBER |
               (sl_json_number_is_whole(sl_json_number(v)) ? 1u << SL_SCHEMA_INTEGER : 0);
    case SL_JSON_STRING:
        return 1u << SL_SCHEMA_STRING;
    case SL_JSON_ARRAY:
        return 1u << SL_SCHEMA_ARRAY;
    case SL_JSON_OBJECT:
        return 1u << SL_SCHEMA_OBJECT;
    }
    return 0;
}

static bool check_type(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                       const struct step *at)
{
    struct sl_strbuf b;
    if (s->types == 0 || (types_of(v) & s->types) != 0)
        return true;
    if (c->quiet > 0)
        return false;
    sl_strbuf_init(&b, c->report->arena, 256);
    sl_strbuf_add(&b, SL_STR("must be "));
    for (size_t i = 0, n = 0; i < SL_LEN(type_words); i++) {
        if ((s->types & 1u << i) != 0)
            sl_strbuf_addf(&b, "%s%s", n++ != 0 ? " or " : "", type_words[i]);
    }
    return fault(c, at, sl_strbuf_str(&b));
}

/* ------------------------------------------------------------------ scalars */

static bool check_number(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                         const struct step *at)
{
    sl_str n = sl_json_number(v);
    bool is_good = spend(c, at, n.n / 16);
    if (s->minimum.n != 0 && sl_json_number_cmp(n, s->minimum) < 0)
        is_good = fault_text(c, at, "must be at least ", s->minimum);
    if (s->maximum.n != 0 && sl_json_number_cmp(n, s->maximum) > 0)
        is_good = fault_text(c, at, "must be at most ", s->maximum);
    if (s->above.n != 0 && sl_json_number_cmp(n, s->above) <= 0)
        is_good = fault_text(c, at, "must be more than ", s->above);
    if (s->below.n != 0 && sl_json_number_cmp(n, s->below) >= 0)
        is_good = fault_text(c, at, "must be less than ", s->below);
    if (s->unit.n != 0 && !sl_json_number_is_multiple(n, s->unit))
        is_good = fault_text(c, at, "must be a multiple of ", s->unit);
    bool is_sized = s->format == SL_SCHEMA_FORMAT_INT32 || s->format == SL_SCHEMA_FORMAT_INT64;
    if (is_sized && !sl_schema_format_fits(s->format, n))
        is_good = fault(c, at, sl_schema_format_text(s->format));
    return is_good;
}

/* In characters, not bytes. */
static uint64_t length_of(sl_str s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
    return n;
}

static bool matches(struct check *c, const struct step *at, const struct sl_regex *regex,
                    sl_str text)
{
    enum { REGEX_STEPS = 256 }; /* a match has a limit of its own; many of them add up here */
    return spend(c, at, REGEX_STEPS + text.n / 16) && sl_regex_match(regex, text, NULL, 0);
}

static bool check_string(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                         const struct step *at)
{
    sl_str text = sl_json_text(v);
    uint64_t length = s->length_min != 0 || s->length_max != UINT64_MAX ? length_of(text) : 0;
    bool is_good = spend(c, at, text.n / 64), is_sized = false;
    if (length < s->length_min)
        is_good = fault_count(c, at, "must have at least %llu characters", s->length_min);
    if (length > s->length_max)
        is_good = fault_count(c, at, "must have at most %llu characters", s->length_max);
    if (s->pattern.regex != NULL && !matches(c, at, s->pattern.regex, text))
        is_good = fault_text(c, at, "must match the pattern ", s->pattern.text);
    is_sized = s->format == SL_SCHEMA_FORMAT_INT32 || s->format == SL_SCHEMA_FORMAT_INT64;
    if (!is_sized && !sl_schema_format_fits(s->format, text))
        is_good = fault(c, at, sl_schema_format_text(s->format));
    return is_good;
}

/* ------------------------------------------------------------------ arrays */

static bool check_elements(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                           const struct step *at)
{
    struct sl_json_cursor each = sl_json_each(v);
    const struct sl_json *one;
    bool is_good = true;
    for (size_t i = 0; (one = sl_json_next(&each, NULL)) != NULL && !is_spent(c); i++) {
        const struct step here = {.up = at, .index = i};
        const struct sl_schema *of = i < s->prefix_items.n ? s->prefix_items.v[i] : s->items;
        if (of != NULL && !check_value(c, of, one, &here))
            is_good = false;
    }
    return is_good && !is_spent(c);
}

static bool check_contains(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                           const struct step *at)
{
    struct sl_json_cursor each = sl_json_each(v);
    const struct sl_json *one;
    uint64_t n = 0;
    c->quiet++;
    while ((one = sl_json_next(&each, NULL)) != NULL && !is_spent(c))
        n += check_value(c, s->contains, one, at);
    c->quiet--;
    if (n < s->contains_min)
        return fault_count(c, at, "must have at least %llu elements of the kind that is wanted",
                           s->contains_min);
    if (n > s->contains_max)
        return fault_count(c, at, "must have at most %llu elements of that kind", s->contains_max);
    return true;
}

static bool check_unique(struct check *c, const struct sl_json *v, const struct step *at)
{
    struct sl_json_cursor each = sl_json_each(v);
    const struct sl_json *one, *other;
    while ((one = sl_json_next(&each, NULL)) != NULL) {
        struct sl_json_cursor rest = each;
        while ((other = sl_json_next(&rest, NULL)) != NULL) {
            if (is_spent(c))
                return spend(c, at, 0);
            if (equal(c, one, other, 0))
                return fault(c, at, SL_STR("must not have an element twice"));
        }
    }
    return true;
}

static bool check_array(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                        const struct step *at)
{
    size_t n = sl_json_count(v);
    bool is_good = true;
    if (n < s->items_min)
        is_good = fault_count(c, at, "must have at least %llu elements", s->items_min);
    if (n > s->items_max)
        return fault_count(c, at, "must have at most %llu elements", s->items_max);
    if (s->items != NULL || s->prefix_items.n != 0)
        is_good = check_elements(c, s, v, at) && is_good;
    if (s->contains != NULL)
        is_good = check_contains(c, s, v, at) && is_good;
    return s->is_unique ? check_unique(c, v, at) && is_good : is_good;
}

/* ------------------------------------------------------------------ objects */

static const struct sl_schema *property_of(const struct sl_schema *s, sl_str name)
{
    return sl_map_get(&s->properties, name);
}

/* By its name, by patterns, or by what holds for all others. */
static bool check_member(struct check *c, const struct sl_schema *s, sl_str name,
                         const struct sl_json *v, const struct step *at)
{
    const struct step here = {.up = at, .name = name.p != NULL ? name : SL_STR("")};
    const struct sl_schema *own = property_of(s, name);
    bool is_good = own == NULL || check_value(c, own, v, &here), is_known = own != NULL;
    for (size_t i = 0; i < s->pattern_count; i++) {
        if (!matches(c, &here, s->patterns[i].regex, name))
            continue;
        is_known = true;
        is_good = check_value(c, s->patterns[i].schema, v, &here) && is_good;
    }
    if (is_known || s->additional == NULL)
        return is_good;
    if (s->additional->is_never)
        return fault(c, &here, SL_STR("is not allowed here"));
    return check_value(c, s->additional, v, &here) && is_good;
}

/* The value of propertyNames is a string that stands nowhere by itself. */
static bool check_name(struct check *c, const struct sl_schema *s, sl_str name,
                       const struct step *at)
{
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    struct sl_strbuf b;
    struct sl_jsonw w;
    if (s->names == NULL)
        return true;
    sl_strbuf_init(&b, c->report->arena, 0);
    sl_jsonw_init(&w, &b);
    sl_jsonw_str(&w, name);
    if (b.is_full || sl_json_parse(sl_strbuf_str(&b), c->report->arena, &v, &info) != SL_OK)
        return fault(c, at, SL_STR("has a name that cannot be checked"));
    c->quiet++;
    bool is_good = check_value(c, s->names, v, at);
    c->quiet--;
    return is_good || fault_text(c, at, "has a name that is not allowed: ", name);
}

/* Twice the same name means different things to different readers. */
static bool check_members(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                          const struct step *at, struct sl_map *seen)
{
    struct sl_json_cursor each = sl_json_each(v);
    const struct sl_json *one;
    bool is_good = true;
    sl_str name;
    while ((one = sl_json_next(&each, &name)) != NULL && !is_spent(c)) {
        if (sl_map_put(seen, name, (void *)one) != NULL)
            is_good = fault_text(c, at, "has a name twice: ", name);
        is_good = check_name(c, s, name, at) && is_good;
        is_good = check_member(c, s, name, one, at) && is_good;
    }
    return is_good && !is_spent(c);
}

static bool check_required(struct check *c, const struct sl_map *seen, const sl_str *names,
                           size_t n, const struct step *at)
{
    bool is_good = spend(c, at, n / 4);
    for (size_t i = 0; i < n; i++) {
        const struct step here = {.up = at, .name = names[i]};
        if (sl_map_get(seen, names[i]) == NULL)
            is_good = fault(c, &here, SL_STR("is required"));
    }
    return is_good;
}

static bool check_object(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                         const struct step *at)
{
    size_t n = sl_json_count(v);
    struct sl_map seen;
    bool is_good = true;
    if (!s->has_object_rules)
        return true;
    if (n < s->members_min)
        is_good = fault_count(c, at, "must have at least %llu members", s->members_min);
    if (n > s->members_max)
        return fault_count(c, at, "must have at most %llu members", s->members_max);
    if (!spend(c, at, n)) /* its memory, too */
        return false;
    sl_map_init(&seen, c->report->arena, c->report->seed);
    sl_map_reserve(&seen, n);
    is_good = check_members(c, s, v, at, &seen) && is_good;
    is_good = check_required(c, &seen, s->required, s->required_count, at) && is_good;
    for (size_t i = 0; i < s->dependency_count; i++) {
        const struct sl_schema_dependency *d = &s->dependencies[i];
        if (sl_map_get(&seen, d->name) != NULL)
            is_good = check_required(c, &seen, d->needs, d->n, at) && is_good;
    }
    return is_good;
}

/* ------------------------------------------------------------------ combinations */

static bool check_quietly(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                          const struct step *at)
{
    c->quiet++;
    bool is_good = check_value(c, s, v, at);
    c->quiet--;
    return is_good;
}

static size_t count_fits(struct check *c, const struct sl_schemas *list, size_t enough,
                         const struct sl_json *v, const struct step *at)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n && n < enough; i++)
        n += check_quietly(c, list->v[i], v, at);
    return n;
}

static bool check_alternatives(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                               const struct step *at)
{
    bool is_good = true;
    if (s->any_of.n != 0 && count_fits(c, &s->any_of, 1, v, at) == 0)
        is_good = fault(c, at, SL_STR("fits none of the alternatives"));
    if (s->one_of.n != 0) {
        size_t n = count_fits(c, &s->one_of, 2, v, at);
        if (n != 1)
            is_good = fault(c, at,
                            n == 0 ? SL_STR("fits none of the alternatives")
                                   : SL_STR("fits more than one of the alternatives"));
    }
    if (s->negated != NULL && check_quietly(c, s->negated, v, at))
        is_good = fault(c, at, SL_STR("is of the kind that is excluded"));
    if (s->condition != NULL) {
        const struct sl_schema *branch =
            check_quietly(c, s->condition, v, at) ? s->then_schema : s->else_schema;
        is_good = (branch == NULL || check_value(c, branch, v, at)) && is_good;
    }
    return is_good && !is_spent(c);
}

static bool check_by_kind(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                          const struct step *at)
{
    switch (sl_json_kind(v)) {
    case SL_JSON_NONE:
    case SL_JSON_NULL:
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
        return true;
    case SL_JSON_NUMBER:
        return check_number(c, s, v, at);
    case SL_JSON_STRING:
        return check_string(c, s, v, at);
    case SL_JSON_ARRAY:
        return check_array(c, s, v, at);
    case SL_JSON_OBJECT:
        return check_object(c, s, v, at);
    }
    return true;
}

static bool check_all(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                      const struct step *at)
{
    if (!check_type(c, s, v, at))
        return false; /* the rest would only repeat it */
    bool is_good = check_enum(c, s, v, at);
    is_good = check_by_kind(c, s, v, at) && is_good;
    if (s->ref != NULL)
        is_good = check_value(c, s->ref, v, at) && is_good;
    for (size_t i = 0; i < s->all_of.n; i++)
        is_good = check_value(c, s->all_of.v[i], v, at) && is_good;
    return check_alternatives(c, s, v, at) && is_good;
}

static bool check_value(struct check *c, const struct sl_schema *s, const struct sl_json *v,
                        const struct step *at)
{
    if (s->is_never)
        return fault(c, at, SL_STR("is not allowed"));
    if (!spend(c, at, 1))
        return false;
    if (c->depth == SL_SCHEMA_DEPTH_MAX)
        return spend(c, at, SL_SCHEMA_STEPS_MAX);
    c->depth++;
    bool is_good = check_all(c, s, v, at);
    c->depth--;
    return is_good;
}

bool sl_schema_check(const struct sl_schema *s, const struct sl_json *v,
                     struct sl_schema_report *report)
{
    struct check c = {.report = report};
    const struct step root = {0};
    return check_value(&c, s, v, &root) && !is_spent(&c);
}
