#include "control/api.h"
#include "base/str.h"
#include "codec/zip.h"
#include "control/tree.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

/* ------------------------------------------------------------------ permissions */

struct walk {
    struct bench *b;
    int operations, public_ones, own_ones;
    bool is_known; /* the caller is logged in, without any grant */
};

static const char *target_of(struct bench *b, sl_str path)
{
    size_t brace = sl_str_find(path, '{', 0);
    if (brace == SIZE_MAX)
        return sl_arena_dup(b->a, path).p;
    sl_str rest = sl_str_from(path, sl_str_find(path, '}', 0) + 1);
    return sl_fmt(b->a, "%.*sanything%.*s", SL_STRF(sl_str_head(path, brace)), SL_STRF(rest)).p;
}

static void check_refused(const struct sl_api_operation *op, void *arg)
{
    struct walk *w = arg;
    w->operations++;
    w->public_ones += op->access == SL_API_PUBLIC;
    w->own_ones += op->access == SL_API_SELF || op->access == SL_API_OWN;
    bool is_open = op->access == SL_API_PUBLIC || op->access == SL_API_GUEST ||
                   (w->is_known && (op->access == SL_API_SELF || op->access == SL_API_OWN));
    const char *body = strcmp(op->method, "GET") == 0 ? NULL : "{}";
    if (is_open)
        return;
    EXPECT((op->access == SL_API_SELF) == (op->permission.n == 0));
    struct sl_api_answer a = bench_call(w->b, op->method, target_of(w->b, op->path), body);
    if (a.status != (w->is_known ? 403 : 401))
        print_error("%s %.*s: %d\n", op->method, SL_STRF(op->path), a.status);
    EXPECT_EQ(w->is_known ? 403 : 401, a.status);
}

TEST(api, every_operation_needs_a_permission_but_those_named_here)
{
    struct bench b;
    bench_init(&b);
    b.is_local = false;
    struct walk w = {.b = &b};
    sl_api_each(check_refused, b.a, &w);
    EXPECT(w.operations > 80);
    EXPECT_EQ(2 + 3 + 1, w.public_ones); /* openapi.json and login; single sign-on; registering */
    /* logout, me, me/password, me/tokens (3), markdown; apply, export: each item for itself; sessions; the portal's own things */
    EXPECT_EQ(6 + 3 + 2 + 13, w.own_ones);
    bench_fini(&b);
}

TEST(api, somebody_without_a_grant_may_nothing)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/users", "{\"name\":\"nobody\"}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/nobody/set-password",
                     "{\"password\":\"a long password\"}");
    bench_login(&b, "nobody", "a long password");
    struct walk w = {.b = &b, .is_known = true};
    sl_api_each(check_refused, b.a, &w);
    (void)bench_want(&b, 200, "GET", "/api/v1/me", NULL);
    bench_fini(&b);
}

static sl_str gunzip(struct sl_arena *a, sl_str packed)
{
    enum { CAP = 4 << 20 };
    const struct sl_unzip_limits limits = {.out_bytes_max = CAP, .ratio_max = 1000};
    struct sl_unzip *z = sl_unzip_new(SL_ZIP_GZIP, &limits);
    char *buf = sl_arena_alloc(a, CAP);
    size_t n = 0;
    EXPECT_EQ(SL_OK, sl_unzip_read(z, &packed, buf, CAP, &n));
    sl_unzip_free(z);
    return sl_str_of(buf, n);
}

static bool says(struct bench *b, const char *path, const char *body, const char *text)
{
    sl_str said = bench_call(b, body != NULL ? "POST" : "GET", path, body).body;
    return sl_str_find_str(said, sl_cstr(text)) != SIZE_MAX;
}

TEST(api, refusals_have_a_code_and_what_stands_in_their_sentence)
{
    static const struct {
        const char *path, *body, *text;
    } cases[] = {
        {"/api/v1/teams", "{\"name\":\"x\",\"titel\":\"y\"}",
         "\"code\":\"unknown_near\",\"params\":{\"name\":\"titel\",\"near\":\"title\"}"},
        {"/api/v1/teams", "{}", "\"code\":\"missing"},
        {"/api/v1/users", "{\"name\":\"x\",\"password\":\"short\"}",
         "\"code\":\"bounds_counted\",\"params\":{\"side\":\"at least\",\"n\":\"12\",\"counted\":"
         "\"characters\"}"},
        {"/api/v1/teams/none", NULL,
         "\"code\":\"none\",\"params\":{\"kind\":\"team\",\"name\":\"none\"}"},
        {"/api/v1/sessions?limit=x", NULL, "\"code\":\"query_parameter\""},
        {"/api/v1/login", "{\"name\":\"x\",\"password\":\"y\"}", "\"code\":\"login\""},
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT(says(&b, cases[i].path, cases[i].body, cases[i].text));
    bench_fini(&b);
}

TEST(api, its_description_comes_compressed_and_only_once)
{
    struct bench b;
    bench_init(&b);
    struct sl_api_answer plain = bench_call(&b, "GET", "/api/v1/openapi.json", NULL);
    EXPECT_STR("no-cache", bench_header_of(&plain, "cache-control"));
    EXPECT_STR("", bench_header_of(&plain, "content-encoding"));
    bench_header(&b, "accept-encoding", SL_STR("br, gzip"));
    struct sl_api_answer packed = bench_call(&b, "GET", "/api/v1/openapi.json", NULL);
    EXPECT_STR("gzip", bench_header_of(&packed, "content-encoding"));
    EXPECT_STR("accept-encoding", bench_header_of(&packed, "vary"));
    EXPECT(packed.body.n > 0 && packed.body.n < plain.body.n / 5);
    struct sl_api_answer again = bench_call(&b, "GET", "/api/v1/openapi.json", NULL);
    EXPECT(again.body.p == packed.body.p); /* it was not made again */
    sl_str unpacked = gunzip(b.a, packed.body);
    EXPECT(sl_str_eq(plain.body, unpacked));
    bench_header(&b, "if-none-match", bench_header_of(&plain, "etag"));
    struct sl_api_answer known = bench_call(&b, "GET", "/api/v1/openapi.json", NULL);
    EXPECT_EQ(304, known.status);
    EXPECT_EQ(0, known.body.n);
    bench_fini(&b);
}

TEST(api, small_answers_and_those_with_secrets_are_not_compressed)
{
    struct bench b;
    bench_init(&b);
    bench_header(&b, "accept-encoding", SL_STR("gzip"));
    struct sl_api_answer me = bench_call(&b, "GET", "/api/v1/me", NULL);
    EXPECT_EQ(200, me.status);
    EXPECT_STR("", bench_header_of(&me, "content-encoding"));
    EXPECT_STR("no-store", bench_header_of(&me, "cache-control"));
    bench_fini(&b);
}

TEST(api, describes_each_operation_once)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    sl_openapi_write(&out, "1", a);
    sl_str text = sl_strbuf_str(&out), path = SL_STR("\"/api/v1/services/{key}\":");
    size_t at = sl_str_find_str(text, path);
    EXPECT(at != SIZE_MAX);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(sl_str_from(text, at + 1), path));
    sl_arena_free(a);
}

TEST(api, describes_the_statuses_that_it_answers_with)
{
    static const struct {
        const char *id, *status;
    } cases[] = {
        {"logout", "\"204\""},          {"services.get", "\"200\""}, {"services.create", "\"201\""},
        {"services.delete", "\"204\""}, {"login", "\"200\""},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    sl_openapi_write(&out, "1", a);
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        sl_str text = sl_strbuf_str(&out), id = sl_fmt(a, "\"operationId\":\"%s\"", cases[i].id);
        size_t at = sl_str_find_str(text, id);
        EXPECT(at != SIZE_MAX);
        sl_str rest = sl_str_from(text, at), begin = SL_STR("\"responses\":{");
        rest = sl_str_from(rest, sl_str_find_str(rest, begin) + begin.n);
        EXPECT(sl_str_starts(rest, sl_cstr(cases[i].status)));
    }
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ paths and bodies */

TEST(api, tells_what_is_wrong_with_a_request)
{
    static const struct {
        const char *method, *target, *body;
        int status;
        const char *reason;
    } cases[] = {
        {"GET", "/api/v1", NULL, 404, "not_found"},
        {"GET", "/api/v1/", NULL, 404, "not_found"},
        {"GET", "/api/v1/nothing", NULL, 404, "not_found"},
        {"GET", "/api/v1/teams/a/b/c/d", NULL, 404, "not_found"},
        {"GET", "/api/v1/teams//b", NULL, 404, "not_found"},
        {"GET", "/api/v1/teams/%zz", NULL, 404, "not_found"},
        {"GET", "/api/v1/teams/a", NULL, 404, "not_found"},
        {"PUT", "/api/v1/teams", "{}", 405, "method_not_allowed"},
        {"POST", "/api/v1/releases", "{}", 405, "method_not_allowed"},
        {"DELETE", "/api/v1/me", NULL, 405, "method_not_allowed"},
        {"GET", "/api/v1/tokens/x/rotate", NULL, 405, "method_not_allowed"},
        {"POST", "/api/v1/teams", NULL, 415, "unsupported_media_type"},
        {"POST", "/api/v1/teams", "{", 400, "bad_syntax"},
        {"POST", "/api/v1/teams", "{\"name\":\"a\",\"name\":\"b\"}", 400, "bad_syntax"},
        {"POST", "/api/v1/teams", "[]", 422, "invalid"},
        {"POST", "/api/v1/teams", "null", 422, "invalid"},
        {"POST", "/api/v1/teams", "{}", 422, "invalid"},
        {"POST", "/api/v1/teams", "{\"nam\":\"a\"}", 422, "invalid"},
        {"POST", "/api/v1/teams", "{\"name\":\"a\",\"workspace\":\"default\"}", 422, "invalid"},
        {"GET", "/api/v1/teams?limit=0", NULL, 400, "bad_request"},
        {"GET", "/api/v1/teams?limit=501", NULL, 400, "bad_request"},
        {"GET", "/api/v1/teams?cursor=x", NULL, 400, "bad_request"},
        {"GET", "/api/v1/teams?sort=title", NULL, 400, "bad_request"},
        {"GET", "/api/v1/teams?colour=red", NULL, 400, "bad_request"},
        {"GET", "/api/v1/audit?cursor=-1", NULL, 400, "bad_request"},
        {"GET", "/api/v1/audit?limit=501", NULL, 400, "bad_request"},
        {"GET", "/api/v1/audit?since=yesterday", NULL, 400, "bad_request"},
        {"GET", "/api/v1/audit?until=2026-13-01", NULL, 400, "bad_request"},
        {"GET", "/api/v1/sessions?limit=x", NULL, 400, "bad_request"},
        {"GET", "/api/v1/requests?limit=0", NULL, 400, "bad_request"},
        {"GET", "/api/v1/deliveries?limit=-1", NULL, 400, "bad_request"},
        {"GET", "/api/v1/reports?limit=1001", NULL, 400, "bad_request"},
        {"GET", "/api/v1/portal/services?limit=201", NULL, 400, "bad_request"},
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        const struct sl_node *n = bench_want(&b, (uint16_t)cases[i].status, cases[i].method,
                                             cases[i].target, cases[i].body);
        EXPECT_STR(cases[i].reason, bench_text(n, "reason"));
        EXPECT_STR("01TEST", bench_text(n, "request_id"));
    }
    bench_fini(&b);
}

TEST(api, names_the_member_that_is_wrong)
{
    struct bench b;
    bench_init(&b);
    const struct sl_node *n =
        bench_want(&b, 422, "POST", "/api/v1/services",
                   "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"routes\":[{\"path\":\"/a\"},"
                   "{\"path\":\"b\"}]}");
    const struct sl_node *e = sl_node_get(n, SL_STR("errors"))->children;
    EXPECT_STR("/routes/1/path", bench_text(e, "pointer"));
    bench_fini(&b);
}

TEST(api, allows_tells_which_methods_there_are)
{
    struct bench b;
    bench_init(&b);
    struct sl_api_answer a = bench_call(&b, "POST", "/api/v1/releases/x", "{}");
    EXPECT_EQ(405, a.status);
    EXPECT_STR("GET", bench_header_of(&a, "allow"));
    a = bench_call(&b, "DELETE", "/api/v1/teams", NULL);
    EXPECT_STR("GET, POST", bench_header_of(&a, "allow"));
    bench_fini(&b);
}

/* ------------------------------------------------------------------ lists */

static sl_str keys_of(struct bench *b, const char *target, sl_str *ret_cursor)
{
    const struct sl_node *n = bench_want(b, 200, "GET", target, NULL);
    struct sl_strbuf out;
    sl_strbuf_init(&out, b->a, 0);
    for (const struct sl_node *i = sl_node_get(n, SL_STR("items"))->children; i != NULL;
         i = i->next)
        sl_strbuf_addf(&out, "%.*s ", SL_STRF(bench_text(i, "key")));
    if (ret_cursor != NULL)
        *ret_cursor = bench_text(n, "next_cursor");
    return sl_strbuf_str(&out);
}

static void add_teams(struct bench *b)
{
    static const char *const bodies[] = {"{\"name\":\"b\",\"title\":\"One\"}",
                                         "{\"name\":\"a\",\"title\":\"Two\",\"parent\":\"b\"}",
                                         "{\"name\":\"c\",\"title\":\"One\",\"parent\":\"b\"}"};
    for (size_t i = 0; i < SL_LEN(bodies); i++)
        (void)bench_want(b, 201, "POST", "/api/v1/teams", bodies[i]);
}

TEST(api, lists_are_sorted_filtered_and_searched)
{
    static const char *const cases[][2] = {
        {"/api/v1/teams", "a b c "},
        {"/api/v1/teams?sort=-key", "c b a "},
        {"/api/v1/teams?sort=created_at", "b a c "},
        {"/api/v1/teams?sort=-updated_at", "c a b "},
        {"/api/v1/teams?title=One", "b c "},
        {"/api/v1/teams?title=One&sort=-key", "c b "},
        {"/api/v1/teams?title=O%6ee", "b c "},
        {"/api/v1/teams?parent=b", "a c "},
        {"/api/v1/teams?parent=b&title=Two", "a "},
        {"/api/v1/teams?q=c", "c "},
        {"/api/v1/teams?q=%2e", ""},
        {"/api/v1/teams?title=", ""},
        {"/api/v1/teams?title[eq]=One", "b c "},
        {"/api/v1/teams?title%5Bne%5D=One", "a "},
        {"/api/v1/teams?title[in]=Two,Three", "a "},
        {"/api/v1/teams?title[in]=Two,One", "a b c "},
        {"/api/v1/teams?title[prefix]=T", "a "},
        {"/api/v1/teams?title[contains]=n", "b c "},
        {"/api/v1/teams?title[contains]=n&title[ne]=One", ""},
        {"/api/v1/teams?parent[ne]=", "a c "},
        {"/api/v1/teams?parent[in]=b,x", "a c "},
        {"/api/v1/teams?key[in]=a,c", "a c "},
        {"/api/v1/teams?created_at[gt]=2020-01-01T00:00:00Z", "a b c "},
        {"/api/v1/teams?created_at[lt]=2020-01-01T00:00:00Z", ""},
        {"/api/v1/teams?updated_at[ge]=2020-01-01T00:00:00Z&updated_at[le]=2999-01-01T00:00:00Z",
         "a b c "},
        {"/api/v1/teams?updated_at[lt]=1960-01-01T00:00:00Z", ""},
        {"/api/v1/teams?revision[gt]=9", ""},
        {"/api/v1/teams?revision=1&key=c", "c "},
        {"/api/v1/teams?created_at[gt]=2020-01-01T00:00:00Z&sort=-created_at", "c a b "},
    };
    struct bench b;
    bench_init(&b);
    add_teams(&b);
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_STR(cases[i][1], keys_of(&b, cases[i][0], NULL));
    bench_fini(&b);
}

TEST(api, a_filter_that_cannot_be_is_told)
{
    static const char *const cases[][2] = {
        {"title[like]=x", "has no such operator"},
        {"title[gt", "has no such operator"},
        {"title[gt]=x", "compares numbers and times"},
        {"nothing[eq]=x", "is neither a parameter nor a member"},
        {"revision[lt]=x", "must have a value of its member"},
        {"created_at[gt]=yesterday", "must have a value of its member"},
        {"status.nothing=x", "is neither a parameter nor a member"},
    };
    struct bench b;
    bench_init(&b);
    b.is_local = true;
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        const char *target = sl_fmt(b.a, "/api/v1/teams?%s", cases[i][0]).p;
        struct sl_api_answer answer = bench_call(&b, "GET", target, NULL);
        EXPECT_EQ(400, answer.status);
        EXPECT(sl_str_find_str(answer.body, sl_cstr(cases[i][1])) != SIZE_MAX);
    }
    bench_fini(&b);
}

TEST(api, pages_follow_one_another_in_every_order)
{
    static const char *const sorts[] = {"key", "-key", "created_at", "-created_at", "updated_at"};
    struct bench b;
    bench_init(&b);
    add_teams(&b);
    for (size_t i = 0; i < SL_LEN(sorts); i++) {
        sl_str all = keys_of(&b, sl_fmt(b.a, "/api/v1/teams?sort=%s", sorts[i]).p, NULL), cursor;
        sl_str first =
            keys_of(&b, sl_fmt(b.a, "/api/v1/teams?sort=%s&limit=2", sorts[i]).p, &cursor);
        EXPECT(cursor.n != 0);
        sl_str rest = keys_of(
            &b,
            sl_fmt(b.a, "/api/v1/teams?sort=%s&limit=2&cursor=%.*s", sorts[i], SL_STRF(cursor)).p,
            &cursor);
        EXPECT(cursor.p == NULL);
        EXPECT_STRS(all, sl_fmt(b.a, "%.*s%.*s", SL_STRF(first), SL_STRF(rest)));
    }
    bench_fini(&b);
}

TEST(api, a_cursor_is_of_one_order)
{
    struct bench b;
    sl_str cursor;
    bench_init(&b);
    add_teams(&b);
    (void)keys_of(&b, "/api/v1/teams?limit=1", &cursor);
    (void)bench_want(&b, 400, "GET",
                     sl_fmt(b.a, "/api/v1/teams?sort=-key&cursor=%.*s", SL_STRF(cursor)).p, NULL);
    bench_fini(&b);
}

TEST(api, only_the_members_that_are_asked_for_are_sent)
{
    struct bench b;
    bench_init(&b);
    add_teams(&b);
    struct sl_api_answer a = bench_call(&b, "GET", "/api/v1/teams?fields=title,key&q=b", NULL);
    EXPECT_STR("{\"items\":[{\"title\":\"One\",\"key\":\"b\"}]}", a.body);
    bench_fini(&b);
}

/* ------------------------------------------------------------------ preconditions */

TEST(api, who_changes_says_which_revision_they_have_seen)
{
    struct bench b;
    bench_init(&b);
    add_teams(&b);
    (void)bench_want(&b, 428, "PUT", "/api/v1/teams/a", "{\"name\":\"a\"}");
    (void)bench_want(&b, 428, "DELETE", "/api/v1/teams/a", NULL);
    bench_header(&b, "if-match", SL_STR("\"7\""));
    (void)bench_want(&b, 412, "PATCH", "/api/v1/teams/a", "{\"title\":\"x\"}");
    bench_header(&b, "if-match", SL_STR("\"0\", \"1\""));
    struct sl_api_answer a = bench_call(&b, "PATCH", "/api/v1/teams/a", "{\"title\":\"x\"}");
    EXPECT_EQ(200, a.status);
    EXPECT_STR("\"2\"", bench_header_of(&a, "etag"));
    (void)bench_want(&b, 412, "PATCH", "/api/v1/teams/a", "{\"title\":\"y\"}");
    (void)bench_want(&b, 412, "DELETE", "/api/v1/teams/a", NULL);
    bench_header(&b, "if-match", SL_STR("\"2\""));
    (void)bench_want(&b, 204, "DELETE", "/api/v1/teams/a", NULL);
    bench_fini(&b);
}

TEST(api, what_a_client_has_already_is_not_sent_again)
{
    struct bench b;
    bench_init(&b);
    add_teams(&b);
    bench_header(&b, "if-none-match", SL_STR("\"1\""));
    (void)bench_want(&b, 304, "GET", "/api/v1/teams/a", NULL);
    bench_header(&b, "if-none-match", SL_STR("\"2\""));
    (void)bench_want(&b, 200, "GET", "/api/v1/teams/a", NULL);
    bench_fini(&b);
}

TEST(api, the_same_creation_with_the_same_key_creates_once)
{
    struct bench b;
    bench_init(&b);
    bench_header(&b, "idempotency-key", SL_STR("\"k-1\""));
    const struct sl_node *one = bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"a\"}");
    struct sl_api_answer again = bench_call(&b, "POST", "/api/v1/teams", "{\"name\":\"a\"}");
    EXPECT_EQ(201, again.status);
    EXPECT_STR("true", bench_header_of(&again, "idempotency-replayed"));
    EXPECT(sl_str_find_str(again.body, bench_text(one, "id")) != SIZE_MAX);
    (void)bench_want(&b, 422, "POST", "/api/v1/teams", "{\"name\":\"b\"}");
    bench_header(&b, "idempotency-key", SL_STR("k-2"));
    (void)bench_want(&b, 409, "POST", "/api/v1/teams", "{\"name\":\"a\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/teams", "{\"name\":\"b\"}");
    bench_fini(&b);
}

TEST(api, what_was_got_can_be_put_back_and_changes_nothing)
{
    struct bench b;
    bench_init(&b);
    struct sl_api_answer a = bench_call(
        &b, "POST", "/api/v1/models",
        "{\"name\":\"fast\",\"targets\":[\"openai/gpt-4o-mini\"],\"timeouts\":{\"idle\":\"5s\"},"
        "\"attempts\":null}");
    EXPECT_EQ(201, a.status);
    bench_header(&b, "if-match", SL_STR("\"1\""));
    struct sl_api_answer put =
        bench_call(&b, "PUT", "/api/v1/models/fast", sl_arena_dup(b.a, a.body).p);
    EXPECT_EQ(200, put.status);
    EXPECT_STRS(a.body, put.body);
    bench_fini(&b);
}
