#include "base/str.h"
#include "control/api_int.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

#define PASSWORD "correct horse battery"
#define VIEWS "/api/v1/views"

static void add_user(struct bench *b, const char *name, const char *grants)
{
    (void)bench_want(b, 201, "POST", "/api/v1/users",
                     sl_fmt(b->a, "{\"name\":\"%s\",\"password\":\"" PASSWORD "\",\"grants\":[%s]}",
                            name, grants)
                         .p);
}

/* An administrator, an editor, two who may only look, one of the team blue, and one who may not even look. */
static void begin(struct bench *b)
{
    bench_init(b);
    (void)bench_want(b, 201, "POST", "/api/v1/teams", "{\"name\":\"blue\"}");
    (void)bench_want(b, 201, "POST", "/api/v1/roles",
                     "{\"name\":\"none\",\"permissions\":[\"usage:read\"]}");
    add_user(b, "root", "{\"role\":\"admin\"}");
    add_user(b, "ed", "{\"role\":\"editor\"}");
    add_user(b, "ann", "{\"role\":\"viewer\"}");
    add_user(b, "bob", "{\"role\":\"viewer\"}");
    add_user(b, "eve", "{\"role\":\"viewer\",\"team\":\"blue\"}");
    add_user(b, "nix", "{\"role\":\"none\"}");
}

static void make(struct bench *b, uint16_t status, const char *name, const char *members)
{
    (void)bench_want(b, status, "POST", VIEWS,
                     sl_fmt(b->a, "{\"name\":\"%s\",\"group_by\":[\"team\"]%s}", name, members).p);
}

/* The names of the views that a list has. */
static sl_str seen_by(struct bench *b, const char *user)
{
    struct sl_strbuf out;
    bench_login(b, user, PASSWORD);
    sl_strbuf_init(&out, b->a, 0);
    const struct sl_node *page = bench_want(b, 200, "GET", VIEWS, NULL);
    for (const struct sl_node *n = sl_node_get(page, SL_STR("items"))->children; n != NULL;
         n = n->next)
        sl_strbuf_addf(&out, "%.*s ", SL_STRF(bench_text(n, "key")));
    return sl_strbuf_str(&out);
}

static void change(struct bench *b, uint16_t status, const char *method, const char *name,
                   const char *body)
{
    bench_header(b, "if-match", SL_STR("*"));
    (void)bench_want(b, status, method, sl_fmt(b->a, VIEWS "/%s", name).p, body);
}

TEST(view, of_a_users_own_is_seen_and_changed_by_them_alone)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ann", PASSWORD);
    make(&b, 201, "ann.mine", ",\"user\":\"ann\",\"title\":\"Was wir zahlen\"");
    make(&b, 403, "bob.theirs", ",\"user\":\"bob\"");
    EXPECT_STR("ann.mine ", seen_by(&b, "ann"));
    change(&b, 200, "PATCH", "ann.mine", "{\"title\":\"x\"}");
    EXPECT_STR("", seen_by(&b, "bob"));
    EXPECT_STR("", seen_by(&b, "root"));
    (void)bench_want(&b, 404, "GET", VIEWS "/ann.mine", NULL);
    change(&b, 404, "PATCH", "ann.mine", "{\"title\":\"y\"}");
    change(&b, 404, "DELETE", "ann.mine", NULL);
    make(&b, 409, "ann.mine", "");
    const struct sl_node *all = bench_want(&b, 200, "GET", "/api/v1/export", NULL);
    EXPECT(sl_str_find_str(sl_tree_json(all, b.a), SL_STR("zahlen")) == SIZE_MAX);
    EXPECT_STR("ann.mine ", seen_by(&b, "ann"));
    change(&b, 204, "DELETE", "ann.mine", NULL);
    EXPECT_STR("", seen_by(&b, "ann"));
    bench_fini(&b);
}

/* Else who may only look could take a name before those who may share need it. */
TEST(view, of_a_users_own_is_named_after_them)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ann", PASSWORD);
    make(&b, 422, "cost-by-team", ",\"user\":\"ann\"");
    make(&b, 422, "anna.cost", ",\"user\":\"ann\"");
    make(&b, 422, "ann.", ",\"user\":\"ann\"");
    make(&b, 422, "ann.b.cost", ",\"user\":\"ann\""); /* is that of the user ann.b */
    make(&b, 201, "ann.cost", ",\"user\":\"ann\"");
    bench_login(&b, "ed", PASSWORD);
    make(&b, 201, "cost-by-team", "");
    change(&b, 422, "PATCH", "cost-by-team", "{\"user\":\"ed\"}");
    bench_fini(&b);
}

TEST(view, that_is_shared_is_changed_by_who_may_change_views_there)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ed", PASSWORD);
    make(&b, 201, "all", "");
    make(&b, 201, "blues", ",\"team\":\"blue\"");
    make(&b, 201, "ed.view", ",\"user\":\"ed\"");
    EXPECT_STR("all blues ed.view ", seen_by(&b, "ed"));
    EXPECT_STR("all blues ", seen_by(&b, "ann"));
    EXPECT_STR("blues ", seen_by(&b, "eve"));
    change(&b, 403, "PATCH", "blues", "{\"title\":\"x\"}");
    change(&b, 403, "DELETE", "blues", NULL);
    make(&b, 403, "more", ",\"team\":\"blue\"");
    bench_login(&b, "nix", PASSWORD);
    (void)bench_want(&b, 403, "GET", VIEWS, NULL);
    make(&b, 403, "nix.view", ",\"user\":\"nix\"");
    bench_fini(&b);
}

TEST(view, becomes_shared_and_ones_own_again)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ann", PASSWORD);
    make(&b, 201, "ann.view", ",\"user\":\"ann\"");
    change(&b, 403, "PATCH", "ann.view", "{\"user\":null}");
    bench_login(&b, "ed", PASSWORD);
    make(&b, 201, "ed.view", ",\"user\":\"ed\"");
    change(&b, 422, "PATCH", "ed.view", "{\"team\":\"blue\"}");
    change(&b, 200, "PATCH", "ed.view", "{\"user\":null,\"team\":\"blue\"}");
    EXPECT_STR("ed.view ", seen_by(&b, "eve"));
    bench_login(&b, "ed", PASSWORD);
    change(&b, 200, "PATCH", "ed.view", "{\"user\":\"ed\",\"team\":null}");
    EXPECT_STR("", seen_by(&b, "eve"));
    bench_login(&b, "ed", PASSWORD);
    change(&b, 200, "PATCH", "ed.view", "{\"user\":null}");
    EXPECT_STR("ann.view ed.view ", seen_by(&b, "ann"));
    change(&b, 403, "PATCH", "ed.view", "{\"user\":\"ann\"}");
    bench_fini(&b);
}

TEST(view, asks_only_what_reports_answer)
{
    static const struct {
        const char *members, *pointer;
    } rows[] = {
        {",\"group_by\":[\"colour\"]", "/group_by"},
        {",\"group_by\":[\"team\",\"team\"]", "/group_by"},
        {",\"group_by\":[\"team\",\"model\",\"vendor\",\"service\",\"route\"]", "/group_by"},
        {",\"filters\":{\"colour\":\"red\"}", "/filters"},
        {",\"measure\":\"joy\"", "/measure"},
        {",\"since\":\"soon\"", "/since"},
        {",\"since\":\"2y\"", "/since"},
        {",\"team\":\"green\"", "/team"},
    };
    struct bench b;
    begin(&b);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        const struct sl_node *n = bench_want(&b, 422, "POST", VIEWS,
                                             sl_fmt(b.a, "{\"name\":\"v\"%s}", rows[i].members).p);
        EXPECT_STR(rows[i].pointer,
                   bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    (void)bench_want(&b, 201, "POST", VIEWS,
                     "{\"name\":\"v\",\"group_by\":[\"team\",\"model\"],\"since\":\"30d\","
                     "\"measure\":\"cost\",\"filters\":{\"service\":\"orders\",\"model\":\"\"}}");
    (void)bench_want(&b, 422, "POST", VIEWS,
                     sl_fmt(b.a, "{\"name\":\"w\",\"filters\":{\"model\":\"%0513d\"}}", 1).p);
    (void)bench_want(&b, 201, "POST", VIEWS,
                     sl_fmt(b.a, "{\"name\":\"w\",\"filters\":{\"model\":\"%0512d\"}}", 1).p);
    bench_fini(&b);
}

TEST(view, of_ones_own_are_at_most_a_hundred)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ann", PASSWORD);
    for (int i = 0; i < 100; i++)
        make(&b, 201, sl_fmt(b.a, "ann.v%d", i).p, ",\"user\":\"ann\"");
    make(&b, 409, "ann.v100", ",\"user\":\"ann\"");
    change(&b, 200, "PATCH", "ann.v7", "{\"title\":\"still changed\"}");
    change(&b, 204, "DELETE", "ann.v8", NULL);
    make(&b, 201, "ann.v100", ",\"user\":\"ann\"");
    bench_login(&b, "bob", PASSWORD);
    make(&b, 201, "bob.view", ",\"user\":\"bob\"");
    bench_fini(&b);
}

TEST(view, of_a_user_goes_with_them_and_is_not_the_next_ones)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ann", PASSWORD);
    make(&b, 201, "ann.view", ",\"user\":\"ann\"");
    bench_login(&b, "root", PASSWORD);
    bench_header(&b, "if-match", SL_STR("*"));
    (void)bench_want(&b, 204, "DELETE", "/api/v1/users/ann", NULL);
    add_user(&b, "ann", "{\"role\":\"viewer\"}");
    EXPECT_STR("", seen_by(&b, "ann"));
    make(&b, 201, "ann.view", ",\"user\":\"ann\"");
    bench_fini(&b);
}

/* What the document does not have goes, but for what is somebody's own, which who applies does not know of. */
TEST(view, of_others_stays_when_documents_are_applied_with_pruning)
{
    struct bench b;
    begin(&b);
    bench_login(&b, "ann", PASSWORD);
    make(&b, 201, "ann.view", ",\"user\":\"ann\"");
    bench_login(&b, "ed", PASSWORD);
    make(&b, 201, "all", "");
    bench_login(&b, "root", PASSWORD);
    make(&b, 201, "root.view", ",\"user\":\"root\"");
    (void)bench_want(&b, 200, "POST", "/api/v1/apply",
                     "{\"documents\":[{\"views\":[{\"name\":\"kept\"}]}],\"prune\":true}");
    EXPECT_STR("kept ", seen_by(&b, "root"));
    EXPECT_STR("ann.view kept ", seen_by(&b, "ann"));
    bench_fini(&b);
}
