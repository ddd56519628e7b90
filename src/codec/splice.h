/**
 * splice: a text with some ranges replaced. The text itself is never changed: what stays is
 * referenced (in a chain) or copied once (into a strbuf).
 *
 * No state, any thread.
 */
#pragma once
#include "base/chunk.h"
#include "base/strbuf.h"

/** Replace text[at, at + n) by `with`. n == 0 inserts, an empty `with` removes. */
struct sl_splice {
    size_t at, n;
    sl_str with;
};

/**
 * Append the spliced text to `out` without copying: `text` and every `with` must outlive the chain.
 * The splices are sorted by `at`, do not overlap, and lie inside the text (asserted).
 */
void sl_splice_chain(struct sl_chain *out, sl_str text, const struct sl_splice *splices,
                     size_t count);
/** The same as a copy; see out->is_full. */
void sl_splice_strbuf(struct sl_strbuf *out, sl_str text, const struct sl_splice *splices,
                      size_t count);
/** The length of the spliced text: for Content-Length. */
size_t sl_splice_bytes(sl_str text, const struct sl_splice *splices, size_t count);
