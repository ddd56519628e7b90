#include "base/diag.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_BYTES = 512,
    PATH_BYTES = 1024,
    NUMBER_BYTES = 64
}; /* a path may have names that a peer chose */

void sl_diag_init(struct sl_diag *d, struct sl_arena *a)
{
    d->arena = a;
    d->count = 0;
    d->dropped = 0;
}

/* ------------------------------------------------------------------ what stands in a message */

struct arguments {
    va_list list;
};

/* At most what fits a message, and no character in two: what was cut off does not begin inside one. */
static sl_str cut(sl_str text)
{
    size_t n = SL_MIN(text.n, MESSAGE_BYTES - 1);
    for (int i = 0; i < 3 && n > 0 && n < text.n && (text.p[n] & 0xC0) == 0x80; i++)
        n--;
    return sl_str_head(text, n);
}

/* Peers choose how many bytes stand in params: without room they are empty. */
static sl_str keep(struct sl_diag *d, sl_str param)
{
    sl_str kept = sl_arena_try_dup(d->arena, cut(param));
    return kept.p != NULL ? kept : SL_STR("");
}

/* "%.*s" or "%s"; without bytes its pointer may be NULL. */
static sl_str text_param(struct arguments *args, bool has_length)
{
    int most = has_length ? va_arg(args->list, int) : -1;
    const char *p = va_arg(args->list, const char *);
    if (most == 0 || p == NULL)
        return SL_STR("");
    return (sl_str){p, most < 0 ? strlen(p) : strnlen(p, (size_t)most)};
}

/* Of whatever signedness: `spec` says how it is written. long, long long and size_t are one size here. */
static sl_str number_param(struct sl_diag *d, struct arguments *args, const char *spec)
{
    char text[NUMBER_BYTES];
    int n = strpbrk(spec, "lz") != NULL
                ? snprintf(text, sizeof(text), spec, va_arg(args->list, long long))
                : snprintf(text, sizeof(text), spec, va_arg(args->list, int));
    SL_ASSERT(n >= 0);
    return keep(d, (sl_str){text, SL_MIN((size_t)n, sizeof(text) - 1)});
}

static sl_str fraction_param(struct sl_diag *d, struct arguments *args, const char *spec)
{
    char text[NUMBER_BYTES];
    int n = snprintf(text, sizeof(text), spec, va_arg(args->list, double));
    SL_ASSERT(n >= 0);
    return keep(d, (sl_str){text, SL_MIN((size_t)n, sizeof(text) - 1)});
}

/* Note the argument of the conversion at `at`; returns what is behind it, NULL when it is none of those we read. */
static const char *note_param(struct sl_diag *d, struct sl_problem *p, const char *at,
                              struct arguments *args)
{
    char spec[12] = {0};
    size_t n = 1 + strspn(at + 1, "-+ #0123456789.*lz");
    char kind = at[n];
    if (kind == '\0' || n + 1 >= sizeof(spec))
        return NULL;
    memcpy(spec, at, n + 1);
    sl_str *param = &p->params[p->param_count++];
    if (kind == 's')
        *param = keep(d, text_param(args, strchr(spec, '*') != NULL));
    else if (strchr("diux", kind) != NULL && strchr(spec, '*') == NULL)
        *param = number_param(d, args, spec);
    else if (kind == 'f' && strchr(spec, '*') == NULL)
        *param = fraction_param(d, args, spec);
    else
        return p->param_count--, NULL;
    return at + n + 1;
}

static void note_params(struct sl_diag *d, struct sl_problem *p, va_list args)
{
    struct arguments copy;
    va_copy(copy.list, args);
    for (const char *at = strchr(p->format, '%'); at != NULL && p->param_count < SL_DIAG_PARAMS_MAX;
         at = strchr(at, '%')) {
        at = at[1] == '%' ? at + 2 : note_param(d, p, at, &copy);
        if (at == NULL)
            break;
    }
    va_end(copy.list);
}

/* ------------------------------------------------------------------ problems */

static struct sl_problem *add(struct sl_diag *d, const char *fmt, va_list args)
{
    if (d->count == SL_DIAG_MAX) {
        d->dropped++;
        return NULL;
    }
    char text[MESSAGE_BYTES + 1]; /* one more than is kept: it tells whether a character goes on */
    struct sl_problem *p = &d->problems[d->count++];
    *p = (struct sl_problem){.format = fmt};
    note_params(d, p, args);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    SL_ASSERT(n >= 0);
    sl_str message = {text, SL_MIN((size_t)n, sizeof(text) - 1)};
    p->message = sl_arena_dup(d->arena, cut(message));
    return p;
}

sl_rc sl_diag_vfail(struct sl_diag *d, sl_rc rc, const char *path, const char *fmt, va_list args)
{
    struct sl_problem *p = add(d, fmt, args);
    if (p != NULL) {
        p->rc = rc;
        p->path = sl_arena_dup(d->arena, sl_str_head(sl_cstr(path), PATH_BYTES));
    }
    return rc;
}

sl_rc sl_diag_fail(struct sl_diag *d, sl_rc rc, const char *path, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)sl_diag_vfail(d, rc, path, fmt, args); /* is rc */
    va_end(args);
    return rc;
}

sl_rc sl_diag_vfail_at(struct sl_diag *d, sl_rc rc, sl_str file, uint32_t line, uint32_t column,
                       sl_str path, const char *fmt, va_list args)
{
    struct sl_problem *p = add(d, fmt, args);
    if (p != NULL) {
        p->rc = rc;
        p->file = sl_arena_dup(d->arena, file);
        p->line = line;
        p->column = column;
        p->path = sl_arena_dup(d->arena, sl_str_head(path, PATH_BYTES));
    }
    return rc;
}

sl_rc sl_diag_fail_at(struct sl_diag *d, sl_rc rc, sl_str file, uint32_t line, uint32_t column,
                      sl_str path, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)sl_diag_vfail_at(d, rc, file, line, column, path, fmt, args); /* is rc */
    va_end(args);
    return rc;
}

sl_str sl_problem_text(const struct sl_problem *p, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    if (p->file.n != 0)
        sl_strbuf_addf(&b, "%.*s:", SL_STRF(p->file));
    if (p->line != 0)
        sl_strbuf_addf(&b, "%u:%u:", p->line, p->column);
    if (b.n != 0)
        sl_strbuf_add_char(&b, ' ');
    if (p->path.n != 0)
        sl_strbuf_addf(&b, "%.*s: ", SL_STRF(p->path));
    sl_strbuf_add(&b, p->message);
    return sl_strbuf_str(&b);
}
