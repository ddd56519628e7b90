#include "codec/jsonw.h"
#include "codec/jsonscan.h"
#include "tests/test.h"

static struct sl_strbuf buf;

static struct sl_jsonw *start(struct sl_jsonw *w)
{
    sl_strbuf_fini(&buf);
    sl_jsonw_init(w, &buf);
    return w;
}

/* Compare, and give the memory back. */
#define EXPECT_WRITTEN(want)                   \
    do {                                       \
        EXPECT_STR(want, sl_strbuf_str(&buf)); \
        sl_strbuf_fini(&buf);                  \
    } while (0)

TEST(jsonw, puts_commas_where_they_belong)
{
    struct sl_jsonw w;
    start(&w);
    sl_jsonw_object(&w);
    sl_jsonw_key(&w, SL_STR("a"));
    sl_jsonw_array(&w);
    sl_jsonw_i64(&w, INT64_MIN);
    sl_jsonw_u64(&w, UINT64_MAX);
    sl_jsonw_object(&w);
    sl_jsonw_end(&w);
    sl_jsonw_array(&w);
    sl_jsonw_end(&w);
    sl_jsonw_null(&w);
    sl_jsonw_end(&w);
    sl_jsonw_key_str(&w, SL_STR("b\""), SL_STR("c"));
    sl_jsonw_key_bool(&w, SL_STR("d"), true);
    sl_jsonw_key_raw(&w, SL_STR("e"), SL_STR("1.10"));
    sl_jsonw_key_i64(&w, SL_STR("f"), -1);
    sl_jsonw_end(&w);
    EXPECT_WRITTEN("{\"a\":[-9223372036854775808,18446744073709551615,{},[],null],\"b\\\"\":\"c\","
                   "\"d\":true,\"e\":1.10,\"f\":-1}");
}

TEST(jsonw, escapes_what_must_be_and_nothing_else)
{
    struct sl_jsonw w;
    sl_jsonw_str(start(&w), SL_STR("\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80\0."));
    EXPECT_WRITTEN(
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\xf0\x9f\x98\x80\\u0000.\"");
    sl_jsonw_str(start(&w), SL_STR(""));
    EXPECT_WRITTEN("\"\"");
    sl_jsonw_str(start(&w), (sl_str){NULL, 0});
    EXPECT_WRITTEN("\"\"");
}

TEST(jsonw, replaces_ill_formed_utf8)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"a\xff"
         "b",
         "\"a\xef\xbf\xbd"
         "b\""},
        {"a\xe2\x82", "\"a\xef\xbf\xbd\""},
        {"\xf0\x9f\x98\"", "\"\xef\xbf\xbd\\\"\""},
        {"0123456789abcdef0123\xc3", "\"0123456789abcdef0123\xef\xbf\xbd\""},
    };
    struct sl_jsonw w;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_jsonw_str(start(&w), sl_cstr(rows[i].text));
        EXPECT_WRITTEN(rows[i].want);
    }
}

TEST(jsonw, any_bytes_come_out_as_valid_json_and_valid_text_comes_back)
{
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            char text[] = {'x', (char)a, (char)b, 'y'};
            struct sl_jsonw w;
            struct sl_jsonscan_info info;
            sl_jsonw_str(start(&w), (sl_str){text, sizeof(text)});
            EXPECT_EQ(SL_OK, sl_jsonscan(sl_strbuf_str(&buf), NULL, NULL, 0, NULL, &info));
            struct sl_json_range r = sl_json_range_top(sl_strbuf_str(&buf));
            if (a < 0x80 && b < 0x80)
                EXPECT(sl_json_range_text_eq(sl_strbuf_str(&buf), &r, (sl_str){text, 4}));
        }
    }
    sl_strbuf_fini(&buf);
}

TEST(jsonw, writes_exact_decimals)
{
    static const struct {
        int64_t v;
        unsigned scale;
        const char *want;
    } rows[] = {
        {-1250, 3, "-1.25"},
        {0, 9, "0"},
        {1, 9, "0.000000001"},
        {1000000000, 9, "1"},
        {7, 0, "7"},
        {-5, 1, "-0.5"},
        {INT64_MIN, 18, "-9.223372036854775808"},
    };
    struct sl_jsonw w;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_jsonw_decimal(start(&w), rows[i].v, rows[i].scale);
        EXPECT_WRITTEN(rows[i].want);
    }
}

TEST(jsonw, nests_as_deep_as_its_limit)
{
    struct sl_jsonw w;
    start(&w);
    for (int i = 0; i < SL_JSONW_DEPTH_MAX; i++)
        sl_jsonw_array(&w);
    for (int i = 0; i < SL_JSONW_DEPTH_MAX; i++)
        sl_jsonw_end(&w);
    EXPECT_EQ(2 * SL_JSONW_DEPTH_MAX, buf.n);
    sl_strbuf_fini(&buf);
}

/* Texts longer than a piece, with everything that is escaped at its borders, against one character at a time. */
TEST(jsonw, long_texts_are_escaped_like_their_characters)
{
    static const char *const marks[] = {"\"",   "\\",       "\n",   "\x01",
                                        "\x7f", "\xc3\xa9", "\xff", "\xe4\xb8"};
    char text[700];
    for (size_t k = 0; k < SL_LEN(marks); k++) {
        for (size_t at = 240; at < 280; at++) {
            struct sl_strbuf whole = {0}, parts = {0};
            size_t n = strlen(marks[k]);
            memset(text, 'a', sizeof(text));
            memcpy(text + at, marks[k], n);
            memcpy(text + 600, marks[k], n);
            sl_strbuf_add(&whole, SL_STR("x")); /* so that it has room at once, and then has not */
            sl_jsonw_escape(&whole, (sl_str){text, sizeof(text)});
            sl_jsonw_escape(&whole, (sl_str){text, sizeof(text)});
            sl_strbuf_add(&parts, SL_STR("x"));
            for (size_t i = 0; i < 2 * sizeof(text);) {
                size_t from = i % sizeof(text), len = from == at || from == 600 ? n : 1;
                sl_jsonw_escape(&parts, (sl_str){text + from, len});
                i += len;
            }
            EXPECT_STRS(sl_strbuf_str(&parts), sl_strbuf_str(&whole));
            sl_strbuf_fini(&whole);
            sl_strbuf_fini(&parts);
        }
    }
}
