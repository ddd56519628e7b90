/**
 * units: spans of time and sizes as people write them, and back. Pure; any thread.
 *
 * Span: a number and one of us, ms, s, m, h, d: "250ms", "1.5s", "7d". The unit must be there.
 * Size: a number and B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024) or
 * nothing (bytes): "64KiB", "1MB", "512". Case counts; no space, no sign. Fractions must come out
 * as whole microseconds or bytes.
 *
 * The parsers return false, and leave *ret alone, when the text is something else or too large.
 */
#pragma once
#include "base/strbuf.h"

bool sl_units_span(sl_str s, sl_usec *ret) SL_CHECKED;
/** At most INT64_MAX bytes. */
bool sl_units_size(sl_str s, uint64_t *ret) SL_CHECKED;

/** In the largest unit that needs no fraction, so that parsing gives the same: "90m". `span_us` >= 0. */
void sl_units_add_span(struct sl_strbuf *b, sl_usec span_us);
/** The same for a size: "64KiB", "1MB", "1025". */
void sl_units_add_size(struct sl_strbuf *b, uint64_t bytes);
