/**
 * credential: what proves a consumer: an API key or a password, of which only the hash is kept, or a key that
 * checks what the caller signs. Part of a snapshot.
 */
#pragma once
#include "codec/jwk.h"
#include "snapshot/policy_type.h"

struct sl_consumer;
struct sl_key_set;
struct sl_consumer_key_config;

enum sl_credential_kind {
#define X(ID, name, is_found_by_id, is_disabled, has_expired) SL_CREDENTIAL_##ID,
#include "snapshot/credential_kind.def"
#undef X
    SL_CREDENTIAL_KIND_COUNT
};

/** What a credential is restricted to, beyond what holds for its consumer. */
struct sl_credential_limits {
    struct sl_strs services;     /* none: all */
    struct sl_policies policies; /* models and networks */
};

/** What a credential that signs is checked with. */
struct sl_credential_proof {
    struct sl_jwk key;                /* with the secret, where there is one */
    const struct sl_key_set *key_set; /* or one of these keys, by key.alg where it is said */
    sl_str issuer;                    /* of tokens; empty: any */
    sl_str audience;                  /* that they must be for; empty: any */
    struct sl_jwk former;             /* the key before, of the same kind */
    int64_t former_until;             /* how long it counts still: Unix seconds; 0: not at all */
};

struct sl_credential {
    uint8_t key_hash[32]; /* SHA-256 of the key, of "NAME:PASSWORD", or sl_credential_id_hash */
    sl_str name;          /* shown in logs: "alice/laptop" */
    const struct sl_consumer *consumer;
    const struct sl_credential_limits *limits; /* NULL: none, as most have */
    const struct sl_credential_proof *proof;   /* NULL: the hash is the proof */
    int64_t expires_at;                        /* Unix seconds; 0: never */
    bool is_disabled;
    uint8_t kind; /* enum sl_credential_kind: for the policy that knows them, and for no other */
};

/** What a credential is found by that is known by an id: a hash that no key and no password has. */
void sl_credential_id_hash(enum sl_credential_kind kind, sl_str id, uint8_t ret[32]);
bool sl_credential_is_found_by_id(enum sl_credential_kind kind);
/** Why it may not be used: static texts. */
const char *sl_credential_disabled_text(enum sl_credential_kind kind);
const char *sl_credential_expired_text(enum sl_credential_kind kind);

/** Names by enum sl_credential_kind and by enum sl_jws_alg, as in configurations; end with NULL. */
extern const char *const sl_credential_kinds[], *const sl_credential_algorithms[];

/** The kind that is meant: a `username` makes it a password. */
enum sl_credential_kind sl_credential_kind_of(const struct sl_consumer_key_config *c);
/**
 * The key that checks what it signs, unless it is of a key set; `a` keeps it. NULL, or what is wrong with *ret_member (a static text).
 * Texts are borrowed.
 */
const char *sl_credential_proof_read(const struct sl_consumer_key_config *c, struct sl_arena *a,
                                     struct sl_credential_proof *ret, const char **ret_member);
/** Are the bytes signed with its key, or until it ends with the one before? Not for those of a key set. */
bool sl_credential_proof_verifies(const struct sl_credential_proof *proof, int64_t now_s,
                                  enum sl_jws_alg alg, sl_str bytes, sl_str signature);
