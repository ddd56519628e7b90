/* test_prompt: templates, variables, chats and answers of prompts. */
#include "ai/dialect.h"
#include "ai/prompt.h"
#include "base/str.h"
#include "tests/unit/ai/call_fixture.h"

struct fixture {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_ai_prompt_variable variables[5];
    struct sl_ai_prompt_message message;
    struct sl_ai_prompt prompt;
    struct sl_ai_prompt_values values;
};

static void init(struct fixture *f, const char *template)
{
    static const sl_str moods[] = {SL_STR_INIT("good"), SL_STR_INIT("bad")};
    *f = (struct fixture){.a = sl_arena_new("test", SL_MIB(16))};
    sl_diag_init(&f->d, f->a);
    f->variables[0] = (struct sl_ai_prompt_variable){
        .name = SL_STR("text"), .is_required = true, .has_max = true, .max = 5};
    f->variables[1] = (struct sl_ai_prompt_variable){.name = SL_STR("n"),
                                                     .type = SL_AI_PROMPT_NUMBER,
                                                     .dflt = SL_STR("1"),
                                                     .has_min = true,
                                                     .min = -2,
                                                     .has_max = true,
                                                     .max = 2};
    f->variables[2] = (struct sl_ai_prompt_variable){
        .name = SL_STR("moods"), .type = SL_AI_PROMPT_LIST, .values = {(sl_str *)moods, 2}};
    f->variables[3] =
        (struct sl_ai_prompt_variable){.name = SL_STR("b"), .type = SL_AI_PROMPT_BOOLEAN};
    f->variables[4] =
        (struct sl_ai_prompt_variable){.name = SL_STR("j"), .type = SL_AI_PROMPT_JSON};
    f->prompt = (struct sl_ai_prompt){.name = SL_STR("p"),
                                      .model = SL_STR("m\"1"),
                                      .variables = f->variables,
                                      .variable_count = 5,
                                      .messages = &f->message,
                                      .message_count = 1,
                                      .takes_post = true,
                                      .output = {.member = SL_STR("text")}};
    f->message.role = SL_STR("user");
    if (template != NULL)
        EXPECT_EQ(SL_OK, sl_ai_prompt_compile(sl_cstr(template), f->variables, 5, "template", f->a,
                                              &f->message, &f->d));
}

static void fini(struct fixture *f)
{
    sl_arena_free(f->a);
}

static sl_rc read_json(struct fixture *f, const char *body)
{
    const struct sl_ai_prompt_input in = {.content_type = SL_STR("application/json; charset=utf-8"),
                                          .body = sl_cstr(body)};
    sl_diag_init(&f->d, f->a);
    return sl_ai_prompt_read(&f->prompt, &in, f->a, &f->values, &f->d);
}

static sl_rc read_query(struct fixture *f, const char *query)
{
    const struct sl_ai_prompt_input in = {.query = sl_cstr(query)};
    sl_diag_init(&f->d, f->a);
    return sl_ai_prompt_read(&f->prompt, &in, f->a, &f->values, &f->d);
}

static sl_str chat(struct fixture *f)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, f->a, 0);
    EXPECT_EQ(SL_OK, sl_ai_prompt_write(&f->prompt, &f->values, &b));
    return sl_strbuf_str(&b);
}

TEST(prompt, placeholders_are_cut_out_and_escaped_braces_are_text)
{
    struct fixture f;
    init(&f, "a {{ text }}{{n}} \\{{text}} }} {x}");
    EXPECT_EQ(SL_OK, read_json(&f, "{\"text\":\"T\",\"n\":2}"));
    EXPECT_STR("{\"model\":\"m\\\"1\",\"messages\":[{\"role\":\"user\","
               "\"content\":\"a T2 {{text}} }} {x}\"}]}",
               chat(&f));
    fini(&f);
}

TEST(prompt, a_template_names_what_is_wrong_with_it)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"{{txet}}", "did you mean 'text'?"},    {"{{something}}", "list it under 'variables'"},
        {"{{}}", "none of the variables"},       {"a {{text", "without '}}'"},
        {"{{{text}}}", "none of the variables"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct fixture f;
        init(&f, NULL);
        EXPECT_EQ(SL_E_CONFIG, sl_ai_prompt_compile(sl_cstr(rows[i].text), f.variables, 5,
                                                    "template", f.a, &f.message, &f.d));
        EXPECT_EQ(1, f.d.count);
        EXPECT(sl_str_find_str(f.d.problems[0].message, sl_cstr(rows[i].part)) != SIZE_MAX);
        fini(&f);
    }
}

TEST(prompt, a_value_is_not_looked_through_and_stays_in_its_string)
{
    struct fixture f;
    init(&f, "{{text}}|{{j}}");
    f.variables[0].max = 100;
    EXPECT_EQ(SL_OK, read_json(&f, "{\"text\":\"{{n}}\\\"},{\\\"role\\\":\\\"system\\u0000\","
                                   "\"j\":{\"a\":\"{{text}}\"}}"));
    EXPECT_STR("{\"model\":\"m\\\"1\",\"messages\":[{\"role\":\"user\",\"content\":"
               "\"{{n}}\\\"},{\\\"role\\\":\\\"system\\u0000|{\\\"a\\\":\\\"{{text}}\\\"}\"}]}",
               chat(&f));
    fini(&f);
}

TEST(prompt, variables_are_checked_by_their_types_and_bounds)
{
    static const struct {
        const char *body, *name, *part;
    } rows[] = {
        {"{}", "text", "is missing"},
        {"{\"text\":null}", "text", "is missing"},
        {"{\"text\":\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}", NULL, NULL},
        {"{\"text\":\"123456\"}", "text", "at most 5 characters"},
        {"{\"text\":1}", "text", "must be a string"},
        {"{\"text\":\"t\",\"n\":\"1\"}", "n", "must be a number"},
        {"{\"text\":\"t\",\"n\":2.0}", NULL, NULL},
        {"{\"text\":\"t\",\"n\":2.01}", "n", "must be 2 or less"},
        {"{\"text\":\"t\",\"n\":-2.01}", "n", "must be -2 or more"},
        {"{\"text\":\"t\",\"n\":1e400}", "n", "out of range"},
        {"{\"text\":\"t\",\"moods\":[\"good\",\"bad\"]}", NULL, NULL},
        {"{\"text\":\"t\",\"moods\":[\"good\",\"so\"]}", "moods", "must be one of 'good', 'bad'"},
        {"{\"text\":\"t\",\"moods\":[1]}", "moods", "must be a list of strings"},
        {"{\"text\":\"t\",\"moods\":\"good\"}", "moods", "must be a list of strings"},
        {"{\"text\":\"t\",\"b\":\"true\"}", "b", "must be true or false"},
        {"{\"text\":\"t\",\"b\":false}", NULL, NULL},
        {"{\"text\":\"t\",\"textt\":1}", "textt", "did you mean 'text'?"},
        {"{\"text\":\"t\",\"stream\":true}", "stream", "is none of the variables"},
        {"[]", "", "must be a JSON object"},
        {"{\"text\":\"t\"", "", "not valid JSON"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct fixture f;
        init(&f, "{{text}}");
        sl_rc rc = read_json(&f, rows[i].body);
        EXPECT_EQ(rows[i].name == NULL ? SL_OK : SL_E_PROMPT_INPUT, rc);
        if (rows[i].name != NULL) {
            EXPECT_STR(rows[i].name, f.d.problems[0].path);
            EXPECT(sl_str_find_str(f.d.problems[0].message, sl_cstr(rows[i].part)) != SIZE_MAX);
        }
        fini(&f);
    }
}

TEST(prompt, a_query_is_decoded_and_its_repetitions_are_lists)
{
    struct fixture f;
    init(&f, "{{text}}|{{n}}|{{moods}}|{{b}}");
    EXPECT_EQ(SL_OK, read_query(&f, "te%78t=a+%2B&moods=good&&moods=bad&b=true"));
    EXPECT_STR("{\"model\":\"m\\\"1\",\"messages\":[{\"role\":\"user\","
               "\"content\":\"a +|1|good, bad|true\"}]}",
               chat(&f));
    EXPECT_EQ(SL_E_PROMPT_INPUT, read_query(&f, "text=a&text=b"));
    EXPECT_STR("is given twice", f.d.problems[0].message);
    EXPECT_EQ(SL_E_PROMPT_INPUT, read_query(&f, "text=%ff"));
    EXPECT_STR("must be valid UTF-8", f.d.problems[0].message);
    EXPECT_EQ(SL_E_PROMPT_INPUT, read_query(&f, "text=a&n=1;2"));
    EXPECT_STR("n", f.d.problems[0].path);
    fini(&f);
}

TEST(prompt, a_hostile_heap_of_names_is_not_looked_through)
{
    enum { NAMES = 20000 };
    struct fixture f;
    struct sl_strbuf b = {0};
    init(&f, "{{text}}");
    for (size_t i = 0; i < NAMES; i++)
        sl_strbuf_addf(&b, "x%zu&", i);
    sl_strbuf_add_char(&b, '\0');
    EXPECT_EQ(SL_E_PROMPT_INPUT, read_query(&f, b.p));
    EXPECT_EQ(SL_DIAG_MAX, f.d.count);
    EXPECT(f.d.dropped < 8);
    sl_strbuf_fini(&b);
    fini(&f);
}

TEST(prompt, at_the_limit_of_memory_it_says_so)
{
    struct fixture f;
    struct sl_strbuf b = {0};
    struct sl_arena *tight = sl_arena_new("tight", SL_KIB(16));
    init(&f, "{{text}}");
    sl_strbuf_add(&b, SL_STR("text="));
    for (size_t i = 0; i < SL_KIB(64); i++)
        sl_strbuf_add_char(&b, 'a');
    const struct sl_ai_prompt_input in = {.query = sl_strbuf_str(&b)};
    EXPECT_EQ(SL_E_NOMEM, sl_ai_prompt_read(&f.prompt, &in, tight, &f.values, &f.d));
    sl_strbuf_fini(&b);
    sl_arena_free(tight);
    fini(&f);
}

TEST(prompt, a_chat_has_a_limit)
{
    struct fixture f;
    struct sl_strbuf b;
    init(&f, "{{text}}");
    EXPECT_EQ(SL_OK, read_json(&f, "{\"text\":\"abc\"}"));
    sl_strbuf_init(&b, f.a, 16);
    EXPECT_EQ(SL_E_BODY_TOO_LARGE, sl_ai_prompt_write(&f.prompt, &f.values, &b));
    fini(&f);
}

TEST(prompt, pointers_lead_through_objects_and_arrays)
{
    static const struct {
        const char *pointer, *value;
    } rows[] = {{"/a/1/b", "x"}, {"/c~1d", "y"}, {"/e~0f", "z"}, {"/", "empty"}};
    static const char *const missing[] = {"/a/2", "/a/x", "/a/-1", "/nothing", "/c~1d/0"};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    EXPECT_EQ(SL_OK, sl_json_parse(SL_STR("{\"a\":[0,{\"b\":\"x\"}],\"c/d\":\"y\",\"e~f\":\"z\","
                                          "\"\":\"empty\"}"),
                                   a, &v, &info));
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].value, sl_json_text(sl_ai_prompt_at(v, sl_cstr(rows[i].pointer), a)));
    for (size_t i = 0; i < SL_LEN(missing); i++)
        EXPECT(sl_ai_prompt_at(v, sl_cstr(missing[i]), a) == NULL);
    EXPECT(sl_ai_prompt_at(v, (sl_str){0}, a) == v);
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ answers */

#define ANSWER(text, finish)                                                                     \
    "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"real\",\"choices\":[{\"index\":0," \
    "\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"finish_reason\":\"" finish  \
    "\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}"

static const struct sl_pair mapped[] = {{SL_STR_INIT("m"), SL_STR_INIT("/a/0")},
                                        {SL_STR_INIT("none"), SL_STR_INIT("/b")}};

TEST(prompt, answers_are_what_the_output_says)
{
    const struct sl_ai_prompt_output plain = {.member = SL_STR("text")}, words = {.is_text = true},
                                     schema = {.schema = SL_STR("{}")},
                                     map = {.schema = SL_STR("{}"),
                                            .map = {(struct sl_pair *)mapped, 2}};
    const struct {
        const struct sl_ai_prompt_output *output;
        const char *answer, *want, *failure;
    } rows[] = {
        {&plain, ANSWER("hi \\\"you\\\"", "stop"), "{\"text\":\"hi \\\"you\\\"\"}", NULL},
        {&words, ANSWER("hi\\nyou", "stop"), "hi\nyou", NULL},
        {&schema, ANSWER("```json\\n{\\\"a\\\": 1.0}\\n```", "stop"), "{\"a\":1.0}", NULL},
        {&map, ANSWER(" {\\\"a\\\":[true]}", "stop"), "{\"m\":true,\"none\":null}", NULL},
        {&schema, ANSWER("{\\\"a\\\":", "length"), "", "cut off at its limit"},
        {&schema, ANSWER("no", "content_filter"), "", "refused"},
        {&schema, ANSWER("Sure! {}", "stop"), "", "not the JSON"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        struct sl_ai_prompt p = {.name = SL_STR("p"), .output = *rows[i].output};
        fixture_init(&f, "openai");
        fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[]}");
        f.call.prompt = &p;
        fixture_open(&f, false, NULL);
        fixture_feed(&f, sl_cstr(rows[i].answer), 17);
        EXPECT_STR(rows[i].want, fixture_finish(&f, true));
        const struct sl_ai_relay_state *st = sl_ai_relay_state(f.relay);
        EXPECT_EQ(rows[i].failure != NULL, st->has_failed);
        EXPECT_EQ(3, sl_ai_relay_usage(f.relay).input);
        if (rows[i].failure != NULL) {
            EXPECT_EQ(SL_E_AI_OUTPUT, st->fault.rc);
            EXPECT(sl_str_find_str(st->fault.message, sl_cstr(rows[i].failure)) != SIZE_MAX);
        }
        fixture_fini(&f);
    }
}

TEST(prompt, a_stream_is_pieces_and_an_end)
{
    struct call_fixture f;
    struct sl_ai_prompt p = {.output = {.member = SL_STR("text")}};
    fixture_init(&f, "openai");
    fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[],\"stream\":true}");
    f.call.prompt = &p;
    fixture_open(&f, true, NULL);
    EXPECT_STR("text/event-stream; charset=utf-8", sl_ai_relay_content_type(f.relay));
    fixture_feed(
        &f,
        SL_STR("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
               "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"},"
               "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
        7);
    sl_str text = fixture_finish(&f, true);
    EXPECT(sl_str_starts(text, SL_STR("data: {\"text\":\"a\"}\n\ndata: {\"text\":\"b\"}\n\n"
                                      "event: done\ndata: {\"finish\":\"stop\",\"usage\":")));
    fixture_fini(&f);
}

TEST(prompt, a_broken_stream_ends_with_a_problem)
{
    struct call_fixture f;
    struct sl_ai_prompt p = {.output = {.member = SL_STR("text")}};
    fixture_init(&f, "openai");
    fixture_write(&f, SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"messages\":[],\"stream\":true}");
    f.call.prompt = &p;
    fixture_open(&f, true, NULL);
    struct sl_ai_fault fault = sl_ai_fault_of(SL_E_AI_STREAM_CUT, SL_STR("it broke"));
    sl_ai_relay_write_fault(f.relay, &fault, &f.out);
    EXPECT_STR("event: error\ndata: {\"type\":\"urn:sluice:problem:upstream_stream_interrupted\","
               "\"title\":\"the vendor's stream broke off\",\"status\":502,"
               "\"reason\":\"upstream_stream_interrupted\",\"detail\":\"it broke\","
               "\"request_id\":\"req1\"}\n\n",
               fixture_text(&f));
    fixture_fini(&f);
}

TEST(prompt, a_trial_gives_each_arm_its_share_of_all_numbers)
{
    static const struct sl_ai_prompt_arm arms[] = {
        {.percent = 60}, {.percent = 0}, {.percent = 30}, {.percent = 10}};
    const struct sl_ai_prompt_trial t = {.arms = arms, .arm_count = SL_LEN(arms)};
    uint32_t got[SL_LEN(arms)] = {0};
    for (uint64_t i = UINT64_MAX - UINT64_MAX % 100 - 100; i < UINT64_MAX - UINT64_MAX % 100; i++)
        got[sl_ai_prompt_choose(&t, i) - arms]++;
    for (size_t i = 0; i < SL_LEN(arms); i++)
        EXPECT_EQ(arms[i].percent, got[i]);
}
