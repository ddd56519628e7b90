/** errors: the vendors' error bodies and headers, by kind. */
#pragma once
#include "mock.h"

/** The kind that stands for a bare `status`. */
enum error_kind error_for_status(int status);
/** The error object of a dialect, without request id: `{"error":...}` / `{"type":"error",...}`. */
void openai_error_body(enum error_kind kind, struct buf *out);
void anthropic_error_body(enum error_kind kind, uint64_t number, struct buf *out);
/** The scenario's Retry-After and what is like it, as header lines. */
void put_retry_hints(const struct scenario *sc, struct buf *fields);
/** `status` 0: the kind's own. The delay is in the body there, not in the head. */
void gemini_error_body(enum error_kind kind, int status, const struct scenario *sc,
                       struct buf *out);
/** Answer with an error. `status` 0: the kind's own. Retry hints come from the scenario. */
void openai_error(struct reply *r, int status, enum error_kind kind, struct buf *fields);
void gemini_error(struct reply *r, int status, enum error_kind kind, struct buf *fields);
void anthropic_error(struct reply *r, int status, enum error_kind kind, struct buf *fields);
