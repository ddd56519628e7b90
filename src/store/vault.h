/**
 * vault: secrets at rest. The one place that knows libsodium.
 *
 * A secret that must be used again (a vendor's key) is *sealed* under a master key:
 *
 *     sealed:<16 hex digits>:<key id>:<base64url of nonce and ciphertext>
 *
 * XChaCha20-Poly1305; the context (the id of the resource that holds it) is authenticated, so that a
 * sealed text is of no use anywhere else. "sealed:<16 hex digits>" alone, its *handle*, is what readers
 * of the admin API see: it names the secret and tells nothing about it.
 *
 * Keys are lines "ID BASE64(32 bytes)": the first one seals, all of them open, so that keys can be
 * changed. A secret that must only be recognised (a password) is hashed with argon2id instead.
 *
 * A vault is read-only after it was made: any thread. Hashing takes about a tenth of a second and 64 MiB.
 */
#pragma once
#include "base/diag.h"
#include "base/strbuf.h"

enum { SL_VAULT_KEY_BYTES = 32, SL_VAULT_KEYS_MAX = 16, SL_VAULT_ID_MAX = 32 };

struct sl_vault;

/** From the text of a key file. Problems are in `d`; keys are never in them. */
sl_rc sl_vault_new(sl_str keys, struct sl_vault **ret, struct sl_diag *d) SL_CHECKED;
/** From the file at `path`, which is made with a new key (mode 0600) when it does not exist. */
sl_rc sl_vault_open(const char *path, struct sl_vault **ret, struct sl_diag *d) SL_CHECKED;
/** Wipes the keys. Accepts NULL. */
void sl_vault_free(struct sl_vault *v);

/** Append `secret` sealed for `context`. */
void sl_vault_seal(const struct sl_vault *v, sl_str secret, sl_str context, struct sl_strbuf *out);
/**
 * Append the secret of a sealed text. SL_E_SYNTAX when it is none, SL_E_NOTFOUND when its key is not
 * in this vault, SL_E_DENIED when it is not genuine or of another context.
 */
sl_rc sl_vault_unseal(const struct sl_vault *v, sl_str sealed, sl_str context,
                      struct sl_strbuf *out) SL_CHECKED;
/** Is it sealed with the key that seals now? Else it should be sealed anew. */
bool sl_vault_is_current(const struct sl_vault *v, sl_str sealed);

/** Does it look like a sealed text or a handle? */
bool sl_sealed_is(sl_str text);
/** The handle of a sealed text or of a handle; p == NULL when it is neither. Borrows. */
sl_str sl_sealed_handle(sl_str text);

/** What it costs to hash a password: LEAST is for tests, which make many users and keep no secret. */
enum sl_password_cost { SL_PASSWORD_COST_USUAL, SL_PASSWORD_COST_LEAST };

/** Append the argon2id hash of a password. SL_E_NOMEM when the machine has not the memory. */
sl_rc sl_password_hash(sl_str password, enum sl_password_cost cost,
                       struct sl_strbuf *out) SL_CHECKED;
bool sl_password_verify(sl_str password, sl_str hash) SL_CHECKED;
