/**
 * certs: a certificate authority for tests, in a directory of its own under /tmp.
 *
 * Failures abort: a test without certificates proves nothing. Freed (with its files) by certs_free.
 */
#pragma once
#include "base/str.h"

struct certs;
struct certs *certs_new(void);
void certs_free(struct certs *c);
/** The CA's own certificate, a PEM file. Paths live as long as `c`. */
sl_str certs_ca_path(const struct certs *c);

struct cert_files {
    sl_str cert_path, key_path;
};

/** A certificate of the CA for `alt_names` ("DNS:a.example,IP:127.0.0.1"), valid for `days` from yesterday. */
struct cert_files certs_issue(struct certs *c, const char *alt_names, int days);
/** The same with an RSA key of that many bits. */
struct cert_files certs_issue_rsa(struct certs *c, const char *alt_names, unsigned bits);
/** What is in one of the files; as long as `c`. */
sl_str certs_text(struct certs *c, sl_str path);
