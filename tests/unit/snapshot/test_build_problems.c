/*
 * Every problem that the build finds beyond the field tables: its place and its remedy.
 */
#include "base/str.h"
#include "base/strbuf.h"
#include "snapshot/build.h"
#include "tests/test.h"
#include "tests/unit/snapshot/build_text.h"

#define SERVICE "services: [{name: s, url: \"http://a\", "

static const struct {
    const char *yaml;
    uint32_t line, column;
    const char *path, *part;
} cases[] = {
    /* documents */
    {"servcies: []", 1, 11, "servcies", "did you mean 'services'?"},
    {"bogus_thing: 1", 1, 14, "bogus_thing", "known here: gateway, services"},
    {"[1]", 1, 1, "", "must be a map"},
    {"services: {}", 1, 11, "services", "must be a list"},
    {"policies: 5", 1, 11, "policies", "must be a list"},
    {"gateway: {}\n---\ngateway: {}", 3, 10, "gateway", "second time"},
    /* names and references */
    {"upstreams: [{name: orders, endpoints: [\"http://a\"]}]\n"
     "services: [{name: s, upstream: ordrs}]",
     2, 32, "services[0].upstream", "upstream 'ordrs' is not defined; did you mean 'orders'?"},
    {"services: [{name: s, upstream: x}]", 1, 32, "services[0].upstream", "'x' is not defined"},
    {"services:\n  - {name: a, url: \"http://a\", path: /a}\n  - {name: a, url: \"http://b\"}", 3,
     12, "services[1].name", "'a' is defined already, at test.yaml:2"},
    {"services: [{name: a b, url: \"http://a\"}]", 1, 19, "services[0].name", "letters, digits"},
    {"services: [{name: s}]", 1, 12, "services[0]", "needs either 'upstream' or 'url'"},
    {"services: [{name: s, kind: ai, url: \"http://a\"}]", 1, 37, "services[0].url",
     "is for services of kind rest"},
    /* URLs */
    {"services: [{name: s, url: \"ftp://a\"}]", 1, 27, "services[0].url",
     "must start with http://"},
    {"upstreams: [{name: u, endpoints: [\"http://a\", \"http://b?x\"]}]", 1, 47,
     "upstreams[0].endpoints[1].url", "must not have a query"},
    {"upstreams: [{name: u, endpoints: [\"http://u:p@b\"]}]", 1, 35,
     "upstreams[0].endpoints[0].url", "user name or password"},
    /* upstreams */
    {"upstreams: [{name: u, endpoints: [\"http://b\"], balancer: hash, hash_on: header}]", 1, 13,
     "upstreams[0].hash_name", "is missing"},
    {"upstreams: [{name: u, endpoints: [\"http://b\"], retry: {statuses: [200]}}]", 1, 66,
     "upstreams[0].retry.statuses", "from 400 to 599"},
    {"upstreams: [{name: u, endpoints: [\"http://b\"], health_check: {path: x}}]", 1, 69,
     "upstreams[0].health_check.path", "must begin with '/'"},
    {"upstreams: [{name: u, endpoints: [\"https://b\"], tls: {ca: /nowhere.pem}}]", 1, 59,
     "upstreams[0].tls.ca", "must be a PEM file"},
    /* paths */
    {SERVICE "path: orders}]", 1, 45, "services[0].path", "must begin with '/'"},
    {SERVICE "path: \"/a/*/b\"}]", 1, 45, "services[0].path", "use {name} for one in the middle"},
    {SERVICE "path: \"/a/x{id}\"}]", 1, 45, "services[0].path", "a parameter is a whole segment"},
    {SERVICE "path: \"/a/{id}/{id}\"}]", 1, 45, "services[0].path", "two parameters of the same"},
    {SERVICE "path: /a//b}]", 1, 45, "services[0].path", "write '/a/b'"},
    {SERVICE "path: /a/%zz}]", 1, 45, "services[0].path", "escape"},
    {SERVICE "path: \"~^/(a\"}]", 1, 12, "s", "missing closing parenthesis at character 5"},
    {SERVICE "path: \"~a\", prefix: /p}]", 1, 45, "services[0].path", "cannot stand behind"},
    {SERVICE "prefix: /p/}]", 1, 47, "services[0].prefix", "must not end with it"},
    {SERVICE "strip_prefix: true, path: /a}]", 1, 65, "services[0].path", "end it in /*"},
    {SERVICE "path: /a, routes: [{path: /b}]}]", 1, 45, "services[0].path",
     "is short for one route"},
    /* hosts, methods, conditions */
    {SERVICE "hosts: [\"http://x\"]}]", 1, 47, "services[0].hosts[0]", "without scheme and port"},
    {SERVICE "hosts: [\"a:80\"]}]", 1, 47, "services[0].hosts[0]", "without scheme and port"},
    {SERVICE "hosts: [\"a.*\"]}]", 1, 47, "services[0].hosts[0]", "*.example.com"},
    {SERVICE "routes: [{methods: [get]}]}]", 1, 58, "services[0].routes[0].methods",
     "'get' is not one of GET"},
    {SERVICE "routes: [{headers: [{name: a, value: b, regex: c}]}]}]", 1, 59,
     "services[0].routes[0].headers[0]", "not both"},
    {SERVICE "routes: [{name: a, path: /a}, {name: a, path: /b}]}]", 1, 76,
     "services[0].routes[1].name", "is a route of this service already"},
    {SERVICE "routes: [{name: a, path: /x},\n {name: b, path: /x}]}]", 2, 2, "s/b",
     "takes the same requests as 's/a' (test.yaml:1:48)"},
    /* policies */
    {"policies: [{type: limt}]", 1, 19, "policies[0].type", "did you mean 'limit'?"},
    {"policies: [{rate: 1}]", 1, 12, "policies[0].type", "such as {type: key_auth}"},
    {"policies: [{type: limit}]", 1, 12, "policies[0].rate", "is missing"},
    {"policies: [{type: limit, rate: 1, rat: 2}]", 1, 35, "policies[0].rat",
     "did you mean 'rate'?"},
    {"policies: [{type: limit, rate: 13}]", 1, 32, "policies[0].rate", "must not be 13"},
    {"policies: [note, note]", 1, 18, "policies[1].type", "give each its own 'name'"},
    {"consumers: [{name: c, policies: [note]}]", 1, 34, "consumers[0].policies[0].type",
     "cannot be attached to a consumer"},
    {SERVICE "policies: [tokens]}]", 1, 50, "services[0].policies[0].type", "for AI services only"},
    {SERVICE "routes: [{policies: [{type: limit, rate: 0}]}]}]", 1, 80,
     "services[0].routes[0].policies[0].rate", "must be at least 1"},
    /* consumers */
    {"consumers: [{name: c, keys: [{name: k}]}]", 1, 30, "consumers[0].keys[0]",
     "needs either 'key' or 'key_sha256'"},
    {"consumers: [{name: c, keys: [12345678, {key: \"12345678\"}]}]", 1, 30, "consumers[0].keys[0]",
     "must be a map"},
    {"consumers: [{name: c, keys: [\"12345678\", {key: \"12345678\"}]}]", 1, 42,
     "consumers[0].keys[1]", "is the same key as 'c/1'"},
    {"consumers: [{name: c, keys: [{key_sha256: "
     "zz00000000000000000000000000000000000000000000000000000000000000}]}]",
     1, 43, "consumers[0].keys[0].key_sha256", "64 hexadecimal digits"},
    {"consumers: [{name: c, keys: [{type: jwt, key: \"0123456789abcdef0123456789abcdef\"}]}]", 1,
     30, "consumers[0].keys[0].key_id", "is needed"},
    {"consumers: [{name: c, keys: [{type: jwt, key_id: i}]}]", 1, 30,
     "consumers[0].keys[0].public_key", "a secret is needed"},
    {"consumers: [{name: c, keys: [{type: jwt, key_id: i, key: \"0123456789abcdef\"}]}]", 1, 58,
     "consumers[0].keys[0].key", "at least 32 bytes"},
    {"consumers: [{name: c, keys: [{type: jwt, key_id: i, public_key: x}]}]", 1, 65,
     "consumers[0].keys[0].public_key", "must be a public key"},
    {"consumers: [{name: c, keys: [{type: jwt, key_id: i, algorithm: RS256, key: "
     "\"0123456789abcdef0123456789abcdef\"}]}]",
     1, 64, "consumers[0].keys[0].algorithm", "needs a 'public_key'"},
    {"consumers: [{name: c, keys: [{type: hmac, key_id: i}]}]", 1, 30, "consumers[0].keys[0].key",
     "at least 32 bytes"},
    {"consumers: [{name: c, keys: [{type: hmac, key_id: i, public_key: x}]}]", 1, 66,
     "consumers[0].keys[0].public_key", "signed with a secret"},
    {"consumers: [{name: c, keys: [{type: hmac, key_id: i, algorithm: RS256, key: "
     "\"0123456789abcdef0123456789abcdef\"}]}]",
     1, 65, "consumers[0].keys[0].algorithm", "must be HS256"},
    {"consumers: [{name: c, keys: [{type: hmac, key_id: i, key: "
     "\"0123456789abcdef0123456789abcdef\", former_key: x, former_until: \"2030-01-01T00:00:00Z\"}]}]",
     1, 107, "consumers[0].keys[0].former_key", "at least 32 bytes"},
    {"consumers: [{name: c, keys: [{type: basic, key: \"12345678\"}]}]", 1, 30,
     "consumers[0].keys[0].username", "is needed"},
    /* accounts, models, prices */
    {"accounts: [{name: a, vendor: opena}]", 1, 30, "accounts[0].vendor", "did you mean 'openai'?"},
    {"accounts: [{name: a, vendor: nobody-we-know}]", 1, 30, "accounts[0].vendor", "custom-openai"},
    {"accounts: [{name: a, vendor: openai}]", 1, 12, "accounts[0].keys", "needs a key"},
    {"accounts: [{name: a, vendor: aws-bedrock, keys: [k]}]", 1, 12, "accounts[0].region",
     "such as 'us-east-1'"},
    {"accounts: [{name: a, vendor: aws-bedrock, keys: [k], region: a/b}]", 1, 62,
     "accounts[0].region", "lower-case"},
    {"accounts: [{name: a, vendor: custom-openai}]", 1, 12, "accounts[0].base_url", "is missing"},
    {"accounts: [{name: acme, vendor: ollama}]\nmodels: [{name: m, targets: [acm/x]}]", 2, 30,
     "models[0].targets[0].model", "account 'acm' is not defined; did you mean 'acme'?"},
    {"models: [{name: m, targets: [gpt-4o]}]", 1, 30, "models[0].targets[0].model",
     "must name an account"},
    {"accounts: [{name: a, vendor: ollama}]\n"
     "models: [{name: m, targets: [a/x]}, {name: n, aliases: [m], targets: [a/x]}]",
     2, 57, "models[1].aliases[0]", "'m' is a name of the model 'm' already"},
    {"prices: [{vendor: openai, model: m, input: 0.0000001}]", 1, 44, "prices[0].input",
     "at most 6 decimals"},
    {"prices: [{vendor: openai, model: m}, {vendor: openai, model: m}]", 1, 62, "prices[1].model",
     "has a price already"},
    /* gateway */
    {"gateway: {listeners: [\"nowhere\"]}", 1, 23, "gateway.listeners[0].address", "IP:PORT"},
    {"gateway: {listeners: [\":1\", \":2\", \":1\"]}", 1, 35, "gateway.listeners[2].address",
     "listeners[0]"},
    {"gateway: {listeners: [{address: \":1\", tls: {require_client_cert: true}}]}", 1, 66,
     "gateway.listeners[0].tls.require_client_cert", "needs 'client_ca'"},
    {"gateway: {listeners: [{address: \":1\", tls: {}}]}", 1, 44, "gateway.listeners[0].tls",
     "needs 'certs', or 'sni_only: true'"},
    {"gateway: {listeners: [\":1\", {address: \":2\", tls: {min_version: \"1.3\"}}]}", 1, 50,
     "gateway.listeners[1].tls", "needs 'certs'"},
    {"gateway: {listeners: [{address: \":1\", tls: {sni_only: false}}]}", 1, 44,
     "gateway.listeners[0].tls", "needs 'certs'"},
    {"gateway: {trusted_proxies: [10.0.0.1/8]}", 1, 29, "gateway.trusted_proxies[0]", "a network"},
    {"gateway: {admin: {address: x}}", 1, 28, "gateway.admin.address", "IP:PORT"},
};

TEST(build, problems_have_a_place_and_a_remedy)
{
    size_t missing = 0;
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct built t = build_text(cases[i].yaml);
        missing += t.rc != SL_E_CONFIG ||
                   !has_problem(&t, cases[i].line, cases[i].column, cases[i].path, cases[i].part);
        built_free(&t);
    }
    EXPECT_EQ(0, missing);
}

TEST(build, all_problems_are_told_at_once)
{
    struct built t = build_text("services:\n"
                                "  - {name: s, upstream: none}\n"
                                "  - {nam: t}\n"
                                "accounts: [{name: a, vendor: x}]\n"
                                "policies: [nothing]\n");
    EXPECT(has_problem(&t, 2, 25, "services[0].upstream", "not defined"));
    EXPECT(has_problem(&t, 3, 6, "services[1].nam", "did you mean 'name'?"));
    EXPECT(has_problem(&t, 4, 30, "accounts[0].vendor", "not known"));
    EXPECT(has_problem(&t, 5, 12, "policies[0].type", "there is no policy 'nothing'"));
    built_free(&t);
}

TEST(build, a_bad_upstream_is_no_second_problem_where_it_is_used)
{
    struct built t = build_text("upstreams: [{name: u, endpoints: [], bogus: 1}]\n"
                                "accounts: [{name: a, vendor: nope}]\n"
                                "models: [{name: m, targets: [a/x]}]\n"
                                "services: [{name: s, upstream: u}]");
    for (size_t i = 0; i < t.d->count; i++)
        EXPECT(!sl_str_starts(t.d->problems[i].path, SL_STR("services")) &&
               !sl_str_starts(t.d->problems[i].path, SL_STR("models")));
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    built_free(&t);
}

TEST(build, secrets_are_in_no_problem)
{
    struct built t = build_text("consumers: [{name: c, keys: [{key: hush-hush, bogus: 1}, hush]}]\n"
                                "accounts: [{name: a, vendor: x, keys: [hush-hush]}]\n");
    for (size_t i = 0; i < t.d->count; i++)
        EXPECT(sl_str_find_str(t.d->problems[i].message, SL_STR("hush")) == SIZE_MAX);
    EXPECT(t.d->count >= 3);
    built_free(&t);
}
