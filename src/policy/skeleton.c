/*
 * skeleton: what this policy is for, in one sentence, with the RFC if there is one.
 *
 * This one puts a text on every answer. It is what tools/new copies: compiled and tested, never in
 * the table of types.
 */
#include "policy/policy_int.h"

struct skeleton_config {
    sl_str text;
};

static const struct sl_field skeleton_fields[] = {
    SL_FIELD_STR(struct skeleton_config, text, .required = true, .min = "1", .max = "256",
                 .example = "hello", .help = "What to say."),
    SL_FIELD_END,
};

/* What the table cannot check, and what need not be computed for every request. */
static sl_rc skeleton_compile(void *config, sl_str identity, struct sl_state_registry *states,
                              struct sl_arena *a, struct sl_diag *d)
{
    const struct skeleton_config *c = config;
    (void)identity, (void)states, (void)a;

    if (!sl_header_is_valid(SL_STR("x-skeleton"), c->text))
        return sl_diag_fail(d, SL_E_CONFIG, "text", "must be free of control characters");
    return SL_OK;
}

static enum sl_verdict skeleton_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct skeleton_config *c = config;
    (void)state;

    sl_answer_header(x, SL_STR("x-skeleton"), c->text);
    return SL_PASS;
}

const struct sl_policy_type sl_policy_skeleton = {
    .name = "skeleton",
    .summary = "What it does, as an imperative for the reference.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE | SL_AT_ROUTE | SL_AT_CONSUMER,
    .order = SL_ORDER_TRANSFORM,
    .fields = skeleton_fields,
    .config_size = sizeof(struct skeleton_config),
    .compile = skeleton_compile,
    .on_request = skeleton_on_request,
};
