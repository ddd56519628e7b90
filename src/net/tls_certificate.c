#include "net/tls_certificate.h"
#include "base/enc.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "net/addr.h"
#include "net/tls_certificate_int.h"

#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

enum {
    NAME_MAX_BYTES = 253, /* RFC 1035, 2.3.4, as text */
    LABEL_MAX_BYTES = 63,
    DAY_S = 86400,
    ARENA_BYTES = 4 << 20, /* a chain's text is limited, and with it what is made of it */
};

struct sl_certificate {
    _Atomic uint32_t refs; /* any thread; the last release (acq_rel) frees */
    struct sl_arena *arena;
    X509 *own;
    STACK_OF(X509) * issuers;
    EVP_PKEY *key;
    struct sl_strs names;
    struct sl_certificate_facts facts;
};

/* ------------------------------------------------------------------ names */

static sl_str ip_text(const ASN1_OCTET_STRING *ip, struct sl_arena *a)
{
    struct sl_addr addr = {0};
    const unsigned char *bytes = ASN1_STRING_get0_data(ip);
    if (ASN1_STRING_length(ip) == 4) {
        addr.ss.ss_family = AF_INET;
        memcpy(&((struct sockaddr_in *)&addr.ss)->sin_addr, bytes, 4);
    } else if (ASN1_STRING_length(ip) == 16) {
        addr.ss.ss_family = AF_INET6;
        memcpy(&((struct sockaddr_in6 *)&addr.ss)->sin6_addr, bytes, 16);
    } else {
        return (sl_str){NULL, 0};
    }
    return sl_addr_ip(&addr, a);
}

static bool is_label(sl_str label)
{
    for (size_t i = 0; i < label.n; i++) {
        char c = sl_lower(label.p[i]);
        bool is_inner = c == '-' && i != 0 && i + 1 < label.n;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || is_inner))
            return false;
    }
    return label.n != 0 && label.n <= LABEL_MAX_BYTES;
}

/* "example.com", "*.example.com" */
static bool is_host_name(sl_str name)
{
    sl_str rest = sl_str_starts(name, SL_STR("*.")) ? sl_str_from(name, 2) : name, label;
    if (name.n > NAME_MAX_BYTES)
        return false;
    while (sl_str_split(&rest, '.', &label)) {
        if (!is_label(label))
            return false;
    }
    return true;
}

static bool is_address(sl_str name)
{
    struct sl_addr addr;
    return sl_addr_from_ip(name, 0, &addr) == SL_OK;
}

static sl_str host_of(const GENERAL_NAME *name, struct sl_arena *a)
{
    int kind;
    const void *value = GENERAL_NAME_get0_value(name, &kind);
    if (kind == GEN_IPADD)
        return ip_text(value, a);
    if (kind != GEN_DNS)
        return (sl_str){NULL, 0};
    sl_str host =
        sl_str_of((const char *)ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    return is_host_name(host) ? sl_arena_dup(a, host) : (sl_str){NULL, 0};
}

struct sl_strs sl_certificate_alt_names(const X509 *certificate, struct sl_arena *a)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    sl_str *v = sl_arena_array(a, sl_str, (size_t)count);
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        v[n] = host_of(sk_GENERAL_NAME_value(names, i), a);
        if (v[n].n != 0)
            n++;
    }
    GENERAL_NAMES_free(names);
    return (struct sl_strs){v, n};
}

bool sl_names_have(const struct sl_strs *names, sl_str host)
{
    for (size_t i = 0; i < names->n; i++) {
        if (sl_str_ieq(names->v[i], host))
            return true;
    }
    return false;
}

/* ".example.com" of "a.example.com"; empty when it has none. */
static sl_str parent_of(sl_str host)
{
    size_t dot = sl_str_find(host, '.', 0);
    return dot == SIZE_MAX || dot == 0 ? (sl_str){NULL, 0} : sl_str_from(host, dot);
}

bool sl_names_have_wildcard(const struct sl_strs *names, sl_str host)
{
    sl_str parent = parent_of(host);
    for (size_t i = 0; parent.n != 0 && i < names->n; i++) {
        if (sl_str_starts(names->v[i], SL_STR("*.")) &&
            sl_str_ieq(sl_str_from(names->v[i], 1), parent))
            return true;
    }
    return false;
}

static sl_str lower(sl_str s, struct sl_arena *a)
{
    char *p = sl_arena_array(a, char, s.n);
    for (size_t i = 0; i < s.n; i++)
        p[i] = sl_lower(s.p[i]);
    return sl_str_of(p, s.n);
}

static sl_rc check_name(const struct sl_certificate *c, sl_str name, size_t at, struct sl_diag *d)
{
    const struct sl_strs *in_it = &c->facts.alt_names;
    const char *path = sl_fmt(d->arena, "server_names[%zu]", at).p;
    if (!is_host_name(name) && !is_address(name))
        return sl_diag_fail(d, SL_E_INVALID, path,
                            "must be a host name, such as 'example.com' or '*.example.com' "
                            "(international ones in their xn-- form)");
    if (sl_names_have(in_it, name) || sl_names_have_wildcard(in_it, name))
        return SL_OK;
    return sl_diag_fail(d, SL_E_INVALID, path,
                        "'%.*s' is none of the certificate's names (its subjectAltName): clients "
                        "would refuse it",
                        SL_STRF(name));
}

static sl_rc take_names(struct sl_certificate *c, const struct sl_strs *given, struct sl_diag *d)
{
    const struct sl_strs *from = given->n != 0 ? given : &c->facts.alt_names;
    sl_str *v = sl_arena_array(c->arena, sl_str, from->n);
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < from->n; i++) {
        if (given->n != 0 && check_name(c, given->v[i], i, d) != SL_OK)
            rc = SL_E_INVALID;
        v[i] = lower(from->v[i], c->arena);
    }
    c->names = (struct sl_strs){v, from->n};
    if (from->n == 0)
        return sl_diag_fail(d, SL_E_INVALID, "certificate",
                            "has no host name in its subjectAltName: no client accepts it");
    return rc;
}

/* ------------------------------------------------------------------ reading */

int sl_tls_no_password(char *buf, int size, int is_writing, void *user)
{
    return -1;
}

static sl_rc refused(struct sl_diag *d, const char *path, const char *must)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    sl_rc rc = sl_diag_fail(d, SL_E_INVALID, path, "%s (%s)", must,
                            reason != NULL ? reason : "cannot be read");
    ERR_clear_error();
    return rc;
}

static bool is_at_end(void)
{
    unsigned long e = ERR_peek_last_error();
    return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

static sl_rc take_chain(struct sl_certificate *c, BIO *pem, struct sl_diag *d)
{
    X509 *x;
    c->issuers = sk_X509_new_null();
    while ((x = PEM_read_bio_X509(pem, NULL, sl_tls_no_password, NULL)) != NULL) {
        if (c->own == NULL)
            c->own = x;
        else if (sk_X509_push(c->issuers, x) == 0)
            X509_free(x);
        if (sk_X509_num(c->issuers) == SL_CERTIFICATE_CHAIN_MAX)
            return sl_diag_fail(d, SL_E_INVALID, "certificate",
                                "has more than %d certificates: the server's own and its issuers "
                                "are enough",
                                SL_CERTIFICATE_CHAIN_MAX);
    }
    if (c->own == NULL || !is_at_end())
        return refused(d, "certificate", "must be certificates as PEM text");
    ERR_clear_error();
    return SL_OK;
}

static sl_rc read_chain(struct sl_certificate *c, sl_str pem, struct sl_diag *d)
{
    if (pem.n > SL_CERTIFICATE_PEM_BYTES_MAX)
        return sl_diag_fail(d, SL_E_INVALID, "certificate", "must have at most %d bytes",
                            SL_CERTIFICATE_PEM_BYTES_MAX);
    if (sl_str_find_str(pem, SL_STR("PRIVATE KEY-----")) != SIZE_MAX)
        return sl_diag_fail(d, SL_E_INVALID, "certificate",
                            "has a private key in it, and is shown to people: that belongs in "
                            "'private_key'");
    BIO *text = BIO_new_mem_buf(pem.p, (int)pem.n);
    ERR_clear_error();
    sl_rc rc = text != NULL ? take_chain(c, text, d) : SL_E_NOMEM;
    BIO_free(text);
    return rc;
}

static sl_rc read_key(struct sl_certificate *c, sl_str pem, struct sl_diag *d)
{
    BIO *text = pem.n <= SL_CERTIFICATE_KEY_BYTES_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    ERR_clear_error();
    c->key = text != NULL ? PEM_read_bio_PrivateKey(text, NULL, sl_tls_no_password, NULL) : NULL;
    BIO_free(text);
    return c->key != NULL
               ? SL_OK
               : refused(d, "private_key", "must be a private key as PEM text, without a password");
}

/* ------------------------------------------------------------------ checks */

static sl_rc check_order(const struct sl_certificate *c, struct sl_diag *d)
{
    X509 *before = c->own;
    for (int i = 0; i < sk_X509_num(c->issuers); i++) {
        X509 *issuer = sk_X509_value(c->issuers, i);
        if (X509_check_issued(issuer, before) != X509_V_OK)
            return sl_diag_fail(d, SL_E_INVALID, "certificate",
                                "number %d of the chain is not the issuer of the one before it: "
                                "put the server's own first, then the issuer of each",
                                i + 2);
        before = issuer;
    }
    return SL_OK;
}

static sl_rc check_key(const struct sl_certificate *c, struct sl_diag *d)
{
    bool is_its_own = X509_check_private_key(c->own, c->key) == 1;
    ERR_clear_error();
    return is_its_own ? SL_OK
                      : sl_diag_fail(d, SL_E_INVALID, "private_key",
                                     "is not the key of the (first) certificate");
}

/* Too short keys and weak signatures are found out in a handshake only; so try. */
static sl_rc check_strength(const struct sl_certificate *c, struct sl_diag *d)
{
    SSL_CTX *trial = SSL_CTX_new(TLS_server_method());
    ERR_clear_error();
    bool is_good =
        trial != NULL && SSL_CTX_use_cert_and_key(trial, c->own, c->key, c->issuers, 1) == 1;
    sl_rc rc = is_good ? SL_OK : refused(d, "certificate", "cannot be served");
    SSL_CTX_free(trial);
    return rc;
}

/* ------------------------------------------------------------------ facts */

static bool seconds_of(const ASN1_TIME *t, int64_t *ret_s)
{
    int days, seconds;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool is_known = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;
    ASN1_TIME_free(epoch);
    if (is_known)
        *ret_s = (int64_t)days * DAY_S + seconds;
    return is_known;
}

/* A memory BIO's text; what is no UTF-8 is replaced. */
static sl_str take_text(BIO *out, struct sl_arena *a)
{
    char *p = NULL;
    long n = BIO_get_mem_data(out, &p);
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_utf8_add_lossy(&b, sl_str_of(p, n > 0 ? (size_t)n : 0));
    BIO_free(out);
    return sl_strbuf_str(&b);
}

static sl_str name_text(const X509_NAME *name, struct sl_arena *a)
{
    BIO *out = BIO_new(BIO_s_mem());
    if (out != NULL)
        (void)X509_NAME_print_ex(out, name, 0,
                                 XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    return out != NULL ? take_text(out, a) : (sl_str){NULL, 0};
}

static sl_str hex_text(const unsigned char *bytes, size_t n, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_enc_hex(&b, sl_str_of((const char *)bytes, n));
    return sl_strbuf_str(&b);
}

static sl_str fingerprint_of(const X509 *x, struct sl_arena *a)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    (void)X509_digest(x, EVP_sha256(), digest, &n); /* then it has none */
    return hex_text(digest, n, a);
}

static sl_str serial_of(const X509 *x, struct sl_arena *a)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    return hex_text(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), a);
}

static sl_str key_text(const EVP_PKEY *key, struct sl_arena *a)
{
    char group[64] = "";
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
        return sl_fmt(a, "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
    if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
        return sl_fmt(a, "%s", EVP_PKEY_get0_type_name(key));
    const char *usual = EC_curve_nid2nist(OBJ_sn2nid(group));
    return sl_fmt(a, "EC %s", usual != NULL ? usual : group);
}

static sl_rc take_facts(struct sl_certificate *c, struct sl_diag *d)
{
    struct sl_arena *a = c->arena;
    struct sl_certificate_facts *f = &c->facts;
    *f = (struct sl_certificate_facts){
        .subject = name_text(X509_get_subject_name(c->own), a),
        .issuer = name_text(X509_get_issuer_name(c->own), a),
        .serial = serial_of(c->own, a),
        .fingerprint = fingerprint_of(c->own, a),
        .key_type = key_text(c->key, a),
        .alt_names = sl_certificate_alt_names(c->own, a),
        .chain_count = 1 + (size_t)sk_X509_num(c->issuers),
    };
    bool has_dates = seconds_of(X509_get0_notBefore(c->own), &f->not_before_s) &&
                     seconds_of(X509_get0_notAfter(c->own), &f->not_after_s);
    ERR_clear_error();
    return has_dates
               ? SL_OK
               : sl_diag_fail(d, SL_E_INVALID, "certificate", "has no dates that can be read");
}

/* ------------------------------------------------------------------ life */

static void certificate_free(struct sl_certificate *c)
{
    X509_free(c->own);
    sk_X509_pop_free(c->issuers, X509_free);
    EVP_PKEY_free(c->key);
    sl_arena_free(c->arena);
    sl_free(c);
}

/* Both texts are read, so that people are told of both. */
static sl_rc certificate_read(struct sl_certificate *c, const struct sl_certificate_source *from,
                              struct sl_diag *d)
{
    sl_rc chain = read_chain(c, from->chain_pem, d), key = read_key(c, from->key_pem, d);
    sl_rc rc = chain != SL_OK ? chain : key;
    if (rc == SL_OK)
        rc = check_order(c, d);
    if (rc == SL_OK)
        rc = check_key(c, d);
    if (rc == SL_OK)
        rc = check_strength(c, d);
    if (rc == SL_OK)
        rc = take_facts(c, d);
    return rc == SL_OK ? take_names(c, &from->names, d) : rc;
}

sl_rc sl_certificate_new(const struct sl_certificate_source *from, struct sl_certificate **ret,
                         struct sl_diag *d)
{
    struct sl_certificate *c = sl_new(struct sl_certificate);
    atomic_init(&c->refs, 1);
    c->arena = sl_arena_new("certificate", ARENA_BYTES);
    sl_rc rc = certificate_read(c, from, d);
    if (rc == SL_OK)
        *ret = c;
    else
        certificate_free(c);
    return rc;
}

struct sl_certificate *sl_certificate_ref(struct sl_certificate *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void sl_certificate_unref(struct sl_certificate *c)
{
    if (c != NULL && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
        certificate_free(c);
}

const struct sl_certificate_facts *sl_certificate_facts(const struct sl_certificate *c)
{
    return &c->facts;
}

const struct sl_strs *sl_certificate_names(const struct sl_certificate *c)
{
    return &c->names;
}

bool sl_certificate_present(const struct sl_certificate *c, SSL *ssl)
{
    SSL_certs_clear(ssl); /* the listener's own may be of another kind of key, and then stay */
    return SSL_use_cert_and_key(ssl, c->own, c->key, c->issuers, 1) == 1;
}

/* ------------------------------------------------------------------ sets */

void sl_certificate_set_init(struct sl_certificate_set *s, struct sl_arena *a)
{
    sl_map_init(&s->exact, a, 0);
    sl_map_init(&s->parents, a, 0);
}

void sl_certificate_set_add(struct sl_certificate_set *s, struct sl_certificate *c)
{
    for (size_t i = 0; i < c->names.n; i++) {
        sl_str name = c->names.v[i];
        bool is_wildcard = sl_str_starts(name, SL_STR("*."));
        struct sl_map *m = is_wildcard ? &s->parents : &s->exact;
        sl_str key = is_wildcard ? sl_str_from(name, 1) : name;
        const struct sl_certificate *other = sl_map_get(m, key);
        if (other == NULL || other->facts.not_after_s < c->facts.not_after_s)
            (void)sl_map_put(m, key, c); /* the other one is in the set for its other names */
    }
}

struct sl_certificate *sl_certificate_set_find(const struct sl_certificate_set *s, sl_str host,
                                               bool by_wildcard)
{
    char text[NAME_MAX_BYTES];
    sl_str key = by_wildcard ? parent_of(host) : host;
    if (key.n == 0 || key.n > sizeof(text))
        return NULL;
    for (size_t i = 0; i < key.n; i++)
        text[i] = sl_lower(key.p[i]);
    return sl_map_get(by_wildcard ? &s->parents : &s->exact, sl_str_of(text, key.n));
}

/* ------------------------------------------------------------------ files */

sl_rc sl_tls_certificate_read(const char *path, int64_t *ret_expires_s, bool *ret_is_authority)
{
    BIO *file = BIO_new_file(path, "r");
    X509 *cert = file != NULL ? PEM_read_bio_X509(file, NULL, sl_tls_no_password, NULL) : NULL;
    bool is_good = cert != NULL && seconds_of(X509_get0_notAfter(cert), ret_expires_s);
    if (is_good)
        *ret_is_authority = X509_check_ca(cert) != 0;
    X509_free(cert);
    BIO_free(file);
    ERR_clear_error();
    return is_good ? SL_OK : SL_E_NOTFOUND;
}
