#include "control/saying.h"
#include "base/str.h"
#include "tests/test.h"

TEST(saying, a_sentence_that_was_kept_as_text_is_taken_apart)
{
    static const struct {
        const char *sentence, *code, *params[2];
    } rows[] = {
        {"cannot be fetched: no address for this name",
         "fetch_failed",
         {"fetched", "no address for this name"}},
        {"cannot be reached: TLS: self-signed", "fetch_failed", {"reached", "TLS: self-signed"}},
        {"is answered with 404", "fetch_status", {"404"}},
        {"is answered with 302: redirects are not followed; give the URL behind it",
         "fetch_redirect",
         {"302"}},
        {"is larger than 1048576 bytes", "fetch_large", {"1048576"}},
        {"the metadata is no JSON object", "sso_metadata", {NULL}},
        {"must have visible ASCII characters only, and none of '%', '?', '#'", "visible", {NULL}},
        {"another user is named 'a b'", "taken", {"user", "a b"}},
        {"must be at most 9 days ahead", "days_most", {"9"}},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_said s;
        EXPECT(sl_saying_read(sl_cstr(rows[i].sentence), &s));
        EXPECT_STR(rows[i].code, sl_cstr(s.code));
        for (size_t k = 0; k < s.n && k < 2; k++)
            EXPECT_STR(rows[i].params[k], s.params[k]);
        EXPECT_EQ((size_t)(rows[i].params[0] != NULL) + (rows[i].params[1] != NULL), s.n);
    }
}

TEST(saying, what_nobody_says_has_no_code)
{
    static const char *const texts[] = {"",
                                        "is answered with",
                                        "is answered with x",
                                        "is answered with 404!",
                                        "cannot be fetched",
                                        "is larger than  bytes"};
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        struct sl_said s;
        EXPECT(!sl_saying_read(sl_cstr(texts[i]), &s));
        EXPECT(s.code == NULL);
    }
}
