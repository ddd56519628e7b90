#include "snapshot/telemetry.h"
#include "base/enc.h"
#include "tests/test.h"

#include <stdlib.h>

static struct sl_record rest_record(void)
{
    static struct sl_record_attempt attempts[] = {
        {.target = SL_STR_INIT("orders http://10.0.0.1:8080"), .status = 200}};
    return (struct sl_record){
        .request_id = SL_STR("01JADV3MX3N5T7Q0ZC6V8W2R4Y"),
        .wall_us = 1767225600250999, /* 2026-01-01T00:00:00.250999Z */
        .client_ip = SL_STR("10.1.2.3"),
        .method = SL_STR("GET"),
        .host = SL_STR("api.example.com"),
        .path = SL_STR("/orders/42"),
        .service = SL_STR("orders"),
        .route = SL_STR("orders-read"),
        .consumer = SL_STR("acme"),
        .status = 200,
        .response_bytes = 1024,
        .took_us = 1234,
        .phase_us = {3, 0, 0, 5, 0, 1200},
        .attempts = attempts,
        .attempt_count = SL_LEN(attempts),
        .is_metered = true,
    };
}

static struct sl_record ai_record(void)
{
    static const struct sl_ai_usage wasted = {.output = 7, .source = SL_AI_USAGE_ESTIMATED};
    static struct sl_record_attempt attempts[] = {
        {.target = SL_STR_INIT("anthropic/claude-sonnet-4-5"),
         .status = 503,
         .rc = SL_E_AI_STREAM_CUT,
         .took_us = 9000,
         .usage = &wasted,
         .wasted_nusd = 105},
        {.target = SL_STR_INIT("openai/gpt-4o"), .key_label = SL_STR_INIT("main"), .status = 200}};
    static struct sl_record_charge charges[] = {{.budget = SL_STR_INIT("team"),
                                                 .subject = SL_STR_INIT("acme"),
                                                 .window_start_s = 1767225600,
                                                 .cost_nusd = 12500,
                                                 .tokens = 470}};
    struct sl_record r = rest_record();
    r.is_ai = r.is_stream = true;
    r.model_asked = SL_STR("fast");
    r.vendor = SL_STR("openai");
    r.model = SL_STR("gpt-4o");
    r.key_label = SL_STR("main");
    r.cost_nusd = 12500;
    r.reserved_nusd = 50000;
    r.price_as_of = 1767000000;
    r.usage = (struct sl_ai_usage){.input = 120,
                                   .cache_read = 300,
                                   .output = 50,
                                   .requests = 1,
                                   .source = SL_AI_USAGE_REPORTED,
                                   .is_inconsistent = true};
    r.attempts = attempts;
    r.attempt_count = SL_LEN(attempts);
    r.charges = charges;
    r.charge_count = SL_LEN(charges);
    return r;
}

static struct sl_record_room room; /* of what is decoded */

static sl_str encoded(const struct sl_record *r, struct sl_strbuf *b)
{
    sl_record_encode(r, b);
    EXPECT(!b->is_full);
    return sl_strbuf_str(b);
}

/* A copy of exactly these bytes, so that the sanitizer sees every read behind them. */
static sl_rc decode_copy(sl_str bytes, struct sl_record *ret, size_t *ret_bytes)
{
    char *copy = malloc(bytes.n + (bytes.n == 0));
    if (bytes.n != 0)
        memcpy(copy, bytes.p, bytes.n);
    sl_rc rc = sl_record_decode((sl_str){copy, bytes.n}, &room, ret, ret_bytes);
    free(copy);
    return rc;
}

TEST(record, comes_back_as_it_was_written)
{
    struct sl_strbuf b = {0};
    struct sl_record r = ai_record(), got;
    r.rc = SL_E_CANCELLED;
    r.outcome = SL_OUTCOME_CANCELLED;
    r.phase_us[11] = -1;
    r.usage.reported_cost_nusd = 77;
    r.usage.has_reported_cost = true;
    size_t n;
    sl_str bytes = encoded(&r, &b);
    EXPECT_EQ(SL_OK, sl_record_decode(bytes, &room, &got, &n));
    EXPECT_EQ(bytes.n, n);
    EXPECT_STRS(r.request_id, got.request_id);
    EXPECT_STRS(r.consumer, got.consumer);
    EXPECT_STRS(r.model_asked, got.model_asked);
    EXPECT_EQ(r.wall_us, got.wall_us);
    EXPECT_EQ(SL_E_CANCELLED, got.rc);
    EXPECT_EQ(SL_OUTCOME_CANCELLED, got.outcome);
    EXPECT_EQ(-1, got.phase_us[11]);
    EXPECT(got.is_ai && got.is_stream && got.is_metered);
    EXPECT(memcmp(&r.usage, &got.usage, sizeof(r.usage)) == 0);
    EXPECT_EQ(12500, got.cost_nusd);
    EXPECT_EQ(1767000000, got.price_as_of);
    EXPECT_EQ(2, got.attempt_count);
    EXPECT_EQ(SL_E_AI_STREAM_CUT, got.attempts[0].rc);
    EXPECT_EQ(7, got.attempts[0].usage->output);
    EXPECT_EQ(105, got.attempts[0].wasted_nusd);
    EXPECT_STR("main", got.attempts[1].key_label);
    EXPECT_EQ(1, got.charge_count);
    EXPECT_STR("team", got.charges[0].budget);
    EXPECT_EQ(470, got.charges[0].tokens);
    sl_strbuf_fini(&b);
}

TEST(record, with_the_largest_of_everything_fits_its_limit)
{
    static char text[SL_RECORD_TEXT_MAX * 2];
    memset(text, 'x', sizeof(text));
    struct sl_record_attempt attempts[SL_RECORD_ATTEMPTS_MAX];
    struct sl_record_charge charges[SL_RECORD_BUDGETS_MAX];
    struct sl_record r = {.is_ai = true, .attempts = attempts, .charges = charges}, got;
#define TEXT(member) r.member = (sl_str){text, sizeof(text)};
#define NUMBER(member) r.member = (__typeof__(r.member))INT64_MIN;
#include "snapshot/record.def"
    r.is_ai = true;
    r.outcome = SL_OUTCOME_CANCELLED;
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        r.usage.tokens[i] = INT64_MIN;
    r.usage.source = SL_AI_USAGE_REPORTED;
    r.attempt_count = SL_RECORD_ATTEMPTS_MAX;
    for (size_t i = 0; i < r.attempt_count; i++)
        r.attempts[i] = (struct sl_record_attempt){
            .target = r.path, .key_label = r.path, .rc = SL_E_AI_KEYS_DEAD, .usage = &r.usage};
    r.charge_count = SL_RECORD_BUDGETS_MAX;
    for (size_t i = 0; i < r.charge_count; i++)
        r.charges[i] = (struct sl_record_charge){.budget = r.path, .subject = r.path};
    struct sl_strbuf b = {0};
    size_t n;
    sl_str bytes = encoded(&r, &b);
    EXPECT(bytes.n <= SL_RECORD_BYTES_MAX);
    EXPECT_EQ(SL_OK, sl_record_decode(bytes, &room, &got, &n));
    EXPECT_EQ(SL_RECORD_TEXT_MAX, got.path.n);
    EXPECT_EQ(SL_RECORD_TEXT_MAX, got.attempts[SL_RECORD_ATTEMPTS_MAX - 1].key_label.n);
    sl_strbuf_clear(&b);
    sl_record_json(&r, &b);
    EXPECT(!b.is_full);
    sl_strbuf_fini(&b);
}

TEST(record, cuts_long_texts_between_characters)
{
    char text[SL_RECORD_TEXT_MAX + 2];
    memset(text, 'a', sizeof(text));
    memcpy(text + SL_RECORD_TEXT_MAX - 1, "\xe2\x82\xac", 3);
    struct sl_record r = rest_record(), got;
    r.user_agent = (sl_str){text, sizeof(text)};
    struct sl_strbuf b = {0};
    size_t n;
    EXPECT_EQ(SL_OK, sl_record_decode(encoded(&r, &b), &room, &got, &n));
    EXPECT_EQ(SL_RECORD_TEXT_MAX - 1, got.user_agent.n);
    sl_strbuf_fini(&b);
}

TEST(record, cut_at_every_byte_is_incomplete)
{
    struct sl_strbuf b = {0};
    struct sl_record r = ai_record(), got;
    sl_str bytes = encoded(&r, &b);
    size_t used;
    for (size_t n = 0; n < bytes.n; n++)
        EXPECT_EQ(SL_E_AGAIN, decode_copy(sl_str_head(bytes, n), &got, &used));
    sl_strbuf_fini(&b);
}

TEST(record, with_any_flipped_bit_is_not_taken)
{
    struct sl_strbuf b = {0};
    struct sl_record r = ai_record(), got;
    sl_str bytes = encoded(&r, &b);
    size_t used;
    for (size_t bit = 0; bit < bytes.n * 8; bit++) {
        b.p[bit / 8] ^= (char)(1 << bit % 8);
        EXPECT(decode_copy(bytes, &got, &used) != SL_OK);
        b.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    EXPECT_EQ(SL_OK, decode_copy(bytes, &got, &used));
    sl_strbuf_fini(&b);
}

TEST(record, is_followed_by_the_next_one)
{
    struct sl_strbuf b = {0};
    struct sl_record first = rest_record(), second = ai_record(), got;
    sl_record_encode(&first, &b);
    sl_record_encode(&second, &b);
    size_t n, m;
    EXPECT_EQ(SL_OK, sl_record_decode(sl_strbuf_str(&b), &room, &got, &n));
    EXPECT(!got.is_ai);
    EXPECT_EQ(SL_OK, sl_record_decode(sl_str_from(sl_strbuf_str(&b), n), &room, &got, &m));
    EXPECT(got.is_ai);
    EXPECT_EQ(b.n, n + m);
    sl_strbuf_fini(&b);
}

TEST(record, that_does_not_fit_its_buffer_leaves_nothing_behind)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, NULL, 100);
    struct sl_record r = ai_record();
    sl_record_encode(&r, &b);
    EXPECT(b.is_full);
    EXPECT_EQ(0, b.n);
    sl_strbuf_clear(&b);
    sl_record_json(&r, &b);
    EXPECT(b.is_full);
    EXPECT_EQ(0, b.n);
    sl_strbuf_fini(&b);
}

TEST(access_line, has_only_members_that_say_something)
{
    struct sl_strbuf b = {0};
    struct sl_record r = rest_record();
    sl_record_json(&r, &b);
    EXPECT_STR(
        "{\"time\":\"2026-01-01T00:00:00.250Z\",\"request_id\":\"01JADV3MX3N5T7Q0ZC6V8W2R4Y\","
        "\"client_ip\":\"10.1.2.3\",\"method\":\"GET\",\"host\":\"api.example.com\","
        "\"path\":\"/orders/42\",\"service\":\"orders\",\"route\":\"orders-read\","
        "\"consumer\":\"acme\",\"status\":200,\"outcome\":\"ok\",\"response_bytes\":1024,"
        "\"duration_us\":1234,\"phases_us\":{\"route\":3,\"dispatch\":5,\"recv\":1200}}\n",
        sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

TEST(access_line, tells_of_tokens_money_and_attempts)
{
    struct sl_strbuf b = {0};
    struct sl_record r = ai_record();
    sl_record_json(&r, &b);
    sl_str line = sl_strbuf_str(&b);
    EXPECT(sl_str_find_str(
               line,
               SL_STR("\"stream\":true,\"model_asked\":\"fast\",\"vendor\":\"openai\","
                      "\"model\":\"gpt-4o\",\"key\":\"main\",\"tokens\":{\"input\":120,"
                      "\"cache_read\":300,\"output\":50},\"units\":{\"requests\":1},"
                      "\"usage_source\":\"reported\",\"usage_inconsistent\":true,"
                      "\"cost_usd\":\"0.0000125\",\"reserved_usd\":\"0.00005\",\"attempts\":[")) !=
           SIZE_MAX);
    EXPECT(
        sl_str_find_str(
            line, SL_STR("[{\"target\":\"anthropic/claude-sonnet-4-5\",\"status\":503,"
                         "\"error\":\"upstream_stream_interrupted\",\"duration_us\":9000,"
                         "\"tokens\":{\"output\":7},\"usage_source\":\"estimated\","
                         "\"wasted_usd\":\"0.000000105\"},"
                         "{\"target\":\"openai/gpt-4o\",\"key\":\"main\",\"status\":200}]}\n")) !=
        SIZE_MAX);
    sl_strbuf_fini(&b);
}

TEST(access_line, says_null_for_a_cost_that_is_not_known)
{
    struct sl_strbuf b = {0};
    struct sl_record r = ai_record();
    r.cost_nusd = -1;
    sl_record_json(&r, &b);
    EXPECT(sl_str_find_str(sl_strbuf_str(&b), SL_STR("\"cost_usd\":null")) != SIZE_MAX);
    sl_strbuf_fini(&b);
}

TEST(access_line, escapes_every_byte_at_every_place_as_json_does)
{
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 19; at++) {
            char text[19];
            memset(text, 'a', sizeof(text));
            text[at] = (char)c;
            struct sl_record r = {.user_agent = {text, sizeof(text)}};
            struct sl_strbuf got = {0}, want = {0};
            sl_record_json(&r, &got);
            sl_strbuf_add(&want, SL_STR("{\"time\":\"1970-01-01T00:00:00.000Z\",\"user_agent\":"));
            sl_enc_json(&want, r.user_agent);
            sl_strbuf_add(&want, SL_STR(",\"outcome\":\"ok\"}\n"));
            EXPECT_STRS(sl_strbuf_str(&want), sl_strbuf_str(&got));
            sl_strbuf_fini(&got);
            sl_strbuf_fini(&want);
        }
    }
}
