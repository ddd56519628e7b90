/*
 * Eight bytes at a step ("slicing by 8"). A table's entry is the sum (XOR) of what its index's bits
 * contribute, so that eight numbers make the 256 of a table, at compile time.
 */
#include "base/crc32.h"

#define BIT(i, n, v) (((i) >> (n)&1) != 0 ? (v) : 0u)
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                       \
    (BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^ \
     BIT(i, 6, g) ^ BIT(i, 7, h))
#define ROW4(i, ...)                                                                 \
    ENTRY(i, __VA_ARGS__), ENTRY((i) + 1, __VA_ARGS__), ENTRY((i) + 2, __VA_ARGS__), \
        ENTRY((i) + 3, __VA_ARGS__)
#define ROW16(i, ...)                                                             \
    ROW4(i, __VA_ARGS__), ROW4((i) + 4, __VA_ARGS__), ROW4((i) + 8, __VA_ARGS__), \
        ROW4((i) + 12, __VA_ARGS__)
#define ROW64(i, ...)                                                                  \
    ROW16(i, __VA_ARGS__), ROW16((i) + 16, __VA_ARGS__), ROW16((i) + 32, __VA_ARGS__), \
        ROW16((i) + 48, __VA_ARGS__)
#define TABLE(...)                                                             \
    ROW64(0u, __VA_ARGS__), ROW64(64u, __VA_ARGS__), ROW64(128u, __VA_ARGS__), \
        ROW64(192u, __VA_ARGS__)

/* tables[k][b]: what byte b contributes when k more bytes follow it. */
static const uint32_t tables[8][256] = {
    {TABLE(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190,
           0xedb88320)},
    {TABLE(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05,
           0x3b83984b)},
    {TABLE(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0,
           0xe1351b80)},
    {TABLE(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d,
           0xed59b63b)},
    {TABLE(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782, 0xc1c12f04, 0x58f35849,
           0xb1e6b092)},
    {TABLE(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b, 0x07ac0536, 0x0f580a6c,
           0x1eb014d8)},
    {TABLE(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce, 0xcfbd399c, 0x440b7579,
           0x8816eaf2)},
    {TABLE(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b, 0xf9766256, 0x299dc2ed,
           0x533b85da)},
};

static uint32_t little_endian(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t step8(uint32_t crc, const unsigned char *p)
{
    uint32_t low = little_endian(p) ^ crc, high = little_endian(p + 4);
    return tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^
           tables[4][low >> 24] ^ tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^
           tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
}

uint32_t sl_crc32(sl_str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t n = bytes.n;
    uint32_t crc = UINT32_MAX;
    for (; n >= 8; n -= 8, p += 8)
        crc = step8(crc, p);
    for (; n != 0; n--, p++)
        crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
    return ~crc;
}
