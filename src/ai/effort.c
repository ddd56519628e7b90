#include "ai/effort.h"

#include "base/str.h"

struct row {
    sl_str name;
    int64_t budget_tokens;
    sl_str anthropic;
};

static const struct row rows[] = {
    [SL_AI_EFFORT_UNSET] = {.budget_tokens = 0},
#define X(ID, name, budget_tokens, anthropic) \
    [SL_AI_EFFORT_##ID] = {SL_STR_INIT(name), budget_tokens, SL_STR_INIT(anthropic)},
#include "ai/effort.def"
#undef X
};

enum sl_ai_effort sl_ai_effort_of(sl_str name)
{
    for (size_t i = SL_AI_EFFORT_NONE; i < SL_LEN(rows); i++)
        if (sl_str_eq(rows[i].name, name))
            return (enum sl_ai_effort)i;
    return SL_AI_EFFORT_UNSET;
}

enum sl_ai_effort sl_ai_effort_of_budget(int64_t budget_tokens)
{
    for (size_t i = SL_AI_EFFORT_NONE; i < SL_LEN(rows); i++)
        if (budget_tokens <= rows[i].budget_tokens)
            return (enum sl_ai_effort)i;
    return SL_AI_EFFORT_MAX;
}

sl_str sl_ai_effort_name(enum sl_ai_effort effort)
{
    return rows[effort].name;
}

sl_str sl_ai_effort_anthropic(enum sl_ai_effort effort)
{
    return rows[effort].anthropic;
}

int64_t sl_ai_effort_budget(enum sl_ai_effort effort)
{
    return rows[effort].budget_tokens;
}
