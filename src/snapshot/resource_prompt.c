/*
 * The noun of prompts.
 */
#include "ai/prompt.h"
#include "snapshot/resource_int.h"

static const struct sl_field variable_fields[] = {
    SL_FIELD_STR(struct sl_prompt_variable_config, name, .required = true, .min = "1", .max = "64",
                 .help = "As in `{{name}}`: letters, digits and underscores. One that is in the "
                         "path is taken from there, others from the query or the body.",
                 .example = "text"),
    SL_FIELD_ENUM(
        struct sl_prompt_variable_config, type, .dflt = "string", .values = sl_ai_prompt_types,
        .help = "What is accepted. A `list` is one of strings, put in with commas between "
                "them; `json` is any value, put in as compact JSON."),
    SL_FIELD_BOOL(struct sl_prompt_variable_config, optional,
                  .help = "It may be left out; then nothing stands in its place."),
    NAMED(STR, struct sl_prompt_variable_config, dflt, "default", .max = "65536",
          .help = "Stands in its place when it is left out; as a query would have it."),
    SL_FIELD_STRS(struct sl_prompt_variable_config, values, .max = "256",
                  .help = "Only these are accepted.", .example = "[short, long]"),
    SL_FIELD_INT(struct sl_prompt_variable_config, min, .min = "-9007199254740991",
                 .max = "9007199254740991",
                 .help = "The least number; the least characters of a string, items of a list."),
    SL_FIELD_INT(struct sl_prompt_variable_config, max, .min = "-9007199254740991",
                 .max = "9007199254740991",
                 .help = "The greatest number; the most characters of a string, items of a list."),
    SL_FIELD_STR(struct sl_prompt_variable_config, description, .max = "1024",
                 .help = "For callers."),
    SL_FIELD_STR(struct sl_prompt_variable_config, example, .max = "65536",
                 .help = "For callers; as a query would have it."),
    SL_FIELD_END,
};

static const char *const roles[] = {"system", "user", "assistant", NULL};

static const struct sl_field message_fields[] = {
    SL_FIELD_ENUM(struct sl_prompt_message_config, role, .dflt = "user", .values = roles,
                  .help = "Who says it."),
    SL_FIELD_STR(struct sl_prompt_message_config, content, .required = true, .min = "1",
                 .max = "262144", .help = "What; with placeholders.",
                 .example = "Translate: {{text}}"),
    SL_FIELD_END,
};

static const char *const outputs[] = {"json", "text", NULL};

static const struct sl_field output_fields[] = {
    SL_FIELD_ENUM(struct sl_prompt_output_config, as, .dflt = "json", .values = outputs,
                  .help = "An object, or the model's words as text/plain."),
    SL_FIELD_STR(struct sl_prompt_output_config, member, .dflt = "text", .min = "1", .max = "64",
                 .help = "Where the model's words stand in the object, when there is no schema."),
    SL_FIELD_NODE(
        struct sl_prompt_output_config, schema,
        .help = "JSON Schema of what the model is to answer. It is sent to the model, and "
                "an answer that does not keep to it is refused (502, `invalid_output`).",
        .example = "{type: object, properties: {mood: {type: string}}, required: [mood]}"),
    SL_FIELD_MAP(struct sl_prompt_output_config, map, .max = "64",
                 .help = "The members of the object that callers get, each by a JSON pointer into "
                         "what the model answered. Left out: they get that as it is.",
                 .example = "{sentiment: /mood}"),
    SL_FIELD_END,
};

static const struct sl_field arm_fields[] = {
    SL_FIELD_STR(struct sl_prompt_arm_config, prompt, .required = true, .min = "1", .max = "129",
                 .help = "Another prompt with the same variables: `name`, or `name@version`.",
                 .example = "sentiment@v2"),
    SL_FIELD_INT(struct sl_prompt_arm_config, percent, .required = true, .min = "0", .max = "100",
                 .help = "Its share of the calls, or of the callers."),
    SL_FIELD_END,
};

static const char *const trial_by[] = {"consumer", "call", NULL};

static const struct sl_field trial_fields[] = {
    SL_FIELD_ENUM(struct sl_prompt_trial_config, by, .dflt = "consumer", .values = trial_by,
                  .help =
                      "`consumer`: each stays with one of them (an unknown one by its address). "
                      "`call`: by chance, each time."),
    SL_FIELD_LIST(struct sl_prompt_trial_config, arms, .fields = arm_fields,
                  .item_size = sizeof(struct sl_prompt_arm_config), .max = "8",
                  .help = "The others, with their shares. What is left is its own."),
    SL_FIELD_END,
};

const struct sl_field sl_prompt_fields[] = {
    SL_FIELD_STR(struct sl_prompt_config, name, .required = true, .min = "1", .max = NAME_MAX_CHARS,
                 .help = "Unique together with `version`.", .example = "sentiment"),
    SL_FIELD_STR(struct sl_prompt_config, version, .max = "64",
                 .help = "Of several versions side by side; services name `name@version`.",
                 .example = "v2"),
    SL_FIELD_STR(struct sl_prompt_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_STR(struct sl_prompt_config, description, .max = "4096",
                 .help = "What it does, for callers."),
    SL_FIELD_STR(struct sl_prompt_config, model, .required = true, .min = "1", .max = "256",
                 .help = "A model route, one of its aliases, or `account/model`.",
                 .example = "fast"),
    SL_FIELD_STR(struct sl_prompt_config, path, .max = "1024",
                 .help = "Behind the service's `prefix`; left out: `/` and its name. Segments such "
                         "as `{language}` are variables.",
                 .example = "/translate/{language}"),
    SL_FIELD_STRS(struct sl_prompt_config, methods, .dflt = "[POST]", .max = "2",
                  .help = "`POST` (variables in a JSON body, a form or the query), `GET` (in the "
                          "query), or both."),
    SL_FIELD_STR(struct sl_prompt_config, system, .max = "262144",
                 .help = "What the model is told before everything else; with placeholders.",
                 .example = "You translate."),
    SL_FIELD_LIST(struct sl_prompt_config, messages, .fields = message_fields,
                  .item_size = sizeof(struct sl_prompt_message_config), .max = "62",
                  .help = "Examples, or a whole conversation, between `system` and `template`."),
    NAMED(STR, struct sl_prompt_config, template, "template", .max = "262144",
          .help = "The last message, of the user; with placeholders. `\\{{` stands for `{{`.",
          .example = "Translate into {{language}}: {{text}}"),
    SL_FIELD_LIST(struct sl_prompt_config, variables, .fields = variable_fields,
                  .item_size = sizeof(struct sl_prompt_variable_config), .max = "64",
                  .help = "What callers send. A plain string is short for `{name: ...}`."),
    SL_FIELD_NODE(struct sl_prompt_config, parameters,
                  .help = "A map of further members of the chat, by OpenAI's names.",
                  .example = "{temperature: 0, max_tokens: 200}"),
    SL_FIELD_OBJECT(struct sl_prompt_config, output, .fields = output_fields,
                    .help = "What callers get."),
    SL_FIELD_BOOL(struct sl_prompt_config, stream,
                  .help = "Callers may ask for server-sent events: by `Accept: text/event-stream`, "
                          "or `stream: true` beside the variables. Not with a schema."),
    SL_FIELD_OBJECT(
        struct sl_prompt_config, trial, .fields = trial_fields,
        .help = "A/B: other versions behind the same operation, each for a share. Path, methods "
                "and streams are as here. In reports each is a route of its own: "
                "`texts/sentiment#sentiment@v2`."),
    SL_FIELD_END,
};
