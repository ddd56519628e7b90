#include "base/str.h"
#include "base/strbuf.h"
#include "base/enc.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"
#include "tests/unit/net/certs.h"

struct world {
    struct bench b;
    struct certs *certs;
};

static void setup(struct world *w)
{
    bench_init(&w->b);
    bench_header(&w->b, "if-match", SL_STR("*"));
    w->certs = certs_new();
}

static void teardown(struct world *w)
{
    certs_free(w->certs);
    bench_fini(&w->b);
}

static void add_text(struct sl_strbuf *body, const char *member, sl_str text)
{
    sl_strbuf_addf(body, "%s\"%s\":", body->n > 1 ? "," : "", member);
    sl_enc_json(body, text);
}

/* A body with the members that are given. */
static const char *body_of(struct world *w, const char *name, sl_str certificate, sl_str key)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, w->b.a, 0);
    sl_strbuf_add_char(&b, '{');
    if (name != NULL)
        add_text(&b, "name", sl_cstr(name));
    if (certificate.n != 0)
        add_text(&b, "certificate", certificate);
    if (key.n != 0)
        add_text(&b, "private_key", key);
    sl_strbuf_add_char(&b, '}');
    return sl_fmt(w->b.a, "%.*s", SL_STRF(sl_strbuf_str(&b))).p;
}

/* Of a PEM text: its second line, which begins within what no other has. */
static sl_str line_of(sl_str pem)
{
    size_t begin = sl_str_find(pem, '\n', sl_str_find(pem, '\n', 0) + 1) + 1;
    return sl_str_head(sl_str_from(pem, begin), 40);
}

static bool has(sl_str text, sl_str needle)
{
    return sl_str_find_str(text, needle) != SIZE_MAX;
}

TEST(certificate, is_created_with_what_it_says_of_itself_and_its_key_is_shown_to_nobody)
{
    struct world w;
    setup(&w);
    struct cert_files f = certs_issue(w.certs, "DNS:shop.example,DNS:*.shop.example", 90);
    sl_str cert = certs_text(w.certs, f.cert_path), key = certs_text(w.certs, f.key_path);
    const struct sl_node *n =
        bench_want(&w.b, 201, "POST", "/api/v1/certificates", body_of(&w, "shop", cert, key));
    EXPECT_STR("valid", bench_text(n, "status.validity"));
    EXPECT_STR("CN=Test", bench_text(n, "status.subject"));
    EXPECT_STR("EC P-256", bench_text(n, "status.key_type"));
    EXPECT_STR("1", bench_text(n, "status.chain"));
    EXPECT(bench_text(n, "status.not_after").n != 0);
    EXPECT(has(w.b.document, line_of(cert)));
    EXPECT(has(sl_tree_json(n, w.b.a), line_of(cert)));
    EXPECT(!has(sl_tree_json(n, w.b.a), line_of(key)));
    static const char *const places[] = {"/api/v1/certificates", "/api/v1/certificates/shop",
                                         "/api/v1/audit", "/api/v1/export"};
    for (size_t i = 0; i < SL_LEN(places); i++) {
        struct sl_api_answer a = bench_call(&w.b, "GET", places[i], NULL);
        EXPECT_EQ(200, a.status);
        EXPECT(has(a.body, SL_STR("shop")));
        EXPECT(!has(a.body, line_of(key)));
    }
    teardown(&w);
}

TEST(certificate, what_is_wrong_names_the_member)
{
    struct world w;
    setup(&w);
    struct cert_files f = certs_issue(w.certs, "DNS:a.example", 90),
                      other = certs_issue(w.certs, "DNS:b.example", 90);
    sl_str cert = certs_text(w.certs, f.cert_path), key = certs_text(w.certs, f.key_path),
           other_key = certs_text(w.certs, other.key_path);
    const struct {
        sl_str certificate, key;
        const char *pointer;
    } rows[] = {
        {cert, other_key, "/private_key"},         {SL_STR("nothing"), key, "/certificate"},
        {cert, SL_STR("nothing"), "/private_key"}, {cert, (sl_str){0}, "/private_key"},
        {(sl_str){0}, key, "/certificate"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *n = bench_want(&w.b, 422, "POST", "/api/v1/certificates",
                                             body_of(&w, "a", rows[i].certificate, rows[i].key));
        EXPECT_STR(rows[i].pointer,
                   sl_tree_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
        EXPECT(!has(sl_tree_json(n, w.b.a), line_of(other_key)));
    }
    EXPECT_EQ(0, w.b.published);
    teardown(&w);
}

TEST(certificate, one_that_has_expired_is_taken_and_says_so)
{
    static const struct {
        int days;
        const char *validity;
    } rows[] = {{1, "expired"}, {20, "expires_soon"}, {40, "valid"}}; /* from two days ago */
    struct world w;
    setup(&w);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct cert_files f = certs_issue(w.certs, "DNS:a.example", rows[i].days);
        const struct sl_node *n =
            bench_want(&w.b, 201, "POST", "/api/v1/certificates",
                       body_of(&w, rows[i].validity, certs_text(w.certs, f.cert_path),
                               certs_text(w.certs, f.key_path)));
        EXPECT_STR(rows[i].validity, bench_text(n, "status.validity"));
    }
    teardown(&w);
}

TEST(certificate, is_renewed_with_another_key_and_not_with_the_key_of_the_one_before)
{
    struct world w;
    setup(&w);
    struct cert_files old = certs_issue(w.certs, "DNS:a.example", 20),
                      new = certs_issue(w.certs, "DNS:a.example", 90);
    sl_str cert = certs_text(w.certs, new.cert_path), key = certs_text(w.certs, new.key_path);
    (void)bench_want(
        &w.b, 201, "POST", "/api/v1/certificates",
        body_of(&w, "a", certs_text(w.certs, old.cert_path), certs_text(w.certs, old.key_path)));
    (void)bench_want(&w.b, 422, "PATCH", "/api/v1/certificates/a",
                     body_of(&w, NULL, cert, (sl_str){0}));
    EXPECT(!has(w.b.document, line_of(key)));
    const struct sl_node *n =
        bench_want(&w.b, 200, "PATCH", "/api/v1/certificates/a", body_of(&w, NULL, cert, key));
    EXPECT_STR("valid", bench_text(n, "status.validity"));
    EXPECT(has(w.b.document, line_of(key)));
    n = bench_want(&w.b, 200, "PATCH", "/api/v1/certificates/a", /* the key stays */
                   "{\"server_names\":[\"a.example\"]}");
    EXPECT(has(w.b.document, line_of(key)));
    (void)bench_want(&w.b, 422, "PATCH", "/api/v1/certificates/a",
                     "{\"server_names\":[\"b.example\"]}");
    teardown(&w);
}
