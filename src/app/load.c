#include "app/load.h"
#include "base/str.h"
#include "snapshot/build.h"
#include "snapshot/registry.h"
#include "store/db.h"

#include <stdio.h>

static void join(struct sl_files *f)
{
    for (size_t i = 0; i < f->set_count; i++)
        f->count += f->sets[i].count;
    f->documents = sl_new_array(const struct sl_node *, f->count);
    size_t n = 0;
    for (size_t i = 0; i < f->set_count; i++) {
        for (size_t k = 0; k < f->sets[i].count; k++)
            f->documents[n++] = f->sets[i].documents[k];
    }
}

sl_rc sl_files_load(struct sl_strs paths, sl_str text, struct sl_files **ret, struct sl_diag *d)
{
    struct sl_files *f = sl_new(struct sl_files);
    sl_rc rc = SL_OK;
    f->set_count = SL_MAX(paths.n, (size_t)1);
    f->sets = sl_new_array(struct sl_declarative, f->set_count);
    if (paths.n == 0)
        rc = sl_declarative_parse(text, SL_STR("embedded"), &f->sets[0], d);
    for (size_t i = 0; i < paths.n; i++) {
        char *path = sl_strdup(paths.v[i]);
        sl_rc one = sl_declarative_load(path, &f->sets[i], d);
        rc = rc != SL_OK ? rc : one;
        sl_free(path);
    }
    join(f);
    *ret = f;
    return rc;
}

bool sl_files_changed(const struct sl_files *f)
{
    for (size_t i = 0; i < f->set_count; i++) {
        if (sl_declarative_changed(&f->sets[i]))
            return true;
    }
    return false;
}

void sl_files_free(struct sl_files *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->set_count; i++)
        sl_declarative_fini(&f->sets[i]);
    sl_free(f->sets);
    sl_free(f->documents);
    sl_free(f);
}

/* The files' documents, and the store's behind them. */
static const struct sl_node **all_documents(const struct sl_files *f, const struct sl_node *stored,
                                            struct sl_arena *a, size_t *ret_n)
{
    const struct sl_node **all = sl_arena_array(a, const struct sl_node *, f->count + 1);
    for (size_t i = 0; i < f->count; i++)
        all[i] = f->documents[i];
    all[f->count] = stored;
    *ret_n = f->count + (stored != NULL);
    return all;
}

static sl_rc check_store(const struct sl_gateway_config *gateway, struct sl_diag *d)
{
    if (gateway->store.n == 0 || sl_db_is_url(gateway->store))
        return SL_OK;
    return sl_diag_fail(d, SL_E_CONFIG, "gateway.store",
                        "must be the URL of a database, such as postgresql://user@host/name; a "
                        "file is always control.db in gateway.data_dir");
}

sl_rc sl_load(const struct sl_files *f, const struct sl_node *stored,
              struct sl_state_registry *states, uint64_t version, struct sl_loaded **ret,
              struct sl_diag *d)
{
    size_t n;
    struct sl_loaded *l = sl_new(struct sl_loaded);
    l->arena = sl_arena_new("gateway settings", SL_MIB(64));
    if (states == NULL)
        states = l->own_states = sl_state_registry_new();
    const struct sl_node **all = all_documents(f, stored, l->arena, &n);
    sl_rc rc = sl_snapshot_build(all, n, sl_policy_types, states, version, &l->snapshot, d);
    if (rc == SL_OK)
        rc = sl_gateway_read(f->documents, f->count, l->arena, &l->gateway, d);
    if (rc == SL_OK)
        rc = check_store(&l->gateway, d);
    if (rc != SL_OK) {
        sl_loaded_free(l);
        return rc;
    }
    *ret = l;
    return SL_OK;
}

void sl_loaded_free(struct sl_loaded *l)
{
    if (l == NULL)
        return;
    sl_snapshot_unref(l->snapshot);
    sl_state_registry_free(l->own_states);
    sl_arena_free(l->arena);
    sl_free(l);
}

void sl_print_problems(const struct sl_diag *d)
{
    for (size_t i = 0; i < d->count; i++)
        fprintf(stderr, "%.*s\n", SL_STRF(sl_problem_text(&d->problems[i], d->arena)));
    if (d->dropped != 0)
        fprintf(stderr, "... and %zu more problems\n", d->dropped);
}
