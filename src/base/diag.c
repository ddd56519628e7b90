#include "base/diag.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 512, PATH_BYTES = 1024 }; /* a path may have names that a peer chose */

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
    bool is_wide = strpbrk(spec, "lz") != NULL;
    return is_wide ? sl_fmt(d->arena, spec, va_arg(args->list, long long))
                   : sl_fmt(d->arena, spec, va_arg(args->list, int));
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
        *param = sl_arena_dup(d->arena, text_param(args, strchr(spec, '*') != NULL));
    else if (strchr("diux", kind) != NULL && strchr(spec, '*') == NULL)
        *param = number_param(d, args, spec);
    else if (kind == 'f' && strchr(spec, '*') == NULL)
        *param = sl_fmt(d->arena, spec, va_arg(args->list, double));
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
    char text[MESSAGE_BYTES];
    struct sl_problem *p = &d->problems[d->count++];
    *p = (struct sl_problem){.format = fmt};
    note_params(d, p, args);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    SL_ASSERT(n >= 0);
    p->message = sl_arena_dup(d->arena, (sl_str){text, SL_MIN((size_t)n, sizeof(text) - 1)});
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
