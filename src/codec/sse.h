/**
 * sse: the events of a text/event-stream (WHATWG HTML, section 9.2), as the bytes arrive.
 *
 *     sl_sse_feed(p, bytes);
 *     while ((rc = sl_sse_next(p, &ev)) == SL_OK)
 *         use(&ev);
 *     if (rc != SL_E_AGAIN) ... too large
 *
 * An event that lies whole in the fed bytes is not copied. One that does not is gathered on the heap,
 * as are the lines of a data of several lines; between events the parser holds no memory but itself
 * (and the LF of a CRLF that was split there, which becomes the first byte of the next `raw`). Line
 * ends are CR, LF or CRLF, also mixed and also split between feeds; an event is given out at its first
 * sufficient byte. Owned by one thread.
 */
#pragma once
#include "base/strbuf.h"

/* Default limit of one event with everything in it. */
#define SL_SSE_EVENT_BYTES SL_MIB(16)

/** What stands between two blank lines. Valid until the parser is called again. */
struct sl_sse_event {
    sl_str event; /* empty: not given, which means "message" */
    sl_str data;  /* the lines joined by LF */
    sl_str id;
    sl_str raw;       /* all bytes, blank line included: the raws in a row are the stream */
    int64_t retry_ms; /* -1: not given */
    bool has_data;    /* false: a comment or stray fields, of which a browser would not tell */
    bool has_id;
};

struct sl_sse {
    size_t event_bytes_max; /* of one event; 0: SL_SSE_EVENT_BYTES */
    sl_str fed;             /* what is left of the fed bytes; borrowed */
    struct sl_strbuf carry; /* the beginning of an event whose end has not come */
    struct sl_strbuf lines; /* data of several lines, joined */
    size_t line_bytes;      /* of the line that is being read, as far as it has come */
    uint8_t bom_bytes;      /* of a byte order mark at the very beginning */
    bool is_after_cr;       /* a LF now belongs to the line end before it */
    bool has_leading_lf;    /* the event begins with such a LF */
    bool has_begun;         /* the first event has been given out */
    bool is_carry_given;    /* `carry` belongs to the event given out last */
    bool is_broken;
};

/** A zeroed struct is valid too. */
void sl_sse_init(struct sl_sse *p, size_t event_bytes_max);
/** Accepts a zeroed parser. */
void sl_sse_fini(struct sl_sse *p);

/** Take `bytes`, which must stay until sl_sse_next says SL_E_AGAIN (and must have said so before). */
void sl_sse_feed(struct sl_sse *p, sl_str bytes);
/** The next event; SL_E_AGAIN when more bytes are needed; SL_E_LIMIT, from then on, for one too large. */
sl_rc sl_sse_next(struct sl_sse *p, struct sl_sse_event *ret) SL_CHECKED;
/**
 * What is left of the fed bytes, when they begin a line with which an event begins; else nothing. Who knows
 * whole events at the front of it may skip them: no line end may be split by that.
 */
sl_str sl_sse_ahead(struct sl_sse *p);
void sl_sse_skip(struct sl_sse *p, size_t n);
/**
 * The stream ended, and sl_sse_next said SL_E_AGAIN. SL_OK at a border of events. Otherwise
 * SL_E_UPSTREAM_TRUNCATED and *ret is the last event as far as it came: the standard drops it, but some
 * servers leave the last blank line out.
 */
sl_rc sl_sse_finish(struct sl_sse *p, struct sl_sse_event *ret) SL_CHECKED;
