#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void sl_panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "sluice: bug at %s:%d: %s\n", file, line, what);
    abort();
}

void *sl_try_calloc(size_t count, size_t size)
{
    return calloc(count != 0 ? count : 1, size != 0 ? size : 1);
}

void *sl_calloc(size_t count, size_t size)
{
    void *p = sl_try_calloc(count, size);
    if (p == NULL)
        sl_panic(__FILE__, __LINE__, "out of memory");
    return p;
}

void *sl_realloc(void *p, size_t size)
{
    void *grown = realloc(p, size != 0 ? size : 1);
    if (grown == NULL)
        sl_panic(__FILE__, __LINE__, "out of memory");
    return grown;
}

void sl_free(void *p)
{
    free(p);
}

char *sl_strdup(sl_str s)
{
    char *copy = sl_calloc(s.n + 1, 1);
    if (s.n != 0)
        memcpy(copy, s.p, s.n);
    return copy;
}
