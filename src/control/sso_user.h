/**
 * sso_user: the user whom an identity provider means: found by the provider's subject, which never changes; made,
 * linked and given grants as its configuration says.
 */
#pragma once
#include "control/sso.h"

/** Who a provider says is there. */
struct sl_sso_person {
    sl_str subject, name, display_name, email;
    bool is_email_verified;
    struct sl_strs groups;
};
struct sl_json;
/** Of the claims of a token and, where those say nothing, of a second document (NULL: none). */
void sl_sso_person_of(const struct sl_sso_call *c, const struct sl_json *const claims[2],
                      struct sl_sso_person *ret);
/** Their user, made and changed as the provider's configuration says. *ret_user, as it is then, is in `a`. */
enum sl_sso_failure sl_sso_admit(const struct sl_sso_call *c, const struct sl_sso_person *person,
                                 struct sl_row *ret_user);
