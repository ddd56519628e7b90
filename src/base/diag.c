#include "base/diag.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512, PATH_BYTES = 1024 }; /* a path may have names that a peer chose */

void sl_diag_init(struct sl_diag *d, struct sl_arena *a)
{
    d->arena = a;
    d->count = 0;
    d->dropped = 0;
}

static struct sl_problem *add(struct sl_diag *d, const char *fmt, va_list args)
{
    if (d->count == SL_DIAG_MAX) {
        d->dropped++;
        return NULL;
    }
    char text[MESSAGE_BYTES];
    int n = vsnprintf(text, sizeof(text), fmt, args);
    SL_ASSERT(n >= 0);
    struct sl_problem *p = &d->problems[d->count++];
    *p = (struct sl_problem){
        .message = sl_arena_dup(d->arena, (sl_str){text, SL_MIN((size_t)n, sizeof(text) - 1)})};
    return p;
}

sl_rc sl_diag_fail(struct sl_diag *d, sl_rc rc, const char *path, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct sl_problem *p = add(d, fmt, args);
    va_end(args);
    if (p != NULL) {
        p->rc = rc;
        p->path = sl_arena_dup(d->arena, sl_str_head(sl_cstr(path), PATH_BYTES));
    }
    return rc;
}

sl_rc sl_diag_fail_at(struct sl_diag *d, sl_rc rc, sl_str file, uint32_t line, uint32_t column,
                      sl_str path, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct sl_problem *p = add(d, fmt, args);
    va_end(args);
    if (p != NULL) {
        p->rc = rc;
        p->file = sl_arena_dup(d->arena, file);
        p->line = line;
        p->column = column;
        p->path = sl_arena_dup(d->arena, sl_str_head(path, PATH_BYTES));
    }
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
