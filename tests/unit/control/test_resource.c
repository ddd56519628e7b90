#include "control/resource.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/change.h"
#include "control/tree.h"
#include "store/rows.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static const struct sl_node *parse(struct sl_arena *a, const char *text)
{
    const struct sl_node *n = NULL;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    EXPECT_EQ(SL_OK, sl_json_to_node(sl_cstr(text), SL_STR(""), a, d, &n));
    return n;
}

TEST(resource, types_have_names_of_their_own_and_known_references)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_resource_type *t = sl_resource_types[i];
        EXPECT(sl_resource_type_by_kind(sl_cstr(t->kind)) == t);
        EXPECT(sl_resource_type_by_plural(sl_cstr(t->noun->name)) == t);
        for (const struct sl_reference *r = t->references; r != NULL && r->path != NULL; r++)
            EXPECT(sl_resource_type_by_kind(sl_cstr(r->kind)) != NULL);
    }
    EXPECT(sl_resource_type_by_kind(SL_STR("nothing")) == NULL);
    EXPECT(sl_resource_type_by_plural(SL_STR("")) == NULL);
}

TEST(resource, actions_need_conditions_that_there_are)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_resource_type *t = sl_resource_types[i];
        uint32_t known = 0;
        for (size_t k = 0; t->conditions != NULL && t->conditions[k].holds != NULL; k++)
            known |= SL_CONDITION(k);
        for (const struct sl_action *a = t->actions; a != NULL && a->name != NULL; a++)
            EXPECT_EQ(0, (a->needs | a->awaited) & ~known);
    }
}

/* "name", "name*" (awaited), or "-name" (refused), with spaces between. */
static sl_str told(struct bench *b, const char *path)
{
    const struct sl_node *r = bench_want(b, 200, "GET", path, NULL);
    struct sl_strbuf text;
    sl_strbuf_init(&text, b->a, 0);
    for (const struct sl_node *n = sl_node_get(r, SL_STR("actions"))->children; n != NULL;
         n = n->next)
        sl_strbuf_addf(&text, "%s%s%.*s%s", text.n != 0 ? " " : "",
                       sl_node_get(n, SL_STR("refused")) != NULL ? "-" : "",
                       SL_STRF(sl_tree_text(n, "name")),
                       sl_tree_is_true(n, "is_awaited") ? "*" : "");
    return sl_strbuf_str(&text);
}

TEST(resource, tells_what_can_be_done_with_it_now)
{
    static const char service[] = "/api/v1/services/o";
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/a\"}");
    EXPECT_STR("-approve publish* -withdraw -canary -promote -abandon -rollback -online -offline "
               "-deprecate -retire -reinstate compare check",
               told(&b, service));
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/publish", NULL);
    EXPECT_STR("-approve publish -withdraw canary -promote -abandon -rollback -online offline "
               "deprecate retire -reinstate compare check",
               told(&b, service));
    (void)bench_want(&b, 409, "POST", "/api/v1/services/o/online", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/offline", NULL);
    EXPECT_STR("-approve publish* -withdraw -canary -promote -abandon rollback online* -offline "
               "-deprecate -retire -reinstate compare check",
               told(&b, service));
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/online", NULL);
    (void)bench_want(&b, 200, "POST", "/api/v1/services/o/retire", "{\"without_notice\":true}");
    EXPECT_STR("-approve -publish -withdraw -canary -promote -abandon -rollback -online offline "
               "-deprecate -retire reinstate* compare check",
               told(&b, service));
    bench_fini(&b);
}

TEST(resource, tells_nobody_what_they_may_not_do)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 201, "POST", "/api/v1/services",
                     "{\"name\":\"o\",\"url\":\"http://127.0.0.1:1\",\"path\":\"/a\"}");
    (void)bench_want(&b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"r\",\"permissions\":[\"services:read\",\"services:check\"]}");
    (void)bench_want(&b, 201, "POST", "/api/v1/users",
                     "{\"name\":\"u\",\"grants\":[{\"role\":\"r\"}]}");
    (void)bench_want(&b, 200, "POST", "/api/v1/users/u/set-password",
                     "{\"password\":\"correct horse battery\"}");
    bench_login(&b, "u", "correct horse battery");
    EXPECT_STR("check", told(&b, "/api/v1/services/o"));
    bench_fini(&b);
}

TEST(resource, references_are_found_in_lists_too)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_ref *refs;
    const struct sl_resource_type *model = sl_resource_type_by_kind(SL_STR("model"));
    size_t n = sl_resource_refs(model,
                                parse(a, "{\"name\":\"fast\",\"targets\":[{\"account\":\"x\"},"
                                         "{\"model\":\"y/z\"},{\"account\":\"w\"}]}"),
                                a, &refs);
    EXPECT_EQ(2, n);
    EXPECT_STR("x", refs[0].name);
    EXPECT_STR("account", refs[1].kind);
    EXPECT_STR("w", refs[1].name);
    EXPECT_EQ(0, sl_resource_refs(model, parse(a, "{\"targets\":7}"), a, &refs));
    sl_arena_free(a);
}

static struct sl_node *star(struct sl_node *secret, void *arg)
{
    (void)secret;
    return sl_tree_str(arg, SL_STR("*"));
}

TEST(resource, secrets_are_edited_where_they_are_and_nowhere_else)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    const struct sl_resource_type *account = sl_resource_type_by_kind(SL_STR("account"));
    const char *text = "{\"name\":\"a\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"k1\","
                       "\"label\":\"l\"},{\"label\":\"none\",\"key\":\"k2\"}]}";
    const struct sl_node *spec = parse(a, text);
    EXPECT_STR(
        "{\"name\":\"a\",\"vendor\":\"openai\",\"keys\":[{\"key\":\"*\",\"label\":\"l\"},"
        "{\"label\":\"none\",\"key\":\"*\"}]}",
        sl_tree_json(sl_resource_edit_secrets(account, bench_policies, spec, a, star, a), a));
    EXPECT_STR(text, sl_tree_json(spec, a));
    sl_arena_free(a);
}

/* Names that answers, bodies and queries of every noun use for themselves: such a member would be lost without a word. */
static bool is_reserved(sl_str member)
{
    static const char *const others[] = {"secret", "limit", "cursor", "sort",
                                         "fields", "q",     "dry_run"};
    for (size_t i = 0; i < SL_LEN(others); i++) {
        if (sl_str_eq(member, sl_cstr(others[i])))
            return true;
    }
    return sl_change_is_metadata(member);
}

TEST(resource, no_noun_has_a_member_by_a_name_that_all_of_them_use)
{
    EXPECT(is_reserved(SL_STR("status")) && is_reserved(SL_STR("key")) && is_reserved(SL_STR("q")));
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_resource_type *t = sl_resource_types[i];
        for (const struct sl_field *f = t->noun->fields; f->kind != SL_FIELD_KIND_END; f++)
            EXPECT(!is_reserved(sl_cstr(f->name)));
    }
}

TEST(resource, no_noun_has_two_members_of_one_name)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_field *fields = sl_resource_types[i]->noun->fields;
        for (const struct sl_field *f = fields; f->kind != SL_FIELD_KIND_END; f++) {
            for (const struct sl_field *other = fields; other != f; other++)
                EXPECT(strcmp(f->name, other->name) != 0);
        }
    }
}

TEST(resource, no_noun_has_two_actions_of_one_name)
{
    for (size_t i = 0; sl_resource_types[i] != NULL; i++) {
        const struct sl_resource_type *t = sl_resource_types[i];
        for (const struct sl_action *act = t->actions; act != NULL && act->name != NULL; act++) {
            for (const struct sl_action *other = t->actions; other != act; other++)
                EXPECT(strcmp(act->name, other->name) != 0);
        }
    }
}
