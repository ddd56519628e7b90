/*
 * Tools in the form of before there were tools (functions, function_call, messages of the role function) of a client of
 * OpenAI's chat: as tools at every vendor's, and calls back in the form of old, whole and streamed. Texts here have ' for ".
 */
#include "base/str.h"
#include "tests/unit/ai/call_fixture.h"

#define O SL_AI_OPENAI_CHAT
#define ONLY_STRINGS "nvidia" /* takes no content but strings */
#define SAYS "'messages':[{'role':'user','content':'hi'}]"
#define PARTS "'messages':[{'role':'user','content':[{'type':'text','text':'hi'}]}]"
#define FUNCTIONS                                                                              \
    "'functions':[{'name':'f','description':'d','parameters':{'type':'object','properties':{}" \
    "}},{'name':'g'}]"
#define CALLED                                                                               \
    "'messages':[{'role':'user','content':'hi'},{'role':'assistant','content':null,"         \
    "'function_call':{'name':'f','arguments':'{\\'a\\':1}'}},{'role':'function','name':'f'," \
    "'content':'one'},{'role':'assistant','content':'more','function_call':{'name':'g',"     \
    "'arguments':''}},{'role':'function','name':'g','content':'two'}]"

static const char *body_of(struct sl_arena *a, const char *members)
{
    return fixture_json(a, sl_fmt(a, "{'model':'m',%s}", members).p).p;
}

/* ------------------------------------------------------------------ requests */

static const struct {
    const char *vendor, *members, *wanted;
} asked[] = {
    {"anthropic", SAYS "," FUNCTIONS,
     "'tools':[{'name':'f','description':'d','input_schema':{'type':'object','properties':{}}},"
     "{'name':'g','input_schema':{'type':'object'"},
    {"anthropic", SAYS "," FUNCTIONS, "'disable_parallel_tool_use':true"},
    {"anthropic", SAYS "," FUNCTIONS ",'function_call':'auto'", "'tool_choice':{'type':'auto'"},
    {"anthropic", SAYS "," FUNCTIONS ",'function_call':'none'", "'tool_choice':{'type':'none'"},
    {"anthropic", SAYS "," FUNCTIONS ",'function_call':{'name':'g'}",
     "'tool_choice':{'type':'tool','name':'g'"},
    {"anthropic", CALLED "," FUNCTIONS,
     "{'role':'assistant','content':[{'type':'tool_use','id':'call_1_0','name':'f','input':{'a':1}"
     "}]},{'role':'user','content':[{'type':'tool_result','tool_use_id':'call_1_0','content':"},
    {"anthropic", CALLED "," FUNCTIONS,
     "{'role':'assistant','content':[{'type':'text','text':'more'},{'type':'tool_use','id':"
     "'call_3_0','name':'g','input':{}}]},{'role':'user','content':[{'type':'tool_result',"
     "'tool_use_id':'call_3_0'"},
    {"anthropic", CALLED, "'tool_use_id':'call_1_0'"}, /* history alone */
    {"gemini", SAYS "," FUNCTIONS ",'function_call':{'name':'g'}",
     "'mode':'ANY','allowedFunctionNames':['g']"},
    {"gemini", CALLED "," FUNCTIONS, "'functionCall':{'id':'call_1_0','name':'f','args':{'a':1}}"},
    {"gemini", CALLED "," FUNCTIONS, "'functionResponse':{'id':'call_1_0','name':'f','response':"},
    {"aws-bedrock", CALLED "," FUNCTIONS, "'toolUse':{'toolUseId':'call_1_0','name':'f'"},
    {"aws-bedrock", CALLED "," FUNCTIONS, "'toolResult':{'toolUseId':'call_3_0'"},
    {"cohere-v2", CALLED "," FUNCTIONS, "'tool_call_id':'call_1_0'"},
    {"ollama-native", CALLED "," FUNCTIONS, "{'role':'tool','content':'two','tool_name':'g'}"},
    {"custom-responses", SAYS "," FUNCTIONS, "'parallel_tool_calls':false"},
    {"custom-responses", CALLED "," FUNCTIONS,
     "{'type':'function_call_output','call_id':'call_3_0','output':'two'}"},
    /* in the same dialect it passes */
    {"openai", CALLED "," FUNCTIONS ",'function_call':'auto'",
     CALLED "," FUNCTIONS ",'function_call':'auto'}"},
    {"deepseek", CALLED "," FUNCTIONS, CALLED "," FUNCTIONS "}"},
};

TEST(functions, x2_the_form_of_old_reaches_every_vendor_as_tools)
{
    for (size_t i = 0; i < SL_LEN(asked); i++) {
        struct call_fixture f;
        fixture_init(&f, asked[i].vendor);
        f.target.is_strict = true; /* nothing is left out */
        sl_str body = fixture_write(&f, O, body_of(f.a, asked[i].members));
        EXPECT(fixture_has(body, f.a, asked[i].wanted));
        EXPECT(f.call.has_functions == (strstr(asked[i].members, "'functions'") != NULL));
        fixture_fini(&f);
    }
}

static const struct {
    const char *members, *place;
} refused[] = {
    {SAYS "," FUNCTIONS ",'tools':[{'type':'function','function':{'name':'f'}}]", "functions"},
    {SAYS ",'functions':{}", "functions"},
    {SAYS ",'functions':[{'description':'d'}]", "functions[0].name"},
    {SAYS ",'functions':[{'name':'f','parameters':1}]", "functions[0].parameters"},
    {SAYS ",'function_call':'auto'", "function_call"},
    {SAYS ",'functions':[],'function_call':'auto'", "function_call"},
    {SAYS "," FUNCTIONS ",'function_call':'required'", "function_call"},
    {SAYS "," FUNCTIONS ",'function_call':{}", "function_call.name"},
    {"'messages':[{'role':'function','content':'x'}]", "messages[0].name"},
    {"'messages':[{'role':'function','name':'f','content':'x'}]", "messages[0]"},
    {"'messages':[{'role':'user','content':'x'},{'role':'assistant','function_call':{}}]",
     "messages[1].function_call.name"},
    {"'messages':[{'role':'user','content':'x'},{'role':'assistant','function_call':{'name':'f'}}]",
     "messages[1]"},
};

TEST(functions, x5_what_is_wrong_in_the_form_of_old_is_refused_by_its_place)
{
    for (size_t i = 0; i < SL_LEN(refused); i++) {
        struct call_fixture f;
        fixture_init(&f, "anthropic");
        fixture_read(&f, O, body_of(f.a, refused[i].members));
        EXPECT_EQ(SL_E_AI_BAD_BODY,
                  sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
        EXPECT_STR(refused[i].place, f.d.problems[0].path);
        fixture_fini(&f);
    }
}

TEST(functions, count_as_tools_do)
{
    struct call_fixture f;
    int64_t without;
    fixture_init(&f, "anthropic");
    fixture_read(&f, O, body_of(f.a, SAYS));
    EXPECT(!f.call.has_tools);
    fixture_read(&f, O, body_of(f.a, SAYS ",'functions':[ \n]")); /* beside tools, perhaps */
    EXPECT(!f.call.has_tools && !f.call.has_functions);
    fixture_read(&f, O, body_of(f.a, SAYS));
    without = f.call.input_tokens_estimate;
    fixture_read(&f, O, body_of(f.a, SAYS "," FUNCTIONS));
    EXPECT(f.call.has_tools);
    EXPECT(f.call.input_tokens_estimate > without);
    fixture_fini(&f);
}

TEST(functions, are_a_form_of_openais_clients_alone)
{
    struct call_fixture f;
    fixture_init(&f, "openai");
    fixture_read(&f, SL_AI_COHERE, body_of(f.a, CALLED "," FUNCTIONS));
    EXPECT(!f.call.has_functions);
    EXPECT_EQ(SL_E_AI_BAD_BODY,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("messages[2].role", f.d.problems[0].path);
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ answers */

#define AN_CALL(id, name, input) \
    "{'type':'tool_use','id':'" id "','name':'" name "','input':" input "}"
#define AN_ANSWER(content)                                                                 \
    "{'id':'msg_1','type':'message','role':'assistant','model':'real','content':[" content \
    "],'stop_reason':'tool_use','usage':{'input_tokens':1,'output_tokens':1}}"
#define IS_CALL(name, arguments) "'function_call':{'name':'" name "','arguments':'" arguments "'}"

static const struct {
    const char *vendor, *answer, *wanted;
} answers[] = {
    {"anthropic", AN_ANSWER(AN_CALL("c1", "f", "{'a':1}")),
     "'content':null,'refusal':null," IS_CALL("f", "{\\'a\\':1}") "}"},
    {"anthropic", AN_ANSWER(AN_CALL("c1", "f", "{}")), "'finish_reason':'function_call'"},
    {"anthropic", AN_ANSWER(AN_CALL("c1", "f", "{}")), IS_CALL("f", "{}")},
    {"anthropic", AN_ANSWER(AN_CALL("c1", "f", "{}")), "!tool_calls"},
    {"anthropic", AN_ANSWER("{'type':'text','text':'t'}," AN_CALL("c1", "f", "{}")),
     "'content':'t'"},
    /* one that was not to be: the first is told */
    {"anthropic", AN_ANSWER(AN_CALL("c1", "f", "{}") "," AN_CALL("c2", "g", "{}")),
     IS_CALL("f", "{}")},
    {"anthropic", AN_ANSWER(AN_CALL("c1", "f", "{}") "," AN_CALL("c2", "g", "{}")), "!'g'"},
    {"anthropic",
     "{'id':'msg_1','type':'message','role':'assistant','model':'real','content':[{'type':'text',"
     "'text':'t'}],'stop_reason':'end_turn','usage':{'input_tokens':1,'output_tokens':1}}",
     "'finish_reason':'stop'"},
    {"gemini",
     "{'candidates':[{'content':{'role':'model','parts':[{'functionCall':{'name':'f','args':{'a':1}"
     "}},{'functionCall':{'name':'g','args':{}}}]},'finishReason':'STOP','index':0}]}",
     IS_CALL("f", "{\\'a\\':1}")},
    {"custom-responses",
     "{'id':'resp_1','object':'response','status':'completed','model':'real','output':[{'type':"
     "'function_call','id':'fc_1','call_id':'c1','name':'f','arguments':'{\\'a\\':1}','status':"
     "'completed'}],'usage':{'input_tokens':1,'output_tokens':1,'total_tokens':2}}",
     IS_CALL("f", "{\\'a\\':1}")},
};

static void ask(struct call_fixture *f, const char *vendor, bool is_stream)
{
    fixture_init(f, vendor);
    (void)fixture_write(
        f, O, body_of(f->a, is_stream ? SAYS "," FUNCTIONS ",'stream':true" : SAYS "," FUNCTIONS));
    fixture_open(f, is_stream, "m");
}

TEST(functions, x2_a_whole_answer_has_its_call_in_the_form_of_old)
{
    for (size_t i = 0; i < SL_LEN(answers); i++) {
        struct call_fixture f;
        ask(&f, answers[i].vendor, false);
        fixture_feed(&f, fixture_json(f.a, answers[i].answer), 50);
        EXPECT(fixture_has(fixture_finish(&f, true), f.a, answers[i].wanted));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

#define OA_ANSWER(call, finish)                                                               \
    "{'id':'c1','object':'chat.completion','created':1,'model':'real','choices':[{'index':0," \
    "'message':{'role':'assistant','content':null," call "},'finish_reason':'" finish "'}]}"
#define AN(type, more) "event: " type "\ndata: {'type':'" type "'" more "}\n\n"
#define AN_PIECE(index, text) \
    AN("content_block_delta", \
       ",'index':" index ",'delta':{'type':'input_json_delta','partial_json':'" text "'}")
#define AN_START(index, id, name)                                                               \
    AN("content_block_start", ",'index':" index ",'content_block':{'type':'tool_use','id':'" id \
                              "','name':'" name "','input':{}}")
#define AN_STREAM                                                                          \
    AN("message_start",                                                                    \
       ",'message':{'id':'msg_1','model':'real','content':[],'usage':{'input_tokens':1}}") \
    AN_START("0", "c1", "f")                                                               \
    AN_PIECE("0", "{\\'a")                                                                 \
    AN_PIECE("0", "\\':1}")                                                                \
    AN("content_block_stop", ",'index':0")                                                 \
    AN_START("1", "c2", "g")                                                               \
    AN_PIECE("1", "{\\'b\\':2}")                                                           \
    AN("content_block_stop", ",'index':1")                                                 \
    AN("message_delta", ",'delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':5}") \
    AN("message_stop", "")
#define GE_STREAM                                                                                 \
    "data: {'candidates':[{'content':{'role':'model','parts':[{'functionCall':{'name':'g','args'" \
    ":{}}}]},'finishReason':'STOP','index':0}]}\n\n"

static const struct {
    const char *vendor, *stream, *wanted;
} streams[] = {
    {"anthropic", AN_STREAM, "'delta':{" IS_CALL("f", "") "}"},
    {"anthropic", AN_STREAM, "'delta':{'function_call':{'arguments':'{\\'a'}}"},
    {"anthropic", AN_STREAM, "'delta':{'function_call':{'arguments':'\\':1}'}}"},
    {"anthropic", AN_STREAM, "'delta':{},'finish_reason':'function_call'"},
    {"anthropic", AN_STREAM, "!tool_calls"},
    {"anthropic", AN_STREAM, "!'g'"},
    {"anthropic", AN_STREAM, "!\\'b"},
    {"gemini", GE_STREAM, "'delta':{'function_call':{'arguments':'{}'}}"},
    {"gemini", GE_STREAM, "'finish_reason':'function_call'"},
};

TEST(functions, x2_a_stream_has_its_call_in_the_form_of_old)
{
    static const size_t steps[] = {1, 7, 100000};
    for (size_t i = 0; i < SL_LEN(streams) * SL_LEN(steps); i++) {
        size_t row = i / SL_LEN(steps);
        struct call_fixture f;
        ask(&f, streams[row].vendor, true);
        fixture_feed(&f, fixture_json(f.a, streams[row].stream), steps[i % SL_LEN(steps)]);
        EXPECT(fixture_has(fixture_finish(&f, true), f.a, streams[row].wanted));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

/* Where the vendor's own dialect is written anew, and where it answers in one way what is wanted in the other. */
TEST(functions, x2_an_answer_of_the_same_dialect_that_is_written_anew_is_in_the_form_of_old)
{
    struct call_fixture f;
    fixture_init(&f, ONLY_STRINGS);
    EXPECT(fixture_has(fixture_write(&f, O, body_of(f.a, PARTS "," FUNCTIONS)), f.a, "'tools':["));
    fixture_open(&f, false, "m");
    fixture_feed(&f,
                 sl_cstr(fixture_json(f.a, OA_ANSWER("'tool_calls':[{'id':'c1','type':'function',"
                                                     "'function':{'name':'f','arguments':'{}'}}]",
                                                     "tool_calls"))
                             .p),
                 50);
    EXPECT(fixture_has(fixture_finish(&f, true), f.a, IS_CALL("f", "{}")));
    fixture_fini(&f);

    fixture_init(&f, "deepseek");
    (void)fixture_write(&f, O, body_of(f.a, SAYS "," FUNCTIONS ",'stream':true"));
    fixture_open(&f, false, "m");
    fixture_feed(&f, fixture_json(f.a, OA_ANSWER(IS_CALL("f", "{}"), "function_call")), 50);
    sl_str text = fixture_finish(&f, true);
    EXPECT(fixture_has(text, f.a, "'delta':{" IS_CALL("f", "") "}"));
    EXPECT(fixture_has(text, f.a, "'finish_reason':'function_call'"));
    fixture_fini(&f);
}
