/*
 * embed_float: numbers of a JSON array to base64 of little-endian 32-bit floats, and back. Both ways are
 * exact: each number becomes the nearest float, and each float its shortest sure decimal.
 */
#include "ai/embed.h"

#include "base/enc.h"
#include "base/str.h"
#include "codec/jsonrange.h"

#include <stdlib.h>

enum { NUMBER_BYTES = 63, EXACT_DIGITS = 15, EXACT_POWER = 22 };

/* Both the digits and the power of ten are exact doubles, and so is their quotient rounded once. */
static bool exact_float(sl_str number, float *ret)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *p = number.p, *end = number.p + number.n;
    uint64_t digits = 0;
    int count = 0, scale = 0;
    bool is_negative = p < end && *p == '-', has_point = false;
    for (p += is_negative; p < end; p++) {
        if (*p == '.') {
            has_point = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            return false; /* an exponent */
        digits = digits * 10 + (uint64_t)(*p - '0');
        count += digits != 0;
        scale += has_point;
        if (count > EXACT_DIGITS || scale > EXACT_POWER)
            return false;
    }
    double value = (double)digits / powers[scale];
    *ret = (float)(is_negative ? -value : value);
    return true;
}

static float to_float(sl_str number)
{
    char text[NUMBER_BYTES + 1];
    float value;
    if (exact_float(number, &value))
        return value;
    number = sl_str_head(number, NUMBER_BYTES); /* further digits do not count in 24 bits */
    memcpy(text, number.p, number.n);
    text[number.n] = '\0';
    return strtof(text, NULL);
}

static void add_float(struct sl_strbuf *b, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    for (unsigned i = 0; i < sizeof(bits); i++)
        sl_strbuf_add_char(b, (char)(bits >> (8 * i)));
}

void sl_ai_floats_to_base64(sl_str numbers_json, struct sl_strbuf *out)
{
    struct sl_json_range top = sl_json_range_top(numbers_json), number;
    struct sl_strbuf floats = {0};
    struct sl_json_iter it;
    sl_json_iter_init(&it, numbers_json, &top);
    while (sl_json_iter_next(&it, &number))
        add_float(&floats, number.kind == SL_JSON_NUMBER
                               ? to_float(sl_json_range_text(numbers_json, &number))
                               : 0);
    sl_enc_base64(out, sl_strbuf_str(&floats));
    sl_strbuf_fini(&floats);
}

/* ------------------------------------------------------------------ and back */

static float float_at(const char *p)
{
    uint32_t bits = 0;
    float value;
    for (unsigned i = 0; i < sizeof(bits); i++)
        bits |= (uint32_t)(uint8_t)p[i] << (8 * i);
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* JSON has no word for what is not finite. */
static void add_number(struct sl_strbuf *out, float value)
{
    enum { SURE_DIGITS = 9 };
    bool is_finite = value - value == 0;
    sl_strbuf_addf(out, "%.*g", SURE_DIGITS, is_finite ? (double)value : 0.0);
}

bool sl_ai_base64_to_floats(sl_str base64, struct sl_strbuf *out)
{
    struct sl_strbuf bytes = {0};
    bool is_good = sl_dec_base64(&bytes, base64) && bytes.n % sizeof(float) == 0;
    if (is_good) {
        sl_strbuf_add_char(out, '[');
        for (size_t at = 0; at < bytes.n; at += sizeof(float)) {
            if (at != 0)
                sl_strbuf_add_char(out, ',');
            add_number(out, float_at(bytes.p + at));
        }
        sl_strbuf_add_char(out, ']');
    }
    sl_strbuf_fini(&bytes);
    return is_good;
}
