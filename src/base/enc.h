/**
 * enc: bytes as text, and back: base64, hexadecimal, percent, JSON strings. Pure; any thread.
 *
 * Everything is appended to a strbuf, whose limit is the limit (see is_full there). Decoders are
 * strict: they take only what an encoder may have written, and append nothing when they return
 * false.
 */
#pragma once
#include "base/strbuf.h"

/** RFC 4648 section 4, with padding. */
void sl_enc_base64(struct sl_strbuf *b, sl_str bytes);
/** RFC 4648 section 5, without padding (as in JWT and WebAuthn). */
void sl_enc_base64url(struct sl_strbuf *b, sl_str bytes);
/** Padding must be there, unused bits zero; no white space. */
bool sl_dec_base64(struct sl_strbuf *b, sl_str text) SL_CHECKED;
/** Padding must be absent, unused bits zero; no white space. */
bool sl_dec_base64url(struct sl_strbuf *b, sl_str text) SL_CHECKED;

/** Lower case. */
void sl_enc_hex(struct sl_strbuf *b, sl_str bytes);
/** Either case; an even number of digits. */
bool sl_dec_hex(struct sl_strbuf *b, sl_str text) SL_CHECKED;
/** The same of just 2 * `n` digits; after a failure what is in `ret` means nothing. */
bool sl_dec_hex_to(uint8_t *ret, size_t n, sl_str text) SL_CHECKED;

/** Everything but RFC 3986's unreserved characters becomes %XX. */
void sl_enc_percent(struct sl_strbuf *b, sl_str bytes);
/** Every '%' must be followed by two hexadecimal digits; '+' stays '+'. The result may hold any byte, NUL too. */
bool sl_dec_percent(struct sl_strbuf *b, sl_str text) SL_CHECKED;

/**
 * A JSON string with its quotes. All control characters are escaped (also DEL and U+0080..U+009F,
 * which a terminal obeys), ill-formed UTF-8 becomes U+FFFD: the result is always valid JSON on one line.
 */
void sl_enc_json(struct sl_strbuf *b, sl_str text);
