/**
 * usage: what a request consumed, in one vocabulary for all vendors.
 *
 * A dialect's decoder copies the numbers it finds into struct sl_ai_counts, by the rows of
 * ai/usage_path.def (what is null or no number there is skipped), and merges the counts of all events of a stream; sl_ai_usage_from_counts()
 * then turns them into struct sl_ai_usage, whose buckets are disjoint, so that a cost is a plain
 * sum of products and no token is counted twice.
 *
 * Cache writes have two buckets by life: `cache_write_5m` is a vendor's short one (Anthropic and
 * Bedrock 5 minutes, OpenAI 30 minutes), `cache_write_1h` its long one (1 hour, 12 hours). No vendor
 * has a third. Cached audio and images are in `cache_read`: the catalogue knows one price for them.
 *
 * Numbers are what a peer says: sl_ai_counts_set() brings each into 0..SL_AI_COUNT_MAX, so sums of
 * them never overflow. Contradictions are resolved without failing (a difference never goes below
 * zero) and marked in `is_inconsistent`, for the log.
 *
 * Values only: no memory is owned. Pure; any thread.
 */
#pragma once
#include "base/base.h"

/** The largest count taken from a peer; 1e15 tokens, or a million dollars of reported cost. */
#define SL_AI_COUNT_MAX INT64_C(1000000000000000)

enum sl_ai_bucket {
#define X(ID, name, side, fallback, text) SL_AI_BUCKET_##ID,
#include "ai/usage_bucket.def"
#undef X
    SL_AI_BUCKET_COUNT
};

enum sl_ai_unit {
#define X(ID, counted, price, pico_usd, role, text) SL_AI_UNIT_##ID,
#include "ai/usage_unit.def"
#undef X
    SL_AI_UNIT_COUNT
};

enum sl_ai_counter {
#define X(ID, scale) SL_AI_COUNTER_##ID,
#include "ai/usage_counter.def"
#undef X
    SL_AI_COUNTER_COUNT
};

enum sl_ai_usage_flavour {
#define X(ID, name, base, rules) SL_AI_USAGE_##ID,
#include "ai/usage_flavour.def"
#undef X
    SL_AI_USAGE_FLAVOUR_COUNT
};

enum sl_ai_usage_source {
    SL_AI_USAGE_NONE = 0,  /* nothing is known: the zeros mean nothing */
    SL_AI_USAGE_REPORTED,  /* the vendor's numbers */
    SL_AI_USAGE_ESTIMATED, /* counted by the gateway */
};

/** Disjoint counts of one answered request. Zeroed: nothing known. */
struct sl_ai_usage {
    union {
        int64_t tokens[SL_AI_BUCKET_COUNT]; /* by enum sl_ai_bucket; the same as the names below */
        struct {
#define X(ID, name, side, fallback, text) int64_t name;
#include "ai/usage_bucket.def"
#undef X
        };
    };
    union {
        int64_t units[SL_AI_UNIT_COUNT]; /* by enum sl_ai_unit; the same as the names below */
        struct {
#define X(ID, counted, price, pico_usd, role, text) int64_t counted;
#include "ai/usage_unit.def"
#undef X
        };
    };
    int64_t reported_cost_nusd; /* the vendor's own figure; only if has_reported_cost */
    enum sl_ai_usage_source source;
    bool has_reported_cost;
    bool is_inconsistent; /* the vendor's numbers contradict each other */
};

/** Raw counters of one vendor. Zeroed: none present. */
struct sl_ai_counts {
    int64_t v[SL_AI_COUNTER_COUNT]; /* by enum sl_ai_counter; 0 where absent */
    uint32_t present;               /* bit per counter */
};

/** A number's place below a usage root; see ai/usage_path.def for the path language. */
struct sl_ai_usage_path {
    enum sl_ai_usage_flavour flavour;
    sl_str path;
    enum sl_ai_counter counter;
};

/** Take a peer's number, brought into 0..SL_AI_COUNT_MAX; it replaces an earlier one. */
void sl_ai_counts_set(struct sl_ai_counts *c, enum sl_ai_counter counter, int64_t value);

/**
 * The same from a number as it stands in JSON ("12", "12.0", "7.25e-05"), brought to the counter's
 * scale. False, and nothing set, when it is no number or beyond int64.
 */
bool sl_ai_counts_set_text(struct sl_ai_counts *c, enum sl_ai_counter counter, sl_str number);

static inline bool sl_ai_counts_has(const struct sl_ai_counts *c, enum sl_ai_counter counter)
{
    return (c->present >> counter & 1) != 0;
}

/**
 * Bring a later report of the same request into `c`. Reports are cumulative: what is present in
 * `later` replaces, what is absent stays. Never a sum.
 */
void sl_ai_counts_merge(struct sl_ai_counts *c, const struct sl_ai_counts *later);

/** Set the counter that stands at `path` below a root of `flavour`. False when none does. */
bool sl_ai_counts_put(struct sl_ai_counts *c, enum sl_ai_usage_flavour flavour, sl_str path,
                      int64_t value);

/** The row after `prev` (NULL: the first) that holds for `flavour`, base rows first; NULL at the end. */
const struct sl_ai_usage_path *sl_ai_usage_path_next(enum sl_ai_usage_flavour flavour,
                                                     const struct sl_ai_usage_path *prev);
/** The `i`th place where a body or an event of `flavour` may hold its counters. False when i is past the last. */
bool sl_ai_usage_root(enum sl_ai_usage_flavour flavour, size_t i, sl_str *ret_path);
/** Decimals of the number on the wire that the counter keeps; sl_ai_counts_set_text() applies them. */
unsigned sl_ai_counter_scale(enum sl_ai_counter counter);

/**
 * Make the counts disjoint by the rules of `flavour`. Without any count *ret is zeroed; else
 * `requests` is 1 and `source` SL_AI_USAGE_REPORTED. A lone total is all prompt (embeddings).
 */
void sl_ai_usage_from_counts(enum sl_ai_usage_flavour flavour, const struct sl_ai_counts *c,
                             struct sl_ai_usage *ret);

/** All input, cached or not, of any kind. */
int64_t sl_ai_usage_prompt_total(const struct sl_ai_usage *u);
/** All output, with reasoning, of any kind. */
int64_t sl_ai_usage_completion_total(const struct sl_ai_usage *u);
/** Their sum: what a limit on tokens counts. */
int64_t sl_ai_usage_total(const struct sl_ai_usage *u);
