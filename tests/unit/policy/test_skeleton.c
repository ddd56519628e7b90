#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_skeleton;

static struct fake_exchange f;

TEST(skeleton, every_answer_has_the_text)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_skeleton, "{text: hello}");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_skeleton, c));
    EXPECT_STR("hello", fake_answer(&f, "x-skeleton"));
    fake_exchange_fini(&f);
}

TEST(skeleton, a_text_that_is_no_value_of_a_field_is_refused)
{
    fake_exchange_init(&f);
    (void)fake_refusal(&f, &sl_policy_skeleton, "{text: \"a\\nb\"}");
    EXPECT_STR("text", f.diag.problems[0].path);
    fake_exchange_fini(&f);
}
