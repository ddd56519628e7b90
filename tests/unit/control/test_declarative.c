#include "control/declarative.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct load {
    struct sl_arena *a; /* of the problems */
    struct sl_diag *d;
    struct sl_declarative l;
    sl_rc rc;
};

static struct load begin(void)
{
    struct load t = {.a = sl_arena_new("test", SL_MIB(16))};
    t.d = sl_arena_new_of(t.a, struct sl_diag);
    sl_diag_init(t.d, t.a);
    return t;
}

static struct load load_text(const char *text)
{
    struct load t = begin();
    t.rc = sl_declarative_parse(sl_cstr(text), SL_STR("test"), &t.l, t.d);
    return t;
}

static const struct sl_node *value(const struct load *t, const char *key)
{
    EXPECT_EQ(SL_OK, t->rc);
    return sl_node_get(t->l.documents[0], sl_cstr(key));
}

static void end(struct load *t)
{
    sl_declarative_fini(&t->l);
    sl_arena_free(t->a);
}

TEST(declarative, a_variable_becomes_its_value_within_a_text)
{
    setenv("SLUICE_TEST_NAME", "orders", 1);
    struct load t = load_text("a: \"http://${env:SLUICE_TEST_NAME}.local/\"\n");
    EXPECT_STR("http://orders.local/", value(&t, "a")->text);
    end(&t);
}

TEST(declarative, an_unquoted_variable_may_be_a_number_a_quoted_one_never)
{
    setenv("SLUICE_TEST_PORT", "8080", 1);
    struct load t = load_text("a: ${env:SLUICE_TEST_PORT}\nb: \"${env:SLUICE_TEST_PORT}\"\n");
    EXPECT_EQ(SL_NODE_NUMBER, value(&t, "a")->kind);
    EXPECT_EQ(SL_NODE_STRING, value(&t, "b")->kind);
    EXPECT_STR("8080", value(&t, "b")->text);
    end(&t);
}

TEST(declarative, a_default_stands_in_for_a_variable_that_is_not_set_or_empty)
{
    unsetenv("SLUICE_TEST_NONE");
    setenv("SLUICE_TEST_EMPTY", "", 1);
    struct load t = load_text("a: ${env:SLUICE_TEST_NONE:-x:-y}\nb: ${env:SLUICE_TEST_EMPTY:-z}\n");
    EXPECT_STR("x:-y", value(&t, "a")->text);
    EXPECT_STR("z", value(&t, "b")->text);
    end(&t);
}

TEST(declarative, what_cannot_be_substituted_is_named_with_its_place)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a: 1\nb: ${env:SLUICE_TEST_NONE}\n",
         "the environment variable SLUICE_TEST_NONE is not set"},
        {"a: 1\nb: ${file:/nonexistent/key}\n", "/nonexistent/key"},
        {"a: 1\nb: ${vault:x}\n", "vault:x"},
        {"a: 1\nb: \"${env:X\"\n", "}"},
    };
    unsetenv("SLUICE_TEST_NONE");
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct load t = load_text(cases[i].text);
        EXPECT_EQ(SL_E_CONFIG, t.rc);
        const struct sl_problem *p = &t.d->problems[t.d->count - 1];
        if (sl_str_find_str(p->message, sl_cstr(cases[i].message)) == SIZE_MAX)
            EXPECT_STR(cases[i].message, p->message);
        EXPECT_EQ(2, p->line);
        end(&t);
    }
}

TEST(declarative, two_dollars_keep_a_brace_literally)
{
    struct load t = load_text("a: \"$${env:HOME} and $5\"\n");
    EXPECT_STR("${env:HOME} and $5", value(&t, "a")->text);
    end(&t);
}

TEST(declarative, values_are_substituted_at_any_depth_and_in_every_document)
{
    setenv("SLUICE_TEST_NAME", "orders", 1);
    struct load t = load_text(
        "a: [{b: [x, \"${env:SLUICE_TEST_NAME}\"]}, y]\nz: \"${env:SLUICE_TEST_NAME}\"\n---\nc: \"${env:SLUICE_TEST_NAME}\"\n");
    EXPECT_EQ(2, t.l.count);
    const struct sl_node *b = sl_node_get(value(&t, "a")->children, SL_STR("b"));
    EXPECT_STR("orders", b->children->next->text);
    EXPECT_STR("orders", value(&t, "z")->text);
    EXPECT_STR("orders", sl_node_get(t.l.documents[1], SL_STR("c"))->text);
    end(&t);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    EXPECT(f != NULL);
    fputs(text, f);
    fclose(f);
}

static struct load load_path(const char *path)
{
    struct load t = begin();
    t.rc = sl_declarative_load(path, &t.l, t.d);
    return t;
}

TEST(declarative, a_directory_is_read_in_the_order_of_names_and_a_change_is_seen)
{
    char dir[] = "/tmp/sluice-declarative-XXXXXX", path[128];
    EXPECT(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/b.yaml", dir);
    write_file(path, "n: second\n");
    snprintf(path, sizeof(path), "%s/a.json", dir);
    write_file(path, "{\"n\": \"first\"}");
    struct load t = load_path(dir);
    EXPECT_EQ(SL_OK, t.rc);
    EXPECT_EQ(2, t.l.count);
    EXPECT_STR("first", sl_node_get(t.l.documents[0], SL_STR("n"))->text);
    EXPECT(!sl_declarative_changed(&t.l));
    write_file(path, "{\"n\": \"changed\"}");
    EXPECT(sl_declarative_changed(&t.l));
    unlink(path);
    EXPECT(sl_declarative_changed(&t.l));
    snprintf(path, sizeof(path), "%s/b.yaml", dir);
    unlink(path);
    rmdir(dir);
    end(&t);
}

TEST(declarative, the_last_line_end_of_a_secret_file_is_not_part_of_the_secret)
{
    char path[] = "/tmp/sluice-secret-XXXXXX", text[128];
    int fd = mkstemp(path);
    EXPECT(fd >= 0 && write(fd, "s3cret\n", 7) == 7);
    close(fd);
    snprintf(text, sizeof(text), "a: \"${file:%s}\"\n", path);
    struct load t = load_text(text);
    EXPECT_STR("s3cret", value(&t, "a")->text);
    unlink(path);
    end(&t);
}

TEST(declarative, a_missing_file_is_named)
{
    struct load t = load_path("/nonexistent/sluice.yaml");
    EXPECT_EQ(SL_E_CONFIG, t.rc);
    EXPECT_STR("/nonexistent/sluice.yaml", t.d->problems[0].file);
    end(&t);
}
