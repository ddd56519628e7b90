#include "codec/yaml.h"
#include "base/err.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "tests/test.h"

#include <stdio.h>

struct loaded {
    struct sl_arena *a;
    struct sl_diag d;
    const struct sl_node *docs;
    sl_rc rc;
};

static struct loaded *load_str(sl_str text, size_t limit_bytes)
{
    struct sl_arena *a = sl_arena_new("test", limit_bytes);
    struct loaded *l = sl_arena_new_of(a, struct loaded);
    l->a = a;
    sl_diag_init(&l->d, a);
    l->rc = sl_yaml_parse(text, SL_STR("x.yaml"), a, &l->d, &l->docs);
    return l;
}

static struct loaded *load(const char *text)
{
    return load_str(sl_cstr(text), 1000000);
}

/* The tree as one line: l[..] m{k=..} and scalars with a letter for their kind. */
static void show(const struct sl_node *n, struct sl_strbuf *b)
{
    static const char letters[] = {'0', 'b', 'n', 's', 'l', 'm'};
    sl_strbuf_add_char(b, letters[n->kind]);
    if (n->kind != SL_NODE_LIST && n->kind != SL_NODE_MAP) {
        sl_strbuf_addf(b, "'%.*s'", SL_STRF(n->text));
        return;
    }
    sl_strbuf_add_char(b, '(');
    for (const struct sl_node *c = n->children; c != NULL; c = c->next) {
        if (n->kind == SL_NODE_MAP)
            sl_strbuf_addf(b, "%.*s=", SL_STRF(c->key));
        show(c, b);
        if (c->next != NULL)
            sl_strbuf_add_char(b, ' ');
    }
    sl_strbuf_add_char(b, ')');
}

static void expect_tree(const char *want, const char *text)
{
    struct loaded *l = load(text);
    struct sl_strbuf b;
    sl_strbuf_init(&b, l->a, 0);
    if (l->rc != SL_OK)
        print_error("%s\n%.*s\n", text, SL_STRF(sl_problem_text(&l->d.problems[0], l->a)));
    EXPECT_EQ(SL_OK, l->rc);
    show(l->docs, &b);
    EXPECT_STR(want, sl_strbuf_str(&b));
    sl_arena_free(l->a);
}

TEST(yaml, reads_scalars_by_the_core_schema_of_1_2)
{
    expect_tree(
        "l(l(s'no' s'Off' s'y' s'12:30' s'1_000' s'0b1' s'1e' s'.' s'-' s'0x' s'+' s'tRue'))",
        "[no, Off, y, 12:30, 1_000, 0b1, 1e, ., \"-\", 0x, +, tRue]");
    expect_tree("l(l(b'true' b'false' 0'~' 0'Null' 0''))", "- True\n- FALSE\n- ~\n- Null\n-\n");
    expect_tree("l(l(n'1' n'-1.50' n'+.5' n'1.' n'1e-3' n'0o17' n'0xFf' n'-.inf' n'.NaN' n'007'))",
                "[1, -1.50, +.5, 1., 1e-3, 0o17, 0xFf, -.inf, .NaN, 007]");
    expect_tree("l(l(s'true' s'1' s'null' s''))", "[\"true\", '1', \"null\", '']");
    expect_tree("l(m(a=s'x\ny\n' b=s'x y\n'))", "a: |\n  x\n  y\nb: >\n  x\n  y\n");
}

TEST(yaml, several_documents_become_one_list)
{
    expect_tree("l(m(a=n'1') l(n'2') 0'')", "a: 1\n---\n- 2\n---\n");
    expect_tree("l()", "");
    expect_tree("l()", "# nothing\n");
}

TEST(yaml, gives_the_place_of_every_value)
{
    struct loaded *l = load("a:\n  - x\n  - \xc3\xa9: \"y\"\n");
    const struct sl_node *list = sl_node_get(l->docs->children, SL_STR("a"));
    EXPECT_EQ(2, list->line);
    EXPECT_EQ(3, list->column);
    const struct sl_node *y = list->children->next->children;
    EXPECT_EQ(3, y->line);
    EXPECT_EQ(8, y->column); /* characters, not bytes */
    EXPECT(y->is_quoted);
    EXPECT(!list->children->is_quoted);
    EXPECT_STR("x.yaml", y->file);
    sl_arena_free(l->a);
}

TEST(yaml, an_alias_is_a_copy_of_what_its_anchor_names)
{
    expect_tree("l(m(a=m(x=l(n'1' n'2')) b=m(x=l(n'1' n'2')) c=s'z' d=s'z'))",
                "a: &a\n  x: [1, 2]\nb: *a\nc: &z z\nd: *z\n");
    expect_tree("l(m(a=n'1' b=n'2' c=n'2'))", "a: &x 1\nb: &x 2\nc: *x\n");
    expect_tree("l(m(a=l() b=l(l() m())))", "a: &a []\nb: [*a, {}]\n");
}

TEST(yaml, refuses_with_place_and_remedy)
{
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"a: 1\nb: 2\na: 3\n",
         "x.yaml:3:4: a: is given twice; it is already in line 1: remove one of them"},
        {"a: !!str 1\n",
         "x.yaml:1:4: tags are not supported: remove it, or quote a text that begins with '!'"},
        {"a: !x {}\n",
         "x.yaml:1:4: tags are not supported: remove it, or quote a text that begins with '!'"},
        {"a: &a {}\nb:\n  <<: *a\n",
         "x.yaml:3:3: merge keys are not supported: write the members out"},
        {"? [1]\n: 2\n", "x.yaml:1:3: a name must be a text, not a list or a map: quote it"},
        {"&a b: 1\n", "x.yaml:1:1: a name cannot have an anchor: put it before the value"},
        {"a: &a b\n*a : 1\n", "x.yaml:2:1: an alias cannot be a name: write the name out"},
        {"a: *b\n", "x.yaml:1:4: there is no anchor of this name above: define it with '&'"},
        {"a: &a 1\n---\nb: *a\n",
         "x.yaml:3:4: there is no anchor of this name above: define it with '&'"},
        {"a: &a\n  - *a\n", "x.yaml:2:5: this alias stands inside of what it names: remove it"},
        {"a:\n\t- 1\n", "x.yaml:2:1: found character that cannot start any token: indent with "
                        "spaces (not tabs), and quote a text that begins with @, ` or %"},
        {"a: b: c\n", "x.yaml:1:5: mapping values are not allowed in this context: quote a text "
                      "that has ': ' in it, and check the indentation"},
        {"a: \"x\n", "x.yaml:2:1: found unexpected end of stream: close the quote"},
        {"a: \xff\n", " invalid leading UTF-8 octet at byte 3: save the file as UTF-8 text"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct loaded *l = load(rows[i].text);
        EXPECT_EQ(SL_E_CONFIG, l->rc);
        EXPECT_EQ(1, l->d.count);
        sl_str problem = sl_problem_text(&l->d.problems[0], l->a);
        EXPECT(sl_str_ends(problem, sl_str_trim(sl_cstr(rows[i].problem))));
        EXPECT(l->docs == NULL);
        sl_arena_free(l->a);
    }
}

TEST(yaml, ends_a_billion_laughs)
{
    struct loaded *l = load_str(SL_STR("a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                                       "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                                       "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                       "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                                       "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                                       "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"),
                                SL_MIB(64));
    EXPECT_EQ(SL_E_LIMIT, l->rc);
    EXPECT_STR("aliases stand for more than 100000 values: write fewer of them",
               l->d.problems[0].message);
    sl_arena_free(l->a);
}

TEST(yaml, limits_the_depth_also_through_aliases)
{
    char text[SL_NODE_DEPTH_MAX * 2 + 1] = {0};
    memset(text, '[', SL_NODE_DEPTH_MAX);
    memset(text + SL_NODE_DEPTH_MAX, ']', SL_NODE_DEPTH_MAX);
    struct loaded *l = load(text);
    EXPECT_EQ(SL_E_LIMIT, l->rc);
    sl_arena_free(l->a);
    text[SL_NODE_DEPTH_MAX * 2 - 1] = '\0';
    l = load(text + 1);
    EXPECT_EQ(SL_OK, l->rc);
    sl_arena_free(l->a);
    char nested[SL_NODE_DEPTH_MAX * 2 + 100];
    snprintf(nested, sizeof(nested), "- &a %.40s%.40s\n- %.40s*a%.40s\n", text,
             text + SL_NODE_DEPTH_MAX, text, text + SL_NODE_DEPTH_MAX);
    l = load(nested);
    EXPECT_EQ(SL_E_LIMIT, l->rc);
    sl_arena_free(l->a);
}

TEST(yaml, stops_at_the_arenas_limit)
{
    struct sl_arena *small = sl_arena_new("test", 2000);
    struct loaded *l = load("a: 1");
    struct sl_strbuf b;
    sl_strbuf_init(&b, l->a, 0);
    for (int i = 0; i < 100; i++)
        sl_strbuf_addf(&b, "name%d: value\n", i);
    EXPECT_EQ(SL_E_LIMIT, sl_yaml_parse(sl_strbuf_str(&b), SL_STR("x"), small, &l->d, &l->docs));
    sl_arena_free(small);
    sl_arena_free(l->a);
}

TEST(yaml, a_large_map_is_checked_for_duplicates_too)
{
    struct loaded *l = load("a: 1");
    struct sl_strbuf b;
    sl_strbuf_init(&b, l->a, 0);
    for (int i = 0; i < 1000; i++)
        sl_strbuf_addf(&b, "name%d: value\n", i);
    struct sl_arena *a = sl_arena_new("test", 1000000);
    EXPECT_EQ(SL_OK, sl_yaml_parse(sl_strbuf_str(&b), SL_STR("x"), a, &l->d, &l->docs));
    sl_strbuf_add(&b, SL_STR("name500: x\n"));
    EXPECT_EQ(SL_E_CONFIG, sl_yaml_parse(sl_strbuf_str(&b), SL_STR("x"), a, &l->d, &l->docs));
    EXPECT_EQ(1001, l->d.problems[0].line);
    sl_arena_free(a);
    sl_arena_free(l->a);
}
