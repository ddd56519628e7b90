/**
 * model_rule: which targets of a model a request goes to, by what it asks for and who asks. A route has
 * rules in an order; the first whose conditions all hold gives the targets; if none does, the route's own are
 * taken.
 *
 * Rules are compiled with the snapshot (build_model_rules.c), immutable, any thread. Facts belong to one
 * request. A new condition: a row in model_condition.def, a field in resource_ai.c, and here and in
 * build_model_rules.c the functions that the table asks for.
 */
#pragma once
#include "ai/need.h"
#include "snapshot/snapshot.h"
#include "snapshot/value.h"
#include "snapshot/zone.h"

enum sl_model_condition_kind {
#define X(ID, member) SL_MODEL_WHEN_##ID,
#include "snapshot/model_condition.def"
#undef X
    SL_MODEL_WHEN_COUNT
};

/* What is longer meets no condition: each looks through it anew. */
enum {
    SL_MODEL_METADATA_BYTES_MAX = 65536,
    SL_MODEL_VALUE_BYTES_MAX = 4096 /* of one of its members, and of the user */
};

/** Sunday first; NULL-terminated. */
extern const char *const sl_model_day_names[];
#define SL_MODEL_ALL_DAYS UINT32_C(0x7f)

struct sl_model_hours {
    const struct sl_zone *zone; /* may be that of other rules, too */
    int64_t from_s, until_s;    /* of the day, local time; from > until: over midnight */
    uint32_t days;              /* bits, 0 is Sunday: of the day on which the hours begin */
};

struct sl_model_names {
    struct sl_strs listed;
    struct sl_map index; /* the same; the values are of no use */
};

struct sl_model_condition {
    enum sl_model_condition_kind kind;
    union {
        uint32_t bits; /* HAS: of enum sl_ai_need, all of them; DIALECTS: one of them */
        struct {
            int64_t min, max;
        } tokens;
        const struct sl_model_names *names; /* CONSUMERS, TEAMS, PLANS, USERS: one of them */
        const struct sl_pairs *tags;        /* all of them */
        struct {
            const struct sl_value_test *v; /* HEADERS, METADATA: all of them */
            size_t n;
        } tests;
        const struct sl_model_hours *hours;
    };
};

struct sl_model_rule {
    sl_str name;  /* unique in the route */
    sl_str words; /* its conditions, for people: "has images; input_tokens 1000 or more" */
    const struct sl_model_condition *conditions; /* all must hold; at least one */
    size_t condition_count;
    const struct sl_model_target *targets; /* sorted by order, then as configured; at least one */
    size_t target_count;
};

/** What is known of a request. */
struct sl_model_facts {
    struct sl_ai_call
        *call; /* its needs are read from it when a rule asks; NULL: `needs` has them */
    struct sl_arena *arena; /* for that */
    bool are_needs_read;    /* private */
    uint32_t needs;         /* bits of enum sl_ai_need */
    int64_t input_tokens;
    enum sl_ai_dialect dialect;         /* the client's */
    const struct sl_consumer *consumer; /* NULL: nobody is known */
    sl_str service;                     /* whose subscription says the plan */
    sl_str user;                        /* as the body names the one behind the client */
    sl_str metadata;                    /* a JSON object that was scanned; empty: none */
    const struct sl_headers *headers;
    int64_t now_s; /* Unix seconds */
};

/** The first rule that holds; NULL: none does, or there are none. */
const struct sl_model_rule *sl_model_rule_choose(const struct sl_model_route *r,
                                                 struct sl_model_facts *f);
/** Do all its conditions hold? */
bool sl_model_rule_holds(const struct sl_model_rule *rule, struct sl_model_facts *f);
/** Does every request that `b` takes meet `a`, too? False when that is not known. */
bool sl_model_rule_covers(const struct sl_model_rule *a, const struct sl_model_rule *b);
/** "has images; consumers shop or web": the words of its conditions. */
void sl_model_rule_say(const struct sl_model_rule *rule, struct sl_strbuf *out);

/** The targets of a route, then those of its rules: all that a request may go to but for the fallback of long ones. */
struct sl_model_targets {
    const struct sl_model_route *route;
    size_t rule, at; /* 0: the route's own */
};
/** The next one; NULL at the end. Begin with {.route = r}. */
const struct sl_model_target *sl_model_targets_next(struct sl_model_targets *it);
