/** call_fixture: a call, its target and the memory for both, for tests of requests and relays. */
#pragma once
#include "ai/call.h"
#include "tests/test.h"

struct call_fixture {
    struct sl_arena *a;
    struct sl_chunk_pool *pool;
    struct sl_diag d;
    struct sl_ai_call call;
    struct sl_ai_target target;
    struct sl_headers client;
    struct sl_ai_wire wire;
    struct sl_ai_relay *relay;
    struct sl_chain out;
    struct sl_strbuf text;   /* of `out`, gathered */
    sl_str content_encoding; /* of the answers to come */
    size_t body_limit;
};

/** A target of `vendor` whose model is "real". */
void fixture_init(struct call_fixture *f, const char *vendor);
void fixture_fini(struct call_fixture *f);
/** Read `body` as a chat request, and fail the test when it is refused. */
void fixture_read(struct call_fixture *f, enum sl_ai_dialect client, const char *body);
/** The same, and write the vendor's request. Returns its body. */
sl_str fixture_write(struct call_fixture *f, enum sl_ai_dialect client, const char *body);
/** Begin an answer to what was written, shown as "shown" (NULL: as it is). */
void fixture_open(struct call_fixture *f, bool is_stream, const char *shown);
/** Feed `bytes` in pieces of `step` bytes, each in memory of its own. */
void fixture_feed(struct call_fixture *f, sl_str bytes, size_t step);
/** End the answer; all that was appended so far. */
sl_str fixture_finish(struct call_fixture *f, bool is_clean);
/** What `out` has gathered so far. */
sl_str fixture_text(struct call_fixture *f);

/** JSON that was written with ' in place of ". */
sl_str fixture_json(struct sl_arena *a, const char *text);
/** Is `part`, with ' for ", in `in`; behind a '!': is it not? If not so, both are printed. */
bool fixture_has(sl_str in, struct sl_arena *a, const char *part);
