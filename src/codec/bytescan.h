/**
 * bytescan: how far one may skip. The inner loops of the text parsers, inlined.
 *
 * Each function exists twice: with SSE2 (every x86-64 has it) and portable, eight bytes at a time.
 * The plain name is the fastest that this machine has; the tests hold the two against each other.
 * Nothing is read outside of [p, end). No state, any thread.
 */
#pragma once
#include "base/base.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { SL_SCAN_STEP = 16 };

#define SL_SCAN_ONES 0x0101010101010101ULL
#define SL_SCAN_HIGH 0x8080808080808080ULL

/** Nonzero when one of the eight bytes of `w` is zero. */
static inline uint64_t sl_scan_zero(uint64_t w)
{
    return (w - SL_SCAN_ONES) & ~w & SL_SCAN_HIGH;
}

static inline uint64_t sl_scan_load(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    return w;
}

/** May this byte stand in a JSON string as it is, and is it ASCII? Not: quote, backslash, control. */
static inline bool sl_scan_is_plain(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/** The first byte that is not plain (see sl_scan_is_plain), or `end`. */
static inline const char *sl_scan_plain_portable(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t w = sl_scan_load(p);
        uint64_t stops = sl_scan_zero(w ^ SL_SCAN_ONES * '"') |
                         sl_scan_zero(w ^ SL_SCAN_ONES * '\\') |
                         ((w - SL_SCAN_ONES * 0x20) & SL_SCAN_HIGH) | (w & SL_SCAN_HIGH);
        if (stops != 0)
            break;
    }
    while (p < end && sl_scan_is_plain(*p))
        p++;
    return p;
}

/** How many of the SL_SCAN_STEP bytes at `p` are plain before the first that is not. */
static inline unsigned sl_scan_plain_step_portable(const char *p)
{
    return (unsigned)(sl_scan_plain_portable(p, p + SL_SCAN_STEP) - p);
}

/** How many of the SL_SCAN_STEP bytes at `p` stand before the first backslash. */
static inline unsigned sl_scan_backslash_step_portable(const char *p)
{
    const char *at = memchr(p, '\\', SL_SCAN_STEP);
    return at != NULL ? (unsigned)(at - p) : SL_SCAN_STEP;
}

/** The first CR or LF, or `end`. */
static inline const char *sl_scan_eol_portable(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t w = sl_scan_load(p);
        if ((sl_scan_zero(w ^ SL_SCAN_ONES * '\n') | sl_scan_zero(w ^ SL_SCAN_ONES * '\r')) != 0)
            break;
    }
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    return p;
}

#if defined(__SSE2__)

static inline int sl_scan_plain_mask(__m128i v)
{
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i odd = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)); /* signed: controls and >= 0x80 */
    return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), odd));
}

static inline const char *sl_scan_plain(const char *p, const char *end)
{
    for (; end - p >= 16; p += 16) {
        int stops = sl_scan_plain_mask(_mm_loadu_si128((const __m128i *)(const void *)p));
        if (stops != 0)
            return p + __builtin_ctz((unsigned)stops);
    }
    return sl_scan_plain_portable(p, end);
}

static inline unsigned sl_scan_plain_step(const char *p)
{
    int stops = sl_scan_plain_mask(_mm_loadu_si128((const __m128i *)(const void *)p));
    return stops != 0 ? (unsigned)__builtin_ctz((unsigned)stops) : SL_SCAN_STEP;
}

static inline unsigned sl_scan_backslash_step(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    int stops = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    return stops != 0 ? (unsigned)__builtin_ctz((unsigned)stops) : SL_SCAN_STEP;
}

static inline const char *sl_scan_eol(const char *p, const char *end)
{
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i lf = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
        __m128i cr = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));
        int stops = _mm_movemask_epi8(_mm_or_si128(lf, cr));
        if (stops != 0)
            return p + __builtin_ctz((unsigned)stops);
    }
    return sl_scan_eol_portable(p, end);
}

#else

static inline const char *sl_scan_plain(const char *p, const char *end)
{
    return sl_scan_plain_portable(p, end);
}

static inline unsigned sl_scan_plain_step(const char *p)
{
    return sl_scan_plain_step_portable(p);
}

static inline unsigned sl_scan_backslash_step(const char *p)
{
    return sl_scan_backslash_step_portable(p);
}

static inline const char *sl_scan_eol(const char *p, const char *end)
{
    return sl_scan_eol_portable(p, end);
}

#endif

static inline bool sl_scan_is_tail(char c)
{
    return (unsigned char)c >> 6 == 2;
}

/**
 * The length (1 to 4) of the UTF-8 sequence at `p`, or 0 when it is malformed: overlong, a
 * surrogate, beyond U+10FFFF or cut off (RFC 3629, section 4). p < end.
 */
static inline size_t sl_scan_utf8(const char *p, const char *end)
{
    unsigned char a = (unsigned char)p[0], b = end - p > 1 ? (unsigned char)p[1] : 0;
    if (a < 0x80)
        return 1;
    if (a < 0xc2 || a > 0xf4 || b >> 6 != 2)
        return 0;
    if (a < 0xe0)
        return 2;
    if (end - p < 3 || !sl_scan_is_tail(p[2]))
        return 0;
    if (a < 0xf0)
        return (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ? 0 : 3;
    if (end - p < 4 || !sl_scan_is_tail(p[3]))
        return 0;
    return (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f) ? 0 : 4;
}
