/*
 * credential: what every policy that knows callers does with a credential that it found.
 */
#include "policy/policy_int.h"

enum sl_verdict sl_credential_admit(struct sl_exchange *x, const struct sl_credential *credential)
{
    x->credential = credential;
    x->consumer = credential->consumer;
    if (credential->is_disabled)
        return sl_fail_hint(x, SL_E_DENIED,
                            credential->is_basic ? "the password is disabled"
                                                 : "the API key is disabled",
                            SL_STR("ask the operator of this gateway to enable it"));
    if (credential->expires_at != 0 && sl_wall_seconds(x) >= credential->expires_at)
        return sl_fail_hint(x, SL_E_DENIED,
                            credential->is_basic ? "the password has expired"
                                                 : "the API key has expired",
                            SL_STR("ask the operator of this gateway for a new one"));
    return SL_PASS;
}
