#include "ai/alike.h"
#include "tests/test.h"

static const sl_str names[] = {SL_STR_INIT("a"), SL_STR_INIT("b"), SL_STR_INIT("c")};

#define DATA(a, b, c) "{\"a\":\"" a "\",\"x\":[\"a\"],\"b\":\"" b "\",\"c\":\"" c "\"}"
#define EVENT(a, b, c) "data: " DATA(a, b, c) "\n\n"
static const char first[] = EVENT("one", "two", "three");

/* One event of data, in one line behind the field's name. */
static struct sl_sse_event event_of(sl_str raw)
{
    sl_str data = sl_str_from(raw, sl_str_find(raw, '{', 0));
    return (struct sl_sse_event){.raw = raw, .data = sl_str_head(data, data.n - 2)};
}

static struct sl_arena *arena;

/* The strings "a" and "b" of an object may differ, "c" may not. */
static bool learn(struct sl_ai_alike *a, sl_str raw)
{
    struct sl_sse_event ev = event_of(raw);
    struct sl_json_range r[3];
    struct sl_jsonscan_info info;
    EXPECT_EQ(SL_OK, sl_jsonscan(ev.data, NULL, names, 3, r, &info));
    sl_ai_alike_forget(a);
    sl_ai_alike_begin(a);
    sl_ai_alike_string(a, &r[1], false); /* in any order */
    sl_ai_alike_string(a, &r[0], true);
    return sl_ai_alike_learn(a, arena, &ev);
}

static struct sl_ai_alike learnt(const char *raw)
{
    struct sl_ai_alike a = {0};
    arena = sl_arena_new("test", SL_KIB(64));
    EXPECT(learn(&a, sl_cstr(raw)));
    return a;
}

TEST(alike, only_the_strings_may_differ)
{
    static const struct {
        const char *text;
        bool is_alike;
    } cases[] = {
        {EVENT("one", "two", "three"), true},
        {EVENT("", "longer than it was", "three"), true},
        {EVENT("\\\"\\\\\\u00e9", "\xc3\xa9", "three"), true},
        {EVENT("one", "two", "four"), false},
        {EVENT("one", "two", "three") " ", true}, /* another one begins */
        {"data: " DATA("one", "two", "three") " \n\n", false},
        {"data: " DATA("one", "two", "three") "\n", false},
        {"data: " DATA("one", "two", "three") "\r\n\r\n", false},
        {"data:" DATA("one", "two", "three") "\n\n", false},
        {"data: {\"a\":\"one\",\"x\":[\"b\"],\"b\":\"two\",\"c\":\"three\"}\n\n", false},
        {"data: {\"a\":\"one\",\"x\":[\"a\"],\"b\":null,\"c\":\"three\"}\n\n", false},
        {"data: {\"a\":\"one\",\"d\":1,\"x\":[\"a\"],\"b\":\"two\",\"c\":\"three\"}\n\n", false},
        {EVENT("o\\ne", "t\\wo", "three"), false},
        {EVENT("o\ne", "two", "three"), false},
        {EVENT("o\x01", "two", "three"), false},
        {EVENT("o\xff", "two", "three"), false},
        {"data: {\"a\":\"one", false},
        {"", false},
    };
    struct sl_ai_alike none = {0}, a = learnt(first);
    struct sl_ai_alike_match m;
    EXPECT(!sl_ai_alike_match(&none, sl_cstr(first), &m));
    for (size_t i = 0; i < SL_LEN(cases); i++)
        EXPECT_EQ(cases[i].is_alike, sl_ai_alike_match(&a, sl_cstr(cases[i].text), &m));
    sl_arena_free(arena);
}

TEST(alike, a_cut_event_never_matches)
{
    struct sl_ai_alike a = learnt(first);
    struct sl_ai_alike_match m;
    for (size_t n = 0; n < sizeof(first) - 1; n++) {
        char *copy = sl_calloc(1, n + 1); /* the sanitizer sees reads beyond its end */
        memcpy(copy, first, n);
        EXPECT(!sl_ai_alike_match(&a, (sl_str){copy, n}, &m));
        sl_free(copy);
    }
    sl_arena_free(arena);
}

/* What the client gets for the event at the front of `bytes`. */
static sl_str answer(struct sl_ai_alike *a, const char *bytes)
{
    struct sl_ai_alike_match m;
    EXPECT(sl_ai_alike_match(a, sl_cstr(bytes), &m));
    size_t n = sl_ai_alike_answer_bytes(a, &m);
    char *to = sl_arena_try_raw(arena, n);
    SL_ASSERT(to != NULL);
    sl_ai_alike_put(a, &m, to);
    return (sl_str){to, n};
}

TEST(alike, the_answer_has_the_strings_of_the_event_that_was_found)
{
    struct sl_ai_alike a = learnt(first);
    struct sl_ai_alike_match m;
    static const char next[] = EVENT("1", "second", "three") "more";
    EXPECT(sl_ai_alike_match(&a, sl_cstr(next), &m));
    EXPECT_EQ(sizeof(next) - 1 - 4, m.n);
    EXPECT_STR("1", m.strings[0]);
    EXPECT_STR("second", m.strings[1]);
    EXPECT(a.strings[0].is_counted && !a.strings[1].is_counted);

    sl_ai_alike_becomes(&a, NULL, 0);
    EXPECT(a.passes);
    EXPECT_EQ(m.n, sl_ai_alike_answer_bytes(&a, &m));

    size_t c_at = sl_str_find_str(sl_cstr(first), SL_STR("three")), x_at = c_at;
    while (first[x_at] != 'x')
        x_at--;
    const struct sl_splice edits[] = {{x_at, 1, SL_STR("xyz")}, {c_at, 5, SL_STR("3")}};
    sl_ai_alike_becomes(&a, edits, 2);
    EXPECT_STR("data: {\"a\":\"1\",\"xyz\":[\"a\"],\"b\":\"second\",\"c\":\"3\"}\n\n",
               answer(&a, next));
    EXPECT_STR("data: {\"a\":\"\",\"xyz\":[\"a\"],\"b\":\"\",\"c\":\"3\"}\n\n",
               answer(&a, EVENT("", "", "three")));

    sl_ai_alike_writes(&a, SL_STR("said one!"), 5);
    EXPECT_STR("said 1!", answer(&a, next));
    EXPECT_STR("said !", answer(&a, EVENT("", "", "three")));
    EXPECT_STR("said much longer!", answer(&a, EVENT("much longer", "", "three")));
    sl_arena_free(arena);
}

TEST(alike, an_answer_without_room_is_forgotten)
{
    static char large[SL_AI_ALIKE_BYTES + 1];
    struct sl_ai_alike a = learnt(first);
    struct sl_ai_alike_match m;
    sl_ai_alike_writes(&a, (sl_str){large, sizeof(large)}, 5);
    EXPECT(!sl_ai_alike_match(&a, sl_cstr(first), &m));
    EXPECT(learn(&a, sl_cstr(first)));
    const struct sl_splice edit = {0, 0, {large, sizeof(large)}};
    sl_ai_alike_becomes(&a, &edit, 1);
    EXPECT(!sl_ai_alike_match(&a, sl_cstr(first), &m));
    sl_arena_free(arena);
}

/* A chunk of zeroes has the right length, but no event by itself. */
TEST(alike, what_has_effects_of_its_own_or_no_room_is_not_learnt)
{
    struct sl_ai_alike a = learnt(first);
    struct sl_ai_alike_match m;
    struct sl_sse_event ev = event_of(sl_cstr(first));
    struct sl_json_range one = {.at = 5, .n = 5, .kind = SL_JSON_STRING, .is_present = true};
    sl_ai_alike_forget(&a);
    EXPECT(!sl_ai_alike_learn(&a, arena, &ev)); /* its reader does not know of this */
    EXPECT(!sl_ai_alike_match(&a, sl_cstr(first), &m));
    sl_ai_alike_begin(&a);
    sl_ai_alike_spoil(&a);
    EXPECT(!sl_ai_alike_learn(&a, arena, &ev));
    sl_ai_alike_begin(&a);
    for (size_t i = 0; i <= SL_AI_ALIKE_STRINGS; i++)
        sl_ai_alike_string(&a, &one, true);
    EXPECT(!sl_ai_alike_learn(&a, arena, &ev));
    EXPECT(!sl_ai_alike_match(&a, sl_cstr(first), &m));

    char text[SL_AI_ALIKE_BYTES + 1];
    memset(text, ' ', sizeof(text));
    text[sizeof(text) - 1] = text[sizeof(text) - 2] = '\n';
    ev.raw = ev.data = (sl_str){text, sizeof(text)};
    sl_ai_alike_forget(&a);
    sl_ai_alike_begin(&a);
    EXPECT(!sl_ai_alike_learn(&a, arena, &ev));
    sl_ai_alike_begin(&a);
    ev.raw.n--;
    ev.data.n--;
    EXPECT(sl_ai_alike_learn(&a, arena, &ev));
    EXPECT(sl_ai_alike_match(&a, ev.raw, &m));
    sl_arena_free(arena);
}

TEST(alike, what_may_belong_to_the_bytes_around_it_is_not_learnt)
{
    static const char *const raws[] = {
        "\n" EVENT("one", "two", "three"), "\xef\xbb\xbf" EVENT("one", "two", "three"),
        "data: " DATA("one", "two", "three") "\r\r", "data: " DATA("one", "two", "three")};
    struct sl_ai_alike a = learnt(first);
    for (size_t i = 0; i < SL_LEN(raws); i++) {
        struct sl_sse_event ev = event_of(sl_cstr(raws[i]));
        sl_ai_alike_forget(&a);
        sl_ai_alike_begin(&a);
        EXPECT(!sl_ai_alike_learn(&a, arena, &ev));
    }
    struct sl_sse_event ev = event_of(sl_cstr(first));
    ev.data = SL_STR("{}"); /* gathered from several lines */
    sl_ai_alike_begin(&a);
    EXPECT(!sl_ai_alike_learn(&a, arena, &ev));
    sl_arena_free(arena);
}
