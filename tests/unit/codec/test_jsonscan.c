#include "codec/jsonscan.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "codec/blockscan.h"
#include "tests/test.h"
#include "tests/watched.h"

static const sl_str names[] = {
    SL_STR_INIT("model"),    SL_STR_INIT("stream"),     SL_STR_INIT("stream_options.include_usage"),
    SL_STR_INIT("messages"), SL_STR_INIT("max_tokens"),
};
enum { MODEL, STREAM, INCLUDE_USAGE, MESSAGES, MAX_TOKENS, NAMES };

struct result {
    sl_rc rc;
    struct sl_json_range r[NAMES];
    struct sl_jsonscan_info info;
};

/* The text is copied to the heap, so that the sanitizer sees every read outside of it. */
static struct result scan(sl_str text)
{
    struct result res;
    char *copy = sl_calloc(1, text.n + (text.n == 0));
    if (text.n != 0)
        memcpy(copy, text.p, text.n);
    res.rc = sl_jsonscan((sl_str){copy, text.n}, NULL, names, NAMES, res.r, &res.info);
    sl_free(copy);
    return res;
}

TEST(jsonscan, accepts_what_rfc_8259_allows)
{
    static const char *const good[] = {
        "{}",
        "[]",
        " \t\r\n1 ",
        "\"\"",
        "0",
        "-0",
        "-0.0e-0",
        "1E400",
        "12345678901234567890",
        "1.10",
        "true",
        "false",
        "null",
        "[1,[2,[]],{}]",
        "{\"a\":{\"b\":[null]}}",
        "{\"\":0}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"",
        "\"\\u0000\"",
        "\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\"",
        "{\"a\":1,\"a\":2}",
    };
    for (size_t i = 0; i < SL_LEN(good); i++) {
        struct result res = scan(sl_cstr(good[i]));
        if (res.rc != SL_OK)
            print_error("%s: %s\n", good[i], res.info.reason);
        EXPECT_EQ(SL_OK, res.rc);
        EXPECT(res.info.reason == NULL);
    }
}

TEST(jsonscan, refuses_what_rfc_8259_does_not_allow_and_says_where)
{
    static const struct {
        const char *text;
        size_t at;
        const char *reason;
    } bad[] = {
        {"", 0, "unexpected end"},
        {"  ", 2, "unexpected end"},
        {"{", 1, "unexpected end"},
        {"[", 1, "unexpected end"},
        {"tru", 3, "unexpected end"},
        {"\"abc", 4, "unexpected end"},
        {"\"\\", 1, "unexpected end"},
        {"-", 1, "unexpected end"},
        {"1.", 2, "unexpected end"},
        {"{\"a\"", 4, "unexpected end"},
        {"[1,", 3, "unexpected end"},
        {"1e", 2, "unexpected end"},
        {"trux", 0, "expected a value"},
        {"nul!", 0, "expected a value"},
        {"+1", 0, "expected a value"},
        {".5", 0, "expected a value"},
        {"NaN", 0, "expected a value"},
        {"'a'", 0, "expected a value"},
        {"[1,]", 3, "expected a value"},
        {"[,1]", 1, "expected a value"},
        {"{\"a\":}", 5, "expected a value"},
        {"-a", 1, "expected a digit"},
        {"1.x", 2, "expected a digit after the point"},
        {"1e+x", 3, "expected a digit in the exponent"},
        {"01", 1, "unexpected text after the value"},
        {"{} {}", 3, "unexpected text after the value"},
        {"{}//", 2, "unexpected text after the value"},
        {"{a:1}", 1, "expected a member name in quotes"},
        {"{\"a\":1,}", 7, "expected a member name in quotes"},
        {"{\"a\" 1}", 5, "expected ':'"},
        {"{\"a\":1 \"b\":2}", 7, "expected ',' or '}'"},
        {"{\"a\":1]", 6, "expected ',' or '}'"},
        {"[1 2]", 3, "expected ',' or ']'"},
        {"[1}", 2, "expected ',' or ']'"},
        {"\"\\x\"", 1, "malformed escape"},
        {"\"\\u12g4\"", 1, "malformed escape"},
        {"\"\\u12\"", 1, "malformed escape"},
        {"\"a\nb\"", 2, "control character in a string"},
        {"\"\x1f\"", 1, "control character in a string"},
        {"\"\x80\"", 1, "invalid UTF-8"},
        {"\"\xc0\xaf\"", 1, "invalid UTF-8"},
        {"\"\xe0\x80\xaf\"", 1, "invalid UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},
        {"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},
        {"\"\xf0\x80\x80\x80\"", 1, "invalid UTF-8"},
        {"\"\xe2\x82\"", 1, "invalid UTF-8"},
        {"\"\xf0\x9f\x98\"", 1, "invalid UTF-8"},
        {"\"\xc3", 1, "invalid UTF-8"},
        {"\xef\xbb\xbf{}", 0, "starts with a byte order mark"},
    };
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        struct result res = scan(sl_cstr(bad[i].text));
        if (res.info.reason == NULL || res.info.error_at != bad[i].at)
            print_error("%s\n", bad[i].text);
        EXPECT_EQ(SL_E_SYNTAX, res.rc);
        EXPECT_STR(bad[i].reason, sl_cstr(res.info.reason));
        EXPECT_EQ(bad[i].at, res.info.error_at);
    }
}

TEST(jsonscan, refuses_a_nul_in_and_outside_of_strings)
{
    EXPECT_EQ(SL_E_SYNTAX, scan(SL_STR("{}\0")).rc);
    EXPECT_EQ(SL_E_SYNTAX, scan(SL_STR("\"\0\"")).rc);
    EXPECT_EQ(SL_E_SYNTAX, scan(SL_STR("\"\\\0\"")).rc);
}

TEST(jsonscan, limits_the_depth)
{
    char text[2 * SL_JSONSCAN_DEPTH_MAX + 2];
    static const uint32_t limits[] = {1, 2, 63, 64, 65, SL_JSONSCAN_DEPTH_MAX};
    for (size_t i = 0; i < SL_LEN(limits); i++) {
        struct sl_jsonscan_limits limit = {.depth_max = limits[i]};
        struct sl_jsonscan_info info;
        uint32_t n = limits[i];
        memset(text, '[', n + 1);
        memset(text + n + 1, ']', n + 1);
        EXPECT_EQ(SL_E_LIMIT,
                  sl_jsonscan(sl_str_of(text, 2 * n + 2), &limit, NULL, 0, NULL, &info));
        EXPECT_EQ(n, info.error_at);
        EXPECT_EQ(SL_OK, sl_jsonscan(sl_str_of(text + 1, 2 * n), &limit, NULL, 0, NULL, &info));
    }
}

TEST(jsonscan, the_default_depth_is_256)
{
    char text[2 * SL_JSONSCAN_DEPTH + 2];
    memset(text, '[', SL_JSONSCAN_DEPTH + 1);
    memset(text + SL_JSONSCAN_DEPTH + 1, ']', SL_JSONSCAN_DEPTH + 1);
    EXPECT_EQ(SL_E_LIMIT, scan(sl_str_of(text, sizeof(text))).rc);
    EXPECT_EQ(SL_OK, scan(sl_str_of(text + 1, sizeof(text) - 2)).rc);
}

TEST(jsonscan, a_closing_bracket_must_match_at_every_depth)
{
    EXPECT_EQ(SL_OK, scan(SL_STR("[{\"a\":[{\"b\":[]}]}]")).rc);
    EXPECT_EQ(SL_E_SYNTAX, scan(SL_STR("[{\"a\":[{\"b\":[}]}]}]")).rc);
    EXPECT_EQ(SL_E_SYNTAX, scan(SL_STR("[{\"a\":[{\"b\":[]]}]}]")).rc);
}

TEST(jsonscan, finds_wanted_members_and_only_those)
{
    sl_str text = SL_STR("{ \"model\" : \"gpt-5\" ,\"x\":{\"model\":1,\"include_usage\":2},"
                         "\"stream_options\":{\"include_usage\":true,\"model\":3},\"stream\":false,"
                         "\"messages\":[{\"model\":4}],\"stream_options.include_usage\":5}");
    struct result res = scan(text);
    EXPECT_EQ(SL_OK, res.rc);
    EXPECT_STR("\"gpt-5\"", sl_json_range_text(text, &res.r[MODEL]));
    EXPECT_EQ(2, res.r[MODEL].key_at);
    EXPECT_EQ(7, res.r[MODEL].key_n);
    EXPECT_EQ(SL_JSON_STRING, res.r[MODEL].kind);
    EXPECT_EQ(1, res.r[MODEL].count);
    EXPECT_STR("true", sl_json_range_text(text, &res.r[INCLUDE_USAGE]));
    EXPECT_EQ(1, res.r[INCLUDE_USAGE].parent_count);
    EXPECT_EQ(SL_JSON_FALSE, res.r[STREAM].kind);
    EXPECT_STR("[{\"model\":4}]", sl_json_range_text(text, &res.r[MESSAGES]));
    EXPECT(!res.r[MAX_TOKENS].is_present);
    EXPECT(!res.info.has_duplicate);
    EXPECT(!res.info.has_lookalike);
    EXPECT_EQ(6, res.info.member_count);
    EXPECT_EQ(1, res.info.body_at);
}

TEST(jsonscan, compares_names_decoded)
{
    sl_str text =
        SL_STR("{\"mod\\u0065l\":1,\"stream\\u005foptions\":{\"\\u0069nclude_usage\":2}}");
    struct result res = scan(text);
    EXPECT_STR("1", sl_json_range_text(text, &res.r[MODEL]));
    EXPECT_STR("2", sl_json_range_text(text, &res.r[INCLUDE_USAGE]));
}

TEST(jsonscan, sees_duplicates_of_wanted_members_and_of_their_parents)
{
    static const struct {
        const char *text;
        size_t at;
    } twice[] = {
        {"{\"model\":1,\"model\":2}", 11},
        {"{\"model\":1,\"mo\\u0064el\":2}", 11},
        {"{\"stream_options\":{\"include_usage\":1,\"include_usage\":2}}", 37},
        {"{\"stream_options\":{\"include_usage\":1},\"stream_options\":{}}", 38},
        {"{\"stream_options\":1,\"stream_options\":{}}", 20},
    };
    for (size_t i = 0; i < SL_LEN(twice); i++) {
        struct result res = scan(sl_cstr(twice[i].text));
        EXPECT_EQ(SL_OK, res.rc);
        EXPECT(res.info.has_duplicate);
        EXPECT_EQ(twice[i].at, res.info.duplicate_at);
    }
    EXPECT_EQ(2, scan(sl_cstr(twice[0].text)).r[MODEL].count);
    EXPECT(!scan(SL_STR("{\"a\":1,\"a\":2,\"x\":{\"model\":1,\"model\":1}}")).info.has_duplicate);
}

TEST(jsonscan, the_first_of_two_members_is_the_one_in_the_range)
{
    sl_str text = SL_STR("{\"model\":1,\"model\":22}");
    struct result res = scan(text);
    EXPECT_STR("1", sl_json_range_text(text, &res.r[MODEL]));
}

TEST(jsonscan, sees_names_that_differ_only_in_case)
{
    static const char *const alike[] = {
        "{\"MODEL\":1}",
        "{\"\\u004dodel\":1}",
        "{\"\xc5\xbftream\":1}",
        "{\"\\u017ftream\":1}",
        "{\"max_to\342\204\252en\305\277\":1}",
        "{\"Stream_options\":1}",
        "{\"stream_options\":{\"Include_Usage\":1}}",
    };
    for (size_t i = 0; i < SL_LEN(alike); i++)
        EXPECT(scan(sl_cstr(alike[i])).info.has_lookalike);
    EXPECT(!scan(SL_STR("{\"model\":1,\"models\":1,\"x\":{\"MODEL\":1}}")).info.has_lookalike);
}

TEST(jsonscan, flags_lone_surrogates)
{
    static const char *const lone[] = {"\"\\ud800\"",    "\"\\udc00\"",  "\"\\ud800\\ud800\"",
                                       "\"\\ud800\\n\"", "\"\\ud800x\"", "\"\\udc00\\ud800\""};
    for (size_t i = 0; i < SL_LEN(lone); i++) {
        struct result res = scan(sl_cstr(lone[i]));
        EXPECT_EQ(SL_OK, res.rc);
        EXPECT(res.info.has_lone_surrogate);
    }
    EXPECT(!scan(SL_STR("\"\\ud83d\\ude00\"")).info.has_lone_surrogate);
}

TEST(jsonscan, tells_what_the_top_is)
{
    EXPECT_EQ(SL_JSON_ARRAY, scan(SL_STR(" [1]")).info.kind);
    EXPECT_EQ(1, scan(SL_STR(" [1]")).info.top_at);
    EXPECT_EQ(2, scan(SL_STR(" [1]")).info.body_at);
    EXPECT(!scan(SL_STR("[1]")).info.is_empty);
    EXPECT(scan(SL_STR("{ }")).info.is_empty);
    EXPECT(!scan(SL_STR("{\"a\":{}}")).info.is_empty);
    EXPECT(!scan(SL_STR("[[]]")).info.is_empty);
    EXPECT_EQ(SL_JSON_STRING, scan(SL_STR("\"model\"")).info.kind);
}

TEST(jsonscan, a_cut_text_is_never_accepted)
{
    sl_str text =
        SL_STR("{\"model\":\"a\\u00e9\xc3\xa9\",\"n\":[-1.5e+3,true,false,null,{\"b\":{}}]}");
    EXPECT_EQ(SL_OK, scan(text).rc);
    for (size_t n = 0; n < text.n; n++)
        EXPECT_EQ(SL_E_SYNTAX, scan(sl_str_head(text, n)).rc);
}

TEST(jsonscan, iterates_over_members_and_elements)
{
    sl_str text = SL_STR(" { \"a\" : [ 1 , \"]\" ,{\"x\":\"}\"} ] , \"b\\\"\":true,\"c\":{ } } ");
    struct sl_json_range top = sl_json_range_top(text), r, e;
    struct sl_json_iter it, in;
    sl_json_iter_init(&it, text, &top);
    EXPECT(sl_json_iter_next(&it, &r));
    EXPECT(sl_json_range_key_eq(text, &r, SL_STR("a")));
    EXPECT_STR("[ 1 , \"]\" ,{\"x\":\"}\"} ]", sl_json_range_text(text, &r));
    sl_json_iter_init(&in, text, &r);
    EXPECT(sl_json_iter_next(&in, &e));
    EXPECT_STR("1", sl_json_range_text(text, &e));
    EXPECT(sl_json_iter_next(&in, &e));
    EXPECT_STR("\"]\"", sl_json_range_text(text, &e));
    EXPECT(sl_json_iter_next(&in, &e));
    EXPECT_EQ(SL_JSON_OBJECT, e.kind);
    EXPECT(!sl_json_iter_next(&in, &e));
    EXPECT(sl_json_iter_next(&it, &r));
    EXPECT(sl_json_range_key_eq(text, &r, SL_STR("b\"")));
    EXPECT_EQ(SL_JSON_TRUE, r.kind);
    EXPECT(sl_json_iter_next(&it, &r));
    EXPECT_STR("{ }", sl_json_range_text(text, &r));
    sl_json_iter_init(&in, text, &r);
    EXPECT(!sl_json_iter_next(&in, &e));
    EXPECT(!sl_json_iter_next(&it, &r));
    EXPECT(!sl_json_iter_next(&it, &r));
}

TEST(jsonscan, gets_members_by_decoded_name)
{
    sl_str text = SL_STR("{\"a\":1,\"\\u0062\":{\"c\":\"d\\ne\"}}");
    struct sl_json_range top = sl_json_range_top(text), b, c;
    EXPECT(sl_json_range_get(text, &top, SL_STR("b"), &b));
    EXPECT(sl_json_range_get(text, &b, SL_STR("c"), &c));
    EXPECT(sl_json_range_text_eq(text, &c, SL_STR("d\ne")));
    EXPECT(!sl_json_range_text_eq(text, &c, SL_STR("d\nee")));
    EXPECT(!sl_json_range_text_eq(text, &c, SL_STR("d\n")));
    EXPECT(!sl_json_range_get(text, &top, SL_STR("c"), &c));
    EXPECT(!sl_json_range_get(text, &c, SL_STR("c"), &c));
}

TEST(jsonscan, reads_integers_that_fit_and_booleans)
{
    sl_str text = SL_STR("[-9223372036854775808,9223372036854775808,1.0,\"1\",true,false,null]");
    struct sl_json_range top = sl_json_range_top(text), r;
    struct sl_json_iter it;
    int64_t v = 0;
    bool is_on = false;
    sl_json_iter_init(&it, text, &top);
    EXPECT(sl_json_iter_next(&it, &r));
    EXPECT(sl_json_range_i64(text, &r, &v));
    EXPECT_EQ(INT64_MIN, v);
    for (int i = 0; i < 3; i++) {
        EXPECT(sl_json_iter_next(&it, &r));
        EXPECT(!sl_json_range_i64(text, &r, &v));
    }
    EXPECT(!sl_json_range_bool(&r, &is_on));
    EXPECT(sl_json_iter_next(&it, &r) && sl_json_range_bool(&r, &is_on) && is_on);
    EXPECT(sl_json_iter_next(&it, &r) && sl_json_range_bool(&r, &is_on) && !is_on);
    EXPECT(sl_json_iter_next(&it, &r) && !sl_json_range_bool(&r, &is_on));
}

TEST(jsonscan, decodes_strings_and_leaves_clean_ones_in_place)
{
    static const struct {
        const char *raw, *want;
    } rows[] = {
        {"\"\"", ""},
        {"\"abc\"", "abc"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"a\\u00e9\\u20ac\\ud83d\\ude00z\"", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"},
        {"\"\\ud800x\\udc00\"", "\xef\xbf\xbdx\xef\xbf\xbd"},
        {"\"\\ud800\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
    };
    struct sl_arena *a = sl_arena_new("test", 1000);
    sl_str got;
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_EQ(SL_OK, sl_json_string_decode(sl_cstr(rows[i].raw), a, &got));
        EXPECT_STR(rows[i].want, got);
    }
    EXPECT_EQ(SL_OK, sl_json_string_decode(sl_cstr(rows[1].raw), a, &got));
    EXPECT(got.p == rows[1].raw + 1);
    EXPECT_EQ(SL_E_SYNTAX, sl_json_string_decode(SL_STR("abc"), a, &got));
    sl_arena_free(a);
}

TEST(jsonscan, decoding_stops_at_the_arenas_limit)
{
    struct sl_arena *a = sl_arena_new("test", 4);
    sl_str got;
    EXPECT_EQ(SL_E_LIMIT, sl_json_string_decode(SL_STR("\"\\nabcdef\""), a, &got));
    sl_arena_free(a);
}

/* Every byte value at every place of texts around the block sizes. */
TEST(bytescan, both_paths_stop_at_the_same_byte)
{
    for (size_t n = 1; n <= 40; n++) {
        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                char text[40];
                memset(text, 'a', sizeof(text));
                text[at] = (char)c;
                const char *end = text + n;
                EXPECT(sl_scan_plain(text, end) == sl_scan_plain_portable(text, end));
                EXPECT(sl_scan_eol(text, end) == sl_scan_eol_portable(text, end));
                EXPECT(sl_scan_plain(text, end) == (sl_scan_is_plain((char)c) ? end : text + at));
                if (n >= SL_SCAN_STEP)
                    EXPECT_EQ(sl_scan_plain_step_portable(text), sl_scan_plain_step(text));
                if (n >= SL_SCAN_STEP)
                    EXPECT_EQ(sl_scan_backslash_step_portable(text), sl_scan_backslash_step(text));
                EXPECT(sl_scan_eol(text, end) == (c == '\n' || c == '\r' ? text + at : end));
            }
        }
    }
}

TEST(blockscan, both_paths_see_the_same_bits)
{
    for (int at = 0; at < SL_BLOCK_BYTES; at++) {
        for (int c = 0; c < 256; c++) {
            char block[SL_BLOCK_BYTES];
            uint64_t bit = UINT64_C(1) << at;
            bool is_odd = c < 0x20 || c >= 0x80, is_bracket = c == '[' || c == '{';
            memset(block, 'a', sizeof(block));
            block[at] = (char)c;
            EXPECT_EQ(sl_block_eq(block, '"', 0), c == '"' ? bit : 0);
            EXPECT_EQ(sl_block_eq_portable(block, '"', 0), c == '"' ? bit : 0);
            EXPECT_EQ(sl_block_eq(block, '[', 0x20), is_bracket ? bit : 0);
            EXPECT_EQ(sl_block_eq_portable(block, '[', 0x20), is_bracket ? bit : 0);
            EXPECT_EQ(sl_block_odd(block), is_odd ? bit : 0);
            EXPECT_EQ(sl_block_odd_portable(block), is_odd ? bit : 0);
        }
    }
}

static void expect_text(const struct sl_block_text *b, uint64_t bit, char c)
{
    EXPECT_EQ(b->quotes, c == '"' ? bit : 0);
    EXPECT_EQ(b->backslashes, c == '\\' ? bit : 0);
    EXPECT_EQ(b->odd, (signed char)c < 0x20 ? bit : 0);
    EXPECT_EQ(b->letters, c == '"' || c == '\\' || c == 'n' || c == 't' ? bit : 0);
}

TEST(blockscan, one_look_sees_what_single_ones_do_narrow_or_wide)
{
    for (int at = 0; at < SL_BLOCK_BYTES; at++) {
        for (int c = 0; c < 256; c++) {
            char block[SL_BLOCK_BYTES];
            struct sl_block_text b;
            memset(block, 'a', sizeof(block));
            block[at] = (char)c;
            sl_block_text(block, &b);
            expect_text(&b, UINT64_C(1) << at, (char)c);
#if defined(SL_BLOCK_HAS_WIDE)
            if (__builtin_cpu_supports("avx2")) {
                sl_block_text_wide(block, &b);
                expect_text(&b, UINT64_C(1) << at, (char)c);
            }
#endif
        }
    }
}

TEST(blockscan, zero_bytes_side_by_side_are_all_seen)
{
    static const char block[SL_BLOCK_BYTES] = {0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 2, 128, 127, 255};
    EXPECT_EQ(sl_block_eq_portable(block, 0, 0), sl_block_eq(block, 0, 0));
    EXPECT_EQ(sl_block_eq_portable(block, 1, 0), sl_block_eq(block, 1, 0));
    EXPECT_EQ(sl_block_odd_portable(block), sl_block_odd(block));
}

/* Every pattern of 16 backslashes at every place of a block, against one byte after the other. */
TEST(blockscan, every_second_backslash_of_a_run_begins_an_escape)
{
    for (unsigned pattern = 0; pattern < 0x10000; pattern++) {
        for (unsigned shift = 0; shift <= 48; shift += 12) {
            uint64_t bits = (uint64_t)pattern << shift, want = 0;
            for (unsigned i = 0; i < 64; i++) {
                if ((bits >> i & 1) == 0)
                    continue;
                want |= UINT64_C(1) << i;
                i++;
            }
            EXPECT_EQ(sl_block_escapes(bits), want);
        }
    }
}

TEST(blockscan, parity_and_count)
{
    EXPECT_EQ(sl_block_parity(0), 0);
    EXPECT_EQ(sl_block_parity(0x12), 0x0e);
    EXPECT_EQ(sl_block_parity(UINT64_C(1) << 63), UINT64_C(1) << 63);
    EXPECT_EQ(sl_block_parity(1), UINT64_MAX);
    EXPECT_EQ(sl_block_count(0), 0);
    EXPECT_EQ(sl_block_count(UINT64_MAX), 64);
    EXPECT_EQ(sl_block_count(0x8000000000000101ULL), 3);
}

/* A string of `n` bytes with `piece` at `at`, in an array that goes on behind it. */
static size_t put_string(char *to, size_t n, size_t at, const char *piece)
{
    size_t len = strlen(piece);
    to[0] = '"';
    memset(to + 1, 'a', n);
    memcpy(to + 1 + at, piece, len);
    to[n + 1] = '"';
    return n + 2;
}

/* Escapes and brackets at every place of strings around the sizes of blocks. */
TEST(jsonscan, strings_end_where_they_end_wherever_escapes_stand)
{
    static const char *const pieces[] = {"\\\\",     "\\\"",    "\\n\\n",
                                         "\\\\\\\"", "\\u00e9", "\\u4e2d\\u6587",
                                         "\xc3\xa9", "]}[{",    "\\/\\b\\f"};
    char text[400];
    for (size_t k = 0; k < SL_LEN(pieces); k++) {
        for (size_t n = 20; n <= 150; n++) {
            for (size_t at = 0; at + strlen(pieces[k]) <= n; at += n > 80 ? 7 : 1) {
                size_t end = 1 + put_string(text + 1, n, at, pieces[k]);
                text[0] = '[';
                memcpy(text + end, ",{\"b\":[1]}]", 12);
                struct result r = scan((sl_str){text, end + 11});
                struct sl_json_range top = sl_json_range_top((sl_str){text, end + 11}), v = {0};
                struct sl_json_iter it;
                sl_json_iter_init(&it, (sl_str){text, end + 11}, &top);
                EXPECT_EQ(r.rc, SL_OK);
                EXPECT_EQ(top.n, end + 11);
                EXPECT(sl_json_iter_next(&it, &v) && v.n == n + 2);
                EXPECT(sl_json_iter_next(&it, &v) && v.kind == SL_JSON_OBJECT && v.n == 9);
            }
        }
    }
}

TEST(jsonscan, bad_bytes_in_long_escaped_strings_are_found_where_they_are)
{
    static const char *const bad_pieces[] = {"\\x",     "\\\x01", "\x1f",
                                             "\\u12g4", "\xff",   "\\\xc3\xa9"};
    char text[300];
    for (size_t k = 0; k < SL_LEN(bad_pieces); k++) {
        for (size_t at = 2; at <= 140; at++) {
            size_t n = put_string(text, 150, at, bad_pieces[k]);
            memcpy(text + 1, "\\n", 2);
            struct result r = scan((sl_str){text, n});
            EXPECT_EQ(r.rc, SL_E_SYNTAX);
            EXPECT_EQ(r.info.error_at, at + 1);
        }
    }
}

TEST(jsonscan, tallies_only_inside_of_the_members_that_count)
{
    static const sl_str counted[] = {SL_STR_INIT("image"), SL_STR_INIT("file_id")};
    static const struct {
        const char *text;
        size_t named, words;
    } cases[] = {
        {"{}", 0, 0},
        {"{\"messages\":[{\"image\":{\"image\" : 1}},{\"file_id\":\"x\"}]}", 3, 0},
        {"{\"model\":[{\"image\":1},\"me\"],\"messages\":\"me\"}", 0, 1},
        {"{\"x\":{\"messages\":[\"me\"],\"image\":0},\"messages\":[\"image\"]}", 0, 0},
        {"{\"messages\":[\"me\",\"\\u006de\",\"mee\",{\"me\":\"me\"}],\"model\":\"me\"}", 0, 3},
        {"{\"messages\":{\"imag\\u0065\":0,\"images\":0}}", 0, 0},
    };
    for (size_t i = 0; i < SL_LEN(cases); i++) {
        struct sl_jsonscan_tally tally = {.inside_of = UINT64_C(1) << MESSAGES,
                                          .names = counted,
                                          .n_names = SL_LEN(counted),
                                          .word = SL_STR("me")};
        struct sl_json_range r[NAMES];
        struct sl_jsonscan_info info;
        EXPECT_EQ(SL_OK, sl_jsonscan_tally(sl_cstr(cases[i].text), &tally, names, NAMES, r, &info));
        EXPECT_EQ(tally.found.named[0] + tally.found.named[1], cases[i].named);
        EXPECT_EQ(tally.found.words, cases[i].words);
    }
}

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

TEST(jsonscan, what_is_known_of_an_array_gives_the_same_as_scanning_it)
{
    static const struct {
        const char *text;
        size_t places;
    } rows[] = {
        {"{}", 0},
        {"[1,2]", 0},
        {"{\"messages\":[]}", 0},
        {"{\"messages\":{\"a\":[1,2]},\"x\":[1,2],\"stream_options\":[{\"include_usage\":1}]}", 0},
        {"{\"messages\":[1]}", 0},
        {"{\"messages\":[true]}", 1},
        {"{\"messages\":[12,-3,0.5,6e7,8E+9 ,0]}", 0},
        {"{\"messages\":[1,true,2,false,3,null,\"4\",5,[6],7,{\"8\":8},9]}", 6},
        {"{\"messages\" : [ null , \"two\" , [3,[]] , {\"four\":4} ] , \"model\":\"m\"}", 4},
        {"{\"model\":[\"developer\"],\"messages\":[\"developer\",{\"strict\":{\"strict\":\"developer\"}},null]}",
         4},
        {"{\"a\":\"\\ud800\",\"messages\":[null,\"\\udc00\",true],\"tools\":[false]}", 4},
        {"{\"messages\":[[]],\"messages\":[[],[]],\"Tools\":[[]],\"tools\":[[]]}", 2},
        {"{\"tools\":[{\"parameters\":{\"p\":\"" HUNDRED "\"}},[[{\"parameters\":{\"p\":\"" HUNDRED
         "\"}}]],{\"parameters\":[\"" HUNDRED "\"]}],\"messages\":[\"" HUNDRED HUNDRED HUNDRED
         "\",\"" HUNDRED HUNDRED HUNDRED "\\u00e9\"]}",
         5},
        {"{\"tools\":[{\"parameters\":1},[{\"parameters\":{\"p\":\"" HUNDRED
         "\"}}],[[{\"parameters\":{\"p\":\"" HUNDRED "\"}}]]]}",
         3},
        {"{\"messages\":[null,true,x]}", 2},
        {"{\"messages\":[null,{\"a\":[2,3]}", 2},
        {"{\"messages\":[null,{}],\"model\":}", 2},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_EQ(rows[i].places, check_watched(sl_cstr(rows[i].text)));
}

TEST(jsonscan, an_array_with_more_cuts_than_there_is_room_for_is_noted_only_up_to_there)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{\"messages\":[null"));
    for (int i = 0; i < WATCHED_CUTS + 3; i++)
        sl_strbuf_add(&b, SL_STR(",\"" HUNDRED HUNDRED HUNDRED "\""));
    sl_strbuf_add(&b, SL_STR("]}"));
    EXPECT_EQ(WATCHED_CUTS, check_watched(sl_strbuf_str(&b)));
    sl_arena_free(a);
}
