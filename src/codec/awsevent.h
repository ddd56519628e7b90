/**
 * awsevent: messages of AWS's binary event streams (application/vnd.amazon.eventstream), as the
 * bytes arrive, and their writer.
 *
 *     total length (4) | headers length (4) | CRC-32 of these 8 | headers | payload | CRC-32 of all
 *
 * All numbers big endian. Both checksums are verified; a message that fails, or whose lengths do not
 * fit each other, ends the stream with SL_E_SYNTAX, for there is no way to find the next one. Headers
 * are checked as well before a message is given out. Messages that lie whole in the fed bytes are not
 * copied. Same contract as codec/sse; owned by one thread.
 */
#pragma once
#include "base/strbuf.h"

enum {
    SL_AWSEVENT_HEADERS_BYTES = 128 << 10, /* of one message's headers */
    SL_AWSEVENT_OVERHEAD_BYTES = 16,       /* lengths and checksums */
};
/** Of one message with everything in it. */
#define SL_AWSEVENT_BYTES (SL_MIB(24))

enum sl_awsevent_kind {
    SL_AWSEVENT_TRUE,
    SL_AWSEVENT_FALSE,
    SL_AWSEVENT_INT8,
    SL_AWSEVENT_INT16,
    SL_AWSEVENT_INT32,
    SL_AWSEVENT_INT64,
    SL_AWSEVENT_BYTES_VALUE,
    SL_AWSEVENT_STRING,
    SL_AWSEVENT_TIMESTAMP, /* milliseconds since 1970 */
    SL_AWSEVENT_UUID,      /* 16 bytes */
};

struct sl_awsevent_header {
    sl_str name; /* 1 to 255 bytes */
    enum sl_awsevent_kind kind;
    int64_t number; /* INT*, TIMESTAMP */
    sl_str bytes;   /* BYTES_VALUE, STRING, UUID */
};

/** Valid until the reader is called again. */
struct sl_awsevent {
    sl_str headers; /* encoded; well-formed; see sl_awsevent_next_header */
    sl_str payload;
    sl_str raw; /* all of the message */
};

struct sl_awsevents {
    size_t event_bytes_max; /* of one message; 0: SL_AWSEVENT_BYTES */
    sl_str fed;             /* what is left of the fed bytes; borrowed */
    struct sl_strbuf carry; /* the beginning of a message whose end has not come */
    bool is_carry_given;    /* it belongs to the message given out last */
    sl_rc broken;
};

/** Accepts a zeroed reader. */
void sl_awsevents_fini(struct sl_awsevents *s);
/** Take `bytes`, which must stay until sl_awsevents_next says SL_E_AGAIN (and must have said so before). */
void sl_awsevents_feed(struct sl_awsevents *s, sl_str bytes);
/** The next message; SL_E_AGAIN; SL_E_LIMIT for one too large and SL_E_SYNTAX for a broken one, from then on. */
sl_rc sl_awsevents_next(struct sl_awsevents *s, struct sl_awsevent *ret) SL_CHECKED;
/** The stream ended: SL_OK at a border of messages, else SL_E_UPSTREAM_TRUNCATED. */
sl_rc sl_awsevents_finish(const struct sl_awsevents *s) SL_CHECKED;

/** Take the next header off the front of a message's. False when none is left, and for a malformed one. */
bool sl_awsevent_next_header(sl_str *headers, struct sl_awsevent_header *ret) SL_CHECKED;
/** The text of the first STRING header of that name; empty when there is none. */
sl_str sl_awsevent_text(const struct sl_awsevent *ev, sl_str name);

/** Append a message. False, and nothing appended, for a name or value that is too long, and at a limit. */
bool sl_awsevent_write(struct sl_strbuf *out, const struct sl_awsevent_header *headers, size_t n,
                       sl_str payload) SL_CHECKED;
