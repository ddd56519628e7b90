#include "codec/jsonscan.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/blockscan.h"
#include "codec/json_int.h"

enum {
    TRACKED = 2,          /* levels whose members can be wanted */
    ODD_LETTER_BYTES = 3, /* the longest letter that Unicode folds into an ASCII one */
    START_KINDS = 32,     /* what first letters of names are told apart by */
    RAW_NAME_BYTES = SL_JSONSCAN_NAME_BYTES * SL_JSON_ESCAPED_BYTES
};

/* The member that is being read at one level. */
struct member {
    size_t key_at, key_n, at;
    struct sl_json_range *ret; /* NULL: nobody wants it */
};

/* A wanted name, split at its dot. */
struct wanted {
    sl_str top, nested; /* nested is empty for a member of the top-level object */
};

struct scan {
    const char *base, *p, *end;
    struct wanted wanted[SL_JSONSCAN_WANTED_MAX];
    size_t n_wanted;
    uint64_t top_starts[START_KINDS]; /* by start_of() a top-level name: bits of wanted names */
    struct sl_json_range *ret;
    struct sl_jsonscan_info *info;
    sl_rc rc;
    uint32_t depth, depth_max;
    uint64_t
        objects[SL_JSONSCAN_DEPTH_MAX / 64 + 1]; /* bit d: the container at depth d is an object */
    struct member members[TRACKED];
    struct sl_jsonscan_tally *tally; /* NULL: nothing is counted */
    bool is_telling;                 /* on_string is told of the strings of this top-level member */
    uint64_t counted_lengths;        /* bit n: a name of n bytes is to be counted */
    struct sl_jsonscan_counts here;  /* since the top-level member began */
    const struct sl_jsonscan_path *path;
    size_t path_level;   /* how many steps of the path lead to here */
    uint32_t path_depth; /* names that are deeper are not on it; 0: there is no path */
    uint32_t cut_depth;  /* of the member whose value is being noted; UINT32_MAX: none */
    size_t cut_at;
    bool has_watch;
    bool
        is_watched; /* the top-level member that is read is an array that tally->watch is told of */
    bool had_lone;  /* info->has_lone_surrogate before it, which is of the array while it is read */
    size_t watched_at, watched_cuts; /* where it begins, in the text and in the cuts */
    bool has_unit; /* the string that is read has an escape that is no single letter */
    char parent_buf[RAW_NAME_BYTES];
    sl_str
        parent; /* decoded name of the top-level member, when wanted ones are inside; else empty */
};

enum step { VALUE, FIRST_MEMBER, FIRST_ELEMENT, MEMBER, AFTER, DONE, FAILED };

static enum step fail(struct scan *s, const char *at, sl_rc rc, const char *reason)
{
    s->rc = rc;
    s->info->error_at = (size_t)(at - s->base);
    s->info->reason = reason;
    return FAILED;
}

static enum step bad(struct scan *s, const char *at, const char *reason)
{
    return fail(s, at, SL_E_SYNTAX, at == s->end ? "unexpected end" : reason);
}

static inline const char *skip_digits(const char *p, const char *end)
{
    while (p < end && sl_json_is_digit(*p))
        p++;
    return p;
}

/* Step over the escape at s->p. */
static bool scan_escape(struct scan *s)
{
    const char *p = s->p;
    if (s->end - p >= 2 && sl_json_letter_value(p[1]) != 0) {
        s->p = p + 2;
        return true;
    }
    int32_t unit = sl_json_unit_at(p, s->end);
    if (unit < 0) {
        (void)fail(s, p, SL_E_SYNTAX, s->end - p < 2 ? "unexpected end" : "malformed escape");
        return false;
    }
    s->has_unit = true;
    s->p = p + SL_JSON_ESCAPED_BYTES;
    if (sl_json_is_high(unit) && sl_json_is_low(sl_json_unit_at(s->p, s->end)))
        s->p += SL_JSON_ESCAPED_BYTES;
    else if (sl_json_is_high(unit) || sl_json_is_low(unit))
        s->info->has_lone_surrogate = true;
    return true;
}

/* Three bytes, as of most Chinese, Japanese and Korean text: neither overlong nor a surrogate. */
static inline bool is_common_triple(const char *p, const char *end)
{
    return end - p >= 3 && (unsigned char)p[0] >= 0xe1 && (unsigned char)p[0] <= 0xec &&
           sl_scan_is_tail(p[1]) && sl_scan_is_tail(p[2]);
}

static bool scan_utf8(struct scan *s)
{
    const char *p = s->p, *end = s->end;
    while (p < end && (unsigned char)*p >= 0x80) {
        size_t n = is_common_triple(p, end) ? 3 : sl_scan_utf8(p, end);
        if (n == 0) {
            (void)fail(s, p, SL_E_SYNTAX, "invalid UTF-8");
            return false;
        }
        p += n;
    }
    s->p = p;
    return true;
}

/* The first letter of `letters` that no one-letter escape has; 64 when there is none. */
static inline unsigned first_hard_letter(const char *p, uint64_t letters)
{
    for (; letters != 0; letters &= letters - 1) {
        unsigned at = (unsigned)__builtin_ctzll(letters);
        if (sl_json_letter_value(p[at]) == 0)
            return at;
    }
    return SL_BLOCK_BYTES;
}

/*
 * From an escape on over text with one-letter escapes, as code has many: to its end, to what needs a
 * closer look, or to where less than a block and a byte is left.
 */
static inline const char *skip_escaped_text(const char *p, const char *end, sl_block_text_fn *look)
{
    struct sl_block_text b;
    do {
        if (end - p <= SL_BLOCK_BYTES)
            return p;
        look(p, &b);
        uint64_t escapes = sl_block_escapes(b.backslashes), letters = escapes << 1;
        uint64_t stops = (b.quotes & ~letters) | b.odd;
        uint64_t before = stops != 0 ? (stops & (0 - stops)) - 1 : UINT64_MAX;
        /* one whose letter is not plain is a stop of its own */
        unsigned hard_at = first_hard_letter(p, letters & ~b.letters & before);
        if (hard_at != SL_BLOCK_BYTES)
            return p + hard_at - 1;
        if (stops != 0)
            return p + __builtin_ctzll(stops) - (letters & stops & (0 - stops) ? 1 : 0);
        if (escapes >> 63 != 0) { /* its letter is behind the block */
            if (sl_json_letter_value(p[SL_BLOCK_BYTES]) == 0)
                return p + SL_BLOCK_BYTES - 1;
            p++;
        }
        p += SL_BLOCK_BYTES;
    } while (b.backslashes != 0);
    return p;
}

static const char *scan_escaped_text(const char *p, const char *end)
{
    return skip_escaped_text(p, end, sl_block_text);
}

#if defined(SL_BLOCK_HAS_WIDE)

SL_BLOCK_WIDE static const char *scan_escaped_text_wide(const char *p, const char *end)
{
    return skip_escaped_text(p, end, sl_block_text_wide);
}

#endif

static bool is_unicode_escape(const struct scan *s)
{
    return s->end - s->p >= 2 && s->p[0] == '\\' && s->p[1] == 'u';
}

/* At a backslash. */
static bool scan_escapes(struct scan *s)
{
    const char *on = SL_BLOCK_PICK(scan_escaped_text)(s->p, s->end);
    if (on != s->p) {
        s->p = on;
        return true;
    }
    do { /* those of text that was escaped to be ASCII come in runs */
        if (!scan_escape(s))
            return false;
    } while (is_unicode_escape(s));
    return true;
}

/* As scan_string(), for all that its quick part leaves. */
static __attribute__((noinline)) bool scan_long_string(struct scan *s)
{
    for (;;) {
        s->p = sl_scan_plain(s->p, s->end);
        if (s->p == s->end) {
            (void)bad(s, s->p, "");
            return false;
        }
        char c = *s->p;
        if (c == '"') {
            s->p++;
            return true;
        }
        if (c == '\\' ? !scan_escapes(s) : (unsigned char)c >= 0x80 && !scan_utf8(s))
            return false;
        if ((unsigned char)c < 0x20) {
            (void)fail(s, s->p, SL_E_SYNTAX, "control character in a string");
            return false;
        }
    }
}

/* From behind the opening quote to behind the closing one. Most strings are short. */
static inline bool scan_string(struct scan *s)
{
    if (s->end - s->p >= SL_SCAN_STEP) {
        unsigned n = sl_scan_plain_step(s->p);
        s->p += n;
        if (n != SL_SCAN_STEP && *s->p == '"') {
            s->p++;
            return true;
        }
    }
    return scan_long_string(s);
}

static inline void tell_string(struct scan *s, sl_str raw, bool is_name)
{
    if (s->is_telling)
        s->tally->on_string(s->tally->arg, (size_t)(s->members[0].ret - s->ret), raw, is_name);
}

static void tally_string(struct scan *s, const char *from)
{
    const struct sl_jsonscan_tally *t = s->tally;
    sl_str text = {from, (size_t)(s->p - 1 - from)};
    tell_string(s, text, false);
    if (t->word.n == 0 || text.n < t->word.n || (*from != t->word.p[0] && *from != '\\'))
        return; /* nearly all */
    s->here.words += sl_json_string_eq((sl_str){from - 1, text.n + 2}, t->word);
}

static void tally_name(struct scan *s, sl_str name)
{
    tell_string(s, name, true);
    if (name.n > SL_JSONSCAN_COUNTED_BYTES || (s->counted_lengths >> name.n & 1) == 0)
        return;
    for (size_t i = 0; i < s->tally->n_names; i++)
        s->here.named[i] += sl_str_eq(name, s->tally->names[i]);
}

/* Behind a top-level member that was wanted as number `i`. */
static void tally_member(struct scan *s, size_t i)
{
    struct sl_jsonscan_counts *found = &s->tally->found;
    if ((s->tally->inside_of >> i & 1) == 0)
        return;
    for (size_t k = 0; k < s->tally->n_names; k++)
        found->named[k] += s->here.named[k];
    found->words += s->here.words;
}

/* At a member's name that is no deeper than the path: go back to where it leaves the path, or one step on. */
static void follow_path(struct scan *s, sl_str name)
{
    const struct sl_jsonscan_path *path = s->path;
    while (s->path_level != 0 && path->steps[s->path_level - 1].depth >= s->depth)
        s->path_level--;
    if (path->steps[s->path_level].depth == s->depth &&
        sl_str_eq(path->steps[s->path_level].name, name))
        s->path_level++;
    s->path_depth = path->steps[SL_MIN(s->path_level, path->n - 1)].depth;
    s->cut_depth = s->path_level == path->n ? s->depth : UINT32_MAX;
}

/* Between elements of an array: what follows is not behind a name that stands deeper. */
static void leave_path(struct scan *s)
{
    const struct sl_jsonscan_path *path = s->path;
    if (path == NULL)
        return;
    while (s->path_level != 0 && path->steps[s->path_level - 1].depth > s->depth)
        s->path_level--;
    s->path_depth = path->steps[SL_MIN(s->path_level, path->n - 1)].depth;
    if (s->cut_depth > s->depth)
        s->cut_depth = UINT32_MAX;
}

/* Behind the value that the path leads to. */
static void end_cut(struct scan *s)
{
    struct sl_json_cuts *cuts = s->tally->cuts;
    const char *from = sl_json_skip_space(s->base + s->cut_at, s->p);
    size_t n = (size_t)(s->p - from);
    s->cut_depth = UINT32_MAX;
    if ((*from == '{' || *from == '[') && n >= SL_JSONSCAN_CUT_BYTES && cuts->n < cuts->max)
        cuts->cuts[cuts->n++] = (struct sl_json_cut){.at = (size_t)(from - s->base), .n = n};
}

/* Behind a string's text, which begins at `from`. */
static void note_long_text(struct scan *s, const char *from)
{
    struct sl_json_cuts *cuts = s->tally->cuts;
    if (cuts != NULL && s->cut_depth == UINT32_MAX && !s->has_unit && cuts->n < cuts->max)
        cuts->cuts[cuts->n++] = (struct sl_json_cut){.at = (size_t)(from - 1 - s->base),
                                                     .n = (size_t)(s->p - from) + 1};
}

static enum step scan_number(struct scan *s)
{
    const char *p = s->p + (*s->p == '-'), *from = p;
    p = p < s->end && *p == '0' ? p + 1 : skip_digits(p, s->end);
    if (p == from)
        return bad(s, p, "expected a digit");
    if (p < s->end && *p == '.') {
        from = ++p;
        p = skip_digits(p, s->end);
        if (p == from)
            return bad(s, p, "expected a digit after the point");
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < s->end && (*p == '+' || *p == '-');
        from = p;
        p = skip_digits(p, s->end);
        if (p == from)
            return bad(s, p, "expected a digit in the exponent");
    }
    s->p = p;
    return AFTER;
}

static enum step scan_word(struct scan *s, const char *word, size_t n)
{
    size_t left = (size_t)(s->end - s->p);
    if (memcmp(s->p, word, SL_MIN(left, n)) != 0)
        return bad(s, s->p, "expected a value");
    if (left < n)
        return bad(s, s->end, "");
    s->p += n;
    return AFTER;
}

static inline bool is_in_object(const struct scan *s)
{
    return (s->objects[s->depth / 64] >> s->depth % 64 & 1) != 0;
}

static void add_recalled_cuts(struct scan *s, const struct sl_json_cut *cuts, size_t n)
{
    struct sl_json_cuts *to = s->tally->cuts;
    for (size_t i = 0; i < n && to->n < to->max; i++)
        to->cuts[to->n++] = (struct sl_json_cut){.at = s->watched_at + cuts[i].at, .n = cuts[i].n};
}

/* Behind the bracket of an array that is the value of a top-level member: at its first element, or behind what is known. */
static __attribute__((noinline)) enum step enter_watched(struct scan *s)
{
    const struct sl_jsonscan_watch *watch = s->tally->watch;
    size_t member = (size_t)(s->members[0].ret - s->ret);
    struct sl_jsonscan_progress known;
    const struct sl_json_cut *cuts;
    if ((watch->arrays_of >> member & 1) == 0)
        return FIRST_ELEMENT;
    const char *from = s->p - 1;
    s->is_watched = true;
    s->watched_at = (size_t)(from - s->base);
    s->watched_cuts = s->tally->cuts->n;
    s->had_lone = s->info->has_lone_surrogate;
    s->info->has_lone_surrogate = false;
    sl_str text = {from, (size_t)(s->end - from)};
    if (!watch->recall(s->tally->arg, member, text, &known, &cuts))
        return FIRST_ELEMENT;
    SL_ASSERT(known.n > 1 && known.n <= text.n);
    s->p = from + known.n;
    s->here = known.counts;
    s->info->has_lone_surrogate = known.has_lone_surrogate;
    add_recalled_cuts(s, cuts, known.cuts);
    return AFTER;
}

/* Behind an element of a watched array, or behind the array. */
static __attribute__((noinline)) void step_watched(struct scan *s)
{
    const struct sl_json_cuts *cuts = s->tally->cuts;
    if (s->depth == 1) {
        s->is_watched = false;
        s->info->has_lone_surrogate |= s->had_lone;
        return;
    }
    leave_path(s);
    if (cuts->n == cuts->max) /* there may have been more, which other texts have room for */
        return;
    if (sl_json_is_digit(s->p[-1])) /* of a number, which may go on in other texts */
        return;
    const struct sl_jsonscan_progress so_far = {
        .n = (size_t)(s->p - s->base) - s->watched_at,
        .cuts = cuts->n - s->watched_cuts,
        .counts = s->here,
        .has_lone_surrogate = s->info->has_lone_surrogate,
    };
    s->tally->watch->note(s->tally->arg, (size_t)(s->members[0].ret - s->ret), &so_far,
                          cuts->cuts + s->watched_cuts, s->watched_at);
}

static inline enum step enter(struct scan *s, bool is_object)
{
    if (s->depth == s->depth_max)
        return fail(s, s->p, SL_E_LIMIT, "nested too deeply");
    s->depth++;
    uint64_t bit = 1ULL << s->depth % 64;
    uint64_t *word = &s->objects[s->depth / 64];
    *word = is_object ? *word | bit : *word & ~bit;
    s->p++;
    if (s->depth == 1)
        s->info->body_at = (size_t)(s->p - s->base);
    if (s->depth <= TRACKED)
        s->members[s->depth - 1].ret = NULL;
    if (s->depth == 2 && !is_object && s->has_watch && s->members[0].ret != NULL)
        return enter_watched(s);
    return is_object ? FIRST_MEMBER : FIRST_ELEMENT;
}

/* A string that is a value. */
static enum step scan_text(struct scan *s)
{
    const char *from = ++s->p;
    s->has_unit = false;
    if (!scan_string(s))
        return FAILED;
    if (s->tally != NULL) {
        tally_string(s, from);
        if (s->p - from > SL_JSONSCAN_LONG_BYTES)
            note_long_text(s, from);
    }
    return AFTER;
}

static enum step scan_value(struct scan *s)
{
    s->p = sl_json_skip_space(s->p, s->end);
    if (s->p == s->end)
        return bad(s, s->p, "");
    if (s->depth == 0) {
        s->info->kind = sl_json_kind_of(*s->p);
        s->info->top_at = (size_t)(s->p - s->base);
    } else if (s->depth <= TRACKED) {
        s->members[s->depth - 1].at = (size_t)(s->p - s->base);
    }
    switch (*s->p) {
    case '{':
        return enter(s, true);
    case '[':
        return enter(s, false);
    case '"':
        return scan_text(s);
    case 't':
        return scan_word(s, "true", 4);
    case 'f':
        return scan_word(s, "false", 5);
    case 'n':
        return scan_word(s, "null", 4);
    default:
        if (*s->p != '-' && !sl_json_is_digit(*s->p))
            return bad(s, s->p, "expected a value");
        return scan_number(s);
    }
}

/* The decoded name, in place or in `buf`; p is NULL for one too long to be wanted. */
static sl_str decode_name(sl_str inside, char buf[RAW_NAME_BYTES])
{
    if (!sl_json_has_escape(inside))
        return inside;
    if (inside.n > RAW_NAME_BYTES)
        return (sl_str){NULL, 0};
    return (sl_str){buf, sl_json_decode(inside, buf)};
}

static bool has_wide(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] >= 0x80)
            return true;
    }
    return false;
}

/* Put the two letters that Unicode folds into ASCII (U+212A into k, U+017F into s) in their place. */
static sl_str fold_odd_letters(sl_str name, char buf[SL_JSONSCAN_NAME_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < SL_JSONSCAN_NAME_BYTES; i++) {
        sl_str rest = sl_str_from(name, i);
        buf[n] = name.p[i];
        if (sl_str_starts(rest, SL_STR("\xe2\x84\xaa"))) {
            buf[n] = 'k';
            i += 2;
        } else if (sl_str_starts(rest, SL_STR("\xc5\xbf"))) {
            buf[n] = 's';
            i += 1;
        }
        n++;
    }
    return (sl_str){buf, n};
}

/* A name that is not `wanted`. `is_wide`: it has letters beyond ASCII. */
static bool is_lookalike(sl_str name, bool is_wide, sl_str wanted)
{
    char buf[SL_JSONSCAN_NAME_BYTES];
    if (name.n == wanted.n)
        return sl_str_ieq(name, wanted);
    if (!is_wide || name.n < wanted.n || name.n > wanted.n * ODD_LETTER_BYTES)
        return false;
    return sl_str_ieq(fold_odd_letters(name, buf), wanted);
}

static void note_duplicate(struct scan *s, size_t at)
{
    if (!s->info->has_duplicate)
        s->info->duplicate_at = at;
    s->info->has_duplicate = true;
}

static void count_one(uint16_t *count)
{
    *count += *count != UINT16_MAX;
}

static void note_wanted(struct scan *s, struct member *m, size_t i)
{
    if (s->ret[i].count == 0)
        m->ret = &s->ret[i];
    else
        note_duplicate(s, m->key_at);
    count_one(&s->ret[i].count);
    if (s->depth == 1)
        s->is_telling = m->ret != NULL && s->tally != NULL && (s->tally->strings_of >> i & 1) != 0;
}

static void note_parent(struct scan *s, const struct member *m, sl_str name, size_t i)
{
    s->parent = name;
    if (s->ret[i].parent_count != 0)
        note_duplicate(s, m->key_at);
    count_one(&s->ret[i].parent_count);
}

static void match_parts(struct scan *s, struct member *m, sl_str name, bool is_wide, size_t i)
{
    const struct wanted *w = &s->wanted[i];
    if (!sl_str_eq(name, w->top))
        s->info->has_lookalike |= is_lookalike(name, is_wide, w->top);
    else if (w->nested.n != 0)
        note_parent(s, m, name, i);
    else
        note_wanted(s, m, i);
}

/* Kind of a first letter: case does not count, and all letters beyond ASCII are one. */
static unsigned start_of(sl_str name)
{
    unsigned char c = (unsigned char)name.p[0];
    return c < 0x80 ? c % START_KINDS : 0;
}

/* Look the name of a top-level member up among the wanted ones and the parents of wanted ones. */
static void match_top(struct scan *s, struct member *m, sl_str name)
{
    s->info->member_count++;
    if (s->tally != NULL)
        s->here = (struct sl_jsonscan_counts){0};
    s->parent = (sl_str){NULL, 0};
    uint64_t left = name.n != 0 ? s->top_starts[start_of(name)] : 0;
    if (left == 0)
        return;
    bool is_wide = has_wide(name);
    for (; left != 0; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        if (name.n == s->wanted[i].top.n || is_wide)
            match_parts(s, m, name, is_wide, i);
    }
}

static void match_nested(struct scan *s, struct member *m, sl_str name)
{
    bool is_wide = has_wide(name);
    for (size_t i = 0; i < s->n_wanted; i++) {
        const struct wanted *w = &s->wanted[i];
        if (w->nested.n == 0 || !sl_str_eq(s->parent, w->top))
            continue;
        if (sl_str_eq(name, w->nested))
            note_wanted(s, m, i);
        else
            s->info->has_lookalike |= is_lookalike(name, is_wide, w->nested);
    }
}

static void match_name(struct scan *s, sl_str inside)
{
    struct member *m = &s->members[s->depth - 1];
    m->key_at = (size_t)(inside.p - 1 - s->base);
    m->key_n = inside.n + 2;
    char buf[RAW_NAME_BYTES];
    sl_str name = decode_name(inside, s->depth == 1 ? s->parent_buf : buf);
    if (s->depth == 1)
        match_top(s, m, name);
    else if (s->parent.n != 0)
        match_nested(s, m, name);
}

static enum step scan_member(struct scan *s)
{
    s->p = sl_json_skip_space(s->p, s->end);
    if (s->p == s->end || *s->p != '"')
        return bad(s, s->p, "expected a member name in quotes");
    const char *from = ++s->p;
    if (!scan_string(s))
        return FAILED;
    sl_str name = {from, (size_t)(s->p - 1 - from)};
    if (s->tally != NULL)
        tally_name(s, name);
    if (s->depth <= s->path_depth)
        follow_path(s, name);
    if (s->depth <= TRACKED)
        match_name(s, name);
    s->p = sl_json_skip_space(s->p, s->end);
    if (s->p == s->end || *s->p != ':')
        return bad(s, s->p, "expected ':'");
    s->p++;
    s->cut_at = s->depth == s->cut_depth ? (size_t)(s->p - s->base) : s->cut_at;
    return VALUE;
}

static enum step leave(struct scan *s)
{
    s->p++;
    s->depth--;
    return AFTER;
}

static enum step scan_first(struct scan *s, char close, enum step otherwise)
{
    s->p = sl_json_skip_space(s->p, s->end);
    if (s->p == s->end || *s->p != close)
        return otherwise;
    if (s->depth == 1)
        s->info->is_empty = true;
    return leave(s);
}

/* Behind a value: note its range if it is wanted. */
static void end_member(struct scan *s)
{
    struct member *m = &s->members[s->depth - 1];
    if (m->ret == NULL)
        return;
    m->ret->key_at = (uint32_t)m->key_at;
    m->ret->key_n = (uint32_t)m->key_n;
    m->ret->at = (uint32_t)m->at;
    m->ret->n = (size_t)(s->p - s->base) - m->at;
    m->ret->kind = sl_json_kind_of(s->base[m->at]);
    m->ret->is_present = true;
    if (s->tally != NULL && s->depth == 1) {
        tally_member(s, (size_t)(m->ret - s->ret));
        s->is_telling = false;
    }
    m->ret = NULL;
}

static enum step scan_after(struct scan *s)
{
    if (s->depth != 0 && s->depth <= TRACKED) {
        if (s->is_watched)
            step_watched(s);
        end_member(s);
    }
    if (s->depth == s->cut_depth)
        end_cut(s);
    s->p = sl_json_skip_space(s->p, s->end);
    if (s->depth == 0)
        return s->p == s->end ? DONE : bad(s, s->p, "unexpected text after the value");
    bool is_object = is_in_object(s);
    if (s->p < s->end && *s->p == ',') {
        s->p++;
        return is_object ? MEMBER : VALUE;
    }
    if (s->p < s->end && *s->p == (is_object ? '}' : ']'))
        return leave(s);
    return bad(s, s->p, is_object ? "expected ',' or '}'" : "expected ',' or ']'");
}

static enum step scan_step(struct scan *s, enum step step)
{
    switch (step) {
    case VALUE:
        return scan_value(s);
    case FIRST_MEMBER:
        return scan_first(s, '}', MEMBER);
    case FIRST_ELEMENT:
        return scan_first(s, ']', VALUE);
    case MEMBER:
        return scan_member(s);
    case AFTER:
        return scan_after(s);
    case DONE:
    case FAILED:
        break;
    }
    sl_panic(__FILE__, __LINE__, "jsonscan: stepped beyond the end");
}

static sl_rc run(struct scan *s)
{
    if ((size_t)(s->end - s->p) > SL_JSON_TEXT_MAX)
        (void)fail(s, s->p, SL_E_LIMIT, "longer than any text may be");
    if (sl_str_starts((sl_str){s->p, (size_t)(s->end - s->p)}, SL_STR("\xef\xbb\xbf")))
        (void)fail(s, s->p, SL_E_SYNTAX, "starts with a byte order mark");
    for (enum step step = s->rc != SL_OK ? FAILED : VALUE; step != DONE && step != FAILED;)
        step = scan_step(s, step);
    return s->rc;
}

static void want(struct scan *s, size_t i, sl_str name)
{
    SL_ASSERT(name.n != 0 && name.n <= SL_JSONSCAN_NAME_BYTES);
    size_t dot = sl_str_find(name, '.', 0);
    struct wanted *w = &s->wanted[i];
    w->top = sl_str_head(name, dot);
    w->nested = dot != SIZE_MAX ? sl_str_from(name, dot + 1) : (sl_str){NULL, 0};
    SL_ASSERT(w->top.n != 0);
    s->top_starts[start_of(w->top)] |= UINT64_C(1) << i;
    s->top_starts[0] |= UINT64_C(1) << i; /* a letter beyond ASCII may fold into any first one */
}

static void init(struct scan *s, sl_str text, const struct sl_jsonscan_limits *limits)
{
    s->base = s->p = text.n != 0 ? text.p : "";
    s->end = s->p + text.n;
    memset(s->top_starts, 0, sizeof(s->top_starts));
    s->rc = SL_OK;
    s->depth = 0;
    s->depth_max = limits != NULL && limits->depth_max != 0 ? limits->depth_max : SL_JSONSCAN_DEPTH;
    s->parent = (sl_str){NULL, 0};
    s->tally = NULL;
    s->is_telling = s->has_watch = s->is_watched = false;
    s->path_depth = 0;
    s->cut_depth = UINT32_MAX;
    s->cut_at = 0;
    SL_ASSERT(s->depth_max <= SL_JSONSCAN_DEPTH_MAX);
}

static void init_wanted(struct scan *s, const sl_str *wanted, size_t n_wanted,
                        struct sl_json_range *ret, struct sl_jsonscan_info *info)
{
    SL_ASSERT(n_wanted <= SL_JSONSCAN_WANTED_MAX);
    s->n_wanted = n_wanted;
    s->ret = ret;
    s->info = info;
    for (size_t i = 0; i < n_wanted; i++) {
        want(s, i, wanted[i]);
        ret[i] = (struct sl_json_range){0};
    }
    *info = (struct sl_jsonscan_info){0};
}

static void init_tally(struct scan *s, struct sl_jsonscan_tally *tally)
{
    s->tally = tally;
    s->here = (struct sl_jsonscan_counts){0};
    s->counted_lengths = 0;
    SL_ASSERT(tally->n_names <= SL_JSONSCAN_COUNTED_MAX);
    for (size_t i = 0; i < tally->n_names; i++) {
        SL_ASSERT(tally->names[i].n <= SL_JSONSCAN_COUNTED_BYTES);
        s->counted_lengths |= UINT64_C(1) << tally->names[i].n;
    }
    tally->found = (struct sl_jsonscan_counts){0};
    s->has_watch = tally->watch != NULL;
    s->path = tally->path;
    s->path_level = 0;
    s->path_depth = tally->path != NULL ? tally->path->steps[0].depth : 0;
    SL_ASSERT((tally->path == NULL && tally->watch == NULL) || tally->cuts != NULL);
    if (tally->cuts != NULL)
        tally->cuts->n = 0;
}

sl_rc sl_jsonscan(sl_str text, const struct sl_jsonscan_limits *limits, const sl_str *wanted,
                  size_t n_wanted, struct sl_json_range *ret, struct sl_jsonscan_info *info)
{
    struct scan s; /* not zeroed as a whole: it is large, and small texts are frequent */
    init(&s, text, limits);
    init_wanted(&s, wanted, n_wanted, ret, info);
    return run(&s);
}

sl_rc sl_jsonscan_tally(sl_str text, struct sl_jsonscan_tally *tally, const sl_str *wanted,
                        size_t n_wanted, struct sl_json_range *ret, struct sl_jsonscan_info *info)
{
    struct scan s;
    init(&s, text, NULL);
    init_wanted(&s, wanted, n_wanted, ret, info);
    init_tally(&s, tally);
    return run(&s);
}

bool sl_jsonscan_string(sl_str text, size_t at, size_t *ret_n)
{
    struct sl_jsonscan_info info;
    struct scan s;
    s.base = text.p;
    s.p = text.p + at;
    s.end = text.p + text.n;
    s.info = &info;
    if (!scan_string(&s))
        return false;
    *ret_n = (size_t)(s.p - 1 - text.p) - at;
    return true;
}
