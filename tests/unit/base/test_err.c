#include "base/err.h"
#include "tests/test.h"

TEST(err, every_label_is_unique_and_a_plain_word)
{
    for (int i = 1; i <= SL_ERR_COUNT; i++) {
        const struct sl_err_info *row = sl_err_info(-i);
        EXPECT(row->label[0] != '\0');
        EXPECT_EQ(strlen(row->label), strspn(row->label, "abcdefghijklmnopqrstuvwxyz_"));
        for (int k = i + 1; k <= SL_ERR_COUNT; k++)
            EXPECT(strcmp(row->label, sl_err_info(-k)->label) != 0);
    }
}

TEST(err, every_row_has_a_text_and_a_status_of_an_error)
{
    for (int i = 1; i <= SL_ERR_COUNT; i++) {
        const struct sl_err_info *row = sl_err_info(-i);
        EXPECT(row->text[0] != '\0');
        EXPECT(row->status >= 400 && row->status <= 599);
    }
}

TEST(err, ok_has_a_row_of_its_own)
{
    EXPECT_STR("ok", sl_cstr(sl_err_info(SL_OK)->label));
    EXPECT_STR("rate_limited", sl_cstr(sl_err_info(SL_E_RATE_LIMITED)->label));
    EXPECT_EQ(429, sl_err_info(SL_E_RATE_LIMITED)->status);
}
