#include "base/secret.h"
#include "tests/test.h"

TEST(secret, equals_only_its_own_bytes)
{
    struct sl_secret s = {0};
    EXPECT(sl_secret_is_empty(&s));
    sl_secret_init(&s, SL_STR("sk-123"));
    EXPECT(!sl_secret_is_empty(&s));
    EXPECT(sl_secret_eq(&s, SL_STR("sk-123")));
    EXPECT(!sl_secret_eq(&s, SL_STR("sk-124")));
    EXPECT(!sl_secret_eq(&s, SL_STR("tk-123")));
    EXPECT(!sl_secret_eq(&s, SL_STR("sk-12")));
    EXPECT(!sl_secret_eq(&s, SL_STR("")));
    EXPECT_STR("sk-123", sl_secret_reveal(&s));
    sl_secret_fini(&s);
}

TEST(secret, is_a_copy_and_is_empty_after_fini)
{
    char text[] = "abc";
    struct sl_secret s = {0};
    sl_secret_init(&s, sl_cstr(text));
    text[0] = 'x';
    EXPECT_STR("abc", sl_secret_reveal(&s));
    sl_secret_fini(&s);
    EXPECT(sl_secret_is_empty(&s));
    sl_secret_fini(&s);
}
