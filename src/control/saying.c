#include "control/saying.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <string.h>

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

/* ------------------------------------------------------------------ what was said before */

static size_t digits_of(sl_str text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
        n++;
    return n;
}

/* How much of the text stands for the conversion before `rest` of the format; SIZE_MAX: it cannot. */
static size_t param_bytes(sl_str text, bool is_number, const char *rest)
{
    size_t own = strcspn(rest, "%");
    if (is_number)
        return digits_of(text) != 0 ? digits_of(text) : SIZE_MAX;
    return own != 0 ? sl_str_find_str(text, (sl_str){rest, own}) : text.n;
}

/* A param ends where what follows it in the format stands for the first time. */
static bool read_by(const struct saying *s, sl_str text, struct sl_said *ret)
{
    const char *f = s->format;
    *ret = (struct sl_said){.code = s->code, .names = sl_cstr(s->names)};
    while (*f != '\0') {
        bool is_param = *f == '%' && f[1] != '%';
        size_t own = is_param ? strcspn(f, "sdu") + 1 : 1 + (size_t)(*f == '%');
        size_t n = is_param ? param_bytes(text, f[own - 1] != 's', f + own) : 1;
        if (n > text.n || (!is_param && *text.p != *f))
            return false;
        if (is_param && ret->n < SL_DIAG_PARAMS_MAX)
            ret->params[ret->n++] = sl_str_head(text, n);
        text = sl_str_from(text, n);
        f += own;
    }
    return text.n == 0;
}

static size_t own_bytes(sl_str text, const struct sl_said *s)
{
    size_t n = text.n;
    for (size_t i = 0; i < s->n; i++)
        n -= s->params[i].n;
    return n;
}

bool sl_saying_read(sl_str sentence, struct sl_said *ret)
{
    struct sl_said s;
    *ret = (struct sl_said){0};
    for (size_t i = 0; i < SL_LEN(sayings); i++) {
        if (read_by(&sayings[i], sentence, &s) &&
            (ret->code == NULL || own_bytes(sentence, &s) > own_bytes(sentence, ret)))
            *ret = s;
    }
    return ret->code != NULL;
}

/* ------------------------------------------------------------------ what is said now */

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
