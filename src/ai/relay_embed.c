/*
 * relay_embed: embeddings in base64 for a client that asked so, from a vendor of the same form that only
 * gives numbers.
 */
#include "ai/embed.h"
#include "ai/relay_int.h"

#include "base/str.h"

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
    struct sl_strbuf text = {0};
    struct sl_json_iter it;
    struct sl_json_range item, vector;
    sl_json_iter_init(&it, p->text, &p->data);
    while (sl_json_iter_next(&it, &item)) {
        if (!sl_json_range_get(p->text, &item, SL_STR("embedding"), &vector) ||
            vector.kind != SL_JSON_ARRAY)
            continue;
        pass_to(&c, vector.at);
        sl_strbuf_clear(&text);
        sl_strbuf_add_char(&text, '"');
        sl_ai_floats_to_base64(sl_json_range_text(p->text, &vector), &text);
        sl_strbuf_add_char(&text, '"');
        sl_chain_add_copy(out, sl_strbuf_str(&text));
        c.at = vector.at + vector.n;
    }
    pass_to(&c, p->text.n);
    sl_strbuf_fini(&text);
}
