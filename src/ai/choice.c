#include "ai/choice.h"

#include "base/str.h"

/* {"allowed_tools": {mode, tools: [{type, function: {name}}]}} */
static void read_allowed(const struct sl_ai_writer *w, struct sl_ai_choice_plan *ret)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v, *allowed;
    sl_str mode;

    ret->choice = SL_AI_CHOICE_AUTO;
    if (sl_json_parse(w->rq->tool_choice_json, w->a, &v, &info) != SL_OK)
        return;
    allowed = sl_json_get(v, SL_STR("allowed_tools"));
    mode = sl_json_text(sl_json_get(allowed, SL_STR("mode")));
    ret->allowed = sl_json_get(allowed, SL_STR("tools"));
    if (sl_str_eq(mode, SL_STR("required")))
        ret->choice = SL_AI_CHOICE_REQUIRED;
}

void sl_ai_choice_make(const struct sl_ai_writer *w, struct sl_ai_choice_plan *ret)
{
    *ret =
        (struct sl_ai_choice_plan){.choice = w->rq->tool_choice, .name = w->rq->tool_choice_name};
    if (ret->choice == SL_AI_CHOICE_ALLOWED)
        read_allowed(w, ret);
}

bool sl_ai_choice_allows(const struct sl_ai_choice_plan *p, sl_str tool_name)
{
    struct sl_json_cursor c = sl_json_each(p->allowed);
    const struct sl_json *v;

    if (p->allowed == NULL)
        return true;
    while ((v = sl_json_next(&c, NULL)) != NULL)
        if (sl_str_eq(tool_name, sl_json_text(sl_json_get(sl_json_get(v, SL_STR("function")),
                                                          SL_STR("name")))))
            return true;
    return false;
}
