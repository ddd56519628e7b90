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
    EXPECT_EQ(SL_OK, sl_json_parse_opaque(sl_cstr(text), &f->cuts, f->a, &f->v, &info));
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
    EXPECT_EQ(SL_E_SYNTAX, sl_json_parse_opaque(text, &f.cuts, f.a, &f.v, &around));
    EXPECT_EQ(whole.error_at, around.error_at);
    sl_arena_free(f.a);
}
