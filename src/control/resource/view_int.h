/**
 * view_int: what the noun of users needs of views.
 */
#pragma once
#include "control/change.h"

/** The views that are this user's alone go with them. Inside the transaction of the deletion. */
sl_rc sl_views_forget(struct sl_work *w, sl_str user) SL_CHECKED;
