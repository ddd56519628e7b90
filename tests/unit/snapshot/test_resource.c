#include "snapshot/resource.h"

#include <stdio.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "codec/yaml.h"
#include "snapshot/build.h"
#include "snapshot/registry.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

struct read {
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_gateway_config c;
    sl_rc rc;
};

static struct read read_gateway(const char *yaml)
{
    struct read t = {.a = sl_arena_new("test", SL_MIB(8))};
    const struct sl_node *root = NULL;
    t.d = sl_arena_new_of(t.a, struct sl_diag);
    sl_diag_init(t.d, t.a);
    EXPECT_EQ(SL_OK, sl_yaml_parse(sl_cstr(yaml), SL_STR("test.yaml"), t.a, t.d, &root));
    const struct sl_node *documents[] = {root->children};
    t.rc = sl_gateway_read(documents, root->child_count, t.a, &t.c, t.d);
    return t;
}

TEST(gateway_read, has_defaults_for_everything)
{
    struct read t = read_gateway("");
    const struct sl_listener_config *l = t.c.listeners.v;
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT_EQ(1, t.c.listeners.n);
    EXPECT_STR(":8080", l->address);
    EXPECT_STR("127.0.0.1:9080", t.c.admin.address);
    EXPECT(t.c.admin.enabled && t.c.access_log.enabled && t.c.watch);
    EXPECT_EQ(SL_SECONDS(30), t.c.drain_us);
    sl_arena_free(t.a);
}

TEST(gateway_read, the_tables_defaults_are_the_servers)
{
    struct read t = read_gateway("");
    struct sl_server_config s = sl_limits_server(&t.c.limits);
    const struct sl_server_config *d = &sl_server_defaults;
    EXPECT(memcmp(&s.h1, &d->h1, sizeof(s.h1)) == 0);
    EXPECT_EQ(d->body_bytes, s.body_bytes);
    EXPECT_EQ(d->head_timeout_us, s.head_timeout_us);
    EXPECT_EQ(d->idle_timeout_us, s.idle_timeout_us);
    EXPECT_EQ(d->body_timeout_us, s.body_timeout_us);
    EXPECT_EQ(d->write_timeout_us, s.write_timeout_us);
    EXPECT_EQ(d->tls_timeout_us, s.tls_timeout_us);
    EXPECT_EQ(d->requests_per_connection, s.requests_per_connection);
    EXPECT_EQ(d->connections_max, s.connections_max);
    EXPECT_EQ(d->pipe_bytes, s.pipe_bytes);
    EXPECT_EQ(d->arena_bytes, s.arena_bytes);
    EXPECT_EQ(d->drain_bytes, s.drain_bytes);
    sl_arena_free(t.a);
}

TEST(gateway_read, reads_listeners_short_and_long)
{
    struct read t =
        read_gateway("gateway:\n"
                     "  listeners:\n"
                     "    - \":80\"\n"
                     "    - address: \":443\"\n"
                     "      tls: {min_version: \"1.3\", certs: [{cert: c.pem, key: k.pem}]}\n"
                     "  limits: {body: 1MiB, head_timeout: 2s}\n");
    const struct sl_listener_config *l = t.c.listeners.v;
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT_STR(":80", l[0].address);
    EXPECT_EQ(1, l[1].tls.certs.n);
    EXPECT_EQ(SL_TLS_1_3, l[1].tls.min_version);
    EXPECT_EQ(SL_MIB(1), t.c.limits.body_bytes);
    EXPECT_EQ(SL_SECONDS(2), t.c.limits.head_us);
    sl_arena_free(t.a);
}

TEST(gateway_read, a_problem_leaves_the_result_alone)
{
    struct read t = read_gateway("gateway: {workers: 5000}");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT_EQ(0, t.c.listeners.n);
    EXPECT_STR("gateway.workers", t.d->problems[0].path);
    sl_arena_free(t.a);
}

/* ------------------------------------------------------------------ tables and reference */

static void check_table(const struct sl_field *fields)
{
    for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
        if (f->help == NULL || strlen(f->help) < 3)
            print_error("%s has no help\n", f->name);
        EXPECT(f->help != NULL && strlen(f->help) >= 3);
        if (f->fields != NULL)
            check_table(f->fields);
    }
}

TEST(resource, every_member_of_every_noun_is_explained)
{
    for (size_t i = 0; i < SL_NOUN_COUNT; i++)
        check_table(sl_nouns[i].fields);
}

TEST(resource, the_reference_has_every_noun_member_and_policy)
{
    static const char *const parts[] = {
        "## gateway",
        "## services",
        "| `routes[].headers[].regex` |",
        "| `breaker.eject_max_percent` |",
        "| `tiers[].cache_read` | US dollars (per million tokens) |",
        "### limit",
        "only the narrowest one counts",
        "For AI services only.",
        "Can be attached globally, to services, to routes."};
    struct sl_strbuf out = {0};
    sl_resource_reference(&out, test_policy_types);
    for (size_t i = 0; i < SL_LEN(parts); i++)
        EXPECT(sl_str_find_str(sl_strbuf_str(&out), sl_cstr(parts[i])) != SIZE_MAX);
    sl_strbuf_fini(&out);
}

/* The tests' types have none of the policies that the examples name, anthropic has no account, and here "${file:...}"
 * stays as it is. */
static bool is_of_the_tests(sl_str message)
{
    static const char *const parts[] = {"no policy 'key_auth'",
                                        "no policy 'rate_limit'",
                                        "no policy 'budget'",
                                        "account 'anthropic'",
                                        "must be certificates as PEM text",
                                        "must be a private key as PEM text"};
    for (size_t i = 0; i < SL_LEN(parts); i++) {
        if (sl_str_find_str(message, sl_cstr(parts[i])) != SIZE_MAX)
            return true;
    }
    return false;
}

TEST(resource, the_examples_of_the_reference_are_valid)
{
    struct sl_strbuf yaml = {0};
    for (size_t i = 0; i < SL_NOUN_COUNT; i++)
        sl_strbuf_add(&yaml, sl_cstr(sl_nouns[i].example));
    sl_strbuf_add_char(&yaml, '\0');
    struct built t = build_text(yaml.p);
    for (size_t i = 0; i < t.d->count; i++)
        EXPECT(is_of_the_tests(t.d->problems[i].message));
    built_free(&t);
    sl_strbuf_fini(&yaml);
}

TEST(registry, types_are_found_by_name)
{
    EXPECT(sl_policy_type_find(test_policy_types, SL_STR("note")) == test_policy_types[1]);
    EXPECT(sl_policy_type_find(test_policy_types, SL_STR("not")) == NULL);
    EXPECT(sl_policy_type_find(test_policy_types, SL_STR("")) == NULL);
}
