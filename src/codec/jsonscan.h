/**
 * jsonscan: read JSON without building it. One pass over the text checks it (RFC 8259) and notes
 * where the few wanted members stand; everything else is skipped at memory speed.
 *
 * Strict: the whole text is one value; UTF-8 is valid; control characters are escaped; no comments,
 * trailing commas, NaN or byte order mark; nesting has a limit and costs no stack. Escapes of lone
 * surrogates are grammatical JSON and are let through, but flagged. Member names are compared
 * decoded, so that "mod\u0065l" is "model" here as it is at the upstream.
 *
 * Duplicates are seen, not refused: parsers differ in which of two members they believe, so a caller
 * that authorises by a member must refuse a text with `has_duplicate` (and, for upstreams whose
 * parser ignores case, as Go's does, with `has_lookalike`).
 *
 * Walking what was found: codec/jsonrange. No allocation, no state, any thread.
 */
#pragma once
#include "codec/jsonrange.h"

enum {
    SL_JSONSCAN_DEPTH = 256,      /* default of depth_max */
    SL_JSONSCAN_DEPTH_MAX = 1024, /* depth_max may not be more */
    SL_JSONSCAN_NAME_BYTES = 128, /* a wanted name may not be longer */
    SL_JSONSCAN_WANTED_MAX = 64,  /* nor may there be more of them */
    SL_JSONSCAN_COUNTED_BYTES = 63,
    SL_JSONSCAN_COUNTED_MAX = 8,
    SL_JSONSCAN_PATH_MAX = 4,
    SL_JSONSCAN_CUT_BYTES = 64,  /* what is smaller is not worth it */
    SL_JSONSCAN_LONG_BYTES = 256 /* nor are shorter strings */
};

struct sl_jsonscan_limits {
    uint32_t depth_max; /* objects and arrays inside of each other; 0: SL_JSONSCAN_DEPTH */
};

/**
 * Told of a string inside of wanted[member], or of the string that it is: `raw` is what stands between the quotes,
 * escapes as they are. The text behind it is not checked yet.
 */
typedef void sl_jsonscan_string_fn(void *arg, size_t member, sl_str raw, bool is_name);

/**
 * Where values are that are to be noted whole: {"tools", 1}, {"function", 3}, {"parameters", 4} are those of
 * {"tools": [{"function": {"parameters": {}}}]}. The depth is that of the object that has the member, 1 at the
 * top; it says where arrays are. Names with escapes are not followed.
 */
struct sl_jsonscan_path {
    struct {
        sl_str name;
        uint32_t depth;
    } steps[SL_JSONSCAN_PATH_MAX];
    size_t n;
};

/**
 * Values that need not be taken apart, in the order of the text, none inside of another; the first `max` of them: objects and
 * arrays of at least SL_JSONSCAN_CUT_BYTES at a path, and strings of at least SL_JSONSCAN_LONG_BYTES anywhere, as
 * values, that have escapes of one letter at most.
 */
struct sl_json_cuts {
    struct sl_json_cut {
        size_t at, n; /* in the text */
    } * cuts;         /* borrowed */
    size_t n, max;
};

/** What a scan has found in an array up to behind one of its elements. */
struct sl_jsonscan_progress {
    size_t n;    /* bytes, from the array's bracket on */
    size_t cuts; /* of tally.cuts */
    struct sl_jsonscan_counts {
        size_t named[SL_JSONSCAN_COUNTED_MAX], words;
    } counts;
    bool has_lone_surrogate;
};

/**
 * For who knows arrays from scans before. What a scan finds in an array that is a member of the top-level object
 * depends on nothing but the tally and the array's bytes: elements that are byte for byte as they were need not
 * be scanned again.
 */
struct sl_jsonscan_watch {
    uint64_t arrays_of; /* bit i: of wanted[i], of the top-level object */
    /**
     * At such an array; `text` begins with its bracket and goes on to the end of all. True: what a scan with the same
     * tally found in the same bytes, and *ret_cuts are its cuts, counted from the bracket: what is behind is scanned.
     */
    bool (*recall)(void *arg, size_t member, sl_str text, struct sl_jsonscan_progress *ret,
                   const struct sl_json_cut **ret_cuts);
    /**
     * Behind an element that ends there whatever follows (not a number), unless tally.cuts are full. The cuts are
     * counted from `at`, where the array begins. It holds when the whole text is good.
     */
    void (*note)(void *arg, size_t member, const struct sl_jsonscan_progress *so_far,
                 const struct sl_json_cut *cuts, size_t at);
};

/**
 * What a scan is to count inside of some wanted members of the top-level object, on its way: to
 * know what need not be looked for. Names with escapes are not counted.
 */
struct sl_jsonscan_tally {
    uint64_t inside_of; /* bit i: of wanted[i]; only what a member of this name holds is counted */
    const sl_str
        *names;     /* members to count, at any depth; at most SL_JSONSCAN_COUNTED_BYTES long */
    size_t n_names; /* at most SL_JSONSCAN_COUNTED_MAX */
    sl_str word;    /* strings that are this, decoded, are counted */
    uint64_t
        strings_of; /* bit i: call on_string for the strings of wanted[i], of the top-level object */
    sl_jsonscan_string_fn *on_string;
    void *arg;
    const struct sl_jsonscan_path *path;   /* NULL: none */
    const struct sl_jsonscan_watch *watch; /* NULL: everything is scanned; needs `cuts` */
    struct sl_json_cuts *cuts;             /* the result; NULL: none, and no path */
    struct sl_jsonscan_counts found;       /* the result */
};

struct sl_jsonscan_info {
    enum sl_json_kind kind; /* of the whole text; NONE until it is known */
    bool is_empty;          /* the top is {} or [] */
    bool has_duplicate;     /* a wanted member, or the parent of one, occurs more than once */
    bool has_lookalike;     /* a name differs from a wanted one only in case (Unicode folding) */
    bool has_lone_surrogate;
    uint32_t member_count; /* of the top-level object */
    size_t top_at;         /* where the top-level value begins */
    size_t body_at;        /* just after the top-level '{' or '[': where a member can be put in */
    size_t duplicate_at;   /* the name of the first duplicate */
    size_t error_at;
    const char *reason; /* static; NULL when the text is good */
};

/**
 * Check `text` and find the members named in `wanted`: "model" is one of the top-level object,
 * "stream_options.include_usage" one of the object that is the member "stream_options". The names
 * are distinct; ret[i] is filled for wanted[i] (zeroed when absent). `limits` may be NULL. SL_E_SYNTAX
 * or SL_E_LIMIT (depth, length), with info->reason and info->error_at; `ret` is then of no use.
 */
sl_rc sl_jsonscan(sl_str text, const struct sl_jsonscan_limits *limits, const sl_str *wanted,
                  size_t n_wanted, struct sl_json_range *ret,
                  struct sl_jsonscan_info *info) SL_CHECKED;
/** The same, and `tally`. Its results hold when the text is good. */
sl_rc sl_jsonscan_tally(sl_str text, struct sl_jsonscan_tally *tally, const sl_str *wanted,
                        size_t n_wanted, struct sl_json_range *ret,
                        struct sl_jsonscan_info *info) SL_CHECKED;
/**
 * Check the inside of a string that begins at `at`, behind its quote. False when it is malformed or has
 * no end; else *ret_n are its bytes up to the closing quote.
 */
bool sl_jsonscan_string(sl_str text, size_t at, size_t *ret_n);
