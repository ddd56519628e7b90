#include "ws.h"

enum { FRAME_MAX = 64 << 20, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

void ws_accept(struct span key, struct buf *out)
{
    struct buf text = {0};
    uint8_t digest[20];
    buf_span(&text, key);
    buf_str(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    sha1(text.p, text.n, digest);
    buf_base64(out, digest, sizeof digest);
    buf_free(&text);
}

struct frame {
    uint8_t first; // FIN, reserved bits, opcode
    bool is_masked;
    uint64_t n;
    size_t head_n; // including the mask
};

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static bool read_frame_head(struct span in, struct frame *ret)
{
    const uint8_t *p = (const uint8_t *)in.p;
    if (in.n < 2)
        return false;
    size_t length_n = (p[1] & 0x7f) == 127 ? 8 : (p[1] & 0x7f) == 126 ? 2 : 0;
    *ret = (struct frame){.first = p[0], .is_masked = (p[1] & 0x80) != 0};
    ret->head_n = 2 + length_n + (ret->is_masked ? 4 : 0);
    if (in.n < ret->head_n)
        return false;
    ret->n = length_n != 0 ? big_endian(p + 2, length_n) : p[1] & 0x7fu;
    return true;
}

static void put_frame_head(struct buf *out, uint8_t first, uint64_t n)
{
    uint8_t head[10] = {first, (uint8_t)(n < 126 ? n : n < 65536 ? 126 : 127)};
    size_t length_n = n < 126 ? 0 : n < 65536 ? 2 : 8;
    for (size_t i = 0; i < length_n; i++)
        head[2 + i] = (uint8_t)(n >> (8 * (length_n - 1 - i)));
    buf_put(out, head, 2 + length_n);
}

size_t ws_feed(struct span in, struct buf *out, bool *ret_is_end)
{
    struct frame f;
    if (!read_frame_head(in, &f))
        return 0;
    if (!f.is_masked || f.n > FRAME_MAX) {
        *ret_is_end = true;
        return in.n;
    }
    if (in.n - f.head_n < f.n)
        return 0;

    uint8_t opcode = f.first & 0x0f;
    *ret_is_end = opcode == OP_CLOSE;
    if (opcode == OP_PONG)
        return f.head_n + (size_t)f.n;
    put_frame_head(out, opcode == OP_PING ? 0x80 | OP_PONG : f.first, f.n);
    buf_reserve(out, (size_t)f.n);
    const char *mask = in.p + f.head_n - 4, *data = in.p + f.head_n;
    for (size_t i = 0; i < f.n; i++)
        out->p[out->n + i] = (char)(data[i] ^ mask[i % 4]);
    out->n += (size_t)f.n;
    return f.head_n + (size_t)f.n;
}
