#include "ai/reasoning.h"

#include "base/str.h"
#include "codec/jsonscan.h"
#include "tests/test.h"

struct row {
    enum sl_ai_reasoning_style style;
    enum sl_ai_effort effort;
    int64_t budget;
    const char *members;
};

static const struct row rows[] = {
    {SL_AI_REASONING_EFFORT, SL_AI_EFFORT_LOW, -1, "\"reasoning_effort\":\"low\""},
    {SL_AI_REASONING_EFFORT, SL_AI_EFFORT_MAX, 99, "\"reasoning_effort\":\"max\""},
    {SL_AI_REASONING_EFFORT, SL_AI_EFFORT_NONE, 0, "\"reasoning_effort\":\"none\""},
    {SL_AI_REASONING_OBJECT, SL_AI_EFFORT_HIGH, -1, "\"reasoning\":{\"effort\":\"high\"}"},
    {SL_AI_REASONING_OBJECT, SL_AI_EFFORT_LOW, 2000, "\"reasoning\":{\"max_tokens\":2000}"},
    {SL_AI_REASONING_ENABLED, SL_AI_EFFORT_LOW, -1, "\"reasoning\":{\"enabled\":true}"},
    {SL_AI_REASONING_ENABLED, SL_AI_EFFORT_NONE, -1, "\"reasoning\":{\"enabled\":false}"},
    {SL_AI_REASONING_THINKING, SL_AI_EFFORT_LOW, -1, "\"thinking\":{\"type\":\"enabled\"}"},
    {SL_AI_REASONING_THINKING, SL_AI_EFFORT_NONE, 0, "\"thinking\":{\"type\":\"disabled\"}"},
    {SL_AI_REASONING_THINKING_EFFORT, SL_AI_EFFORT_LOW, -1,
     "\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"high\""},
    {SL_AI_REASONING_THINKING_EFFORT, SL_AI_EFFORT_XHIGH, -1,
     "\"thinking\":{\"type\":\"enabled\"},\"reasoning_effort\":\"max\""},
    {SL_AI_REASONING_THINKING_KEPT, SL_AI_EFFORT_LOW, -1,
     "\"thinking\":{\"type\":\"enabled\",\"clear_thinking\":false}"},
    {SL_AI_REASONING_ENABLE_THINKING, SL_AI_EFFORT_LOW, -1, "\"enable_thinking\":true"},
    {SL_AI_REASONING_ENABLE_THINKING, SL_AI_EFFORT_LOW, 1234,
     "\"enable_thinking\":true,\"thinking_budget\":1234"},
    {SL_AI_REASONING_ENABLE_THINKING, SL_AI_EFFORT_NONE, 0, "\"enable_thinking\":false"},
    {SL_AI_REASONING_TEMPLATE, SL_AI_EFFORT_LOW, -1,
     "\"chat_template_kwargs\":{\"enable_thinking\":true}"},
    {SL_AI_REASONING_TEMPLATE, SL_AI_EFFORT_LOW, 5,
     "\"chat_template_kwargs\":{\"enable_thinking\":true},\"thinking_token_budget\":5"},
    {SL_AI_REASONING_TEMPLATE_THINKING, SL_AI_EFFORT_LOW, -1,
     "\"chat_template_kwargs\":{\"thinking\":true}"},
    {SL_AI_REASONING_TEMPLATE_ARGS, SL_AI_EFFORT_NONE, -1,
     "\"chat_template_args\":{\"enable_thinking\":false}"},
    {SL_AI_REASONING_SPLIT, SL_AI_EFFORT_HIGH, -1, "\"reasoning_split\":true"},
    {SL_AI_REASONING_SPLIT, SL_AI_EFFORT_NONE, -1, ""},
    {SL_AI_REASONING_PROMPT_MODE, SL_AI_EFFORT_HIGH, -1, "\"prompt_mode\":\"reasoning\""},
    {SL_AI_REASONING_BUDGET, SL_AI_EFFORT_MEDIUM, -1, "\"thinking_budget_tokens\":8192"},
    {SL_AI_REASONING_BUDGET, SL_AI_EFFORT_NONE, -1, "\"thinking_budget_tokens\":0"},
    {SL_AI_REASONING_NONE, SL_AI_EFFORT_HIGH, -1, ""},
    {SL_AI_REASONING_ANTHROPIC, SL_AI_EFFORT_HIGH, 9, ""},
};

TEST(reasoning, each_style_has_its_spelling)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));

    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].members,
                   sl_ai_reasoning_members(rows[i].style, rows[i].effort, rows[i].budget, a));
    sl_arena_free(a);
}

TEST(reasoning, whatever_is_asked_the_members_are_json)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_jsonscan_info info;

    for (int style = 0; style < SL_AI_REASONING_COUNT; style++)
        for (int effort = SL_AI_EFFORT_NONE; effort <= SL_AI_EFFORT_MAX; effort++)
            for (int64_t budget = -1; budget <= 1; budget++) {
                sl_str members = sl_ai_reasoning_members((enum sl_ai_reasoning_style)style,
                                                         (enum sl_ai_effort)effort, budget, a);
                sl_str object = sl_fmt(a, "{%.*s}", SL_STRF(members));
                EXPECT_EQ(SL_OK, sl_jsonscan(object, NULL, NULL, 0, NULL, &info));
                EXPECT(!info.has_duplicate);
            }
    sl_arena_free(a);
}

TEST(reasoning, names_are_unique)
{
    for (int i = 0; i < SL_AI_REASONING_COUNT; i++)
        for (int k = 0; k < i; k++)
            EXPECT(!sl_str_eq(sl_ai_reasoning_name((enum sl_ai_reasoning_style)i),
                              sl_ai_reasoning_name((enum sl_ai_reasoning_style)k)));
}
