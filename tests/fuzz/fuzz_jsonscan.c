/*
 * Any bytes into codec/jsonscan. It must agree with yyjson about what is JSON; walking and decoding
 * what it accepted must find the same tree; splicing nothing must give the text back.
 *
 * Known differences, allowed here: yyjson refuses lone surrogates in escapes, and knows no depth.
 */
#include <yyjson.h>

#include "base/err.h"
#include "codec/json.h"
#include "tests/watched.h"

static const sl_str names[] = {
    SL_STR_INIT("model"),
    SL_STR_INIT("stream_options.include_usage"),
    SL_STR_INIT("stream"),
};

static void check_wanted(sl_str text, const struct sl_json_range *r,
                         const struct sl_jsonscan_info *i)
{
    struct sl_json_range top = sl_json_range_top(text), same;
    if (i->kind != SL_JSON_OBJECT)
        return;
    bool is_found = sl_json_range_get(text, &top, names[0], &same);
    SL_ASSERT(is_found == r[0].is_present);
    SL_ASSERT(!is_found || (same.at == r[0].at && same.n == r[0].n));
}

static size_t count_ranges(sl_str text, struct sl_json_range r, unsigned depth)
{
    struct sl_json_iter it;
    struct sl_json_range child;
    size_t count = 1;
    sl_json_iter_init(&it, text, &r);
    while (depth < 20 && sl_json_iter_next(&it, &child))
        count += count_ranges(text, child, depth + 1);
    return count;
}

static size_t count_values(const struct sl_json *v, unsigned depth)
{
    struct sl_json_cursor c = sl_json_each(v);
    const struct sl_json *child;
    size_t count = 1;
    while (depth < 20 && (child = sl_json_next(&c, NULL)) != NULL)
        count += count_values(child, depth + 1);
    return count;
}

/* Write the tree and read it again: the same tree. */
static void check_tree(sl_str text, struct sl_arena *a)
{
    const struct sl_json *v, *again;
    struct sl_jsonscan_info info;
    struct sl_strbuf b;
    struct sl_jsonw w;
    SL_ASSERT(sl_json_parse(text, a, &v, &info) == SL_OK);
    SL_ASSERT(count_values(v, 0) == count_ranges(text, sl_json_range_top(text), 0));
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    SL_ASSERT(sl_json_parse(sl_strbuf_str(&b), a, &again, &info) == SL_OK);
    SL_ASSERT(count_values(again, 0) == count_values(v, 0));
}

static sl_str written(const struct sl_json *v, const struct sl_json_spellings *spelled,
                      struct sl_arena *a)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, a, 0);
    sl_jsonw_init(&w, &b);
    w.spelled = spelled;
    sl_json_write(v, &w);
    return sl_strbuf_str(&b);
}

/* With long texts cut out it is the same tree, and what they are written as means the same. */
static void check_cut(sl_str text, struct sl_arena *a)
{
    struct sl_json_cut room[8];
    struct sl_json_cuts cuts = {.cuts = room, .max = SL_LEN(room)};
    struct sl_jsonscan_tally tally = {.cuts = &cuts};
    struct sl_jsonscan_info info;
    const struct sl_json_spellings *spelled;
    const struct sl_json *plain, *cut, *again;
    SL_ASSERT(sl_jsonscan_tally(text, &tally, NULL, 0, NULL, &info) == SL_OK);
    SL_ASSERT(sl_json_parse(text, a, &plain, &info) == SL_OK);
    SL_ASSERT(sl_json_parse_opaque(text, &cuts, a, &cut, &spelled, &info) == SL_OK);
    sl_str want = written(plain, NULL, a);
    SL_ASSERT(sl_str_eq(want, written(cut, NULL, a)));
    SL_ASSERT(sl_json_parse(written(cut, spelled, a), a, &again, &info) == SL_OK);
    SL_ASSERT(sl_str_eq(want, written(again, NULL, a)));
}

static void walk_anything(sl_str text, struct sl_arena *a)
{
    sl_str decoded;
    (void)count_ranges(text, sl_json_range_top(text), 0);
    if (sl_json_string_decode(text, a, &decoded) == SL_OK)
        SL_ASSERT(decoded.n <= text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sl_str text = {(const char *)data, size};
    struct sl_json_range r[SL_LEN(names)];
    struct sl_jsonscan_info info;
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(64));
    sl_rc rc = sl_jsonscan(text, NULL, names, SL_LEN(names), r, &info);
    yyjson_doc *doc = yyjson_read(text.p, text.n, YYJSON_READ_NUMBER_AS_RAW);
    if (rc == SL_OK && !info.has_lone_surrogate)
        SL_ASSERT(doc != NULL);
    if (rc == SL_E_SYNTAX)
        SL_ASSERT(doc == NULL);
    SL_ASSERT((rc == SL_OK) == (info.reason == NULL));
    if (rc == SL_OK)
        check_wanted(text, r, &info);
    if (rc == SL_OK && doc != NULL) {
        check_tree(text, a);
        check_cut(text, a);
    }
    (void)check_watched(text);
    walk_anything(text, a);
    yyjson_doc_free(doc);
    sl_arena_free(a);
    return 0;
}
