/*
 * The nouns of AI traffic.
 */
#include "snapshot/resource_int.h"

/* ------------------------------------------------------------------ accounts */

static const struct sl_field account_key_fields[] = {
    SL_FIELD_SECRET(struct sl_account_key_config, key, .required = true, .min = "1", .max = "8192",
                    .help = "The vendor's key; or a credential of OAuth, as JSON: see the guide of "
                            "vendors.",
                    .example = "${env:OPENAI_API_KEY}"),
    SL_FIELD_STR(struct sl_account_key_config, label, .max = "64",
                 .help = "Shown in logs; left out: its last four characters."),
    SL_FIELD_INT(struct sl_account_key_config, weight, .dflt = "1", .min = "0", .max = "1000",
                 .help = "Its share among keys of the same order."),
    SL_FIELD_INT(struct sl_account_key_config, order, .dflt = "0", .min = "0", .max = "1000",
                 .help = "Lower ones are used first."),
    SL_FIELD_TIME(struct sl_account_key_config, expires,
                  .help = "From then on it is not used any more."),
    SL_FIELD_BOOL(struct sl_account_key_config, disabled, .help = "Do not use it."),
    SL_FIELD_END,
};

static const char *const streamings[] = {"as_asked", "always", "never", NULL};
static const char *const target_streamings[] = {"account", "as_asked", "always", "never", NULL};

/* The first is the vendor's own; the others by enum sl_ai_auth. */
static const char *const auths[] = {"vendor",  "bearer",         "x-api-key",
                                    "api-key", "x-goog-api-key", NULL};

const struct sl_field sl_account_fields[] = {
    SL_FIELD_STR(struct sl_account_config, name, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS,
                 .help = "Unique, without a slash: models can be asked for as `name/model`.",
                 .example = "openai"),
    SL_FIELD_STR(struct sl_account_config, vendor, .required = true, .min = "1", .max = "64",
                 .help =
                     "A vendor that Sluice knows, or `custom-openai` or `custom-anthropic` with "
                     "a `base_url`.",
                 .example = "openai"),
    SL_FIELD_URL(struct sl_account_config, base_url, .max = "2048",
                 .help = "Instead of the vendor's own.", .example = "https://llm.internal/v1"),
    SL_FIELD_STR(struct sl_account_config, region, .max = "64",
                 .help =
                     "Of the cloud that serves the models; needed by vendors that have regions.",
                 .example = "eu-central-1"),
    SL_FIELD_MAP(struct sl_account_config, options, .max = "16",
                 .help = "What the vendor's base URL and paths leave open, such as `resource` or "
                         "`region`: see the page of vendors.",
                 .example = "{resource: contoso}"),
    SL_FIELD_MAP(struct sl_account_config, deployments, .max = "1000",
                 .help =
                     "What the vendor calls a model in this account, where that is another name: "
                     "Azure's deployments. Prices and limits are the model's.",
                 .example = "{gpt-4o: prod-gpt4o}"),
    SL_FIELD_ENUM(struct sl_account_config, auth, .dflt = "vendor", .values = auths,
                  .help = "How the key is sent, where the vendor takes it in several ways."),
    SL_FIELD_LIST(struct sl_account_config, keys, .fields = account_key_fields,
                  .item_size = sizeof(struct sl_account_key_config), .max = "64",
                  .help = "A pool of keys. A plain string is short for `{key: ...}`."),
    SL_FIELD_BOOL(struct sl_account_config, serves_unlisted,
                  .help = "Let `name/model` through for models that are not in the catalogue. Left "
                          "out: only for vendors that have no models there."),
    SL_FIELD_ENUM(struct sl_account_config, stream, .dflt = "as_asked", .values = streamings,
                  .help = "Whether the vendor is asked for a stream: when the client wants one, or "
                          "always, or never. An answer of the other form is gathered, or sent as a "
                          "stream at once when it is there."),
    SL_FIELD_SPAN(struct sl_account_config, forget_us, "forget_after", .dflt = "1h", .min = "1ms",
                  .max = "30d",
                  .help = "What was learned about the vendor (that it refuses `stream_options`) is "
                          "tried again after this time."),
    SL_FIELD_OBJECT(struct sl_account_config, tls, .fields = sl_upstream_tls_fields,
                    .help = "For an https base URL."),
    SL_FIELD_OBJECT(struct sl_account_config, pool, .fields = sl_pool_fields,
                    .help = "Connections that are kept and reused."),
    SL_FIELD_OBJECT(struct sl_account_config, breaker, .fields = sl_breaker_fields,
                    .help = "When to leave the vendor alone."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ models */

static const struct sl_field target_fields[] = {
    SL_FIELD_STR(struct sl_target_config, account, .max = NAME_MAX_CHARS,
                 .help = "Name of the account; left out: the part of `model` before the slash."),
    SL_FIELD_STR(struct sl_target_config, model, .required = true, .min = "1", .max = "256",
                 .help = "The vendor's name for the model.", .example = "openai/gpt-4o-mini"),
    SL_FIELD_INT(struct sl_target_config, weight, .dflt = "1", .min = "0", .max = "1000",
                 .help =
                     "Its share among targets of the same order; 0: only when the others fail."),
    SL_FIELD_INT(struct sl_target_config, order, .dflt = "0", .min = "0", .max = "1000",
                 .help = "Lower ones are tried first."),
    SL_FIELD_ENUM(struct sl_target_config, stream, .dflt = "account", .values = target_streamings,
                  .help = "As `stream` of accounts; `account`: what that says."),
    SL_FIELD_END,
};

static const struct sl_field input_tokens_fields[] = {
    SL_FIELD_INT(struct sl_model_tokens_config, min, .min = "0", .max = "1000000000",
                 .help = "So many or more."),
    SL_FIELD_INT(struct sl_model_tokens_config, max, .min = "1", .max = "1000000000",
                 .help = "At most so many."),
    SL_FIELD_END,
};

static const struct sl_field hours_fields[] = {
    SL_FIELD_STR(struct sl_model_hours_config, from, .dflt = "00:00", .min = "5", .max = "5",
                 .help = "They begin at this time of day.", .example = "\"08:00\""),
    SL_FIELD_STR(struct sl_model_hours_config, until, .dflt = "24:00", .min = "5", .max = "5",
                 .help = "And end at this one; before `from`: on the next day.",
                 .example = "\"18:00\""),
    SL_FIELD_STRS(struct sl_model_hours_config, days, .max = "7",
                  .help = "Days on which they begin: `sun` to `sat`. Left out: every day.",
                  .example = "[mon, tue, wed, thu, fri]"),
    SL_FIELD_STR(struct sl_model_hours_config, time_zone, .max = "64",
                 .help = "UTC, an offset such as `+02:00`, or a name such as `Europe/Berlin`."),
    SL_FIELD_END,
};

static const struct sl_field when_fields[] = {
    SL_FIELD_STRS(struct sl_model_when_config, has, .max = "16",
                  .help = "It needs all of these: `images`, `documents`, `audio` in the "
                          "conversation; `tools`; `structured_output`; `reasoning`; `stream`.",
                  .example = "[images]"),
    SL_FIELD_OBJECT(struct sl_model_when_config, input_tokens, .fields = input_tokens_fields,
                    .help = "Its prompt is about so long, by the gateway's own estimate."),
    SL_FIELD_STRS(struct sl_model_when_config, consumers, .max = "256",
                  .help = "One of these asks."),
    SL_FIELD_STRS(struct sl_model_when_config, teams, .max = "256",
                  .help = "The consumer is of one of these teams (its tag `team`)."),
    SL_FIELD_STRS(struct sl_model_when_config, plans, .max = "64",
                  .help = "The consumer's subscription to the service has one of these plans."),
    SL_FIELD_MAP(struct sl_model_when_config, tags, .max = "16",
                 .help = "The consumer has all of these tags.", .example = "{tier: gold}"),
    SL_FIELD_STRS(struct sl_model_when_config, users, .max = "256",
                  .help = "The body names one of these: `user`, of Anthropic's clients "
                          "`metadata.user_id`."),
    SL_FIELD_LIST(struct sl_model_when_config, headers, .fields = sl_condition_fields,
                  .item_size = sizeof(struct sl_condition_config), .max = "16",
                  .help = "Its headers, all of these, as in routes."),
    SL_FIELD_LIST(struct sl_model_when_config, metadata, .fields = sl_condition_fields,
                  .item_size = sizeof(struct sl_condition_config), .max = "16",
                  .help = "Members of the body's `metadata`, all of these."),
    SL_FIELD_STRS(struct sl_model_when_config, dialects, .max = "8",
                  .help = "The client speaks one of these: `openai`, `anthropic`, `responses`, "
                          "`gemini`, `cohere`, `ollama`, `completions`."),
    SL_FIELD_OBJECT(struct sl_model_when_config, hours, .fields = hours_fields,
                    .help = "It comes at this time of day."),
    SL_FIELD_END,
};

static const struct sl_field rule_fields[] = {
    SL_FIELD_STR(struct sl_model_rule_config, name, .max = "64",
                 .help = "Shown with the requests that it took. Left out: `rule 1` and so on.",
                 .example = "pictures"),
    SL_FIELD_OBJECT(struct sl_model_rule_config, when, .fields = when_fields,
                    .help = "What must hold, all of it. At least one condition."),
    SL_FIELD_LIST(struct sl_model_rule_config, targets, .required = true, .min = "1", .max = "32",
                  .fields = target_fields, .item_size = sizeof(struct sl_target_config),
                  .help = "Which models serve it then, and no others; as `targets` of the model.",
                  .example = "[gemini/gemini-2.5-flash]"),
    SL_FIELD_END,
};

static const struct sl_field model_timeouts_fields[] = {
    SL_FIELD_SPAN(struct sl_model_timeouts_config, connect_us, "connect", .dflt = "5s",
                  .min = "1ms", .max = "10m", .help = "Name, TCP and TLS together."),
    SL_FIELD_SPAN(struct sl_model_timeouts_config, first_token_us, "first_token", .dflt = "60s",
                  .min = "1ms", .max = "1h",
                  .help =
                      "From the request sent to the first content; then another target is tried."),
    SL_FIELD_SPAN(struct sl_model_timeouts_config, idle_us, "idle", .dflt = "30s", .min = "1ms",
                  .max = "1h", .help = "Between two pieces of content."),
    SL_FIELD_SPAN(struct sl_model_timeouts_config, total_us, "total", .dflt = "10m", .min = "1ms",
                  .max = "1d", .help = "All of it: every attempt and pause."),
    SL_FIELD_END,
};

const struct sl_field sl_model_fields[] = {
    SL_FIELD_STR(struct sl_model_config, name, .required = true, .min = "1", .max = "256",
                 .help = "What clients ask for. Unique, also among aliases.", .example = "fast"),
    SL_FIELD_STRS(struct sl_model_config, aliases, .max = "64", .help = "Other names for it."),
    SL_FIELD_LIST(struct sl_model_config, targets, .max = "32", .fields = target_fields,
                  .item_size = sizeof(struct sl_target_config),
                  .help = "Which models serve it, but for what a rule takes. A plain string is "
                          "short for `{model: ...}`. Needed unless there are rules; without it, "
                          "what no rule takes is refused with 400.",
                  .example = "[openai/gpt-4o-mini, anthropic/claude-haiku-4-5]"),
    SL_FIELD_LIST(struct sl_model_config, rules, .fields = rule_fields,
                  .item_size = sizeof(struct sl_model_rule_config), .max = "32",
                  .help = "Other targets for some requests: of the rules, in this order, the first "
                          "whose conditions hold takes the request."),
    SL_FIELD_STR(struct sl_model_config, context_fallback, .max = "256",
                 .help = "`account/model` with a larger context, for prompts that do not fit."),
    SL_FIELD_OBJECT(struct sl_model_config, timeouts, .fields = model_timeouts_fields,
                    .help = "When to give up."),
    SL_FIELD_INT(struct sl_model_config, attempts, .dflt = "6", .min = "1", .max = "16",
                 .help = "In all, over all targets and keys."),
    SL_FIELD_BOOL(struct sl_model_config, strict,
                  .help = "Refuse with 400 what a vendor would get without: members that it has no "
                          "word for or that are out of its range. A request's field "
                          "`x-sluice-strict` decides for itself."),
    SL_FIELD_BOOL(struct sl_model_config, no_fallback, .help = "Use the first choice only."),
    SL_FIELD_BOOL(struct sl_model_config, show_real_model,
                  .help = "Name the vendor's model in answers instead of this one."),
    SL_FIELD_BOOL(struct sl_model_config, cap_max_tokens,
                  .help = "Send the output that a budget reserved as the limit when the client "
                          "named none."),
    SL_FIELD_BOOL(struct sl_model_config, drain_on_disconnect,
                  .help =
                      "When the client leaves, read the vendor to its end for the exact usage."),
    SL_FIELD_SPAN(struct sl_model_config, drain_us, "drain_timeout", .dflt = "60s", .min = "1s",
                  .max = "1h", .help = "For at most so long."),
    SL_FIELD_SPAN(struct sl_model_config, heartbeat_us, "heartbeat", .dflt = "15s", .min = "0s",
                  .max = "1h",
                  .help = "Pause after which a silent stream gets a comment; 0s: never."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ prices */

/* MONEY has nano-dollars; prices have micro-dollars: a dollar amount with six decimals. */
#define PRICE_MAX "1000000"

static const struct sl_field price_tier_fields[] = {
    SL_FIELD_INT(struct sl_price_tier_config, above_tokens, .dflt = "0", .min = "0",
                 .max = "1000000000", .help = "Holds when the whole prompt is longer than this."),
    SL_FIELD_TIME(struct sl_price_tier_config, from, .help = "Holds from then on."),
    SL_FIELD_TIME(struct sl_price_tier_config, until, .help = "Holds until then."),
#define X(ID, name_, side, fallback, text)                                                       \
    NAMED(MONEY, struct sl_price_tier_config, rates.name_, #name_, .min = "0", .max = PRICE_MAX, \
          .unit = "per million tokens", .help = "Tokens: " text "."),
#include "ai/usage_bucket.def"
#undef X
    SL_FIELD_END,
};

const struct sl_field sl_price_fields[] = {
    SL_FIELD_STR(struct sl_price_config, vendor, .required = true, .min = "1", .max = "64",
                 .help = "The vendor, as in accounts.", .example = "openai"),
    SL_FIELD_STR(struct sl_price_config, model, .required = true, .min = "1", .max = "256",
                 .help = "The vendor's name for the model.", .example = "gpt-4o"),
#define X(ID, name_, side, fallback, text)                                                  \
    NAMED(MONEY, struct sl_price_config, rates.name_, #name_, .min = "0", .max = PRICE_MAX, \
          .unit = "per million tokens", .help = "Tokens: " text "."),
#include "ai/usage_bucket.def"
#undef X
    SL_FIELD_MONEY(struct sl_price_config, request, "request", .min = "0", .max = "1000",
                   .unit = "each", .help = "On top, for each request."),
    SL_FIELD_MONEY(struct sl_price_config, search, "search", .min = "0", .max = "1000",
                   .unit = "each", .help = "On top, for each web search."),
    SL_FIELD_MONEY(struct sl_price_config, image, "image", .min = "0", .max = "1000",
                   .unit = "each", .help = "For each generated image, when tokens have no price."),
    SL_FIELD_MONEY(struct sl_price_config, page, "page", .min = "0", .max = "1000", .unit = "each",
                   .help = "For each page read, when tokens have no price."),
    SL_FIELD_INT(struct sl_price_config, flex_percent, .min = "1", .max = "1000",
                 .help = "The flex tier's price, in percent of the standard one."),
    SL_FIELD_INT(struct sl_price_config, batch_percent, .min = "1", .max = "1000",
                 .help = "The batch tier's price, in percent of the standard one."),
    SL_FIELD_INT(struct sl_price_config, priority_percent, .min = "1", .max = "1000",
                 .help = "The priority tier's price, in percent of the standard one."),
    SL_FIELD_LIST(struct sl_price_config, tiers, .fields = price_tier_fields,
                  .item_size = sizeof(struct sl_price_tier_config), .max = "16",
                  .help = "Prices that replace those above under a condition; the last one that "
                          "holds counts."),
    SL_FIELD_END,
};
