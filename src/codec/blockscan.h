/**
 * blockscan: 64 bytes of JSON at a time as bit masks, bit i for byte i, so that the cost of a text does
 * not hang on how many quotes and escapes it has.
 *
 * Each function that reads exists twice: with SSE2 and portable, as in codec/bytescan.h, and some a third
 * time, with AVX2; the tests hold them against each other. A block is SL_BLOCK_BYTES readable bytes. No state, any thread.
 */
#pragma once
#include "codec/bytescan.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { SL_BLOCK_BYTES = 64 };

#define SL_BLOCK_EVEN 0x5555555555555555ULL

/* The high bits of eight bytes, gathered. */
static inline uint64_t sl_block_gather(uint64_t high)
{
    return (high >> 7) * 0x0102040810204080ULL >> 56;
}

/* As sl_scan_zero(), but exact in every byte: the high bit of those that are zero. */
static inline uint64_t sl_block_zero(uint64_t w)
{
    return ~(((w & ~SL_SCAN_HIGH) + ~SL_SCAN_HIGH) | w | ~SL_SCAN_HIGH);
}

/** The bytes that are `c` when the bits of `ignored` are set in them and in `c`. */
static inline uint64_t sl_block_eq_portable(const char *p, char c, unsigned char ignored)
{
    uint64_t bits = 0, fold = SL_SCAN_ONES * ignored;
    uint64_t want = SL_SCAN_ONES * (unsigned char)((unsigned char)c | ignored);
    for (unsigned i = 0; i < SL_BLOCK_BYTES; i += 8)
        bits |= sl_block_gather(sl_block_zero((sl_scan_load(p + i) | fold) ^ want)) << i;
    return bits;
}

/** Control characters, and what is not ASCII. */
static inline uint64_t sl_block_odd_portable(const char *p)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < SL_BLOCK_BYTES; i += 8) {
        uint64_t w = sl_scan_load(p + i), printable = (w & ~SL_SCAN_HIGH) + SL_SCAN_ONES * 0x60;
        bits |= sl_block_gather((w | ~printable) & SL_SCAN_HIGH) << i;
    }
    return bits;
}

#if defined(__SSE2__)

static inline __m128i sl_block_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline uint64_t sl_block_join(__m128i a, __m128i b, __m128i c, __m128i d)
{
    uint64_t low = (unsigned)_mm_movemask_epi8(a) | (unsigned)_mm_movemask_epi8(b) << 16;
    uint64_t high = (unsigned)_mm_movemask_epi8(c) | (unsigned)_mm_movemask_epi8(d) << 16;
    return low | high << 32;
}

static inline uint64_t sl_block_eq(const char *p, char c, unsigned char ignored)
{
    __m128i fold = _mm_set1_epi8((char)ignored), want = _mm_set1_epi8((char)(c | ignored));
    return sl_block_join(_mm_cmpeq_epi8(_mm_or_si128(sl_block_load(p), fold), want),
                         _mm_cmpeq_epi8(_mm_or_si128(sl_block_load(p + 16), fold), want),
                         _mm_cmpeq_epi8(_mm_or_si128(sl_block_load(p + 32), fold), want),
                         _mm_cmpeq_epi8(_mm_or_si128(sl_block_load(p + 48), fold), want));
}

static inline uint64_t sl_block_odd(const char *p)
{
    __m128i space = _mm_set1_epi8(0x20); /* signed: what is not ASCII is below it, too */
    return sl_block_join(
        _mm_cmplt_epi8(sl_block_load(p), space), _mm_cmplt_epi8(sl_block_load(p + 16), space),
        _mm_cmplt_epi8(sl_block_load(p + 32), space), _mm_cmplt_epi8(sl_block_load(p + 48), space));
}

#else

static inline uint64_t sl_block_eq(const char *p, char c, unsigned char ignored)
{
    return sl_block_eq_portable(p, c, ignored);
}

static inline uint64_t sl_block_odd(const char *p)
{
    return sl_block_odd_portable(p);
}

#endif

/** What is in a block of a string's text: of bytes that may stand together, one look. */
struct sl_block_text {
    uint64_t quotes, backslashes, odd;
    uint64_t letters; /* those that nearly all escapes have: quotes, backslashes, n, t */
};
typedef void sl_block_text_fn(const char *p, struct sl_block_text *ret);

static inline void sl_block_text(const char *p, struct sl_block_text *ret)
{
    ret->quotes = sl_block_eq(p, '"', 0);
    ret->backslashes = sl_block_eq(p, '\\', 0);
    ret->odd = sl_block_odd(p);
    ret->letters = ret->quotes | ret->backslashes | sl_block_eq(p, 'n', 0) | sl_block_eq(p, 't', 0);
}

/*
 * With AVX2 half as many instructions do. Whether this machine has it is known only when we run: a loop stands twice,
 * the second time marked SL_BLOCK_WIDE, and SL_BLOCK_PICK(loop) is the one to call.
 */
#if defined(__SSE2__) && defined(__x86_64__)
#define SL_BLOCK_HAS_WIDE 1
#define SL_BLOCK_WIDE __attribute__((target("avx2")))
#define SL_BLOCK_PICK(loop) (__builtin_cpu_supports("avx2") ? loop##_wide : loop)

SL_BLOCK_WIDE static inline uint64_t sl_block_join_wide(__m256i low, __m256i high)
{
    return (unsigned)_mm256_movemask_epi8(low) | (uint64_t)(unsigned)_mm256_movemask_epi8(high)
                                                     << 32;
}

SL_BLOCK_WIDE static inline void sl_block_text_wide(const char *p, struct sl_block_text *ret)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    __m256i space = _mm256_set1_epi8(0x20), n = _mm256_set1_epi8('n'), t = _mm256_set1_epi8('t');
    __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    ret->quotes = sl_block_join_wide(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote));
    ret->backslashes =
        sl_block_join_wide(_mm256_cmpeq_epi8(low, backslash), _mm256_cmpeq_epi8(high, backslash));
    ret->odd = sl_block_join_wide(_mm256_cmpgt_epi8(space, low), _mm256_cmpgt_epi8(space, high));
    ret->letters =
        ret->quotes | ret->backslashes |
        sl_block_join_wide(_mm256_or_si256(_mm256_cmpeq_epi8(low, n), _mm256_cmpeq_epi8(low, t)),
                           _mm256_or_si256(_mm256_cmpeq_epi8(high, n), _mm256_cmpeq_epi8(high, t)));
}

#else
#define SL_BLOCK_PICK(loop) loop
#endif

/**
 * Of the backslashes of a block whose first byte is not escaped, those that begin an escape: every
 * second of each run. When bit 63 is among them, the escape goes on in the next block.
 */
static inline uint64_t sl_block_escapes(uint64_t backslashes)
{
    uint64_t firsts = backslashes & ~(backslashes << 1);
    /* adding a run's first bit to it carries through the run and leaves no bit of it */
    uint64_t even_runs = backslashes & ~(backslashes + (firsts & SL_BLOCK_EVEN));
    return (even_runs & SL_BLOCK_EVEN) | (backslashes & ~even_runs & ~SL_BLOCK_EVEN);
}

/** Bit i is the parity of the bits 0..i: what is inside of quotes, the opening ones included. */
static inline uint64_t sl_block_parity(uint64_t bits)
{
    for (unsigned by = 1; by < SL_BLOCK_BYTES; by *= 2)
        bits ^= bits << by;
    return bits;
}

static inline unsigned sl_block_count(uint64_t bits)
{
    bits -= bits >> 1 & SL_BLOCK_EVEN;
    bits = (bits & 0x3333333333333333ULL) + (bits >> 2 & 0x3333333333333333ULL);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
    return (unsigned)(bits * SL_SCAN_ONES >> 56);
}

/** The quotes of a block that end or begin a string, and how many of its bytes that holds for: 64 or 63. */
static inline uint64_t sl_block_quotes(const char *p, size_t *ret_n)
{
    uint64_t quotes = sl_block_eq(p, '"', 0), backslashes = sl_block_eq(p, '\\', 0);
    *ret_n = SL_BLOCK_BYTES;
    if (backslashes == 0)
        return quotes;
    uint64_t escapes = sl_block_escapes(backslashes);
    *ret_n -= escapes >> 63;
    return quotes & ~(escapes << 1);
}
