#include "snapshot/model_rule.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/jsonstring.h"
#include "snapshot/resource.h"

const char *const sl_model_day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

enum { DAY_S = 86400, WEEK_DAYS = 7, NAMES_SAID = 8 };

/* ------------------------------------------------------------------ does it hold? */

static bool holds_dialects(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    return (c->bits & UINT32_C(1) << f->dialect) != 0;
}

static bool holds_input_tokens(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    return f->input_tokens >= c->tokens.min && f->input_tokens <= c->tokens.max;
}

static bool is_named(const struct sl_model_condition *c, sl_str name)
{
    return name.n != 0 && sl_map_get(&c->names->index, name) != NULL;
}

static bool holds_consumers(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    return f->consumer != NULL && is_named(c, f->consumer->name);
}

static bool holds_teams(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    return f->consumer != NULL && is_named(c, sl_consumer_extra(f->consumer)->team);
}

static bool holds_plans(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    if (f->consumer == NULL)
        return false;
    const struct sl_subscription *s =
        sl_map_get(&sl_consumer_extra(f->consumer)->subscriptions, f->service);
    return s != NULL && is_named(c, s->plan);
}

static bool has_pair(const struct sl_pairs *pairs, const struct sl_pair *wanted)
{
    for (size_t i = 0; i < pairs->n; i++) {
        if (sl_str_eq(pairs->v[i].name, wanted->name))
            return sl_str_eq(pairs->v[i].value, wanted->value);
    }
    return false;
}

static bool has_pairs(const struct sl_pairs *pairs, const struct sl_pairs *wanted)
{
    for (size_t i = 0; i < wanted->n; i++) {
        if (!has_pair(pairs, &wanted->v[i]))
            return false;
    }
    return true;
}

static bool holds_tags(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    return f->consumer != NULL && has_pairs(&sl_consumer_extra(f->consumer)->tags, c->tags);
}

static bool holds_users(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    return f->user.n <= SL_MODEL_VALUE_BYTES_MAX && is_named(c, f->user);
}

static bool holds_headers(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    for (size_t i = 0; i < c->tests.n; i++) {
        if (!sl_value_header_is_met(&c->tests.v[i], f->headers))
            return false;
    }
    return true;
}

/* A string is its text; numbers and the like are as they stand there. */
static bool is_member_met(const struct sl_value_test *t, struct sl_model_facts *f,
                          const struct sl_json_range *top)
{
    struct sl_json_range r;
    sl_str value;
    if (!sl_json_range_get(f->metadata, top, t->match->name, &r) || r.kind == SL_JSON_NULL)
        return false;
    value = sl_json_range_text(f->metadata, &r);
    if (value.n > SL_MODEL_VALUE_BYTES_MAX)
        return false;
    if (r.kind == SL_JSON_STRING && sl_json_string_decode(value, f->arena, &value) != SL_OK)
        return false;
    return sl_value_is_met(t, value);
}

static bool holds_metadata(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    if (f->metadata.n > SL_MODEL_METADATA_BYTES_MAX)
        return false;
    struct sl_json_range top = sl_json_range_top(f->metadata);
    for (size_t i = 0; i < c->tests.n; i++) {
        if (!is_member_met(&c->tests.v[i], f, &top))
            return false;
    }
    return true;
}

/* Unix time began on a Thursday. */
static bool is_day(const struct sl_model_hours *h, int64_t day)
{
    return (h->days & UINT32_C(1) << ((day + 4) % WEEK_DAYS)) != 0;
}

static bool holds_hours(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    const struct sl_model_hours *h = c->hours;
    int64_t local_s = SL_MAX(f->now_s + sl_zone_offset_s(h->zone, f->now_s), (int64_t)DAY_S);
    int64_t day = local_s / DAY_S, second = local_s % DAY_S;
    if (h->from_s <= h->until_s)
        return is_day(h, day) && second >= h->from_s && second < h->until_s;
    return (is_day(h, day) && second >= h->from_s) ||
           (is_day(h, day - 1) && second < h->until_s); /* they began the day before */
}

static bool holds_has(const struct sl_model_condition *c, struct sl_model_facts *f)
{
    if (f->call != NULL && !f->are_needs_read) {
        f->needs = sl_ai_call_needs(f->call, c->bits, f->arena);
        f->are_needs_read = (c->bits & ~SL_AI_NEEDS_SCANNED) != 0;
    }
    return (c->bits & ~f->needs) == 0;
}

bool sl_model_rule_holds(const struct sl_model_rule *rule, struct sl_model_facts *f)
{
    static bool (*const holds[])(const struct sl_model_condition *, struct sl_model_facts *) = {
#define X(ID, member) [SL_MODEL_WHEN_##ID] = holds_##member,
#include "snapshot/model_condition.def"
#undef X
    };
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (!holds[rule->conditions[i].kind](&rule->conditions[i], f))
            return false;
    }
    return true;
}

const struct sl_model_rule *sl_model_rule_choose(const struct sl_model_route *r,
                                                 struct sl_model_facts *f)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        if (sl_model_rule_holds(&r->rules[i], f))
            return &r->rules[i];
    }
    return NULL;
}

/* ------------------------------------------------------------------ is it ever asked? */

typedef bool covers_fn(const struct sl_model_condition *a, const struct sl_model_condition *b);

static bool covers_dialects(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    return (b->bits & ~a->bits) == 0;
}

static bool covers_input_tokens(const struct sl_model_condition *a,
                                const struct sl_model_condition *b)
{
    return a->tokens.min <= b->tokens.min && b->tokens.max <= a->tokens.max;
}

static bool covers_consumers(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    const struct sl_strs *theirs = &b->names->listed;
    for (size_t i = 0; i < theirs->n; i++) {
        if (!is_named(a, theirs->v[i]))
            return false;
    }
    return true;
}

#define covers_teams covers_consumers
#define covers_plans covers_consumers
#define covers_users covers_consumers

static bool covers_tags(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    return has_pairs(b->tags, a->tags);
}

/* Whoever wants that it is there is content with any value. */
static bool is_implied(const struct sl_value_match *wanted, const struct sl_value_match *m,
                       bool has_case)
{
    struct sl_value_match any = *m;
    if (wanted->kind == SL_VALUE_PRESENT)
        any = (struct sl_value_match){.name = m->name, .kind = SL_VALUE_PRESENT};
    return sl_value_same(wanted, &any, has_case);
}

static bool covers_tests(const struct sl_model_condition *a, const struct sl_model_condition *b,
                         bool has_case)
{
    for (size_t i = 0; i < a->tests.n; i++) {
        bool has = false;
        for (size_t k = 0; k < b->tests.n && !has; k++)
            has = is_implied(a->tests.v[i].match, b->tests.v[k].match, has_case);
        if (!has)
            return false;
    }
    return true;
}

static bool covers_headers(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    return covers_tests(a, b, false);
}

static bool covers_metadata(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    return covers_tests(a, b, true);
}

/* In one zone; hours that only overlap are not looked at. */
static bool covers_hours(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    const struct sl_model_hours *x = a->hours, *y = b->hours;
    bool is_utc = x->zone->change_count + y->zone->change_count == 0 && !x->zone->has_rule &&
                  !y->zone->has_rule && x->zone->first_offset_s == y->zone->first_offset_s;
    return is_utc && x->from_s == y->from_s && x->until_s == y->until_s &&
           (y->days & ~x->days) == 0;
}

static bool covers_has(const struct sl_model_condition *a, const struct sl_model_condition *b)
{
    return (a->bits & ~b->bits) == 0;
}

static const struct sl_model_condition *of_kind(const struct sl_model_rule *rule,
                                                enum sl_model_condition_kind kind)
{
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (rule->conditions[i].kind == kind)
            return &rule->conditions[i];
    }
    return NULL;
}

bool sl_model_rule_covers(const struct sl_model_rule *a, const struct sl_model_rule *b)
{
    static covers_fn *const covers[] = {
#define X(ID, member) [SL_MODEL_WHEN_##ID] = covers_##member,
#include "snapshot/model_condition.def"
#undef X
    };
    for (size_t i = 0; i < a->condition_count; i++) {
        const struct sl_model_condition *mine = &a->conditions[i];
        const struct sl_model_condition *other = of_kind(b, mine->kind);
        if (other == NULL || !covers[mine->kind](mine, other))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ in words */

static void say_list(struct sl_strbuf *out, size_t at, const char *between, sl_str name)
{
    if (at != 0)
        sl_strbuf_add(out, sl_cstr(between));
    sl_strbuf_add(out, name);
}

static void say_bits(struct sl_strbuf *out, uint32_t bits, const char *const *names,
                     const char *between)
{
    size_t n = 0;
    for (size_t i = 0; names[i] != NULL; i++) {
        if ((bits & UINT32_C(1) << i) != 0)
            say_list(out, n++, between, sl_cstr(names[i]));
    }
}

static void say_dialects(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    say_bits(out, c->bits, sl_dialect_names, " or ");
}

static void say_input_tokens(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    if (c->tokens.max == INT64_MAX)
        sl_strbuf_addf(out, "%lld or more", (long long)c->tokens.min);
    else if (c->tokens.min == 0)
        sl_strbuf_addf(out, "at most %lld", (long long)c->tokens.max);
    else
        sl_strbuf_addf(out, "%lld to %lld", (long long)c->tokens.min, (long long)c->tokens.max);
}

static void say_consumers(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    const struct sl_strs *names = &c->names->listed;
    size_t n = SL_MIN(names->n, (size_t)NAMES_SAID);
    for (size_t i = 0; i < n; i++)
        say_list(out, i, " or ", names->v[i]);
    if (names->n > n)
        sl_strbuf_addf(out, " or %zu more", names->n - n);
}

#define say_teams say_consumers
#define say_plans say_consumers
#define say_users say_consumers

static void say_tags(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    for (size_t i = 0; i < c->tags->n; i++) {
        say_list(out, i, ", ", c->tags->v[i].name);
        sl_strbuf_addf(out, " = %.*s", SL_STRF(c->tags->v[i].value));
    }
}

static void say_headers(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    static const char *const signs[] = {
        [SL_VALUE_EXACT] = " = ", [SL_VALUE_REGEX] = " ~ ", [SL_VALUE_PRESENT] = ""};
    for (size_t i = 0; i < c->tests.n; i++) {
        const struct sl_value_match *m = c->tests.v[i].match;
        say_list(out, i, ", ", m->name);
        sl_strbuf_addf(out, "%s%.*s", signs[m->kind], SL_STRF(m->value));
    }
}

#define say_metadata say_headers

static void say_hours(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    const struct sl_model_hours *h = c->hours;
    sl_strbuf_addf(out, "%02lld:%02lld to %02lld:%02lld", (long long)h->from_s / 3600,
                   (long long)h->from_s / 60 % 60, (long long)h->until_s / 3600,
                   (long long)h->until_s / 60 % 60);
    if (h->days == SL_MODEL_ALL_DAYS)
        return;
    sl_strbuf_add(out, SL_STR(" on "));
    say_bits(out, h->days, sl_model_day_names, ", ");
}

static void say_has(const struct sl_model_condition *c, struct sl_strbuf *out)
{
    say_bits(out, c->bits, sl_ai_need_names, " and ");
}

void sl_model_rule_say(const struct sl_model_rule *rule, struct sl_strbuf *out)
{
    static const struct {
        const char *member;
        void (*say)(const struct sl_model_condition *, struct sl_strbuf *);
    } sayings[] = {
#define X(ID, member_) [SL_MODEL_WHEN_##ID] = {#member_, say_##member_},
#include "snapshot/model_condition.def"
#undef X
    };
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct sl_model_condition *c = &rule->conditions[i];
        sl_strbuf_addf(out, "%s%s ", i != 0 ? "; " : "", sayings[c->kind].member);
        sayings[c->kind].say(c, out);
    }
}

/* ------------------------------------------------------------------ all targets */

const struct sl_model_target *sl_model_targets_next(struct sl_model_targets *it)
{
    const struct sl_model_route *r = it->route;
    for (; it->rule <= r->rule_count; it->rule++, it->at = 0) {
        const struct sl_model_rule *rule = it->rule != 0 ? &r->rules[it->rule - 1] : NULL;
        size_t n = rule != NULL ? rule->target_count : r->target_count;
        if (it->at < n)
            return &(rule != NULL ? rule->targets : r->targets)[it->at++];
    }
    return NULL;
}
