/*
 * The list of nouns and the reference that is printed from it.
 */
#include "snapshot/resource.h"

static const char *const endpoint_short[][2] = {{"endpoints", "url"}, {NULL, NULL}};
static const char *const key_short[][2] = {{"keys", "key"}, {NULL, NULL}};
static const char *const target_short[][2] = {
    {"targets", "model"}, {"rules[].targets", "model"}, {NULL, NULL}};
static const char *const variable_short[][2] = {{"variables", "name"}, {NULL, NULL}};
static const char *const listener_short[][2] = {{"listeners", "address"}, {NULL, NULL}};

const struct sl_noun sl_nouns[SL_NOUN_COUNT] = {
    [SL_NOUN_GATEWAY] =
        {"gateway",
         "The program itself: where it listens, what clients may take. Only one "
         "document may have it. `admin`, `workers`, `data_dir`, `limits`, `ledger`, `log` and "
         "`access_log` are read at the start only: a reload that changes them says "
         "so in the log. The rest holds from a reload on, also `listeners` and what "
         "is in the files of certificates.",
         sl_gateway_fields, sizeof(struct sl_gateway_config), false, listener_short,
         "gateway:\n  listeners: [\":8080\"]\n  trusted_proxies: [10.0.0.0/8]\n"},
    [SL_NOUN_SERVICES] =
        {"services",
         "What is published: a REST service with its routes, the AI endpoints, or prompts.",
         sl_service_fields, sizeof(struct sl_service_config), true, NULL,
         "services:\n  - name: orders\n    upstream: orders-pool\n    prefix: /shop\n"
         "    strip_prefix: true\n    routes:\n      - path: /orders/{id}\n"
         "        methods: [GET]\n      - path: /orders/*\n"
         "  - name: ai\n    kind: ai\n    policies: [{type: key_auth}]\n"
         "  - {name: texts, kind: prompt, prefix: /texts, prompts: [sentiment]}\n"},
    [SL_NOUN_UPSTREAMS] = {"upstreams", "Where services run: endpoints that share the load.",
                           sl_upstream_fields, sizeof(struct sl_upstream_config), true,
                           endpoint_short,
                           "upstreams:\n  - name: orders-pool\n    balancer: least_request\n"
                           "    endpoints:\n      - http://10.0.0.1:8080\n"
                           "      - {url: \"http://10.0.0.2:8080\", weight: 2}\n"
                           "    health_check: {path: /healthz}\n"},
    [SL_NOUN_CONSUMERS] = {"consumers", "Who calls: applications with their keys.",
                           sl_consumer_fields, sizeof(struct sl_consumer_config), true, key_short,
                           "consumers:\n  - name: alice\n    keys:\n"
                           "      - {name: laptop, key: \"${env:ALICE_KEY}\"}\n"},
    [SL_NOUN_VENDORS] =
        {"vendors",
         "AI vendors that Sluice does not know: where they are, which dialects they "
         "speak and how they differ from them. The [page of vendors](vendors.md) has "
         "those that it knows.",
         sl_vendor_fields, sizeof(struct sl_vendor_config), true, NULL,
         "vendors:\n  - name: acme\n    base_url: https://llm.acme.example/v1\n"
         "    dialect: openai\n    auth_header: \"X-Acme-Key: {key}\"\n"
         "    drops: [logit_bias]\n    renames: {seed: random_seed}\n"
         "    reasoning: enable_thinking\n"
         "    surfaces: [{dialect: anthropic, root: /anthropic/v1}]\n"},
    [SL_NOUN_PLANS] = {"plans", "What subscribers may use: limits, quotas, budgets, models.",
                       sl_plan_fields, sizeof(struct sl_plan_config), true, NULL,
                       "plans:\n  - name: gold\n    policies:\n"
                       "      - {type: rate_limit, limit: 10, window: 1s}\n"
                       "      - {type: budget, amount: 5, period: month}\n"},
    [SL_NOUN_SUBSCRIPTIONS] =
        {"subscriptions",
         "Which consumer may use which service under which plan. A service with `subscribers_only` "
         "refuses others; where it is not, a subscription's plan counts all the same.",
         sl_subscription_fields, sizeof(struct sl_subscription_config), true, NULL,
         "subscriptions:\n  - {consumer: alice, service: orders, plan: gold}\n"},
    [SL_NOUN_ACCOUNTS] = {"accounts",
                          "Credentials with AI vendors. Every model of an account can be asked for "
                          "as `account/model`.",
                          sl_account_fields, sizeof(struct sl_account_config), true, key_short,
                          "accounts:\n  - name: openai\n    vendor: openai\n"
                          "    keys: [\"${env:OPENAI_API_KEY}\"]\n"},
    [SL_NOUN_MODELS] = {"models",
                        "Model routes: public names of models, with the targets that serve them.",
                        sl_model_fields, sizeof(struct sl_model_config), true, target_short,
                        "models:\n  - name: fast\n    aliases: [gpt-4o-mini]\n    targets:\n"
                        "      - openai/gpt-4o-mini\n"
                        "      - {model: anthropic/claude-haiku-4-5, order: 1}\n"},
    [SL_NOUN_PRICES] =
        {"prices",
         "Your own prices, instead of the catalogue's. A row replaces the whole "
         "price of a model; what it leaves out is not known.",
         sl_price_fields, sizeof(struct sl_price_config), true, NULL,
         "prices:\n  - {vendor: openai, model: gpt-4o, input: 2.5, cache_read: 1.25, "
         "output: 10}\n"},
    [SL_NOUN_PROMPTS] =
        {"prompts",
         "Prompts that are called like any REST operation: variables come in, a chat goes to the "
         "model, a small answer comes back. A service of kind `prompt` publishes them; see the "
         "[guide](../guide/prompts.md).",
         sl_prompt_fields, sizeof(struct sl_prompt_config), true, variable_short,
         "prompts:\n  - name: sentiment\n    model: fast\n"
         "    system: Say what mood a text has.\n"
         "    template: \"Text: {{text}}\"\n"
         "    variables: [{name: text, max: 4000}]\n    parameters: {temperature: 0}\n"
         "    output:\n      schema:\n        type: object\n"
         "        properties: {mood: {enum: [positive, neutral, negative]}}\n"
         "        required: [mood]\n        additionalProperties: false\n"
         "      map: {sentiment: /mood}\n"},
    [SL_NOUN_BUDGETS] =
        {"budgets",
         "What may be spent on models per period: money, tokens, or both, by whoever it is for, "
         "whichever service they use. Each gateway counts for itself; see the "
         "[guide](../guide/budgets.md).",
         sl_budget_fields, sizeof(struct sl_budget_config), true, NULL,
         "budgets:\n  - {name: search, per: team, subject: search, amount: 500, period: month}\n"
         "  - {name: daily-tokens, per: consumer, tokens: 2000000, period: day}\n"},
    [SL_NOUN_KEY_SETS] =
        {"key-sets",
         "Keys of somebody who signs tokens, fetched from a URL (JWKS) and kept: credentials of "
         "type `jwt` name the set with `key_set`. When it cannot be fetched, the keys that were "
         "found last stay in use, also over a restart; see the [guide](../guide/callers.md).",
         sl_key_set_fields, sizeof(struct sl_key_set_config), true, NULL,
         "key-sets:\n  - name: corp\n    url: https://login.example.com/.well-known/jwks.json\n"
         "    refresh: 1h\n"},
    [SL_NOUN_CERTIFICATES] =
        {"certificates",
         "Certificates that listeners with TLS present, chosen by the name that a client asks for "
         "(SNI): an exact name before a wildcard, these before those of `gateway.listeners`. "
         "New handshakes present what was published last, connections go on; see the "
         "[guide](../guide/certificates.md).",
         sl_certificate_fields, sizeof(struct sl_certificate_config), true, NULL,
         "certificates:\n  - name: shop\n    certificate: \"${file:/etc/sluice/shop.pem}\"\n"
         "    private_key: \"${file:/etc/sluice/shop.key}\"\n"},
};

static void add_example(struct sl_strbuf *out, const char *yaml)
{
    sl_strbuf_addf(out, "\n```yaml\n%s```\n", yaml);
}

static void add_noun(struct sl_strbuf *out, const struct sl_noun *noun)
{
    sl_strbuf_addf(out, "\n## %s\n\n%s\n", noun->name, noun->summary);
    add_example(out, noun->example);
    sl_strbuf_add(out, SL_STR("\n"));
    sl_field_reference(noun->fields, out);
}

static void add_levels(struct sl_strbuf *out, uint32_t levels)
{
    static const char *const names[] = {"globally", "to services", "to routes", "to consumers"};
    const char *before = "Can be attached ";
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if ((levels & 1u << i) == 0)
            continue;
        sl_strbuf_addf(out, "%s%s", before, names[i]);
        before = ", ";
    }
    sl_strbuf_add(out, SL_STR(".\n"));
}

static void add_policy(struct sl_strbuf *out, const struct sl_policy_type *type)
{
    sl_strbuf_addf(out, "\n### %s\n\n%s ", type->name, type->summary);
    add_levels(out, type->levels);
    if (type->is_ai_only)
        sl_strbuf_add(out, SL_STR("For AI services only.\n"));
    sl_strbuf_add(out,
                  type->narrowest_wins
                      ? SL_STR("Attached at several levels, only the narrowest one counts.\n\n")
                      : SL_STR("Attached at several levels, all of them run.\n\n"));
    sl_field_reference(type->fields, out);
}

void sl_resource_reference(struct sl_strbuf *out, const struct sl_policy_type *const *types)
{
    sl_strbuf_add(
        out,
        SL_STR(
            "# Configuration reference\n\n"
            "Generated from the program's own tables; do not edit.\n\n"
            "A configuration is one file or a folder of files, in YAML or JSON. Each document is "
            "a map of the lists below. In any value, `${env:NAME}` is replaced by an environment "
            "variable, `${env:NAME:-text}` by it or the text, and `${file:PATH}` by the content "
            "of a file without its last line end.\n"));
    for (size_t i = 0; i < SL_NOUN_COUNT; i++)
        add_noun(out, &sl_nouns[i]);
    sl_strbuf_add(out,
                  SL_STR("\n## policies\n\n"
                         "A list of `{type: ..., ...}`, in a document itself (global), in a "
                         "service, a route or a consumer. They run in a fixed order by type, "
                         "whatever their order here. Besides the members of its type, a policy "
                         "may have a `name`, needed when a place has two of one type, and "
                         "`enabled: false`. A plain string is short for `{type: ...}`.\n"));
    for (size_t i = 0; types[i] != NULL; i++) {
        if (!types[i]->is_internal)
            add_policy(out, types[i]);
    }
}
