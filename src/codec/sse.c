#include "codec/sse.h"

#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "codec/bytescan.h"

static const char bom[] = "\xef\xbb\xbf";
enum { BOM_BYTES = 3 };

void sl_sse_init(struct sl_sse *p, size_t event_bytes_max)
{
    *p = (struct sl_sse){.event_bytes_max = event_bytes_max};
}

void sl_sse_fini(struct sl_sse *p)
{
    sl_strbuf_fini(&p->carry);
    sl_strbuf_fini(&p->lines);
    *p = (struct sl_sse){0};
}

/* ---- where an event ends ---- */

/* Step over a byte order mark, or what is there of one. Bytes that turn out to be none are text. */
static size_t skip_bom(struct sl_sse *p, sl_str s)
{
    size_t i = 0;
    if (p->has_begun || p->bom_bytes == BOM_BYTES || p->carry.n != p->bom_bytes)
        return 0;
    while (i < s.n && p->bom_bytes < BOM_BYTES && s.p[i] == bom[p->bom_bytes]) {
        p->bom_bytes++;
        i++;
    }
    p->line_bytes = p->bom_bytes == BOM_BYTES ? 0 : p->bom_bytes;
    return i;
}

/* Step over the LF of a CRLF whose CR was the last byte so far. */
static size_t skip_lf(struct sl_sse *p, sl_str s, size_t i)
{
    bool is_lf = p->is_after_cr && i < s.n && s.p[i] == '\n';
    if (i < s.n)
        p->is_after_cr = false;
    return i + is_lf;
}

/* The bytes up to and with the next blank line, or SIZE_MAX when it has not come. */
static size_t find_end(struct sl_sse *p, sl_str s)
{
    size_t i = skip_bom(p, s);
    const char *end = s.p + s.n;
    while ((i = skip_lf(p, s, i)) < s.n) {
        const char *eol = sl_scan_eol(s.p + i, end);
        p->line_bytes += (size_t)(eol - (s.p + i));
        if (eol == end)
            break;
        bool is_blank = p->line_bytes == 0;
        p->line_bytes = 0;
        p->is_after_cr = *eol == '\r';
        i = (size_t)(eol - s.p) + 1;
        if (is_blank)
            return skip_lf(p, s, i);
    }
    return SIZE_MAX;
}

/* ---- what is in an event ---- */

/* The next line of *rest, without its end. */
static sl_str take_line(sl_str *rest)
{
    const char *end = rest->p + rest->n, *eol = sl_scan_eol(rest->p, end);
    sl_str line = {rest->p, (size_t)(eol - rest->p)};
    if (eol < end)
        eol += end - eol >= 2 && eol[0] == '\r' && eol[1] == '\n' ? 2 : 1;
    *rest = (sl_str){eol, (size_t)(end - eol)};
    return line;
}

static void add_data(struct sl_sse *p, struct sl_sse_event *ev, sl_str value)
{
    if (!ev->has_data) {
        ev->data = value;
        ev->has_data = true;
        return;
    }
    if (p->lines.n == 0)
        sl_strbuf_add(&p->lines, ev->data);
    sl_strbuf_add_char(&p->lines, '\n');
    sl_strbuf_add(&p->lines, value);
    ev->data = sl_strbuf_str(&p->lines);
}

static void set_id(struct sl_sse_event *ev, sl_str value)
{
    if (value.n != 0 && memchr(value.p, '\0', value.n) != NULL)
        return; /* as the standard has it */
    ev->id = value;
    ev->has_id = true;
}

static void set_retry(struct sl_sse_event *ev, sl_str value)
{
    uint64_t ms;
    if (sl_num_u64(value, INT64_MAX, &ms))
        ev->retry_ms = (int64_t)ms;
}

static void add_line(struct sl_sse *p, struct sl_sse_event *ev, sl_str line)
{
    size_t colon = sl_str_find(line, ':', 0);
    sl_str name = sl_str_head(line, colon);
    sl_str value = colon == SIZE_MAX ? (sl_str){line.p + line.n, 0} : sl_str_from(line, colon + 1);
    if (value.n != 0 && value.p[0] == ' ')
        value = sl_str_from(value, 1);
    if (sl_str_eq(name, SL_STR("data")))
        add_data(p, ev, value);
    else if (sl_str_eq(name, SL_STR("event")))
        ev->event = value;
    else if (sl_str_eq(name, SL_STR("id")))
        set_id(ev, value);
    else if (sl_str_eq(name, SL_STR("retry")))
        set_retry(ev, value);
}

/* Read the whole event `raw`; the parser is then at the beginning of the next one. */
static void read_event(struct sl_sse *p, sl_str raw, struct sl_sse_event *ret)
{
    sl_str rest = raw;
    if (!p->has_begun && sl_str_starts(rest, SL_STR("\xef\xbb\xbf")))
        rest = sl_str_from(rest, BOM_BYTES);
    if (p->has_leading_lf)
        rest = sl_str_from(rest, 1);
    *ret = (struct sl_sse_event){.raw = raw, .retry_ms = -1};
    while (rest.n != 0)
        add_line(p, ret, take_line(&rest));
    p->has_begun = true;
    p->has_leading_lf = false;
}

/* ---- the parser ---- */

/* Give back what the event given out last was made of. */
static void drop_given(struct sl_sse *p)
{
    sl_strbuf_fini(&p->lines);
    if (p->is_carry_given)
        sl_strbuf_fini(&p->carry);
    p->is_carry_given = false;
}

void sl_sse_feed(struct sl_sse *p, sl_str bytes)
{
    SL_ASSERT(p->fed.n == 0);
    drop_given(p);
    p->fed = bytes;
}

static bool is_too_large(const struct sl_sse *p, size_t more_bytes)
{
    size_t max = p->event_bytes_max != 0 ? p->event_bytes_max : SL_SSE_EVENT_BYTES;
    return p->carry.n > max || more_bytes > max - p->carry.n;
}

/* Move `n` fed bytes behind what was carried. */
static void carry(struct sl_sse *p, size_t n)
{
    sl_strbuf_add(&p->carry, sl_str_head(p->fed, n));
    p->fed = sl_str_from(p->fed, n);
}

sl_rc sl_sse_next(struct sl_sse *p, struct sl_sse_event *ret)
{
    drop_given(p);
    if (p->is_broken)
        return SL_E_LIMIT;
    if (p->fed.n == 0)
        return SL_E_AGAIN;
    if (p->carry.n == 0)
        p->has_leading_lf = p->is_after_cr && p->fed.p[0] == '\n';

    size_t n = find_end(p, p->fed);
    size_t piece_bytes = SL_MIN(n, p->fed.n);
    if (is_too_large(p, piece_bytes)) {
        p->is_broken = true;
        p->fed = (sl_str){NULL, 0};
        sl_strbuf_fini(&p->carry);
        return SL_E_LIMIT;
    }
    if (n == SIZE_MAX || p->carry.n != 0) {
        carry(p, piece_bytes);
        if (n == SIZE_MAX)
            return SL_E_AGAIN;
        p->is_carry_given = true;
        read_event(p, sl_strbuf_str(&p->carry), ret);
        return SL_OK;
    }
    sl_str raw = sl_str_head(p->fed, n);
    p->fed = sl_str_from(p->fed, n);
    read_event(p, raw, ret);
    return SL_OK;
}

sl_str sl_sse_ahead(struct sl_sse *p)
{
    drop_given(p);
    bool is_between = p->has_begun && !p->is_broken && !p->is_after_cr && p->carry.n == 0;
    return is_between ? p->fed : (sl_str){NULL, 0};
}

void sl_sse_skip(struct sl_sse *p, size_t n)
{
    SL_ASSERT(n <= p->fed.n);
    p->fed = sl_str_from(p->fed, n);
}

/* Nothing but what belongs to the event before: the LF of its CRLF. */
static bool is_at_border(const struct sl_sse *p)
{
    return p->carry.n == 0 || (p->carry.n == 1 && p->has_leading_lf);
}

sl_rc sl_sse_finish(struct sl_sse *p, struct sl_sse_event *ret)
{
    SL_ASSERT(p->fed.n == 0);
    drop_given(p);
    if (is_at_border(p))
        return SL_OK;
    p->is_carry_given = true;
    read_event(p, sl_strbuf_str(&p->carry), ret);
    return SL_E_UPSTREAM_TRUNCATED;
}
