/*
 * schema: which JSON Schemas OpenAI takes with strict, and who is told so (item 36 of the checklist). Texts here have ' for ".
 */
#include "ai/schema.h"

#include "tests/unit/ai/call_fixture.h"

#define OBJECT_OF(properties, required, more)                              \
    "{'type':'object','properties':{" properties "},'required':[" required \
    "],'additionalProperties':false" more "}"
#define ONE(schema) OBJECT_OF("'a':" schema, "'a'", "")
#define FIT ONE("{'type':'string'}")
#define LOOSE "{'type':'object','properties':{'a':{'type':'string'}}}"
#define STRICT "'strict':true"

static bool is_strict(const char *schema)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    bool is_it = sl_ai_schema_is_strict(fixture_json(a, schema), a);
    sl_arena_free(a);
    return is_it;
}

TEST(schema, c36_what_openai_takes_with_strict)
{
    static const char *const rows[] = {
        FIT,
        OBJECT_OF("", "", ""),
        OBJECT_OF("'a':{'type':'string'},'b':{'type':['number','null']}", "'b','a'", ""),
        OBJECT_OF("'a':{'type':'string'}", "'a'", ",'title':'t','description':'d','$schema':'s'"),
        ONE("{'type':'string','enum':['x','y'],'pattern':'a','format':'uuid'}"),
        ONE("{'type':'integer','minimum':1,'maximum':2,'multipleOf':1,'const':1}"),
        ONE("{'type':'number','exclusiveMinimum':1,'exclusiveMaximum':2}"),
        ONE("{'type':'array','items':{'type':'boolean'},'minItems':1,'maxItems':2}"),
        ONE("{'anyOf':[" FIT ",{'type':'null'}]}"),
        ONE("{'$ref':'#'}"),
        OBJECT_OF("'a':{'$ref':'#/$defs/x'}", "'a'", ",'$defs':{'x':" FIT "}"),
        OBJECT_OF("'a':{'$ref':'#/definitions/x'}", "'a'", ",'definitions':{'x':" FIT "}"),
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        if (!is_strict(rows[i]))
            print_error("%s\n", rows[i]);
        EXPECT(is_strict(rows[i]));
    }
}

TEST(schema, c36_what_openai_refuses_with_strict)
{
    static const char *const rows[] = {
        "",
        "{",
        "[]",
        "{}",
        "{'type':'string'}",
        "{'type':['object','null'],'properties':{},'required':[],'additionalProperties':false}",
        OBJECT_OF("", "", ",'anyOf':[" FIT "]"),
        /* further properties */
        LOOSE,
        "{'type':'object','properties':{'a':{'type':'string'}},'required':['a']}",
        "{'type':'object','properties':{},'additionalProperties':true}",
        "{'type':'object','properties':{},'additionalProperties':{'type':'string'}}",
        ONE("{'type':'object','properties':{}}"),
        ONE("{'type':['object','null'],'properties':{}}"),
        ONE("{'properties':{},'anyOf':[{'type':'null'}]}"),
        "{'type':'object','additionalProperties':false}",
        /* all are required */
        OBJECT_OF("'a':{'type':'string'}", "", ""),
        OBJECT_OF("'a':{'type':'string'}", "'b'", ""),
        OBJECT_OF("'a':{'type':'string'}", "'a','b'", ""),
        OBJECT_OF("'a':{'type':'string'},'b':{'type':'string'}", "'a',1", ""),
        "{'type':'object','properties':{'a':{'type':'string'}},'additionalProperties':false}",
        /* schemas that are not typed */
        ONE("{}"),
        ONE("true"),
        ONE("{'type':'text'}"),
        ONE("{'type':[]}"),
        ONE("{'type':['string','text']}"),
        ONE("{'enum':['x']}"),
        ONE("{'type':'array'}"),
        ONE("{'type':['array','null']}"),
        ONE("{'type':'array','items':{}}"),
        ONE("{'type':'array','items':[{'type':'string'}]}"),
        ONE("{'anyOf':[]}"),
        ONE("{'anyOf':{}}"),
        ONE("{'anyOf':[{'type':'null'},{}]}"),
        ONE("{'type':'string','enum':[]}"),
        ONE("{'type':'string','enum':'x'}"),
        ONE("{'type':'string','enum':{'x':1}}"),
        "{'type':'object','properties':['a'],'required':['a'],'additionalProperties':false}",
        /* keywords */
        ONE("{'type':'string','minLength':1}"),
        ONE("{'type':'string','default':'x'}"),
        ONE("{'type':'string','not':{'type':'null'}}"),
        ONE("{'allOf':[{'type':'string'}],'type':'string'}"),
        ONE("{'oneOf':[{'type':'string'}],'type':'string'}"),
        OBJECT_OF("", "", ",'patternProperties':{}"),
        /* references */
        ONE("{'$ref':'#/$defs/none'}"),
        ONE("{'$ref':'https://example.com/x'}"),
        ONE("{'$ref':1}"),
        ONE("{'$ref':'#','description':'d'}"),
        OBJECT_OF("'a':{'$ref':'#/$defs/x'}", "'a'", ",'$defs':{'x':" LOOSE "}"),
        OBJECT_OF("", "", ",'$defs':[]"),
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        if (is_strict(rows[i]))
            print_error("%s\n", rows[i]);
        EXPECT(!is_strict(rows[i]));
    }
}

/* ------------------------------------------------------------------ limits */

static bool is_strict_nested(unsigned depth)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    sl_str schema = SL_STR("{'type':'string'}");
    bool is_it;
    for (unsigned i = 1; i < depth; i++)
        schema = sl_fmt(a, ONE("%.*s"), SL_STRF(schema));
    is_it = is_strict(schema.p);
    sl_arena_free(a);
    return is_it;
}

/* Objects of as many properties, each with an enum of as many values of as many bytes. */
static bool is_strict_large(size_t objects, size_t properties, size_t values, int bytes)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct sl_strbuf list = {0}, map = {0}, names = {0}, top = {0}, tops = {0};
    bool is_it;
    sl_strbuf_add(&list, SL_STR("{'type':'string'"));
    for (size_t i = 0; i < values; i++)
        sl_strbuf_addf(&list, "%s'%0*zu'", i == 0 ? ",'enum':[" : ",", bytes, i);
    sl_strbuf_add(&list, values != 0 ? SL_STR("]}") : SL_STR("}"));
    for (size_t i = 0; i < properties; i++) {
        sl_strbuf_addf(&map, "%s'%zu':%.*s", i == 0 ? "" : ",", i, SL_STRF(sl_strbuf_str(&list)));
        sl_strbuf_addf(&names, "%s'%zu'", i == 0 ? "" : ",", i);
    }
    for (size_t i = 0; i < objects; i++) {
        sl_strbuf_addf(&top, "%s'%zu':" OBJECT_OF("%.*s", "%.*s", ""), i == 0 ? "" : ",", i,
                       SL_STRF(sl_strbuf_str(&map)), SL_STRF(sl_strbuf_str(&names)));
        sl_strbuf_addf(&tops, "%s'%zu'", i == 0 ? "" : ",", i);
    }
    is_it = is_strict(sl_fmt(a, OBJECT_OF("%.*s", "%.*s", ""), SL_STRF(sl_strbuf_str(&top)),
                             SL_STRF(sl_strbuf_str(&tops)))
                          .p);
    sl_strbuf_fini(&list);
    sl_strbuf_fini(&map);
    sl_strbuf_fini(&names);
    sl_strbuf_fini(&top);
    sl_strbuf_fini(&tops);
    sl_arena_free(a);
    return is_it;
}

TEST(schema, c36_limits_of_strict_schemas)
{
    EXPECT(is_strict_nested(SL_AI_SCHEMA_DEPTH_MAX));
    EXPECT(!is_strict_nested(SL_AI_SCHEMA_DEPTH_MAX + 1));
    EXPECT(!is_strict_nested(60));
    EXPECT(is_strict_large(1, SL_AI_SCHEMA_MEMBERS_MAX, 0, 0));
    EXPECT(!is_strict_large(1, SL_AI_SCHEMA_MEMBERS_MAX + 1, 0, 0));
    EXPECT(is_strict_large(20, 249, 0, 0)); /* 20 + 4,980 */
    EXPECT(!is_strict_large(20, 250, 0, 0));
    EXPECT(is_strict_large(1, 2, SL_AI_SCHEMA_VALUES_MAX / 2, 4));
    EXPECT(!is_strict_large(1, 2, SL_AI_SCHEMA_VALUES_MAX / 2 + 1, 4));
    EXPECT(is_strict_large(1, 4, SL_AI_SCHEMA_ENUM_VALUES, 119));
    EXPECT(!is_strict_large(1, 4, SL_AI_SCHEMA_ENUM_VALUES, 120));
    EXPECT(is_strict_large(1, 1, SL_AI_SCHEMA_ENUM_VALUES + 1, 59));
    EXPECT(!is_strict_large(1, 1, SL_AI_SCHEMA_ENUM_VALUES + 1, 60));
}

/* A choice of so many references, each to the last of so many definitions. */
static bool is_strict_referring(size_t count)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    struct sl_strbuf refs = {0}, defs = {0};
    bool is_it;
    for (size_t i = 0; i < count; i++) {
        sl_strbuf_addf(&refs, "%s{'$ref':'#/$defs/%zu'}", i == 0 ? "" : ",", count - 1);
        sl_strbuf_addf(&defs, "%s'%zu':{'type':'null'}", i == 0 ? "" : ",", i);
    }
    is_it = is_strict(sl_fmt(a, OBJECT_OF("'a':{'anyOf':[%.*s]}", "'a'", ",'$defs':{%.*s}"),
                             SL_STRF(sl_strbuf_str(&refs)), SL_STRF(sl_strbuf_str(&defs)))
                          .p);
    sl_strbuf_fini(&refs);
    sl_strbuf_fini(&defs);
    sl_arena_free(a);
    return is_it;
}

/* Each would take as long as there are definitions: a body of 20 MB, half an hour. */
TEST(schema, c36_references_take_a_bounded_time)
{
    EXPECT(is_strict_referring(500));
    EXPECT(!is_strict_referring(2000));
}

/* ------------------------------------------------------------------ who is told */

#define A SL_AI_ANTHROPIC
#define C SL_AI_COHERE
#define G SL_AI_GEMINI
#define L SL_AI_OLLAMA
#define O SL_AI_OPENAI_CHAT
#define R SL_AI_OPENAI_RESPONSES
#define SAYS "'messages':[{'role':'user','content':'hi'}]"
#define TOOL_R_OF(more) "'input':'hi','tools':[{'type':'function','name':'f'," more "}]"
#define TOOL_R(schema) TOOL_R_OF("'parameters':" schema)
#define TOOL_O(schema) \
    SAYS ",'tools':[{'type':'function','function':{'name':'f','parameters':" schema "}}]"
#define FORMAT_A(schema) \
    SAYS ",'max_tokens':9,'output_config':{'format':{'type':'json_schema','schema':" schema "}}"
#define FORMAT_O(schema) \
    SAYS ",'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':" schema "}}"
#define FORMAT_R(schema) \
    "'input':'hi','text':{'format':{'type':'json_schema','name':'n','schema':" schema "}}"

struct row {
    const char *vendor;
    enum sl_ai_dialect client;
    uint32_t flags; /* of the model; 0: nothing is known of it */
    const char *members;
    const char *wanted; /* of `strict`; NULL: it is not said */
};

static void check_row(const struct row *row)
{
    struct call_fixture f;
    struct sl_ai_model *model;
    bool is_right;
    sl_str body;
    fixture_init(&f, row->vendor);
    while (row->client == O && sl_ai_target_dialect(&f.target) != R) /* what crosses */
        f.target.vendor = sl_ai_vendor_next(f.target.vendor);
    model = sl_arena_new_of(f.a, struct sl_ai_model);
    model->flags = row->flags;
    if (row->flags != 0)
        f.target.model_info = model;
    f.target.is_strict = true; /* nothing is dropped */
    body = fixture_write(&f, row->client,
                         fixture_json(f.a, sl_fmt(f.a, "{'model':'m',%s}", row->members).p).p);
    if (row->wanted == NULL)
        is_right = body.n != 0 && sl_str_find_str(body, SL_STR("\"strict\"")) == SIZE_MAX;
    else
        is_right = sl_str_find_str(body, fixture_json(f.a, row->wanted)) != SIZE_MAX;
    if (!is_right)
        print_error("%s: %s\n%.*s\n", row->vendor, row->members, SL_STRF(body));
    EXPECT(is_right);
    fixture_fini(&f);
}

TEST(schema, c36_a_function_of_responses_is_strict_by_default)
{
    static const struct row rows[] = {
        {"openai", R, 0, TOOL_R(FIT), STRICT},
        {"openai", R, SL_AI_MODEL_TOOLS, TOOL_R(FIT), STRICT},
        {"openai", R, 0, TOOL_R(LOOSE), NULL},
        {"openai", R, 0, TOOL_R_OF("'description':'d'"), NULL},
        {"openai", R, 0, TOOL_R_OF("'strict':null,'parameters':" FIT), STRICT},
        {"openai", R, 0, TOOL_R_OF("'strict':false,'parameters':" FIT), "'strict':false"},
        {"openai", R, 0, TOOL_R_OF("'strict':true,'parameters':" LOOSE), STRICT},
        {"openai", R, 0, "'input':'hi','tools':[{'type':'custom','name':'c'}]", NULL},
        /* who has no word for it is not asked, and nobody told */
        {"deepseek", R, 0, TOOL_R(FIT), NULL},
        {"anthropic", R, 0, TOOL_R(FIT), NULL},
        {"gemini", R, 0, TOOL_R(FIT), NULL},
        /* models of others, as far as it is known */
        {"groq", R, 0, TOOL_R(FIT), STRICT},
        {"groq", R, SL_AI_MODEL_TOOLS, TOOL_R(FIT), NULL},
        {"groq", R, SL_AI_MODEL_STRICT_TOOLS, TOOL_R(FIT), STRICT},
        /* elsewhere it is not the default */
        {"openai", A, 0, SAYS ",'max_tokens':9,'tools':[{'name':'f','input_schema':" FIT "}]",
         NULL},
        {"openai", O, 0, TOOL_O(FIT), "'strict':false"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        check_row(&rows[i]);
}

TEST(schema, c36_a_schema_that_is_a_promise_is_strict_at_openai)
{
    static const struct row rows[] = {
        {"openai", A, 0, FORMAT_A(FIT), STRICT},
        {"openai", A, 0, FORMAT_A(LOOSE), NULL},
        {"openai", L, 0, SAYS ",'format':" FIT, STRICT},
        {"openai", C, 0, SAYS ",'response_format':{'type':'json_object','json_schema':" FIT "}",
         STRICT},
        {"openai", G, 0,
         "'contents':[{'role':'user','parts':[{'text':'hi'}]}],'generationConfig':{"
         "'responseMimeType':'application/json','responseJsonSchema':" FIT "}",
         STRICT},
        {"deepseek", A, 0, FORMAT_A(FIT), NULL},
        {"groq", A, SL_AI_MODEL_TOOLS, FORMAT_A(FIT), NULL},
        /* where OpenAI's clients are not promised it */
        {"openai", R, 0, FORMAT_R(FIT), NULL},
        {"openai", O, 0, FORMAT_O(FIT), NULL},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        check_row(&rows[i]);
}
