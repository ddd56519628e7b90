#include "ai/usage.h"

#include "base/num.h"
#include "base/str.h"

enum {
    PROMPT_HOLDS_CACHE = 1 << 0,
    COMPLETION_HOLDS_REASONING = 1 << 1,
    TOTAL_TELLS = 1 << 2,
};

struct flavour {
    enum sl_ai_usage_flavour base;
    uint32_t rules;
};

struct root {
    enum sl_ai_usage_flavour flavour;
    sl_str path;
};

enum side { PROMPT, COMPLETION };

static const struct flavour flavours[] = {
#define X(ID, name, base, rules) {SL_AI_USAGE_##base, rules},
#include "ai/usage_flavour.def"
#undef X
};

static const struct root roots[] = {
#define ROOT(flavour, path) {SL_AI_USAGE_##flavour, SL_STR_INIT(path)},
#include "ai/usage_path.def"
};

static const struct sl_ai_usage_path paths[] = {
#define PATH(flavour, path, counter) \
    {SL_AI_USAGE_##flavour, SL_STR_INIT(path), SL_AI_COUNTER_##counter},
#include "ai/usage_path.def"
};

static const uint8_t scales[] = {
#define X(ID, scale) scale,
#include "ai/usage_counter.def"
#undef X
};

static const enum side sides[] = {
#define X(ID, name, side, fallback, text) side,
#include "ai/usage_bucket.def"
#undef X
};

_Static_assert(SL_AI_COUNTER_COUNT <= 32, "sl_ai_counts.present has a bit per counter");

static bool holds_for(enum sl_ai_usage_flavour row, enum sl_ai_usage_flavour flavour)
{
    return row == flavour || row == flavours[flavour].base;
}

void sl_ai_counts_set(struct sl_ai_counts *c, enum sl_ai_counter counter, int64_t value)
{
    SL_ASSERT(counter < SL_AI_COUNTER_COUNT);

    c->v[counter] = value < 0 ? 0 : SL_MIN(value, SL_AI_COUNT_MAX);
    c->present |= UINT32_C(1) << counter;
}

bool sl_ai_counts_set_text(struct sl_ai_counts *c, enum sl_ai_counter counter, sl_str number)
{
    int64_t value;

    if (!sl_num_rounded(number, sl_ai_counter_scale(counter), &value))
        return false;
    sl_ai_counts_set(c, counter, value);
    return true;
}

void sl_ai_counts_merge(struct sl_ai_counts *c, const struct sl_ai_counts *later)
{
    for (size_t i = 0; i < SL_AI_COUNTER_COUNT; i++)
        if (sl_ai_counts_has(later, (enum sl_ai_counter)i))
            c->v[i] = later->v[i];
    c->present |= later->present;
}

bool sl_ai_counts_put(struct sl_ai_counts *c, enum sl_ai_usage_flavour flavour, sl_str path,
                      int64_t value)
{
    const struct sl_ai_usage_path *p = NULL;

    while ((p = sl_ai_usage_path_next(flavour, p)) != NULL) {
        if (!sl_str_eq(p->path, path))
            continue;
        sl_ai_counts_set(c, p->counter, value);
        return true;
    }
    return false;
}

const struct sl_ai_usage_path *sl_ai_usage_path_next(enum sl_ai_usage_flavour flavour,
                                                     const struct sl_ai_usage_path *prev)
{
    SL_ASSERT(flavour < SL_AI_USAGE_FLAVOUR_COUNT);

    for (size_t i = prev == NULL ? 0 : (size_t)(prev - paths) + 1; i < SL_LEN(paths); i++)
        if (holds_for(paths[i].flavour, flavour))
            return &paths[i];
    return NULL;
}

bool sl_ai_usage_root(enum sl_ai_usage_flavour flavour, size_t i, sl_str *ret_path)
{
    SL_ASSERT(flavour < SL_AI_USAGE_FLAVOUR_COUNT);

    for (size_t r = 0; r < SL_LEN(roots); r++) {
        if (!holds_for(roots[r].flavour, flavour) || i-- != 0)
            continue;
        *ret_path = roots[r].path;
        return true;
    }
    return false;
}

unsigned sl_ai_counter_scale(enum sl_ai_counter counter)
{
    SL_ASSERT(counter < SL_AI_COUNTER_COUNT);
    return scales[counter];
}

/* Take `part` out of *whole, never below zero: what a peer says is part of something may not be. */
static void take_out(int64_t *whole, int64_t part, struct sl_ai_usage *u)
{
    if (part > *whole)
        u->is_inconsistent = true;
    *whole = SL_MAX(*whole - part, 0);
}

/* Move up to `wanted` from *whole and return it; the sum of both stays what it was. */
static int64_t move_out(int64_t *whole, int64_t wanted)
{
    int64_t moved = SL_MIN(SL_MAX(wanted, 0), *whole);

    *whole -= moved;
    return moved;
}

static int64_t prompt_count(const struct sl_ai_counts *c)
{
    if (sl_ai_counts_has(c, SL_AI_COUNTER_PROMPT))
        return c->v[SL_AI_COUNTER_PROMPT];
    if (sl_ai_counts_has(c, SL_AI_COUNTER_CACHE_MISS))
        return c->v[SL_AI_COUNTER_CACHED] + c->v[SL_AI_COUNTER_CACHE_MISS];
    if (sl_ai_counts_has(c, SL_AI_COUNTER_COMPLETION))
        return 0;
    return c->v[SL_AI_COUNTER_TOTAL];
}

/* The total is trusted over its parts; what no part explains was written with the short life. */
static void split_cache_writes(const struct sl_ai_counts *c, struct sl_ai_usage *u)
{
    int64_t brief = c->v[SL_AI_COUNTER_CACHE_WRITE_5M];
    int64_t lasting = c->v[SL_AI_COUNTER_CACHE_WRITE_1H];
    bool has_parts = sl_ai_counts_has(c, SL_AI_COUNTER_CACHE_WRITE_5M) ||
                     sl_ai_counts_has(c, SL_AI_COUNTER_CACHE_WRITE_1H);
    int64_t total = sl_ai_counts_has(c, SL_AI_COUNTER_CACHE_WRITE) ? c->v[SL_AI_COUNTER_CACHE_WRITE]
                                                                   : brief + lasting;

    if (has_parts && brief + lasting != total)
        u->is_inconsistent = true;
    u->cache_write_5m = total;
    u->cache_write_1h = move_out(&u->cache_write_5m, lasting);
}

static void split_prompt(const struct sl_ai_counts *c, uint32_t rules, struct sl_ai_usage *u)
{
    u->cache_read = c->v[SL_AI_COUNTER_CACHED];
    split_cache_writes(c, u);

    u->input = prompt_count(c);
    if ((rules & PROMPT_HOLDS_CACHE) != 0)
        take_out(&u->input, u->cache_read + u->cache_write_5m + u->cache_write_1h, u);
    if (sl_ai_counts_has(c, SL_AI_COUNTER_CACHE_MISS))
        u->input = c->v[SL_AI_COUNTER_CACHE_MISS];

    u->input_audio =
        move_out(&u->input, c->v[SL_AI_COUNTER_PROMPT_AUDIO] - c->v[SL_AI_COUNTER_CACHED_AUDIO]);
    u->input_image =
        move_out(&u->input, c->v[SL_AI_COUNTER_PROMPT_IMAGE] - c->v[SL_AI_COUNTER_CACHED_IMAGE]);
    u->input += c->v[SL_AI_COUNTER_TOOL_PROMPT];
}

static bool completion_holds_reasoning(const struct sl_ai_counts *c, uint32_t rules)
{
    if ((rules & TOTAL_TELLS) == 0)
        return (rules & COMPLETION_HOLDS_REASONING) != 0;
    return sl_ai_counts_has(c, SL_AI_COUNTER_TOTAL) &&
           c->v[SL_AI_COUNTER_TOTAL] == c->v[SL_AI_COUNTER_PROMPT] + c->v[SL_AI_COUNTER_COMPLETION];
}

static void split_completion(const struct sl_ai_counts *c, uint32_t rules, struct sl_ai_usage *u)
{
    u->reasoning = c->v[SL_AI_COUNTER_REASONING];
    u->output = c->v[SL_AI_COUNTER_COMPLETION];
    if (completion_holds_reasoning(c, rules))
        take_out(&u->output, u->reasoning, u);

    u->output_audio = move_out(&u->output, c->v[SL_AI_COUNTER_COMPLETION_AUDIO]);
    u->output_image = move_out(&u->output, c->v[SL_AI_COUNTER_COMPLETION_IMAGE]);
}

void sl_ai_usage_from_counts(enum sl_ai_usage_flavour flavour, const struct sl_ai_counts *c,
                             struct sl_ai_usage *ret)
{
    SL_ASSERT(flavour < SL_AI_USAGE_FLAVOUR_COUNT);

    *ret = (struct sl_ai_usage){0};
    if (c->present == 0)
        return;

    ret->source = SL_AI_USAGE_REPORTED;
    split_prompt(c, flavours[flavour].rules, ret);
    split_completion(c, flavours[flavour].rules, ret);
    ret->requests = 1;
    ret->searches = c->v[SL_AI_COUNTER_SEARCHES];
    ret->images = c->v[SL_AI_COUNTER_IMAGES];
    ret->pages = c->v[SL_AI_COUNTER_PAGES];
    ret->seconds_milli = c->v[SL_AI_COUNTER_SECONDS_MILLI];
    ret->has_reported_cost = sl_ai_counts_has(c, SL_AI_COUNTER_COST_NUSD);
    ret->reported_cost_nusd = c->v[SL_AI_COUNTER_COST_NUSD];
}

static int64_t side_total(const struct sl_ai_usage *u, enum side side)
{
    int64_t sum = 0;

    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        if (sides[i] == side)
            sum = sl_add_sat_i64(sum, u->tokens[i]);
    return sum;
}

int64_t sl_ai_usage_prompt_total(const struct sl_ai_usage *u)
{
    return side_total(u, PROMPT);
}

int64_t sl_ai_usage_completion_total(const struct sl_ai_usage *u)
{
    return side_total(u, COMPLETION);
}

int64_t sl_ai_usage_total(const struct sl_ai_usage *u)
{
    return sl_add_sat_i64(side_total(u, PROMPT), side_total(u, COMPLETION));
}
