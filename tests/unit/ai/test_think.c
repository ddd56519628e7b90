#include "ai/think.h"

#include "base/strbuf.h"
#include "tests/test.h"

/* Thoughts in brackets; the text is fed in steps. */
static void expect_cut(const char *want, const char *text, size_t step)
{
    struct sl_ai_think t = {0};
    struct sl_strbuf out = {0};
    sl_str all = sl_cstr(text), piece;
    bool is_thought, was_thought = false;
    for (size_t at = 0; at < all.n; at += step) {
        sl_str rest = sl_str_head(sl_str_from(all, at), step);
        while (sl_ai_think_next(&t, &rest, &piece, &is_thought)) {
            if (is_thought != was_thought)
                sl_strbuf_add_char(&out, is_thought ? '[' : ']');
            was_thought = is_thought;
            sl_strbuf_add(&out, piece);
        }
    }
    piece = sl_ai_think_finish(&t, &is_thought);
    if (piece.n != 0 && is_thought && !was_thought)
        sl_strbuf_add_char(&out, '[');
    sl_strbuf_add(&out, piece);
    EXPECT_STR(want, sl_strbuf_str(&out));
    sl_strbuf_fini(&out);
}

TEST(think, thoughts_are_told_from_text_however_they_are_cut)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"<think>a b</think>\n\nanswer", "[a b]answer"},
        {"\n <think>\nx</think>y", "[\nx]y"},
        {"plain", "plain"},
        {"<thin>k", "<thin>k"},
        {"<", "<"},
        {"<think", "<think"},
        {"a <think>b</think>", "a <think>b</think>"},
        {"<think>1 < 2 </b> << </think> ok <think>", "[1 < 2 </b> << ]ok <think>"},
        {"<think>never ends </thi", "[never ends </thi"},
        {"<think></think>empty", "empty"},
        {"<think>x</think>", "[x"},
        {"", ""},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++)
        for (size_t step = 1; step <= 64; step = step < 12 ? step + 1 : step * 4)
            expect_cut(rows[i].want, rows[i].text, step);
}
