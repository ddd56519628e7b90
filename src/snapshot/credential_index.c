#include "snapshot/credential_index.h"

#include <string.h>

enum { CAP_MIN = 8 };

void sl_credential_index_reserve(struct sl_credential_index *x, struct sl_arena *a, size_t n)
{
    SL_ASSERT(x->cap == 0);
    x->cap = CAP_MIN;
    while (x->cap / 4 * 3 < n)
        x->cap *= 2;
    x->most = n;
    x->slots = sl_arena_array(a, const struct sl_credential *, x->cap);
    memset(x->slots, 0, x->cap * sizeof(*x->slots));
}

/* Where it is, or a free place. */
static size_t find(const struct sl_credential_index *x, const uint8_t key_hash[32])
{
    uint64_t start;
    memcpy(&start, key_hash, sizeof(start));
    size_t at = start & (x->cap - 1);
    while (x->slots[at] != NULL && memcmp(x->slots[at]->key_hash, key_hash, 32) != 0)
        at = (at + 1) & (x->cap - 1);
    return at;
}

const struct sl_credential *sl_credential_index_put(struct sl_credential_index *x,
                                                    const struct sl_credential *credential)
{
    SL_ASSERT(x->n < x->most);
    size_t at = find(x, credential->key_hash);
    if (x->slots[at] != NULL)
        return x->slots[at];
    x->slots[at] = credential;
    x->n++;
    return NULL;
}

const struct sl_credential *sl_credential_index_get(const struct sl_credential_index *x,
                                                    const uint8_t key_hash[32])
{
    return x->cap != 0 ? x->slots[find(x, key_hash)] : NULL;
}
