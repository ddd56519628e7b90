/**
 * tls: TLS 1.2 and 1.3 for listeners and for connections to upstreams, by OpenSSL. net/tls*.c are the
 * only files that include its SSL part.
 *
 * Contexts are made by the control thread, immutable, shared by all workers, and refcounted.
 * Verification of upstreams is on unless a configuration says otherwise in so many words.
 */
#pragma once
#include "base/diag.h"
#include "base/field.h"

struct sl_certificate_set;
struct sl_tls_server; /* certificates of a listener, chosen by SNI */
struct sl_tls_client; /* how we talk to upstreams */
struct sl_tls;        /* one connection */

struct sl_tls_identity {
    sl_str cert_path, key_path; /* PEM files; chain in cert_path */
    struct sl_strs hosts; /* names it serves ("*.example.com"); empty: those in the certificate */
};

struct sl_tls_server_config {
    const struct sl_tls_identity *identities; /* the first one serves clients without a known SNI */
    size_t identity_count;
    bool has_none;  /* on purpose: who asks for no name of the snapshot's certificates is refused */
    bool offers_h2; /* ALPN: h2 besides http/1.1 */
    sl_str client_ca_path; /* empty: client certificates are not asked for */
    bool requires_client_cert;
    bool is_tls12_allowed;
};

sl_rc sl_tls_server_new(const struct sl_tls_server_config *c, struct sl_tls_server **ret,
                        struct sl_diag *d) SL_CHECKED;
struct sl_tls_server *sl_tls_server_ref(struct sl_tls_server *s);
void sl_tls_server_unref(struct sl_tls_server *s);

struct sl_tls_client_config {
    bool skips_verification;    /* "tls: {verify: false}" */
    sl_str ca_path;             /* empty: the system's */
    sl_str cert_path, key_path; /* our client certificate; may be empty */
};

sl_rc sl_tls_client_new(const struct sl_tls_client_config *c, struct sl_tls_client **ret,
                        struct sl_diag *d) SL_CHECKED;
struct sl_tls_client *sl_tls_client_ref(struct sl_tls_client *c);
void sl_tls_client_unref(struct sl_tls_client *c);

/**
 * A server-side connection. It presents one of *certificates (borrowed, as they are when the client has said
 * which name it wants; NULL: none) or one of `s`. NULL when out of memory.
 */
struct sl_tls *sl_tls_accept(struct sl_tls_server *s,
                             const struct sl_certificate_set *const *certificates,
                             int fd) SL_CHECKED;
/**
 * A client-side connection to `name` (SNI and certificate check; an IP literal, without brackets, is
 * checked as an IP and not sent as SNI); 1 to 255 bytes. Reuses sessions per name. NULL when out of
 * memory or when `name` can be no name.
 */
struct sl_tls *sl_tls_connect(struct sl_tls_client *c, int fd, sl_str name) SL_CHECKED;
/** Does not close the descriptor. Accepts NULL. */
void sl_tls_free(struct sl_tls *t);

/** What was agreed; empty strings when nothing was. Valid as long as `t`. SNI of a client: its `name`. */
sl_str sl_tls_sni(const struct sl_tls *t);
sl_str sl_tls_alpn(const struct sl_tls *t);
sl_str sl_tls_version(const struct sl_tls *t);
/** Was the handshake shortened by an earlier session? */
bool sl_tls_was_resumed(const struct sl_tls *t);
/** Does the certificate that we presented serve `host`? Misdirected requests are refused with 421. */
bool sl_tls_serves(const struct sl_tls *t, sl_str host);
/** Why the handshake failed, for logs: "certificate has expired". Static or as long as `t`. */
const char *sl_tls_error(const struct sl_tls *t);
