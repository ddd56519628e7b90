#include "base/map.h"
#include "base/str.h"
#include "snapshot/build.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

#include <stdio.h>

static const char yaml[] =
    "accounts:\n"
    "  - name: main\n"
    "    vendor: openai\n"
    "    keys: [sk-0123456789-a1b2, {key: sk-0123456789-c3d4, order: 1, weight: 3, label: spare},\n"
    "           {key: short}]\n"
    "  - {name: local, vendor: ollama, base_url: \"http://10.0.0.9:11434/v1/\"}\n"
    "  - {name: claude, vendor: anthropic, keys: [sk-ant-0123456789]}\n"
    "models:\n"
    "  - name: fast\n"
    "    aliases: [gpt-4o-mini, quick]\n"
    "    targets:\n"
    "      - {account: local, model: \"llama3:8b\", order: 2}\n"
    "      - main/gpt-4o-mini\n"
    "      - {model: claude/claude-x, order: 1, weight: 5}\n"
    "    context_fallback: main/gpt-4.1\n"
    "    timeouts: {first_token: 3s}\n"
    "    attempts: 2\n"
    "    show_real_model: true\n"
    "    heartbeat: 0s\n"
    "prices:\n"
    "  - {vendor: ollama, model: \"llama3:8b\", input: 0.1, output: 0, cache_read: 0.025,\n"
    "     request: 0.001, flex_percent: 50, tiers: [{above_tokens: 1000, input: 0.2}]}\n"
    "  - {vendor: openai, model: gpt-4o, input: 1, output: 2}\n";

static struct built build_good(const char *text)
{
    struct built t = build_text(text);
    if (t.rc != SL_OK)
        (void)has_problem(&t, 0, 0, "", ""); /* prints them */
    EXPECT_EQ(SL_OK, t.rc);
    return t;
}

static const struct sl_model_route *model(const struct built *t, const char *name)
{
    return sl_map_get(t->s->models, sl_cstr(name));
}

TEST(build_ai, an_account_has_its_vendor_endpoint_and_keys_by_order)
{
    struct built t = build_good(yaml);
    const struct sl_account *a = t.s->accounts[0];
    EXPECT_EQ(3, t.s->account_count);
    EXPECT_STR("openai", a->vendor->id);
    EXPECT_STR("/v1", a->endpoint.base_path);
    EXPECT_STR("api.openai.com", a->endpoint.authority);
    EXPECT(a->endpoint.origin.tls != NULL);
    EXPECT_EQ(3, a->key_count);
    EXPECT_STR("\xe2\x80\xa6"
               "a1b2",
               a->keys[0].label);
    EXPECT_STR("key 3", a->keys[1].label); /* too short to show a part of */
    EXPECT_STR("spare", a->keys[2].label);
    EXPECT_EQ(3, a->keys[2].weight);
    EXPECT(a->keys[0].state != a->keys[1].state);
    EXPECT_STR("/v1", t.s->accounts[1]->endpoint.base_path);
    EXPECT_EQ(0, t.s->accounts[1]->key_count);
    built_free(&t);
}

TEST(build_ai, e8_a_vendor_that_is_well_again_is_used_within_half_a_minute)
{
    struct built t = build_good(yaml);
    EXPECT_EQ(SL_SECONDS(10), t.s->accounts[0]->breaker.eject_us);
    EXPECT_EQ(SL_SECONDS(30), t.s->accounts[0]->breaker.eject_max_us);
    built_free(&t);
}

TEST(build_ai, only_vendors_without_a_catalogue_serve_unlisted_models_unless_told)
{
    struct built t = build_good("accounts:\n"
                                "  - {name: a, vendor: openai, keys: [k]}\n"
                                "  - {name: b, vendor: openai, keys: [k], serves_unlisted: true}\n"
                                "  - {name: c, vendor: custom-openai, base_url: \"http://a\"}\n"
                                "  - {name: d, vendor: vllm, serves_unlisted: false}\n");
    static const bool wanted[] = {false, true, true, false};
    for (size_t i = 0; i < SL_LEN(wanted); i++)
        EXPECT_EQ(wanted[i], t.s->accounts[i]->serves_unlisted);
    built_free(&t);
}

TEST(build_ai, a_model_is_found_by_its_name_and_aliases)
{
    struct built t = build_good(yaml);
    const struct sl_model_route *r = model(&t, "fast");
    EXPECT(r != NULL && model(&t, "quick") == r && model(&t, "gpt-4o-mini") == r);
    EXPECT(model(&t, "slow") == NULL);
    EXPECT_EQ(SL_SECONDS(3), r->timeouts.first_token_us);
    EXPECT_EQ(SL_SECONDS(600), r->timeouts.total_us);
    EXPECT_EQ(2, r->attempts_max);
    EXPECT(r->shows_real_model && r->heartbeat_us == 0);
    built_free(&t);
}

TEST(build_ai, targets_are_sorted_by_order_with_what_the_catalogue_knows)
{
    struct built t = build_good(yaml);
    const struct sl_model_route *r = model(&t, "fast");
    EXPECT_EQ(3, r->target_count);
    EXPECT_STR("gpt-4o-mini", r->targets[0].model);
    EXPECT(r->targets[0].info != NULL && r->targets[0].price != NULL);
    EXPECT_EQ(128000, r->targets[0].context_tokens);
    EXPECT_STR("claude-x", r->targets[1].model);
    EXPECT_STR("claude", r->targets[1].account->name);
    EXPECT(r->targets[1].info == NULL && r->targets[1].price == NULL);
    EXPECT_EQ(5, r->targets[1].weight);
    EXPECT_STR("llama3:8b", r->targets[2].model);
    EXPECT_STR("gpt-4.1", r->context_fallback->model);
    built_free(&t);
}

TEST(build_ai, own_prices_replace_the_catalogues_as_a_whole)
{
    struct built t = build_good(yaml);
    const struct sl_ai_price *p = model(&t, "fast")->targets[2].price;
    EXPECT_EQ(100000, p->base.input);
    EXPECT_EQ(0, p->base.output);
    EXPECT_EQ(25000, p->base.cache_read);
    EXPECT_EQ(SL_AI_PRICE_UNKNOWN, p->base.reasoning);
    EXPECT_EQ(1000000, p->request_nusd);
    EXPECT_EQ(SL_AI_PRICE_UNKNOWN, p->search_nusd);
    EXPECT_EQ(500, p->tier_permille[SL_AI_TIER_FLEX]);
    EXPECT_EQ(0, p->tier_permille[SL_AI_TIER_BATCH]);
    EXPECT_EQ(1, p->rules_n);
    EXPECT_EQ(1000, p->rules[0].above_tokens);
    EXPECT_EQ(200000, p->rules[0].rates.input);
    EXPECT_EQ(SL_AI_PRICE_UNKNOWN, p->rules[0].rates.output);
    const struct sl_ai_vendor *openai = sl_ai_vendor_find(SL_STR("openai"));
    EXPECT_EQ(1000000, sl_snapshot_price(t.s, openai, SL_STR("gpt-4o"))->base.input);
    EXPECT(sl_snapshot_price(t.s, openai, SL_STR("gpt-4o-mini"))->base.input > 0);
    EXPECT(sl_snapshot_price(t.s, openai, SL_STR("no-such-model")) == NULL);
    EXPECT(sl_snapshot_price(t.s, openai, (sl_str){NULL, 0}) == NULL);
    built_free(&t);
}

TEST(build_ai, a_region_is_part_of_the_vendors_address)
{
    struct built t = build_good(
        "accounts:\n"
        "  - {name: a, vendor: aws-bedrock, region: eu-central-1, keys: [\"AKIA1:secret\"]}\n"
        "  - {name: b, vendor: aws-bedrock, region: eu-central-1, base_url: \"http://a/p\", keys: "
        "[k]}\n");
    EXPECT_STR("bedrock-runtime.eu-central-1.amazonaws.com", t.s->accounts[0]->endpoint.authority);
    EXPECT_STR("eu-central-1", t.s->accounts[0]->region);
    EXPECT_STR("a", t.s->accounts[1]->endpoint.authority);
    built_free(&t);
}

TEST(build_ai, the_region_global_of_vertex_is_no_part_of_the_host)
{
    struct built t =
        build_good("accounts:\n"
                   "  - {name: a, vendor: vertex-ai, region: global, keys: [k],\n"
                   "     options: {project: acme}}\n"
                   "  - {name: b, vendor: vertex-ai, region: europe-west1, keys: [k],\n"
                   "     options: {project: acme}}\n");
    EXPECT_STR("aiplatform.googleapis.com", t.s->accounts[0]->endpoint.authority);
    EXPECT_STR("/v1/projects/acme/locations/global", t.s->accounts[0]->endpoint.base_path);
    EXPECT_STR("europe-west1-aiplatform.googleapis.com", t.s->accounts[1]->endpoint.authority);
    EXPECT_STR("/v1/projects/acme/locations/europe-west1",
               t.s->accounts[1]->surfaces.v[1].base_path);
    built_free(&t);
}

/* 39 */
TEST(build_ai, claude_costs_a_tenth_more_in_a_region_of_vertex)
{
    static const struct {
        const char *model;
        int64_t global_input, input;
    } models[] = {
        {"claude-sonnet-4-5@20250929", 3000000, 3300000},
        {"claude-opus-4-6@default", 5000000, 5500000},
        {"claude-opus-4-1@20250805", 15000000, 15000000},
        {"claude-sonnet-4@20250514", 3000000, 3000000},
    };
    struct built t =
        build_good("accounts:\n"
                   "  - {name: a, vendor: vertex-ai, region: global, keys: [k],\n"
                   "     options: {project: acme}}\n"
                   "  - {name: b, vendor: vertex-ai, region: europe-west1, keys: [k],\n"
                   "     options: {project: acme}}\n"
                   "models:\n"
                   "  - {name: m, targets: [{account: b, model: \"claude-haiku-4-5@20251001\"}]}\n"
                   "prices:\n"
                   "  - {vendor: vertex-ai, model: \"claude-opus-4-7@default\", input: 1}\n");
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    for (size_t i = 0; i < SL_LEN(models); i++) {
        sl_str name = sl_cstr(models[i].model);
        EXPECT_EQ(models[i].global_input,
                  sl_account_price(t.s, t.s->accounts[0], name, a)->base.input);
        EXPECT_EQ(models[i].input, sl_account_price(t.s, t.s->accounts[1], name, a)->base.input);
    }
    EXPECT_EQ(1100000, model(&t, "m")->targets[0].price->base.input);
    EXPECT_EQ(5500000, model(&t, "m")->targets[0].price->base.output);
    sl_str own = SL_STR("claude-opus-4-7@default");
    EXPECT_EQ(1000000, sl_account_price(t.s, t.s->accounts[1], own, a)->base.input);
    EXPECT(sl_account_price(t.s, t.s->accounts[1], SL_STR("claude-none"), a) == NULL);
    sl_arena_free(a);
    built_free(&t);
}

TEST(build_ai, accounts_are_meant_by_name_before_vendor)
{
    struct built t = build_good("accounts:\n"
                                "  - {name: first, vendor: ollama}\n"
                                "  - {name: second, vendor: ollama}\n"
                                "  - {name: ollama, vendor: vllm}\n"
                                "  - {name: x, vendor: vllm}\n");
    static const struct {
        const char *name, *account, *rest;
    } cases[] = {{"first/m", "first", "m"},
                 {"second/a/b", "second", "a/b"},
                 {"ollama/m", "ollama", "m"},
                 {"vllm/m", "ollama", "m"}};
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        sl_str rest;
        const struct sl_account *a = sl_snapshot_account(t.s, sl_cstr(cases[i].name), &rest);
        EXPECT_STR(cases[i].account, a->name);
        EXPECT_STR(cases[i].rest, rest);
    }
    static const char *const none[] = {"m", "other/m", "first/", "/m", ""};
    for (size_t i = 0; i < SL_LEN(none); i++) {
        sl_str rest;
        EXPECT(sl_snapshot_account(t.s, sl_cstr(none[i]), &rest) == NULL);
    }
    built_free(&t);
}

TEST(build_ai, a_keys_state_follows_the_key_not_its_place)
{
    struct built t = build_good("accounts: [{name: a, vendor: openai, keys: [one, two]}]");
    struct built next =
        build_text_again(&t, "accounts: [{name: a, vendor: openai, keys: [two, three]}]");
    const struct sl_account *a = t.s->accounts[0], *b = next.s->accounts[0];
    EXPECT(b->keys[0].state == a->keys[1].state);
    EXPECT(b->keys[1].state != a->keys[0].state);
    sl_snapshot_unref(next.s);
    sl_arena_free(next.a);
    built_free(&t);
}

/* ------------------------------------------------------------------ what an account adds to its vendor */

TEST(build_ai, options_complete_the_vendors_row)
{
    struct built t = build_good(
        "accounts:\n"
        "  - {name: a, vendor: azure-openai, keys: [k], options: {resource: contoso},\n"
        "     deployments: {gpt-4o: prod}}\n"
        "  - {name: b, vendor: azure-openai, keys: [k], auth: bearer,\n"
        "     base_url: \"http://127.0.0.1:1/openai\", options: {api_version: preview}}\n");
    const struct sl_account *a = t.s->accounts[0], *b = t.s->accounts[1];
    EXPECT_STR("contoso.openai.azure.com", a->endpoint.authority);
    EXPECT_STR("/openai", a->surfaces.v[0].base_path);
    EXPECT_STR("/openai/v1", a->surfaces.v[1].base_path);
    EXPECT_STR("/deployments/{model}/chat/completions?api-version=2024-10-21",
               sl_ai_vendor_path(a->surfaces.v[0].row, SL_AI_PATH_CHAT));
    EXPECT_EQ(SL_AI_AUTH_API_KEY, a->vendor->auth);
    EXPECT_STR("prod", sl_account_model_name(a, SL_STR("gpt-4o")));
    EXPECT_STR("gpt-4", sl_account_model_name(a, SL_STR("gpt-4")));
    EXPECT_STR("/deployments/{model}/chat/completions?api-version=preview",
               sl_ai_vendor_path(b->surfaces.v[0].row, SL_AI_PATH_CHAT));
    EXPECT_EQ(SL_AI_AUTH_BEARER, b->surfaces.v[0].row->auth);
    EXPECT_EQ(SL_AI_AUTH_BEARER, b->surfaces.v[1].row->auth);
    EXPECT_STR("gpt-4o", sl_account_model_name(b, SL_STR("gpt-4o")));
    built_free(&t);
}

TEST(build_ai, an_option_that_is_missing_unknown_or_malformed_is_named)
{
    struct built t =
        build_text("accounts:\n"
                   "  - {name: a, vendor: azure-openai, keys: [k]}\n"
                   "  - {name: b, vendor: azure-openai, keys: [k],\n"
                   "     options: {resource: \"evil.com/\", region: x}}\n"
                   "  - {name: c, vendor: openai, keys: [k], options: {resource: x}}\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem(&t, 2, 5, "accounts[0].options.resource", "is missing"));
    EXPECT(has_problem(&t, 4, 26, "accounts[1].options.resource", "may have letters"));
    EXPECT(has_problem(&t, 4, 47, "accounts[1].options.region", "is no option of 'azure-openai'"));
    EXPECT(has_problem(&t, 5, 62, "accounts[2].options.resource", "is no option of 'openai'"));
    built_free(&t);
}

/* ------------------------------------------------------------------ vendors of the configuration */

static const char custom_yaml[] = "vendors:\n"
                                  "  - name: acme\n"
                                  "    title: ACME\n"
                                  "    base_url: https://llm.{region}.acme.example/v1\n"
                                  "    catalog: openai\n"
                                  "    auth_header: \"X-Acme: Key {key}\"\n"
                                  "    headers: {x-tenant: blue, x-b: c}\n"
                                  "    paths: {chat: /generate, embeddings: \"\"}\n"
                                  "    max_tokens_field: max_completion_tokens\n"
                                  "    drops: [logit_bias, n]\n"
                                  "    renames: {seed: random_seed}\n"
                                  "    quirks: [strict_tools, stream_usage]\n"
                                  "    temperature_max: \"1.5\"\n"
                                  "    reasoning: enable_thinking\n"
                                  "    usage: deepseek\n"
                                  "    codes: zhipu\n"
                                  "    surfaces: [{dialect: anthropic, root: /anthropic/v1}]\n"
                                  "accounts:\n"
                                  "  - {name: a, vendor: acme, keys: [k], options: {region: eu}}\n"
                                  "prices: [{vendor: acme, model: m, input: 1, output: 1}]\n";

TEST(build_ai, a_vendor_is_made_in_configuration_alone)
{
    struct built t = build_good(custom_yaml);
    const struct sl_account *a = t.s->accounts[0];
    const struct sl_ai_vendor *v = a->vendor;
    EXPECT_STR("acme", v->id);
    EXPECT_STR("ACME", v->name);
    EXPECT_STR("openai", v->catalog);
    EXPECT_STR("llm.eu.acme.example", a->endpoint.authority);
    EXPECT_STR("X-Acme: Key {key}", v->auth_header);
    EXPECT_STR("x-tenant: blue\nx-b: c", v->headers);
    EXPECT_STR("/generate", sl_ai_vendor_path(v, SL_AI_PATH_CHAT));
    EXPECT_STR("", sl_ai_vendor_path(v, SL_AI_PATH_EMBEDDINGS));
    EXPECT_EQ(SL_AI_MAX_COMPLETION_TOKENS, v->max_tokens_field);
    EXPECT(sl_ai_vendor_drops(v, SL_STR("n")) && sl_ai_vendor_drops(v, SL_STR("logit_bias")));
    EXPECT_STR("random_seed", sl_ai_vendor_name_of(v, SL_STR("seed")));
    EXPECT_EQ(SL_AI_QUIRK_STRICT_TOOLS | SL_AI_QUIRK_STREAM_USAGE, v->quirks);
    EXPECT_EQ(1500, v->temperature_max_milli);
    EXPECT_EQ(SL_AI_REASONING_ENABLE_THINKING, v->reasoning);
    EXPECT_EQ(SL_AI_USAGE_DEEPSEEK, v->usage);
    EXPECT_EQ(SL_AI_CODES_ZHIPU, v->codes);
    built_free(&t);
}

TEST(build_ai, a_surface_of_it_has_its_dialects_customs)
{
    struct built t = build_good(custom_yaml);
    const struct sl_ai_surfaces *s = &t.s->accounts[0]->surfaces;
    EXPECT_EQ(2, s->n);
    EXPECT_STR("/v1", s->v[0].base_path);
    EXPECT_STR("/anthropic/v1", s->v[1].base_path);
    EXPECT_EQ(SL_AI_ANTHROPIC, s->v[1].row->dialect);
    EXPECT_EQ(SL_AI_AUTH_X_API_KEY, s->v[1].row->auth);
    EXPECT_EQ(SL_AI_USAGE_ANTHROPIC, s->v[1].row->usage);
    EXPECT_EQ(SL_AI_REASONING_ANTHROPIC, s->v[1].row->reasoning);
    EXPECT_STR("anthropic-version: 2023-06-01", s->v[1].row->headers);
    built_free(&t);
}

TEST(build_ai, mistakes_in_a_vendor_are_named)
{
    static const struct {
        const char *member, *path, *part;
    } rows[] = {
        {"drops: [\"a b\"]", "vendors[0].drops", "must be names"},
        {"renames: {seed: \"\"}", "vendors[0].renames.seed", "must be a name"},
        {"headers: {\"a b\": c}", "vendors[0].headers.a b", "is no valid field"},
        {"paths: {char: /x}", "vendors[0].paths.char", "is not known"},
        {"paths: {chat: x}", "vendors[0].paths.chat", "must begin with '/'"},
        {"quirks: [strict_tool]", "vendors[0].quirks[0]", "did you mean strict_tools"},
        {"temperature_max: hot", "vendors[0].temperature_max", "must be a number"},
        {"auth_header: \"X-Key\"", "vendors[0].auth_header", "must be as in"},
        {"auth_header: \"{key}: x\"", "vendors[0].auth_header", "must be as in"},
        {"catalog: nobody", "vendors[0].catalog", "has no models"},
        {"surfaces: [{dialect: openai}]", "vendors[0].surfaces[0].dialect", "has a surface"},
        {"surfaces: [{dialect: anthropic, root: x/}]", "vendors[0].surfaces[0].root", "must begin"},
        {"paths: {chat: \"/{a}{b}{c}{d}{e}{f}{g}{h}{i}\"}", "vendors[0].paths", "too many options"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), "vendors:\n  - name: x\n    %s\n", rows[i].member);
        struct built t = build_text(text);
        EXPECT_EQ(SL_E_CONFIG, t.rc);
        EXPECT(has_problem_at(&t, rows[i].path, rows[i].part));
        built_free(&t);
    }
}

TEST(build_ai, a_known_vendor_cannot_be_made_again)
{
    struct built t = build_text("vendors: [{name: openai, base_url: \"https://a\"}]\n");
    EXPECT(has_problem_at(&t, "vendors[0].name", "is a vendor that Sluice has already"));
    built_free(&t);
}
