#include "control/saying.h"
#include "base/str.h"
#include "base/strbuf.h"

static const struct saying {
    const char *code, *format, *names;
} sayings[] = {
#define X(code, format, names) {code, format, names},
#include "control/saying.def"
#undef X
};

static const struct saying *find(sl_str format)
{
    for (size_t i = 0; i < SL_LEN(sayings); i++)
        if (sl_str_eq(format, sl_cstr(sayings[i].format)))
            return &sayings[i];
    return NULL;
}

/* A message that was made elsewhere is a sentence as it stands. */
static const struct saying *of_problem(const struct sl_problem *p)
{
    sl_str format = sl_cstr(p->format);
    bool is_whole = sl_str_eq(format, SL_STR("%s")) || sl_str_eq(format, SL_STR("%.*s"));
    return find(is_whole ? p->message : format);
}

const char *sl_saying_code(sl_str sentence)
{
    const struct saying *s = find(sentence);
    return s != NULL ? s->code : NULL;
}

static void write_params(const struct saying *s, const struct sl_problem *p, struct sl_jsonw *w)
{
    sl_str names = sl_cstr(s->names), name;
    sl_jsonw_key(w, SL_STR("params"));
    sl_jsonw_object(w);
    for (size_t i = 0; i < p->param_count && names.p != NULL && sl_str_split(&names, ' ', &name);
         i++)
        sl_jsonw_key_str(w, name, p->params[i]);
    sl_jsonw_end(w);
}

void sl_saying_write(const struct sl_problem *p, struct sl_jsonw *w)
{
    const struct saying *s = of_problem(p);
    if (s == NULL)
        return;
    sl_jsonw_key_str(w, SL_STR("code"), sl_cstr(s->code));
    if (s->names[0] != '\0')
        write_params(s, p, w);
}

void sl_saying_codes(struct sl_strbuf *out)
{
    for (size_t i = 0; i < SL_LEN(sayings); i++)
        sl_strbuf_addf(out, "%s\"%s\"", i != 0 ? "," : "", sayings[i].code);
}
