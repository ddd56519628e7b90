#include "ai/prompt.h"
#include "base/str.h"
#include "snapshot/build.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

#define ACCOUNTS \
    "accounts: [{name: oa, vendor: openai, keys: [sk-0123456789], base_url: \"http://127.0.0.1:1/v1\"}]\n"

static const struct sl_route *route(const struct built *t, const char *name)
{
    for (size_t i = 0; i < t->s->route_count; i++)
        if (sl_str_eq(t->s->routes[i].name, sl_cstr(name)))
            return &t->s->routes[i];
    return NULL;
}

TEST(build_prompts, a_service_publishes_its_prompts_and_describes_them)
{
    struct built t = build_text(
        ACCOUNTS "prompts:\n"
                 "  - {name: p, model: oa/m, system: \"Be {{tone}}.\", template: \"{{text}}\",\n"
                 "     path: \"/say/{tone}\", variables: [text, tone], methods: [GET, POST],\n"
                 "     parameters: {temperature: 0.5, stop: [a, 1]},\n"
                 "     messages: [{role: assistant, content: \"\\\\{{x}}\"}]}\n"
                 "  - {name: p, version: v2, model: oa/m, template: x, output: {as: text}}\n"
                 "services:\n  - {name: texts, kind: prompt, prefix: /t, prompts: [p]}\n"
                 "  - {name: more, kind: prompt, prompts: [p@v2]}\n");
    EXPECT_EQ(SL_OK, t.rc);
    const struct sl_route *r = route(&t, "texts/p");
    EXPECT(r != NULL && r->prompt != NULL);
    EXPECT_EQ(SL_HANDLER_AI, r->handler);
    EXPECT_EQ(3, r->prompt->message_count);
    EXPECT_STR("assistant", r->prompt->messages[1].role);
    EXPECT_STR("\"temperature\":0.5,\"stop\":[\"a\",1]", r->prompt->parameters);
    EXPECT(r->prompt->variables[1].is_in_path && !r->prompt->variables[0].is_in_path);
    const struct sl_route *document = route(&t, "texts/openapi");
    EXPECT_EQ(SL_HANDLER_DOCUMENT, document->handler);
    EXPECT(sl_str_find_str(document->document, SL_STR("\"/t/say/{tone}\":{\"get\":")) != SIZE_MAX);
    EXPECT(route(&t, "more/p")->prompt->output.is_text);
    built_free(&t);
}

TEST(build_prompts, what_is_wrong_is_named_at_its_place)
{
#define P(rest) ACCOUNTS "prompts: [{name: p, model: oa/m, " rest "}]\n"
    static const struct {
        const char *yaml, *path, *part;
    } rows[] = {
        {P("variables: [a]"), "prompts[0]", "needs a 'template'"},
        {P("template: \"{{b}}\""), "prompts[0].template", "none of the variables"},
        {P("system: \"{{\", template: x"), "prompts[0].system", "without '}}'"},
        {P("template: x, messages: [{content: \"{{q}}\"}]"), "prompts[0].messages[0].content",
         "none of the variables"},
        {P("template: x, variables: [a, a]"), "prompts[0].variables[1].name", "variable already"},
        {P("template: x, variables: [a-b]"), "prompts[0].variables[0].name", "digits and '_'"},
        {P("template: x, stream: true, variables: [stream]"), "prompts[0].variables[0].name",
         "choose another name"},
        {P("template: x, variables: [{name: a, min: 3, max: 2}]"), "prompts[0].variables[0].max",
         "less than 'min'"},
        {P("template: x, variables: [{name: a, type: integer, default: one}]"),
         "prompts[0].variables[0].default", "whole number"},
        {P("template: x, variables: [{name: a, values: [u], example: v}]"),
         "prompts[0].variables[0].example", "must be one of 'u'"},
        {P("template: x, path: \"/a/{b}\""), "prompts[0].path", "'{b}' is no variable"},
        {P("template: x, path: \"/a/*\""), "prompts[0].path", "without '*'"},
        {P("template: x, path: a"), "prompts[0].path", "must begin with '/'"},
        {P("template: x, methods: [PUT]"), "prompts[0].methods[0]", "must be GET or POST"},
        {P("template: x, parameters: 5"), "prompts[0].parameters", "must be a map"},
        {P("template: x, parameters: {stream: true}"), "prompts[0].parameters.stream",
         "says itself"},
        {P("template: x, output: {map: {a: /b}}"), "prompts[0].output.map", "needs a 'schema'"},
        {P("template: x, output: {schema: {}, map: {a: b}}"), "prompts[0].output.map.a",
         "JSON pointer"},
        {P("template: x, output: {schema: [1]}"), "prompts[0].output.schema", "JSON Schema"},
        {P("template: x, output: {as: text, schema: {}}"), "prompts[0].output.schema", "as: json"},
        {P("template: x, stream: true, output: {schema: {}}"), "prompts[0].stream", "as a whole"},
        {ACCOUNTS "prompts: [{name: p, model: ao/m, template: x}]\n", "prompts[0].model",
         "model 'ao/m' is not defined"},
        {"services: [{name: s, kind: prompt}]\n", "services[0].prompts", "is missing"},
        {"services: [{name: s, kind: prompt, prompts: [q]}]\n", "services[0].prompts[0]",
         "prompt 'q' is not defined"},
        {"services: [{name: s, kind: ai, prompts: [q]}]\n", "services[0].prompts",
         "of kind prompt"},
        {"services: [{name: s, kind: prompt, prompts: [q], url: \"http://a\"}]\n",
         "services[0].url", "is for services of kind rest"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct built t = build_text(rows[i].yaml);
        EXPECT_EQ(SL_E_CONFIG, t.rc);
        EXPECT(has_problem_at(&t, rows[i].path, rows[i].part));
        built_free(&t);
    }
}

TEST(build_prompts, a_schema_is_compiled_and_its_problems_are_at_their_place)
{
    struct built t =
        build_text(P("template: x, output: {schema: {type: object, required: [a]}}") "");
    EXPECT_EQ(SL_OK, t.rc);
    built_free(&t);
    t = build_text(P("template: x, output: {schema: {type: objekt}}") "");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem_at(&t, "prompts[0].output.schema.type", ""));
    built_free(&t);
}

#define TRIED(live, arms, other)                                                              \
    ACCOUNTS "prompts:\n  - {name: p, model: oa/m, template: x" live ", trial: {" arms "}}\n" \
             "  - {name: p, version: v2, model: oa/m, template: y" other "}\n"

TEST(build_prompts, a_trial_has_the_prompt_itself_first_with_what_is_left)
{
    struct built t =
        build_text(TRIED(", variables: [a]", "by: call, arms: [{prompt: p@v2, percent: 10}]",
                         ", variables: [a]") "services: [{name: s, kind: prompt, prompts: [p]}]\n");
    EXPECT_EQ(SL_OK, t.rc);
    const struct sl_ai_prompt_trial *trial = route(&t, "s/p")->prompt->trial;
    EXPECT_EQ(2, trial->arm_count);
    EXPECT(trial->is_random && trial->arms[0].prompt == route(&t, "s/p")->prompt);
    EXPECT_STR("p", trial->arms[0].key);
    EXPECT_EQ(90, trial->arms[0].percent);
    EXPECT_STR("p@v2", trial->arms[1].key);
    EXPECT_STR("v2", trial->arms[1].prompt->version);
    built_free(&t);
}

TEST(build_prompts, a_trial_is_of_prompts_that_can_take_each_others_place)
{
#define ARM "arms: [{prompt: p@v2, percent: 10}]"
    static const struct {
        const char *yaml, *path, *part;
    } rows[] = {
        {TRIED("", "arms: [{prompt: p@v3, percent: 1}]", ""), "prompts[0].trial.arms[0].prompt",
         "did you mean 'p@v2'?"},
        {TRIED("", "arms: [{prompt: p, percent: 1}]", ""), "prompts[0].trial.arms[0].prompt",
         "is the prompt itself"},
        {TRIED("", "arms: [{prompt: p@v2, percent: 1}, {prompt: p@v2, percent: 1}]", ""),
         "prompts[0].trial.arms[1].prompt", "is there already"},
        {TRIED("", "arms: [{prompt: p@v2, percent: 101}]", ""), "prompts[0].trial.arms[0].percent",
         "100"},
        {TRIED("", "arms: [{prompt: p@v2, percent: -1}]", ""), "prompts[0].trial.arms[0].percent",
         "0"},
        {TRIED("", ARM, ", variables: [a]"), "prompts[0].trial.arms[0].prompt",
         "the same variables"},
        {TRIED(", variables: [b]", ARM, ", variables: [a]"), "prompts[0].trial.arms[0].prompt",
         "lacks 'b'"},
        {TRIED(", variables: [{name: a, type: json}]", ARM, ", variables: [a]"),
         "prompts[0].trial.arms[0].prompt", "another type has 'a'"},
        {TRIED(", variables: [{name: a, optional: true}]", ARM, ", variables: [a]"),
         "prompts[0].trial.arms[0].prompt", "required is 'a'"},
        {TRIED(", stream: true", ARM, ""), "prompts[0].trial.arms[0].prompt", "must stream, too"},
        {ACCOUNTS "prompts:\n  - {name: p, model: oa/m, template: x, trial: {arms: ["
                  "{prompt: p@v2, percent: 60}, {prompt: p@v3, percent: 41}]}}\n"
                  "  - {name: p, version: v2, model: oa/m, template: x}\n"
                  "  - {name: p, version: v3, model: oa/m, template: x}\n",
         "prompts[0].trial.arms", "more than 100 percent"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct built t = build_text(rows[i].yaml);
        EXPECT_EQ(SL_E_CONFIG, t.rc);
        EXPECT(has_problem_at(&t, rows[i].path, rows[i].part));
        built_free(&t);
    }
}
