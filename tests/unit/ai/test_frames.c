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

/* ------------------------------------------------------------------ AWS */

static void add_message(struct sl_strbuf *out, const char *kind, const char *type_name,
                        const char *type, const char *payload)
{
    const struct sl_awsevent_header h[] = {
        {sl_cstr(type_name), SL_AWSEVENT_STRING, 0, sl_cstr(type)},
        {SL_STR(":message-type"), SL_AWSEVENT_STRING, 0, sl_cstr(kind)},
        {SL_STR(":error-message"), SL_AWSEVENT_STRING, 0, SL_STR("so \"bad\"")},
    };
    EXPECT(sl_awsevent_write(out, h, SL_LEN(h), sl_cstr(payload)));
}

static void expect_messages(const char *want, sl_str stream, size_t step)
{
    struct sl_ai_frames f = {.framing = SL_AI_FRAMING_AWS};
    struct sl_strbuf got = {0};
    struct sl_sse_event ev;
    for (sl_str rest = stream; rest.n != 0; rest = sl_str_from(rest, step)) {
        size_t n = SL_MIN(step, rest.n);
        char *piece = malloc(n);
        memcpy(piece, rest.p, n);
        sl_ai_frames_feed(&f, (sl_str){piece, n});
        while (sl_ai_frames_next(&f, &ev) == SL_OK)
            sl_strbuf_addf(&got, "%.*s %.*s|", SL_STRF(ev.event), SL_STRF(ev.data));
        free(piece);
    }
    if (sl_ai_frames_finish(&f, &ev) != SL_OK)
        sl_strbuf_addf(&got, "cut%s", ev.has_data ? " with data" : "");
    EXPECT_STR(want, sl_strbuf_str(&got));
    sl_strbuf_fini(&got);
    sl_ai_frames_fini(&f);
}

TEST(frames, t2_messages_of_aws_are_events_wherever_they_are_cut)
{
    struct sl_strbuf stream = {0};
    add_message(&stream, "event", ":event-type", "messageStart", "{\"role\":\"assistant\"}");
    add_message(&stream, "event", ":event-type", "chunk",
                "{\"bytes\":\"eyJhIjoxfQ==\",\"p\":\"ab\"}");
    add_message(&stream, "exception", ":exception-type", "throttlingException",
                "{\"message\":\"m\"}");
    add_message(&stream, "error", ":error-code", "InternalError", "");
    for (size_t step = 1; step <= stream.n; step++)
        expect_messages("messageStart {\"role\":\"assistant\"}| {\"a\":1}|"
                        "exception:throttlingException {\"message\":\"m\"}|"
                        "exception:InternalError {\"message\":\"so \\\"bad\\\"\"}|",
                        sl_strbuf_str(&stream), step);
    sl_strbuf_fini(&stream);
}

TEST(frames, a_chunk_that_holds_nothing_is_given_as_it_came)
{
    static const char *const payloads[] = {"{\"bytes\":\"!!\"}", "{\"bytes\":7}", "{}", "[", ""};
    for (size_t i = 0; i < SL_LEN(payloads); i++) {
        struct sl_strbuf stream = {0}, want = {0};
        add_message(&stream, "event", ":event-type", "chunk", payloads[i]);
        sl_strbuf_addf(&want, "chunk %s|%c", payloads[i], '\0');
        expect_messages(want.p, sl_strbuf_str(&stream), stream.n);
        sl_strbuf_fini(&stream);
        sl_strbuf_fini(&want);
    }
}

TEST(frames, t4_a_cut_message_of_aws_gives_nothing)
{
    struct sl_strbuf stream = {0};
    add_message(&stream, "event", ":event-type", "messageStop", "{}");
    for (size_t n = 1; n < stream.n; n++)
        expect_messages("cut", sl_str_head(sl_strbuf_str(&stream), n), n);
    sl_strbuf_fini(&stream);
}

TEST(frames, t2_a_message_of_aws_with_a_wrong_checksum_breaks_the_stream)
{
    struct sl_strbuf stream = {0};
    struct sl_ai_frames f = {.framing = SL_AI_FRAMING_AWS};
    struct sl_sse_event ev;
    add_message(&stream, "event", ":event-type", "messageStop", "{}");
    stream.p[stream.n - 1] = (char)~stream.p[stream.n - 1];
    sl_ai_frames_feed(&f, sl_strbuf_str(&stream));
    EXPECT_EQ(SL_E_SYNTAX, sl_ai_frames_next(&f, &ev));
    sl_ai_frames_fini(&f);
    sl_strbuf_fini(&stream);
}
