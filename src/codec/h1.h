/**
 * h1: HTTP/1.1 messages to and from bytes (RFC 9112), strict by default.
 *
 * Pure: no I/O, no clock. The head parser works on a whole head in one piece (the connection finds
 * its end with sl_h1_head_end, copies it into the exchange's arena and parses it there), the body
 * decoder works on whatever bytes arrive and yields slices of them without copying.
 *
 * What is refused and with what: cases-http 1-10 are the rules. Everything that could be read in two
 * ways is refused; nothing is repaired.
 */
#pragma once
#include "base/strbuf.h"
#include "codec/header.h"

/** Limits of one head. Zero members mean the defaults. */
struct sl_h1_limits {
    uint32_t head_bytes;      /* all of it; default 32768 */
    uint32_t target_bytes;    /* default 8192 */
    uint32_t field_count;     /* default 100 */
    uint32_t chunk_ext_bytes; /* extensions of all chunks of one body together; default 16384 */
    uint32_t trailer_bytes;   /* default 8192 */
};
extern const struct sl_h1_limits sl_h1_default_limits;

/**
 * Find the end of a head in `bytes`, of which the first `*scanned` were searched before (start with
 * 0). Returns the length of the head including its empty line, or 0 when it is not complete, and
 * then updates *scanned. Accepts CRLF only; a bare-LF head is found too, so that the parser can refuse it.
 * An empty line in front of a request line is for the caller to skip (RFC 9112, 2.2).
 */
size_t sl_h1_head_end(sl_str bytes, size_t *scanned);

/**
 * Parse a request head (request line, fields, empty line). `head_bytes` must stay as long as *ret.
 * Fields go into ret->headers, an array in `a`. On failure returns SL_E_BAD_REQUEST, _URI_TOO_LONG,
 * _HEAD_TOO_LARGE, _HTTP_VERSION, _TRANSFER_CODING, _EXPECTATION and *ret_why is a static text.
 * Also SL_E_NOMEM at the limit of `a`.
 * Names with an underscore are dropped (a CGI alias of the dashed name), see cases-http 15. A Host
 * field that an absolute target overrules is rewritten. CONNECT has a target and an authority but no path.
 */
sl_rc sl_h1_parse_request(sl_str head_bytes, const struct sl_h1_limits *limits, struct sl_arena *a,
                          struct sl_head *ret, const char **ret_why) SL_CHECKED;

/**
 * Parse a response head. `request_method` decides about the body (HEAD, CONNECT). Failures:
 * SL_E_UPSTREAM_PROTOCOL, SL_E_HEAD_TOO_LARGE, SL_E_NOMEM. Answers without a body (to HEAD, 304) keep
 * in body_bytes the length that they tell. Fields with an underscore stay.
 */
sl_rc sl_h1_parse_response(sl_str head_bytes, const struct sl_h1_limits *limits,
                           enum sl_method request_method, struct sl_arena *a, struct sl_head *ret,
                           const char **ret_why) SL_CHECKED;

/** Decoder of one body, made by sl_h1_body_init. No memory of its own but trailers. */
struct sl_h1_body {
    enum sl_body_kind kind;
    uint8_t state;
    bool is_done;
    uint8_t size_digits;
    uint64_t left;                 /* bytes of the body (LENGTH) or of the current chunk */
    uint64_t ext_bytes;            /* seen so far, against the limit */
    struct sl_h1_limits limits;    /* with the defaults filled in */
    struct sl_strbuf trailer_text; /* in the arena */
    struct sl_headers trailers;    /* valid when is_done; framing and routing fields dropped */
    struct sl_arena *arena;
};

void sl_h1_body_init(struct sl_h1_body *b, const struct sl_head *head,
                     const struct sl_h1_limits *limits, struct sl_arena *a);
/**
 * Take bytes from the front of *in (advancing it) and yield at most one slice of body data in
 * *ret_data (empty when none). Call until *in is empty or b->is_done; what is left in *in then
 * belongs to the next message. Returns SL_OK or SL_E_BAD_REQUEST / SL_E_LIMIT with *ret_why.
 */
sl_rc sl_h1_body_feed(struct sl_h1_body *b, sl_str *in, sl_str *ret_data,
                      const char **ret_why) SL_CHECKED;
/** The peer closed: SL_OK when the body is complete (or delimited by the close), else SL_E_UPSTREAM_TRUNCATED. */
sl_rc sl_h1_body_eof(struct sl_h1_body *b) SL_CHECKED;

/**
 * Write a request head: request line, Host first, fields in order, framing field according to
 * body_kind/body_bytes (any framing fields among the headers are ignored). Connection fields go as
 * they are, or become "Connection: close" without keep_alive. Names and values must be valid
 * (parsed, or sl_header_is_valid). `out` is full (is_full) when it does not fit.
 */
void sl_h1_write_request(const struct sl_head *head, bool keep_alive, struct sl_strbuf *out);
/**
 * Write a response head, always as HTTP/1.1; Content-Length or Transfer-Encoding by body_kind,
 * Connection as above (SL_BODY_CLOSE closes anyhow). A response that could have a body and has none
 * is SL_BODY_LENGTH with 0 bytes; SL_BODY_NONE writes no framing (HEAD, 304: Content-Length when
 * body_bytes is set). 1xx and 204 never have any. An empty reason becomes the registered one.
 */
void sl_h1_write_response(const struct sl_head *head, bool keep_alive, struct sl_strbuf *out);
/** "1a2b\r\n" for a chunk of `n` bytes; returns its length (<= 18). */
size_t sl_h1_write_chunk_size(uint64_t n, char out[20]);
