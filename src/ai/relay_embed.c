/*
 * relay_embed: embeddings in base64 for a client that asked so, from a vendor that only gives numbers.
 * base64 is of little-endian 32-bit floats (OpenAI's encoding_format).
 */
#include "ai/relay_int.h"

#include "base/enc.h"
#include "base/str.h"

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

/* The array's numbers as a JSON string. */
static void encode(sl_str body, const struct sl_json_range *array, struct sl_strbuf *floats,
                   struct sl_strbuf *ret)
{
    struct sl_json_iter it;
    struct sl_json_range number;
    sl_strbuf_clear(floats);
    sl_strbuf_clear(ret);
    sl_json_iter_init(&it, body, array);
    while (sl_json_iter_next(&it, &number))
        add_float(floats,
                  number.kind == SL_JSON_NUMBER ? to_float(sl_json_range_text(body, &number)) : 0);
    sl_strbuf_add_char(ret, '"');
    sl_enc_base64(ret, sl_strbuf_str(floats));
    sl_strbuf_add_char(ret, '"');
}

/* What is passed of the body so far, and the one splice that is not an embedding. */
struct copier {
    struct sl_ai_relay *r;
    struct sl_chunk *chunk;
    sl_str body;
    const struct sl_splice *model; /* NULL: none, or done */
    size_t at;
    struct sl_chain *out;
};

static void pass_to(struct copier *c, size_t to)
{
    const struct sl_splice *model = c->model;
    if (model != NULL && model->at < to) {
        sl_chain_add(c->out, c->chunk, (sl_str){c->body.p + c->at, model->at - c->at});
        sl_chain_add_static(c->out, model->with);
        c->at = model->at + model->n;
        c->model = NULL;
    }
    sl_chain_add(c->out, c->chunk, (sl_str){c->body.p + c->at, to - c->at});
    c->at = to;
}

bool sl_ai_relay_wants_base64(const struct sl_ai_relay *r)
{
    return r->config.call->operation == SL_AI_EMBEDDINGS &&
           sl_str_eq(r->config.call->encoding_format, SL_STR("base64"));
}

void sl_ai_relay_put_base64(struct sl_ai_relay *r, struct sl_chunk *chunk,
                            const struct sl_ai_peek *p, const struct sl_splice *model,
                            struct sl_chain *out)
{
    struct copier c = {.r = r, .chunk = chunk, .body = p->text, .model = model, .out = out};
    struct sl_strbuf floats = {0}, text = {0};
    struct sl_json_iter it;
    struct sl_json_range item, vector;
    sl_json_iter_init(&it, p->text, &p->data);
    while (sl_json_iter_next(&it, &item)) {
        if (!sl_json_range_get(p->text, &item, SL_STR("embedding"), &vector) ||
            vector.kind != SL_JSON_ARRAY)
            continue;
        pass_to(&c, vector.at);
        encode(p->text, &vector, &floats, &text);
        sl_chain_add_copy(out, sl_strbuf_str(&text));
        c.at = vector.at + vector.n;
    }
    pass_to(&c, p->text.n);
    sl_strbuf_fini(&floats);
    sl_strbuf_fini(&text);
}
