#include "base/crc32.h"
#include "tests/test.h"

TEST(crc32, has_the_check_value_of_its_catalogue_entry)
{
    EXPECT_EQ(0xcbf43926u, sl_crc32(SL_STR("123456789")));
    EXPECT_EQ(0, sl_crc32((sl_str){0}));
    EXPECT_EQ(0xe8b7be43u, sl_crc32(SL_STR("a")));
}

TEST(crc32, agrees_with_itself_bit_by_bit_at_every_length)
{
    char bytes[64];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 37 + 200);
    uint32_t crc = UINT32_MAX;
    for (size_t n = 0; n < sizeof(bytes); n++) {
        EXPECT_EQ((uint32_t)~crc, sl_crc32((sl_str){bytes, n}));
        crc ^= (unsigned char)bytes[n];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0 - (crc & 1)));
    }
}

TEST(crc32, changes_with_every_single_bit)
{
    char bytes[] = "the record of one request";
    sl_str s = {bytes, sizeof(bytes) - 1};
    uint32_t whole = sl_crc32(s);
    for (size_t bit = 0; bit < s.n * 8; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        EXPECT(sl_crc32(s) != whole);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
}
