#include "base/id.h"
#include "tests/test.h"

static struct sl_id make(int64_t unix_ms)
{
    struct sl_rand r;
    sl_rand_seed(&r, (uint64_t)unix_ms);
    return sl_id_make(unix_ms, &r);
}

TEST(id, begins_with_its_time_as_the_ulid_specification_writes_it)
{
    struct sl_id id = make(1469918176385);
    EXPECT_STR("01ARYZ6S41", sl_str_head(sl_id_str(&id), 10));
    EXPECT_EQ(1469918176385, sl_id_time_ms(&id));
}

TEST(id, later_ones_sort_behind_earlier_ones)
{
    struct sl_id a = make(1469918176385), b = make(1469918176386), c = make((1LL << 48) - 1);
    EXPECT(sl_str_cmp(sl_id_str(&a), sl_id_str(&b)) < 0);
    EXPECT(sl_str_cmp(sl_id_str(&b), sl_id_str(&c)) < 0);
}

TEST(id, reads_both_cases_and_writes_upper_case)
{
    struct sl_id id;
    EXPECT(sl_id_parse(SL_STR("01aryz6s41tsv4rrffq69g5fav"), &id));
    EXPECT_STR("01ARYZ6S41TSV4RRFFQ69G5FAV", sl_id_str(&id));
}

TEST(id, refuses_other_lengths_letters_and_values)
{
    static const sl_str bad[] = {SL_STR_INIT(""),
                                 SL_STR_INIT("01ARYZ6S41TSV4RRFFQ69G5FA"),
                                 SL_STR_INIT("01ARYZ6S41TSV4RRFFQ69G5FAVV"),
                                 SL_STR_INIT("81ARYZ6S41TSV4RRFFQ69G5FAV"),
                                 SL_STR_INIT("01ARYZ6S41TSV4RRFFQ69G5FAU"),
                                 SL_STR_INIT("01ARYZ6S41TSV4RRFFQ69G5FA\0"),
                                 SL_STR_INIT("01ARYZ6S41-SV4RRFFQ69G5FAV")};
    struct sl_id id;
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_id_parse(bad[i], &id));
}
