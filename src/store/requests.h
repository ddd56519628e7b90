/**
 * requests: single requests from the ledger, newest first, for people who look into what happened.
 * Reads only; blocks on the database.
 */
#pragma once
#include "base/strbuf.h"
#include "codec/jsonw.h"
#include "store/db.h"

struct sl_request_query {
    int64_t before_us;               /* Unix microseconds; 0: from the newest */
    sl_str before_id;                /* of that instant, those whose id is below this */
    sl_str service, consumer, model; /* empty: any; model: as asked for */
    bool has_failed;                 /* only those with another outcome than ok */
    size_t limit;
};

/** Where a page ended. */
struct sl_request_place {
    int64_t us;
    sl_str id; /* in the arena */
};

/** Write an object for each into an open array. *ret_has_more: there are more behind *ret_last. */
sl_rc sl_requests_write(struct sl_db *db, const struct sl_request_query *query, struct sl_jsonw *w,
                        struct sl_arena *a, struct sl_request_place *ret_last, bool *ret_has_more,
                        struct sl_diag *d) SL_CHECKED;
