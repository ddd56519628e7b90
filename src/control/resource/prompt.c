/*
 * prompt: a template, its variables and its output. One with a version has the key "name@version", so that
 * versions stand side by side; a service of kind prompt says which one it publishes.
 */
#include "base/strbuf.h"
#include "control/resource.h"
#include "control/tree.h"

static sl_str prompt_key(const struct sl_node *spec, struct sl_arena *a)
{
    sl_str name = sl_tree_text(spec, "name"), version = sl_tree_text(spec, "version");
    return version.n == 0 ? name : sl_fmt(a, "%.*s@%.*s", SL_STRF(name), SL_STRF(version));
}

const struct sl_resource_type sl_resource_prompt = {
    .kind = "prompt",
    .noun = &sl_nouns[SL_NOUN_PROMPTS],
    .verbs = SL_VERBS_ALL,
    .effect = SL_EFFECT_AT_ONCE,
    .key = prompt_key,
};
