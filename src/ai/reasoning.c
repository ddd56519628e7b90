#include "ai/reasoning.h"

#include "ai/effort.h"
#include "base/str.h"

static const struct {
    sl_str name, efforts, by_effort, by_budget, off;
} styles[] = {
#define X(ID, name, efforts, by_effort, by_budget, off, text)                                 \
    {SL_STR_INIT(name), SL_STR_INIT(efforts), SL_STR_INIT(by_effort), SL_STR_INIT(by_budget), \
     SL_STR_INIT(off)},
#include "ai/provider/reasoning.def"
#undef X
};

_Static_assert(SL_LEN(styles) == SL_AI_REASONING_COUNT, "a row for every style");

sl_str sl_ai_reasoning_name(enum sl_ai_reasoning_style style)
{
    return styles[style].name;
}

bool sl_ai_reasoning_is_own(enum sl_ai_reasoning_style style)
{
    return style != SL_AI_REASONING_EFFORT && styles[style].by_effort.n != 0;
}

/* The vendor's least word that is not below what was asked for, else its most. */
static sl_str word_of(sl_str efforts, enum sl_ai_effort effort)
{
    sl_str word = {0};
    if (efforts.n == 0)
        return sl_ai_effort_name(effort);
    while (sl_str_split(&efforts, ' ', &word))
        if (sl_ai_effort_of(word) >= effort)
            break;
    return word;
}

static void add_word(struct sl_strbuf *out, sl_str *rest, sl_str placeholder, sl_str value)
{
    sl_strbuf_add(out, value);
    *rest = sl_str_from(*rest, placeholder.n);
}

static sl_str fill(sl_str template, sl_str effort, int64_t budget, struct sl_arena *a)
{
    static const sl_str effort_name = SL_STR_INIT("$effort"), budget_name = SL_STR_INIT("$budget");
    struct sl_strbuf out;
    sl_strbuf_init(&out, a, 0);
    while (template.n != 0) {
        if (sl_str_starts(template, effort_name))
            add_word(&out, &template, effort_name, effort);
        else if (sl_str_starts(template, budget_name))
            add_word(&out, &template, budget_name, sl_fmt(a, "%lld", (long long)budget));
        else
            add_word(&out, &template, SL_STR("'"),
                     template.p[0] == '\'' ? SL_STR("\"") : sl_str_head(template, 1));
    }
    return sl_strbuf_str(&out);
}

sl_str sl_ai_reasoning_members(enum sl_ai_reasoning_style style, enum sl_ai_effort effort,
                               int64_t budget, struct sl_arena *a)
{
    SL_ASSERT(effort != SL_AI_EFFORT_UNSET);
    if (effort == SL_AI_EFFORT_NONE)
        return fill(styles[style].off, (sl_str){0}, 0, a);
    if (budget > 0 && styles[style].by_budget.n != 0)
        return fill(styles[style].by_budget, (sl_str){0}, budget, a);
    return fill(styles[style].by_effort, word_of(styles[style].efforts, effort),
                sl_ai_effort_budget(effort), a);
}
