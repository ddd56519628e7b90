#include "ai/likely.h"

#include "base/str.h"

enum { PARSED_BYTES = SL_MIB(16) }; /* those of one event */

void sl_ai_likely_add(struct sl_strbuf *elements, const struct sl_json *token)
{
    struct sl_jsonw w;

    if (elements->n != 0)
        sl_strbuf_add_char(elements, ',');
    sl_jsonw_init(&w, elements);
    sl_json_write(token, &w);
}

/* False: there is no such list. */
static bool add_list(struct sl_strbuf *elements, const struct sl_json *list)
{
    struct sl_json_cursor c = sl_json_each(list);
    const struct sl_json *token;

    while ((token = sl_json_next(&c, NULL)) != NULL)
        sl_ai_likely_add(elements, token);
    return sl_json_kind(list) == SL_JSON_ARRAY;
}

bool sl_ai_likely_split(sl_str json, struct sl_strbuf *content, struct sl_strbuf *refusal)
{
    struct sl_arena *a = sl_arena_new("likely", PARSED_BYTES);
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    bool has_any = false;

    if (sl_json_parse(json, a, &v, &info) == SL_OK) {
        has_any = add_list(content, sl_json_get(v, SL_STR("content")));
        has_any |= add_list(refusal, sl_json_get(v, SL_STR("refusal")));
    }
    sl_arena_free(a);
    return has_any;
}

sl_str sl_ai_likely_json(struct sl_arena *a, const char *list, sl_str elements)
{
    struct sl_strbuf b;

    if (elements.n == 0)
        return (sl_str){0};
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_addf(&b, "{\"%s\":[", list);
    sl_strbuf_add(&b, elements);
    sl_strbuf_add(&b, SL_STR("]}"));
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}
