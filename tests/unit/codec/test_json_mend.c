#include "codec/json.h"
#include "tests/test.h"

TEST(json_mend, halves_of_pairs_are_replaced_and_nothing_else)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"\"a\\ud83d\"", "\"a\\ufffd\""},
        {"\"\\ude00b\"", "\"\\ufffdb\""},
        {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""},
        {"\"\\ud83d\\ud83d\\ude00\\ude00\"", "\"\\ufffd\\ud83d\\ude00\\ufffd\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""},
        {"\"\\\\\\ud83d\"", "\"\\\\\\ufffd\""},
        {"\"\\uD83D\\n\"", "\"\\ufffd\\n\""},
        {"\"\\ud83", "\"\\ud83"},
        {"\"\\ud83d", "\"\\ufffd"},
        {"\\", "\\"},
        {"\"plain\"", "\"plain\""},
        {"", ""},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].out, sl_json_mend(sl_cstr(rows[i].in), a));
    sl_arena_free(a);
}

TEST(json_mend, what_was_mended_is_read)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    sl_str bad = SL_STR("{\"a\":\"x\\udfff\"}");
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse(bad, a, &v, &info));
    EXPECT_EQ(SL_OK, sl_json_parse(sl_json_mend(bad, a), a, &v, &info));
    EXPECT_STR("x\xef\xbf\xbd", sl_json_text(sl_json_get(v, SL_STR("a"))));
    sl_arena_free(a);
}
