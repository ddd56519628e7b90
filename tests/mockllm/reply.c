#include "coder.h"
#include "mock.h"

#include <stdlib.h>
#include <time.h>

enum {
    OUT_KEEP_BYTES = 64 << 10, // memory kept between requests of a connection
    TRUNCATED_BYTES = 100,     // what FAULT_TRUNCATED promises too much
    HUGE_HEADER_BYTES = 1 << 20,
    RESET_PAUSE_MS = 5, // so that what was sent before is not lost with the connection
};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {529, "Overloaded"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}

static void push_step(struct reply *r, uint32_t wait_ms, enum act act)
{
    struct step *last = r->steps_n != 0 ? &r->steps[r->steps_n - 1] : NULL;
    if (last != NULL && last->act == ACT_NONE && wait_ms == 0 && !r->sc.each) {
        last->end = r->out.n, last->events = r->events, last->act = act;
        return;
    }
    if (r->steps_n == r->steps_cap) {
        r->steps_cap = r->steps_cap != 0 ? r->steps_cap * 2 : 4;
        r->steps = realloc(r->steps, r->steps_cap * sizeof *r->steps);
        if (r->steps == NULL)
            abort();
    }
    r->steps[r->steps_n++] = (struct step){r->out.n, wait_ms, r->events, act};
}

static void cut_after(struct reply *r, uint32_t wait_ms, enum act act)
{
    if (r->is_cut)
        return;
    push_step(r, wait_ms, act);
    r->is_cut = true;
}

void reply_cut(struct reply *r, enum act act)
{
    cut_after(r, 0, act);
}

static enum act act_of(enum fault fault)
{
    return fault == FAULT_RESET ? ACT_RESET : fault == FAULT_FIN ? ACT_CLOSE : ACT_STALL;
}

static void cut_if_due(struct reply *r)
{
    if (!scenario_cuts(&r->sc) || r->events < (uint32_t)r->sc.fault_at)
        return;
    enum act act = act_of((enum fault)r->sc.fault);
    cut_after(r, act == ACT_RESET ? RESET_PAUSE_MS : 0, act);
}

void reply_raw(struct reply *r, struct span bytes, uint32_t wait_ms)
{
    if (r->is_cut)
        return;
    buf_span(&r->out, bytes);
    push_step(r, wait_ms, ACT_NONE);
}

static bool may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void put_framing(struct reply *r, int64_t length)
{
    struct buf *out = &r->out;
    r->is_chunked = length < 0 && r->keep_alive;
    if (r->is_chunked)
        buf_str(out, "Transfer-Encoding: chunked\r\n");
    else if (length >= 0)
        buf_fmt(out, "Content-Length: %lld\r\n", (long long)length);
    if (r->sc.fault == FAULT_CL_TE)
        buf_str(out, r->is_chunked ? "Content-Length: 10\r\n" : "Transfer-Encoding: chunked\r\n");
    if (r->sc.fault == FAULT_DUP_CL)
        buf_str(out, "Content-Length: 5\r\nContent-Length: 6\r\n");
}

static void put_huge_header(struct buf *out)
{
    buf_str(out, "x-huge: ");
    buf_reserve(out, HUGE_HEADER_BYTES);
    memset(out->p + out->n, 'h', HUGE_HEADER_BYTES);
    out->n += HUGE_HEADER_BYTES;
    buf_str(out, "\r\n");
}

static void put_head(struct reply *r, int status, const char *type, const struct buf *fields,
                     int64_t length)
{
    struct buf *out = &r->out;
    if (r->sc.fault == FAULT_BAD_STATUS)
        buf_str(out, "HTTQ/1.1 abc not a status line\r\n");
    else
        buf_fmt(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    if (type != NULL)
        buf_fmt(out, "Content-Type: %s\r\n", type);
    if (fields != NULL)
        buf_put(out, fields->p, fields->n);
    if (r->sc.coding != CODING_NONE)
        buf_fmt(out, "Content-Encoding: %s\r\n", coding_name((enum coding)r->sc.coding));
    if (r->sc.fault == FAULT_HUGE_HEADER)
        put_huge_header(out);
    if (may_have_body(status))
        put_framing(r, length);
    if (!r->keep_alive)
        buf_str(out, "Connection: close\r\n");
    buf_str(out, "\r\n");
}

/* One step per byte of the head, which is already in `out` from `from`. */
static void step_head_slowly(struct reply *r, size_t from)
{
    size_t whole = r->out.n;
    for (size_t end = from + 1; end <= whole; end++) {
        r->out.n = end;
        push_step(r, (uint32_t)r->sc.slow_head, ACT_NONE);
    }
}

void reply_head(struct reply *r, int status, const char *type, const struct buf *fields,
                int64_t length)
{
    size_t from = r->out.n;
    r->claim.status = status;
    r->is_stream = length < 0;
    if (r->sc.close)
        r->keep_alive = false;
    put_head(r, status, type, fields, length);
    if (r->sc.slow_head != 0)
        step_head_slowly(r, from);
    else
        push_step(r, (uint32_t)r->sc.first, ACT_NONE);
    if (r->is_stream)
        r->coder = coder_new((enum coding)r->sc.coding);
    cut_if_due(r);
}

static void put_framed(struct reply *r, struct span bytes)
{
    if (bytes.n == 0)
        return;
    if (!r->is_chunked) {
        buf_span(&r->out, bytes);
        return;
    }
    buf_fmt(&r->out, r->sc.fault == FAULT_BAD_CHUNK ? "0x%zxg\r\n" : "%zx\r\n", bytes.n);
    buf_span(&r->out, bytes);
    buf_str(&r->out, "\r\n");
}

static void put_coded(struct reply *r, struct span bytes, bool is_last)
{
    if (r->coder == NULL) {
        put_framed(r, bytes);
        return;
    }
    struct buf coded = {0};
    coder_put(r->coder, bytes, is_last, &coded);
    put_framed(r, buf_view(&coded));
    buf_free(&coded);
}

void reply_piece(struct reply *r, struct span bytes, bool is_event)
{
    if (r->is_cut || r->no_body)
        return;
    put_coded(r, bytes, false);
    int32_t wait_ms = !is_event ? 0 : r->had_event ? r->sc.delay : r->sc.ttft;
    r->had_event |= is_event;
    r->events += is_event;
    push_step(r, (uint32_t)wait_ms, ACT_NONE);
    if (is_event)
        cut_if_due(r);
}

void reply_end(struct reply *r, const char *trailers)
{
    if (r->is_cut)
        return;
    if (r->coder != NULL && !r->no_body)
        put_coded(r, (struct span){0}, true);
    if (r->is_chunked && !r->no_body)
        buf_fmt(&r->out, "0\r\n%s\r\n", trailers != NULL ? trailers : "");
    reply_cut(r, r->keep_alive ? ACT_DONE : ACT_CLOSE);
}

/* The body of a message with Content-Length, in two halves when a fault cuts it. */
static void put_whole(struct reply *r, struct span body)
{
    size_t half = scenario_cuts(&r->sc) ? body.n / 2 : body.n;
    reply_piece(r, (struct span){body.p, half}, true);
    if (half < body.n)
        reply_piece(r, (struct span){body.p + half, body.n - half}, true);
}

void reply_whole(struct reply *r, int status, const char *type, const struct buf *fields,
                 struct span body)
{
    struct buf coded = {0};
    struct coder *coder = coder_new((enum coding)r->sc.coding);
    if (coder != NULL) {
        coder_put(coder, body, true, &coded);
        body = buf_view(&coded);
    }
    bool is_truncated = r->sc.fault == FAULT_TRUNCATED;
    reply_head(r, status, type, fields, (int64_t)body.n + (is_truncated ? TRUNCATED_BYTES : 0));
    put_whole(r, body);
    if (is_truncated)
        reply_cut(r, ACT_CLOSE);
    reply_end(r, NULL);
    coder_free(coder);
    buf_free(&coded);
}

void reply_reset(struct reply *r)
{
    coder_free(r->coder);
    if (r->out.cap > OUT_KEEP_BYTES)
        buf_free(&r->out);
    *r = (struct reply){
        .out = {r->out.p, 0, r->out.cap}, .steps = r->steps, .steps_cap = r->steps_cap};
}

void reply_free(struct reply *r)
{
    coder_free(r->coder);
    buf_free(&r->out);
    free(r->steps);
    *r = (struct reply){0};
}

void name_set(char *to, size_t size, struct span s)
{
    size_t n = s.n < size ? s.n : size - 1;
    if (n != 0)
        memcpy(to, s.p, n);
    to[n] = '\0';
}

uint64_t wall_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
