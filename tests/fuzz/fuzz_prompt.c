/* Anything as the variables of a prompt: by query, form or JSON. What is accepted makes a chat that is valid JSON. */
#include "ai/prompt.h"
#include "base/str.h"

#include <stdint.h>

static const struct sl_ai_prompt_variable variables[] = {
    {.name = SL_STR_INIT("s"), .has_max = true, .max = 20},
    {.name = SL_STR_INIT("i"), .type = SL_AI_PROMPT_INTEGER, .has_min = true, .min = -3},
    {.name = SL_STR_INIT("x"), .type = SL_AI_PROMPT_NUMBER, .has_max = true, .max = 7},
    {.name = SL_STR_INIT("b"), .type = SL_AI_PROMPT_BOOLEAN},
    {.name = SL_STR_INIT("l"), .type = SL_AI_PROMPT_LIST},
    {.name = SL_STR_INIT("j"), .type = SL_AI_PROMPT_JSON, .is_required = true},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(64));
    struct sl_diag d;
    struct sl_ai_prompt_message message = {.role = SL_STR("user")};
    struct sl_ai_prompt_values values;
    struct sl_strbuf chat;
    const struct sl_json *parsed;
    struct sl_jsonscan_info info;
    sl_str text = {(const char *)data + 1, n - 1};
    sl_diag_init(&d, a);
    if (sl_ai_prompt_compile(SL_STR("{{s}}{{i}}{{x}} {{b}}{{l}}{{j}}"), variables,
                             SL_LEN(variables), "", a, &message, &d) != SL_OK)
        __builtin_trap();
    const struct sl_ai_prompt p = {.model = SL_STR("m"),
                                   .variables = variables,
                                   .variable_count = SL_LEN(variables),
                                   .messages = &message,
                                   .message_count = 1,
                                   .may_stream = (data[0] & 4) != 0};
    const struct sl_pair param = {SL_STR("s"), text};
    const struct sl_ai_prompt_input in = {
        .params = &param,
        .param_count = (data[0] & 3) == 3,
        .query = (data[0] & 3) == 0 ? text : (sl_str){0},
        .content_type = (data[0] & 3) == 1 ? SL_STR("application/x-www-form-urlencoded")
                                           : SL_STR("application/json"),
        .body = (data[0] & 3) == 1 || (data[0] & 3) == 2 ? text : (sl_str){0},
    };
    sl_strbuf_init(&chat, a, 0);
    (void)sl_ai_prompt_compile(text, variables, SL_LEN(variables), "", a, &message, &d);
    if (!sl_diag_is_clean(&d))
        message.piece_count = 0;
    sl_diag_init(&d, a);
    if (sl_ai_prompt_read(&p, &in, a, &values, &d) == SL_OK &&
        sl_ai_prompt_write(&p, &values, &chat) == SL_OK &&
        sl_json_parse(sl_strbuf_str(&chat), a, &parsed, &info) != SL_OK)
        __builtin_trap();
    sl_arena_free(a);
    return 0;
}
