#include "net/tls_certificate.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "net/tls.h"
#include "net/tls_certificate_int.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/ends.h"

enum { DAYS = 30 };

struct world {
    struct certs *certs;
    struct sl_arena *arena;
    struct sl_diag diag;
};

static void setup(struct world *w)
{
    *w = (struct world){.certs = certs_new(), .arena = sl_arena_new("test", SL_MIB(4))};
    sl_diag_init(&w->diag, w->arena);
}

static void teardown(struct world *w)
{
    sl_arena_free(w->arena);
    certs_free(w->certs);
}

static struct sl_certificate_source source(struct world *w, struct cert_files f)
{
    return (struct sl_certificate_source){.chain_pem = certs_text(w->certs, f.cert_path),
                                          .key_pem = certs_text(w->certs, f.key_path)};
}

static struct sl_certificate *made(struct world *w, struct sl_certificate_source from)
{
    struct sl_certificate *c = NULL;
    EXPECT_EQ(SL_OK, sl_certificate_new(&from, &c, &w->diag));
    return c;
}

static struct sl_certificate *issued(struct world *w, const char *alt_names, int days)
{
    return made(w, source(w, certs_issue(w->certs, alt_names, days)));
}

static sl_str joined(struct world *w, sl_str a, sl_str b)
{
    return sl_fmt(w->arena, "%.*s%.*s", SL_STRF(a), SL_STRF(b));
}

/* ------------------------------------------------------------------ reading */

TEST(tls_certificate, says_what_is_in_it)
{
    struct world w;
    setup(&w);
    struct sl_certificate_source from =
        source(&w, certs_issue(w.certs, "DNS:Shop.example,DNS:*.shop.example,IP:127.0.0.1", DAYS));
    from.chain_pem = joined(&w, from.chain_pem, certs_text(w.certs, certs_ca_path(w.certs)));
    struct sl_certificate *c = made(&w, from);
    const struct sl_certificate_facts *f = sl_certificate_facts(c);
    const struct sl_strs *names = sl_certificate_names(c);
    int64_t now_s = sl_clock_wall_us() / 1000000;
    EXPECT_STR("CN=Test", f->subject);
    EXPECT(sl_str_starts(f->issuer, SL_STR("CN=/tmp/sluice-certs-")));
    EXPECT_STR("02", f->serial);
    EXPECT_EQ(64, f->fingerprint.n);
    EXPECT_STR("EC P-256", f->key_type);
    EXPECT_EQ(2, f->chain_count);
    EXPECT_EQ(3, f->alt_names.n);
    EXPECT_STR("Shop.example", f->alt_names.v[0]);
    EXPECT_STR("127.0.0.1", f->alt_names.v[2]);
    EXPECT_EQ(3, names->n);
    EXPECT_STR("shop.example", names->v[0]);
    EXPECT_EQ((DAYS + 1) * 86400, f->not_after_s - f->not_before_s);
    EXPECT(f->not_before_s < now_s && f->not_after_s > now_s);
    sl_certificate_unref(c);
    teardown(&w);
}

TEST(tls_certificate, keys_of_rsa_have_their_size_in_their_kind)
{
    struct world w;
    setup(&w);
    struct sl_certificate *c =
        made(&w, source(&w, certs_issue_rsa(w.certs, "DNS:rsa.example", 2048)));
    EXPECT_STR("RSA 2048", sl_certificate_facts(c)->key_type);
    sl_certificate_unref(c);
    teardown(&w);
}

static void expect_refused(struct world *w, struct sl_certificate_source from, const char *path,
                           const char *why)
{
    struct sl_certificate *c = NULL;
    sl_diag_init(&w->diag, w->arena);
    EXPECT_EQ(SL_E_INVALID, sl_certificate_new(&from, &c, &w->diag));
    EXPECT(c == NULL);
    EXPECT_STR(path, w->diag.problems[0].path);
    if (sl_str_find_str(w->diag.problems[0].message, sl_cstr(why)) == SIZE_MAX)
        EXPECT_STR(why, w->diag.problems[0].message);
}

TEST(tls_certificate, what_cannot_be_served_is_refused_at_its_member)
{
    static const char locked[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                 "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBA=\n"
                                 "-----END ENCRYPTED PRIVATE KEY-----\n";
    struct world w;
    setup(&w);
    sl_str ca = certs_text(w.certs, certs_ca_path(w.certs));
    struct sl_certificate_source good = source(&w, certs_issue(w.certs, "DNS:a.example", DAYS)),
                                 other = source(&w, certs_issue(w.certs, "DNS:b.example", DAYS)),
                                 bad = good;
    bad.key_pem = other.key_pem;
    expect_refused(&w, bad, "private_key", "is not the key");
    bad.key_pem = sl_cstr(locked);
    expect_refused(&w, bad, "private_key", "without a password");
    bad.key_pem = good.chain_pem;
    expect_refused(&w, bad, "private_key", "must be a private key");
    bad = good;
    bad.chain_pem = SL_STR("no certificate");
    expect_refused(&w, bad, "certificate", "must be certificates");
    bad.chain_pem = joined(&w, good.chain_pem, good.key_pem);
    expect_refused(&w, bad, "certificate", "has a private key in it");
    bad.chain_pem = joined(&w, ca, good.chain_pem);
    expect_refused(&w, bad, "certificate", "number 2 of the chain is not the issuer");
    bad.chain_pem = joined(&w, good.chain_pem, other.chain_pem);
    expect_refused(&w, bad, "certificate", "number 2 of the chain is not the issuer");
    expect_refused(&w, source(&w, certs_issue_rsa(w.certs, "DNS:weak.example", 1024)),
                   "certificate", "cannot be served (ee key too small)");
    expect_refused(&w, source(&w, certs_issue(w.certs, "URI:http://a.example", DAYS)),
                   "certificate", "has no host name");
    teardown(&w);
}

TEST(tls_certificate, chains_and_texts_have_a_limit)
{
    struct world w;
    setup(&w);
    sl_str ca = certs_text(w.certs, certs_ca_path(w.certs));
    struct sl_certificate_source from = source(&w, certs_issue(w.certs, "DNS:a.example", DAYS));
    for (int i = 1; i < SL_CERTIFICATE_CHAIN_MAX; i++)
        from.chain_pem = joined(&w, from.chain_pem, ca); /* its own issuer, again and again */
    sl_certificate_unref(made(&w, from));
    from.chain_pem = joined(&w, from.chain_pem, ca);
    expect_refused(&w, from, "certificate", "more than 16");
    while (from.chain_pem.n <= SL_CERTIFICATE_PEM_BYTES_MAX)
        from.chain_pem = joined(&w, from.chain_pem, from.chain_pem);
    expect_refused(&w, from, "certificate", "at most 65536 bytes");
    teardown(&w);
}

TEST(tls_certificate, a_text_that_breaks_off_anywhere_is_refused)
{
    struct world w;
    setup(&w);
    struct sl_certificate_source whole = source(&w, certs_issue(w.certs, "DNS:a.example", DAYS));
    size_t end = sl_str_find_str(whole.chain_pem, SL_STR("-----END")), n = 0;
    for (; n < end; n += 7) {
        struct sl_certificate_source part = whole;
        part.chain_pem = sl_str_head(whole.chain_pem, n);
        expect_refused(&w, part, "certificate", "must be certificates");
    }
    EXPECT(n > 100);
    teardown(&w);
}

TEST(tls_certificate, given_names_must_be_host_names_that_are_in_it)
{
    static const struct {
        const char *name, *why; /* NULL: it is good */
    } rows[] = {
        {"a.example", NULL},
        {"A.EXAMPLE", NULL},
        {"any.wild.example", NULL},
        {"*.wild.example", NULL},
        {"127.0.0.1", NULL},
        {"b.example", "none of the certificate's names"},
        {"a.b.wild.example", "none of the certificate's names"},
        {"127.0.0.2", "none of the certificate's names"},
        {"", "must be a host name"},
        {"a..example", "must be a host name"},
        {"a.example.", "must be a host name"},
        {"-a.example", "must be a host name"},
        {"*", "must be a host name"},
        {"a.*.example", "must be a host name"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--"},
        {"a.example:443", "must be a host name"},
    };
    struct world w;
    setup(&w);
    struct sl_certificate_source from =
        source(&w, certs_issue(w.certs, "DNS:a.example,DNS:*.wild.example,IP:127.0.0.1", DAYS));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_str names[] = {SL_STR("a.example"), sl_cstr(rows[i].name)};
        from.names = (struct sl_strs){names, SL_LEN(names)};
        if (rows[i].why != NULL)
            expect_refused(&w, from, "server_names[1]", rows[i].why);
        else
            sl_certificate_unref(made(&w, from));
    }
    teardown(&w);
}

/* ------------------------------------------------------------------ sets */

TEST(tls_certificate, a_set_finds_by_name_and_by_wildcard_and_prefers_who_is_valid_longer)
{
    struct world w;
    struct sl_certificate_set set;
    setup(&w);
    struct sl_certificate *old = issued(&w, "DNS:a.example,DNS:old.example", 5),
                          *new = issued(&w, "DNS:a.example,DNS:*.a.example", 10);
    for (int is_reverse = 0; is_reverse < 2; is_reverse++) {
        sl_certificate_set_init(&set, w.arena);
        sl_certificate_set_add(&set, is_reverse ? new : old);
        sl_certificate_set_add(&set, is_reverse ? old : new);
        EXPECT(sl_certificate_set_find(&set, SL_STR("A.Example"), false) == new);
        EXPECT(sl_certificate_set_find(&set, SL_STR("old.example"), false) == old);
        EXPECT(sl_certificate_set_find(&set, SL_STR("x.a.example"), true) == new);
        EXPECT(sl_certificate_set_find(&set, SL_STR("x.a.example"), false) == NULL);
        EXPECT(sl_certificate_set_find(&set, SL_STR("y.x.a.example"), true) == NULL);
        EXPECT(sl_certificate_set_find(&set, SL_STR("a.example"), true) == NULL);
        EXPECT(sl_certificate_set_find(&set, SL_STR(""), false) == NULL);
        EXPECT(sl_certificate_set_find(&set, SL_STR("example"), true) == NULL);
    }
    sl_certificate_unref(old);
    sl_certificate_unref(new);
    teardown(&w);
}

/* ------------------------------------------------------------------ handshakes */

struct listener {
    struct world w;
    struct sl_tls_server *server;
    struct sl_tls_client *client;
    struct sl_certificate_set set;
    const struct sl_certificate_set *current;
};

/* Its own certificate serves "own.example" and "*.own.example"; no others are there yet. */
static void open_listener(struct listener *l)
{
    setup(&l->w);
    struct cert_files own = certs_issue(l->w.certs, "DNS:own.example,DNS:*.own.example", DAYS);
    const struct sl_tls_identity id = {.cert_path = own.cert_path, .key_path = own.key_path};
    const struct sl_tls_server_config server = {
        .identities = &id, .identity_count = 1, .is_tls12_allowed = true};
    const struct sl_tls_client_config client = {.ca_path = certs_ca_path(l->w.certs)};
    EXPECT_EQ(SL_OK, sl_tls_server_new(&server, &l->server, &l->w.diag));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&client, &l->client, &l->w.diag));
    sl_certificate_set_init(&l->set, l->w.arena);
    l->current = NULL;
}

static void close_listener(struct listener *l)
{
    sl_tls_server_unref(l->server);
    sl_tls_client_unref(l->client);
    teardown(&l->w);
}

/* The client checks the certificate for the name, so that a handshake tells which one it was. */
static bool meet(struct listener *l, struct ends *e, const char *name)
{
    enum sl_io client, server;
    ends_open_presenting(e, l->server, &l->current, l->client, name);
    ends_handshake(e, &client, &server);
    return client == SL_IO_OK && server == SL_IO_OK;
}

TEST(tls_certificate, handshakes_present_the_set_before_the_listeners_own)
{
    static const struct {
        const char *name;
        bool is_met;
        const char *serves_not; /* it is not of the certificate that was presented */
    } rows[] = {
        {"own.example", true, "set.example"},
        {"set.example", true, "own.example"},
        {"rsa.example", true, "set.example"},
        {"a.own.example", true, "own.example"}, /* exact in the set */
        {"b.own.example", true, "a.own.example.x"},
        {"any.set.example", true, "own.example"},
        {"neither.example", false, "set.example"}, /* gets the listener's first */
    };
    struct listener l;
    struct ends e;
    open_listener(&l);
    struct sl_certificate *c = issued(&l.w, "DNS:set.example,DNS:a.own.example,DNS:*.set.example",
                                      DAYS),
                          *rsa = made(&l.w, source(&l.w, certs_issue_rsa(l.w.certs,
                                                                         "DNS:rsa.example", 2048)));
    sl_certificate_set_add(&l.set, c);
    sl_certificate_set_add(&l.set, rsa);
    l.current = &l.set;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_EQ(rows[i].is_met, meet(&l, &e, rows[i].name));
        EXPECT(!sl_tls_serves(e.server.stream.tls, sl_cstr(rows[i].serves_not)));
        ends_close(&e);
    }
    sl_certificate_unref(c);
    sl_certificate_unref(rsa);
    close_listener(&l);
}

TEST(tls_certificate, a_handshake_takes_the_set_as_it_is_then_and_keeps_its_certificate)
{
    struct listener l;
    struct ends e;
    char buf[16];
    size_t n;
    enum sl_io client, server;
    open_listener(&l);
    struct sl_certificate *c = issued(&l.w, "DNS:set.example", DAYS);
    sl_certificate_set_add(&l.set, c);
    ends_open_presenting(&e, l.server, &l.current, l.client, "set.example");
    l.current = &l.set; /* published between the accept and the hello */
    ends_handshake(&e, &client, &server);
    EXPECT_EQ(SL_IO_OK, client);
    l.current = NULL;
    sl_certificate_unref(c); /* the snapshot goes; the connection goes on */
    EXPECT(sl_tls_serves(e.server.stream.tls, SL_STR("set.example")));
    EXPECT_EQ(SL_IO_OK, end_write(&e, &e.client, SL_STR("ping")));
    EXPECT_EQ(SL_IO_OK, end_read(&e, &e.server, buf, sizeof(buf), &n));
    EXPECT_STR("ping", sl_str_of(buf, n));
    ends_close(&e);
    EXPECT(!meet(&l, &e, "set.example")); /* and a new one does not get it any more */
    ends_close(&e);
    close_listener(&l);
}

TEST(tls_certificate, a_listener_without_its_own_refuses_names_that_nobody_serves)
{
    struct listener l = {0};
    struct ends e;
    setup(&l.w);
    const struct sl_tls_server_config server = {.has_none = true, .is_tls12_allowed = true};
    const struct sl_tls_client_config client = {.skips_verification = true};
    EXPECT_EQ(SL_OK, sl_tls_server_new(&server, &l.server, &l.w.diag));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&client, &l.client, &l.w.diag));
    sl_certificate_set_init(&l.set, l.w.arena);
    struct sl_certificate *c = issued(&l.w, "DNS:set.example", DAYS);
    sl_certificate_set_add(&l.set, c);
    EXPECT(!meet(&l, &e, "set.example")); /* there is no set yet */
    ends_close(&e);
    l.current = &l.set;
    EXPECT(meet(&l, &e, "set.example"));
    ends_close(&e);
    EXPECT(!meet(&l, &e, "other.example"));
    EXPECT_STR("tlsv1 unrecognized name", sl_cstr(sl_tls_error(e.client.stream.tls)));
    ends_close(&e);
    EXPECT(!meet(&l, &e, "127.0.0.1")); /* is no name: nothing is asked for */
    ends_close(&e);
    sl_certificate_unref(c);
    close_listener(&l);
}

/* ------------------------------------------------------------------ files */

TEST(tls_certificate, files_say_when_they_expire_and_others_nothing)
{
    struct certs *c = certs_new();
    struct cert_files own = certs_issue(c, "DNS:a.example", 10); /* from yesterday */
    int64_t expires_s = 0, days;
    bool is_authority = true;
    EXPECT_EQ(SL_OK, sl_tls_certificate_read(own.cert_path.p, &expires_s, &is_authority));
    days = (expires_s - sl_clock_wall_us() / 1000000) / 86400;
    EXPECT(days >= 7 && days <= 10);
    EXPECT(!is_authority);
    EXPECT_EQ(SL_OK, sl_tls_certificate_read(certs_ca_path(c).p, &expires_s, &is_authority));
    EXPECT(is_authority);
    EXPECT_EQ(SL_E_NOTFOUND, sl_tls_certificate_read(own.key_path.p, &expires_s, &is_authority));
    EXPECT_EQ(SL_E_NOTFOUND, sl_tls_certificate_read("/no/such", &expires_s, &is_authority));
    certs_free(c);
}
