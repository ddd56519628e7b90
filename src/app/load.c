#include "app/load.h"
#include "base/str.h"
#include "snapshot/build.h"
#include "snapshot/registry.h"

#include <stdio.h>

#define ARENA_BYTES SL_MIB(1024)

static sl_rc compile(struct sl_loaded *l, const struct sl_load_options *o, struct sl_diag *d)
{
    const struct sl_node *const *documents = l->documents.v;
    struct sl_state_registry *states = o->states;
    if (states == NULL)
        states = l->own_states = sl_state_registry_new();
    sl_rc rc = sl_gateway_read(documents, l->documents.n, l->arena, &l->gateway, d);
    sl_rc build_rc = sl_snapshot_build(documents, l->documents.n, sl_policy_types, states,
                                       o->version, &l->snapshot, d);
    return rc != SL_OK ? rc : build_rc;
}

sl_rc sl_load(const struct sl_load_options *o, struct sl_loaded **ret, struct sl_diag *d)
{
    struct sl_loaded *l = sl_new(struct sl_loaded);
    l->arena = sl_arena_new("configuration", ARENA_BYTES);
    sl_rc rc = sl_declarative_load(o->files, o->text, l->arena, &l->documents, d);
    if (rc == SL_OK)
        rc = compile(l, o, d);
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

struct sl_loaded *sl_load_or_complain(const struct sl_strs *files)
{
    struct sl_arena *a = sl_arena_new("problems", SL_MIB(16));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_load_options o = {.files = *files, .version = 1};
    struct sl_loaded *l = NULL;
    sl_diag_init(d, a);
    if (sl_load(&o, &l, d) != SL_OK)
        sl_print_problems(d);
    sl_arena_free(a);
    return l;
}
