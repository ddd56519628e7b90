#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"

static const char base64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_digits[] = "0123456789abcdef";

static unsigned byte_at(sl_str s, size_t i)
{
    return i < s.n ? (unsigned char)s.p[i] : 0;
}

static void encode64(struct sl_strbuf *b, sl_str bytes, const char *alphabet, bool has_padding)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        unsigned group =
            byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        size_t digits = SL_MIN(bytes.n - i, (size_t)3) + 1;
        char text[4] = {'=', '=', '=', '='};
        for (size_t k = 0; k < digits; k++)
            text[k] = alphabet[group >> (18 - 6 * k) & 63];
        sl_strbuf_add(b, (sl_str){text, has_padding ? sizeof(text) : digits});
    }
}

void sl_enc_base64(struct sl_strbuf *b, sl_str bytes)
{
    encode64(b, bytes, base64_std, true);
}

void sl_enc_base64url(struct sl_strbuf *b, sl_str bytes)
{
    encode64(b, bytes, base64_url, false);
}

static int digit64(char c, const char *alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabet[62])
        return 62;
    return c == alphabet[63] ? 63 : -1;
}

/* `text` is without padding. */
static bool decode64(struct sl_strbuf *b, sl_str text, const char *alphabet)
{
    size_t before = b->n;
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = digit64(text.p[i], alphabet);
        if (digit < 0)
            goto fail;
        held = (held << 6 | (unsigned)digit) & 0xffff;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        sl_strbuf_add_char(b, (char)(held >> bits & 0xff));
    }
    if (text.n % 4 != 1 && (held & ((1u << bits) - 1)) == 0)
        return true;
fail:
    b->n = before;
    return false;
}

bool sl_dec_base64(struct sl_strbuf *b, sl_str text)
{
    if (text.n % 4 != 0)
        return false;
    for (int padding = 0; padding < 2 && text.n != 0 && text.p[text.n - 1] == '='; padding++)
        text.n--;
    return decode64(b, text, base64_std);
}

bool sl_dec_base64url(struct sl_strbuf *b, sl_str text)
{
    return decode64(b, text, base64_url);
}

static void add_hex_byte(struct sl_strbuf *b, unsigned char c, const char *digits)
{
    char text[2] = {digits[c >> 4], digits[c & 15]};
    sl_strbuf_add(b, (sl_str){text, sizeof(text)});
}

void sl_enc_hex(struct sl_strbuf *b, sl_str bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        add_hex_byte(b, (unsigned char)bytes.p[i], hex_digits);
}

/* The byte that two hexadecimal digits stand for, or -1. */
static int hex_byte(sl_str s, size_t at)
{
    if (at + 2 > s.n)
        return -1;
    int high = sl_num_hex_digit(s.p[at]), low = sl_num_hex_digit(s.p[at + 1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool sl_dec_hex(struct sl_strbuf *b, sl_str text)
{
    size_t before = b->n;
    for (size_t i = 0; i < text.n; i += 2) {
        int c = hex_byte(text, i);
        if (c < 0) {
            b->n = before;
            return false;
        }
        sl_strbuf_add_char(b, (char)c);
    }
    return true;
}

bool sl_dec_hex_to(uint8_t *ret, size_t n, sl_str text)
{
    for (size_t i = 0; i < n && text.n == 2 * n; i++) {
        int c = hex_byte(text, 2 * i);
        if (c < 0)
            return false;
        ret[i] = (uint8_t)c;
    }
    return text.n == 2 * n;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void sl_enc_percent(struct sl_strbuf *b, sl_str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (is_unreserved(bytes.p[i])) {
            sl_strbuf_add_char(b, bytes.p[i]);
            continue;
        }
        sl_strbuf_add_char(b, '%');
        add_hex_byte(b, (unsigned char)bytes.p[i], "0123456789ABCDEF");
    }
}

bool sl_dec_percent(struct sl_strbuf *b, sl_str text)
{
    size_t before = b->n;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            sl_strbuf_add_char(b, text.p[i]);
            continue;
        }
        int c = hex_byte(text, i + 1);
        if (c < 0) {
            b->n = before;
            return false;
        }
        sl_strbuf_add_char(b, (char)c);
        i += 2;
    }
    return true;
}

static bool is_plain_json(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_json_escape(struct sl_strbuf *b, unsigned char c)
{
    static const char shorts[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                     {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
    sl_strbuf_add_char(b, '\\');
    for (size_t i = 0; i < SL_LEN(shorts); i++) {
        if (shorts[i][0] == (char)c) {
            sl_strbuf_add_char(b, shorts[i][1]);
            return;
        }
    }
    sl_strbuf_add(b, SL_STR("u00"));
    add_hex_byte(b, c, hex_digits);
}

/* `s` starts with a character that is not plain; returns its length. */
static size_t add_json_special(struct sl_strbuf *b, sl_str s)
{
    bool is_valid;
    size_t n = sl_utf8_step(s, &is_valid);
    if (!is_valid)
        sl_strbuf_add(b, SL_STR("\xef\xbf\xbd"));
    else if (n == 1)
        add_json_escape(b, (unsigned char)s.p[0]);
    else if (byte_at(s, 0) == 0xc2 && byte_at(s, 1) < 0xa0)
        add_json_escape(b, (unsigned char)s.p[1]);
    else
        sl_strbuf_add(b, sl_str_head(s, n));
    return n;
}

void sl_enc_json(struct sl_strbuf *b, sl_str text)
{
    sl_strbuf_add_char(b, '"');
    while (text.n != 0) {
        size_t plain = 0;
        while (plain < text.n && is_plain_json(text.p[plain]))
            plain++;
        sl_strbuf_add(b, sl_str_head(text, plain));
        text = sl_str_from(text, plain);
        if (text.n != 0)
            text = sl_str_from(text, add_json_special(b, text));
    }
    sl_strbuf_add_char(b, '"');
}
