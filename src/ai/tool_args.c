#include "ai/tool_args.h"

#include "base/str.h"
#include "codec/jsonscan.h"
#include "codec/jsonw.h"

#define CARRIER SL_STR("_invalid_json")

bool sl_ai_args_is_object(sl_str arguments)
{
    struct sl_jsonscan_info info;

    return sl_jsonscan(arguments, NULL, NULL, 0, NULL, &info) == SL_OK &&
           info.kind == SL_JSON_OBJECT && !info.has_lone_surrogate;
}

static bool is_nothing(sl_str arguments)
{
    sl_str text = sl_str_trim_all(arguments);

    return text.n == 0 || sl_str_eq(text, SL_STR("null"));
}

/* In JSON they stand outside of strings only, where one space is as good as another. */
static void add_as_line(struct sl_strbuf *out, sl_str json)
{
    size_t from = out->n;
    sl_strbuf_add(out, json);
    for (size_t i = from; i < out->n; i++) {
        if (out->p[i] == '\n' || out->p[i] == '\r')
            out->p[i] = ' ';
    }
}

void sl_ai_args_add_object(struct sl_strbuf *out, sl_str arguments)
{
    struct sl_jsonw w;

    if (sl_ai_args_is_object(arguments)) {
        add_as_line(out, sl_str_trim_all(arguments));
        return;
    }
    sl_jsonw_init(&w, out);
    sl_jsonw_object(&w);
    if (!is_nothing(arguments))
        sl_jsonw_key_str(&w, CARRIER, arguments);
    sl_jsonw_end(&w);
}

sl_str sl_ai_args_text(struct sl_arena *a, sl_str object)
{
    sl_str wanted = CARRIER, text;
    struct sl_json_range r;
    struct sl_jsonscan_info info;

    if (object.n == 0)
        return SL_STR("{}");
    if (sl_str_find_str(object, wanted) == SIZE_MAX ||
        sl_jsonscan(object, NULL, &wanted, 1, &r, &info) != SL_OK)
        return object;
    if (!r.is_present || r.kind != SL_JSON_STRING || info.member_count != 1 ||
        sl_json_string_decode(sl_json_range_text(object, &r), a, &text) != SL_OK)
        return object;
    return text;
}
