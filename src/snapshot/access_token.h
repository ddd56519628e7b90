/**
 * access_token: those that stand in for a vendor's key (ai/oauth.h), as those who ask for them and those who
 * send them share them.
 *
 * One thread writes a token (gate/token_keeper.h), each worker reads it with every request, and none waits for
 * another: two places take turns, and who reads while both are written in a row reads again. The block is
 * found by the digest of its credential and survives reloads.
 */
#pragma once
#include "ai/oauth.h"

#include <stdatomic.h>

/** Why there is no token. */
enum sl_token_trouble {
    SL_TOKEN_AWAITED = 0, /* it is being asked for the first time */
    SL_TOKEN_REFUSED,     /* the endpoint does not take the credential */
    SL_TOKEN_UNREACHABLE  /* the endpoint gave no proper answer */
};

enum { SL_TOKEN_WORDS = SL_AI_OAUTH_TOKEN_BYTES_MAX / 8 };

struct sl_token_place {
    _Atomic uint64_t words[SL_TOKEN_WORDS];
    _Atomic uint32_t bytes;
};

struct sl_access_token {
    struct sl_token_place places[2];
    _Atomic uint64_t turn;         /* tokens so far; the newest is in places[turn % 2] */
    _Atomic int64_t expires_us;    /* monotonic; of the newest, with a margin */
    _Atomic int64_t refresh_us;    /* monotonic; when another one is asked for */
    _Atomic uint32_t trouble;      /* enum sl_token_trouble: of the last try */
    _Atomic uint64_t refused_turn; /* the vendor did not take the token of this turn: get another */
};

/** The one writer: put in a new token that is good for `life_us`. */
void sl_access_token_put(struct sl_access_token *s, sl_str token, int64_t now_us, int64_t life_us);
/** Any thread: copy the token into `a`. False when there is none that still holds at `now_us`. */
bool sl_access_token_get(const struct sl_access_token *s, int64_t now_us, struct sl_arena *a,
                         sl_str *ret, uint64_t *ret_turn) SL_CHECKED;
/** Any thread: is there one? */
bool sl_access_token_holds(const struct sl_access_token *s, int64_t now_us);
