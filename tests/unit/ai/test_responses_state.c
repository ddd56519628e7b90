/* openai_responses_state: conversations that go on, and lists of their items (case X7). */
#include "ai/openai_responses_state.h"
#include "tests/unit/ai/call_fixture.h"

#define R SL_AI_OPENAI_RESPONSES
#define TEXT_ITEM(text)                                                                            \
    "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":" text \
    "}]}"

TEST(responses_state, x7_the_input_is_a_list_of_items)
{
    static const struct {
        const char *input, *items;
    } rows[] = {
        {"\"h\\u00e9\"", TEXT_ITEM("\"h\\u00e9\"")},
        {"[ {\"a\":1} , {\"b\":2} ]", "{\"a\":1} , {\"b\":2}"},
        {"[]", ""},
        {"[ ]", ""},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        sl_str items;
        fixture_init(&f, "openai");
        fixture_read(&f, R, sl_fmt(f.a, "{\"model\":\"m\",\"input\":%s}", rows[i].input).p);
        EXPECT_EQ(SL_OK, sl_ai_responses_items(&f.call, f.a, &items));
        EXPECT_STR(rows[i].items, items);
        fixture_fini(&f);
    }
}

TEST(responses_state, x7_a_conversation_takes_the_place_of_its_id)
{
    static const struct {
        const char *body, *expanded;
    } rows[] = {
        {"{\"model\":\"m\",\"previous_response_id\":\"r\",\"input\":\"a\"}",
         "{\"model\":\"m\",\"input\":[X]}"},
        {"{\"previous_response_id\" : \"r\" , \"input\":\"a\",\"model\":\"m\"}",
         "{ \"input\":[X],\"model\":\"m\"}"},
        {"{\"input\":[1,2],\"model\":\"m\" , \"previous_response_id\":\"r\" }",
         "{\"input\":[X],\"model\":\"m\"  }"},
        {"{\"model\":\"m\",\"input\":[ ],\"previous_response_id\":\"r\",\"a\":1e400}",
         "{\"model\":\"m\",\"input\":[X],\"a\":1e400}"},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        sl_str expanded;
        fixture_init(&f, "openai");
        fixture_read(&f, R, rows[i].body);
        EXPECT_EQ(SL_OK, sl_ai_responses_expand(&f.call, SL_STR("X"), f.a, &expanded));
        EXPECT_STR(rows[i].expanded, expanded);
        fixture_fini(&f);
    }
}

TEST(responses_state, x7_references_are_found_by_where_they_stand)
{
    static const struct {
        const char *input, *ids;
    } rows[] = {
        {"[{\"type\":\"item_reference\",\"id\":\"fc_a_0\"},1,{\"id\":\"b\",\"type\":\"item_reference\"}]",
         "fc_a_0 b "},
        {"[{\"type\":\"message\",\"content\":\"item_reference\",\"id\":\"x\"}]", ""},
        {"[{\"type\":\"item_reference\"},{\"type\":\"item_reference\",\"id\":7}]", ""},
        {"\"item_reference\"", ""},
        {"[]", ""},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        struct sl_ai_responses_refs refs;
        struct sl_json_range at;
        struct sl_strbuf ids;
        sl_str id;
        fixture_init(&f, "openai");
        fixture_read(&f, R, sl_fmt(f.a, "{\"model\":\"m\",\"input\":%s}", rows[i].input).p);
        sl_strbuf_init(&ids, f.a, 0);
        bool has_any = sl_ai_responses_refs_init(&refs, &f.call);
        while (has_any && sl_ai_responses_next_ref(&refs, &at, &id)) {
            EXPECT_EQ('{', f.call.body.p[at.at]);
            EXPECT_EQ('}', f.call.body.p[at.at + at.n - 1]);
            sl_strbuf_add(&ids, id);
            sl_strbuf_add_char(&ids, ' ');
        }
        EXPECT_STR(rows[i].ids, sl_strbuf_str(&ids));
        fixture_fini(&f);
    }
}

TEST(responses_state, x7_an_items_id_names_its_response)
{
    static const struct {
        const char *id, *response;
    } rows[] = {
        {"fc_abc_0", "resp_abc"},
        {"msg_a_b_12", "resp_a_b"},
        {"fc_1", ""},
        {"rs__0", ""},
        {"", ""},
        {"_", ""},
        {"__", ""},
        {"plain", ""},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));

    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].response, sl_ai_responses_of_item(sl_cstr(rows[i].id), a));
    char *longest = sl_arena_array(a, char, 100000);
    memset(longest, '_', 100000);
    EXPECT_EQ(0, sl_ai_responses_of_item((sl_str){longest, 100000}, a).n);
    sl_arena_free(a);
}

TEST(responses_state, x7_an_item_is_found_by_its_id)
{
    sl_str items = SL_STR("{\"id\":\"a\",\"x\":{\"id\":\"b\"}} , 7, {\"id\":\"b\",\"y\":1e400}");
    sl_str item;

    EXPECT(sl_ai_responses_item(items, SL_STR("b"), &item));
    EXPECT_STR("{\"id\":\"b\",\"y\":1e400}", item);
    EXPECT(!sl_ai_responses_item(items, SL_STR("c"), &item));
    EXPECT(!sl_ai_responses_item((sl_str){0}, SL_STR("a"), &item));
}

TEST(responses_state, lists_are_joined)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str out;

    EXPECT_EQ(SL_OK, sl_ai_responses_join(SL_STR("1"), SL_STR("2"), a, &out));
    EXPECT_STR("1,2", out);
    EXPECT_EQ(SL_OK, sl_ai_responses_join(SL_STR(""), SL_STR("2"), a, &out));
    EXPECT_STR("2", out);
    EXPECT_EQ(SL_OK, sl_ai_responses_join(SL_STR("1"), SL_STR(""), a, &out));
    EXPECT_STR("1", out);
    sl_arena_free(a);
}

TEST(responses_state, the_path_says_what_is_wanted)
{
    static const struct {
        const char *rest;
        enum sl_ai_responses_verb verb;
        const char *id;
    } rows[] = {
        {"/resp_1", SL_AI_RESPONSES_ITSELF, "resp_1"},
        {"/resp_1/input_items", SL_AI_RESPONSES_INPUT_ITEMS, "resp_1"},
        {"/resp_1/cancel", SL_AI_RESPONSES_CANCEL, "resp_1"},
        {"/resp_1/", SL_AI_RESPONSES_NONE, "resp_1"},
        {"/resp_1/other", SL_AI_RESPONSES_NONE, "resp_1"},
        {"/", SL_AI_RESPONSES_NONE, ""},
        {"", SL_AI_RESPONSES_NONE, ""},
        {"//cancel", SL_AI_RESPONSES_NONE, ""},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_str id = {0};
        EXPECT_EQ(rows[i].verb, sl_ai_responses_verb_of(sl_cstr(rows[i].rest), &id));
        EXPECT_STR(rows[i].id, id);
    }
}

#define THREE "{\"id\":\"a\",\"n\":1},{\"n\":2},{ }"

TEST(responses_state, items_come_page_by_page)
{
    static const struct {
        const char *query, *wanted;
    } rows[] = {
        {"order=asc",
         "{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"n\":1},{\"id\":\"msg_9_in1\",\"n\":2},{"
         "\"id\":\"msg_9_in2\"}],\"first_id\":\"a\",\"last_id\":\"msg_9_in2\",\"has_more\":false}"},
        {"",
         "{\"object\":\"list\",\"data\":[{\"id\":\"msg_9_in2\"},{\"id\":\"msg_9_in1\",\"n\":2},{"
         "\"id\":\"a\",\"n\":1}],\"first_id\":\"msg_9_in2\",\"last_id\":\"a\",\"has_more\":false}"},
        {"limit=1&order=asc",
         "{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"n\":1}],\"first_id\":\"a\",\"last_id\":"
         "\"a\",\"has_more\":true}"},
        {"order=asc&after=a&limit=1",
         "{\"object\":\"list\",\"data\":[{\"id\":\"msg_9_in1\",\"n\":2}],\"first_id\":\"msg_9_in1\","
         "\"last_id\":\"msg_9_in1\",\"has_more\":true}"},
        {"after=a",
         "{\"object\":\"list\",\"data\":[],\"first_id\":null,\"last_id\":null,\"has_more\":false}"},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_diag d;
    sl_str list;

    sl_diag_init(&d, a);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_EQ(SL_OK, sl_ai_responses_list(SL_STR(THREE), SL_STR("resp_9"),
                                              sl_cstr(rows[i].query), a, &list, &d));
        EXPECT_STR(rows[i].wanted, list);
    }
    sl_arena_free(a);
}

TEST(responses_state, a_limit_must_be_one)
{
    static const char *const queries[] = {"limit=0", "limit=101", "limit=x", "limit=", "limit=-1"};
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str list;

    for (size_t i = 0; i < SL_LEN(queries); i++) {
        struct sl_diag d;
        sl_diag_init(&d, a);
        EXPECT_EQ(SL_E_AI_BAD_BODY, sl_ai_responses_list(SL_STR(THREE), SL_STR("resp_9"),
                                                         sl_cstr(queries[i]), a, &list, &d));
        EXPECT_STR("limit", d.problems[0].path);
    }
    sl_arena_free(a);
}
