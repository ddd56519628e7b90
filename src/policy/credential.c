/*
 * credential: what every policy that knows callers does with a credential that it found.
 */
#include "policy/policy_int.h"

enum sl_verdict sl_credential_admit(struct sl_exchange *x, const struct sl_credential *credential)
{
    enum sl_credential_kind kind = (enum sl_credential_kind)credential->kind;
    x->credential = credential;
    x->consumer = credential->consumer;
    if (credential->is_disabled)
        return sl_fail_hint(x, SL_E_DENIED, sl_credential_disabled_text(kind),
                            SL_STR("ask the operator of this gateway to enable it"));
    if (credential->expires_at != 0 && sl_wall_seconds(x) >= credential->expires_at)
        return sl_fail_hint(x, SL_E_DENIED, sl_credential_expired_text(kind),
                            SL_STR("ask the operator of this gateway for a new one"));
    return SL_PASS;
}

sl_str sl_bearer(sl_str value)
{
    const sl_str scheme = SL_STR("bearer ");
    return sl_str_istarts(value, scheme) ? sl_str_trim(sl_str_from(value, scheme.n)) : (sl_str){0};
}

sl_rc sl_header_names_check(const struct sl_strs *names, struct sl_diag *d)
{
    for (size_t i = 0; i < names->n; i++) {
        if (!sl_header_is_valid(names->v[i], SL_STR("")))
            return sl_diag_fail(d, SL_E_CONFIG, "headers",
                                "must be names of header fields; '%.*s' is none",
                                SL_STRF(names->v[i]));
    }
    return SL_OK;
}
