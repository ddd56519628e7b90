/*
 * price: the operator's own price of a vendor's model. Its key is "vendor/model".
 */
#include "base/strbuf.h"
#include "control/resource.h"
#include "control/tree.h"

static sl_str price_key(const struct sl_node *spec, struct sl_arena *a)
{
    return sl_fmt(a, "%.*s/%.*s", SL_STRF(sl_tree_text(spec, "vendor")),
                  SL_STRF(sl_tree_text(spec, "model")));
}

const struct sl_resource_type sl_resource_price = {
    .kind = "price",
    .noun = &sl_nouns[SL_NOUN_PRICES],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .key = price_key,
};
