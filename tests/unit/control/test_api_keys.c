#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "control/api_int.h"
#include "snapshot/snapshot.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"
#include "tests/unit/snapshot/build_text.h"

static const char account[] =
    "{\"name\":\"oa\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"sk-0123456789-a1b2\",\"order\":1},"
    "{\"key\":\"sk-0123456789-c3d4\",\"label\":\"spare\",\"expires\":\"2001-01-01T00:00:00Z\"}]}";

struct served {
    struct bench b;
    struct built t;
};

static void begin(struct served *s)
{
    bench_init(&s->b);
    (void)bench_want(&s->b, 201, "POST", "/api/v1/accounts", account);
    s->t = build_text(
        "accounts: [{name: oa, vendor: openai, keys: [{key: sk-0123456789-a1b2, order: 1},\n"
        "  {key: sk-0123456789-c3d4, label: spare, expires: \"2001-01-01T00:00:00Z\"}]}]");
    EXPECT_EQ(SL_OK, s->t.rc);
    s->b.snapshot = s->t.s;
}

static void end(struct served *s)
{
    built_free(&s->t);
    bench_fini(&s->b);
}

static const struct sl_node *keys_of(struct served *s)
{
    const struct sl_node *body = bench_want(&s->b, 200, "GET", "/api/v1/accounts/oa/keys", NULL);
    EXPECT_STR("oa", bench_text(body, "account"));
    EXPECT_STR("true", bench_text(body, "is_served"));
    EXPECT_STR("0", bench_text(body, "other_nodes"));
    return sl_node_get(body, SL_STR("keys"))->children;
}

TEST(api_keys, tells_each_key_in_the_order_of_trying_without_its_secret)
{
    struct served s;
    begin(&s);
    const struct sl_node *spare = keys_of(&s), *first = spare->next;
    EXPECT_STR("spare", bench_text(spare, "key"));
    EXPECT_STR("1", bench_text(spare, "index"));
    EXPECT_STR("expired", bench_text(spare, "state"));
    EXPECT_STR("2001-01-01T00:00:00Z", bench_text(spare, "expires"));
    EXPECT_STR("\xe2\x80\xa6"
               "a1b2",
               bench_text(first, "key"));
    EXPECT_STR("0", bench_text(first, "index"));
    EXPECT_STR("ready", bench_text(first, "state"));
    EXPECT_STR("0", bench_text(first, "requests"));
    EXPECT(sl_node_get(first, SL_STR("last_failure")) == NULL);
    EXPECT(first->next == NULL);
    end(&s);
}

TEST(api_keys, tells_what_requests_have_learned)
{
    struct served s;
    begin(&s);
    struct sl_key_state *learned = s.t.s->accounts[0]->keys[1].state;
    const struct sl_key_failure failure = {
        .at_s = 1800000000, .rc = SL_E_AI_VENDOR_RATE, .status = 429};
    sl_key_failed(learned, &failure);
    learned->requests = 4;
    learned->cools_until_us = sl_clock_mono_us() + SL_SECONDS(3600);
    const struct sl_node *key = keys_of(&s)->next;
    EXPECT_STR("cooling", bench_text(key, "state"));
    EXPECT(bench_text(key, "until").n != 0);
    EXPECT_STR("5", bench_text(key, "requests"));
    EXPECT_STR("1", bench_text(key, "failures"));
    EXPECT_STR("2027-01-15T08:00:00Z", bench_text(key, "last_failure.at"));
    EXPECT_STR("429", bench_text(key, "last_failure.status"));
    EXPECT(bench_text(key, "last_failure.code").n != 0);
    end(&s);
}

TEST(api_keys, an_account_that_is_not_served_has_none_to_tell_of)
{
    struct served s;
    begin(&s);
    s.b.snapshot = NULL;
    const struct sl_node *body = bench_want(&s.b, 200, "GET", "/api/v1/accounts/oa/keys", NULL);
    EXPECT_STR("false", bench_text(body, "is_served"));
    EXPECT(sl_node_get(body, SL_STR("keys"))->children == NULL);
    (void)bench_want(&s.b, 404, "GET", "/api/v1/accounts/none/keys", NULL);
    (void)bench_want(&s.b, 405, "POST", "/api/v1/accounts/oa/keys", NULL);
    end(&s);
}

TEST(api_keys, the_description_knows_every_state)
{
    for (size_t i = 0; sl_key_standings[i] != NULL; i++) {
        struct sl_strbuf quoted = {0};
        sl_strbuf_addf(&quoted, "\"%s\"", sl_key_standings[i]);
        EXPECT(sl_str_find_str(sl_cstr(sl_api_keys_schema), sl_strbuf_str(&quoted)) != SIZE_MAX);
        sl_strbuf_fini(&quoted);
    }
}
