/** coder: streaming content codings (RFC 9110, 8.4.1), flushed after every piece. */
#pragma once
#include "buf.h"
#include "scenario.h"

struct coder;

/** NULL for CODING_NONE. */
struct coder *coder_new(enum coding coding);
/** Encode `in` and everything before it so that a decoder can deliver it; `is_last` ends it. */
void coder_put(struct coder *c, struct span in, bool is_last, struct buf *out);
void coder_free(struct coder *c);
/** The token of the Content-Encoding field. */
const char *coding_name(enum coding coding);
