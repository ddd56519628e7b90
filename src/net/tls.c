#include "net/tls.h"
#include "base/str.h"
#include "net/addr.h"
#include "net/tls_certificate_int.h"
#include "net/tls_int.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum {
    NAME_MAX_BYTES = 255, /* RFC 1035, 2.3.4 */
    RECORD_BYTES = SSL3_RT_MAX_PLAIN_LENGTH,
    COALESCE_BELOW = 4096, /* slices smaller than this are copied together into one record */
    SESSIONS_MAX = 256,    /* names whose sessions one client context remembers */
    SESSION_ID_CONTEXT_BYTES = 16,
    SESSION_LIFE_S = 7200,
};

/* AEAD with forward secrecy only; the suites of TLS 1.3 are all of that kind (RFC 9325, 4.2). */
static const char server_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const char client_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20";

/* RFC 7301, 3.1: each name behind its length, in our order. */
static const unsigned char alpn_h2_h1[] = "\x02h2\x08http/1.1";
static const unsigned char alpn_h1[] = "\x08http/1.1";

struct identity {
    SSL_CTX *ctx;
    struct sl_strs names;
};

struct sl_tls_server {
    _Atomic uint32_t refs; /* any thread; the last release (acq_rel) frees */
    BIO_METHOD *bio;
    struct sl_arena *arena; /* host names */
    struct identity *identities;
    size_t identity_count; /* at least one, of which connections are made */
    bool has_none;         /* and that one has no certificate */
    bool offers_h2;
};

struct session {
    char name[NAME_MAX_BYTES + 1];
    SSL_SESSION *session; /* ours alone: connections get and give copies */
    uint64_t used;
};

struct sl_tls_client {
    _Atomic uint32_t refs; /* any thread; the last release (acq_rel) frees */
    BIO_METHOD *bio;
    SSL_CTX *ctx;
    pthread_mutex_t lock; /* of the members below: workers share them, for a few instructions */
    struct session sessions[SESSIONS_MAX];
    uint64_t uses;
};

struct sl_tls {
    SSL *ssl;
    int fd;
    struct sl_watch *watch;       /* of the stream; NULL before sl_tls_attach */
    struct sl_tls_server *server; /* one of the two */
    struct sl_tls_client *client;
    const struct sl_certificate_set *const
        *certificates; /* server: those of the snapshot; may be NULL */
    struct sl_certificate
        *certificate;              /* the one of them that we presented; NULL: one of `server` */
    const struct sl_strs *names;   /* of what we presented */
    char name[NAME_MAX_BYTES + 1]; /* SNI; client: what the certificate is checked against */
    size_t unsent_bytes;           /* of plain text in a record that waits for the socket */
    bool reads_after_write;        /* reading has to send something first */
    bool has_presented;
    bool is_failed;
    bool saw_eof;
    int socket_error;
    const char *error;
};

/* --- the socket below TLS: no SIGPIPE, and the watch learns when it was read empty --- */

static void note_read(struct sl_tls *t, size_t n, size_t cap)
{
    t->saw_eof = n == 0;
    if (t->watch != NULL)
        t->watch->is_readable = n == cap || (n != 0 && t->watch->is_at_end);
}

static int socket_read(BIO *bio, char *buf, size_t cap, size_t *ret_n)
{
    struct sl_tls *t = BIO_get_data(bio);
    ssize_t n;

    BIO_clear_retry_flags(bio);
    do {
        n = recv(t->fd, buf, cap, 0);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        note_read(t, (size_t)n, cap);
        *ret_n = (size_t)n;
        return n > 0;
    }
    if (t->watch != NULL)
        t->watch->is_readable = false;
    if (errno == EAGAIN)
        BIO_set_retry_read(bio);
    else
        t->socket_error = errno;
    return 0;
}

static int socket_write(BIO *bio, const char *bytes, size_t len, size_t *ret_n)
{
    struct sl_tls *t = BIO_get_data(bio);
    ssize_t n;

    BIO_clear_retry_flags(bio);
    do {
        n = send(t->fd, bytes, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        *ret_n = (size_t)n;
        return 1;
    }
    if (errno == EAGAIN)
        BIO_set_retry_write(bio);
    else
        t->socket_error = errno;
    return 0;
}

static long socket_control(BIO *bio, int what, long number, void *p)
{
    const struct sl_tls *t = BIO_get_data(bio);
    if (what == BIO_CTRL_EOF)
        return t != NULL && t->saw_eof;
    return what == BIO_CTRL_FLUSH;
}

static int socket_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *socket_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sluice socket");
    if (m == NULL || !BIO_meth_set_create(m, socket_create) ||
        !BIO_meth_set_read_ex(m, socket_read) || !BIO_meth_set_write_ex(m, socket_write) ||
        !BIO_meth_set_ctrl(m, socket_control))
        sl_panic(__FILE__, __LINE__, "out of memory");
    return m;
}

/* --- contexts --- */

static const char *openssl_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != NULL ? reason : "cannot be read";
}

static sl_rc file_failed(struct sl_diag *d, const char *path, sl_str file, const char *must)
{
    const char *reason = openssl_reason();
    sl_rc rc = sl_diag_fail(d, SL_E_CONFIG, path, "'%.*s' %s (%s)", SL_STRF(file), must, reason);
    ERR_clear_error();
    return rc;
}

static SSL_CTX *context_new(const SSL_METHOD *method, const char *ciphers)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (ctx == NULL || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(ctx, ciphers))
        sl_panic(__FILE__, __LINE__, "OpenSSL refuses to make a context");
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_default_passwd_cb(ctx, sl_tls_no_password);
    return ctx;
}

static sl_rc load_certificate(SSL_CTX *ctx, sl_str cert_path, sl_str key_path, struct sl_diag *d)
{
    char *cert = sl_strdup(cert_path), *key = sl_strdup(key_path);
    sl_rc rc = SL_OK;

    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
        rc = file_failed(d, "tls.cert", cert_path, "must be a PEM file with a certificate chain");
    else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        rc = file_failed(d, "tls.key", key_path,
                         "must be a PEM file with the certificate's key, without a password");
    sl_free(cert);
    sl_free(key);
    return rc;
}

static sl_rc load_client_ca(SSL_CTX *ctx, const struct sl_tls_server_config *c, struct sl_diag *d)
{
    if (c->client_ca_path.n == 0)
        return SL_OK;
    char *path = sl_strdup(c->client_ca_path);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
    bool is_loaded = names != NULL && SSL_CTX_load_verify_file(ctx, path) == 1;
    sl_free(path);
    if (names != NULL)
        SSL_CTX_set_client_CA_list(ctx, names); /* taken */
    if (!is_loaded)
        return file_failed(d, "tls.client_ca", c->client_ca_path,
                           "must be a PEM file with CA certificates");
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (c->requires_client_cert ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        NULL);
    return SL_OK;
}

static void take_hosts(struct identity *id, const struct sl_strs *hosts, struct sl_arena *a)
{
    if (hosts->n == 0) {
        id->names = sl_certificate_alt_names(SSL_CTX_get0_certificate(id->ctx), a);
        return;
    }
    sl_str *v = sl_arena_array(a, sl_str, hosts->n);
    for (size_t i = 0; i < hosts->n; i++)
        v[i] = sl_arena_dup(a, hosts->v[i]);
    id->names = (struct sl_strs){v, hosts->n};
}

static sl_str without_root_dot(sl_str host)
{
    return host.n > 1 && host.p[host.n - 1] == '.' ? sl_str_head(host, host.n - 1) : host;
}

static const struct identity *identity_of(const struct sl_tls_server *s, sl_str host,
                                          bool (*have)(const struct sl_strs *names, sl_str host))
{
    for (size_t i = 0; i < s->identity_count; i++) {
        if (have(&s->identities[i].names, host))
            return &s->identities[i];
    }
    return NULL;
}

static struct sl_certificate *certificate_of(const struct sl_tls *t, sl_str host, bool by_wildcard)
{
    const struct sl_certificate_set *set = t->certificates != NULL ? *t->certificates : NULL;
    return set != NULL ? sl_certificate_set_find(set, host, by_wildcard) : NULL;
}

static bool present_identity(struct sl_tls *t, const struct identity *id)
{
    t->names = &id->names;
    return SSL_set_SSL_CTX(t->ssl, id->ctx) != NULL;
}

static bool present_certificate(struct sl_tls *t, struct sl_certificate *c)
{
    t->certificate = sl_certificate_ref(c);
    t->names = sl_certificate_names(c);
    return sl_certificate_present(c, t->ssl);
}

/* The whole name before wildcards, wherever it stands; those of the snapshot before the listener's own. */
static bool present(struct sl_tls *t, const struct sl_tls_server *s, sl_str host)
{
    struct sl_certificate *c = certificate_of(t, host, false);
    const struct identity *id = c == NULL ? identity_of(s, host, sl_names_have) : NULL;
    if (c == NULL && id == NULL)
        c = certificate_of(t, host, true);
    if (c == NULL && id == NULL)
        id = identity_of(s, host, sl_names_have_wildcard);
    if (c != NULL)
        return present_certificate(t, c);
    if (id == NULL && s->has_none)
        return false;
    return present_identity(t, id != NULL ? id : &s->identities[0]);
}

static void keep_name(struct sl_tls *t, sl_str name)
{
    name = sl_str_head(name, NAME_MAX_BYTES);
    memcpy(t->name, name.p, name.n);
    t->name[name.n] = '\0';
}

/* Called in every handshake, resumed ones and those without SNI too. */
static int on_server_name(SSL *ssl, int *ret_alert, void *server)
{
    struct sl_tls *t = SSL_get_app_data(ssl);
    sl_str sni = sl_cstr(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));

    if (sni.n != 0)
        keep_name(t, sni);
    if (!t->has_presented && !present(t, server, without_root_dot(sni))) {
        *ret_alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    t->has_presented = true; /* a second hello gets the same (RFC 8446, 4.1.2) */
    return sni.n != 0 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* No common protocol ends the handshake (RFC 7301, 3.2): never guess what the peer speaks. */
static int on_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_n,
                   const unsigned char *offered, unsigned offered_n, void *server)
{
    const struct sl_tls_server *s = server;
    const unsigned char *ours = s->offers_h2 ? alpn_h2_h1 : alpn_h1;
    unsigned ours_n = (unsigned)(s->offers_h2 ? sizeof(alpn_h2_h1) : sizeof(alpn_h1)) - 1;
    unsigned char *chosen;

    if (SSL_select_next_proto(&chosen, ret_n, ours, ours_n, offered, offered_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Sessions live in tickets only. Their keys are the context's own, made with it, and the session id
 * context is random: so no session of another listener or of an earlier configuration, perhaps with
 * weaker demands on clients, is taken (CVE-2025-23419). */
static void limit_sessions(SSL_CTX *ctx, const uint8_t id_context[SESSION_ID_CONTEXT_BYTES])
{
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(ctx, SESSION_LIFE_S);
    int ok = SSL_CTX_set_session_id_context(ctx, id_context, SESSION_ID_CONTEXT_BYTES);
    SL_ASSERT(ok == 1);
}

static sl_rc identity_open(struct sl_tls_server *s, struct identity *id,
                           const struct sl_tls_identity *from, const struct sl_tls_server_config *c,
                           struct sl_diag *d)
{
    id->ctx = context_new(TLS_server_method(), server_ciphers);
    if (!c->is_tls12_allowed)
        SSL_CTX_set_min_proto_version(id->ctx, TLS1_3_VERSION);
    SSL_CTX_set_options(id->ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    sl_rc rc = s->has_none ? SL_OK : load_certificate(id->ctx, from->cert_path, from->key_path, d);
    if (rc == SL_OK)
        rc = load_client_ca(id->ctx, c, d);
    if (rc != SL_OK)
        return rc;
    if (!s->has_none)
        take_hosts(id, &from->hosts, s->arena);
    SSL_CTX_set_tlsext_servername_callback(id->ctx, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(id->ctx, s);
    SSL_CTX_set_alpn_select_cb(id->ctx, on_alpn, s);
    return SL_OK;
}

static void server_free(struct sl_tls_server *s)
{
    for (size_t i = 0; i < s->identity_count; i++)
        SSL_CTX_free(s->identities[i].ctx);
    BIO_meth_free(s->bio);
    sl_arena_free(s->arena);
    sl_free(s);
}

sl_rc sl_tls_server_new(const struct sl_tls_server_config *c, struct sl_tls_server **ret,
                        struct sl_diag *d)
{
    uint8_t id_context[SESSION_ID_CONTEXT_BYTES];

    static const struct sl_tls_identity none = {0};
    if (c->identity_count == 0 && !c->has_none)
        return sl_diag_fail(d, SL_E_CONFIG, "tls", "must have a certificate and its key");
    if (RAND_bytes(id_context, sizeof(id_context)) != 1)
        return sl_diag_fail(d, SL_E_INTERNAL, "tls", "the system has no randomness");

    struct sl_tls_server *s = sl_new(struct sl_tls_server);
    atomic_init(&s->refs, 1);
    s->bio = socket_method();
    s->arena = sl_arena_new("tls server", SIZE_MAX);
    s->offers_h2 = c->offers_h2;
    s->has_none = c->identity_count == 0;
    s->identity_count = s->has_none ? 1 : c->identity_count;
    s->identities = sl_arena_array(s->arena, struct identity, s->identity_count);
    for (size_t i = 0; i < s->identity_count; i++) {
        const struct sl_tls_identity *from = s->has_none ? &none : &c->identities[i];
        sl_rc rc = identity_open(s, &s->identities[i], from, c, d);
        if (rc != SL_OK) {
            server_free(s);
            return rc;
        }
        limit_sessions(s->identities[i].ctx, id_context);
    }
    *ret = s;
    return SL_OK;
}

struct sl_tls_server *sl_tls_server_ref(struct sl_tls_server *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void sl_tls_server_unref(struct sl_tls_server *s)
{
    if (s != NULL && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        server_free(s);
}

/* --- sessions of a client, by name --- */

static struct session *session_find(struct sl_tls_client *c, const char *name)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (c->sessions[i].session != NULL && strcmp(c->sessions[i].name, name) == 0)
            return &c->sessions[i];
    }
    return NULL;
}

static struct session *session_oldest(struct sl_tls_client *c)
{
    struct session *oldest = &c->sessions[0];
    for (size_t i = 1; i < SESSIONS_MAX; i++) {
        if (c->sessions[i].used < oldest->used)
            oldest = &c->sessions[i];
    }
    return oldest;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct sl_tls *t = SSL_get_app_data(ssl);
    struct sl_tls_client *c = t->client;
    SSL_SESSION *copy = SSL_SESSION_dup(session), *replaced;

    pthread_mutex_lock(&c->lock);
    struct session *s = session_find(c, t->name);
    if (s == NULL)
        s = session_oldest(c);
    replaced = s->session;
    memcpy(s->name, t->name, sizeof(s->name));
    s->session = copy;
    s->used = ++c->uses;
    pthread_mutex_unlock(&c->lock);
    SSL_SESSION_free(replaced);
    return 0; /* we hold a copy, not `session` */
}

/* A copy: OpenSSL writes to the session that a handshake offers. */
static SSL_SESSION *session_copy(struct sl_tls_client *c, const char *name)
{
    pthread_mutex_lock(&c->lock);
    struct session *s = session_find(c, name);
    if (s != NULL)
        s->used = ++c->uses;
    SSL_SESSION *copy = s != NULL ? SSL_SESSION_dup(s->session) : NULL;
    pthread_mutex_unlock(&c->lock);
    return copy;
}

static void client_free(struct sl_tls_client *c)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        SSL_SESSION_free(c->sessions[i].session);
    pthread_mutex_destroy(&c->lock);
    SSL_CTX_free(c->ctx);
    BIO_meth_free(c->bio);
    sl_free(c);
}

static sl_rc load_ca(SSL_CTX *ctx, sl_str ca_path, struct sl_diag *d)
{
    if (ca_path.n == 0) {
        if (SSL_CTX_set_default_verify_paths(ctx) == 1)
            return SL_OK;
        return sl_diag_fail(d, SL_E_CONFIG, "tls.ca", "the system has no CA certificates");
    }
    char *path = sl_strdup(ca_path);
    bool is_loaded = SSL_CTX_load_verify_file(ctx, path) == 1;
    sl_free(path);
    return is_loaded ? SL_OK
                     : file_failed(d, "tls.ca", ca_path, "must be a PEM file with CA certificates");
}

static sl_rc client_open(SSL_CTX *ctx, const struct sl_tls_client_config *c, struct sl_diag *d)
{
    SSL_CTX_set_verify(ctx, c->skips_verification ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new_session);
    if (SSL_CTX_set_alpn_protos(ctx, alpn_h1, sizeof(alpn_h1) - 1) != 0)
        return sl_diag_fail(d, SL_E_NOMEM, "tls", "out of memory");
    if (!c->skips_verification) {
        sl_rc rc = load_ca(ctx, c->ca_path, d);
        if (rc != SL_OK)
            return rc;
    }
    return c->cert_path.n != 0 ? load_certificate(ctx, c->cert_path, c->key_path, d) : SL_OK;
}

sl_rc sl_tls_client_new(const struct sl_tls_client_config *c, struct sl_tls_client **ret,
                        struct sl_diag *d)
{
    struct sl_tls_client *made = sl_new(struct sl_tls_client);
    atomic_init(&made->refs, 1);
    pthread_mutex_init(&made->lock, NULL);
    made->bio = socket_method();
    made->ctx = context_new(TLS_client_method(), client_ciphers);
    sl_rc rc = client_open(made->ctx, c, d);
    if (rc != SL_OK) {
        client_free(made);
        return rc;
    }
    *ret = made;
    return SL_OK;
}

struct sl_tls_client *sl_tls_client_ref(struct sl_tls_client *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void sl_tls_client_unref(struct sl_tls_client *c)
{
    if (c != NULL && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
        client_free(c);
}

/* --- connections --- */

static struct sl_tls *connection_new(SSL_CTX *ctx, BIO_METHOD *method, int fd)
{
    struct sl_tls *t = sl_try_calloc(1, sizeof(*t));
    SSL *ssl = SSL_new(ctx);
    BIO *bio = BIO_new(method);

    if (t == NULL || ssl == NULL || bio == NULL) {
        BIO_free(bio);
        SSL_free(ssl);
        sl_free(t);
        return NULL;
    }
    t->ssl = ssl;
    t->fd = fd;
    BIO_set_data(bio, t);
    SSL_set_bio(ssl, bio, bio); /* taken */
    SSL_set_app_data(ssl, t);
    return t;
}

struct sl_tls *sl_tls_accept(struct sl_tls_server *s,
                             const struct sl_certificate_set *const *certificates, int fd)
{
    struct sl_tls *t = connection_new(s->identities[0].ctx, s->bio, fd);
    if (t == NULL)
        return NULL;
    t->server = sl_tls_server_ref(s);
    t->certificates = certificates;
    t->names = &s->identities[0].names;
    SSL_set_accept_state(t->ssl);
    return t;
}

/* RFC 6066, 3: an address is no server name. */
static bool expect_name(SSL *ssl, const char *name)
{
    struct sl_addr addr;
    if (sl_addr_from_ip(sl_cstr(name), 0, &addr) == SL_OK)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool offer_session(struct sl_tls *t)
{
    SSL_SESSION *session = session_copy(t->client, t->name);
    bool ok = session == NULL || SSL_set_session(t->ssl, session) == 1;
    SSL_SESSION_free(session);
    return ok;
}

struct sl_tls *sl_tls_connect(struct sl_tls_client *c, int fd, sl_str name)
{
    name = without_root_dot(name);
    if (name.n == 0 || name.n > NAME_MAX_BYTES || memchr(name.p, '\0', name.n) != NULL)
        return NULL;
    struct sl_tls *t = connection_new(c->ctx, c->bio, fd);
    if (t == NULL)
        return NULL;
    t->client = sl_tls_client_ref(c);
    keep_name(t, name);
    SSL_set_connect_state(t->ssl);
    if (!expect_name(t->ssl, t->name) || !offer_session(t)) {
        sl_tls_free(t);
        return NULL;
    }
    return t;
}

void sl_tls_free(struct sl_tls *t)
{
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    sl_certificate_unref(t->certificate);
    sl_tls_server_unref(t->server);
    sl_tls_client_unref(t->client);
    sl_free(t);
}

void sl_tls_attach(struct sl_tls *t, struct sl_watch *watch)
{
    t->watch = watch;
}

static const char *reason_of_failure(const struct sl_tls *t)
{
    unsigned long e = ERR_peek_last_error();
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return X509_verify_cert_error_string(SSL_get_verify_result(t->ssl));
    const char *reason = ERR_reason_error_string(e);
    return reason != NULL ? reason : "TLS failed";
}

static enum sl_io fail(struct sl_tls *t, int error, const char *reason, int *ret_errno)
{
    t->is_failed = true;
    t->error = reason;
    *ret_errno = error;
    ERR_clear_error();
    return SL_IO_ERROR;
}

/* What a call that did not succeed means. */
static enum sl_io outcome(struct sl_tls *t, int result, int *ret_errno)
{
    switch (SSL_get_error(t->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return SL_IO_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return SL_IO_EOF;
    case SSL_ERROR_SYSCALL:
        return fail(t, t->socket_error, "the connection broke", ret_errno);
    default:
        return fail(t, 0, reason_of_failure(t), ret_errno);
    }
}

enum sl_io sl_tls_handshake(struct sl_tls *t, int *ret_errno)
{
    ERR_clear_error();
    int result = SSL_do_handshake(t->ssl);
    return result == 1 ? SL_IO_OK : outcome(t, result, ret_errno);
}

enum sl_io sl_tls_read(struct sl_tls *t, char *buf, size_t cap, size_t *ret_n, int *ret_errno)
{
    ERR_clear_error();
    int result = SSL_read_ex(t->ssl, buf, cap, ret_n);
    t->reads_after_write = result != 1 && SSL_want_write(t->ssl);
    return result == 1 ? SL_IO_OK : outcome(t, result, ret_errno);
}

bool sl_tls_may_read(const struct sl_tls *t)
{
    return t->watch->is_readable || t->reads_after_write || SSL_has_pending(t->ssl);
}

static sl_str gather(const struct sl_chain *q, char *record, size_t max_bytes)
{
    size_t n = 0;
    for (const struct sl_span *s = q->head; s != NULL && n < max_bytes; s = s->next) {
        size_t part = SL_MIN(s->n, max_bytes - n);
        memcpy(record + n, s->p, part);
        n += part;
    }
    return sl_str_of(record, n);
}

enum sl_io sl_tls_write(struct sl_tls *t, const struct sl_chain *q, size_t max_bytes, size_t *ret_n,
                        int *ret_errno)
{
    char record[RECORD_BYTES];
    /* a record that waits was made of the first unsent_bytes: OpenSSL wants at least these again */
    size_t want = SL_MIN(SL_MAX(max_bytes, t->unsent_bytes), (size_t)RECORD_BYTES);
    sl_str bytes = sl_str_head(sl_chain_front(q), want);

    if (bytes.n < want && bytes.n < COALESCE_BELOW)
        bytes = gather(q, record, want);
    ERR_clear_error();
    int result = SSL_write_ex(t->ssl, bytes.p, bytes.n, ret_n);
    t->unsent_bytes = result == 1 ? 0 : bytes.n;
    return result == 1 ? SL_IO_OK : outcome(t, result, ret_errno);
}

void sl_tls_shutdown(struct sl_tls *t)
{
    if (t->is_failed || !SSL_is_init_finished(t->ssl))
        return;
    ERR_clear_error();
    (void)SSL_shutdown(t->ssl); /* what does not fit into the socket now is not worth waiting for */
    ERR_clear_error();
}

sl_str sl_tls_sni(const struct sl_tls *t)
{
    return sl_cstr(t->name);
}

sl_str sl_tls_alpn(const struct sl_tls *t)
{
    const unsigned char *name = NULL;
    unsigned n = 0;
    SSL_get0_alpn_selected(t->ssl, &name, &n);
    return sl_str_of((const char *)name, n);
}

sl_str sl_tls_version(const struct sl_tls *t)
{
    return SSL_is_init_finished(t->ssl) ? sl_cstr(SSL_get_version(t->ssl)) : SL_STR("");
}

bool sl_tls_was_resumed(const struct sl_tls *t)
{
    return SSL_session_reused(t->ssl) == 1;
}

bool sl_tls_serves(const struct sl_tls *t, sl_str host)
{
    host = without_root_dot(host);
    return t->names != NULL &&
           (sl_names_have(t->names, host) || sl_names_have_wildcard(t->names, host));
}

const char *sl_tls_error(const struct sl_tls *t)
{
    return t->error != NULL ? t->error : "";
}
