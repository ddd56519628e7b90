#include "codec/regex.h"
#include "base/err.h"
#include "base/strbuf.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MESSAGE_BYTES = 128, SCRATCH_BYTES = 1024 };

struct sl_regex {
    pcre2_code *code;
    pcre2_match_context *limits;
    uint32_t groups; /* of the pattern, the whole match included */
};

/* ------------------------------------------------------------------ compiling */

static void regex_free(void *arg)
{
    struct sl_regex *r = arg;
    pcre2_match_context_free(r->limits);
    pcre2_code_free(r->code);
}

static uint32_t options_of(enum sl_regex_how how)
{
    uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;
    switch (how) {
    case SL_REGEX_SEARCH:
        return options;
    case SL_REGEX_BEGIN:
        return options | PCRE2_ANCHORED;
    case SL_REGEX_WHOLE:
        return options | PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    }
    sl_panic(__FILE__, __LINE__, "regex: bad how");
}

static uint32_t count_groups(const pcre2_code *code)
{
    uint32_t captures = 0;
    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures); /* cannot fail */
    return captures + 1;
}

static pcre2_match_context *new_limits(void)
{
    pcre2_match_context *c = pcre2_match_context_create(NULL);
    SL_ASSERT(c != NULL);
    (void)pcre2_set_match_limit(c, SL_REGEX_STEPS_MAX); /* these three cannot fail */
    (void)pcre2_set_depth_limit(c, SL_REGEX_DEPTH_MAX);
    (void)pcre2_set_heap_limit(c, SL_REGEX_HEAP_KIB_MAX);
    return c;
}

sl_rc sl_regex_compile(sl_str pattern, enum sl_regex_how how, struct sl_arena *a,
                       const struct sl_regex **ret, sl_str *ret_why, size_t *ret_at)
{
    int error;
    PCRE2_SIZE at = 0;
    if (pattern.n > SL_REGEX_PATTERN_BYTES_MAX) {
        *ret_why = sl_fmt(a, "longer than %d bytes", SL_REGEX_PATTERN_BYTES_MAX);
        *ret_at = SL_REGEX_PATTERN_BYTES_MAX;
        return SL_E_LIMIT;
    }
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.n != 0 ? pattern.p : ""), pattern.n,
                                     options_of(how), &error, &at, NULL);
    if (code == NULL) {
        PCRE2_UCHAR text[MESSAGE_BYTES];
        (void)pcre2_get_error_message(error, text, sizeof(text)); /* cut when too long */
        *ret_why = sl_fmt(a, "%s", (const char *)text);
        *ret_at = at;
        return SL_E_SYNTAX;
    }
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it, the interpreter matches */
    struct sl_regex *r = sl_arena_new_of(a, struct sl_regex);
    *r = (struct sl_regex){.code = code, .limits = new_limits(), .groups = count_groups(code)};
    sl_arena_defer(a, regex_free, r);
    *ret = r;
    return SL_OK;
}

/* ------------------------------------------------------------------ matching */

/* PCRE2 wants memory for the result of each match: from the stack, and from the heap beyond it. */
struct scratch {
    size_t used;
    _Alignas(16) char bytes[SCRATCH_BYTES];
};

static void *scratch_take(PCRE2_SIZE bytes, void *arg)
{
    struct scratch *s = arg;
    size_t rounded = (bytes + 15) & ~(size_t)15;
    if (rounded < bytes || rounded > sizeof(s->bytes) - s->used)
        return sl_try_calloc(1, bytes);
    void *p = s->bytes + s->used;
    s->used += rounded;
    return p;
}

static void scratch_give(void *p, void *arg)
{
    struct scratch *s = arg;
    bool is_ours = (uintptr_t)p >= (uintptr_t)s->bytes &&
                   (uintptr_t)p < (uintptr_t)s->bytes + sizeof(s->bytes);
    if (!is_ours)
        sl_free(p);
}

/* PCRE2 sets the places of the pattern's own groups and leaves the others as they were. */
static void copy_groups(const struct sl_regex *r, pcre2_match_data *data, sl_str subject,
                        sl_str *groups, size_t n)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    size_t known = SL_MIN((size_t)r->groups, n);
    for (size_t i = 0; i < n; i++) {
        bool is_set = i < known && at[2 * i] != PCRE2_UNSET && at[2 * i] <= at[2 * i + 1];
        groups[i] =
            is_set ? (sl_str){subject.p + at[2 * i], at[2 * i + 1] - at[2 * i]} : (sl_str){NULL, 0};
    }
}

bool sl_regex_match(const struct sl_regex *r, sl_str subject, sl_str *groups, size_t n)
{
    struct scratch scratch;
    SL_ASSERT(n <= SL_REGEX_GROUPS_MAX);
    if (subject.n == 0)
        subject.p = "";
    scratch.used = 0;
    pcre2_general_context *memory =
        pcre2_general_context_create(scratch_take, scratch_give, &scratch);
    if (memory == NULL)
        return false;
    pcre2_match_data *data = pcre2_match_data_create(SL_REGEX_GROUPS_MAX, memory);
    /* > 0: matched; 0: matched, with more groups than there is room for; < 0: not, or a limit */
    bool is_match = data != NULL && pcre2_match(r->code, (PCRE2_SPTR)subject.p, subject.n, 0, 0,
                                                data, r->limits) >= 0;
    if (is_match)
        copy_groups(r, data, subject, groups, n);
    pcre2_match_data_free(data);
    pcre2_general_context_free(memory);
    return is_match;
}
