#include "base/units.h"
#include "tests/test.h"

TEST(units, span_takes_a_number_with_its_unit)
{
    static const struct {
        const char *text;
        sl_usec want;
    } good[] = {{"0s", 0},         {"1us", 1},         {"250ms", 250000},    {"1.5s", 1500000},
                {"5m", 300000000}, {"1h", 3600000000}, {"7d", 604800000000}, {"0.5ms", 500}};
    static const char *const bad[] = {"",    "5",     "s",          "-1s",       "1 s",    "1S",
                                      "1.s", ".5s",   "1sm",        "0.5us",     "1.1.1s", "+1s",
                                      "1w",  "1h30m", "106751992d", "0.0000001s"};
    sl_usec v = 0;
    for (size_t i = 0; i < SL_LEN(good); i++) {
        EXPECT(sl_units_span(sl_cstr(good[i].text), &v));
        EXPECT_EQ(good[i].want, v);
    }
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_units_span(sl_cstr(bad[i]), &v));
}

TEST(units, size_knows_both_families_of_units)
{
    static const struct {
        const char *text;
        uint64_t want;
    } good[] = {{"512", 512},     {"512B", 512},       {"64KiB", 65536},
                {"1MB", 1000000}, {"1.5MiB", 1572864}, {"8GiB", 8589934592}};
    static const char *const bad[] = {"", "1kb", "1K", "-1", "0.5", "1 MB", "8388608TiB", "KiB"};
    uint64_t v = 0;
    for (size_t i = 0; i < SL_LEN(good); i++) {
        EXPECT(sl_units_size(sl_cstr(good[i].text), &v));
        EXPECT_EQ(good[i].want, v);
    }
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_units_size(sl_cstr(bad[i]), &v));
}

TEST(units, writes_what_it_reads_back)
{
    static const char *const spans[] = {"0s", "1us", "250ms", "1500ms", "90m", "7d"};
    static const char *const sizes[] = {"0", "512", "1025", "64KiB", "1MB", "3TiB"};
    struct sl_strbuf b = {0};
    for (size_t i = 0; i < SL_LEN(spans); i++) {
        sl_usec v = 0;
        EXPECT(sl_units_span(sl_cstr(spans[i]), &v));
        sl_strbuf_clear(&b);
        sl_units_add_span(&b, v);
        EXPECT_STR(spans[i], sl_strbuf_str(&b));
    }
    for (size_t i = 0; i < SL_LEN(sizes); i++) {
        uint64_t v = 0;
        EXPECT(sl_units_size(sl_cstr(sizes[i]), &v));
        sl_strbuf_clear(&b);
        sl_units_add_size(&b, v);
        EXPECT_STR(sizes[i], sl_strbuf_str(&b));
    }
    sl_strbuf_fini(&b);
}
