#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define V1 "/api/v1/services/o@v1"

static void begin(struct bench *b)
{
    bench_init(b);
    (void)bench_want(b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"version\":\"v1\",\"url\":\"http://127.0.0.1:1\",\"path\":"
                     "\"/v1/*\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"version\":\"v2\",\"url\":\"http://127.0.0.1:1\",\"prefix\":"
                     "\"/v2\"}");
    (void)bench_want(b, 200, "POST", V1 "/publish", NULL);
}

static bool document_has(const struct bench *b, const char *text)
{
    return sl_str_find_str(b->document, sl_cstr(text)) != SIZE_MAX;
}

TEST(service_lifecycle, a_deprecation_is_composed_as_the_policy_that_announces_it)
{
    struct bench b;
    begin(&b);
    const struct sl_node *s = bench_want(
        &b, 200, "POST", V1 "/deprecate",
        "{\"deprecated_at\":\"2026-01-01T00:00:00Z\",\"sunset_at\":\"2126-01-01T00:00:00Z\","
        "\"successor\":\"o@v2\",\"documentation\":\"https://a.example/\",\"reason\":\"old\"}");
    EXPECT_STR("deprecated", bench_text(s, "status.lifecycle"));
    EXPECT_STR("published", bench_text(s, "status.state"));
    EXPECT_STR("old", bench_text(s, "status.reason"));
    EXPECT(document_has(&b, "{\"type\":\"retire\",\"name\":\"lifecycle\",\"deprecated_at\":"
                            "\"2026-01-01T00:00:00Z\",\"sunset_at\":\"2126-01-01T00:00:00Z\","
                            "\"documentation\":\"https://a.example/\"}"));
    /* the successor is named once callers can reach it */
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o@v2/publish", NULL);
    EXPECT(document_has(&b, "\"successor\":\"/v2\"}"));
    bench_fini(&b);
}

TEST(service_lifecycle, the_draft_has_nothing_of_it)
{
    struct bench b;
    begin(&b);
    const struct sl_node *s = bench_want(&b, 200, "POST", V1 "/deprecate", NULL);
    EXPECT_STR("false", bench_text(s, "status.has_draft"));
    EXPECT(sl_node_get(s, SL_STR("policies")) == NULL);
    s = bench_want(&b, 200, "POST", V1 "/publish", NULL);
    EXPECT_STR("deprecated", bench_text(s, "status.lifecycle"));
    EXPECT(document_has(&b, "\"type\":\"retire\""));
    bench_fini(&b);
}

TEST(service_lifecycle, what_was_not_announced_is_not_retired_unless_asked_for)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 409, "POST", V1 "/retire", NULL);
    (void)bench_want(&b, 200, "POST", V1 "/deprecate", "{\"sunset_at\":\"2126-01-01T00:00:00Z\"}");
    (void)bench_want(&b, 409, "POST", V1 "/retire", NULL);
    const struct sl_node *s =
        bench_want(&b, 200, "POST", V1 "/retire", "{\"without_notice\":true}");
    EXPECT_STR("retired", bench_text(s, "status.lifecycle"));
    (void)bench_want(&b, 409, "POST", V1 "/retire", "{\"without_notice\":true}");
    (void)bench_want(&b, 409, "POST", V1 "/deprecate", NULL);
    (void)bench_want(&b, 409, "POST", V1 "/publish", NULL);
    (void)bench_want(&b, 409, "POST", V1 "/rollback", "{\"release\":1}");
    bench_fini(&b);
}

TEST(service_lifecycle, a_deprecation_without_a_date_may_be_followed_by_the_end)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 200, "POST", V1 "/deprecate", NULL);
    const struct sl_node *s = bench_want(&b, 200, "POST", V1 "/retire", NULL);
    EXPECT(bench_text(s, "status.retired_at").n != 0);
    EXPECT(bench_text(s, "status.sunset_at").n != 0);
    bench_fini(&b);
}

TEST(service_lifecycle, reinstating_takes_all_of_it_back)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 409, "POST", V1 "/reinstate", NULL);
    (void)bench_want(&b, 200, "POST", V1 "/retire",
                     "{\"without_notice\":true,\"successor\":\"https://a.example\"}");
    const struct sl_node *s = bench_want(&b, 200, "POST", V1 "/reinstate", NULL);
    EXPECT_STR("active", bench_text(s, "status.lifecycle"));
    EXPECT_EQ(0, bench_text(s, "status.successor").n);
    EXPECT(!document_has(&b, "\"retire\""));
    (void)bench_want(&b, 200, "POST", V1 "/publish", NULL);
    bench_fini(&b);
}

TEST(service_lifecycle, only_what_is_published_is_deprecated_or_retired)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o@v2/deprecate", NULL);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o@v2/retire", "{\"without_notice\":true}");
    bench_fini(&b);
}

TEST(service_lifecycle, dates_and_links_that_make_no_sense_are_refused)
{
    static const char *const bad[] = {
        "{\"sunset_at\":\"2020-01-01T00:00:00Z\"}",
        "{\"sunset_at\":\"tomorrow\"}",
        "{\"deprecated_at\":\"2126-01-02T00:00:00Z\",\"sunset_at\":\"2126-01-01T00:00:00Z\"}",
        "{\"successor\":\"nobody\"}",
        "{\"successor\":\"o@v1\"}",
        "{\"successor\":\"https://a.example/ b\"}",
        "{\"documentation\":\"https://a.example/<b>\"}",
    };
    struct bench b;
    begin(&b);
    for (size_t i = 0; i < SL_LEN(bad); i++)
        (void)bench_want(&b, 422, "POST", V1 "/deprecate", bad[i]);
    EXPECT(!document_has(&b, "\"retire\""));
    bench_fini(&b);
}

TEST(service_lifecycle, a_policy_of_its_own_gives_way)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"o\",\"version\":\"v1\",\"url\":\"http://127.0.0.1:1\",\"policies\":"
        "[{\"type\":\"signed\",\"secret\":\"s\"}]}");
    (void)bench_want(&b, 200, "POST", V1 "/publish", NULL);
    (void)bench_want(&b, 200, "POST", V1 "/deprecate", NULL);
    EXPECT(document_has(&b, "\"policies\":[{\"type\":\"signed\""));
    EXPECT(document_has(&b, "},{\"type\":\"retire\",\"name\":\"lifecycle\""));
    bench_fini(&b);
}

TEST(service_lifecycle, online_brings_back_what_offline_took_away)
{
    struct bench b;
    begin(&b);
    (void)bench_want(&b, 409, "POST", V1 "/online", NULL);
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o@v2/online", NULL);
    const struct sl_node *s = bench_want(&b, 200, "POST", V1 "/offline", "{\"reason\":\"broken\"}");
    EXPECT_STR("offline", bench_text(s, "status.state"));
    EXPECT_STR("broken", bench_text(s, "status.reason"));
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 200, "PATCH", V1, "{\"path\":\"/draft\"}");
    s = bench_want(&b, 200, "POST", V1 "/online", NULL);
    EXPECT_STR("published", bench_text(s, "status.state"));
    EXPECT_STR("true", bench_text(s, "status.has_draft"));
    EXPECT(document_has(&b, "\"path\":\"/v1/*\""));
    s = bench_want(&b, 200, "GET", "/api/v1/releases/o@v1:2", NULL);
    EXPECT_STR("1", bench_text(s, "restores"));
    bench_fini(&b);
}
