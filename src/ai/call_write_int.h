/**
 * call_write_int: what the two ways of writing a vendor's request share: splices in the client's bytes
 * (call_splice.c) and the hub (call_write.c).
 */
#pragma once
#include "ai/call_int.h"

/** What one writing works on. */
struct sl_ai_writing {
    struct sl_ai_call *call; /* with is_stream as the vendor is to be asked */
    bool streams_otherwise;  /* than the client asked */
    const struct sl_ai_target *t;
    const struct sl_headers *client; /* what came with the request */
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_ai_wire *wire;
};

/* call_write.c */
/** Is it one of OpenAI's two dialects with streams that tell no usage unless asked? */
bool sl_ai_has_stream_options(enum sl_ai_dialect dialect);
bool sl_ai_takes_stream_options(const struct sl_ai_writing *w);
/** Is usage asked for behind the client's back (U1)? */
bool sl_ai_hides_usage(const struct sl_ai_writing *w);

/* call_splice.c */
/** Write the body: the client's bytes with some ranges replaced. */
sl_rc sl_ai_call_splice(const struct sl_ai_writing *w) SL_CHECKED;
/** Does the vendor want messages in a form that splices cannot give them? */
bool sl_ai_call_needs_hub(const struct sl_ai_writing *w);
