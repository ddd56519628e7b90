/*
 * The noun of budgets; the policy `budget` has the same members, two of them by other names: `key` and
 * `status` of a resource are something else.
 */
#include "snapshot/resource_int.h"

const char *const sl_budget_periods[] = {"day", "week", "month", "total", NULL};
const char *const sl_budget_keys[] = {"consumer",  "credential", "global", "team",
                                      "workspace", "service",    "model",  NULL};
static const char *const statuses[] = {"429", "402", NULL};

#define MONEY_ROW                                                                     \
    SL_FIELD_MONEY(struct sl_budget_config, amount_nusd, "amount", .min = "0.000001", \
                   .example = "25", .unit = "USD",                                    \
                   .help = "What may be spent per `period`. This, "                   \
                           "`tokens`, or both.")
#define TOKENS_ROW                                                                       \
    SL_FIELD_INT(struct sl_budget_config, tokens, .min = "1", .max = "1000000000000000", \
                 .example = "1000000", .unit = "tokens",                                 \
                 .help = "Tokens, of prompts and answers, that may be used.")
#define PERIOD_ROW                                                                               \
    SL_FIELD_ENUM(struct sl_budget_config, period, .dflt = "month", .values = sl_budget_periods, \
                  .help = "When it begins anew: every day, Monday or first of a month at "       \
                          "00:00 by the clocks of `time_zone`, or never.")
#define ZONE_ROW                                                                 \
    SL_FIELD_STR(struct sl_budget_config, time_zone, .dflt = "UTC", .max = "64", \
                 .example = "Europe/Berlin",                                     \
                 .help = "UTC, an offset such as +02:00, or a name of the time zone database.")
#define KEY_ROW(name_)                                                                             \
    NAMED(ENUM, struct sl_budget_config, key, name_, .dflt = "consumer", .values = sl_budget_keys, \
          .help = "Whose budget it is: each one's own (callers or requests that "                  \
                  "have none share one), or one for all (`global`). Team and "                     \
                  "workspace are the consumer's, from its tags of these names; "                   \
                  "the store sets the tag `workspace`.")
#define STATUS_ROW(name_)                                                                  \
    NAMED(ENUM, struct sl_budget_config, status, name_, .dflt = "429", .values = statuses, \
          .help = "HTTP status of the refusal: 429, which clients know how to "            \
                  "wait for, or 402 Payment Required, which none repeats.")
#define CAP_ROW                                                                          \
    SL_FIELD_BOOL(struct sl_budget_config, cap_output, .dflt = "true",                   \
                  .help = "Send the output that was reckoned with as the limit of "      \
                          "output tokens when the caller named none, so that no answer " \
                          "costs more than was held.")
#define CEILING_ROW                                                                    \
    SL_FIELD_MONEY(struct sl_budget_config, ceiling_nusd, "ceiling", .dflt = "1",      \
                   .min = "0.000001", .unit = "USD",                                   \
                   .help = "What a request to a model without a known price is taken " \
                           "to cost, where the gateway's `unknown_price` is `ceiling`.")

const struct sl_field sl_budget_policy_fields[] = {
    MONEY_ROW, TOKENS_ROW,  PERIOD_ROW,   ZONE_ROW, KEY_ROW("key"), STATUS_ROW("status"),
    CAP_ROW,   CEILING_ROW, SL_FIELD_END,
};

const struct sl_field sl_budget_fields[] = {
    SL_FIELD_STR(struct sl_budget_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "search-monthly"),
    SL_FIELD_STR(struct sl_budget_config, description, .max = "2048", .help = "What it is for."),
    KEY_ROW("per"),
    SL_FIELD_STR(struct sl_budget_config, subject, .max = "256",
                 .help = "Whose: the name of a consumer, team, workspace, service or model, or "
                         "`consumer/key` for a credential. Left out: each of them has a budget of "
                         "its own.",
                 .example = "search"),
    MONEY_ROW,
    TOKENS_ROW,
    PERIOD_ROW,
    ZONE_ROW,
    STATUS_ROW("refuse_with"),
    CAP_ROW,
    CEILING_ROW,
    SL_FIELD_BOOL(struct sl_budget_config, disabled, .help = "Let it limit nothing."),
    SL_FIELD_END,
};
