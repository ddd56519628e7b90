#include "control/look.h"
#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/control/bench.h"

static struct sl_colour colour(const char *text)
{
    struct sl_colour c = {0};
    EXPECT(sl_colour_read(sl_cstr(text), &c));
    return c;
}

TEST(look, reads_colours_of_six_digits)
{
    static const char *const bad[] = {"",
                                      "#",
                                      "#12345",
                                      "1234567",
                                      "#1234567",
                                      "#12345g",
                                      "#-12345",
                                      "red",
                                      "#12 456",
                                      "#\xff"
                                      "12345"};
    struct sl_colour c = colour("#0F766e");
    EXPECT_EQ(0x0f, c.red);
    EXPECT_EQ(0x76, c.green);
    EXPECT_EQ(0x6e, c.blue);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EXPECT(!sl_colour_read(sl_cstr(bad[i]), &c));
}

/* Values of the W3C's own examples and of its calculators. */
TEST(look, measures_contrast_as_wcag_does)
{
    static const struct {
        const char *a, *b;
        int permille;
    } cases[] = {
        {"#000000", "#ffffff", 21000}, {"#ffffff", "#ffffff", 1000}, {"#777777", "#ffffff", 4478},
        {"#767676", "#ffffff", 4542},  {"#0000ff", "#ffffff", 8592}, {"#ff0000", "#ffffff", 3998},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double c = sl_colour_contrast(colour(cases[i].a), colour(cases[i].b)) * 1000;
        EXPECT(c > cases[i].permille - 2 && c < cases[i].permille + 2);
    }
}

TEST(look, finds_for_each_colour_one_that_can_be_read)
{
    for (int i = 0; i < 4096; i++) {
        struct sl_colour c = {(uint8_t)((i >> 8) * 17), (uint8_t)((i >> 4 & 15) * 17),
                              (uint8_t)((i & 15) * 17)};
        EXPECT(sl_look_contrast(sl_look_readable(c, SL_THEME_LIGHT), SL_THEME_LIGHT) >=
               SL_LOOK_CONTRAST);
        EXPECT(sl_look_contrast(sl_look_readable(c, SL_THEME_DARK), SL_THEME_DARK) >=
               SL_LOOK_CONTRAST);
    }
}

TEST(look, the_consoles_own_colours_can_be_read)
{
    EXPECT(sl_look_contrast(colour("#0f766e"), SL_THEME_LIGHT) >= SL_LOOK_CONTRAST);
    EXPECT(sl_look_contrast(colour("#2dd4bf"), SL_THEME_DARK) >= SL_LOOK_CONTRAST);
}

#define PNG "data:image/png;base64,iVBORw0KGgo="
#define SVG "data:image/svg+xml;base64,PHN2Zy8+"

TEST(look, takes_pictures_that_are_what_they_say)
{
    static const struct {
        const char *text;
        bool is_good;
    } cases[] = {
        {PNG, true},
        {SVG, true},
        {"data:image/jpeg;base64,/9j/4A==", true},
        {"data:image/webp;base64,UklGRgAAAABXRUJQVlA4IA==", true},
        {"data:image/jpeg;base64,iVBORw0KGgo=", false},
        {"data:image/svg+xml;base64,iVBORw0KGgo=", false},
        {"data:image/svg+xml;base64,PHA+", false},
        {"data:image/gif;base64,R0lGODlh", false},
        {"data:text/html;base64,PHN2Zy8+", false},
        {"data:image/png;base64,iVBORw0KGgo", false},
        {"data:image/png;base64,", false},
        {"data:image/png,iVBORw0KGgo=", false},
        {"https://example.com/logo.png", false},
        {"", false},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    const char *type;
    sl_str bytes;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        EXPECT(cases[i].is_good ==
               (sl_logo_read(sl_cstr(cases[i].text), a, &type, &bytes) == NULL));
    for (size_t n = 0; n < sizeof(PNG) - 1; n++)
        EXPECT(sl_logo_read(sl_str_of(PNG, n), a, &type, &bytes) != NULL);
    sl_arena_free(a);
}

TEST(look, a_logo_has_a_limit)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(4));
    size_t n = (size_t)SL_LOGO_BYTES_MAX / 3 * 4 + 8;
    char *text = sl_arena_array(a, char, n + 64);
    const char *type, head[] = "data:image/png;base64,iVBORw0KGgoA";
    sl_str bytes;
    memset(text, 'A', n + 64);
    memcpy(text, head, sizeof(head) - 1);
    size_t start = sizeof("data:image/png;base64,") - 1;
    EXPECT(sl_logo_read(sl_str_of(text, start + n), a, &type, &bytes) != NULL);
    EXPECT(sl_logo_read(sl_str_of(text, start + n - 8), a, &type, &bytes) == NULL);
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ the noun */

#define P "/api/v1/portals"

TEST(look, what_cannot_be_read_or_shown_is_refused_with_what_would_do)
{
    static const struct {
        const char *member, *pointer;
    } cases[] = {
        {"\"name\":\"other\"", "/name"},
        {"\"name\":\"default\",\"accent\":\"red\"", "/accent"},
        {"\"name\":\"default\",\"accent\":\"#ffee00\"", "/accent"},
        {"\"name\":\"default\",\"accent_dark\":\"#0f766e\"", "/accent_dark"},
        {"\"name\":\"default\",\"logo\":\"https://example.com/x.png\"", "/logo"},
        {"\"name\":\"default\",\"links\":[{\"text\":\"x\",\"url\":\"javascript:alert(1)\"}]",
         "/links/0/url"},
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sl_node *n =
            bench_want(&b, 422, "POST", P, sl_fmt(b.a, "{%s}", cases[i].member).p);
        const struct sl_node *first = sl_node_get(n, SL_STR("errors"))->children;
        EXPECT_STR(cases[i].pointer, bench_text(first, "pointer"));
        if (i == 2)
            EXPECT(sl_str_find_str(bench_text(first, "detail"), SL_STR("#")) != SIZE_MAX);
    }
    bench_fini(&b);
}

TEST(look, everybody_is_told_how_the_portal_looks)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(&b, 404, "GET", "/api/v1/portal/logo", NULL);
    const struct sl_node *n = bench_want(&b, 200, "GET", "/api/v1/portal", NULL);
    EXPECT(n->children == NULL);
    (void)bench_want(&b, 201, "POST", P,
                     "{\"name\":\"default\",\"title\":\"Acme\",\"welcome\":\"**Hi** <script>\","
                     "\"footer\":\"(c)\",\"accent\":\"#7A2EA0\",\"logo\":\"" SVG "\","
                     "\"links\":[{\"text\":\"Help\",\"url\":\"mailto:help@example.com\"}]}");
    (void)bench_want(&b, 409, "POST", P, "{\"name\":\"default\"}");
    b.is_local = false;
    n = bench_want(&b, 200, "GET", "/api/v1/portal", NULL);
    EXPECT_STR("Acme", bench_text(n, "title"));
    EXPECT_STR("(c)", bench_text(n, "footer"));
    EXPECT_STR("#7a2ea0", bench_text(n, "accent"));
    EXPECT_EQ(7, bench_text(n, "accent_dark").n);
    EXPECT(sl_str_find_str(bench_text(n, "welcome_html"), SL_STR("<strong>Hi</strong>")) !=
           SIZE_MAX);
    EXPECT_EQ(SIZE_MAX, sl_str_find_str(bench_text(n, "welcome_html"), SL_STR("<script")));
    EXPECT_STR("/api/v1/portal/logo?revision=1", bench_text(n, "logo"));
    struct sl_api_answer a = bench_call(&b, "GET", "/api/v1/portal/logo?revision=1", NULL);
    EXPECT_EQ(200, a.status);
    EXPECT_STR("image/svg+xml", a.type);
    EXPECT_STR("<svg/>", a.body);
    EXPECT(sl_str_find_str(bench_header_of(&a, "content-security-policy"), SL_STR("sandbox")) !=
           SIZE_MAX);
    (void)bench_want(&b, 401, "GET", P, NULL);
    bench_fini(&b);
}

static sl_str title_for(struct bench *b, const char *language)
{
    return bench_text(
        bench_want(b, 200, "GET", sl_fmt(b->a, "/api/v1/portal?language=%s", language).p, NULL),
        "title");
}

TEST(look, texts_are_in_the_visitors_language_or_the_nearest_there_is)
{
    struct bench b;
    bench_init(&b);
    (void)bench_want(
        &b, 201, "POST", P,
        "{\"name\":\"default\",\"title\":\"Own\",\"footer\":\"Foot\",\"translations\":["
        "{\"language\":\"zh-CN\",\"title\":\"Z\",\"welcome\":\"**W**\"},"
        "{\"language\":\"de-AT\",\"title\":\"A\"},{\"language\":\"de\",\"title\":\"D\"},"
        "{\"language\":\"pt-BR\",\"footer\":\"F\"}]}");
    static const struct {
        const char *language, *title;
    } rows[] = {{"zh-CN", "Z"}, {"ZH-cn", "Z"},   {"zh", "Z"},  {"zh-TW", "Z"}, {"de", "D"},
                {"de-DE", "D"}, {"de-AT", "A"},   {"d", "Own"}, {"dex", "Own"}, {"pt", "Own"},
                {"fr", "Own"},  {"zh-CN-x", "Z"}, {"", "Own"}};
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].title, title_for(&b, rows[i].language));
    EXPECT_STR("Own", bench_text(bench_want(&b, 200, "GET", "/api/v1/portal", NULL), "title"));
    const struct sl_node *n = bench_want(&b, 200, "GET", "/api/v1/portal?language=zh-CN", NULL);
    EXPECT_STR("Foot", bench_text(n, "footer")); /* it has none of its own */
    EXPECT_STR("zh-CN", bench_text(n, "language"));
    EXPECT_STR("<p><strong>W</strong></p>\n", bench_text(n, "welcome_html"));
    EXPECT(sl_node_get(n, SL_STR("translations")) == NULL);
    bench_fini(&b);
}

TEST(look, translations_are_each_of_another_language)
{
    static const struct {
        const char *list, *pointer;
    } bad[] = {
        {"[{\"language\":\"de\"},{\"language\":\"DE\"}]", "/translations/1/language"},
        {"[{\"language\":\"d e\"}]", "/translations/0/language"},
        {"[{\"language\":\"-de\"}]", "/translations/0/language"},
        {"[{\"language\":\"de-\"}]", "/translations/0/language"},
        {"[{\"title\":\"x\"}]", "/translations/0/language"},
        {"[{\"language\":\"de\",\"links\":[{\"text\":\"x\",\"url\":\"javascript:1\"}]}]",
         "/translations/0/links/0/url"},
    };
    struct bench b;
    bench_init(&b);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        const struct sl_node *n =
            bench_want(&b, 422, "POST", P,
                       sl_fmt(b.a, "{\"name\":\"default\",\"translations\":%s}", bad[i].list).p);
        EXPECT_STR(bad[i].pointer,
                   bench_text(sl_node_get(n, SL_STR("errors"))->children, "pointer"));
    }
    bench_fini(&b);
}
