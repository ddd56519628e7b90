#include "codec/header.h"

#include "base/str.h"
#include "tests/test.h"

static struct sl_arena *arena(void)
{
    return sl_arena_new("test", SL_KIB(64));
}

TEST(header, every_row_is_found_by_its_name_in_any_case)
{
    for (int id = 1; id < SL_H_COUNT; id++) {
        sl_str name = sl_header_name((enum sl_header_id)id);
        char upper[64];
        for (size_t i = 0; i < name.n; i++)
            upper[i] = name.p[i] >= 'a' && name.p[i] <= 'z' ? (char)(name.p[i] - 32) : name.p[i];
        EXPECT_EQ(id, sl_header_id(name));
        EXPECT_EQ(id, sl_header_id((sl_str){upper, name.n}));
    }
}

TEST(header, a_name_that_differs_in_one_byte_has_no_id)
{
    for (int id = 1; id < SL_H_COUNT; id++) {
        sl_str name = sl_header_name((enum sl_header_id)id);
        for (size_t i = 0; i < name.n; i++) {
            char near[64];
            memcpy(near, name.p, name.n);
            near[i] = (char)(near[i] ^ 0x40);
            EXPECT(sl_header_id((sl_str){near, name.n}) != (enum sl_header_id)id);
            memcpy(near, name.p, name.n);
            near[i] = (char)(near[i] | 0x80);
            EXPECT_EQ(SL_H_OTHER, sl_header_id((sl_str){near, name.n}));
        }
    }
    EXPECT_EQ(SL_H_OTHER, sl_header_id(SL_STR("")));
    EXPECT_EQ(SL_H_OTHER, sl_header_id(SL_STR("h")));
    EXPECT_EQ(SL_H_OTHER, sl_header_id(SL_STR("keep\ralive")));
    EXPECT_EQ(SL_H_OTHER, sl_header_id(SL_STR("a-name-that-is-longer-than-any-known-one")));
}

TEST(header, methods_are_known_in_their_exact_spelling)
{
    EXPECT_EQ(SL_METHOD_GET, sl_method_of(SL_STR("GET")));
    EXPECT_EQ(SL_METHOD_HEAD, sl_method_of(SL_STR("HEAD")));
    EXPECT_EQ(SL_METHOD_POST, sl_method_of(SL_STR("POST")));
    EXPECT_EQ(SL_METHOD_PUT, sl_method_of(SL_STR("PUT")));
    EXPECT_EQ(SL_METHOD_DELETE, sl_method_of(SL_STR("DELETE")));
    EXPECT_EQ(SL_METHOD_PATCH, sl_method_of(SL_STR("PATCH")));
    EXPECT_EQ(SL_METHOD_OPTIONS, sl_method_of(SL_STR("OPTIONS")));
    EXPECT_EQ(SL_METHOD_CONNECT, sl_method_of(SL_STR("CONNECT")));
    EXPECT_EQ(SL_METHOD_TRACE, sl_method_of(SL_STR("TRACE")));
    EXPECT_EQ(SL_METHOD_OTHER, sl_method_of(SL_STR("get")));
    EXPECT_EQ(SL_METHOD_OTHER, sl_method_of(SL_STR("PROPFIND")));
    EXPECT_EQ(SL_METHOD_OTHER, sl_method_of(SL_STR("")));
}

TEST(header, safe_methods_are_idempotent_and_post_is_neither)
{
    EXPECT(sl_method_is_safe(SL_METHOD_GET) && sl_method_is_idempotent(SL_METHOD_GET));
    EXPECT(!sl_method_is_safe(SL_METHOD_PUT) && sl_method_is_idempotent(SL_METHOD_PUT));
    EXPECT(!sl_method_is_safe(SL_METHOD_DELETE) && sl_method_is_idempotent(SL_METHOD_DELETE));
    EXPECT(!sl_method_is_idempotent(SL_METHOD_POST));
    EXPECT(!sl_method_is_idempotent(SL_METHOD_PATCH));
    EXPECT(!sl_method_is_idempotent(SL_METHOD_CONNECT));
}

TEST(header, registered_statuses_have_their_phrase)
{
    EXPECT_STR("OK", sl_status_reason(200));
    EXPECT_STR("Too Many Requests", sl_status_reason(429));
    EXPECT_STR("", sl_status_reason(299));
}

TEST(header, set_replaces_all_fields_of_the_name_in_the_place_of_the_first)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add(&h, SL_STR("X-A"), SL_STR("1")));
    EXPECT(sl_headers_add(&h, SL_STR("x-b"), SL_STR("2")));
    EXPECT(sl_headers_add(&h, SL_STR("x-a"), SL_STR("3")));

    EXPECT(sl_headers_set(&h, SL_STR("x-A"), SL_STR("4")));
    EXPECT_EQ(2, h.n);
    EXPECT_STR("4", h.v[0].value);
    EXPECT(sl_headers_set_id(&h, SL_H_HOST, SL_STR("h")));
    EXPECT_STR("h", sl_headers_get_id(&h, SL_H_HOST));
    EXPECT_EQ(3, h.n);
    sl_arena_free(a);
}

TEST(header, removal_leaves_no_holes)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    for (int i = 0; i < 50; i++) {
        EXPECT(sl_headers_add(&h, SL_STR("X-Even"), SL_STR("0")));
        EXPECT(sl_headers_add_id(&h, SL_H_VIA, SL_STR("1")));
    }
    EXPECT_EQ(50, sl_headers_remove(&h, SL_STR("x-even")));
    EXPECT_EQ(50, h.n);
    EXPECT(sl_headers_find(&h, SL_STR("x-even")) == NULL);
    EXPECT(sl_headers_find(&h, SL_STR("Via")) == &h.v[0]);
    EXPECT_EQ(50, sl_headers_remove_id(&h, SL_H_VIA));
    EXPECT(sl_headers_get_id(&h, SL_H_VIA).p == NULL);
    sl_arena_free(a);
}

TEST(header, a_removed_name_is_found_again_when_it_is_added_again)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    for (int id = 1; id < SL_H_COUNT; id++)
        EXPECT(sl_headers_add_id(&h, (enum sl_header_id)id, SL_STR("1")));
    for (int id = 1; id < SL_H_COUNT; id++) {
        EXPECT_EQ(1, sl_headers_remove_id(&h, (enum sl_header_id)id));
        EXPECT_EQ(0, sl_headers_remove_id(&h, (enum sl_header_id)id));
        EXPECT(sl_headers_find_id(&h, (enum sl_header_id)id) == NULL);
        EXPECT(sl_headers_set_id(&h, (enum sl_header_id)id, SL_STR("2")));
        EXPECT_STR("2", sl_headers_get_id(&h, (enum sl_header_id)id));
    }
    EXPECT_EQ(SL_H_COUNT - 1, h.n);
    sl_arena_free(a);
}

TEST(header, removing_one_unknown_name_leaves_the_others_to_be_found)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add(&h, SL_STR("X-One"), SL_STR("1")));
    EXPECT(sl_headers_add(&h, SL_STR("X-Two"), SL_STR("2")));
    EXPECT_EQ(1, sl_headers_remove(&h, SL_STR("x-one")));
    EXPECT(sl_headers_find(&h, SL_STR("x-one")) == NULL);
    EXPECT_STR("2", sl_headers_find(&h, SL_STR("x-two"))->value);
    sl_arena_free(a);
}

TEST(header, a_copy_has_room_and_changes_alone)
{
    struct sl_arena *a = arena();
    struct sl_headers from, to;
    sl_headers_init(&from, a);
    EXPECT(sl_headers_add_id(&from, SL_H_HOST, SL_STR("a")));
    EXPECT(sl_headers_add(&from, SL_STR("X-One"), SL_STR("1")));

    sl_headers_copy(&to, &from, 1, a);
    EXPECT_EQ(3, to.cap);
    EXPECT(sl_headers_add_id(&to, SL_H_VIA, SL_STR("v")));
    EXPECT_EQ(1, sl_headers_remove_id(&to, SL_H_HOST));
    EXPECT_STR("1", sl_headers_find(&to, SL_STR("x-one"))->value);
    EXPECT_STR("a", sl_headers_get_id(&from, SL_H_HOST));
    EXPECT(sl_headers_find_id(&from, SL_H_VIA) == NULL);

    const struct sl_header *shared = from.v;
    sl_headers_copy(&from, &from, 0, a);
    EXPECT(from.v != shared);
    EXPECT_STR("a", sl_headers_get_id(&from, SL_H_HOST));
    sl_arena_free(a);
}

TEST(header, adding_beyond_the_limit_of_the_arena_fails)
{
    struct sl_arena *a = sl_arena_new("test", SL_KIB(4));
    struct sl_headers h;
    sl_headers_init(&h, a);
    int added = 0;
    while (added < 1000 && sl_headers_add(&h, SL_STR("a"), SL_STR("b")))
        added++;
    EXPECT(added > 10 && added < 110);
    sl_arena_free(a);
}

TEST(header, a_few_fields_of_our_own_take_little_room_and_parsed_ones_what_most_requests_need)
{
    enum { FEW = 6, PARSED = 24 };
    struct sl_arena *a = arena();
    struct sl_headers own, parsed;
    sl_headers_init(&own, a);
    sl_headers_init(&parsed, a);
    for (int i = 0; i < FEW; i++)
        EXPECT(sl_headers_add_id(&own, SL_H_VIA, SL_STR("v")));
    EXPECT_EQ(FEW * sizeof(struct sl_header), sl_arena_used(a));
    EXPECT(sl_headers_next(&parsed) != NULL);
    EXPECT_EQ((FEW + PARSED) * sizeof(struct sl_header), sl_arena_used(a));
    EXPECT(sl_headers_add_id(&own, SL_H_HOST, SL_STR("h")));
    EXPECT_EQ(FEW + 1, own.n);
    EXPECT_STR("v", own.v[FEW - 1].value);
    EXPECT_STR("h", sl_headers_get_id(&own, SL_H_HOST));
    sl_arena_free(a);
}

TEST(header, tokens_are_found_in_any_field_and_any_case)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add_id(&h, SL_H_VARY, SL_STR("a,, Origin ,b")));
    EXPECT(sl_headers_add_id(&h, SL_H_VARY, SL_STR("accept")));
    EXPECT(sl_headers_has_token(&h, SL_H_VARY, SL_STR("origin")));
    EXPECT(sl_headers_has_token(&h, SL_H_VARY, SL_STR("Accept")));
    EXPECT(!sl_headers_has_token(&h, SL_H_VARY, SL_STR("Acc")));
    EXPECT(!sl_headers_has_token(&h, SL_H_VARY, SL_STR("")));
    EXPECT(!sl_headers_has_token(&h, SL_H_TE, SL_STR("accept")));
    sl_arena_free(a);
}

TEST(header, names_are_tokens_and_values_have_no_control_characters)
{
    EXPECT(sl_header_is_valid(SL_STR("X-A"), SL_STR("b \t\xc3\xa4")));
    EXPECT(sl_header_is_valid(SL_STR("X-A"), SL_STR("")));
    EXPECT(!sl_header_is_valid(SL_STR(""), SL_STR("b")));
    EXPECT(!sl_header_is_valid(SL_STR("X A"), SL_STR("b")));
    EXPECT(!sl_header_is_valid(SL_STR("X:"), SL_STR("b")));
    EXPECT(!sl_header_is_valid(SL_STR("X-A"), SL_STR("b\r\nc: d")));
    EXPECT(!sl_header_is_valid(SL_STR("X-A"), SL_STR("b\nc")));
    EXPECT(!sl_header_is_valid(SL_STR("X-A"), SL_STR("b\0c")));
    EXPECT(!sl_header_is_valid(SL_STR("X-A"), SL_STR("\x7f")));
}

TEST(header, case_14_fields_of_one_connection_are_dropped)
{
    static const sl_str names[] = {
        SL_STR_INIT("Keep-Alive"), SL_STR_INIT("Proxy-Connection"),
        SL_STR_INIT("TE"),         SL_STR_INIT("Proxy-Authorization"),
        SL_STR_INIT("Upgrade"),    SL_STR_INIT("Transfer-Encoding"),
        SL_STR_INIT("X-Private"),  SL_STR_INIT("Accept"),
    };
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    for (size_t i = 0; i < SL_LEN(names); i++)
        EXPECT(sl_headers_add(&h, names[i], SL_STR("x")));
    EXPECT(sl_headers_add(&h, SL_STR("Connection"), SL_STR("close, x-private")));

    sl_headers_drop_hop_by_hop(&h, false);
    EXPECT_EQ(1, h.n);
    EXPECT_STR("Accept", h.v[0].name);
    sl_arena_free(a);
}

TEST(header, dropped_fields_are_found_no_more_and_kept_ones_are)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add_id(&h, SL_H_CONNECTION, SL_STR("x-one, via")));
    EXPECT(sl_headers_add_id(&h, SL_H_VIA, SL_STR("v")));
    EXPECT(sl_headers_add_id(&h, SL_H_TE, SL_STR("trailers")));
    EXPECT(sl_headers_add(&h, SL_STR("X-One"), SL_STR("1")));
    EXPECT(sl_headers_add(&h, SL_STR("X-Two"), SL_STR("2")));
    EXPECT(sl_headers_add_id(&h, SL_H_HOST, SL_STR("a")));

    sl_headers_drop_hop_by_hop(&h, false);
    EXPECT(sl_headers_find_id(&h, SL_H_CONNECTION) == NULL);
    EXPECT(sl_headers_find_id(&h, SL_H_VIA) == NULL);
    EXPECT(sl_headers_find_id(&h, SL_H_TE) == NULL);
    EXPECT(sl_headers_find(&h, SL_STR("x-one")) == NULL);
    EXPECT_STR("2", sl_headers_find(&h, SL_STR("x-two"))->value);
    EXPECT_STR("a", sl_headers_get_id(&h, SL_H_HOST));
    sl_arena_free(a);
}

TEST(header, case_14_connection_cannot_remove_end_to_end_fields)
{
    static const sl_str names[] = {
        SL_STR_INIT("Host"),   SL_STR_INIT("Content-Length"),  SL_STR_INIT("Authorization"),
        SL_STR_INIT("Cookie"), SL_STR_INIT("X-Forwarded-For"), SL_STR_INIT("X-Api-Key"),
        SL_STR_INIT("Expect"), SL_STR_INIT("Idempotency-Key"),
    };
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    for (size_t i = 0; i < SL_LEN(names); i++) {
        EXPECT(sl_headers_add_id(&h, SL_H_CONNECTION, names[i]));
        EXPECT(sl_headers_add(&h, names[i], SL_STR("x")));
    }
    sl_headers_drop_hop_by_hop(&h, false);
    EXPECT_EQ(SL_LEN(names), h.n);
    sl_arena_free(a);
}

TEST(header, case_13_a_tunnel_keeps_upgrade_and_nothing_else_of_connection)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add(&h, SL_STR("Upgrade"), SL_STR("websocket")));
    EXPECT(sl_headers_add(&h, SL_STR("X-Private"), SL_STR("1")));
    EXPECT(sl_headers_add(&h, SL_STR("Connection"), SL_STR("keep-alive, Upgrade")));
    EXPECT(sl_headers_add(&h, SL_STR("Connection"), SL_STR("x-private")));
    sl_headers_drop_hop_by_hop(&h, true);
    EXPECT_EQ(2, h.n);
    EXPECT_STR("websocket", h.v[0].value);
    EXPECT_STR("upgrade", h.v[1].value);
    sl_arena_free(a);
}

TEST(header, case_13_upgrade_goes_when_connection_does_not_name_it)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    EXPECT(sl_headers_add(&h, SL_STR("Upgrade"), SL_STR("websocket")));
    EXPECT(sl_headers_add(&h, SL_STR("Connection"), SL_STR("keep-alive")));
    sl_headers_drop_hop_by_hop(&h, true);
    EXPECT_EQ(0, h.n);
    sl_arena_free(a);
}

static bool knows(const char *field, const char *tag)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    (void)sl_headers_add(&h, SL_STR("if-none-match"), sl_cstr(field));
    bool is_known = sl_headers_know_tag(&h, sl_cstr(tag));
    sl_arena_free(a);
    return is_known;
}

TEST(header, a_tag_is_known_when_it_is_in_the_list_weak_or_not)
{
    EXPECT(knows("\"a\"", "\"a\""));
    EXPECT(knows("\"x\" , W/\"a\"", "\"a\""));
    EXPECT(knows("*", "\"a\""));
    EXPECT(!knows("\"ab\"", "\"a\""));
    EXPECT(!knows("a", "\"a\""));
    EXPECT(!knows("", "\"a\""));
}

static bool accepts(const char *field)
{
    struct sl_arena *a = arena();
    struct sl_headers h;
    sl_headers_init(&h, a);
    if (field != NULL)
        (void)sl_headers_add(&h, SL_STR("accept-encoding"), sl_cstr(field));
    bool is_accepted = sl_headers_accept_coding(&h, SL_STR("gzip"));
    sl_arena_free(a);
    return is_accepted;
}

TEST(header, a_coding_is_accepted_by_its_name_unless_it_weighs_nothing)
{
    static const char *const good[] = {"gzip", "br, GZIP", "gzip;q=1.0", "gzip; q=0.001",
                                       "br;q=0, gzip ; q=0.5"};
    static const char *const bad[] = {NULL,           "",      "br",    "gzip;q=0", "gzip; q=0.0",
                                      "gzip;q=0.000", "xgzip", "gzipx", "*"};
    for (size_t i = 0; i < SL_LEN(good); i++)
        EXPECT(accepts(good[i]));
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!accepts(bad[i]));
}
