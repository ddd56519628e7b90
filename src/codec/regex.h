/**
 * regex: regular expressions of a configuration (Perl's syntax), by PCRE2 with its JIT. codec/regex.c is the
 * only file that includes it.
 *
 * Patterns are compiled once, are immutable and shared by all threads. They work on bytes; "$" is the
 * very end. A match costs at most SL_REGEX_STEPS_MAX steps: a pattern that would backtrack longer
 * does not match, so that nobody can hang a worker with a crafted subject. Matching allocates only
 * where the machine forbids the JIT.
 */
#pragma once
#include "base/arena.h"

enum {
    SL_REGEX_PATTERN_BYTES_MAX = 4096,
    SL_REGEX_STEPS_MAX = 100000,
    SL_REGEX_DEPTH_MAX = 1000,
    SL_REGEX_HEAP_KIB_MAX = 256,
    SL_REGEX_GROUPS_MAX = 16 /* the whole match and 15 groups are reported */
};

enum sl_regex_how {
    SL_REGEX_SEARCH, /* anywhere in the subject */
    SL_REGEX_BEGIN,  /* at its beginning */
    SL_REGEX_WHOLE,  /* all of it */
};

struct sl_regex;

/**
 * Compile; freed with `a`. SL_E_SYNTAX (or SL_E_LIMIT) with what is wrong as a text in `a` and the byte where it is.
 */
sl_rc sl_regex_compile(sl_str pattern, enum sl_regex_how how, struct sl_arena *a,
                       const struct sl_regex **ret, sl_str *ret_why, size_t *ret_at) SL_CHECKED;

/**
 * Does it match? Then groups[0] is the whole match and groups[1..] are the groups (p == NULL: took no
 * part), `n` of them filled in (<= SL_REGEX_GROUPS_MAX); they borrow `subject`.
 */
bool sl_regex_match(const struct sl_regex *r, sl_str subject, sl_str *groups, size_t n);
