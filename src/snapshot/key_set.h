/**
 * key_set: keys of somebody who signs tokens, which stand at a URL (JWKS, RFC 7517) and change there.
 *
 * A snapshot has the keys as they were known when it was built, so that whoever checks a token waits for
 * nobody; control/key_sets fetches them, and when they have changed the snapshot is built anew. What was
 * fetched is in a block (snapshot/state.h) that survives reloads. Its texts are for control threads; a worker
 * that sees a token of an unknown key only leaves a mark.
 */
#pragma once
#include "base/strbuf.h"
#include "codec/jwk.h"
#include "snapshot/state.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    SL_KEY_SETS_MAX = 256,
    SL_KEY_SETS_PORTAL_MAX = 128,     /* of those; the others are the operators' in any case */
    SL_KEY_SETS_PORTAL_BUSY_MAX = 2,  /* fetched at the same time */
    SL_KEY_SET_PORTAL_PAUSE_S = 300,  /* between two fetches, also after a failure */
    SL_KEY_SET_BYTES_MAX = 256 << 10, /* of one at its URL */
    SL_KEY_SET_TEXT_MAX = 64 << 10,   /* of its keys, which are kept: SL_JWKS_MAX of 1 KiB */
    SL_KEY_SET_WHY_BYTES = 256
};

struct sl_key_set_state {
    pthread_mutex_t lock;           /* over what follows but is_wanted */
    struct sl_strbuf text;          /* of the keys that were fetched last; on the heap */
    char why[SL_KEY_SET_WHY_BYTES]; /* the last try failed; empty: it did not */
    int64_t fetched_s, tried_s;     /* Unix; 0: never, tried_s: by this process */
    /* Set by workers, taken by the one who fetches; relaxed: late by a moment is no harm. */
    _Atomic bool is_wanted;
};

struct sl_key_set {
    sl_str name, url, authorization, ca;
    sl_str identity; /* of its state: the same for the same place */
    sl_usec refresh_us, pause_us;
    bool is_of_portal; /* somebody without rights has named its URL */
    struct sl_jwks keys;
    struct sl_key_set_state *state;
};

/** What was fetched from a place, in `holder`'s time. `ret_identity` in `holder`. */
struct sl_key_set_state *sl_key_set_state(struct sl_state_registry *r, const struct sl_key_set *set,
                                          struct sl_arena *holder, sl_str *ret_identity);

/** Control threads: the keys are these. Returns whether they were others before; the same in other words are not. */
bool sl_key_set_put(struct sl_key_set_state *s, sl_str text, int64_t fetched_s, int64_t tried_s);
/** Control threads: they could not be fetched; those that were stay. Returns whether this is news. */
bool sl_key_set_fail(struct sl_key_set_state *s, sl_str why, int64_t now_s);

struct sl_key_set_view {
    sl_str text, why; /* in the arena */
    int64_t fetched_s, tried_s;
};
void sl_key_set_look(struct sl_key_set_state *s, struct sl_arena *a, struct sl_key_set_view *ret);
/** When it is to be fetched next, in Unix seconds: now or before: it is due. */
int64_t sl_key_set_due(const struct sl_key_set *set);
/**
 * That of `sets` which is due for longest, while those of `busy` are being fetched: none of their places, and none
 * of the portal when SL_KEY_SETS_PORTAL_BUSY_MAX of those are under way. NULL: there is none.
 */
const struct sl_key_set *sl_key_set_next(const struct sl_key_set *const *sets, size_t n,
                                         const struct sl_key_set *const *busy, size_t busy_n,
                                         int64_t now_s);

/** Any thread: somebody has shown a token of a key that is not in it. */
void sl_key_set_want(const struct sl_key_set *set);
