/** sse: server-sent events written in every way the specification allows (WHATWG HTML, 9.2). */
#pragma once
#include "mock.h"

/** A stream in one dialect. `put_error` writes the dialect's error event (FAULT_ERROR). */
struct sse {
    struct reply *r;
    void (*put_error)(struct sse *s);
};

/** Answer 200 with an event stream. `fields`: further header lines. */
void sse_begin(struct sse *s, const struct buf *fields);
/** Append one event; `name` NULL: no event line. Becomes the error event when that is due. */
void sse_event(struct sse *s, const char *name, struct span data);
void sse_end(struct sse *s);
