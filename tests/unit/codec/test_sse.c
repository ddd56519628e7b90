#include "codec/sse.h"
#include "base/err.h"
#include "tests/test.h"

/* Every event as one line of text: "event|data|id|retry" and a '-' when there is no data. */
static void note(struct sl_strbuf *log, const struct sl_sse_event *ev)
{
    sl_strbuf_addf(log, "%.*s|%.*s|%s%.*s|%d%s\n", SL_STRF(ev->event), SL_STRF(ev->data),
                   ev->has_id ? "=" : "", SL_STRF(ev->id), (int)ev->retry_ms,
                   ev->has_data ? "" : "-");
}

static void drain(struct sl_sse *p, struct sl_strbuf *log, struct sl_strbuf *raws)
{
    struct sl_sse_event ev;
    sl_rc rc;
    while ((rc = sl_sse_next(p, &ev)) == SL_OK) {
        note(log, &ev);
        sl_strbuf_add(raws, ev.raw);
    }
    EXPECT_EQ(SL_E_AGAIN, rc);
}

/* Feed a heap copy that is gone afterwards, so that the sanitizer sees borrowed bytes. */
static void feed(struct sl_sse *p, sl_str bytes, struct sl_strbuf *log, struct sl_strbuf *raws)
{
    char *copy = sl_calloc(1, bytes.n + 1);
    memcpy(copy, bytes.p, bytes.n);
    sl_sse_feed(p, (sl_str){copy, bytes.n});
    drain(p, log, raws);
    sl_free(copy);
}

static void finish(struct sl_sse *p, struct sl_strbuf *log, struct sl_strbuf *raws)
{
    struct sl_sse_event ev;
    if (sl_sse_finish(p, &ev) != SL_OK) {
        sl_strbuf_add(log, SL_STR("cut "));
        note(log, &ev);
        sl_strbuf_add(raws, ev.raw);
    }
    sl_sse_fini(p);
}

/* The events of `text` fed in pieces of `step` bytes, of which the first has `first`. */
static void parse(sl_str text, size_t first, size_t step, struct sl_strbuf *log)
{
    struct sl_sse p = {0};
    struct sl_strbuf raws = {0};
    feed(&p, sl_str_head(text, first), log, &raws);
    for (size_t at = first; at < text.n; at += step)
        feed(&p, sl_str_head(sl_str_from(text, at), step), log, &raws);
    finish(&p, log, &raws);
    EXPECT(sl_str_starts(text, sl_strbuf_str(&raws)) && text.n - raws.n <= 1);
    sl_strbuf_fini(&raws);
}

static void expect_events(const char *want, sl_str text, size_t first, size_t step)
{
    struct sl_strbuf log = {0};
    parse(text, first, step, &log);
    EXPECT_STR(want, sl_strbuf_str(&log));
    sl_strbuf_fini(&log);
}

static const char transcript[] =
    "\xef\xbb\xbf: hello\n"
    "\n"
    "event: message_start\n"
    "data: {\"a\":1}\n"
    "id: 7\n"
    "\n"
    "data:no space\n"
    "data:  two\n"
    "data\n"
    "retry: 3000\n"
    "\n"
    "\n"
    "retry: 3x\n"
    "id\n"
    "nonsense: x\n"
    ":comment\n"
    "data: \xc3\xa9\xf0\x9f\x98\x80 long enough for a block of sixteen\n"
    "\n"
    "data:\n"
    "\n"
    "data: [DONE]\n"
    "\n";
static const char events[] = "|||-1-\n"
                             "message_start|{\"a\":1}|=7|-1\n"
                             "|no space\n two\n||3000\n"
                             "|||-1-\n"
                             "|\xc3\xa9\xf0\x9f\x98\x80 long enough for a block of sixteen|=|-1\n"
                             "|||-1\n"
                             "|[DONE]||-1\n";

/* The transcript with other line ends. */
static sl_str with_ends(const char *eol, struct sl_strbuf *b)
{
    for (const char *c = transcript; *c != '\0'; c++)
        sl_strbuf_add(b, *c == '\n' ? sl_cstr(eol) : (sl_str){c, 1});
    return sl_strbuf_str(b);
}

TEST(sse, gives_the_same_events_however_the_stream_is_chopped_and_its_lines_end)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (size_t i = 0; i < SL_LEN(ends); i++) {
        struct sl_strbuf b = {0};
        sl_str text = with_ends(ends[i], &b);
        for (size_t at = 0; at <= text.n; at++)
            expect_events(events, text, at, SIZE_MAX - text.n);
        for (size_t step = 1; step < 20; step++)
            expect_events(events, text, 0, step);
        sl_strbuf_fini(&b);
    }
}

TEST(sse, line_ends_may_be_mixed)
{
    expect_events("|a\nb||-1\n|c||-1\n", SL_STR("data:a\r\ndata:b\r\rdata:c\n\r\n"), 0, 1);
}

TEST(sse, an_event_in_one_piece_is_not_copied)
{
    struct sl_sse p = {0};
    struct sl_sse_event ev;
    sl_str text = SL_STR("data: x\n\ndata: y\n\n");
    sl_sse_feed(&p, text);
    EXPECT_EQ(SL_OK, sl_sse_next(&p, &ev));
    EXPECT(ev.raw.p == text.p && ev.data.p == text.p + 6);
    EXPECT_EQ(9, ev.raw.n);
    EXPECT_EQ(SL_OK, sl_sse_next(&p, &ev));
    EXPECT(ev.raw.p == text.p + 9);
    EXPECT_EQ(SL_E_AGAIN, sl_sse_next(&p, &ev));
    sl_sse_fini(&p);
}

TEST(sse, holds_no_memory_between_events)
{
    struct sl_sse p = {0};
    struct sl_sse_event ev;
    sl_sse_feed(&p, SL_STR("data: a\ndata:"));
    EXPECT_EQ(SL_E_AGAIN, sl_sse_next(&p, &ev));
    EXPECT(p.carry.p != NULL);
    sl_sse_feed(&p, SL_STR("b\n\n"));
    EXPECT_EQ(SL_OK, sl_sse_next(&p, &ev));
    EXPECT_STR("a\nb", ev.data);
    EXPECT_EQ(SL_E_AGAIN, sl_sse_next(&p, &ev));
    EXPECT(p.carry.p == NULL && p.lines.p == NULL);
    EXPECT_EQ(SL_OK, sl_sse_finish(&p, &ev));
}

TEST(sse, gives_an_event_out_at_the_cr_without_waiting_for_a_lf)
{
    struct sl_sse p = {0};
    struct sl_sse_event ev;
    sl_sse_feed(&p, SL_STR("data: x\r\n\r"));
    EXPECT_EQ(SL_OK, sl_sse_next(&p, &ev));
    EXPECT_STR("x", ev.data);
    EXPECT_EQ(SL_E_AGAIN, sl_sse_next(&p, &ev));
    sl_sse_feed(&p, SL_STR("\n"));
    EXPECT_EQ(SL_E_AGAIN, sl_sse_next(&p, &ev));
    EXPECT_EQ(SL_OK, sl_sse_finish(&p, &ev));
    sl_sse_fini(&p);
}

TEST(sse, reports_a_last_event_without_its_blank_line)
{
    expect_events("|a||-1\ncut |[DONE]||-1\n", SL_STR("data: a\n\ndata: [DONE]"), 0, 3);
    expect_events("|a||-1\ncut |b||-1\n", SL_STR("data: a\n\ndata: b\n"), 0, 100);
    expect_events("cut |||-1-\n", SL_STR("\xef\xbb"), 0, 1);
    expect_events("", SL_STR(""), 0, 1);
}

TEST(sse, a_byte_order_mark_counts_only_at_the_very_beginning)
{
    expect_events("|a||-1\n",
                  SL_STR("\xef\xbb\xbf"
                         "data: a\n\n"),
                  0, 1);
    expect_events("|||-1-\n|a||-1\n", SL_STR("\xef\xbb\xbf\ndata: a\n\n"), 0, 1);
    expect_events("|a||-1\n", SL_STR("data: a\n\xef\xbb\xbf\n\n"), 0, 8);
    expect_events("|||-1-\n",
                  SL_STR("\xef\xbb"
                         "data: a\n\n"),
                  0, 1);
}

TEST(sse, ignores_an_id_with_a_nul)
{
    expect_events("|a||-1\n", SL_STR("id: x\0y\ndata: a\n\n"), 0, 100);
}

static sl_rc parse_limited(sl_str text, size_t max, size_t step)
{
    struct sl_sse p;
    struct sl_sse_event ev;
    sl_rc rc = SL_E_AGAIN;
    sl_sse_init(&p, max);
    for (size_t at = 0; at < text.n && rc == SL_E_AGAIN; at += step) {
        sl_sse_feed(&p, sl_str_head(sl_str_from(text, at), step));
        while ((rc = sl_sse_next(&p, &ev)) == SL_OK)
            ;
    }
    if (rc == SL_E_LIMIT)
        EXPECT_EQ(SL_E_LIMIT, sl_sse_next(&p, &ev));
    sl_sse_fini(&p);
    return rc;
}

TEST(sse, limits_the_bytes_of_an_event)
{
    sl_str text = SL_STR("data: 1\n\ndata: 22\n\ndata: 3\n\n");
    for (size_t step = 1; step <= text.n; step++) {
        EXPECT_EQ(SL_E_AGAIN, parse_limited(text, 10, step));
        EXPECT_EQ(SL_E_LIMIT, parse_limited(text, 9, step));
    }
}

TEST(sse, the_default_limit_is_16_mib)
{
    char *text = sl_calloc(1, SL_SSE_EVENT_BYTES + 1);
    memset(text, 'x', SL_SSE_EVENT_BYTES + 1);
    memcpy(text + SL_SSE_EVENT_BYTES - 2, "\n\n", 2);
    EXPECT_EQ(SL_E_AGAIN, parse_limited((sl_str){text, SL_SSE_EVENT_BYTES}, 0, 1000000));
    memset(text, 'x', SL_SSE_EVENT_BYTES + 1);
    EXPECT_EQ(SL_E_LIMIT, parse_limited((sl_str){text, SL_SSE_EVENT_BYTES + 1}, 0, 1000000));
    sl_free(text);
}
