/**
 * password: hashes and checks made before a work begins, since each takes long (argon2) and a work holds the store's
 * one writer. Who handles a call adds what it brings; sl_call_write prepares it; the work then finds it.
 * What was not foreseen is made when it is asked for. Control threads; blocks.
 */
#pragma once
#include "base/strbuf.h"
#include "store/store.h"
#include "store/vault.h"

enum { SL_PASSWORDS_MAX = 50 }; /* of users in one call */

struct sl_foreseen_password {
    sl_str user;     /* by name; empty: whoever it is for, it is a new one */
    sl_str password; /* borrowed */
    sl_str hash;     /* the one that is stored, or the new one */
    bool is_stored;
    bool is_right; /* it is the password that is stored */
    bool is_used;  /* each new hash is one user's only */
};

struct sl_passwords {
    struct sl_foreseen_password v[SL_PASSWORDS_MAX];
    size_t n;
};

/** More than SL_PASSWORDS_MAX, and what can be no password, are left alone. NULL of `all`: the arena makes it. */
void sl_passwords_add(struct sl_passwords **all, sl_str user, sl_str password, struct sl_arena *a);
/** Check those of users who have one, hash the others. Outside of any transaction. Accepts NULL. */
void sl_passwords_prepare(struct sl_passwords *all, struct sl_store *store,
                          enum sl_password_cost cost, struct sl_arena *a);

/** Like sl_password_hash. Accepts NULL of `all`. */
sl_rc sl_passwords_hash(struct sl_passwords *all, sl_str password, enum sl_password_cost cost,
                        struct sl_strbuf *out) SL_CHECKED;
/** Like sl_password_verify. Accepts NULL of `all`. */
bool sl_passwords_verify(const struct sl_passwords *all, sl_str password, sl_str hash);
