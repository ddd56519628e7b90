/**
 * policy_int: what several policies share: whom a limit counts, its answer fields, budgets, query strings.
 * Never leaves this folder.
 */
#pragma once
#include "gate/exchange.h"
#include "snapshot/budget.h"
#include "snapshot/limiter.h"

/* subject.c: whom a limit or a budget counts */

enum sl_subject_kind {
    SL_SUBJECT_CONSUMER, /* anonymous callers: their credential, else their address */
    SL_SUBJECT_CREDENTIAL,
    SL_SUBJECT_IP,
    SL_SUBJECT_ROUTE,
    SL_SUBJECT_GLOBAL,
    SL_SUBJECT_HEADER,
};

struct sl_subject {
    enum sl_subject_kind kind;
    sl_str header; /* SL_SUBJECT_HEADER: its name */
};

/** "consumer", "credential", "ip", "route", "global" or "header:NAME"; else a problem at "key". */
sl_rc sl_subject_parse(sl_str text, struct sl_subject *ret, struct sl_diag *d) SL_CHECKED;
/**
 * The counter's name for this exchange, different for different kinds: "c:alice". IPv6 addresses
 * count by /64, which is what one subscriber has. In x->arena or longer.
 */
sl_str sl_subject_name(const struct sl_subject *s, struct sl_exchange *x);

/** What may stand before a consumer's name in its counters' names, and the longest one. */
enum { SL_SUBJECT_TEXT_MAX = 256 };
/**
 * The counter's name for a consumer, in `buf`; p == NULL when it is not by consumer: *ret_by says by what.
 */
sl_str sl_subject_of_consumer(const struct sl_subject *s, sl_str consumer,
                              char buf[SL_SUBJECT_TEXT_MAX], const char **ret_by);
/** Tell what a sliding limit has counted. */
void sl_limit_count_sliding(const struct sl_limiter *l, const struct sl_gcra *g, sl_str subject,
                            const struct sl_limit_query *q, struct sl_limit_count *ret);

/* ratelimit_fields.c: draft-ietf-httpapi-ratelimit-headers */

/** May the name stand in a structured field's string? */
bool sl_limit_name_is_valid(sl_str name);
#define SL_LIMIT_NAME_RULE "must be ASCII text without quotes or backslashes"
/** The name of a limit in answers: as configured, else the level in `identity` ("service"). */
sl_str sl_limit_name(sl_str configured, sl_str identity);
/** An item of RateLimit-Policy: "service";q=100;w=60 (no w for parts of a second). */
sl_str sl_limit_policy_item(struct sl_arena *a, sl_str name, int64_t quota, sl_usec window_us);
/** Add to the answer's RateLimit-Policy and RateLimit, behind what other limits have put there. */
void sl_limit_announce(struct sl_exchange *x, sl_str policy_item, sl_str name, int64_t left,
                       sl_usec refill_us);
/** "try again in 2s" */
sl_str sl_limit_wait_text(struct sl_exchange *x, sl_usec wait_us);

/* budget_hold.c */

/** What one request holds of one budget. Zeroed: nothing. */
struct sl_budget_hold {
    struct sl_spend_hold money, tokens;
    sl_str subject;
    int64_t began_s;
    bool is_held;
};

/** Hold the most that the request may cost, or refuse it and hold nothing. */
enum sl_verdict sl_budget_hold(struct sl_exchange *x, const struct sl_budget *budget,
                               struct sl_budget_hold *h);
/** What it did cost is spent instead, and told to the ledger. */
void sl_budget_settle(struct sl_exchange *x, const struct sl_budget *budget,
                      struct sl_budget_hold *h);
/** Whose request it is, by this key; empty: nobody's. */
sl_str sl_budget_subject(enum sl_budget_key key, const struct sl_exchange *x);

/* credential.c */

/** The caller is whom this credential proves, if it may be used still. */
enum sl_verdict sl_credential_admit(struct sl_exchange *x, const struct sl_credential *credential);

/** What stands behind "Bearer", the scheme in any case (RFC 9110, 11.1); empty when that is not there. */
sl_str sl_bearer(sl_str value);
/** Are the member `headers` of a policy names of header fields? */
sl_rc sl_header_names_check(const struct sl_strs *names, struct sl_diag *d);

/* query.c: raw query strings, byte for byte but for what is changed */

/** `query` without the parameters spelled `name`. Borrows or in `a`. */
sl_str sl_query_without(sl_str query, sl_str name, struct sl_arena *a);
/** `query` with one parameter `name`, in place of the first or at the end; both raw. */
sl_str sl_query_with(sl_str query, sl_str name, sl_str value, struct sl_arena *a);
/** The request's parameter `name`, decoded; empty when it is not there, or without a name. */
sl_str sl_query_parameter(struct sl_exchange *x, sl_str name);
/** Take it out of the request. */
void sl_query_drop(struct sl_exchange *x, sl_str name);
