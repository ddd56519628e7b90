#include "app/certfiles.h"
#include "base/str.h"

struct sl_certfiles {
    struct sl_arena *arena;
    struct sl_file_stamp *stamps;
    bool *are_served; /* a listener's own certificate; as long as stamps */
    size_t count;
};

static size_t count_files(const struct sl_loaded *l)
{
    const struct sl_listener_config *listeners = l->gateway.listeners.v;
    size_t n = l->snapshot->tls_files.n;
    for (size_t i = 0; i < l->gateway.listeners.n; i++)
        n += 1 + 2 * listeners[i].tls.certs.n;
    return n;
}

static void add(struct sl_certfiles *c, sl_str path, bool is_served)
{
    if (path.n == 0)
        return;
    c->are_served[c->count] = is_served;
    c->stamps[c->count++] = sl_file_stamp_of(sl_arena_dup(c->arena, path).p);
}

static void add_listener(struct sl_certfiles *c, const struct sl_listener_tls_config *tls)
{
    const struct sl_identity_config *certs = tls->certs.v;
    add(c, tls->client_ca, false);
    for (size_t i = 0; i < tls->certs.n; i++) {
        add(c, certs[i].cert, true);
        add(c, certs[i].key, false);
    }
}

struct sl_certfiles *sl_certfiles_new(const struct sl_loaded *l)
{
    const struct sl_listener_config *listeners = l->gateway.listeners.v;
    struct sl_arena *a = sl_arena_new("certificate files", SL_MIB(16));
    struct sl_certfiles *c = sl_arena_new_of(a, struct sl_certfiles);
    c->arena = a;
    c->stamps = sl_arena_array(a, struct sl_file_stamp, count_files(l));
    c->are_served = sl_arena_array(a, bool, count_files(l));
    for (size_t i = 0; i < l->gateway.listeners.n; i++)
        add_listener(c, &listeners[i].tls);
    for (size_t i = 0; i < l->snapshot->tls_files.n; i++)
        add(c, l->snapshot->tls_files.v[i], false);
    return c;
}

void sl_certfiles_free(struct sl_certfiles *c)
{
    if (c != NULL)
        sl_arena_free(c->arena);
}

bool sl_certfiles_changed(const struct sl_certfiles *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (sl_file_has_changed(&c->stamps[i]))
            return true;
    }
    return false;
}

void sl_certfiles_look(struct sl_certfiles *c)
{
    for (size_t i = 0; i < c->count; i++)
        c->stamps[i] = sl_file_stamp_of(c->stamps[i].path);
}

void sl_certfiles_each(const struct sl_certfiles *c,
                       void (*visit)(const char *path, bool is_served, void *arg), void *arg)
{
    for (size_t i = 0; i < c->count; i++)
        visit(c->stamps[i].path, c->are_served[i], arg);
}
