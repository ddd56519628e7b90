/*
 * fuzz_h1: heads, bodies and writers of HTTP/1.
 *
 * The first byte chooses request or response and the step of the second decoding. What parses must
 * parse to the same when it is written again, and a body must decode to the same data, fate and
 * rest however it is cut.
 */
#include "base/err.h"
#include "base/str.h"
#include "codec/h1.h"

static const struct sl_h1_limits limits = {.chunk_ext_bytes = 64, .trailer_bytes = 256};
/* What is written may be longer than what was read: our own framing comes on top. */
static const struct sl_h1_limits wide = {
    .head_bytes = UINT32_MAX, .target_bytes = UINT32_MAX, .field_count = UINT32_MAX};

/** The next field at or after `i` that the writers take over as it is, or n. */
static uint32_t next_copied(const struct sl_headers *h, uint32_t i)
{
    while (i < h->n && (h->v[i].id == SL_H_HOST || h->v[i].id == SL_H_CONTENT_LENGTH ||
                        h->v[i].id == SL_H_TRANSFER_ENCODING || h->v[i].id == SL_H_CONNECTION))
        i++;
    return i;
}

static bool same_fields(const struct sl_headers *a, const struct sl_headers *b)
{
    uint32_t i = next_copied(a, 0), k = next_copied(b, 0);
    while (i < a->n && k < b->n) {
        if (!sl_str_eq(a->v[i].name, b->v[k].name) || !sl_str_eq(a->v[i].value, b->v[k].value))
            return false;
        i = next_copied(a, i + 1);
        k = next_copied(b, k + 1);
    }
    return i == a->n && k == b->n;
}

static void expect_same(const struct sl_head *a, const struct sl_head *b)
{
    SL_ASSERT(sl_str_eq(a->method, b->method));
    SL_ASSERT(a->method_id == b->method_id);
    SL_ASSERT(sl_str_eq(a->target, b->target));
    SL_ASSERT(sl_str_eq(a->authority, b->authority));
    SL_ASSERT(sl_str_eq(a->path, b->path));
    SL_ASSERT(sl_str_eq(a->query, b->query));
    SL_ASSERT(a->has_query == b->has_query);
    SL_ASSERT(a->status == b->status);
    SL_ASSERT(a->body_kind == b->body_kind);
    SL_ASSERT(a->body_bytes == b->body_bytes || a->body_kind != SL_BODY_LENGTH);
    SL_ASSERT(same_fields(&a->headers, &b->headers));
}

static void rewrite_request(struct sl_head *head, struct sl_arena *a)
{
    struct sl_head again;
    struct sl_strbuf out;
    const char *why;
    if (head->authority.n == 0)
        head->authority = SL_STR("a"); /* HTTP/1.0 without Host */
    sl_strbuf_init(&out, a, 0);
    sl_h1_write_request(head, head->keep_alive, &out);

    if (sl_h1_parse_request(sl_strbuf_str(&out), &wide, a, &again, &why) != SL_OK)
        sl_panic(__FILE__, __LINE__, why);
    expect_same(head, &again);
    SL_ASSERT(head->keep_alive == again.keep_alive || head->version == 10);
}

static void rewrite_response(struct sl_head *head, enum sl_method method, struct sl_arena *a)
{
    struct sl_head again;
    struct sl_strbuf out;
    const char *why;
    sl_strbuf_init(&out, a, 0);
    sl_h1_write_response(head, head->keep_alive, &out);

    if (sl_h1_parse_response(sl_strbuf_str(&out), &wide, method, a, &again, &why) != SL_OK)
        sl_panic(__FILE__, __LINE__, why);
    expect_same(head, &again);
}

struct outcome {
    struct sl_h1_body body;
    struct sl_strbuf data;
    sl_rc rc;
    size_t taken;
};

static struct outcome decode(const struct sl_head *head, sl_str text, size_t step,
                             struct sl_arena *a)
{
    struct outcome o = {.rc = SL_OK};
    sl_h1_body_init(&o.body, head, &limits, a);
    sl_strbuf_init(&o.data, a, 0);
    while (o.taken < text.n && o.rc == SL_OK && !o.body.is_done) {
        sl_str in = sl_str_head(sl_str_from(text, o.taken), step), data;
        size_t given = in.n;
        const char *why = NULL;
        o.rc = sl_h1_body_feed(&o.body, &in, &data, &why);
        SL_ASSERT((o.rc == SL_OK) == (why == NULL));
        SL_ASSERT(o.rc != SL_OK || in.n < given);
        o.taken += given - in.n;
        if (o.rc == SL_OK)
            sl_strbuf_add(&o.data, data);
    }
    return o;
}

static void decode_twice(const struct sl_head *head, sl_str text, size_t step, struct sl_arena *a)
{
    struct outcome whole = decode(head, text, SIZE_MAX, a), cut = decode(head, text, step, a);
    SL_ASSERT(whole.rc == cut.rc);
    SL_ASSERT(whole.taken == cut.taken);
    SL_ASSERT(whole.body.is_done == cut.body.is_done);
    SL_ASSERT(sl_str_eq(sl_strbuf_str(&whole.data), sl_strbuf_str(&cut.data)));
    SL_ASSERT(whole.body.trailers.n == cut.body.trailers.n);
    if (head->body_kind == SL_BODY_LENGTH)
        SL_ASSERT(whole.data.n <= head->body_bytes);
    SL_ASSERT(sl_h1_body_eof(&whole.body) == sl_h1_body_eof(&cut.body));
}

/** The head ends at the same place however much of it was searched before. */
static size_t head_end(sl_str text, size_t step)
{
    size_t whole_scanned = 0, scanned = 0;
    size_t want = sl_h1_head_end(text, &whole_scanned);
    for (size_t n = step; want != 0 && n < want; n += step)
        SL_ASSERT(sl_h1_head_end(sl_str_head(text, n), &scanned) == 0);
    SL_ASSERT(sl_h1_head_end(text, &scanned) == want);
    return want;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    bool is_response = (data[0] & 1) != 0;
    enum sl_method method = (data[0] & 2) != 0 ? SL_METHOD_HEAD : SL_METHOD_GET;
    size_t step = (size_t)(data[0] >> 2) + 1;
    sl_str text = {(const char *)data + 1, size - 1};
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(16));
    struct sl_head head;
    const char *why = NULL;

    size_t end = head_end(text, step);
    sl_str bytes = sl_arena_dup(a, sl_str_head(text, end));
    sl_rc rc = is_response ? sl_h1_parse_response(bytes, &limits, method, a, &head, &why)
                           : sl_h1_parse_request(bytes, &limits, a, &head, &why);
    SL_ASSERT((rc == SL_OK) == (why == NULL));
    if (rc == SL_OK) {
        decode_twice(&head, sl_str_from(text, end), step, a);
        if (is_response)
            rewrite_response(&head, method, a);
        else
            rewrite_request(&head, a);
    }
    sl_arena_free(a);
    return 0;
}
