/*
 * custom_tool: free-form tools at vendors that have functions only: tools, choices and earlier calls on the
 * way there, calls on the way back, whole and streamed. Texts here have ' for ".
 */
#include "ai/custom_tool.h"
#include "tests/unit/ai/call_fixture.h"

#define O SL_AI_OPENAI_CHAT
#define R SL_AI_OPENAI_RESPONSES
#define TOOL_OF(more) \
    "'tools':[{'type':'custom','custom':{'name':'run','description':'Runs it.'" more "}}]"
#define TOOL TOOL_OF("")
#define TOOL_R_OF(more) "'tools':[{'type':'custom','name':'run','description':'Runs it.'" more "}]"
#define SCHEMA "{'type':'object','properties':{'input':{'type':'string'}},'required':['input']}"
#define SAYS "'messages':[{'role':'user','content':'hi'}]"
#define CALLED                                                                                    \
    "'messages':[{'role':'user','content':'hi'},{'role':'assistant','tool_calls':[{'id':'call1'," \
    "'type':'custom','custom':{'name':'run','input':'say \\'x\\''}}]},{'role':'tool',"            \
    "'tool_call_id':'call1','content':'done'}]"
#define CALLED_R                                                                                   \
    "'input':[{'role':'user','content':'hi'},{'type':'custom_tool_call','call_id':'call1','name':" \
    "'run','input':'ls'},{'type':'custom_tool_call_output','call_id':'call1','output':'done'}]"
#define GRAMMAR "'format':{'type':'grammar','grammar':{'syntax':'lark','definition':'start: A'}}"
#define GRAMMAR_R "'format':{'type':'grammar','syntax':'lark','definition':'start: A'}"

static sl_str write_to(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                       const char *members)
{
    fixture_init(f, vendor);
    return fixture_write(f, client,
                         fixture_json(f->a, sl_fmt(f->a, "{'model':'m',%s}", members).p).p);
}

/* ------------------------------------------------------------------ requests */

#define NAMED_R "{'type':'item_reference','id':'ctc_1'}"
#define DONE_R "{'type':'custom_tool_call_output','call_id':'call1','output':'done'}"

static const struct {
    const char *vendor;
    enum sl_ai_dialect client;
    const char *members, *wanted, *dropped;
} requests[] = {
    /* the tool */
    {"anthropic", O, SAYS "," TOOL,
     "'tools':[{'name':'run','description':'Runs it.','input_schema':" SCHEMA "}]", ""},
    {"gemini", O, SAYS "," TOOL, "'name':'run','description':'Runs it.'", ""},
    {"gemini", O, SAYS "," TOOL, "'properties':{'input':{'type':'STRING'}},'required':['input']",
     ""},
    {"aws-bedrock", O, SAYS "," TOOL, "'inputSchema':{'json':" SCHEMA "}", ""},
    {"cohere-v2", O, SAYS "," TOOL, "'parameters':" SCHEMA, ""},
    {"ollama-native", O, SAYS "," TOOL, "'parameters':" SCHEMA, ""},
    {"deepseek", O, SAYS "," TOOL,
     "'tools':[{'type':'function','function':{'name':'run','description':'Runs it.','parameters'"
     ":" SCHEMA "}}]",
     ""},
    {"deepseek", R, "'input':'hi'," TOOL_R_OF(""), "'parameters':" SCHEMA, ""},
    {"custom-responses", O, SAYS "," TOOL, "'type':'function','name':'run'", ""},
    /* its format */
    {"anthropic", O, SAYS "," TOOL_OF(",'format':{'type':'text'}"), "'description':'Runs it.'", ""},
    {"anthropic", O, SAYS "," TOOL_OF("," GRAMMAR),
     "'Runs it.\\n\\nThe input must be written in this grammar (lark):\\nstart: A'",
     "tools[0].custom.format"},
    {"anthropic", R, "'input':'hi'," TOOL_R_OF("," GRAMMAR_R), "(lark):\\nstart: A'",
     "tools[0].format"},
    {"anthropic", O, SAYS "," TOOL_OF(",'format':{'type':'new'}"), "'description':'Runs it.'",
     "tools[0].custom.format"},
    /* earlier calls */
    {"anthropic", O, CALLED "," TOOL,
     "{'type':'tool_use','id':'call1','name':'run','input':{'input':'say \\'x\\''}}", ""},
    {"anthropic", O, CALLED, "'tool_use_id':'call1','content':[{'type':'text','text':'done'}]", ""},
    {"anthropic", R, CALLED_R, "'name':'run','input':{'input':'ls'}}", ""},
    {"gemini", O, CALLED, "'args':{'input':'say \\'x\\''}", ""},
    {"aws-bedrock", O, CALLED "," TOOL, "'input':{'input':'say \\'x\\''}", ""},
    {"cohere-v2", R, CALLED_R, "'arguments':'{\\'input\\':\\'ls\\'}'", ""},
    {"ollama-native", R, CALLED_R, "'arguments':{'input':'ls'}", ""},
    {"deepseek", R, CALLED_R,
     "'type':'function','function':{'name':'run','arguments':'{\\'input\\':\\'ls\\'}'}", ""},
    {"custom-responses", O, CALLED, "'type':'function_call_output','call_id':'call1'", ""},
    {"deepseek", O, CALLED, "'arguments':'{\\'input\\':\\'say \\\\\\'x\\\\\\'\\'}'", ""},
    /* the client's own dialect */
    {"custom-responses", R, "'input':'hi'," TOOL_R_OF("," GRAMMAR_R), "(lark):\\nstart: A'",
     "tools[0].format"},
    {"custom-responses", R, "'input':'hi'," TOOL_R_OF(""),
     "'tools':[{'type':'function','name':'run','description':'Runs it.','parameters':" SCHEMA, ""},
    {"custom-responses", R, CALLED_R "," TOOL_R_OF(""),
     "'type':'function_call_output','call_id':'call1'", ""},
    {"custom-responses", R, CALLED_R,
     "{'type':'function_call','call_id':'call1','name':'run','arguments':'{\\'input\\':\\'ls\\'}'}",
     ""},
    {"custom-responses", R,
     "'input':'hi'," TOOL_R_OF("") ",'tool_choice':{'type':'custom','name':'run'}",
     "'tool_choice':{'type':'function','name':'run'}", ""},
    {"custom-responses", R, "'input':'hi','previous_response_id':'u-1','store':true," TOOL_R_OF(""),
     "'previous_response_id':'u-1'", ""},
    /* what goes on from what the vendor keeps */
    {"custom-responses", R, "'input':[" NAMED_R "," DONE_R "]," TOOL_R_OF(""),
     "'input':[" NAMED_R ",{'type':'function_call_output','call_id':'call1','output':'done'}]", ""},
    {"custom-responses", R, "'previous_response_id':'u-1','input':[" DONE_R "]," TOOL_R_OF(""),
     "'input':[{'type':'function_call_output','call_id':'call1','output':'done'}]", ""},
    {"custom-responses", R, "'conversation':'c-1','input':[" DONE_R "]",
     "'input':[{'type':'function_call_output','call_id':'call1','output':'done'}]", ""},
    {"azure-openai", O, SAYS "," TOOL, "'type':'function','function':{'name':'run'", ""},
    {"azure-openai-v1", O, SAYS "," TOOL, TOOL, ""},
    /* the choice */
    {"anthropic", O, SAYS "," TOOL ",'tool_choice':{'type':'custom','custom':{'name':'run'}}",
     "'tool_choice':{'type':'tool','name':'run'}", ""},
    {"deepseek", R, "'input':'hi'," TOOL_R_OF("") ",'tool_choice':{'type':'custom','name':'run'}",
     "'tool_choice':{'type':'function','function':{'name':'run'}}", ""},
    {"anthropic", O,
     SAYS "," TOOL ",'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'required',"
          "'tools':[{'type':'custom','custom':{'name':'run'}}]}}",
     "'tools':[{'name':'run'", ""},
    {"deepseek", R,
     "'input':'hi'," TOOL_R_OF("") ",'tool_choice':{'type':'allowed_tools','mode':'auto','tools':["
                                   "{'type':'custom','name':'run'}]}",
     "'tools':[{'type':'function','function':{'name':'run'}}]}", ""},
    /* who has them */
    {"openai", O, SAYS "," TOOL_OF("," GRAMMAR), TOOL_OF("," GRAMMAR), ""},
    {"openai", R, "'input':'hi'," TOOL_R_OF("," GRAMMAR_R), "'type':'custom'", ""},
    {"openai", R, CALLED_R "," TOOL_R_OF(""), "'custom':{'name':'run','input':'ls'}", ""},
    {"openai", R, "'input':'hi'," TOOL_R_OF("") ",'tool_choice':{'type':'custom','name':'run'}",
     "'tool_choice':{'type':'custom','custom':{'name':'run'}}", ""},
    {"custom-responses", R,
     "'input':'hi','reasoning':{'effort':'low','summary':'detailed'}," TOOL_R_OF(""),
     "'effort':'low','summary':'detailed'", ""},
    /* what only looks like one */
    {"deepseek", O,
     SAYS ",'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object',"
          "'properties':{'custom':{'type':'string'}}}}}]",
     "{'custom':{'type':'string'}}", ""},
};

TEST(custom_tool, x3_is_a_function_where_there_are_only_functions)
{
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct call_fixture f;
        sl_str sent = write_to(&f, requests[i].vendor, requests[i].client, requests[i].members);
        EXPECT(fixture_has(sent, f.a, requests[i].wanted));
        EXPECT_STR(requests[i].dropped, f.wire.dropped_params);
        fixture_fini(&f);
    }
}

TEST(custom_tool, strict_refuses_a_grammar_that_binds_nobody)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    f.target.is_strict = true;
    fixture_read(&f, O, fixture_json(f.a, "{'model':'m'," SAYS "," TOOL_OF("," GRAMMAR) "}").p);
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("tools[0].custom.format", f.d.problems[0].path);
    fixture_fini(&f);
}

/* ------------------------------------------------------------------ answers */

#define ANTHROPIC_CALL(arguments)                                                          \
    "{'id':'msg_1','type':'message','role':'assistant','model':'real','content':[{'type':" \
    "'tool_use','id':'call1','name':'run','input':" arguments                              \
    "}],'stop_reason':'tool_use','usage':{'input_tokens':1,'output_tokens':1}}"
#define CHAT_CALL(name, arguments)                                                            \
    "{'id':'c1','object':'chat.completion','created':1,'model':'real','choices':[{'index':0," \
    "'message':{'role':'assistant','content':null,'tool_calls':[{'id':'call1','type':"        \
    "'function','function':{'name':'" name "','arguments':'" arguments                        \
    "'}}]},'finish_reason':'tool_calls'}]}"
#define RESPONSE(arguments)                                                                        \
    "{'id':'u-1','object':'response','status':'completed','model':'real','output':[{'type':"       \
    "'function_call','id':'fc_1','call_id':'call1','name':'run','arguments':'" arguments           \
    "','status':'completed'},{'type':'web_search_call','id':'ws_1','status':'completed'}],'usage'" \
    ":{'input_tokens':1,'output_tokens':1,'total_tokens':2}}"
#define IS_CALL(input) "'type':'custom','custom':{'name':'run','input':'" input "'}"
#define IS_CALL_R(input) "'call_id':'call1','name':'run','input':'" input "'"

static const struct {
    const char *vendor;
    enum sl_ai_dialect client;
    const char *answer, *wanted;
} answers[] = {
    {"anthropic", O, ANTHROPIC_CALL("{'input':'say \\'x\\'\\n\\u00e9'}"),
     IS_CALL("say \\'x\\'\\n\xc3\xa9")},
    {"anthropic", O, ANTHROPIC_CALL("{'input':''}"), IS_CALL("")},
    {"anthropic", O, ANTHROPIC_CALL("{'text':1}"), IS_CALL("{\\'text\\':1}")},
    {"anthropic", O, ANTHROPIC_CALL("{'input':1}"), IS_CALL("{\\'input\\':1}")},
    {"anthropic", O, ANTHROPIC_CALL("{'input':'ls'}"), "'finish_reason':'tool_calls'"},
    {"anthropic", R, ANTHROPIC_CALL("{'input':'ls'}"), IS_CALL_R("ls")},
    {"anthropic", R, ANTHROPIC_CALL("{'input':'ls'}"), "'type':'custom_tool_call'"},
    {"deepseek", O, CHAT_CALL("run", "{\\'input\\':\\'ls\\'}"), IS_CALL("ls")},
    {"deepseek", O, CHAT_CALL("run", "just text"), IS_CALL("just text")},
    {"deepseek", O, CHAT_CALL("other", "{\\'input\\':\\'ls\\'}"),
     "'function':{'name':'other','arguments':'{\\'input\\':\\'ls\\'}'}"},
    {"deepseek", R, CHAT_CALL("run", "{\\'input\\':\\'ls\\'}"), IS_CALL_R("ls")},
    {"custom-responses", R, RESPONSE("{\\'input\\':\\'ls\\'}"), IS_CALL_R("ls")},
    {"custom-responses", R, RESPONSE("{\\'input\\':\\'ls\\'}"), "'type':'custom_tool_call'"},
    {"custom-responses", R, RESPONSE("{\\'input\\':\\'ls\\'}"), "'id':'u-1','object':'response'"},
    {"custom-responses", R, RESPONSE("{}"),
     "{'type':'web_search_call','id':'ws_1','status':'completed'}"},
    {"custom-responses", R, RESPONSE("{}"), "'tools':[{'type':'custom','name':'run'"},
    {"gemini", O,
     "{'candidates':[{'content':{'role':'model','parts':[{'functionCall':{'name':'run','args':"
     "{'input':'ls'}}}]},'finishReason':'STOP','index':0}]}",
     IS_CALL("ls")},
    {"aws-bedrock", O,
     "{'output':{'message':{'role':'assistant','content':[{'toolUse':{'toolUseId':'call1','name':"
     "'run','input':{'input':'ls'}}}]}},'stopReason':'tool_use','usage':{'inputTokens':1,"
     "'outputTokens':1}}",
     IS_CALL("ls")},
};

static void ask(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                bool is_stream)
{
    static const char *const asks[] = {SAYS "," TOOL, SAYS "," TOOL ",'stream':true",
                                       "'input':'hi'," TOOL_R_OF(""),
                                       "'input':'hi'," TOOL_R_OF("") ",'stream':true"};
    (void)write_to(f, vendor, client, asks[2 * (client == R) + is_stream]);
    fixture_open(f, is_stream, "m");
}

TEST(custom_tool, x3_a_whole_answer_has_its_calls)
{
    for (size_t i = 0; i < SL_LEN(answers); i++) {
        struct call_fixture f;
        ask(&f, answers[i].vendor, answers[i].client, false);
        fixture_feed(&f, fixture_json(f.a, answers[i].answer), 50);
        EXPECT(fixture_has(fixture_finish(&f, true), f.a, answers[i].wanted));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

#define AN(type, more) "event: " type "\ndata: {'type':'" type "'" more "}\n\n"
#define AN_PIECE(text)        \
    AN("content_block_delta", \
       ",'index':1,'delta':{'type':'input_json_delta','partial_json':'" text "'}")
#define AN_STREAM                                                                             \
    AN("message_start",                                                                       \
       ",'message':{'id':'msg_1','model':'real','content':[],'usage':{'input_tokens':1}}")    \
    AN("content_block_start", ",'index':0,'content_block':{'type':'text','text':''}")         \
    AN("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'Now'}")        \
    AN("content_block_delta", ",'index':0,'delta':{'type':'text_delta','text':'this'}")       \
    AN("content_block_stop", ",'index':0")                                                    \
    AN("content_block_start",                                                                 \
       ",'index':1,'content_block':{'type':'tool_use','id':'call1','name':'run','input':{}}") \
    AN_PIECE("{\\'inp")                                                                       \
    AN_PIECE("ut\\':\\'ls ")                                                                  \
    AN_PIECE("-l\\'}")                                                                        \
    AN("content_block_stop", ",'index':1")                                                    \
    AN("content_block_start",                                                                 \
       ",'index':2,'content_block':{'type':'tool_use','id':'call2','name':'run','input':{}}") \
    AN("content_block_stop", ",'index':2")                                                    \
    AN("message_delta", ",'delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':5}")    \
    AN("message_stop", "")
#define OA(delta) "data: {'id':'c1','choices':[{'index':0,'delta':" delta "}]}\n\n"
#define OA_CALL(inside) OA("{'tool_calls':[{'index':0," inside "}]}")
#define OA_STREAM                                                                           \
    OA("{'role':'assistant','content':'Now'}")                                              \
    OA_CALL("'id':'call1','type':'function','function':{'name':'run','arguments':''}")      \
    OA_CALL("'function':{'arguments':'{\\'input\\':'}")                                     \
    OA_CALL("'function':{'arguments':'\\'ls -l\\'}'}")                                      \
    "data: {'id':'c1','choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'}]}\n\n" \
    "data: [DONE]\n\n"
#define RE(type, more) "event: " type "\ndata: {'type':'" type "'" more "}\n\n"
#define RE_CALL(arguments, status)                                                           \
    ",'output_index':0,'item':{'type':'function_call','id':'fc_1','call_id':'call1','name':" \
    "'run','arguments':'" arguments "','status':'" status "'}"
#define RE_PIECE(text)                           \
    RE("response.function_call_arguments.delta", \
       ",'item_id':'fc_1','output_index':0,'delta':'" text "'")
#define RE_STREAM                                                                               \
    RE("response.created", ",'response':{'id':'u-1','status':'in_progress','model':'real'}")    \
    RE("response.output_item.added", RE_CALL("", "in_progress"))                                \
    RE_PIECE("{\\'input\\':")                                                                   \
    RE_PIECE("\\'ls -l\\'}")                                                                    \
    RE("response.output_item.done", RE_CALL("{\\'input\\':\\'ls -l\\'}", "completed"))          \
    RE("response.completed",                                                                    \
       ",'response':{'id':'u-1','status':'completed','model':'real','usage':{'input_tokens':1," \
       "'output_tokens':1}}")
#define PIECE_R "'type':'response.custom_tool_call_input.delta'"
#define WHOLE_R "'input':'ls -l'"

static const struct {
    const char *vendor;
    enum sl_ai_dialect client;
    const char *stream, *wanted;
} streams[] = {
    {"anthropic", O, AN_STREAM, "'id':'call1','type':'custom','custom':{'name':'run','input':''}"},
    {"anthropic", O, AN_STREAM, "'tool_calls':[{'index':0,'custom':{'input':'ls -l'}}]"},
    {"anthropic", O, AN_STREAM, "'id':'call2','type':'custom'"},
    {"anthropic", O, AN_STREAM, "!arguments"},
    {"anthropic", O, AN_STREAM, "'content':'this'"},
    {"anthropic", O, AN_STREAM, "'finish_reason':'tool_calls'"},
    {"anthropic", R, AN_STREAM, PIECE_R},
    {"anthropic", R, AN_STREAM, "'delta':'ls -l'"},
    {"anthropic", R, AN_STREAM, WHOLE_R},
    {"anthropic", R, AN_STREAM, "!function_call"},
    {"deepseek", O, OA_STREAM, "'custom':{'input':'ls -l'}"},
    {"deepseek", O, OA_STREAM, "!'function'"},
    {"deepseek", R, OA_STREAM, WHOLE_R},
    {"custom-responses", R, RE_STREAM, PIECE_R},
    {"custom-responses", R, RE_STREAM, WHOLE_R},
    {"custom-responses", R, RE_STREAM, "!function_call"},
    {"custom-responses", R, RE_STREAM, "'response':{'id':'u-1'"},
};

TEST(custom_tool, x3_a_stream_has_its_calls_each_in_one_piece)
{
    static const size_t steps[] = {1, 7, 100000};
    for (size_t i = 0; i < SL_LEN(streams) * SL_LEN(steps); i++) {
        size_t row = i / SL_LEN(steps);
        struct call_fixture f;
        ask(&f, streams[row].vendor, streams[row].client, true);
        fixture_feed(&f, fixture_json(f.a, streams[row].stream), steps[i % SL_LEN(steps)]);
        EXPECT(fixture_has(fixture_finish(&f, true), f.a, streams[row].wanted));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

TEST(custom_tool, t4_a_stream_that_breaks_off_in_a_call_has_failed)
{
    struct call_fixture f;
    ask(&f, "anthropic", O, true);
    const char *stream = fixture_json(f.a, AN_STREAM).p;
    fixture_feed(&f, sl_str_head(sl_cstr(stream), (size_t)(strstr(stream, "-l\\\"") - stream)), 64);
    (void)fixture_finish(&f, true);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    fixture_fini(&f);
}

TEST(custom_tool, a_call_that_is_too_large_breaks_the_answer)
{
    enum { PIECES = 40, PIECE_BYTES = 1000000 };
    struct call_fixture f;
    ask(&f, "anthropic", O, true);
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    const char *stream = fixture_json(a, AN_STREAM).p;
    size_t at = (size_t)(strstr(stream, "event: content_block_delta\ndata: {\"type\":"
                                        "\"content_block_delta\",\"index\":1") -
                         stream);
    char *letters = sl_arena_alloc(a, PIECE_BYTES);
    memset(letters, 'x', PIECE_BYTES);
    sl_str piece = sl_fmt(a, "%s", fixture_json(a, AN_PIECE("%.*s")).p);
    piece = sl_fmt(a, piece.p, (int)PIECE_BYTES, letters);
    fixture_feed(&f, sl_str_head(sl_cstr(stream), at), 100000);
    for (int i = 0; i < PIECES; i++)
        fixture_feed(&f, piece, piece.n);
    EXPECT(sl_ai_relay_state(f.relay)->has_failed);
    EXPECT(!sl_ai_relay_state(f.relay)->is_complete);
    sl_arena_free(a);
    fixture_fini(&f);
}
