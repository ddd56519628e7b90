/**
 * tls_certificate_int: what net/tls needs of certificates.
 */
#pragma once
#include "net/tls_certificate.h"

struct ssl_st;
struct x509_st;

/** OpenSSL would ask at the terminal. */
int sl_tls_no_password(char *buf, int size, int is_writing, void *user);

/** The host names and addresses of its subjectAltName (RFC 9525, 6.1: the subject does not count). */
struct sl_strs sl_certificate_alt_names(const struct x509_st *certificate, struct sl_arena *a);
/** Is `host` one of them, in any case? */
bool sl_names_have(const struct sl_strs *names, sl_str host);
/** Is one of them "*.parent" of it (RFC 9525, 6.3)? */
bool sl_names_have_wildcard(const struct sl_strs *names, sl_str host);

/** That of the name `host`, in any case; or, `by_wildcard`, of its "*.parent". NULL: there is none. */
struct sl_certificate *sl_certificate_set_find(const struct sl_certificate_set *s, sl_str host,
                                               bool by_wildcard);
/** Have the connection present it and nothing else. */
bool sl_certificate_present(const struct sl_certificate *c, struct ssl_st *ssl) SL_CHECKED;
