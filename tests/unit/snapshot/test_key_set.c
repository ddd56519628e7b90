#include "snapshot/key_set.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

static struct sl_arena *a;
static struct sl_state_registry *registry;
static struct sl_key_set set;

static void begin(void)
{
    a = sl_arena_new("test", SL_MIB(4));
    registry = sl_state_registry_new();
    set = (struct sl_key_set){.url = SL_STR("https://login/jwks"),
                              .refresh_us = SL_SECONDS(3600),
                              .pause_us = SL_SECONDS(30)};
    set.state = sl_key_set_state(registry, &set, a, &set.identity);
}

static void end(void)
{
    sl_arena_free(a);
    sl_state_registry_free(registry);
}

TEST(key_set, is_due_at_the_start_and_then_when_its_time_has_come)
{
    begin();
    EXPECT_EQ(0, sl_key_set_due(&set));
    EXPECT(sl_key_set_put(set.state, SL_STR("{}"), 1000, 1000));
    EXPECT_EQ(4600, sl_key_set_due(&set));
    EXPECT(!sl_key_set_put(set.state, SL_STR("{}"), 4600, 4600)); /* the same keys */
    EXPECT_EQ(8200, sl_key_set_due(&set));
    EXPECT(sl_key_set_put(set.state, SL_STR("{ }"), 5000, 0)); /* of the process before */
    EXPECT_EQ(0, sl_key_set_due(&set));
    end();
}

#define K1(kid, more)                                                \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"" kid "\"" more "," \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","         \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define K2(x) "{\"x\":\"" x "\",\"kty\":\"OKP\",\"crv\":\"Ed25519\"}"
#define OLD "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define NEW "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"

TEST(key_set, has_changed_when_its_keys_have_and_not_when_they_are_written_otherwise)
{
    static const struct {
        const char *text;
        bool is_news;
    } rows[] = {
        {"{\"keys\":[" K1("a", "") "," K2(OLD) "]}", true},
        {"{\"keys\":[" K2(OLD) "," K1("a", "") "]}", false},
        {"{ \"keys\" : [\n" K1("a", ",\"use\":\"sig\"") " ,\t" K2(OLD) "] , \"at\": 7}", false},
        {"{\"keys\":[" K2(OLD) ",{\"kty\":\"oct\"}," K1("a", "") "]}", false}, /* is left out */
        {"{\"keys\":[" K1("b", "") "," K2(OLD) "]}", true},
        {"{\"keys\":[" K1("b", ",\"alg\":\"ES256\"") "," K2(OLD) "]}", true},
        {"{\"keys\":[" K1("b", ",\"alg\":\"ES256\"") "," K2(NEW) "]}", true},
        {"{\"keys\":[" K2(NEW) "]}", true},
        {"{\"keys\":[" K2(NEW) "," K2(NEW) "]}", true},
        {"{\"keys\":[]}", true},
    };
    begin();
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_EQ(rows[i].is_news, sl_key_set_put(set.state, sl_cstr(rows[i].text), 1000, 1000));
        EXPECT(!sl_key_set_put(set.state, sl_cstr(rows[i].text), 1000, 1000));
    }
    end();
}

TEST(key_set, that_is_wanted_or_failed_is_due_after_the_pause)
{
    begin();
    (void)sl_key_set_put(set.state, SL_STR("{}"), 1000, 1000);
    sl_key_set_want(&set);
    EXPECT_EQ(1030, sl_key_set_due(&set));
    (void)sl_key_set_put(set.state, SL_STR("{}"), 1030, 1030);
    EXPECT_EQ(4630, sl_key_set_due(&set)); /* nobody wants it any more */
    EXPECT(sl_key_set_fail(set.state, SL_STR("away"), 2000));
    EXPECT(!sl_key_set_fail(set.state, SL_STR("away"), 2030)); /* no news */
    EXPECT_EQ(2060, sl_key_set_due(&set));
    set.pause_us = SL_SECONDS(7200);
    EXPECT_EQ(5630, sl_key_set_due(&set)); /* never later than otherwise */
    end();
}

TEST(key_set, of_the_portal_is_fetched_seldom_and_few_at_once)
{
    struct built t =
        build_text("key-sets:\n"
                   "  - {name: p1, owner: eve, url: \"https://p1/\", refresh: 1s, pause: 1s}\n"
                   "  - {name: p2, owner: eve, url: \"https://p2/\"}\n"
                   "  - {name: p3, owner: ann, url: \"https://p3/\"}\n"
                   "  - {name: own, url: \"https://p1/\", refresh: 1s, pause: 1s}\n");
    EXPECT_EQ(SL_OK, t.rc);
    const struct sl_key_set *const *v = t.s->key_sets, *busy[] = {v[0], v[1], v[3]};
    EXPECT(v[0]->state != v[3]->state); /* what one may reach says nothing to the other */
    (void)sl_key_set_put(v[3]->state, SL_STR("{}"), 1000, 1000);
    (void)sl_key_set_fail(v[0]->state, SL_STR("away"), 1000);
    EXPECT_EQ(1001, sl_key_set_due(v[3]));
    EXPECT_EQ(1300, sl_key_set_due(v[0]));
    sl_key_set_want(v[0]);
    EXPECT_EQ(1300, sl_key_set_due(v[0]));
    EXPECT(sl_key_set_next(v, 4, busy, 1, 1001) == v[1]);
    EXPECT(sl_key_set_next(v, 4, busy, 2, 1001) == v[3]); /* though v[2] waits for longer */
    EXPECT(sl_key_set_next(v, 4, busy, 3, 1001) == NULL);
    built_free(&t);
}

TEST(key_set, keeps_its_keys_when_it_cannot_be_fetched_and_says_why)
{
    struct sl_key_set_view view;
    char text[2 * SL_KEY_SET_WHY_BYTES];
    begin();
    (void)sl_key_set_put(set.state, SL_STR("{keys}"), 1000, 1000);
    memset(text, 'x', sizeof(text));
    EXPECT(sl_key_set_fail(set.state, (sl_str){text, sizeof(text)}, 2000));
    sl_key_set_look(set.state, a, &view);
    EXPECT_STR("{keys}", view.text);
    EXPECT_EQ(SL_KEY_SET_WHY_BYTES - 1, view.why.n);
    EXPECT_EQ(1000, view.fetched_s);
    EXPECT_EQ(2000, view.tried_s);
    (void)sl_key_set_put(set.state, SL_STR("{keys}"), 3000, 3000);
    sl_key_set_look(set.state, a, &view);
    EXPECT_EQ(0, view.why.n);
    end();
}

TEST(key_set, has_one_state_for_one_place_and_another_for_another_caller)
{
    sl_str identity;
    begin();
    struct sl_key_set same = set, other = set;
    other.authorization = SL_STR("Bearer x");
    EXPECT(sl_key_set_state(registry, &same, a, &identity) == set.state);
    EXPECT(sl_str_eq(set.identity, identity));
    EXPECT(sl_key_set_state(registry, &other, a, &identity) != set.state);
    end();
}

TEST(key_set, in_a_configuration_needs_a_safe_url_and_a_name_of_its_own)
{
    struct built t =
        build_text("key-sets:\n"
                   "  - {name: corp, url: \"https://login/jwks\"}\n"
                   "  - {name: corp, url: \"https://login/jwks\"}\n"
                   "  - {name: b, url: \"http://login/jwks\"}\n"
                   "  - {name: c, url: \"https://l/\", authorization: \"a\\nb\"}\n"
                   "consumers:\n"
                   "  - name: x\n"
                   "    keys:\n"
                   "      - {type: jwt, key_id: i1, key_set: crop}\n"
                   "      - {type: jwt, key_id: i2, key_set: corp, public_key: x}\n"
                   "      - {type: jwt, key_id: i3, key_set: corp, algorithm: HS256}\n"
                   "      - {type: hmac, key_id: i4, key_set: corp}\n"
                   "      - {type: jwt, key_id: i5, key_set: corp, algorithm: ES256}\n");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem_at(&t, "key-sets[1].name", "'corp' is defined already"));
    EXPECT(has_problem_at(&t, "key-sets[2].url", "must be an https URL"));
    EXPECT(has_problem_at(&t, "key-sets[3].authorization", "must be the value of a field"));
    EXPECT(has_problem_at(&t, "consumers[0].keys[0].key_set", "did you mean 'corp'?"));
    EXPECT(has_problem_at(&t, "consumers[0].keys[1].public_key", "only one of them"));
    EXPECT(has_problem_at(&t, "consumers[0].keys[2].algorithm", "a key set has public keys"));
    EXPECT(has_problem_at(&t, "consumers[0].keys[3].public_key", "signed with a secret"));
    EXPECT_EQ(7, t.d->count); /* and nothing else */
    built_free(&t);
}

TEST(key_set, that_is_one_too_many_is_refused)
{
    struct sl_strbuf yaml = {0};
    sl_strbuf_add(&yaml, SL_STR("key-sets:\n"));
    for (int i = 0; i <= SL_KEY_SETS_MAX; i++)
        sl_strbuf_addf(&yaml, "  - {name: s%d, url: \"https://login/%d\"}\n", i, i);
    sl_strbuf_add_char(&yaml, '\0');
    struct built t = build_text(yaml.p);
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT(has_problem_at(&t, "key-sets[256].name", "one key set too many"));
    built_free(&t);
    sl_strbuf_fini(&yaml);
}
