#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_retire;

static struct fake_exchange f;

static const char dates[] = "{deprecated_at: '2025-12-01T00:00:00Z', "
                            "sunset_at: '2026-01-01T00:00:01Z', successor: https://a.example/v2}";

static sl_str field(const char *name)
{
    const struct sl_header *h = sl_headers_find(&f.x.res.headers, sl_cstr(name));
    return h != NULL ? h->value : (sl_str){0};
}

TEST(retire, answers_announce_the_end_until_it_comes)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_retire, dates);
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_retire, c));
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_retire, c));
    EXPECT_STR("@1764547200", field("deprecation"));
    EXPECT_STR("Thu, 01 Jan 2026 00:00:01 GMT", field("sunset"));
    EXPECT_STR("<https://a.example/v2>; rel=\"successor-version\"", field("link"));
    fake_exchange_fini(&f);
}

TEST(retire, from_then_on_it_is_gone_and_names_the_successor)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_retire, dates);
    f.wall_us += 1000000;
    EXPECT_EQ(SL_FAIL, fake_request(&f, &sl_policy_retire, c));
    EXPECT_EQ(SL_E_RETIRED, f.x.failed);
    EXPECT_STR("use https://a.example/v2 instead", f.x.hint);
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_retire, c)); /* the 410 says it too */
    EXPECT(field("sunset").n != 0);
    fake_exchange_fini(&f);
}

TEST(retire, without_a_date_nothing_ends)
{
    fake_exchange_init(&f);
    const void *c =
        fake_configure(&f, &sl_policy_retire, "{deprecated_at: '2025-12-01T00:00:00Z'}");
    f.wall_us *= 2;
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_retire, c));
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_retire, c));
    EXPECT_EQ(1, f.x.res.headers.n);
    fake_exchange_fini(&f);
}

TEST(retire, links_lead_to_the_successor_and_to_what_people_read)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_retire,
                                   "{deprecated_at: '2025-12-01T00:00:00Z', sunset_at: "
                                   "'2026-02-01T00:00:00Z', successor: /v2/orders, "
                                   "documentation: https://a.example/why}");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_retire, c));
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_retire, c));
    const struct sl_headers *h = &f.x.res.headers;
    EXPECT_EQ(5, h->n);
    EXPECT_STR("</v2/orders>; rel=\"successor-version\"", h->v[2].value);
    EXPECT_STR("<https://a.example/why>; rel=\"deprecation\"; type=\"text/html\"", h->v[3].value);
    EXPECT_STR("<https://a.example/why>; rel=\"sunset\"; type=\"text/html\"", h->v[4].value);
    fake_exchange_fini(&f);
}

TEST(retire, links_cannot_break_out_of_their_field)
{
    fake_exchange_init(&f);
    (void)fake_refusal(&f, &sl_policy_retire,
                       "{deprecated_at: '2025-12-01T00:00:00Z', successor: '/a>; rel=x'}");
    EXPECT_STR("successor", f.diag.problems[0].path);
    fake_exchange_fini(&f);
}

TEST(retire, it_is_told_in_a_few_words)
{
    struct sl_strbuf b;
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_retire, dates);
    sl_strbuf_init(&b, f.arena, 0);
    sl_policy_retire.describe(c, &b);
    EXPECT_STR("deprecated since Mon, 01 Dec 2025 00:00:00 GMT, 410 from Thu, 01 Jan 2026 "
               "00:00:01 GMT, successor https://a.example/v2",
               sl_strbuf_str(&b));
    fake_exchange_fini(&f);
}

TEST(retire, the_end_is_not_before_the_announcement)
{
    fake_exchange_init(&f);
    (void)fake_refusal(
        &f, &sl_policy_retire,
        "{deprecated_at: '2025-12-01T00:00:00Z', sunset_at: '2025-11-30T23:59:59Z'}");
    EXPECT_STR("sunset_at", f.diag.problems[0].path);
    fake_exchange_fini(&f);
}
