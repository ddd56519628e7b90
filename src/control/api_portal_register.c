/*
 * Registering by oneself, where the portal's operator allows it: a user that may not log in before somebody
 * approves (users:approve). Slower and slower for one address, and never more than so many that wait.
 */
#include "base/clock.h"
#include "base/str.h"
#include "control/api_portal_int.h"
#include "control/identity.h"
#include "control/password.h"
#include "control/throttle.h"

enum { WAITING_MAX = 100, NAME_MIN = 3 };

struct registration_args {
    sl_str name, password, display_name, email, reason;
};

const struct sl_field sl_portal_registration_fields[] = {
    SL_FIELD_STR(struct registration_args, name, .required = true, .min = "3", .max = "32",
                 .help = "What one will log in with: lower-case letters, digits, `-` and `_`.",
                 .example = "ann"),
    SL_FIELD_SECRET(struct registration_args, password, .required = true, .min = "12",
                    .max = "1024", .help = "Of at least 12 characters."),
    SL_FIELD_STR(struct registration_args, display_name, .max = "128",
                 .help = "The name for people."),
    SL_FIELD_STR(struct registration_args, email, .max = "254", .help = "Where to write to."),
    SL_FIELD_STR(struct registration_args, reason, .max = "1024",
                 .help = "What for; who approves reads it."),
    SL_FIELD_END,
};

const char sl_portal_registration_schema[] =
    "{\"type\":\"object\",\"required\":[\"name\",\"state\"],\"properties\":{\"name\":{\"type\":"
    "\"string\"},\"state\":{\"const\":\"requested\"}}}";

/* Names that stand for the program in the audit trail. */
static const char *const reserved[] = {"system", "local", "admin", "root", "registration"};

static bool is_plain(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_word && (i == 0 || (c != '-' && c != '_')))
            return false;
    }
    return name.n >= NAME_MIN;
}

static sl_rc check_name(struct sl_diag *d, sl_str name)
{
    bool is_good = is_plain(name);
    for (size_t i = 0; is_good && i < SL_LEN(reserved); i++)
        is_good = !sl_str_eq(name, sl_cstr(reserved[i]));
    return is_good ? SL_OK
                   : sl_diag_fail(d, SL_E_INVALID, "name",
                                  "must be of lower-case letters, digits, '-' and '_', and no name "
                                  "of the program's own");
}

/* ------------------------------------------------------------------ limits */

/* False when it was answered. Each attempt counts, whatever comes of it. */
static bool is_patient(struct sl_call *c)
{
    struct sl_throttle *t = c->control->throttle;
    sl_str who = sl_fmt(c->a, "registration %.*s", SL_STRF(c->rq->remote));
    sl_usec now_us = sl_clock_mono_us(), wait_us = sl_throttle_wait(t, who, now_us);
    if (wait_us == 0) {
        sl_throttle_failed(t, who, now_us);
        return true;
    }
    sl_call_fail(c, SL_E_THROTTLED, "too many registrations from this address");
    sl_call_header(
        c, "retry-after",
        sl_fmt(c->a, "%lld", (long long)((wait_us + SL_SECONDS(1) - 1) / SL_SECONDS(1))));
    return false;
}

struct waiting {
    struct sl_work *w;
    size_t n;
};

static bool count_waiting(const struct sl_row *row, void *arg)
{
    struct waiting *all = arg;
    struct sl_work w = *all->w;
    struct sl_node *status = NULL;
    w.a = sl_arena_new("user", SL_MIB(256)); /* of all people there are */
    if (sl_change_parse(&w, row->status, &status) == SL_OK)
        all->n += sl_str_eq(sl_tree_text(status, "state"), SL_STR("requested"));
    sl_arena_free(w.a);
    return all->n < WAITING_MAX;
}

static sl_rc check_room(struct sl_work *w)
{
    struct waiting all = {.w = w};
    struct sl_row_query query = {.kind = SL_STR("user")};
    sl_rc rc = sl_work_fail(w, sl_rows_each(w->tx, &query, count_waiting, &all));
    if (rc == SL_OK && all.n == WAITING_MAX)
        rc = sl_diag_fail(w->d, SL_E_CONFLICT, "", "too many wait to be approved already");
    return rc;
}

static sl_rc check_allowed(struct sl_work *w)
{
    struct sl_node *portal = NULL;
    int64_t revision;
    sl_rc rc = sl_portal_read(w, &portal, &revision);
    if (rc == SL_OK && !sl_tree_is_true(portal, "self_registration"))
        rc = sl_diag_fail(w->d, SL_E_DENIED, "", "nobody registers by themselves here");
    return rc;
}

/* Before its password is hashed; the transaction makes sure of it. False when it was answered. */
static bool is_allowed(struct sl_call *c)
{
    struct sl_work w;
    if (!sl_call_read(c, &w))
        return false;
    sl_rc rc = check_allowed(&w);
    if (rc == SL_OK)
        rc = check_room(&w);
    sl_tx_rollback(w.tx);
    if (rc != SL_OK)
        sl_call_fail(c, rc, NULL);
    return rc == SL_OK;
}

/* ------------------------------------------------------------------ the user */

static const struct sl_actor *registrar(struct sl_call *c)
{
    struct sl_actor *actor = sl_arena_new_of(c->a, struct sl_actor);
    struct sl_grant *grant = sl_arena_new_of(c->a, struct sl_grant);
    sl_str *pattern = sl_arena_array(c->a, sl_str, 1);
    *pattern = SL_STR("users:create");
    *grant = (struct sl_grant){.role = SL_STR("portal"), .patterns = {.v = pattern, .n = 1}};
    *actor = (struct sl_actor){.name = SL_STR("registration"),
                               .grants = grant,
                               .grant_count = 1,
                               .remote = c->rq->remote,
                               .request_id = c->rq->request_id};
    return actor;
}

static void put_given(struct sl_call *c, struct sl_node *n, const char *name, sl_str text)
{
    if (text.n != 0)
        sl_tree_put_str(c->a, n, name, text);
}

static sl_rc make_user(struct sl_call *c, struct sl_work *w, const struct registration_args *args)
{
    struct sl_change made = {0};
    struct sl_node *spec = sl_tree_map(c->a);
    sl_tree_put_str(c->a, spec, "name", args->name);
    put_given(c, spec, "display_name", args->display_name);
    put_given(c, spec, "email", args->email);
    sl_tree_put(spec, SL_STR("disabled"), sl_tree_bool(c->a, true));
    sl_rc rc = sl_change_create(w, sl_resource_type_by_kind(SL_STR("user")), spec, &made);
    if (rc != SL_OK)
        return rc;
    sl_tree_put_str(c->a, made.status, "state", SL_STR("requested"));
    put_given(c, made.status, "reason", args->reason);
    rc = sl_change_save(&made);
    return rc == SL_OK ? sl_identity_set_password(w, made.row.id, args->password) : rc;
}

void sl_portal_register(struct sl_call *c)
{
    struct registration_args args = {0};
    struct sl_work w;
    struct sl_node *body;
    if (!sl_call_body(c, false, &body))
        return;
    sl_rc rc = sl_field_read(sl_portal_registration_fields, &args, body, SL_STR(""), c->a, c->d);
    if (rc == SL_OK)
        rc = check_name(c->d, args.name);
    if (rc != SL_OK) {
        sl_call_fail(c, SL_E_INVALID, NULL);
        return;
    }
    if (!is_patient(c) || !is_allowed(c))
        return;
    sl_passwords_add(&c->passwords, SL_STR(""), args.password, c->a);
    if (!sl_call_write(c, &w))
        return;
    w.actor = registrar(c);
    rc = check_allowed(&w);
    if (rc == SL_OK)
        rc = check_room(&w);
    if (rc == SL_OK)
        rc = make_user(c, &w, &args);
    if (!sl_call_settle(c, &w, rc))
        return;
    struct sl_node *answer = sl_tree_map(c->a);
    sl_tree_put_str(c->a, answer, "name", args.name);
    sl_tree_put_str(c->a, answer, "state", SL_STR("requested"));
    sl_call_tree(c, 202, answer);
}
