/**
 * test: cmocka under a thin, self-registering header.
 *
 *     TEST(gcra, a_refusal_does_not_spend) { EXPECT_EQ(1, f()); }
 *
 * One executable per layer; tests/test_main.c is its main(). Arguments select tests by substring.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

struct test_case {
    const char *name;
    void (*run)(void **state);
    struct test_case *next;
};

void test_register(struct test_case *t);
/** Fails the test, showing both texts escaped. */
void test_expect_str(sl_str want, sl_str got, const char *file, int line);

#define TEST(noun, sentence)                                                              \
    static void test_##noun##_##sentence(void **state);                                   \
    static struct test_case case_##noun##_##sentence = {.name = #noun ": " #sentence,     \
                                                        .run = test_##noun##_##sentence}; \
    __attribute__((constructor)) static void register_##noun##_##sentence(void)           \
    {                                                                                     \
        test_register(&case_##noun##_##sentence);                                         \
    }                                                                                     \
    static void test_##noun##_##sentence(__attribute__((unused)) void **state)

#define EXPECT(c) _assert_true((c) ? 1 : 0, #c, __FILE__, __LINE__)
#define EXPECT_EQ(want, got)                                                                   \
    do {                                                                                       \
        long long want_ = (long long)(want), got_ = (long long)(got);                          \
        if (want_ != got_) {                                                                   \
            print_error("%s:%d: %s: wanted %lld, got %lld\n", __FILE__, __LINE__, #got, want_, \
                        got_);                                                                 \
            _fail(__FILE__, __LINE__);                                                         \
        }                                                                                      \
    } while (0)
/** `want` is a C string, `got` an sl_str. */
#define EXPECT_STR(want, got) test_expect_str(sl_cstr(want), (got), __FILE__, __LINE__)
#define EXPECT_STRS(want, got) test_expect_str((want), (got), __FILE__, __LINE__)
