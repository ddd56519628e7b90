#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define DOCUMENT_OF(version, path, id)                                                     \
    "{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"My API!\",\"version\":\"" version "\"}," \
    "\"servers\":[{\"url\":\"http://127.0.0.1:1/base\"}],\"paths\":{\"" path               \
    "\":{\"get\":{\"operationId\":\"" id "\",\"responses\":{}}}}}"
#define DOCUMENT(version) DOCUMENT_OF(version, "/a/{x-y}/", "getA")

TEST(import, a_document_becomes_a_draft_and_is_kept)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *r =
        bench_want(&b, 200, "POST", "/api/v1/import/openapi", "{\"document\":" DOCUMENT("1") "}");
    EXPECT_STR("my-api@1", bench_text(r, "service"));
    EXPECT_EQ(0, b.published);
    r = bench_want(&b, 200, "GET", "/api/v1/services/my-api@1", NULL);
    EXPECT_STR("draft", bench_text(r, "status.state"));
    EXPECT_STR("http://127.0.0.1:1/base", bench_text(r, "url"));
    r = bench_want(&b, 200, "GET", "/api/v1/documents/my-api@1:1", NULL);
    EXPECT_STR(DOCUMENT("1"), bench_text(r, "text"));
    (void)bench_want(&b, 200, "POST", "/api/v1/services/my-api@1/publish", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"id\":\"getA\"")) != SIZE_MAX);
    bench_fini(&b);
}

TEST(import, a_document_goes_with_its_service)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/import/openapi", "{\"document\":" DOCUMENT("1") "}");
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 204, "DELETE", "/api/v1/services/my-api@1", NULL);
    (void)bench_want(&b, 404, "GET", "/api/v1/documents/my-api@1:1", NULL);
    bench_fini(&b);
}

TEST(import, the_next_version_begins_with_the_settings_of_another)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", "/api/v1/services",
        "{\"name\":\"o\",\"version\":\"1\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/x\","
        "\"policies\":[{\"type\":\"signed\",\"secret\":\"s3cret\"}]}");
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/import/openapi",
                                         "{\"base\":\"o@1\",\"document\":" DOCUMENT("2") "}");
    EXPECT_STR("o@2", bench_text(r, "service"));
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o@2/publish", NULL);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"secret\":\"s3cret\"")) != SIZE_MAX);
    EXPECT(sl_str_find_str(b.document, SL_STR("\"path\":\"/x\"")) == SIZE_MAX);
    bench_fini(&b);
}

TEST(import, a_version_that_is_there_changes_only_when_that_is_meant)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/import/openapi", "{\"document\":" DOCUMENT("1") "}");
    (void)bench_want(&b, 409, "POST", "/api/v1/import/openapi", "{\"document\":" DOCUMENT("1") "}");
    const struct sl_node *r = bench_want(&b, 200, "POST", "/api/v1/import/openapi",
                                         "{\"replace\":true,\"document\":" DOCUMENT("1") "}");
    EXPECT_STR("my-api@1:2", bench_text(r, "document"));
    EXPECT_STR("false", bench_text(r, "is_new"));
    EXPECT_STR("0", bench_text(r, "comparison.total"));
    bench_fini(&b);
}

TEST(import, a_changed_draft_is_compared_with_what_it_was_before_it_is_changed)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *r =
        bench_want(&b, 200, "POST", "/api/v1/import/openapi", "{\"document\":" DOCUMENT("1") "}");
    EXPECT(sl_node_get(r, SL_STR("comparison")) == NULL); /* with nothing */
    r = bench_want(&b, 200, "POST", "/api/v1/import/openapi?dry_run=true",
                   "{\"replace\":true,\"document\":" DOCUMENT_OF("1", "/b", "getB") "}");
    EXPECT_STR("1", bench_text(r, "comparison.breaking"));
    EXPECT_STR("2", bench_text(r, "comparison.total"));
    EXPECT(sl_str_starts(bench_text(r, "comparison.text"), SL_STR("BREAKING GET /a/{x-y}")));
    r = bench_want(&b, 200, "POST", "/api/v1/import/openapi",
                   "{\"replace\":true,\"document\":" DOCUMENT_OF("1", "/b", "getB") "}");
    EXPECT_STR("1", bench_text(r, "comparison.breaking"));
    r = bench_want(&b, 200, "GET", "/api/v1/services/my-api@1", NULL);
    EXPECT_STR("getB", bench_text(sl_node_get(r, SL_STR("operations"))->children, "id"));
    bench_fini(&b);
}

TEST(import, a_dry_run_says_what_it_would_make)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 200, "POST", "/api/v1/import/openapi?dry_run=true",
                     "{\"document\":" DOCUMENT("1") "}");
    (void)bench_want(&b, 404, "GET", "/api/v1/services/my-api@1", NULL);
    (void)bench_want(&b, 404, "GET", "/api/v1/documents/my-api@1:1", NULL);
    bench_fini(&b);
}

TEST(import, what_is_missing_or_wrong_is_told_with_its_member)
{
    static const struct {
        const char *body, *pointer;
    } rows[] = {
        {"{}", "/document"},
        {"{\"document\":1}", "/document"},
        {"{\"document\":\"a\",\"document_url\":\"http://a.example\"}", "/document"},
        {"{\"document\":" DOCUMENT("1") ",\"base\":\"none\"}", "/base"},
        {"{\"document\":" DOCUMENT("1") ",\"upstream\":\"none\"}", "/upstream"},
        {"{\"document\":\"openapi: 3.0.0\\npaths: {/a: {get: {}}}\"}", "/name"},
        {"{\"name\":\"n\",\"document\":\"openapi: 3.0.0\\npaths: {/a: {get: {}}}\"}", "/url"},
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *r =
            bench_want(&b, 422, "POST", "/api/v1/import/openapi", rows[i].body);
        const struct sl_node *errors = sl_node_get(r, SL_STR("errors"));
        EXPECT_STR(rows[i].pointer, bench_text(errors->children, "pointer"));
    }
    bench_fini(&b);
}
