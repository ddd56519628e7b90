#include "snapshot/registry.h"
#include "base/str.h"

const struct sl_policy_type *sl_policy_type_find(const struct sl_policy_type *const *types,
                                                 sl_str name)
{
    for (; *types != NULL; types++) {
        if (sl_str_eq(sl_cstr((*types)->name), name))
            return *types;
    }
    return NULL;
}
