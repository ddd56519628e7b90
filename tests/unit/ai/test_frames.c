#include "ai/frames.h"
#include "base/err.h"
#include "base/str.h"
#include "tests/test.h"

#include <stdlib.h>

/* Feed `text` in pieces of `step` bytes; what comes out, joined by '|'. The last event by finish is in (). */
static void expect_lines(const char *want, const char *text, size_t step)
{
    struct sl_ai_frames f = {.framing = SL_AI_FRAMING_NDJSON};
    struct sl_strbuf got = {0};
    struct sl_sse_event ev;
    for (sl_str rest = sl_cstr(text); rest.n != 0; rest = sl_str_from(rest, step)) {
        char *piece = strndup(rest.p, SL_MIN(step, rest.n)); /* so that a look behind is found */
        sl_ai_frames_feed(&f, sl_cstr(piece));
        while (sl_ai_frames_next(&f, &ev) == SL_OK)
            sl_strbuf_addf(&got, "%.*s|", SL_STRF(ev.data));
        free(piece);
    }
    if (sl_ai_frames_finish(&f, &ev) != SL_OK)
        sl_strbuf_addf(&got, "(%.*s)", SL_STRF(ev.data));
    EXPECT_STR(want, sl_strbuf_str(&got));
    sl_strbuf_fini(&got);
    sl_ai_frames_fini(&f);
}

TEST(frames, lines_are_events_wherever_they_are_cut)
{
    static const char text[] = "{\"a\":1}\n\n {\"b\":\"x\"}\r\n{\"c\":2}\n";
    for (size_t step = 1; step <= sizeof(text); step++)
        expect_lines("{\"a\":1}|{\"b\":\"x\"}|{\"c\":2}|", text, step);
}

TEST(frames, a_last_line_without_its_end_is_given_by_finish)
{
    for (size_t step = 1; step <= 16; step++)
        expect_lines("{\"a\":1}|({\"b\":2)", "{\"a\":1}\n{\"b\":2", step);
}

TEST(frames, blank_lines_are_no_events)
{
    for (size_t step = 1; step <= 6; step++)
        expect_lines("", "\n\r\n \n", step);
}

TEST(frames, a_line_above_the_limit_is_refused)
{
    enum { STEP = 1 << 20 };
    struct sl_ai_frames f = {.framing = SL_AI_FRAMING_NDJSON};
    struct sl_sse_event ev;
    char *piece = malloc(STEP);
    sl_rc rc = SL_E_AGAIN;
    memset(piece, 'x', STEP);
    for (size_t sent = 0; rc == SL_E_AGAIN && sent <= SL_SSE_EVENT_BYTES; sent += STEP) {
        sl_ai_frames_feed(&f, sl_str_of(piece, STEP));
        rc = sl_ai_frames_next(&f, &ev);
    }
    EXPECT_EQ(SL_E_LIMIT, rc);
    free(piece);
    sl_ai_frames_fini(&f);
}
