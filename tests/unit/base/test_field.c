#include "base/field.h"
#include "tests/test.h"

enum { INPUT_ROOM = 1 << 20 };

struct endpoint {
    sl_str url;
    int64_t weight;
};

struct tls {
    sl_str cert;
    bool verify;
};

struct config {
    bool enabled;
    int64_t port;
    sl_str name, key, pattern;
    sl_usec timeout_us;
    uint64_t body;
    int64_t since;
    int64_t limit_nusd;
    int mode;
    struct sl_strs hosts;
    struct sl_pairs labels;
    struct tls tls;
    struct sl_list_of endpoints;
    const struct sl_node *extra;
};

static const char *const modes[] = {"off", "observe", "enforce", NULL};
static const char *const old_names[] = {"title", NULL};

static const struct sl_field endpoint_fields[] = {
    SL_FIELD_URL(struct endpoint, url, .required = true, .help = "Where it is."),
    SL_FIELD_INT(struct endpoint, weight, .dflt = "1", .min = "0", .max = "100"),
    SL_FIELD_END,
};

static const struct sl_field tls_fields[] = {
    SL_FIELD_STR(struct tls, cert, .example = "/etc/sluice/cert.pem"),
    SL_FIELD_BOOL(struct tls, verify, .dflt = "true", .help = "Check the peer."),
    SL_FIELD_END,
};

static const struct sl_field fields[] = {
    SL_FIELD_BOOL(struct config, enabled, .dflt = "true"),
    SL_FIELD_INT(struct config, port, .dflt = "8080", .min = "1", .max = "65535", .help = "a|b"),
    SL_FIELD_STR(struct config, name, .max = "8", .aliases = old_names),
    SL_FIELD_SECRET(struct config, key, .min = "4"),
    SL_FIELD_REGEX(struct config, pattern),
    SL_FIELD_SPAN(struct config, timeout_us, "timeout", .dflt = "30s", .min = "1ms", .max = "1h"),
    SL_FIELD_SIZE(struct config, body, .dflt = "1MiB", .max = "1GiB"),
    SL_FIELD_TIME(struct config, since),
    SL_FIELD_MONEY(struct config, limit_nusd, "limit", .min = "0", .since = "0.1"),
    SL_FIELD_ENUM(struct config, mode, .dflt = "observe", .values = modes),
    SL_FIELD_STRS(struct config, hosts, .dflt = "[a, b]", .min = "1", .max = "3"),
    SL_FIELD_MAP(struct config, labels, .max = "2"),
    SL_FIELD_OBJECT(struct config, tls, .fields = tls_fields),
    SL_FIELD_LIST(struct config, endpoints, .fields = endpoint_fields,
                  .item_size = sizeof(struct endpoint), .max = "2"),
    SL_FIELD_NODE(struct config, extra),
    SL_FIELD_END,
};

/*
 * Trees in short: N(scalars...), members chained by the helpers below. Positions count up, so that
 * every node has its own.
 */
struct fixture {
    struct sl_arena *arena;
    struct sl_diag diag;
    struct config config;
    uint32_t line;
};

static void setup(struct fixture *t)
{
    *t = (struct fixture){.arena = sl_arena_new("test", INPUT_ROOM)};
    sl_diag_init(&t->diag, t->arena);
}

static void teardown(struct fixture *t)
{
    sl_arena_free(t->arena);
}

static struct sl_node *node(struct fixture *t, enum sl_node_kind kind, const char *text)
{
    struct sl_node *n = sl_arena_new_of(t->arena, struct sl_node);
    *n = (struct sl_node){.kind = kind,
                          .line = ++t->line,
                          .column = 3,
                          .file = SL_STR("f.yaml"),
                          .text = sl_cstr(text)};
    return n;
}

static struct sl_node *put(struct sl_node *parent, const char *key, struct sl_node *child)
{
    struct sl_node **last = &parent->children;
    while (*last != NULL)
        last = &(*last)->next;
    child->key = sl_cstr(key);
    *last = child;
    parent->child_count++;
    return parent;
}

static sl_rc read(struct fixture *t, const struct sl_node *root)
{
    return sl_field_read(fields, &t->config, root, SL_STR(""), t->arena, &t->diag);
}

/* Reads {key: value} and returns the one problem that it must give. */
static sl_str problem_of(struct fixture *t, const char *key, struct sl_node *value)
{
    EXPECT_EQ(SL_E_CONFIG, read(t, put(node(t, SL_NODE_MAP, ""), key, value)));
    EXPECT_EQ(1, t->diag.count);
    return t->diag.problems[0].message;
}

struct scalar_case {
    const char *key;
    enum sl_node_kind kind;
    const char *text, *message;
};

static const struct scalar_case bad_scalars[] = {
    {"prot", SL_NODE_NUMBER, "1", "unknown member 'prot'; did you mean 'port'?"},
    {"Port", SL_NODE_NUMBER, "1", "unknown member 'Port'; did you mean 'port'?"},
    {"port", SL_NODE_STRING, "80", "must be a whole number"},
    {"port", SL_NODE_NUMBER, "80.5", "must be a whole number"},
    {"port", SL_NODE_NUMBER, "0", "must be at least 1"},
    {"port", SL_NODE_NUMBER, "65536", "must be at most 65535"},
    {"enabled", SL_NODE_STRING, "yes", "must be true or false"},
    {"name", SL_NODE_NUMBER, "5", "must be a string; put it in quotes"},
    {"name", SL_NODE_STRING, "123456789", "must have at most 8 characters"},
    {"name", SL_NODE_MAP, "", "must be a string"},
    {"key", SL_NODE_STRING, "abc", "must have at least 4 characters"},
    {"timeout", SL_NODE_NUMBER, "30", "must be a span of time with its unit, such as 30s"},
    {"timeout", SL_NODE_STRING, "2h", "must be at most 1h"},
    {"body", SL_NODE_STRING, "1 MB", "must be a size in bytes, such as 64KiB"},
    {"body", SL_NODE_STRING, "2GiB", "must be at most 1GiB"},
    {"since", SL_NODE_STRING, "today", "must be an RFC 3339 time, such as 2026-01-31T12:00:00Z"},
    {"limit", SL_NODE_STRING, "$5",
     "must be an amount in US dollars with at most 9 decimals, such as 0.25"},
    {"limit", SL_NODE_NUMBER, "-1", "must be at least 0"},
    {"mode", SL_NODE_STRING, "enfroce",
     "must be one of off, observe, enforce; did you mean 'enforce'?"},
    {"mode", SL_NODE_STRING, "qqqqqq", "must be one of off, observe, enforce"},
    {"hosts", SL_NODE_STRING, "a", "must be a list of strings"},
    {"hosts", SL_NODE_LIST, "", "must have at least 1 items"},
    {"labels", SL_NODE_LIST, "", "must be a map of strings"},
    {"tls", SL_NODE_STRING, "on", "must be a map"},
    {"endpoints", SL_NODE_MAP, "", "must be a list"},
};

TEST(field, names_what_is_wrong_with_a_member_and_what_would_be_right)
{
    for (size_t i = 0; i < SL_LEN(bad_scalars); i++) {
        const struct scalar_case *c = &bad_scalars[i];
        struct fixture t;
        setup(&t);
        EXPECT_STR(c->message, problem_of(&t, c->key, node(&t, c->kind, c->text)));
        EXPECT_STR(c->key, t.diag.problems[0].path);
        teardown(&t);
    }
}

TEST(field, lists_the_known_members_when_none_is_near)
{
    struct fixture t;
    setup(&t);
    sl_str message = problem_of(&t, "zzzzzz", node(&t, SL_NODE_NUMBER, "1"));
    EXPECT(sl_str_starts(message, SL_STR("unknown member 'zzzzzz'; known here: enabled, port, ")));
    teardown(&t);
}

TEST(field, an_empty_map_gives_the_defaults)
{
    struct fixture t;
    setup(&t);
    EXPECT_EQ(SL_OK, read(&t, NULL));
    EXPECT(t.config.enabled);
    EXPECT_EQ(8080, t.config.port);
    EXPECT_EQ(SL_SECONDS(30), t.config.timeout_us);
    EXPECT_EQ(SL_MIB(1), t.config.body);
    EXPECT_EQ(1, t.config.mode);
    EXPECT_EQ(2, t.config.hosts.n);
    EXPECT_STR("b", t.config.hosts.v[1]);
    EXPECT(t.config.tls.verify);
    teardown(&t);
}

TEST(field, reads_every_kind_of_scalar)
{
    struct fixture t;
    setup(&t);
    struct sl_node *root = node(&t, SL_NODE_MAP, "");
    put(root, "enabled", node(&t, SL_NODE_BOOL, "false"));
    put(root, "port", node(&t, SL_NODE_NUMBER, "443"));
    put(root, "title", node(&t, SL_NODE_STRING, "gate"));
    put(root, "key", node(&t, SL_NODE_STRING, "s3cret"));
    put(root, "pattern", node(&t, SL_NODE_STRING, "^a"));
    put(root, "timeout", node(&t, SL_NODE_STRING, "250ms"));
    put(root, "body", node(&t, SL_NODE_NUMBER, "512"));
    put(root, "since", node(&t, SL_NODE_STRING, "1994-11-06T08:49:37Z"));
    put(root, "limit", node(&t, SL_NODE_NUMBER, "0.25"));
    put(root, "mode", node(&t, SL_NODE_STRING, "enforce"));
    struct sl_node *extra = node(&t, SL_NODE_LIST, "");
    put(root, "extra", extra);

    EXPECT_EQ(SL_OK, read(&t, root));
    EXPECT(!t.config.enabled);
    EXPECT_EQ(443, t.config.port);
    EXPECT_STR("gate", t.config.name);
    EXPECT_STR("s3cret", t.config.key);
    EXPECT_STR("^a", t.config.pattern);
    EXPECT_EQ(250000, t.config.timeout_us);
    EXPECT_EQ(512, t.config.body);
    EXPECT_EQ(784111777, t.config.since);
    EXPECT_EQ(250000000, t.config.limit_nusd);
    EXPECT_EQ(2, t.config.mode);
    EXPECT(t.config.extra == extra);
    teardown(&t);
}

TEST(field, reads_lists_maps_and_nested_structs)
{
    struct fixture t;
    setup(&t);
    struct sl_node *root = node(&t, SL_NODE_MAP, ""), *hosts = node(&t, SL_NODE_LIST, "");
    struct sl_node *labels = node(&t, SL_NODE_MAP, ""), *tls = node(&t, SL_NODE_MAP, "");
    struct sl_node *list = node(&t, SL_NODE_LIST, ""), *item = node(&t, SL_NODE_MAP, "");
    put(root, "hosts", put(hosts, "", node(&t, SL_NODE_STRING, "x.org")));
    put(root, "labels", put(labels, "team", node(&t, SL_NODE_STRING, "red")));
    put(root, "tls", put(tls, "cert", node(&t, SL_NODE_STRING, "c.pem")));
    put(root, "endpoints", put(list, "", put(item, "url", node(&t, SL_NODE_STRING, "http://e:1"))));

    EXPECT_EQ(SL_OK, read(&t, root));
    EXPECT_EQ(1, t.config.hosts.n);
    EXPECT_STR("x.org", t.config.hosts.v[0]);
    EXPECT_STR("team", t.config.labels.v[0].name);
    EXPECT_STR("red", t.config.labels.v[0].value);
    EXPECT_STR("c.pem", t.config.tls.cert);
    EXPECT(t.config.tls.verify);
    const struct endpoint *e = t.config.endpoints.v;
    EXPECT_EQ(1, t.config.endpoints.n);
    EXPECT_STR("http://e:1", e->url);
    EXPECT_EQ(1, e->weight);
    teardown(&t);
}

TEST(field, collects_all_problems_with_place_and_path)
{
    struct fixture t;
    setup(&t);
    struct sl_node *root = node(&t, SL_NODE_MAP, ""), *list = node(&t, SL_NODE_LIST, "");
    struct sl_node *item = node(&t, SL_NODE_MAP, ""), *tls = node(&t, SL_NODE_MAP, "");
    put(root, "endpoints", put(list, "", item));
    put(item, "wieght", node(&t, SL_NODE_NUMBER, "5"));
    put(root, "tls", put(tls, "verify", node(&t, SL_NODE_NUMBER, "1")));

    EXPECT_EQ(SL_E_CONFIG,
              sl_field_read(fields, &t.config, root, SL_STR("gateways[1]"), t.arena, &t.diag));
    EXPECT_EQ(3, t.diag.count);
    EXPECT_STR("f.yaml:5:3: gateways[1].endpoints[0].wieght: unknown member 'wieght'; "
               "did you mean 'weight'?",
               sl_problem_text(&t.diag.problems[0], t.arena));
    EXPECT_STR("f.yaml:3:3: gateways[1].endpoints[0].url: is missing; give it a value, such as "
               "http://10.0.0.1:8080",
               sl_problem_text(&t.diag.problems[1], t.arena));
    EXPECT_STR("f.yaml:6:3: gateways[1].tls.verify: must be true or false",
               sl_problem_text(&t.diag.problems[2], t.arena));
    teardown(&t);
}

TEST(field, a_member_given_twice_is_refused_also_under_its_old_name)
{
    struct fixture t;
    setup(&t);
    struct sl_node *root = node(&t, SL_NODE_MAP, "");
    put(root, "name", node(&t, SL_NODE_STRING, "a"));
    EXPECT_EQ(SL_E_CONFIG, read(&t, put(root, "title", node(&t, SL_NODE_STRING, "b"))));
    EXPECT_STR("is given twice; once is enough", t.diag.problems[0].message);
    teardown(&t);
}

TEST(field, null_counts_as_not_given)
{
    struct fixture t;
    setup(&t);
    struct sl_node *root = node(&t, SL_NODE_MAP, "");
    EXPECT_EQ(SL_OK, read(&t, put(root, "port", node(&t, SL_NODE_NULL, ""))));
    EXPECT_EQ(8080, t.config.port);
    teardown(&t);
}

TEST(field, refuses_what_is_no_url)
{
    static const char *const bad[] = {"", "host:80", "http://", "://x", "http://a b", "http://a\n"};
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct fixture t;
        struct endpoint e = {0};
        setup(&t);
        struct sl_node *root = node(&t, SL_NODE_MAP, "");
        put(root, "url", node(&t, SL_NODE_STRING, bad[i]));
        EXPECT_EQ(SL_E_CONFIG,
                  sl_field_read(endpoint_fields, &e, root, SL_STR(""), t.arena, &t.diag));
        EXPECT_STR("must be a URL, such as http://10.0.0.1:8080", t.diag.problems[0].message);
        teardown(&t);
    }
}

TEST(field, an_input_beyond_the_arena_is_a_problem_and_no_crash)
{
    struct fixture t;
    setup(&t);
    struct sl_arena *small = sl_arena_new("small", 64);
    struct sl_node *root = node(&t, SL_NODE_MAP, ""), *list = node(&t, SL_NODE_LIST, "");
    put(list, "", node(&t, SL_NODE_MAP, ""));
    put(list, "", node(&t, SL_NODE_MAP, ""));
    put(root, "endpoints", list);
    EXPECT_EQ(SL_E_CONFIG, sl_field_read(fields, &t.config, root, SL_STR(""), small, &t.diag));
    EXPECT_STR("does not fit into the memory that a configuration may take",
               t.diag.problems[0].message);
    sl_arena_free(small);
    teardown(&t);
}

TEST(field, more_problems_than_a_diag_holds_are_counted)
{
    struct fixture t;
    setup(&t);
    struct sl_node *root = node(&t, SL_NODE_MAP, "");
    for (int i = 0; i < SL_DIAG_MAX + 5; i++)
        put(root, "what", node(&t, SL_NODE_NULL, ""));
    EXPECT_EQ(SL_E_CONFIG, read(&t, root));
    EXPECT_EQ(SL_DIAG_MAX, t.diag.count);
    EXPECT_EQ(5, t.diag.dropped);
    teardown(&t);
}

TEST(field, reference_has_one_row_per_member_with_dotted_names)
{
    struct sl_strbuf b = {0};
    sl_field_reference(fields, &b);
    sl_str text = sl_strbuf_str(&b);
    static const char *const rows[] = {
        "| Name | Type | Default | Bounds | Meaning |\n|---|---|---|---|---|\n",
        "| `port` | integer | `8080` | 1 to 65535 | a\\|b |\n",
        "| `mode` | one of `off`, `observe`, `enforce` | `observe` |  |  |\n",
        "| `limit` | US dollars |  | at least 0 |  (since 0.1) |\n",
        "| `hosts` | list of strings | `[a, b]` | 1 to 3 items |  |\n",
        "| `tls.cert` | string |  |  |  Example: `/etc/sluice/cert.pem` |\n",
        "| `endpoints[].url` | URL | required |  | Where it is. |\n",
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT(sl_str_find_str(text, sl_cstr(rows[i])) != SIZE_MAX);
    EXPECT(sl_str_find_str(text, SL_STR("title")) == SIZE_MAX);
    sl_strbuf_fini(&b);
}

TEST(field, json_schema_of_a_small_table_is_exactly_this)
{
    struct sl_strbuf b = {0};
    sl_field_json_schema(endpoint_fields, &b);
    EXPECT_STR("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
               "\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"url\"],"
               "\"properties\":{\"url\":{\"type\":\"string\",\"format\":\"uri\","
               "\"description\":\"Where it is.\"},"
               "\"weight\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":100,\"default\":1}}}",
               sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

TEST(field, json_schema_nests_lists_and_maps)
{
    struct sl_strbuf b = {0};
    sl_field_json_schema(fields, &b);
    static const char *const parts[] = {
        "\"hosts\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,"
        "\"maxItems\":3,\"default\":[\"a\",\"b\"]}",
        "\"labels\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"},"
        "\"maxProperties\":2}",
        "\"mode\":{\"enum\":[\"off\",\"observe\",\"enforce\"],\"default\":\"observe\"}",
        "\"tls\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"cert\":",
        "\"endpoints\":{\"type\":\"array\",\"items\":{\"type\":\"object\"",
        "\"name\":{\"type\":\"string\",\"maxLength\":8}",
    };
    for (size_t i = 0; i < SL_LEN(parts); i++)
        EXPECT(sl_str_find_str(sl_strbuf_str(&b), sl_cstr(parts[i])) != SIZE_MAX);
    sl_strbuf_fini(&b);
}
