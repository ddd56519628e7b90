/**
 * frames: the events of a vendor's stream, whatever tells them apart (ai/dialect.h, sl_ai_framing).
 *
 * One reader for all dialects: what is no SSE gives events of the same shape, with the payload in
 * `data` and, where the framing names events, the name in `event`. Same contract as codec/sse: feed,
 * then next until it says SL_E_AGAIN. Owned by one thread.
 *
 * AWS: an event is named as its :event-type says; an exception is named SL_AI_FRAMES_EXCEPTION and its
 * :exception-type, an error the same and its :error-code, with the data {"message": ...}. A `chunk`,
 * which carries another dialect's event as {"bytes": base64}, is undone: the data is that event, `raw` its text as
 * an event of SSE, named by its member "type".
 */
#pragma once
#include "ai/dialect.h"
#include "codec/awsevent.h"
#include "codec/sse.h"

#define SL_AI_FRAMES_EXCEPTION "exception:"

struct sl_ai_frames {
    enum sl_ai_framing framing;  /* set before the first feed */
    struct sl_sse sse;           /* SSE */
    sl_str fed;                  /* NDJSON: what is left of the fed bytes; borrowed */
    struct sl_strbuf carry;      /* NDJSON: the beginning of a line whose end has not come */
    bool is_carry_given;         /* it belongs to the event given out last */
    struct sl_awsevents aws;     /* AWS */
    struct sl_strbuf name, text; /* AWS: of an event that is given out, where they had to be made */
};

/** The type of an exception as it is spelled outside of streams, with a capital. In `a`. */
sl_str sl_ai_aws_type(sl_str type, struct sl_arena *a);
/** Accepts a zeroed reader. */
void sl_ai_frames_fini(struct sl_ai_frames *f);
/** Take `bytes`, which must stay until sl_ai_frames_next says SL_E_AGAIN. */
void sl_ai_frames_feed(struct sl_ai_frames *f, sl_str bytes);
/**
 * The next event, valid until the reader is called again. SL_E_AGAIN when more bytes are needed;
 * SL_E_LIMIT for one above SL_SSE_EVENT_BYTES and SL_E_SYNTAX for broken framing, from then on.
 */
sl_rc sl_ai_frames_next(struct sl_ai_frames *f, struct sl_sse_event *ret) SL_CHECKED;
/** As sl_sse_ahead and sl_sse_skip; nothing in AWS's frames. */
sl_str sl_ai_frames_ahead(struct sl_ai_frames *f);
void sl_ai_frames_skip(struct sl_ai_frames *f, size_t n);
/**
 * The stream ended. SL_OK at a border of events; else SL_E_UPSTREAM_TRUNCATED, and *ret is the last
 * event as far as it came where that may be of use (has_data).
 */
sl_rc sl_ai_frames_finish(struct sl_ai_frames *f, struct sl_sse_event *ret) SL_CHECKED;
