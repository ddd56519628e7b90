#include "codec/url.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "tests/test.h"

TEST(url, a_url_is_taken_apart)
{
    struct sl_url u;
    const char *why = NULL;
    EXPECT_EQ(SL_OK, sl_url_parse(SL_STR("HTTPS://Ex.org:8443/v1/a?b=c"), &u, &why));
    EXPECT_STR("https", u.scheme);
    EXPECT_STR("Ex.org", u.host);
    EXPECT_EQ(8443, u.port);
    EXPECT_STR("/v1/a", u.path);
    EXPECT(u.has_query);
    EXPECT_STR("b=c", u.query);

    EXPECT_EQ(SL_OK, sl_url_parse(SL_STR("http://[::1]:80"), &u, &why));
    EXPECT_STR("::1", u.host);
    EXPECT(u.is_ipv6);
    EXPECT_EQ(0, u.path.n);
    EXPECT(!u.has_query);

    EXPECT_EQ(SL_OK, sl_url_parse(SL_STR("http://a?"), &u, &why));
    EXPECT(u.has_query);
    EXPECT_EQ(0, u.query.n);
}

TEST(url, the_port_follows_the_scheme)
{
    struct sl_url u;
    const char *why;
    EXPECT_EQ(SL_OK, sl_url_parse(SL_STR("http://a"), &u, &why));
    EXPECT_EQ(80, sl_url_port(&u));
    EXPECT_EQ(SL_OK, sl_url_parse(SL_STR("https://a"), &u, &why));
    EXPECT_EQ(443, sl_url_port(&u));
    EXPECT_EQ(SL_OK, sl_url_parse(SL_STR("https://a:80"), &u, &why));
    EXPECT_EQ(80, sl_url_port(&u));
}

TEST(url, malformed_urls_are_refused_with_a_reason)
{
    static const sl_str texts[] = {
        SL_STR_INIT(""),
        SL_STR_INIT("a.example"),
        SL_STR_INIT("ftp://a"),
        SL_STR_INIT("http:a"),
        SL_STR_INIT("http:/a"),
        SL_STR_INIT("http://"),
        SL_STR_INIT("http:///a"),
        SL_STR_INIT("http://u@a"),
        SL_STR_INIT("http://u:p@a"),
        SL_STR_INIT("http://a#b"),
        SL_STR_INIT("http://a b"),
        SL_STR_INIT("http://a:0"),
        SL_STR_INIT("http://a:65536"),
        SL_STR_INIT("http://a:1x"),
        SL_STR_INIT("http://[::1"),
        SL_STR_INIT("http://[1.2.3.4]"),
        SL_STR_INIT("http://a/\xc3\xa4"),
        SL_STR_INIT("http://a/\n"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        struct sl_url u;
        const char *why = NULL;
        EXPECT_EQ(SL_E_SYNTAX, sl_url_parse(texts[i], &u, &why));
        EXPECT(why != NULL);
    }
}

TEST(url, authorities_are_split)
{
    static const struct {
        sl_str text;
        const char *host;
        uint16_t port;
    } rows[] = {
        {SL_STR_INIT("a"), "a", 0},
        {SL_STR_INIT("A.b-c_d~e.:65535"), "A.b-c_d~e.", 65535},
        {SL_STR_INIT("1.2.3.4:1"), "1.2.3.4", 1},
        {SL_STR_INIT("[::ffff:1.2.3.4]"), "::ffff:1.2.3.4", 0},
        {SL_STR_INIT("[fe80::1]:443"), "fe80::1", 443},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_str host;
        uint16_t port;
        EXPECT(sl_authority_split(rows[i].text, &host, &port));
        EXPECT_STR(rows[i].host, host);
        EXPECT_EQ(rows[i].port, port);
    }
}

TEST(url, malformed_authorities_are_refused)
{
    static const sl_str texts[] = {
        SL_STR_INIT(""),        SL_STR_INIT(":80"),
        SL_STR_INIT("a:"),      SL_STR_INIT("a:0"),
        SL_STR_INIT("a:1:2"),   SL_STR_INIT("a:+1"),
        SL_STR_INIT("a:99999"), SL_STR_INIT("a:000080"),
        SL_STR_INIT("u@a"),     SL_STR_INIT("a,b"),
        SL_STR_INIT("a b"),     SL_STR_INIT("a%41"),
        SL_STR_INIT("a/b"),     SL_STR_INIT("::1"),
        SL_STR_INIT("[]"),      SL_STR_INIT("[:"),
        SL_STR_INIT("[::1"),    SL_STR_INIT("[::1]x"),
        SL_STR_INIT("[::1]:"),  SL_STR_INIT("[fe80::1%25eth0]"),
        SL_STR_INIT("a\\b"),    SL_STR_INIT("\xc3\xa4"),
        SL_STR_INIT("a\0b"),    SL_STR_INIT("[::1\0]"),
    };
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        sl_str host;
        uint16_t port;
        if (sl_authority_split(texts[i], &host, &port))
            fail_msg("taken: %.*s", SL_STRF(texts[i]));
    }
}

TEST(url, a_host_is_at_most_255_bytes)
{
    char text[256];
    sl_str host;
    uint16_t port;
    memset(text, 'a', sizeof(text));
    EXPECT(sl_authority_split(sl_str_of(text, 255), &host, &port));
    EXPECT(!sl_authority_split(sl_str_of(text, 256), &host, &port));
}

/* Case 31: paths */

static const struct {
    sl_str path;
    const char *want; /* normalised; NULL: refused */
} paths[] = {
    {SL_STR_INIT("/"), "/"},
    {SL_STR_INIT("*"), "*"},
    {SL_STR_INIT("/a/b.c-d_e~f"), "/a/b.c-d_e~f"},
    {SL_STR_INIT("/a/"), "/a/"},
    {SL_STR_INIT("/%7Ea%41%2d"), "/~aA-"},
    {SL_STR_INIT("/%c3%a4"), "/%C3%A4"},
    {SL_STR_INIT("/a%20b%3a"), "/a%20b%3A"},
    {SL_STR_INIT("//"), "/"},
    {SL_STR_INIT("//a///b//"), "/a/b/"},
    {SL_STR_INIT("/./a/./b/."), "/a/b/"},
    {SL_STR_INIT("/a/../b"), "/b"},
    {SL_STR_INIT("/a/b/.."), "/a/"},
    {SL_STR_INIT("/a/.."), "/"},
    {SL_STR_INIT("/a/b/../../c"), "/c"},
    {SL_STR_INIT("/a//../b"), "/b"},
    {SL_STR_INIT("/a/%2e%2e/b"), "/b"},
    {SL_STR_INIT("/a/.%2E/b"), "/b"},
    {SL_STR_INIT("/a/%2e/b"), "/a/b"},
    {SL_STR_INIT("/a/..;/b"), "/b"},
    {SL_STR_INIT("/a/..;x=y/b"), "/b"},
    {SL_STR_INIT("/a/%2e%2e%3b/b"), "/b"},
    {SL_STR_INIT("/a/.;x/b"), "/a/b"},
    {SL_STR_INIT("/;x/admin"), "/admin"},
    {SL_STR_INIT("/a;x=1/b;y"), "/a;x=1/b;y"},
    {SL_STR_INIT("/.../..a/a../.a"), "/.../..a/a../.a"},
    {SL_STR_INIT("/a%2fb%2F"), "/a%2Fb%2F"},
    {SL_STR_INIT("/%252e%252e/a"), "/%252e%252e/a"},
    {SL_STR_INIT("/%25%32%65"), "/%252e"},
    {SL_STR_INIT("/%f0%9f%98%80"), "/%F0%9F%98%80"},
    {SL_STR_INIT("/.."), NULL},
    {SL_STR_INIT("/../a"), NULL},
    {SL_STR_INIT("/a/../../b"), NULL},
    {SL_STR_INIT("/%2e%2e/a"), NULL},
    {SL_STR_INIT("/..;/a"), NULL},
    {SL_STR_INIT("/a/..%2fb"), NULL},
    {SL_STR_INIT("/a/b%2f.."), NULL},
    {SL_STR_INIT("/a/b%2F%2e%2Fc"), NULL},
    {SL_STR_INIT("/a/..;%2fb"), NULL},
    {SL_STR_INIT("/a\\b"), NULL},
    {SL_STR_INIT("/a%5cb"), NULL},
    {SL_STR_INIT("/a%5Cb"), NULL},
    {SL_STR_INIT("/%00"), NULL},
    {SL_STR_INIT("/%0a"), NULL},
    {SL_STR_INIT("/%0D%0A"), NULL},
    {SL_STR_INIT("/%1f"), NULL},
    {SL_STR_INIT("/%7f"), NULL},
    {SL_STR_INIT("/a\0b"), NULL},
    {SL_STR_INIT("/a\tb"), NULL},
    {SL_STR_INIT("/a b"), NULL},
    {SL_STR_INIT("/%zz"), NULL},
    {SL_STR_INIT("/%"), NULL},
    {SL_STR_INIT("/%4"), NULL},
    {SL_STR_INIT("/%%41"), NULL},
    {SL_STR_INIT("/%4%31"), NULL},
    {SL_STR_INIT("/%u0041"), NULL},
    {SL_STR_INIT("/%c0%af"), NULL},
    {SL_STR_INIT("/%c0%ae%c0%ae/"), NULL},
    {SL_STR_INIT("/%e0%80%af"), NULL},
    {SL_STR_INIT("/%ed%a0%80"), NULL},
    {SL_STR_INIT("/%c3"), NULL},
    {SL_STR_INIT("/%c3a"), NULL},
    {SL_STR_INIT("/%80"), NULL},
    {SL_STR_INIT("/%ff"), NULL},
    {SL_STR_INIT("/\xc3\xa4"), NULL},
    {SL_STR_INIT("/a?b"), NULL},
    {SL_STR_INIT("/a#b"), NULL},
    {SL_STR_INIT("a"), NULL},
    {SL_STR_INIT(""), NULL},
};

static sl_rc normalise(sl_str path, enum sl_path_mode mode, struct sl_arena *a, sl_str *ret)
{
    const char *why = NULL;
    sl_rc rc = sl_path_normalise(path, mode, a, ret, &why);
    EXPECT((rc == SL_OK) == (why == NULL));
    EXPECT(rc == SL_OK || rc == SL_E_BAD_REQUEST);
    return rc;
}

TEST(url, case_31_paths_are_normalised_or_refused)
{
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_KIB(4));
        sl_str got = {NULL, 0};
        sl_rc rc = normalise(paths[i].path, SL_PATH_NORMALISE, a, &got);
        if ((rc == SL_OK) != (paths[i].want != NULL))
            fail_msg("%.*s: got %d %.*s", SL_STRF(paths[i].path), rc, SL_STRF(got));
        if (rc == SL_OK)
            EXPECT_STR(paths[i].want, got);
        sl_arena_free(a);
    }
}

TEST(url, case_31_normalising_twice_changes_nothing_and_takes_no_memory)
{
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_KIB(4));
        sl_str once, twice;
        if (normalise(paths[i].path, SL_PATH_NORMALISE, a, &once) == SL_OK) {
            size_t used = sl_arena_used(a);
            EXPECT_EQ(SL_OK, normalise(once, SL_PATH_NORMALISE, a, &twice));
            EXPECT(twice.p == once.p && twice.n == once.n);
            EXPECT_EQ(used, sl_arena_used(a));
        }
        sl_arena_free(a);
    }
}

TEST(url, case_31_reject_takes_exactly_what_is_normal_already)
{
    for (size_t i = 0; i < SL_LEN(paths); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_KIB(4));
        sl_str got;
        bool is_normal = paths[i].want != NULL && sl_str_eq(paths[i].path, sl_cstr(paths[i].want));
        EXPECT_EQ(is_normal ? SL_OK : SL_E_BAD_REQUEST,
                  normalise(paths[i].path, SL_PATH_REJECT, a, &got));
        sl_arena_free(a);
    }
}

TEST(url, case_31_preserve_keeps_the_bytes_but_refuses_dot_segments)
{
    static const struct {
        sl_str path;
        bool is_taken;
    } rows[] = {
        {SL_STR_INIT("/a//b/%7e%2f"), true}, {SL_STR_INIT("/%c3%a4;x"), true},
        {SL_STR_INIT("/a/./b"), false},      {SL_STR_INIT("/a/../b"), false},
        {SL_STR_INIT("/a/%2e%2e/b"), false}, {SL_STR_INIT("/a/..;x/b"), false},
        {SL_STR_INIT("/%zz"), false},        {SL_STR_INIT("/%00"), false},
        {SL_STR_INIT("/a%5cb"), false},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_arena *a = sl_arena_new("test", SL_KIB(4));
        sl_str got = {NULL, 0};
        sl_rc rc = normalise(rows[i].path, SL_PATH_PRESERVE, a, &got);
        EXPECT_EQ(rows[i].is_taken ? SL_OK : SL_E_BAD_REQUEST, rc);
        EXPECT(!rows[i].is_taken || got.p == rows[i].path.p);
        sl_arena_free(a);
    }
}

TEST(url, case_31_the_prefix_of_a_preserved_path_is_found_as_it_was_written)
{
    static const struct {
        sl_str path;
        size_t normal_bytes; /* of its normal form */
        sl_str rest;
    } rows[] = {
        {SL_STR_INIT("/api/x"), 0, SL_STR_INIT("/api/x")},
        {SL_STR_INIT("/api/x"), 4, SL_STR_INIT("/x")},
        {SL_STR_INIT("/%61pi/x"), 4, SL_STR_INIT("/x")},
        {SL_STR_INIT("//api//x//y"), 4, SL_STR_INIT("//x//y")},
        {SL_STR_INIT("/;v=1/api/x"), 4, SL_STR_INIT("/x")},
        {SL_STR_INIT("/%3bv/api/x"), 4, SL_STR_INIT("/x")},
        {SL_STR_INIT("/a%2fb/x"), 6, SL_STR_INIT("/x")},  /* "/a%2Fb" */
        {SL_STR_INIT("/;a%2fb/x"), 7, SL_STR_INIT("/x")}, /* no empty segment */
        {SL_STR_INIT("/%7e%c3%a4/x"), 8, SL_STR_INIT("/x")},
        {SL_STR_INIT("/a/b/x"), 4, SL_STR_INIT("/x")},
        {SL_STR_INIT("/a//b/x"), 4, SL_STR_INIT("/x")},
        {SL_STR_INIT("/api"), 4, SL_STR_INIT("")},
        {SL_STR_INIT("/api//"), 5, SL_STR_INIT("")},              /* "/api/" */
        {SL_STR_INIT("//;p"), 1, SL_STR_INIT("")},                /* "/" */
        {SL_STR_INIT("/v%31-rest/x"), 3, SL_STR_INIT("-rest/x")}, /* a regular expression's end */
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        size_t n = sl_path_preserved_head(rows[i].path, rows[i].normal_bytes);
        EXPECT_STR(rows[i].rest.p, sl_str_from(rows[i].path, n));
    }
}

TEST(url, a_path_beyond_the_limit_of_the_arena_is_no_crash)
{
    struct sl_arena *a = sl_arena_new("test", 1);
    sl_str got;
    const char *why;
    EXPECT_EQ(SL_E_NOMEM, sl_path_normalise(SL_STR("/%41"), SL_PATH_NORMALISE, a, &got, &why));
    EXPECT_EQ(SL_E_NOMEM, sl_path_normalise(SL_STR("/a//"), SL_PATH_NORMALISE, a, &got, &why));
    EXPECT_EQ(SL_OK, sl_path_normalise(SL_STR("/a/b%20"), SL_PATH_NORMALISE, a, &got, &why));
    sl_arena_free(a);
}

TEST(url, the_first_query_parameter_of_a_name_is_found)
{
    sl_str query = SL_STR("a=1&b&c=&a=2&d=x=y&=z"), value;
    EXPECT(sl_query_get(query, SL_STR("a"), &value));
    EXPECT_STR("1", value);
    EXPECT(sl_query_get(query, SL_STR("b"), &value));
    EXPECT_STR("", value);
    EXPECT(sl_query_get(query, SL_STR("c"), &value));
    EXPECT_STR("", value);
    EXPECT(sl_query_get(query, SL_STR("d"), &value));
    EXPECT_STR("x=y", value);
    EXPECT(!sl_query_get(query, SL_STR("A"), &value));
    EXPECT(!sl_query_get(query, SL_STR("x"), &value));
    EXPECT(!sl_query_get((sl_str){NULL, 0}, SL_STR("a"), &value));
}
