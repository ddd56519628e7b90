#include "codec/markdown.h"
#include "base/err.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "tests/test.h"

static sl_str html(struct sl_arena *a, const char *text)
{
    sl_str ret;
    sl_markdown_init();
    EXPECT_EQ(SL_OK, sl_markdown_html(sl_cstr(text), a, &ret));
    return ret;
}

TEST(markdown, texts_tables_and_links_become_html)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    EXPECT_STR("", html(a, ""));
    EXPECT_STR("<h2>Pets</h2>\n<p><em>All</em> of <strong>them</strong>, <del>not</del></p>\n",
               html(a, "# Pets\n\n*All* of **them**, ~~not~~"));
    EXPECT_STR("<h3>a</h3>\n<h6>b</h6>\n", html(a, "## a\n\n###### b"));
    EXPECT_STR("<p><a href=\"https://a.example/?a=1&amp;b=2\">x</a></p>\n",
               html(a, "[x](https://a.example/?a=1&b=2)"));
    EXPECT_STR("<p><a href=\"#part\">x</a> <a href=\"/a:b\">y</a></p>\n",
               html(a, "[x](#part) [y](/a:b)"));
    EXPECT(sl_str_starts(html(a, "| a |\n|---|\n| 1 |"), SL_STR("<table>")));
    EXPECT_STR("<pre lang=\"sh\"><code>ls &lt;a&gt;\n</code></pre>\n",
               html(a, "```sh\nls <a>\n```"));
    sl_arena_free(a);
}

TEST(markdown, nothing_in_it_can_run)
{
    static const char *const bad[] = {
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](vbscript:msgbox)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "[x](&#106;avascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](<java\tscript:alert(1)>)",
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        sl_str out = html(a, bad[i]);
        EXPECT(sl_str_find_str(out, SL_STR("<script")) == SIZE_MAX);
        EXPECT(sl_str_find_str(out, SL_STR("onerror=")) == SIZE_MAX);
        EXPECT(sl_str_find_str(out, SL_STR("=\"javascript")) == SIZE_MAX);
        EXPECT(sl_str_find_str(out, SL_STR("script:")) == SIZE_MAX ||
               sl_str_find_str(out, SL_STR("href=\"j")) == SIZE_MAX);
        EXPECT(sl_str_find_str(out, SL_STR("=\"data:")) == SIZE_MAX);
        EXPECT(sl_str_find_str(out, SL_STR("=\"file:")) == SIZE_MAX);
    }
    EXPECT_STR("<!-- raw HTML omitted -->\n", html(a, "<script>alert(1)</script>"));
    EXPECT_STR("<p><a href=\"\">x</a></p>\n", html(a, "[x](JaVaScRiPt:alert(1))"));
    EXPECT_STR("<p><a href=\"\">x</a></p>\n", html(a, "[x](file:///etc/passwd)"));
    sl_arena_free(a);
}

TEST(markdown, texts_have_a_limit)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(16)), *small = sl_arena_new("test", 64);
    struct sl_strbuf b = {0};
    sl_str ret;
    while (b.n <= SL_MARKDOWN_BYTES_MAX)
        sl_strbuf_add(&b, SL_STR("[a](<b "));
    EXPECT_EQ(SL_E_LIMIT, sl_markdown_html(sl_strbuf_str(&b), a, &ret));
    EXPECT_EQ(SL_E_LIMIT,
              sl_markdown_html(
                  SL_STR("a text that is longer than the sixty-four bytes of its arena, by far"),
                  small, &ret));
    sl_strbuf_fini(&b);
    sl_arena_free(a);
    sl_arena_free(small);
}
