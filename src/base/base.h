/**
 * base: the vocabulary that every file of Sluice speaks.
 *
 * Values: sl_str (a borrowed run of bytes), sl_usec (microseconds), sl_rc (0 or a negative error of
 * base/err.def). Everything here is free of state and may be used from any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Bytes that somebody else owns; not NUL-terminated; `p` may be NULL when `n` is 0. */
typedef struct sl_str {
    const char *p;
    size_t n;
} sl_str;

/** Microseconds: an instant of the monotonic clock (base/clock.h) or a span. */
typedef int64_t sl_usec;

/** SL_OK (0) or a negative SL_E_* of base/err.def. */
typedef int sl_rc;

#define SL_OK 0
#define SL_CHECKED __attribute__((warn_unused_result))
#define SL_PRINTF(fmt_index, first) __attribute__((format(printf, fmt_index, first)))
#define SL_NORETURN __attribute__((noreturn))
#define SL_LIKELY(c) __builtin_expect(!!(c), 1)
#define SL_UNLIKELY(c) __builtin_expect(!!(c), 0)

#define SL_STR(literal) ((sl_str){"" literal, sizeof(literal) - 1})
#define SL_STR_INIT(literal)            \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }
/** The two arguments of a "%.*s". */
#define SL_STRF(s) (int)((s).n > INT32_MAX ? INT32_MAX : (s).n), (s).p != NULL ? (s).p : ""

#define SL_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define SL_MIN(a, b) ((a) < (b) ? (a) : (b))
#define SL_MAX(a, b) ((a) > (b) ? (a) : (b))
#define SL_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define SL_MS(n) ((sl_usec)(n)*1000)
#define SL_SECONDS(n) ((sl_usec)(n)*1000000)
#define SL_KIB(n) ((size_t)(n) << 10)
#define SL_MIB(n) ((size_t)(n) << 20)

/** Stop the program: a bug of ours, never a peer's doing. Prints to stderr and aborts. */
SL_NORETURN void sl_panic(const char *file, int line, const char *what);

/** For our own bugs only; always compiled in. */
#define SL_ASSERT(c) (SL_LIKELY(c) ? (void)0 : sl_panic(__FILE__, __LINE__, #c))

/** Arithmetic on numbers a peer chose. False (and *ret unchanged in value) on overflow. */
static inline SL_CHECKED bool sl_add_checked(size_t a, size_t b, size_t *ret)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

static inline SL_CHECKED bool sl_mul_checked(size_t a, size_t b, size_t *ret)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret = product;
    return true;
}

static inline int64_t sl_add_sat_i64(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/**
 * Heap memory of the control plane and of long-lived objects: zeroed; aborts when the machine has
 * none (sizes we choose). Data-path memory comes from arenas and chunks instead.
 */
void *sl_calloc(size_t count, size_t size) SL_CHECKED;
/** The same for a size that a peer influences: NULL when there is none. */
void *sl_try_calloc(size_t count, size_t size) SL_CHECKED;
/** Grow; the added bytes are not zeroed. Aborts when there is none. */
void *sl_realloc(void *p, size_t size) SL_CHECKED;
/** Accepts NULL. */
void sl_free(void *p);
#define sl_new(type) ((type *)sl_calloc(1, sizeof(type)))
#define sl_new_array(type, n) ((type *)sl_calloc((n), sizeof(type)))
/** A heap copy with a NUL behind it; the caller frees it with sl_free. */
char *sl_strdup(sl_str s) SL_CHECKED;
