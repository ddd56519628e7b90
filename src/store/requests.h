/**
 * requests: single requests from the ledger, for people who look into what happened. Reads only; blocks on the
 * database.
 */
#pragma once
#include "base/strbuf.h"
#include "codec/jsonw.h"
#include "store/db.h"

enum sl_request_filter {
#define X(ID, name, column, help) SL_REQUEST_##ID,
#include "store/request_filter.def"
#undef X
    SL_REQUEST_FILTER_COUNT
};

enum sl_request_flag {
#define X(ID, name, condition, help) SL_REQUEST_IS_##ID,
#include "store/request_flag.def"
#undef X
    SL_REQUEST_FLAG_COUNT
};

struct sl_request_query {
    int64_t before_us; /* Unix microseconds; 0: from the newest */
    sl_str before_id;  /* of that instant, those whose id is below this */
    bool
        is_tail; /* instead: what came into the ledger after row `after_row`, in the order of coming */
    int64_t after_row;
    sl_str filters[SL_REQUEST_FILTER_COUNT]; /* p == NULL: any */
    int64_t since_us, until_us;              /* began then or later, and before; 0: any */
    int64_t min_took_us;
    bool flags[SL_REQUEST_FLAG_COUNT]; /* only those of which it is so */
    size_t limit;
    int64_t look_max; /* read about so many and no more, however few fit; 0: all */
};

/** Where a page ended. */
struct sl_request_place {
    int64_t us;
    sl_str id; /* in the arena */
    int64_t row;
    bool is_there; /* there was a request, or the look ended before the ledger */
    bool is_cut;   /* the latter: everything that fits and began at `us` or later was told */
};

/**
 * Write an object for each into an open array. *ret_has_more: there may be more behind *ret_last. With `look_max`
 * whole blocks are looked at, those that the ledger's filters rule out counting little: few or none may be
 * written though there are more. A tail that found none ends at the last row it looked at.
 */
sl_rc sl_requests_write(struct sl_db *db, const struct sl_request_query *query, struct sl_jsonw *w,
                        struct sl_arena *a, struct sl_request_place *ret_last, bool *ret_has_more,
                        struct sl_diag *d) SL_CHECKED;
/** The row that came last; 0: none. */
sl_rc sl_requests_last_row(struct sl_db *db, int64_t *ret_row, struct sl_diag *d) SL_CHECKED;
/**
 * Write everything that is known of one request, as an object: also its phases, attempts, tokens by class.
 * SL_E_NOTFOUND when it is not (any more) there.
 */
sl_rc sl_request_write(struct sl_db *db, sl_str id, struct sl_jsonw *w, struct sl_arena *a,
                       struct sl_diag *d) SL_CHECKED;
