#include "tests/unit/net/certs.h"
#include "base/strbuf.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DAY_S = 86400 };

struct certs {
    struct sl_arena *arena;
    sl_str dir, ca_path;
    X509 *ca;
    EVP_PKEY *ca_key;
    long serial;
};

static void must(bool ok, const char *what)
{
    if (!ok)
        sl_panic(__FILE__, __LINE__, what);
}

static sl_str write_pem(struct certs *c, const char *kind, X509 *cert, EVP_PKEY *key)
{
    sl_str path = sl_fmt(c->arena, "%.*s/%ld.%s", SL_STRF(c->dir), c->serial, kind);
    FILE *f = fopen(path.p, "w");
    must(f != NULL, "fopen");
    must(cert != NULL ? PEM_write_X509(f, cert)
                      : PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL),
         "write PEM");
    fclose(f);
    return path;
}

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(e != NULL && X509_add_ext(cert, e, -1), value);
    X509_EXTENSION_free(e);
}

static X509 *certificate(struct certs *c, EVP_PKEY *key, const char *subject, int days)
{
    X509 *x = X509_new();
    must(x != NULL && X509_set_version(x, X509_VERSION_3), "X509_new");
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++c->serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -2L * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(x), (long)(days - 1) * DAY_S);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)subject, -1, -1, 0);
    must(X509_set_pubkey(x, key), "X509_set_pubkey");
    return x;
}

struct certs *certs_new(void)
{
    char dir[] = "/tmp/sluice-certs-XXXXXX";
    struct certs *c = sl_new(struct certs);
    c->arena = sl_arena_new("test certificates", SL_MIB(1));
    must(mkdtemp(dir) != NULL, "mkdtemp");
    c->dir = sl_arena_dup(c->arena, sl_cstr(dir));
    c->ca_key = EVP_EC_gen("P-256");
    c->ca = certificate(c, c->ca_key, c->dir.p, 30); /* no two have the same name */
    X509_set_issuer_name(c->ca, X509_get_subject_name(c->ca));
    extend(c->ca, c->ca, NID_basic_constraints, "critical,CA:TRUE");
    must(X509_sign(c->ca, c->ca_key, EVP_sha256()) > 0, "X509_sign");
    c->ca_path = write_pem(c, "crt", c->ca, NULL);
    return c;
}

sl_str certs_ca_path(const struct certs *c)
{
    return c->ca_path;
}

/* Takes `key`. */
static struct cert_files issue(struct certs *c, const char *alt_names, int days, EVP_PKEY *key)
{
    struct cert_files files;
    X509 *x = certificate(c, key, "Test", days);
    X509_set_issuer_name(x, X509_get_subject_name(c->ca));
    extend(x, c->ca, NID_subject_alt_name, alt_names);
    must(X509_sign(x, c->ca_key, EVP_sha256()) > 0, "X509_sign");
    files.cert_path = write_pem(c, "crt", x, NULL);
    files.key_path = write_pem(c, "key", NULL, key);
    X509_free(x);
    EVP_PKEY_free(key);
    return files;
}

struct cert_files certs_issue(struct certs *c, const char *alt_names, int days)
{
    return issue(c, alt_names, days, EVP_EC_gen("P-256"));
}

struct cert_files certs_issue_rsa(struct certs *c, const char *alt_names, unsigned bits)
{
    return issue(c, alt_names, 30, EVP_RSA_gen(bits));
}

sl_str certs_text(struct certs *c, sl_str path)
{
    enum { MAX_BYTES = 64 << 10 };
    char *text = sl_arena_array(c->arena, char, MAX_BYTES);
    FILE *f = fopen(path.p, "r");
    must(f != NULL, "fopen");
    size_t n = fread(text, 1, MAX_BYTES, f);
    fclose(f);
    return sl_str_of(text, n);
}

static void remove_file(const struct certs *c, long serial, const char *kind)
{
    char path[256];
    snprintf(path, sizeof(path), "%.*s/%ld.%s", SL_STRF(c->dir), serial, kind);
    unlink(path);
}

void certs_free(struct certs *c)
{
    for (long serial = 1; serial <= c->serial; serial++) {
        remove_file(c, serial, "crt");
        remove_file(c, serial, "key");
    }
    rmdir(c->dir.p);
    X509_free(c->ca);
    EVP_PKEY_free(c->ca_key);
    sl_arena_free(c->arena);
    sl_free(c);
}
