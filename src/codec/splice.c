#include "codec/splice.h"

/* text[from, to); without arithmetic on the NULL of an empty text. */
static sl_str slice(sl_str text, size_t from, size_t to)
{
    return from == to ? (sl_str){NULL, 0} : (sl_str){text.p + from, to - from};
}

/* What stays of the text before the splice; *at moves behind the splice. */
static sl_str kept_before(sl_str text, const struct sl_splice *s, size_t *at)
{
    SL_ASSERT(s->at >= *at);
    SL_ASSERT(s->at <= text.n && s->n <= text.n - s->at);
    sl_str kept = slice(text, *at, s->at);
    *at = s->at + s->n;
    return kept;
}

static void chain_add(struct sl_chain *out, sl_str bytes)
{
    if (bytes.n != 0)
        sl_chain_add_static(out, bytes);
}

void sl_splice_chain(struct sl_chain *out, sl_str text, const struct sl_splice *splices,
                     size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        chain_add(out, kept_before(text, &splices[i], &at));
        chain_add(out, splices[i].with);
    }
    chain_add(out, slice(text, at, text.n));
}

void sl_splice_strbuf(struct sl_strbuf *out, sl_str text, const struct sl_splice *splices,
                      size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        sl_strbuf_add(out, kept_before(text, &splices[i], &at));
        sl_strbuf_add(out, splices[i].with);
    }
    sl_strbuf_add(out, slice(text, at, text.n));
}

size_t sl_splice_bytes(sl_str text, const struct sl_splice *splices, size_t count)
{
    size_t at = 0, bytes = text.n;
    for (size_t i = 0; i < count; i++) {
        (void)kept_before(text, &splices[i], &at);
        bytes = bytes - splices[i].n + splices[i].with.n;
    }
    return bytes;
}
