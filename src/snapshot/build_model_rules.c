/*
 * Rules of model routes: conditions checked and compiled, by the rows of model_condition.def.
 */
#include "base/guess.h"
#include "base/num.h"
#include "base/str.h"
#include "snapshot/build_int.h"
#include "snapshot/model_rule.h"

/* A rule that is being built. */
struct scope {
    struct sl_build *b;
    const struct sl_item *item;
    const struct sl_node *when; /* NULL: it has none */
    sl_str path;                /* "rules[0]" */
};

static sl_str place(const struct scope *s, const char *member)
{
    return sl_fmt(s->b->a, "%.*s.when.%s", SL_STRF(s->path), member);
}

/* ------------------------------------------------------------------ names of closed sets */

static uint32_t unknown_word(const struct scope *s, sl_str path, sl_str word,
                             const char *const *names)
{
    struct sl_strbuf known;
    struct sl_guess g;
    sl_guess_init(&g, word);
    sl_strbuf_init(&known, s->b->a, 0);
    for (size_t i = 0; names[i] != NULL; i++) {
        sl_guess_consider(&g, sl_cstr(names[i]));
        sl_strbuf_addf(&known, "%s%s", i != 0 ? ", " : "", names[i]);
    }
    if (g.best.p != NULL)
        (void)sl_item_fail(s->b->d, s->item, path, "'%.*s' is not known; did you mean '%.*s'?",
                           SL_STRF(word), SL_STRF(g.best));
    else
        (void)sl_item_fail(s->b->d, s->item, path, "'%.*s' is not one of %.*s", SL_STRF(word),
                           SL_STRF(sl_strbuf_str(&known)));
    return 0;
}

static uint32_t bit_of(const struct scope *s, sl_str path, sl_str word, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (sl_str_eq(word, sl_cstr(names[i])))
            return UINT32_C(1) << i;
    }
    return unknown_word(s, path, word, names);
}

static uint32_t bits_of(const struct scope *s, const char *member, const struct sl_strs *words,
                        const char *const *names)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < words->n; i++)
        bits |= bit_of(s, sl_fmt(s->b->a, "%.*s[%zu]", SL_STRF(place(s, member)), i), words->v[i],
                       names);
    return bits;
}

static bool make_has(struct scope *s, const struct sl_model_when_config *c,
                     struct sl_model_condition *ret)
{
    ret->bits = bits_of(s, "has", &c->has, sl_ai_need_names);
    return c->has.n != 0;
}

static bool make_dialects(struct scope *s, const struct sl_model_when_config *c,
                          struct sl_model_condition *ret)
{
    ret->bits = bits_of(s, "dialects", &c->dialects, sl_dialect_names);
    return c->dialects.n != 0;
}

/* ------------------------------------------------------------------ names of open sets */

static void check_known(struct scope *s, const char *member, const struct sl_strs *names,
                        const char *noun, const struct sl_map *known)
{
    for (size_t i = 0; i < names->n; i++) {
        if (sl_map_get(known, names->v[i]) == NULL)
            sl_build_undefined(s->b, s->item,
                               sl_fmt(s->b->a, "%.*s[%zu]", SL_STRF(place(s, member)), i), noun,
                               names->v[i], known);
    }
}

static bool make_names(struct scope *s, const struct sl_strs *names, struct sl_model_condition *ret)
{
    struct sl_model_names *made;
    if (names->n == 0)
        return false;
    made = sl_arena_new_of(s->b->a, struct sl_model_names);
    made->listed = *names;
    sl_map_init(&made->index, s->b->a, 0);
    sl_map_reserve(&made->index, names->n);
    for (size_t i = 0; i < names->n; i++)
        (void)sl_map_put(&made->index, names->v[i], made); /* one that stands there twice */
    ret->names = made;
    return true;
}

static bool make_consumers(struct scope *s, const struct sl_model_when_config *c,
                           struct sl_model_condition *ret)
{
    check_known(s, "consumers", &c->consumers, "consumer", &s->b->consumers);
    return make_names(s, &c->consumers, ret);
}

static bool make_teams(struct scope *s, const struct sl_model_when_config *c,
                       struct sl_model_condition *ret)
{
    return make_names(s, &c->teams, ret);
}

static bool make_plans(struct scope *s, const struct sl_model_when_config *c,
                       struct sl_model_condition *ret)
{
    check_known(s, "plans", &c->plans, "plan", &s->b->plans);
    return make_names(s, &c->plans, ret);
}

static bool make_users(struct scope *s, const struct sl_model_when_config *c,
                       struct sl_model_condition *ret)
{
    return make_names(s, &c->users, ret);
}

static bool make_tags(struct scope *s, const struct sl_model_when_config *c,
                      struct sl_model_condition *ret)
{
    struct sl_pairs *tags = sl_arena_new_of(s->b->a, struct sl_pairs);
    *tags = c->tags;
    ret->tags = tags;
    return c->tags.n != 0;
}

/* ------------------------------------------------------------------ values */

static bool make_input_tokens(struct scope *s, const struct sl_model_when_config *c,
                              struct sl_model_condition *ret)
{
    const struct sl_model_tokens_config *t = &c->input_tokens;
    if (sl_node_get(s->when, SL_STR("input_tokens")) == NULL)
        return false;
    ret->tokens.min = t->min;
    ret->tokens.max = t->max != 0 ? t->max : INT64_MAX;
    if (t->min == 0 && t->max == 0)
        (void)sl_item_fail(s->b->d, s->item, place(s, "input_tokens"),
                           "needs 'min' or 'max', such as {min: 100000}");
    else if (ret->tokens.min > ret->tokens.max)
        (void)sl_item_fail(s->b->d, s->item, place(s, "input_tokens.min"),
                           "must not be above 'max', which is %lld", (long long)t->max);
    return true;
}

static bool make_tests(struct scope *s, const char *member, const struct sl_list_of *list,
                       struct sl_model_condition *ret)
{
    struct sl_build *b = s->b;
    sl_str path = place(s, member), why;
    const struct sl_value_match *v =
        sl_build_value_matches(b, s->item, sl_node_get(s->when, sl_cstr(member)), path, list);
    struct sl_value_test *tests = sl_arena_array(b->a, struct sl_value_test, list->n);
    for (size_t i = 0; i < list->n; i++) {
        if (sl_value_test_init(&tests[i], &v[i], b->a, &why) != SL_OK)
            (void)sl_item_fail(b->d, s->item, sl_fmt(b->a, "%.*s[%zu].regex", SL_STRF(path), i),
                               "%.*s", SL_STRF(why));
    }
    ret->tests.v = tests;
    ret->tests.n = list->n;
    return list->n != 0;
}

static bool make_headers(struct scope *s, const struct sl_model_when_config *c,
                         struct sl_model_condition *ret)
{
    return make_tests(s, "headers", &c->headers, ret);
}

static bool make_metadata(struct scope *s, const struct sl_model_when_config *c,
                          struct sl_model_condition *ret)
{
    return make_tests(s, "metadata", &c->metadata, ret);
}

/* ------------------------------------------------------------------ hours */

/* "08:30" */
static bool read_clock(sl_str text, int64_t *ret_s)
{
    uint64_t hour, minute;
    if (text.n != 5 || text.p[2] != ':' || !sl_num_u64(sl_str_head(text, 2), 24, &hour) ||
        !sl_num_u64(sl_str_from(text, 3), 59, &minute) || hour * 60 + minute > (uint64_t)24 * 60)
        return false;
    *ret_s = (int64_t)(hour * 60 + minute) * 60;
    return true;
}

static void read_time(struct scope *s, const char *member, sl_str text, int64_t *ret_s)
{
    if (!read_clock(text, ret_s))
        (void)sl_item_fail(s->b->d, s->item, place(s, member),
                           "must be a time of day from 00:00 to 24:00, such as \"08:00\"");
}

/* NULL: there is none. */
static const struct sl_zone *zone_of(struct sl_build *b, sl_str name)
{
    struct sl_zone *zone = sl_map_get(&b->zones, name);
    if (zone != NULL)
        return zone;
    zone = sl_arena_new_of(b->a, struct sl_zone);
    if (sl_zone_load(name, b->a, zone) != SL_OK)
        return NULL;
    (void)sl_map_put(&b->zones, name, zone);
    return zone;
}

static bool make_hours(struct scope *s, const struct sl_model_when_config *c,
                       struct sl_model_condition *ret)
{
    const struct sl_model_hours_config *from = &c->hours;
    if (sl_node_get(s->when, SL_STR("hours")) == NULL)
        return false;
    struct sl_model_hours *h = sl_arena_new_of(s->b->a, struct sl_model_hours);
    read_time(s, "hours.from", from->from, &h->from_s);
    read_time(s, "hours.until", from->until, &h->until_s);
    if (sl_str_eq(from->from, from->until))
        (void)sl_item_fail(s->b->d, s->item, place(s, "hours.until"),
                           "must differ from 'from'; for whole days write 00:00 and 24:00");
    h->days = from->days.n == 0 ? SL_MODEL_ALL_DAYS
                                : bits_of(s, "hours.days", &from->days, sl_model_day_names);
    h->zone = zone_of(s->b, from->time_zone);
    if (h->zone == NULL)
        (void)sl_item_fail(s->b->d, s->item, place(s, "hours.time_zone"), SL_ZONE_RULE);
    ret->hours = h;
    return true;
}

/* ------------------------------------------------------------------ rules */

static bool is_about_who(const struct sl_model_condition *c)
{
    return c->kind == SL_MODEL_WHEN_CONSUMERS || c->kind == SL_MODEL_WHEN_TEAMS ||
           c->kind == SL_MODEL_WHEN_PLANS || c->kind == SL_MODEL_WHEN_TAGS;
}

static void build_conditions(struct scope *s, const struct sl_model_when_config *c,
                             struct sl_model_route *r, struct sl_model_rule *rule)
{
    static bool (*const make[])(struct scope *, const struct sl_model_when_config *,
                                struct sl_model_condition *) = {
#define X(ID, member) [SL_MODEL_WHEN_##ID] = make_##member,
#include "snapshot/model_condition.def"
#undef X
    };
    struct sl_model_condition *v =
        sl_arena_array(s->b->a, struct sl_model_condition, SL_MODEL_WHEN_COUNT);
    for (size_t kind = 0; kind < SL_MODEL_WHEN_COUNT; kind++) {
        struct sl_model_condition *made = &v[rule->condition_count];
        if (!make[kind](s, c, made))
            continue;
        made->kind = (enum sl_model_condition_kind)kind;
        r->asks_who |= is_about_who(made);
        rule->condition_count++;
    }
    rule->conditions = v;
    if (rule->condition_count == 0)
        (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "%.*s.when", SL_STRF(s->path)),
                           "needs a condition, such as {has: [images]}; what no rule takes goes to "
                           "the model's own 'targets'");
}

static void check_against(struct scope *s, const struct sl_model_rule *rule,
                          const struct sl_model_rule *before)
{
    if (sl_str_eq(rule->name, before->name))
        (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "%.*s.name", SL_STRF(s->path)),
                           "'%.*s' is the name of another rule already", SL_STRF(rule->name));
    else if (before->condition_count != 0 && sl_model_rule_covers(before, rule))
        (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "%.*s.when", SL_STRF(s->path)),
                           "never takes a request: '%.*s', which is asked before, takes all of "
                           "them; move this rule up, or remove it",
                           SL_STRF(before->name));
}

static void build_rule(struct scope *s, size_t index, const struct sl_model_rule_config *c,
                       struct sl_model_route *r, struct sl_model_rule *rule)
{
    struct sl_build *b = s->b;
    struct sl_strbuf words;
    size_t problems = b->d->count;
    rule->name = c->name.n != 0 ? c->name : sl_fmt(b->a, "rule %zu", index + 1);
    build_conditions(s, &c->when, r, rule);
    rule->targets = sl_build_targets(b, s->item, sl_fmt(b->a, "%.*s.targets", SL_STRF(s->path)),
                                     &c->targets, &rule->target_count);
    sl_strbuf_init(&words, b->a, 0);
    sl_model_rule_say(rule, &words);
    rule->words = sl_strbuf_str(&words);
    for (size_t i = 0; i < index && b->d->count == problems; i++)
        check_against(s, rule, &r->rules[i]);
}

void sl_build_model_rules(struct sl_build *b, const struct sl_item *item,
                          const struct sl_model_config *c, struct sl_model_route *r)
{
    const struct sl_model_rule_config *configs = c->rules.v;
    struct sl_model_rule *rules = sl_arena_array(b->a, struct sl_model_rule, c->rules.n);
    if (c->rules.n == 0 && c->targets.n == 0)
        (void)sl_item_fail(b->d, item, SL_STR("targets"),
                           "is missing; name a model, as in [openai/gpt-4o-mini]");
    r->rules = rules;
    for (size_t i = 0; i < c->rules.n; i++) {
        sl_str path = sl_fmt(b->a, "rules[%zu]", i);
        struct scope s = {.b = b,
                          .item = item,
                          .path = path,
                          .when = sl_node_at(item->node, sl_fmt(b->a, "%.*s.when", SL_STRF(path)))};
        build_rule(&s, i, &configs[i], r, &rules[i]);
        r->rule_count++;
    }
}
