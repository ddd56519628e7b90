/**
 * tls_certificate: a certificate with its chain and its private key, from PEM text, and sets of them from
 * which a listener chooses by server name.
 *
 * Immutable and refcounted: any thread. A set is filled by one thread and then only read.
 */
#pragma once
#include "base/diag.h"
#include "base/field.h"
#include "base/map.h"

enum {
    SL_CERTIFICATE_CHAIN_MAX = 16,
    SL_CERTIFICATE_PEM_BYTES_MAX = 64 << 10, /* of the chain */
    SL_CERTIFICATE_KEY_BYTES_MAX = 16 << 10,
    SL_CERTIFICATE_NAMES_MAX = 256, /* given ones; a certificate may have more */
};

struct sl_certificate;

struct sl_certificate_source {
    sl_str chain_pem;     /* the server's own first, then the issuer of each */
    sl_str key_pem;       /* without a password */
    struct sl_strs names; /* served with it ("*.example.com"); none: those in it */
};

/** What it says of itself; texts as long as the certificate. */
struct sl_certificate_facts {
    sl_str subject, issuer, serial; /* names as in RFC 4514; hexadecimal digits */
    sl_str fingerprint;             /* SHA-256 of it, hexadecimal digits */
    sl_str key_type;                /* "RSA 2048", "EC P-256", "ED25519" */
    struct sl_strs alt_names;       /* host names and addresses of its subjectAltName */
    int64_t not_before_s, not_after_s;
    size_t chain_count; /* with the server's own */
};

/**
 * Read and check: the chain's order, that the key is the certificate's, that its names cover those that are
 * given, that OpenSSL would present it. Not: when it is valid. SL_E_INVALID with problems at "certificate",
 * "private_key" and "server_names[i]".
 */
sl_rc sl_certificate_new(const struct sl_certificate_source *from, struct sl_certificate **ret,
                         struct sl_diag *d) SL_CHECKED;
struct sl_certificate *sl_certificate_ref(struct sl_certificate *c);
/** Accepts NULL. */
void sl_certificate_unref(struct sl_certificate *c);
const struct sl_certificate_facts *sl_certificate_facts(const struct sl_certificate *c);
/** The names that it is served for, in lower case. */
const struct sl_strs *sl_certificate_names(const struct sl_certificate *c);

/** By server name; zeroed: empty. Borrows its certificates. */
struct sl_certificate_set {
    struct sl_map exact;   /* name -> struct sl_certificate */
    struct sl_map parents; /* "example.com" of "*.example.com" -> the same */
};

void sl_certificate_set_init(struct sl_certificate_set *s, struct sl_arena *a);
/** Of two for the same name the one counts that is valid longer. */
void sl_certificate_set_add(struct sl_certificate_set *s, struct sl_certificate *c);

/**
 * The first certificate in a PEM file: when it expires (Unix seconds), and whether it is an authority's.
 * SL_E_NOTFOUND: there is none. Blocks.
 */
sl_rc sl_tls_certificate_read(const char *path, int64_t *ret_expires_s,
                              bool *ret_is_authority) SL_CHECKED;
