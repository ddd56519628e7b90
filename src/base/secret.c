#include "base/secret.h"
#include "base/str.h"

void sl_secret_init(struct sl_secret *secret, sl_str s)
{
    secret->hidden = (sl_str){sl_strdup(s), s.n};
}

void sl_secret_fini(struct sl_secret *secret)
{
    char *p = (char *)(uintptr_t)secret->hidden.p; /* ours: sl_strdup made it */
    if (p != NULL)
        explicit_bzero(p, secret->hidden.n);
    sl_free(p);
    *secret = (struct sl_secret){0};
}

bool sl_secret_eq(const struct sl_secret *secret, sl_str s)
{
    return sl_str_eq_secret(secret->hidden, s);
}

sl_str sl_secret_reveal(const struct sl_secret *secret)
{
    return secret->hidden;
}
