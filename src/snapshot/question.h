/**
 * question: a request that nobody sends, to ask a snapshot which way it would go: for `sluice explain` and the
 * admin API. Any thread.
 */
#pragma once
#include "snapshot/snapshot.h"

struct sl_question {
    struct sl_head req;
    sl_str host, path; /* path: normalised */
};

struct sl_finding {
    struct sl_match_result match; /* of the release that takes it */
    const struct sl_route *route; /* NULL: none */
    bool is_canary;               /* a field of the request asks for the newer release */
    const char *refusal; /* the route does not take the path as it is written; NULL: it does */
};

/**
 * `text` is a URL, or only a path with its query. SL_E_SYNTAX or SL_E_BAD_REQUEST with *ret_why. The parts
 * borrow both texts.
 */
sl_rc sl_question_read(sl_str method, sl_str text, struct sl_arena *a, struct sl_question *ret,
                       const char **ret_why) SL_CHECKED;
/** A field of the request; `host` goes before the URL's. Borrows both. SL_E_BAD_REQUEST with *ret_why. */
sl_rc sl_question_header(struct sl_question *q, sl_str name, sl_str value,
                         const char **ret_why) SL_CHECKED;
/** The answer borrows both, and is in `a`. Shares of a canary are of clients: only fields decide here. */
void sl_question_ask(const struct sl_question *q, const struct sl_snapshot *s, struct sl_arena *a,
                     struct sl_finding *ret);
