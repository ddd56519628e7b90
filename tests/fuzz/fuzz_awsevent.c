/*
 * Any bytes into codec/awsevent, whole and chopped: the same messages, the raws in a row are the stream,
 * and each message written anew is the one that was read. The first byte says how to chop; its high
 * bit asks for checksums to be put right first, without which little gets past them.
 */
#include "base/crc32.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/awsevent.h"

enum { HEADERS_MAX = 64 };

struct outcome {
    struct sl_strbuf raws;
    sl_rc rc;
};

static void expect_same_when_written(const struct sl_awsevent *ev)
{
    struct sl_awsevent_header v[HEADERS_MAX];
    struct sl_strbuf again = {0};
    size_t n = 0;
    sl_str rest = ev->headers;
    while (n < HEADERS_MAX && sl_awsevent_next_header(&rest, &v[n]))
        n++;
    if (rest.n == 0 && sl_awsevent_write(&again, v, n, ev->payload))
        SL_ASSERT(sl_str_eq(sl_strbuf_str(&again), ev->raw));
    sl_strbuf_fini(&again);
}

static struct outcome parse(sl_str text, size_t step)
{
    struct outcome o = {.rc = SL_E_AGAIN};
    struct sl_awsevents s = {0};
    struct sl_awsevent ev;
    for (size_t at = 0; at < text.n && o.rc == SL_E_AGAIN; at += step) {
        sl_awsevents_feed(&s, sl_str_head(sl_str_from(text, at), step));
        while ((o.rc = sl_awsevents_next(&s, &ev)) == SL_OK) {
            sl_strbuf_add(&o.raws, ev.raw);
            expect_same_when_written(&ev);
        }
    }
    if (o.rc == SL_E_AGAIN)
        o.rc = sl_awsevents_finish(&s);
    sl_awsevents_fini(&s);
    return o;
}

static uint32_t u32_at(const char *p)
{
    return (uint32_t)(uint8_t)p[0] << 24 | (uint32_t)(uint8_t)p[1] << 16 |
           (uint32_t)(uint8_t)p[2] << 8 | (uint8_t)p[3];
}

static void put_u32(char *p, uint32_t v)
{
    for (size_t i = 0; i < 4; i++)
        p[i] = (char)(v >> (24 - 8 * i));
}

static void put_checksums_right(char *p, size_t n)
{
    while (n >= SL_AWSEVENT_OVERHEAD_BYTES) {
        size_t total = u32_at(p);
        put_u32(p + 8, sl_crc32((sl_str){p, 8}));
        if (total < SL_AWSEVENT_OVERHEAD_BYTES || total > n)
            return;
        put_u32(p + total - 4, sl_crc32((sl_str){p, total - 4}));
        p += total;
        n -= total;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct sl_strbuf copy = {0};
    sl_strbuf_add(&copy, (sl_str){(const char *)data + 1, size - 1});
    if ((data[0] & 0x80) != 0)
        put_checksums_right(copy.p, copy.n);
    sl_str text = sl_strbuf_str(&copy);
    struct outcome whole = parse(text, size), chopped = parse(text, 1 + data[0] % 32);
    SL_ASSERT(whole.rc == chopped.rc);
    SL_ASSERT(sl_str_eq(sl_strbuf_str(&whole.raws), sl_strbuf_str(&chopped.raws)));
    SL_ASSERT(sl_str_starts(text, sl_strbuf_str(&whole.raws)));
    SL_ASSERT(whole.rc != SL_OK || whole.raws.n == text.n);
    sl_strbuf_fini(&whole.raws);
    sl_strbuf_fini(&chopped.raws);
    sl_strbuf_fini(&copy);
    return 0;
}
