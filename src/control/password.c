#include "control/password.h"
#include "base/str.h"
#include "control/identity.h"
#include "store/identity.h"
#include "store/rows.h"

void sl_passwords_add(struct sl_passwords **all, sl_str user, sl_str password, struct sl_arena *a)
{
    if (password.n == 0 || password.n > SL_PASSWORD_BYTES_MAX)
        return;
    if (*all == NULL)
        *all = sl_arena_new_of(a, struct sl_passwords);
    if ((*all)->n < SL_PASSWORDS_MAX)
        (*all)->v[(*all)->n++] = (struct sl_foreseen_password){.user = user, .password = password};
}

static void look_up(struct sl_tx *tx, struct sl_foreseen_password *p, struct sl_arena *a)
{
    struct sl_row row;
    p->is_stored = p->user.n != 0 &&
                   sl_row_by_name(tx, SL_STR("user"), p->user, a, &row) == SL_OK &&
                   sl_password_get(tx, row.id, a, &p->hash) == SL_OK;
}

void sl_passwords_prepare(struct sl_passwords *all, struct sl_store *store,
                          enum sl_password_cost cost, struct sl_arena *a)
{
    struct sl_tx *tx;
    if (all == NULL || sl_store_read(store, &tx) != SL_OK)
        return;
    for (size_t i = 0; i < all->n; i++)
        look_up(tx, &all->v[i], a);
    sl_tx_rollback(tx);
    for (size_t i = 0; i < all->n; i++) {
        struct sl_foreseen_password *p = &all->v[i];
        struct sl_strbuf hash;
        sl_strbuf_init(&hash, a, 0);
        if (p->is_stored)
            p->is_right = sl_password_verify(p->password, p->hash);
        else if (sl_password_hash(p->password, cost, &hash) == SL_OK)
            p->hash = sl_strbuf_str(&hash);
    }
}

sl_rc sl_passwords_hash(struct sl_passwords *all, sl_str password, enum sl_password_cost cost,
                        struct sl_strbuf *out)
{
    for (size_t i = 0; all != NULL && i < all->n; i++) {
        struct sl_foreseen_password *p = &all->v[i];
        if (p->is_stored || p->is_used || p->hash.n == 0 || !sl_str_eq(p->password, password))
            continue;
        p->is_used = true;
        sl_strbuf_add(out, p->hash);
        return SL_OK;
    }
    return sl_password_hash(password, cost, out);
}

bool sl_passwords_verify(const struct sl_passwords *all, sl_str password, sl_str hash)
{
    for (size_t i = 0; all != NULL && i < all->n; i++) {
        const struct sl_foreseen_password *p = &all->v[i];
        if (p->is_stored && sl_str_eq(p->hash, hash) && sl_str_eq(p->password, password))
            return p->is_right;
    }
    return sl_password_verify(password, hash);
}
