#include "codec/tzif.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/str.h"
#include "tests/test.h"

#include <stdlib.h>

/* A version 1 block without anything, as it stands before the real one. */
#define EMPTY_V1                          \
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
    "\0\0\0\0"                            \
    "\0\0\0\0"                            \
    "\0\0\0\0"                            \
    "\0\0\0\0"                            \
    "\0\0\0\1"                            \
    "\0\0\0\1"                            \
    "\0\0\0\0\0\0"                        \
    "\0"
/* Two types (+1 h, +2 h), one change in 2020 to the second, and a rule. */
#define BERLIN(rule)                               \
    EMPTY_V1 "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
             "\0\0\0\0"                            \
             "\0\0\0\0"                            \
             "\0\0\0\0"                            \
             "\0\0\0\1"                            \
             "\0\0\0\2"                            \
             "\0\0\0\1"                            \
             "\0\0\0\0\x5e\x7f\xec\x90"            \
             "\1"                                  \
             "\0\0\x0e\x10\0\0"                    \
             "\0\0\x1c\x20\1\0"                    \
             "\0"                                  \
             "\n" rule "\n"

static sl_rc read(sl_str bytes, struct sl_arena *a, struct sl_zone *ret)
{
    char *copy =
        malloc(bytes.n + (bytes.n == 0)); /* so that the sanitizer sees every read behind it */
    memcpy(copy, bytes.p, bytes.n);
    sl_rc rc = sl_tzif_read((sl_str){copy, bytes.n}, a, ret);
    free(copy);
    return rc;
}

static int32_t at(const struct sl_zone *z, const char *time)
{
    int64_t us = 0;
    EXPECT(sl_parse_rfc3339(sl_cstr(time), &us));
    return sl_zone_offset_s(z, us / 1000000);
}

TEST(tzif, changes_and_the_rule_behind_them_say_the_offset)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_zone z;
    EXPECT_EQ(SL_OK, read(SL_STR(BERLIN("CET-1CEST,M3.5.0,M10.5.0/3")), a, &z));
    EXPECT_EQ(3600, at(&z, "2019-07-01T00:00:00Z")); /* before the first change: the first type */
    EXPECT_EQ(3600, at(&z, "2026-03-29T00:59:59Z"));
    EXPECT_EQ(7200, at(&z, "2026-03-29T01:00:00Z"));
    EXPECT_EQ(7200, at(&z, "2026-10-25T00:59:59Z"));
    EXPECT_EQ(3600, at(&z, "2026-10-25T01:00:00Z"));
    sl_arena_free(a);
}

TEST(tzif, rules_of_the_south_and_without_summer_and_of_odd_hours)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_zone z;
    EXPECT_EQ(SL_OK, read(SL_STR(BERLIN("AEST-10AEDT,M10.1.0,M4.1.0/3")), a, &z));
    EXPECT_EQ(39600, at(&z, "2026-01-01T00:00:00Z"));
    EXPECT_EQ(36000, at(&z, "2026-07-01T00:00:00Z"));
    EXPECT_EQ(SL_OK, read(SL_STR(BERLIN("<+0545>-5:45")), a, &z));
    EXPECT_EQ(20700, at(&z, "2026-07-01T00:00:00Z"));
    EXPECT_EQ(SL_OK, read(SL_STR(BERLIN("<-02>2<-01>,M3.5.0/-1,M10.5.0/0")), a, &z)); /* Nuuk */
    EXPECT_EQ(-7200, at(&z, "2026-03-29T00:59:59Z"));
    EXPECT_EQ(-3600, at(&z, "2026-03-29T01:00:00Z"));
    EXPECT_EQ(SL_OK, read(SL_STR(BERLIN("")), a, &z)); /* no rule: as after the last change */
    EXPECT_EQ(7200, at(&z, "2030-01-01T00:00:00Z"));
    sl_arena_free(a);
}

TEST(tzif, refuses_what_is_cut_anywhere_and_rules_that_are_none)
{
    static const char *const rules[] = {"CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-1CEST,J60,J300",
                                        "CET",
                                        "-1",
                                        "CET-99",
                                        "<CET-1"};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(8));
    sl_str good = SL_STR(BERLIN("CET-1CEST,M3.5.0,M10.5.0/3"));
    struct sl_zone z;
    for (size_t n = 0; n < good.n; n++)
        EXPECT(read(sl_str_head(good, n), a, &z) != SL_OK);
    sl_str head = SL_STR(BERLIN(""));
    for (size_t i = 0; i < SL_LEN(rules); i++) {
        sl_str bytes = sl_fmt(a, "%*s%s\n", (int)head.n - 1, "", rules[i]);
        memcpy((char *)bytes.p, head.p, head.n - 1);
        EXPECT_EQ(SL_E_UNSUPPORTED, read(bytes, a, &z));
    }
    sl_arena_free(a);
}

TEST(tzif, counts_that_are_larger_than_the_file_are_refused)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str good = SL_STR(BERLIN("CET-1"));
    struct sl_zone z;
    for (size_t i = 0; i < good.n; i++) {
        char *bytes = sl_arena_alloc(a, good.n);
        memcpy(bytes, good.p, good.n);
        bytes[i] = (char)0xff;
        (void)!read((sl_str){bytes, good.n}, a, &z); /* any answer, no harm */
    }
    sl_arena_free(a);
}

TEST(zone, fixed_offsets)
{
    static const char *const bad[] = {"",       "02:00",  "+2:00",  "+24:00",
                                      "+02:60", "+02-00", "+0200x", "utc"};
    struct sl_zone z;
    EXPECT(sl_zone_fixed(SL_STR("+05:30"), &z));
    EXPECT_EQ(19800, sl_zone_offset_s(&z, 0));
    EXPECT(sl_zone_fixed(SL_STR("-0330"), &z));
    EXPECT_EQ(-12600, sl_zone_offset_s(&z, 0));
    EXPECT(sl_zone_fixed(SL_STR("UTC"), &z));
    EXPECT_EQ(0, sl_zone_offset_s(&z, 0));
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_zone_fixed(sl_cstr(bad[i]), &z));
}
