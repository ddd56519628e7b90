#include "base/str.h"
#include "snapshot/model_rule.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

#include <stdio.h>

#define ACCOUNTS                                                                                     \
    "accounts:\n"                                                                                    \
    "  - {name: main, vendor: openai, keys: [sk-0123456789], base_url: \"http://127.0.0.1:1/v1\"}\n" \
    "  - {name: claude, vendor: anthropic, keys: [sk-ant-0123], base_url: \"http://127.0.0.1:1\"}\n"
#define CONSUMERS                                                                    \
    "consumers:\n"                                                                   \
    "  - {name: shop, keys: [key-shop-0123456789], tags: {team: red, tier: gold}}\n" \
    "  - {name: web, keys: [key-web-0123456789]}\n"                                  \
    "plans: [{name: pro}, {name: free}]\n"                                           \
    "services: [{name: models, kind: ai}]\n"                                         \
    "subscriptions: [{consumer: web, service: models, plan: pro}]\n"

static const char yaml[] = ACCOUNTS CONSUMERS
    "models:\n"
    "  - name: fast\n"
    "    targets: [main/default]\n"
    "    rules:\n"
    "      - {name: gemini, when: {dialects: [gemini, ollama]}, targets: [main/dialect]}\n"
    "      - {name: long, when: {input_tokens: {min: 1000, max: 2000}}, targets: [main/long]}\n"
    "      - {when: {consumers: [shop], has: [stream]}, targets: [main/shop]}\n"
    "      - {name: red, when: {teams: [red], has: [audio]}, targets: [main/red]}\n"
    "      - {name: pro, when: {plans: [pro]}, targets: [main/pro]}\n"
    "      - {name: gold, when: {tags: {tier: gold}, users: [u1, u2]}, targets: [main/gold]}\n"
    "      - {name: user, when: {users: [u3]}, targets: [main/user]}\n"
    "      - name: head\n"
    "        when: {headers: [{name: X-Tier, value: a}, {name: x-debug}]}\n"
    "        targets: [main/head]\n"
    "      - name: meta\n"
    "        when: {metadata: [{name: job, regex: \"night-.*\"}]}\n"
    "        targets: [main/meta]\n"
    "      - name: count\n"
    "        when: {metadata: [{name: n, value: \"7\"}]}\n"
    "        targets: [main/count]\n"
    "      - name: night\n"
    "        when: {hours: {from: \"22:00\", until: \"06:00\", days: [fri]}}\n"
    "        targets: [main/night]\n"
    "      - name: noon\n"
    "        when: {hours: {from: \"12:00\", until: \"13:00\", time_zone: \"+02:00\"}}\n"
    "        targets: [main/noon]\n"
    "      - name: pictures\n"
    "        when: {has: [images, tools]}\n"
    "        targets: [{model: claude/late, order: 1}, main/first, {model: main/half, weight: 3}]\n";

/* 1970-01-02 was a Friday. */
#define FRIDAY(hour) (86400 + (hour)*3600)

static const struct {
    const char *wanted;
    enum sl_ai_dialect dialect;
    int64_t tokens;
    const char *consumer, *user, *metadata, *header, *value;
    uint32_t needs;
    int64_t now_s;
} requests[] = {
    {"default"},
    {"dialect", .dialect = SL_AI_GEMINI},
    {"dialect", .dialect = SL_AI_OLLAMA, .tokens = 1500},
    {"default", .tokens = 999},
    {"long", .tokens = 1000},
    {"long", .tokens = 2000, .consumer = "shop"},
    {"default", .tokens = 2001},
    {"shop", .consumer = "shop", .needs = 1u << SL_AI_NEED_STREAM},
    {"default", .consumer = "shop"},
    {"pro", .consumer = "web", .needs = 1u << SL_AI_NEED_STREAM},
    {"red", .consumer = "shop", .needs = 1u << SL_AI_NEED_AUDIO},
    {"default", .needs = 1u << SL_AI_NEED_AUDIO},
    {"gold", .consumer = "shop", .user = "u2"},
    {"default", .user = "u2"},
    {"user", .consumer = "shop", .user = "u3"},
    {"head", .header = "x-debug", .value = ""},
    {"default", .header = "x-other", .value = "a"},
    {"meta", .metadata = "{\"a\":1,\"job\":\"night-\\u0041\"}"},
    {"default", .metadata = "{\"job\":\"day\"}"},
    {"default", .metadata = "{\"job\":null}"},
    {"count", .metadata = "{\"n\":7}"},
    {"default", .metadata = "{\"n\":70}"},
    {"default", .now_s = FRIDAY(21)},
    {"night", .now_s = FRIDAY(22)},
    {"night", .now_s = FRIDAY(24 + 5)},
    {"default", .now_s = FRIDAY(24 + 6)},
    {"default", .now_s = FRIDAY(5)},
    {"noon", .now_s = FRIDAY(10)},
    {"default", .now_s = FRIDAY(11)},
    {"first", .needs = 1u << SL_AI_NEED_IMAGES | 1u << SL_AI_NEED_TOOLS | 1u << SL_AI_NEED_AUDIO},
    {"default", .needs = 1u << SL_AI_NEED_IMAGES},
};

static const struct sl_consumer *find_consumer(const struct sl_snapshot *s, const char *name)
{
    for (size_t i = 0; name != NULL && i < s->consumer_count; i++)
        if (sl_str_eq(s->consumers[i]->name, sl_cstr(name)))
            return s->consumers[i];
    return NULL;
}

static struct sl_model_facts facts_of(const struct built *t, struct sl_headers *h, size_t i)
{
    sl_headers_init(h, t->a);
    if (requests[i].header != NULL) {
        EXPECT(sl_headers_add(h, SL_STR("x-tier"), SL_STR("a")));
        EXPECT(sl_headers_add(h, sl_cstr(requests[i].header), sl_cstr(requests[i].value)));
    }
    return (struct sl_model_facts){
        .arena = t->a,
        .needs = requests[i].needs,
        .input_tokens = requests[i].tokens,
        .dialect = requests[i].dialect,
        .consumer = find_consumer(t->s, requests[i].consumer),
        .service = SL_STR("models"),
        .user = requests[i].user != NULL ? sl_cstr(requests[i].user) : (sl_str){0},
        .metadata = requests[i].metadata != NULL ? sl_cstr(requests[i].metadata) : (sl_str){0},
        .headers = h,
        .now_s = requests[i].now_s != 0 ? requests[i].now_s : FRIDAY(15),
    };
}

TEST(model_rule, the_first_rule_whose_conditions_all_hold_takes_the_request)
{
    struct built t = build_text(yaml);
    EXPECT_EQ(SL_OK, t.rc);
    const struct sl_model_route *r = sl_map_get(t.s->models, SL_STR("fast"));
    for (size_t i = 0; i < SL_LEN(requests); i++) {
        struct sl_headers h;
        struct sl_model_facts f = facts_of(&t, &h, i);
        const struct sl_model_rule *rule = sl_model_rule_choose(r, &f);
        EXPECT_STR(requests[i].wanted, rule != NULL ? rule->targets[0].model : r->targets[0].model);
    }
    built_free(&t);
}

static const struct sl_zone *zone_of(const struct sl_model_route *r, size_t rule)
{
    return r->rules[rule].conditions[0].hours->zone;
}

TEST(model_rule, rules_of_one_time_zone_share_it)
{
    enum { RULES = 30 };
    struct sl_strbuf text = {0};
    sl_strbuf_add(&text, SL_STR(ACCOUNTS "models: [{name: m, targets: [main/a], rules: ["));
    for (int i = 0; i < RULES; i++)
        sl_strbuf_addf(&text,
                       "%s{name: r%d, when: {hours: {from: \"%02d:00\", until: \"23:%02d\", "
                       "time_zone: %s}}, targets: [main/a]}",
                       i == 0 ? "" : ", ", i, i % 20, i,
                       i % 2 == 0 ? "Europe/Berlin" : "Asia/Shanghai");
    sl_strbuf_add(&text, SL_STR("]}]\n"));
    sl_strbuf_add_char(&text, '\0');
    struct built t = build_text(text.p);
    EXPECT_EQ(SL_OK, t.rc);
    const struct sl_model_route *r = sl_map_get(t.s->models, SL_STR("m"));
    EXPECT(zone_of(r, 0)->change_count > 0);
    EXPECT(zone_of(r, 0) == zone_of(r, RULES - 2));
    EXPECT(zone_of(r, 1) == zone_of(r, RULES - 1));
    EXPECT(zone_of(r, 0) != zone_of(r, 1));
    EXPECT(sl_arena_used(t.s->arena) < SL_KIB(512));
    built_free(&t);
    sl_strbuf_fini(&text);
}

TEST(model_rule, metadata_that_is_long_meets_no_condition)
{
    static const struct {
        int padding;
        const char *wanted;
    } rows[] = {{SL_MODEL_METADATA_BYTES_MAX - 25, "count"},
                {SL_MODEL_METADATA_BYTES_MAX, "default"}};
    struct built t = build_text(yaml);
    const struct sl_model_route *r = sl_map_get(t.s->models, SL_STR("fast"));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_headers h;
        struct sl_model_facts f = facts_of(&t, &h, 0);
        f.metadata = sl_fmt(t.a, "{\"x\":\"%0*d\",\"n\":7}", rows[i].padding, 0);
        const struct sl_model_rule *rule = sl_model_rule_choose(r, &f);
        EXPECT_STR(rows[i].wanted, rule != NULL ? rule->targets[0].model : r->targets[0].model);
    }
    built_free(&t);
}

TEST(model_rule, a_rule_has_its_targets_by_order_and_its_name_and_words)
{
    struct built t = build_text(yaml);
    const struct sl_model_route *r = sl_map_get(t.s->models, SL_STR("fast"));
    static const char *const words[] = {
        "dialects gemini or ollama",
        "input_tokens 1000 to 2000",
        "consumers shop; has stream",
        "teams red; has audio",
        "plans pro",
        "tags tier = gold; users u1 or u2",
        "users u3",
        "headers X-Tier = a, x-debug",
        "metadata job ~ night-.*",
        "metadata n = 7",
        "hours 22:00 to 06:00 on fri",
        "hours 12:00 to 13:00",
        "has tools and images",
    };
    EXPECT_EQ(SL_LEN(words), r->rule_count);
    for (size_t i = 0; i < r->rule_count; i++)
        EXPECT_STR(words[i], r->rules[i].words);
    const struct sl_model_rule *pictures = &r->rules[r->rule_count - 1];
    EXPECT_STR("rule 3", r->rules[2].name);
    EXPECT_EQ(3, pictures->target_count);
    EXPECT_STR("first", pictures->targets[0].model);
    EXPECT_EQ(3, pictures->targets[1].weight);
    EXPECT_STR("late", pictures->targets[2].model);
    EXPECT(r->asks_who);
    built_free(&t);
}

TEST(model_rule, all_targets_are_those_of_the_route_and_of_its_rules)
{
    struct built t =
        build_text(ACCOUNTS "models:\n"
                            "  - name: m\n"
                            "    rules:\n"
                            "      - {when: {has: [tools]}, targets: [main/a, main/b]}\n"
                            "      - {when: {has: [images]}, targets: [main/c]}\n");
    const struct sl_model_route *r = sl_map_get(t.s->models, SL_STR("m"));
    struct sl_model_targets all = {.route = r};
    static const char *const wanted[] = {"a", "b", "c"};
    EXPECT(!r->asks_who);
    for (size_t i = 0; i < SL_LEN(wanted); i++)
        EXPECT_STR(wanted[i], sl_model_targets_next(&all)->model);
    EXPECT(sl_model_targets_next(&all) == NULL);
    EXPECT(sl_model_targets_next(&all) == NULL);
    built_free(&t);
}

#define ONE(when) \
    "models: [{name: m, targets: [main/a], rules: [{when: " when ", targets: [main/b]}]}]\n"
TEST(model_rule, what_is_wrong_is_told_with_its_place_and_a_remedy)
{
    static const struct {
        const char *text, *path, *part;
    } bad[] = {
        {"models: [{name: m}]\n", "models[0].targets", "is missing; name a model"},
        {"models: [{name: m, rules: []}]\n", "models[0].targets", "is missing"},
        {ONE("{}"), "models[0].rules[0].when", "needs a condition"},
        {"models: [{name: m, rules: [{targets: [main/a]}]}]\n", "models[0].rules[0].when",
         "needs a condition"},
        {ONE("{has: []}"), "models[0].rules[0].when", "needs a condition"},
        {ONE("{hass: [images]}"), "models[0].rules[0].when.hass", "did you mean 'has'"},
        {ONE("{has: [tools, image]}"), "models[0].rules[0].when.has[1]", "did you mean 'images'"},
        {ONE("{has: [video]}"), "models[0].rules[0].when.has[0]",
         "is not one of stream, tools, images"},
        {ONE("{dialects: [openay]}"), "models[0].rules[0].when.dialects[0]",
         "did you mean 'openai'"},
        {ONE("{consumers: [shopp]}"), "models[0].rules[0].when.consumers[0]",
         "consumer 'shopp' is not defined; did you mean 'shop'?"},
        {ONE("{plans: [max]}"), "models[0].rules[0].when.plans[0]", "plan 'max' is not defined"},
        {ONE("{input_tokens: {}}"), "models[0].rules[0].when.input_tokens", "needs 'min' or 'max'"},
        {ONE("{input_tokens: {min: 5, max: 4}}"), "models[0].rules[0].when.input_tokens.min",
         "must not be above 'max', which is 4"},
        {ONE("{input_tokens: {min: -1}}"), "models[0].rules[0].when.input_tokens.min", ""},
        {ONE("{headers: [{name: a, value: b, regex: c}]}"), "models[0].rules[0].when.headers[0]",
         "needs either 'value' or 'regex'"},
        {ONE("{headers: [{name: a, regex: \"(\"}]}"), "models[0].rules[0].when.headers[0].regex",
         "the regular expression '(' is not valid"},
        {ONE("{metadata: [{name: a, regex: \"[\"}]}"), "models[0].rules[0].when.metadata[0].regex",
         "is not valid"},
        {ONE("{hours: {from: \"8:00\", until: \"25:00\"}}"), "models[0].rules[0].when.hours.from",
         ""},
        {ONE("{hours: {from: \"08:00\", until: \"24:01\"}}"), "models[0].rules[0].when.hours.until",
         "must be a time of day"},
        {ONE("{hours: {from: \"08:60\", until: \"24:00\"}}"), "models[0].rules[0].when.hours.from",
         "must be a time of day"},
        {ONE("{hours: {from: \"08:00\", until: \"08:00\"}}"), "models[0].rules[0].when.hours.until",
         "must differ from 'from'"},
        {ONE("{hours: {from: \"08:00\", until: \"09:00\", days: [monday]}}"),
         "models[0].rules[0].when.hours.days[0]", "is not one of sun, mon"},
        {ONE("{hours: {from: \"08:00\", until: \"09:00\", time_zone: Mars}}"),
         "models[0].rules[0].when.hours.time_zone", "must be UTC"},
        {"models: [{name: m, rules: [{when: {has: [tools]}, targets: [mein/a]}]}]\n",
         "models[0].rules[0].targets[0].model", "did you mean 'main'"},
        {"models: [{name: m, rules: [{when: {has: [tools]}}]}]\n", "models[0].rules[0].targets",
         "is missing"},
        {"models: [{name: m, rules: [{name: a, when: {has: [tools]}, targets: [main/a]}, {name: a, "
         "when: {has: [images]}, targets: [main/a]}]}]\n",
         "models[0].rules[1].name", "'a' is the name of another rule already"},
    };
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        char text[2048];
        (void)snprintf(text, sizeof(text), "%s%s%s", ACCOUNTS, CONSUMERS, bad[i].text);
        struct built t = build_text(text);
        EXPECT_EQ(SL_E_CONFIG, t.rc);
        EXPECT(has_problem_at(&t, bad[i].path, bad[i].part));
        built_free(&t);
    }
}

TEST(model_rule, a_rule_that_never_takes_a_request_is_refused)
{
    static const struct {
        const char *first, *second;
        bool is_covered;
    } pairs[] = {
        {"{has: [images]}", "{has: [images, tools]}", true},
        {"{has: [images, tools]}", "{has: [images]}", false},
        {"{has: [images]}", "{has: [images], consumers: [shop]}", true},
        {"{has: [images], consumers: [shop]}", "{has: [images]}", false},
        {"{input_tokens: {min: 10}}", "{input_tokens: {min: 100, max: 200}}", true},
        {"{input_tokens: {max: 100}}", "{input_tokens: {min: 50}}", false},
        {"{consumers: [shop, web]}", "{consumers: [web]}", true},
        {"{consumers: [shop]}", "{consumers: [shop, web]}", false},
        {"{teams: [a]}", "{consumers: [shop]}", false},
        {"{tags: {a: \"1\"}}", "{tags: {a: \"1\", b: \"2\"}}", true},
        {"{tags: {a: \"1\"}}", "{tags: {a: \"2\"}}", false},
        {"{headers: [{name: X-A}]}", "{headers: [{name: x-a, value: b}]}", true},
        {"{headers: [{name: x-a, value: b}]}", "{headers: [{name: X-A}]}", false},
        {"{metadata: [{name: a}]}", "{metadata: [{name: A}]}", false},
        {"{dialects: [openai, gemini]}", "{dialects: [gemini]}", true},
        {"{dialects: [gemini]}", "{dialects: [openai]}", false},
        {"{hours: {from: \"08:00\", until: \"09:00\"}}",
         "{hours: {from: \"08:00\", until: \"09:00\", days: [mon]}}", true},
        {"{hours: {from: \"08:00\", until: \"09:00\", days: [mon]}}",
         "{hours: {from: \"08:00\", until: \"09:00\"}}", false},
    };
    for (size_t i = 0; i < SL_LEN(pairs); i++) {
        char text[2048];
        (void)snprintf(text, sizeof(text),
                       ACCOUNTS CONSUMERS
                       "models: [{name: m, rules: [{name: one, when: %s, targets: [main/a]}, "
                       "{name: two, when: %s, targets: [main/b]}]}]\n",
                       pairs[i].first, pairs[i].second);
        struct built t = build_text(text);
        EXPECT_EQ(pairs[i].is_covered ? SL_E_CONFIG : SL_OK, t.rc);
        if (pairs[i].is_covered)
            EXPECT(has_problem_at(&t, "models[0].rules[1].when", "never takes a request: 'one'"));
        built_free(&t);
    }
}
