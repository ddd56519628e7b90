/**
 * apilint: what a service should have before it is released, as rules with severities (apilint.def). A
 * workspace may set others, or turn rules off. Pure.
 */
#pragma once
#include "base/arena.h"
#include "base/field.h"
#include "base/node.h"
#include "snapshot/policy_type.h"

enum sl_lint_severity { SL_LINT_OFF, SL_LINT_INFO, SL_LINT_WARNING, SL_LINT_ERROR };

enum { SL_APILINT_FINDINGS_MAX = 200 };

struct sl_apilint {
    const struct sl_policy_type *const *policies; /* that there are */
    const struct sl_node *severities; /* rule -> "off", "info", "warning", "error"; may be NULL */
    const struct sl_node *live;       /* spec of the live release; NULL: none */
    /* results */
    struct sl_node *findings; /* a list of {rule, severity, where, detail} */
    size_t errors, warnings, infos;
};

void sl_apilint(struct sl_apilint *l, const struct sl_node *spec, struct sl_arena *a);
/** Is it a rule, and is that a severity? */
bool sl_apilint_knows(sl_str rule, sl_str severity);
/** {errors, warnings, infos, findings} */
struct sl_node *sl_apilint_node(const struct sl_apilint *l, struct sl_arena *a);
