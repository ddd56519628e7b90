/**
 * vendor_key: a key that an account has with its vendor, and what all workers have learned about it.
 *
 * The state is a block of atomics (snapshot/state.h): workers note in it what each answer teaches, without a lock
 * and without waiting; anybody may read it at any time. Members are independent of each other, and so are read
 * and written relaxed; what belongs together (a failure) is one word.
 */
#pragma once
#include "ai/ai.h"
#include "snapshot/access_token.h"

struct sl_token_source;

enum sl_key_standing {
#define X(ID, name, text) SL_KEY_##ID,
#include "snapshot/vendor_key.def"
#undef X
    SL_KEY_STANDING_COUNT
};

/** Names by enum sl_key_standing; ends with NULL. */
extern const char *const sl_key_standings[];

/** Shared: what we know about one vendor key. */
struct sl_key_state {
    _Atomic int64_t cools_until_us; /* monotonic; rate limited by the vendor */
    _Atomic int64_t dead_until_us;  /* refused or without credit; looked at again after this */
    _Atomic uint32_t dead_class;    /* enum sl_ai_fault_class of what made it so */
    _Atomic uint32_t rate_errors_in_row;
    _Atomic uint64_t requests, errors; /* attempts that went well, and that failed */
    _Atomic uint64_t last_failure;     /* packed: see sl_key_failure_of */
};

struct sl_account_key {
    sl_str secret;
    sl_str label; /* "…a1b2": last four, for logs */
    uint32_t weight, order;
    uint32_t index;     /* its place in the configuration */
    int64_t expires_at; /* Unix seconds; 0: never */
    bool is_disabled;
    struct sl_key_state *state;
    const struct sl_token_source *source; /* NULL: `secret` itself is the key */
    const struct sl_access_token *token;  /* that of `source` */
};

/** How an attempt failed last. */
struct sl_key_failure {
    int64_t at_s; /* Unix seconds; 0: none did */
    sl_rc rc;
    uint16_t status; /* the vendor's; 0: it gave none */
};

/** *ret_until_us (monotonic): until when a key cools, is refused or without credit; 0 for the others. */
enum sl_key_standing sl_account_key_standing(const struct sl_account_key *k, int64_t now_us,
                                             int64_t wall_s, int64_t *ret_until_us);
/** An attempt with the key failed. */
void sl_key_failed(struct sl_key_state *s, const struct sl_key_failure *f);
struct sl_key_failure sl_key_failure_of(const struct sl_key_state *s);
