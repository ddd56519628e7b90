#include "net/stream.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/ends.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUF = 4096, BIG_BYTES = 3 << 20, DAYS = 30 };

struct world {
    struct certs *certs;
    struct sl_arena *arena;
    struct sl_diag diag;
    struct sl_tls_identity ids[3];
    struct sl_strs plain_hosts;
    struct sl_tls_server_config server_config;
    struct sl_tls_client_config client_config;
    struct sl_tls_server *server;
    struct sl_tls_client *client;
    struct ends ends;
    enum sl_io client_io, server_io;
};

static struct sl_tls_identity identity(struct world *w, const char *names)
{
    struct cert_files f = certs_issue(w->certs, names, DAYS);
    return (struct sl_tls_identity){.cert_path = f.cert_path, .key_path = f.key_path};
}

static void setup(struct world *w)
{
    *w = (struct world){.certs = certs_new(), .arena = sl_arena_new("test", SL_MIB(1))};
    sl_diag_init(&w->diag, w->arena);
    w->ids[0] = identity(w, "DNS:first.example,IP:127.0.0.1");
    w->ids[1] = identity(w, "DNS:*.wild.example");
    w->ids[2] = identity(w, "DNS:exact.wild.example");
    w->server_config = (struct sl_tls_server_config){
        .identities = w->ids, .identity_count = 3, .is_tls12_allowed = true};
    w->client_config = (struct sl_tls_client_config){.ca_path = certs_ca_path(w->certs)};
}

static void make_contexts(struct world *w)
{
    EXPECT_EQ(SL_OK, sl_tls_server_new(&w->server_config, &w->server, &w->diag));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&w->client_config, &w->client, &w->diag));
}

static void meet(struct world *w, const char *name)
{
    ends_open(&w->ends, w->server, w->client, name);
    ends_handshake(&w->ends, &w->client_io, &w->server_io);
}

static void teardown(struct world *w)
{
    sl_tls_server_unref(w->server);
    sl_tls_client_unref(w->client);
    sl_arena_free(w->arena);
    certs_free(w->certs);
}

static struct sl_tls *server_tls(struct world *w)
{
    return w->ends.server.stream.tls;
}

static struct sl_tls *client_tls(struct world *w)
{
    return w->ends.client.stream.tls;
}

/* A message there and back: afterwards the client has the session tickets. */
static void chat(struct world *w)
{
    char buf[BUF];
    size_t n;
    EXPECT_EQ(SL_IO_OK, end_write(&w->ends, &w->ends.client, SL_STR("ping")));
    EXPECT_EQ(SL_IO_OK, end_read(&w->ends, &w->ends.server, buf, sizeof(buf), &n));
    EXPECT_STR("ping", sl_str_of(buf, n));
    EXPECT_EQ(SL_IO_OK, end_write(&w->ends, &w->ends.server, SL_STR("pong")));
    EXPECT_EQ(SL_IO_OK, end_read(&w->ends, &w->ends.client, buf, sizeof(buf), &n));
    EXPECT_STR("pong", sl_str_of(buf, n));
}

TEST(tls, a_handshake_agrees_on_version_protocol_and_name)
{
    struct world w;
    setup(&w);
    make_contexts(&w);
    meet(&w, "first.example");
    EXPECT_EQ(SL_IO_OK, w.client_io);
    EXPECT_EQ(SL_IO_OK, w.server_io);
    EXPECT_STR("TLSv1.3", sl_tls_version(server_tls(&w)));
    EXPECT_STR("http/1.1", sl_tls_alpn(server_tls(&w)));
    EXPECT_STR("http/1.1", sl_tls_alpn(client_tls(&w)));
    EXPECT_STR("first.example", sl_tls_sni(server_tls(&w)));
    chat(&w);
    EXPECT(!sl_stream_may_read(&w.ends.server.stream));
    ends_close(&w.ends);
    teardown(&w);
}

TEST(tls, the_certificate_is_chosen_by_server_name)
{
    static const struct {
        const char *name;
        const char *serves, *serves_not;
    } rows[] = {
        {"first.example", "first.example", "a.wild.example"},
        {"FIRST.example.", "First.Example", "exact.wild.example"},
        {"a.wild.example", "b.wild.example", "first.example"},
        {"exact.wild.example", "exact.wild.example", "b.wild.example"},
        {"127.0.0.1", "127.0.0.1", "127.0.0.2"},
        {"127.0.0.1", "first.example.", "b.wild.example"},
    };
    struct world w;
    setup(&w);
    make_contexts(&w);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        meet(&w, rows[i].name);
        EXPECT_EQ(SL_IO_OK, w.client_io);
        EXPECT(sl_tls_serves(server_tls(&w), sl_cstr(rows[i].serves)));
        EXPECT(!sl_tls_serves(server_tls(&w), sl_cstr(rows[i].serves_not)));
        ends_close(&w.ends);
    }
    teardown(&w);
}

TEST(tls, configured_hosts_replace_those_of_the_certificate)
{
    struct world w;
    sl_str hosts[] = {SL_STR_INIT("*.configured.example")};
    setup(&w);
    w.ids[1].hosts = (struct sl_strs){hosts, 1};
    w.client_config.skips_verification = true;
    make_contexts(&w);
    meet(&w, "a.configured.example");
    EXPECT_EQ(SL_IO_OK, w.server_io);
    EXPECT(sl_tls_serves(server_tls(&w), SL_STR("b.configured.example")));
    EXPECT(!sl_tls_serves(server_tls(&w), SL_STR("a.b.configured.example")));
    EXPECT(!sl_tls_serves(server_tls(&w), SL_STR("configured.example")));
    EXPECT(!sl_tls_serves(server_tls(&w), SL_STR("a.wild.example")));
    ends_close(&w.ends);
    teardown(&w);
}

static void expect_refused(struct world *w, const char *name, const char *why)
{
    meet(w, name);
    EXPECT_EQ(SL_IO_ERROR, w->client_io);
    EXPECT_EQ(0, w->ends.client.stream.error);
    EXPECT_STR(why, sl_cstr(sl_tls_error(client_tls(w))));
    ends_close(&w->ends);
}

TEST(tls, a_name_that_the_certificate_lacks_is_refused)
{
    struct world w;
    setup(&w);
    make_contexts(&w);
    expect_refused(&w, "other.example", "hostname mismatch");
    expect_refused(&w, "a.b.wild.example", "hostname mismatch");
    expect_refused(&w, "127.0.0.2", "IP address mismatch");
    teardown(&w);
}

TEST(tls, an_unknown_authority_is_refused)
{
    struct world w;
    struct certs *others = certs_new();
    setup(&w);
    w.client_config.ca_path = certs_ca_path(others);
    make_contexts(&w);
    expect_refused(&w, "first.example", "unable to get local issuer certificate");
    teardown(&w);
    certs_free(others);
}

TEST(tls, verification_is_on_unless_it_is_skipped)
{
    struct world w;
    setup(&w);
    w.client_config.ca_path = (sl_str){NULL, 0};
    make_contexts(&w);
    expect_refused(&w, "first.example", "unable to get local issuer certificate");
    sl_tls_client_unref(w.client);
    w.client_config.skips_verification = true;
    EXPECT_EQ(SL_OK, sl_tls_client_new(&w.client_config, &w.client, &w.diag));
    meet(&w, "whatever.example");
    EXPECT_EQ(SL_IO_OK, w.client_io);
    ends_close(&w.ends);
    teardown(&w);
}

TEST(tls, an_expired_certificate_is_refused)
{
    struct world w;
    setup(&w);
    struct cert_files f = certs_issue(w.certs, "DNS:first.example", 0);
    w.ids[0].cert_path = f.cert_path;
    w.ids[0].key_path = f.key_path;
    make_contexts(&w);
    expect_refused(&w, "first.example", "certificate has expired");
    teardown(&w);
}

TEST(tls, sessions_are_reused_per_name)
{
    struct world w;
    setup(&w);
    make_contexts(&w);
    meet(&w, "first.example");
    EXPECT(!sl_tls_was_resumed(client_tls(&w)));
    chat(&w);
    ends_close(&w.ends);
    meet(&w, "first.example");
    EXPECT(sl_tls_was_resumed(client_tls(&w)));
    EXPECT(sl_tls_serves(server_tls(&w), SL_STR("first.example")));
    chat(&w);
    ends_close(&w.ends);
    meet(&w, "a.wild.example");
    EXPECT(!sl_tls_was_resumed(client_tls(&w)));
    EXPECT_EQ(SL_IO_OK, w.client_io);
    ends_close(&w.ends);
    teardown(&w);
}

TEST(tls, a_session_does_not_open_a_server_that_asks_for_a_client_certificate)
{
    struct world w;
    char buf[BUF];
    size_t n;
    setup(&w);
    make_contexts(&w);
    meet(&w, "first.example");
    chat(&w);
    ends_close(&w.ends);
    sl_tls_server_unref(w.server);

    w.server_config.client_ca_path = certs_ca_path(w.certs);
    w.server_config.requires_client_cert = true;
    EXPECT_EQ(SL_OK, sl_tls_server_new(&w.server_config, &w.server, &w.diag));
    meet(&w, "first.example");
    EXPECT(!sl_tls_was_resumed(client_tls(&w)));
    EXPECT_EQ(SL_IO_ERROR, w.server_io);
    EXPECT_STR("peer did not return a certificate", sl_cstr(sl_tls_error(server_tls(&w))));
    EXPECT_EQ(SL_IO_ERROR, end_read(&w.ends, &w.ends.client, buf, sizeof(buf), &n));
    ends_close(&w.ends);
    teardown(&w);
}

TEST(tls, a_client_certificate_of_the_right_authority_is_taken)
{
    struct world w;
    setup(&w);
    struct cert_files f = certs_issue(w.certs, "DNS:client.example", DAYS);
    w.server_config.client_ca_path = certs_ca_path(w.certs);
    w.server_config.requires_client_cert = true;
    w.client_config.cert_path = f.cert_path;
    w.client_config.key_path = f.key_path;
    make_contexts(&w);
    for (int i = 0; i < 2; i++) {
        meet(&w, "first.example");
        EXPECT_EQ(SL_IO_OK, w.server_io);
        chat(&w);
        EXPECT_EQ(i == 1, sl_tls_was_resumed(server_tls(&w)));
        ends_close(&w.ends);
    }
    teardown(&w);
}

TEST(tls, an_end_with_close_notify_is_an_end_and_without_it_an_error)
{
    struct world w;
    char buf[BUF];
    size_t n;
    setup(&w);
    make_contexts(&w);

    meet(&w, "first.example");
    chat(&w);
    sl_stream_shutdown(&w.ends.client.stream);
    EXPECT_EQ(SL_IO_EOF, end_read(&w.ends, &w.ends.server, buf, sizeof(buf), &n));
    EXPECT_EQ(SL_IO_OK, end_write(&w.ends, &w.ends.server, SL_STR("late"))); /* half-closed */
    EXPECT_EQ(SL_IO_OK, end_read(&w.ends, &w.ends.client, buf, sizeof(buf), &n));
    ends_close(&w.ends);

    meet(&w, "first.example");
    chat(&w);
    shutdown(w.ends.client.stream.watch.fd, SHUT_WR);
    EXPECT_EQ(SL_IO_ERROR, end_read(&w.ends, &w.ends.server, buf, sizeof(buf), &n));
    EXPECT_EQ(0, w.ends.server.stream.error);
    EXPECT_STR("unexpected eof while reading", sl_cstr(sl_tls_error(server_tls(&w))));
    ends_close(&w.ends);
    teardown(&w);
}

TEST(tls, a_broken_handshake_of_a_port_scanner_is_an_error)
{
    struct world w;
    struct ends *e = &w.ends;
    setup(&w);
    make_contexts(&w);
    ends_open(e, w.server, NULL, NULL);
    EXPECT_EQ(SL_IO_OK, end_write(e, &e->client, SL_STR("GET / HTTP/1.1\r\n\r\n")));
    ends_handshake(e, &w.client_io, &w.server_io);
    EXPECT_EQ(SL_IO_ERROR, w.server_io);
    EXPECT_STR("http request", sl_cstr(sl_tls_error(server_tls(&w))));
    ends_close(e);
    teardown(&w);
}

/* Slices of all sizes, so that both ways of making records are taken. */
static void fill(struct sl_chain *q, const char *bytes, size_t n)
{
    static const size_t sizes[] = {1, 7, 100, 5000, 3, 40000, 4096, 4095, 16384, 20};
    for (size_t at = 0, i = 0; at < n; i++) {
        size_t part = SL_MIN(sizes[i % SL_LEN(sizes)], n - at);
        sl_chain_add_static(q, sl_str_of(bytes + at, part));
        at += part;
    }
}

TEST(tls, a_flood_arrives_whole_through_a_socket_that_fills_up)
{
    struct world w;
    struct sl_chain q;
    char *bytes = sl_calloc(BIG_BYTES, 1), *got = sl_calloc(BIG_BYTES, 1);
    size_t at = 0, n;
    int waits = 0;
    for (size_t i = 0; i < BIG_BYTES; i++)
        bytes[i] = (char)(i * 31 + i / 251);
    setup(&w);
    make_contexts(&w);
    meet(&w, "first.example");
    ends_narrow(&w.ends);
    sl_chain_init(&q, w.ends.pool);
    fill(&q, bytes, BIG_BYTES);
    while (at < BIG_BYTES) {
        enum sl_io io = sl_stream_write(&w.ends.client.stream, &q, 50000);
        EXPECT(io != SL_IO_ERROR);
        waits += io == SL_IO_WAIT;
        if (io == SL_IO_OK && q.bytes != 0)
            continue;
        EXPECT_EQ(SL_IO_OK, end_read(&w.ends, &w.ends.server, got + at, BIG_BYTES - at, &n));
        at += n;
        while (at < BIG_BYTES && sl_stream_may_read(&w.ends.server.stream) &&
               sl_stream_read(&w.ends.server.stream, got + at, BIG_BYTES - at, &n) == SL_IO_OK)
            at += n;
    }
    EXPECT(waits > 0);
    EXPECT_EQ(0, memcmp(bytes, got, BIG_BYTES));
    sl_chain_fini(&q);
    ends_close(&w.ends);
    teardown(&w);
    sl_free(bytes);
    sl_free(got);
}

/* A peer that our own client cannot play. `alpn` in wire form, or NULL. */
static SSL *foreign_client(SSL_CTX *ctx, int fd, int max_version, const char *alpn)
{
    SSL *ssl = SSL_new(ctx);
    SSL_set_max_proto_version(ssl, max_version);
    if (alpn != NULL)
        SSL_set_alpn_protos(ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    SSL_set_fd(ssl, fd);
    SSL_set_connect_state(ssl);
    return ssl;
}

static enum sl_io meet_foreign(struct ends *e, SSL *client)
{
    enum sl_io io = SL_IO_WAIT;
    for (int i = 0; i < 100 && io == SL_IO_WAIT; i++) {
        (void)SSL_do_handshake(client); /* the server's outcome counts */
        io = sl_stream_handshake(&e->server.stream);
        sl_loop_tick(e->loop, SL_MS(1));
    }
    return io;
}

TEST(tls, versions_and_protocols_of_foreign_clients_are_taken_only_when_allowed)
{
    static const struct {
        int max_version;
        const char *alpn;
        bool is_tls12_allowed, offers_h2;
        enum sl_io io;
        const char *version, *agreed;
    } rows[] = {
        {TLS1_2_VERSION, NULL, true, false, SL_IO_OK, "TLSv1.2", ""},
        {TLS1_2_VERSION, NULL, false, false, SL_IO_ERROR, "", ""},
        {TLS1_1_VERSION, NULL, true, false, SL_IO_ERROR, "", ""},
        {TLS1_3_VERSION, "\x08http/1.1\x02h2", true, true, SL_IO_OK, "TLSv1.3", "h2"},
        {TLS1_3_VERSION, "\x02h2\x08http/1.1", true, false, SL_IO_OK, "TLSv1.3", "http/1.1"},
        {TLS1_3_VERSION, "\x02h2", true, false, SL_IO_ERROR, "", ""},
        {TLS1_3_VERSION, "\x06spdy/9", true, true, SL_IO_ERROR, "", ""},
    };
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(ctx, 0); /* so that it offers TLS 1.1 */
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct world w;
        setup(&w);
        w.server_config.is_tls12_allowed = rows[i].is_tls12_allowed;
        w.server_config.offers_h2 = rows[i].offers_h2;
        make_contexts(&w);
        ends_open(&w.ends, w.server, NULL, NULL);
        SSL *client =
            foreign_client(ctx, w.ends.client.stream.watch.fd, rows[i].max_version, rows[i].alpn);
        EXPECT_EQ(rows[i].io, meet_foreign(&w.ends, client));
        EXPECT_STR(rows[i].version, sl_tls_version(server_tls(&w)));
        EXPECT_STR(rows[i].agreed, sl_tls_alpn(server_tls(&w)));
        SSL_free(client);
        ends_close(&w.ends);
        teardown(&w);
    }
    SSL_CTX_free(ctx);
}

TEST(tls, files_that_cannot_be_used_are_named_with_their_setting)
{
    struct world w;
    struct sl_tls_server *s;
    struct sl_tls_client *c;
    setup(&w);
    w.ids[0].cert_path = SL_STR("/nonexistent.crt");
    EXPECT_EQ(SL_E_CONFIG, sl_tls_server_new(&w.server_config, &s, &w.diag));
    EXPECT_STR("tls.cert", w.diag.problems[0].path);
    EXPECT(sl_str_find_str(w.diag.problems[0].message, SL_STR("/nonexistent.crt")) != SIZE_MAX);

    w.ids[0].cert_path = w.ids[1].cert_path;
    EXPECT_EQ(SL_E_CONFIG, sl_tls_server_new(&w.server_config, &s, &w.diag));
    EXPECT_STR("tls.key", w.diag.problems[1].path);

    w.ids[0].key_path = w.ids[1].key_path;
    w.server_config.client_ca_path = SL_STR("/dev/null");
    EXPECT_EQ(SL_E_CONFIG, sl_tls_server_new(&w.server_config, &s, &w.diag));
    EXPECT_STR("tls.client_ca", w.diag.problems[2].path);

    w.server_config.identity_count = 0;
    EXPECT_EQ(SL_E_CONFIG, sl_tls_server_new(&w.server_config, &s, &w.diag));

    w.client_config.ca_path = SL_STR("/nonexistent.pem");
    EXPECT_EQ(SL_E_CONFIG, sl_tls_client_new(&w.client_config, &c, &w.diag));
    EXPECT_STR("tls.ca", w.diag.problems[4].path);
    teardown(&w);
}

TEST(tls, a_name_that_cannot_be_one_gives_no_connection)
{
    static char long_name[300];
    struct world w;
    memset(long_name, 'a', sizeof(long_name));
    setup(&w);
    make_contexts(&w);
    EXPECT(sl_tls_connect(w.client, -1, SL_STR("")) == NULL);
    EXPECT(sl_tls_connect(w.client, -1, SL_STR("a\0b")) == NULL);
    EXPECT(sl_tls_connect(w.client, -1, sl_str_of(long_name, 256)) == NULL);
    teardown(&w);
}
