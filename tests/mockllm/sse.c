#include "sse.h"
#include "aws.h"

static const char *eol_of(const struct scenario *sc)
{
    static const char *const ends[] = {[LINE_LF] = "\n", [LINE_CRLF] = "\r\n", [LINE_CR] = "\r"};
    return ends[sc->line_end];
}

static void put_line(struct buf *out, const struct scenario *sc, const char *field,
                     struct span value)
{
    buf_fmt(out, "%s:%s", field, sc->nospace ? "" : " ");
    buf_span(out, value);
    buf_str(out, eol_of(sc));
}

/* The only place where every JSON text may be broken is behind its opening bracket. */
static void put_data(struct buf *out, const struct scenario *sc, struct span data)
{
    if (sc->multiline && data.n > 1 && *data.p == '{') {
        put_line(out, sc, "data", (struct span){data.p, 1});
        data = (struct span){data.p + 1, data.n - 1};
    }
    put_line(out, sc, "data", data);
}

/* AWS: each event as {"bytes": base64}, with padding against those who watch lengths. */
static void put_framed(struct span data, struct buf *out)
{
    struct buf payload = {0};
    buf_str(&payload, "{\"bytes\":\"");
    buf_base64(&payload, data.p, data.n);
    buf_str(&payload, "\",\"p\":\"abcdefgh\"}");
    aws_message(out, "event", ":event-type", "chunk", buf_view(&payload));
    buf_free(&payload);
}

static void put_event(struct sse *s, const char *name, struct span data, struct buf *out)
{
    const struct scenario *sc = &s->r->sc;
    if (s->r->is_framed) {
        put_framed(data, out);
        return;
    }
    if (sc->comments)
        buf_fmt(out, ": ping%s%s", eol_of(sc), eol_of(sc));
    if (name != NULL)
        put_line(out, sc, "event", span_of(name));
    if (sc->ids)
        buf_fmt(out, "id: %u%sretry: 3000%s", s->r->events, eol_of(sc), eol_of(sc));
    put_data(out, sc, data);
    buf_str(out, eol_of(sc));
}

void sse_begin(struct sse *s, const struct buf *fields)
{
    reply_head(s->r, 200,
               s->r->is_framed ? "application/vnd.amazon.eventstream"
                               : "text/event-stream; charset=utf-8",
               fields, -1);
    if (s->r->sc.bom && !s->r->is_framed)
        reply_piece(s->r, SPAN("\xef\xbb\xbf"), false);
}

static bool error_is_due(const struct reply *r)
{
    return r->sc.fault == FAULT_ERROR && r->events >= (uint32_t)r->sc.fault_at;
}

static void send_exception(struct sse *s)
{
    struct buf out = {0};
    aws_message(&out, "exception", ":exception-type", "serviceUnavailableException",
                SPAN("{\"message\":\"Bedrock is unable to process your request.\"}"));
    reply_piece(s->r, buf_view(&out), true);
    buf_free(&out);
}

void sse_event(struct sse *s, const char *name, struct span data)
{
    struct reply *r = s->r;
    if (r->is_cut)
        return;
    if (error_is_due(r)) {
        r->sc.fault = FAULT_NONE; // once
        if (r->is_framed)
            send_exception(s);
        else
            s->put_error(s);
        r->sc.fault = FAULT_ERROR;
        sse_end(s);
        return;
    }
    if (r->sc.fault == FAULT_BADJSON && r->events + 1 == (uint32_t)r->sc.fault_at)
        data.n /= 2;
    struct buf out = {0};
    put_event(s, name, data, &out);
    reply_piece(r, buf_view(&out), true);
    buf_free(&out);
}

void sse_end(struct sse *s)
{
    reply_end(s->r, NULL);
}
