/* Values that a scan cuts out, and the tree around them. */
#include "codec/json.h"
#include "base/err.h"
#include "base/fmt.h"
#include "tests/test.h"

#define LONG "\"0123456789012345678901234567890123456789012345678901234567890123\""

static const struct sl_jsonscan_path path = {
    .steps = {{SL_STR_INIT("tools"), 1},
              {SL_STR_INIT("function"), 3},
              {SL_STR_INIT("parameters"), 4}},
    .n = 3,
};

struct fixture {
    struct sl_arena *a;
    struct sl_json_cut room[4];
    struct sl_json_cuts cuts;
    const struct sl_json_spellings *spelled;
    const struct sl_json *v;
};

/* Scan, and parse around what was cut out. */
static void read_text(struct fixture *f, const char *text)
{
    struct sl_jsonscan_info info;
    f->a = sl_arena_new("test", SL_MIB(1));
    f->cuts = (struct sl_json_cuts){.cuts = f->room, .max = SL_LEN(f->room)};
    struct sl_jsonscan_tally tally = {.path = &path, .cuts = &f->cuts};
    EXPECT_EQ(SL_OK, sl_jsonscan_tally(sl_cstr(text), &tally, NULL, 0, NULL, &info));
    EXPECT_EQ(SL_OK,
              sl_json_parse_opaque(sl_cstr(text), &f->cuts, f->a, &f->v, &f->spelled, &info));
}

static sl_str written(const struct fixture *f)
{
    struct sl_strbuf out;
    struct sl_jsonw w;
    sl_strbuf_init(&out, f->a, 0);
    sl_jsonw_init(&w, &out);
    sl_json_write(f->v, &w);
    return sl_strbuf_str(&out);
}

TEST(json_opaque, what_is_at_the_path_is_cut_out_and_nothing_else)
{
    static const struct {
        const char *text;
        size_t cuts;
    } cases[] = {
        {"{\"tools\":[{\"function\":{\"parameters\":{\"a\":" LONG "}}}]}", 1},
        {"{\"tools\":[{\"function\":{\"parameters\": [" LONG "] ,\"x\":1}}]}", 1},
        {"{\"tools\":[{\"function\":{\"parameters\":" LONG "}}]}", 0},  /* no container */
        {"{\"tools\":[{\"function\":{\"parameters\":{\"a\":1}}}]}", 0}, /* small */
        {"{\"tools\":[{\"function\":{\"other\":{\"a\":" LONG "}}}]}", 0},
        {"{\"tools\":[{\"parameters\":{\"a\":" LONG "}}]}", 0},
        {"{\"other\":[{\"function\":{\"parameters\":{\"a\":" LONG "}}}]}", 0},
        {"{\"a\":{\"tools\":[{\"function\":{\"parameters\":{\"a\":" LONG "}}}]}}", 0},
        /* behind a value that leads nowhere, and one inside of another */
        {"{\"tools\":[{\"function\":{\"x\":{\"parameters\":{\"a\":" LONG "}}}},"
         "{\"function\":{\"parameters\":{\"tools\":[{\"function\":{\"parameters\":{\"a\":" LONG
         "}}}]}}}]}",
         1},
        /* a name that occurs twice is followed twice */
        {"{\"tools\":[{\"function\":{\"parameters\":{\"a\":" LONG "},\"parameters\":{\"a\":" LONG
         "}}}]}",
         2},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct fixture f;
        read_text(&f, cases[i].text);
        EXPECT_EQ(cases[i].cuts, f.cuts.n);
        sl_arena_free(f.a);
    }
}

TEST(json_opaque, the_tree_around_the_cuts_is_that_of_the_whole)
{
    struct fixture f;
    read_text(&f,
              "{\"n\":0,\"tools\":[{\"function\":{\"name\":\"a\",\"parameters\":{ \"x\" : [" LONG
              ", 1.50] },"
              "\"strict\":true}},{\"function\":{\"parameters\":{\"y\":" LONG
              "},\"n\":0}},0],\"z\":[0,-0]}");
    EXPECT_EQ(2, f.cuts.n);
    EXPECT_STR("{\"n\":0,\"tools\":[{\"function\":{\"name\":\"a\",\"parameters\":{ \"x\" : [" LONG
               ", 1.50] },"
               "\"strict\":true}},{\"function\":{\"parameters\":{\"y\":" LONG
               "},\"n\":0}},0],\"z\":[0,-0]}",
               written(&f));
    const struct sl_json *function =
        sl_json_of(sl_json_at(sl_json_of(f.v, "tools"), 0), "function");
    const struct sl_json *parameters = sl_json_of(function, "parameters");
    EXPECT_EQ(SL_JSON_OBJECT, sl_json_kind(parameters));
    EXPECT_STR("{ \"x\" : [" LONG ", 1.50] }", sl_json_raw(parameters));
    EXPECT(sl_json_number(parameters).p == NULL);
    EXPECT(sl_json_text(parameters).p == NULL);
    EXPECT(sl_json_get(parameters, SL_STR("x")) == NULL);
    EXPECT_EQ(0, sl_json_count(parameters));
    EXPECT_STR("-0", sl_json_number(sl_json_at(sl_json_of(f.v, "z"), 1)));
    EXPECT(sl_json_raw(function).p == NULL);
    sl_arena_free(f.a);
}

TEST(json_opaque, more_than_there_is_room_for_are_taken_apart)
{
    struct sl_strbuf text = {0};
    struct fixture f;
    sl_strbuf_add(&text, SL_STR("{\"tools\":["));
    for (int i = 0; i < 6; i++)
        sl_strbuf_addf(&text, "%s{\"function\":{\"parameters\":{\"n%d\":" LONG "}}}",
                       i != 0 ? "," : "", i);
    sl_strbuf_addf(&text, "]}%c", 0);
    read_text(&f, text.p);
    EXPECT_EQ(4, f.cuts.n);
    EXPECT_STR(text.p, written(&f));
    const struct sl_json *tools = sl_json_of(f.v, "tools");
    EXPECT_EQ(
        0, sl_json_count(sl_json_of(sl_json_of(sl_json_at(tools, 3), "function"), "parameters")));
    EXPECT_EQ(
        1, sl_json_count(sl_json_of(sl_json_of(sl_json_at(tools, 4), "function"), "parameters")));
    sl_strbuf_fini(&text);
    sl_arena_free(f.a);
}

TEST(json_opaque, what_is_wrong_is_told_by_its_place_in_the_whole_text)
{
    static const sl_str text = SL_STR_INIT("{\"tools\":[{\"function\":{\"parameters\":{\"a\":" LONG
                                           "}}}],\"b\":\"\\ud800\"}");
    struct fixture f = {.a = sl_arena_new("test", SL_MIB(1))};
    struct sl_jsonscan_info whole, around;
    f.cuts = (struct sl_json_cuts){.cuts = f.room, .max = SL_LEN(f.room)};
    struct sl_jsonscan_tally tally = {.path = &path, .cuts = &f.cuts};
    EXPECT_EQ(SL_OK, sl_jsonscan_tally(text, &tally, NULL, 0, NULL, &around));
    EXPECT_EQ(1, f.cuts.n);
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse(text, f.a, &f.v, &whole));
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse_opaque(text, &f.cuts, f.a, &f.v, &f.spelled, &around));
    EXPECT_EQ(whole.error_at, around.error_at);
    sl_arena_free(f.a);
}

/* ---- long texts ---- */

/* `n` bytes of a JSON string's inside, made of `unit`. */
static sl_str filled(struct sl_strbuf *b, const char *unit, size_t n)
{
    sl_strbuf_clear(b);
    while (b->n < n)
        sl_strbuf_add(b, sl_str_head(sl_cstr(unit), n - b->n));
    return sl_strbuf_str(b);
}

TEST(json_opaque, long_texts_are_cut_out_unless_they_have_unicode_escapes)
{
    static const struct {
        const char *form, *unit;
        size_t n, cuts;
    } cases[] = {
        {"{\"a\":\"%.*s\"}", "x", SL_JSONSCAN_LONG_BYTES - 1, 0},
        {"{\"a\":\"%.*s\"}", "x", SL_JSONSCAN_LONG_BYTES, 1},
        {"{\"a\":[[\"%.*s\"]]}", "a\\n\\\"\\/\\t", 9 * 40, 1},
        {"{\"a\":\"%.*s\"}", "\xe4\xb8\xad", 3 * 100, 1},
        {"{\"a\":\"%.*s\"}", "\\u4e2d", 6 * 100, 0},
        {"{\"%.*s\":1}", "x", SL_JSONSCAN_LONG_BYTES, 0},
        {"{\"tools\":[{\"function\":{\"parameters\":{\"a\":\"%.*s\"}}}]}", "x", 600, 1},
        {"{\"tools\":[{\"function\":{\"parameters\":\"%.*s\"}}]}", "x", 600, 0},
        {"[\"%.*s\",1]", "x", 600, 1},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct fixture f = {0};
        struct sl_strbuf inside = {0}, text = {0};
        struct sl_jsonscan_info info;
        const struct sl_json *whole;
        sl_str filling = filled(&inside, cases[i].unit, cases[i].n);
        sl_strbuf_addf(&text, cases[i].form, SL_STRF(filling));
        sl_strbuf_add_char(&text, '\0');
        read_text(&f, text.p);
        EXPECT_EQ(cases[i].cuts, f.cuts.n);
        struct fixture plain = {.a = f.a};
        EXPECT_EQ(SL_OK, sl_json_parse(sl_cstr(text.p), f.a, &whole, &info));
        plain.v = whole;
        EXPECT(sl_str_eq(written(&plain), written(&f)));
        sl_strbuf_fini(&inside);
        sl_strbuf_fini(&text);
        sl_arena_free(f.a);
    }
}

static sl_str written_text(struct fixture *f, struct sl_jsonw *w, sl_str text)
{
    struct sl_strbuf out;
    sl_strbuf_init(&out, f->a, 0);
    size_t at = w->spelled_at;
    sl_jsonw_init(w, &out);
    w->spelled = f->spelled;
    w->spelled_at = at;
    sl_jsonw_str(w, text);
    return sl_strbuf_str(&out);
}

TEST(json_opaque, a_long_text_is_written_as_it_was_spelt_and_a_part_of_it_is_not)
{
    struct fixture f = {0};
    struct sl_strbuf a = {0}, b = {0}, text = {0};
    struct sl_jsonw w = {0};
    sl_str slashes = filled(&a, "\\/", 400), lines = filled(&b, "x\\n", 600);
    sl_strbuf_addf(&text, "[\"%.*s\",\"%.*s\",\"\\/\"]", SL_STRF(slashes), SL_STRF(lines));
    sl_strbuf_add_char(&text, '\0');
    read_text(&f, text.p);
    EXPECT_EQ(2, f.spelled->n);
    sl_str first = sl_json_text(sl_json_at(f.v, 0)), second = sl_json_text(sl_json_at(f.v, 1));
    EXPECT_EQ(200, first.n);
    EXPECT_EQ(400, second.n);
    for (int i = 0; i < 3; i++) { /* in any order, any number of times */
        EXPECT(sl_str_eq(f.spelled->v[1].raw, written_text(&f, &w, second)));
        EXPECT(sl_str_eq(f.spelled->v[0].raw, written_text(&f, &w, first)));
    }
    EXPECT_EQ(202, written_text(&f, &w, sl_arena_dup(f.a, first)).n); /* another text */
    EXPECT_EQ(201, written_text(&f, &w, sl_str_head(first, 199)).n);
    EXPECT_EQ(201, written_text(&f, &w, sl_str_from(first, 1)).n);
    EXPECT_STR("\"/\"", written_text(&f, &w, sl_json_text(sl_json_at(f.v, 2))));
    sl_strbuf_fini(&a);
    sl_strbuf_fini(&b);
    sl_strbuf_fini(&text);
    sl_arena_free(f.a);
}

TEST(json_opaque, more_long_texts_than_there_is_room_for_are_read_as_the_rest_is)
{
    struct fixture f = {0};
    struct sl_strbuf a = {0}, text = {0};
    sl_str filling = filled(&a, "y\\t", 300);
    for (int i = 0; i < 7; i++)
        sl_strbuf_addf(&text, "%c\"%.*s\"", i == 0 ? '[' : ',', SL_STRF(filling));
    sl_strbuf_add(&text, SL_STR("]\0"));
    read_text(&f, text.p);
    EXPECT_EQ(SL_LEN(f.room), f.cuts.n);
    EXPECT_EQ(SL_LEN(f.room), f.spelled->n);
    for (size_t i = 0; i < 7; i++)
        EXPECT_EQ(200, sl_json_text(sl_json_at(f.v, i)).n);
    EXPECT_STR(text.p, written(&f));
    sl_strbuf_fini(&a);
    sl_strbuf_fini(&text);
    sl_arena_free(f.a);
}
