#include "ai/alike.h"
#include "tests/test.h"

static const sl_str names[] = {SL_STR_INIT("a"), SL_STR_INIT("b"), SL_STR_INIT("c")};

/* The strings "a" and "b" of an object may differ, "c" may not. */
static void learn(struct sl_ai_alike *a, sl_str text, struct sl_json_range r[3])
{
    struct sl_jsonscan_info info;
    EXPECT_EQ(SL_OK, sl_jsonscan(text, NULL, names, 3, r, &info));
    sl_ai_alike_forget(a);
    sl_ai_alike_begin(a);
    sl_ai_alike_string(a, &r[1], false); /* in any order */
    sl_ai_alike_string(a, &r[0], true);
    sl_ai_alike_learn(a, text);
}

static const sl_str first =
    SL_STR_INIT("{\"a\":\"one\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"}");

TEST(alike, only_the_strings_may_differ)
{
    static const struct {
        const char *text;
        bool is_alike;
    } cases[] = {
        {"{\"a\":\"one\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"}", true},
        {"{\"a\":\"\",\"x\":[\"a\"],\"b\":\"longer than it was\",\"c\":\"three\"}", true},
        {"{\"a\":\"\\\"\\\\\\u00e9\",\"x\":[\"a\"],\"b\":\"\xc3\xa9\",\"c\":\"three\"}", true},
        {"{\"a\":\"one\",\"x\":[\"b\"],\"b\":\"two\",\"c\":\"three\"}", false},
        {"{\"a\":\"one\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"four\"}", false},
        {"{\"a\":\"one\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"} ", false},
        {"{\"a\":\"one\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"", false},
        {"{\"a\":\"one\",\"x\":[\"a\"],\"b\":null,\"c\":\"three\"}", false},
        {"{\"a\":\"one\",\"d\":1,\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"}", false},
        {"{\"a\":\"o\\ne\",\"x\":[\"a\"],\"b\":\"t\\wo\",\"c\":\"three\"}", false},
        {"{\"a\":\"o\x01e\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"}", false},
        {"{\"a\":\"o\xff\",\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"}", false},
        {"{\"a\":\"one", false},
        {"", false},
    };
    struct sl_ai_alike a = {0};
    struct sl_ai_alike_match m;
    struct sl_json_range r[3];
    EXPECT(!sl_ai_alike_match(&a, first, &m));
    learn(&a, first, r);
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_EQ(cases[i].is_alike, sl_ai_alike_match(&a, sl_cstr(cases[i].text), &m));
}

TEST(alike, a_cut_event_never_matches)
{
    struct sl_ai_alike a = {0};
    struct sl_ai_alike_match m;
    struct sl_json_range r[3];
    learn(&a, first, r);
    for (size_t n = 0; n < first.n; n++) {
        char *copy = sl_calloc(1, n + 1); /* the sanitizer sees reads beyond its end */
        memcpy(copy, first.p, n);
        EXPECT(!sl_ai_alike_match(&a, (sl_str){copy, n}, &m));
        sl_free(copy);
    }
}

TEST(alike, strings_and_ranges_are_found_where_they_moved_to)
{
    const sl_str next = SL_STR("{\"a\":\"1\",\"x\":[\"a\"],\"b\":\"second\",\"c\":\"three\"}");
    struct sl_ai_alike a = {0};
    struct sl_ai_alike_match m;
    struct sl_json_range r[3];
    learn(&a, first, r);
    EXPECT(sl_ai_alike_match(&a, next, &m));
    EXPECT_STR("1", ((sl_str){next.p + m.strings[0].at, m.strings[0].n}));
    EXPECT_STR("second", ((sl_str){next.p + m.strings[1].at, m.strings[1].n}));
    EXPECT(m.strings[0].is_counted && !m.strings[1].is_counted);
    struct sl_json_range whole = {.n = first.n, .kind = SL_JSON_OBJECT, .is_present = true};
    for (size_t i = 0; i < 3; i++)
        sl_ai_alike_move(&a, &m, &r[i]);
    sl_ai_alike_move(&a, &m, &whole);
    EXPECT_STR("\"1\"", sl_json_range_text(next, &r[0]));
    EXPECT_STR("\"second\"", sl_json_range_text(next, &r[1]));
    EXPECT_STR("\"three\"", sl_json_range_text(next, &r[2]));
    EXPECT_STR("\"c\"", ((sl_str){next.p + r[2].key_at, r[2].key_n}));
    EXPECT_EQ(next.n, whole.n);
}

TEST(alike, what_has_effects_of_its_own_or_no_room_is_not_learnt)
{
    struct sl_ai_alike a = {0};
    struct sl_ai_alike_match m;
    struct sl_json_range r[3];
    learn(&a, first, r);
    sl_ai_alike_forget(&a);
    sl_ai_alike_learn(&a, first); /* its reader does not know of this */
    EXPECT(!sl_ai_alike_match(&a, first, &m));
    sl_ai_alike_begin(&a);
    sl_ai_alike_spoil(&a);
    sl_ai_alike_learn(&a, first);
    EXPECT(!sl_ai_alike_match(&a, first, &m));
    sl_ai_alike_forget(&a);
    sl_ai_alike_begin(&a);
    for (size_t i = 0; i <= SL_AI_ALIKE_STRINGS; i++)
        sl_ai_alike_string(&a, &r[0], true);
    sl_ai_alike_learn(&a, first);
    EXPECT(!sl_ai_alike_match(&a, first, &m));

    char text[SL_AI_ALIKE_BYTES + 1];
    memset(text, ' ', sizeof(text));
    text[0] = '1';
    sl_ai_alike_forget(&a);
    sl_ai_alike_begin(&a);
    sl_ai_alike_learn(&a, (sl_str){text, sizeof(text)});
    EXPECT(!sl_ai_alike_match(&a, (sl_str){text, sizeof(text)}, &m));
    sl_ai_alike_learn(&a, (sl_str){text, SL_AI_ALIKE_BYTES});
    EXPECT(sl_ai_alike_match(&a, (sl_str){text, SL_AI_ALIKE_BYTES}, &m));
}
