#include "base/enc.h"
#include "tests/test.h"

static struct sl_strbuf out;

/* What `enc` writes for `s`; valid until the next call. */
static sl_str encoded(void (*enc)(struct sl_strbuf *, sl_str), sl_str s)
{
    sl_strbuf_clear(&out);
    enc(&out, s);
    return sl_strbuf_str(&out);
}

static bool decodes(bool (*dec)(struct sl_strbuf *, sl_str), const char *text, const char *want)
{
    sl_strbuf_clear(&out);
    bool is_valid = dec(&out, sl_cstr(text));
    EXPECT_STR(want, sl_strbuf_str(&out));
    return is_valid;
}

TEST(enc, base64_has_the_vectors_of_rfc_4648_both_ways)
{
    static const char *const rows[][3] = {{"", "", ""},
                                          {"f", "Zg==", "Zg"},
                                          {"fo", "Zm8=", "Zm8"},
                                          {"foo", "Zm9v", "Zm9v"},
                                          {"foob", "Zm9vYg==", "Zm9vYg"},
                                          {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                          {"\xfb\xff\xfe", "+//+", "-__-"}};
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_STR(rows[i][1], encoded(sl_enc_base64, sl_cstr(rows[i][0])));
        EXPECT_STR(rows[i][2], encoded(sl_enc_base64url, sl_cstr(rows[i][0])));
        EXPECT(decodes(sl_dec_base64, rows[i][1], rows[i][0]));
        EXPECT(decodes(sl_dec_base64url, rows[i][2], rows[i][0]));
    }
    sl_strbuf_fini(&out);
}

TEST(enc, base64_refuses_what_no_encoder_writes)
{
    static const char *const bad_std[] = {
        "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==\n", " Zg=", "-__-", "Zm=v", "Zg==Zg=="};
    static const char *const bad_url[] = {"Zg==", "Z", "Zh", "Zm9", "+//+", "Zm9vY"};
    for (size_t i = 0; i < SL_LEN(bad_std); i++)
        EXPECT(!decodes(sl_dec_base64, bad_std[i], ""));
    EXPECT(decodes(sl_dec_base64url, "Zm8", "fo"));
    for (size_t i = 0; i < SL_LEN(bad_url); i++)
        EXPECT(!decodes(sl_dec_base64url, bad_url[i], ""));
    sl_strbuf_fini(&out);
}

TEST(enc, hex_goes_both_ways)
{
    EXPECT_STR("00ff7f", encoded(sl_enc_hex, SL_STR("\0\xff\x7f")));
    EXPECT(decodes(sl_dec_hex, "4A4b", "JK"));
    EXPECT(!decodes(sl_dec_hex, "4a4", ""));
    EXPECT(!decodes(sl_dec_hex, "4g", ""));
    sl_strbuf_fini(&out);
}

TEST(enc, hex_of_a_known_length_has_just_that)
{
    static const char *const bad[] = {"", "00ff1", "00ff1x", "00ff1020", "00ff"};
    uint8_t bytes[3];
    EXPECT(sl_dec_hex_to(bytes, 3, SL_STR("00fF10")));
    EXPECT_EQ(0, bytes[0]);
    EXPECT_EQ(0xff, bytes[1]);
    EXPECT_EQ(0x10, bytes[2]);
    for (size_t i = 0; i < SL_LEN(bad); i++)
        EXPECT(!sl_dec_hex_to(bytes, 3, sl_cstr(bad[i])));
}

TEST(enc, percent_leaves_only_unreserved_characters)
{
    EXPECT_STR("a-._~9%20%2F%25%C3%A4%00", encoded(sl_enc_percent, SL_STR("a-._~9 /%\xc3\xa4\0")));
    EXPECT(decodes(sl_dec_percent, "a%2fb+%C3%a4", "a/b+\xc3\xa4"));
    EXPECT(!decodes(sl_dec_percent, "a%2", ""));
    EXPECT(!decodes(sl_dec_percent, "a%", ""));
    EXPECT(!decodes(sl_dec_percent, "%zz", ""));
    sl_strbuf_fini(&out);
}

TEST(enc, a_failed_decoder_leaves_what_was_there_before)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("keep"));
    EXPECT(!sl_dec_base64(&b, SL_STR("Zm9v!m9v")));
    EXPECT(!sl_dec_hex(&b, SL_STR("00zz")));
    EXPECT(!sl_dec_percent(&b, SL_STR("abc%")));
    EXPECT_STR("keep", sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
}

TEST(enc, json_escapes_controls_and_repairs_utf8)
{
    static const struct {
        sl_str text;
        const char *want;
    } rows[] = {{SL_STR_INIT(""), "\"\""},
                {SL_STR_INIT("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
                {SL_STR_INIT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
                {SL_STR_INIT("\0\x1b\x7f"), "\"\\u0000\\u001b\\u007f\""},
                {SL_STR_INIT("\xc2\x9b"
                             "31m"),
                 "\"\\u009b31m\""},
                {SL_STR_INIT("\xc3\xa4\xe2\x82\xac"), "\"\xc3\xa4\xe2\x82\xac\""},
                {SL_STR_INIT("a\xff"
                             "b\xe2\x82"),
                 "\"a\xef\xbf\xbd"
                 "b\xef\xbf\xbd\""}};
    for (size_t i = 0; i < SL_LEN(rows); i++)
        EXPECT_STR(rows[i].want, encoded(sl_enc_json, rows[i].text));
    sl_strbuf_fini(&out);
}
