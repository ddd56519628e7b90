/**
 * api_int: what the parts of the admin API share: one call, its answer, its problems.
 */
#pragma once
#include "control/actor.h"
#include "control/api.h"
#include "control/change.h"
#include "control/tree.h"
#include "store/db.h"

struct sl_call {
    struct sl_control *control;
    const struct sl_api_request *rq;
    struct sl_arena *a;
    struct sl_diag *d;
    struct sl_api_answer *answer;
    struct sl_actor actor;
    const struct sl_resource_type *type;
    sl_str key;                     /* of the resource; decoded */
    const struct sl_action *action; /* POST .../<key>/<action> */
    struct sl_passwords *passwords; /* of its users, which sl_call_write prepares; NULL: none */
};

/** A route of its own, beside those of the nouns. */
struct sl_api_route {
    enum sl_method method;
    const char *path; /* below /api/v1; one segment may be {name}, which is the call's key */
    enum sl_api_access access;
    const char *permission;
    const char *summary;
    const struct sl_field *body;
    void (*run)(struct sl_call *c);
    const struct sl_api_parameter *parameters; /* end with a NULL name; NULL: not described */
    const char *answer;                        /* schema of the body; NULL: not described */
    uint16_t success; /* the status of an answer; 0: 200, or 204 of DELETE */
};
extern const struct sl_api_route sl_api_routes[]; /* ends with a NULL path */

/* answers (api_answer.c) */
void sl_call_header(struct sl_call *c, const char *name, sl_str value);
void sl_call_json(struct sl_call *c, uint16_t status, sl_str body);
void sl_call_tree(struct sl_call *c, uint16_t status, const struct sl_node *body);
/** Problem+json from `rc` and what stands in c->d; `detail` may be NULL. */
void sl_call_fail(struct sl_call *c, sl_rc rc, const char *detail);
/** Returns the tag. */
sl_str sl_call_etag(struct sl_call *c, int64_t revision);
bool sl_call_has_header(const struct sl_call *c, const char *name);
/** An answer that is large, and made of nothing that is secret: compressed for who takes it so. The last thing to do with it. */
enum { SL_CALL_ZIP_BYTES_MIN = 1024, SL_CALL_ZIP_LEVEL = 5 };
void sl_call_zip(struct sl_call *c);

/* requests */
/** The body as a map; an empty one when there is none and it may be. False when it was answered. */
bool sl_call_body(struct sl_call *c, bool may_be_empty, struct sl_node **ret);
/** A query parameter, decoded; p == NULL when absent. */
sl_str sl_call_query(struct sl_call *c, const char *name);
/** Are all query parameters among these? False when it was answered. */
bool sl_call_check_query(struct sl_call *c, const struct sl_api_parameter *known);
bool sl_call_is_dry(struct sl_call *c);
/** Refuse the call for one of its query parameters, which `must` ...; false. */
bool sl_call_refuse(struct sl_call *c, const char *name, const char *must);
/** The query parameter `limit`: from 1 to `most`; `dflt` when absent. False when it was answered. */
bool sl_call_limit(struct sl_call *c, uint32_t dflt, uint32_t most, size_t *ret);
/** A query parameter that is a span before now, or an instant; *ret_us stays when it is absent. False when it was answered. */
bool sl_call_moment(struct sl_call *c, const char *name, int64_t *ret_us);
/** Work as the call's actor. False when it was answered: the store cannot be used. */
bool sl_call_read(struct sl_call *c, struct sl_work *ret);
bool sl_call_write(struct sl_call *c, struct sl_work *ret);
/** Before that: a user that the call brings may have a password (control/password.h). */
void sl_call_foresee_user(struct sl_call *c, const struct sl_node *user, sl_str name);
/** A row of the store or of the files that the actor may read. SL_E_NOTFOUND: there is none for them. */
sl_rc sl_call_find(struct sl_call *c, struct sl_work *w, const char *kind, sl_str key,
                   struct sl_row *ret) SL_CHECKED;
/** Commit when all went well so far, else undo. False when it was answered with a problem. */
bool sl_call_settle(struct sl_call *c, struct sl_work *w, sl_rc rc);

/** The request that `path`, `method` and `host` of the query ask for, to this node's data plane. False when it was answered. */
bool sl_call_relay(struct sl_call *c, struct sl_api_relay *ret);

/** This node's ledger, to be read and closed. False when it was answered. */
bool sl_call_ledger(struct sl_call *c, struct sl_db **ret);

/* verbs */
void sl_api_list(struct sl_call *c);
void sl_api_get(struct sl_call *c);
void sl_api_create(struct sl_call *c);
void sl_api_replace(struct sl_call *c);
void sl_api_patch(struct sl_call *c);
void sl_api_delete(struct sl_call *c);
void sl_api_act(struct sl_call *c);

/* routes of their own */
void sl_api_login(struct sl_call *c);
void sl_api_logout(struct sl_call *c);
void sl_api_me(struct sl_call *c);
void sl_api_my_password(struct sl_call *c);
struct sl_login;
/** Gives its cookie to the browser. */
void sl_call_begin_session(struct sl_call *c, const struct sl_login *login);
/** Takes the cookie of a session that has ended from its browser. */
void sl_call_forget_session(struct sl_call *c);
void sl_api_my_tokens(struct sl_call *c);
void sl_api_make_my_token(struct sl_call *c);
void sl_api_revoke_my_token(struct sl_call *c);
extern const struct sl_field sl_api_my_token_fields[];
extern const char sl_api_my_token_schema[], sl_api_my_tokens_schema[];
void sl_api_sessions(struct sl_call *c);
void sl_api_end_session(struct sl_call *c);
extern const struct sl_api_parameter sl_api_session_parameters[];
extern const char sl_api_sessions_schema[];
void sl_api_sso(struct sl_call *c);
void sl_api_sso_start(struct sl_call *c);
void sl_api_sso_callback(struct sl_call *c);
extern const struct sl_api_parameter sl_api_sso_start_parameters[],
    sl_api_sso_callback_parameters[];
extern const char sl_api_sso_schema[];
void sl_api_sso_check(struct sl_call *c);
extern const struct sl_field sl_api_sso_check_fields[];
extern const char sl_api_sso_check_schema[];
void sl_api_apply(struct sl_call *c);
void sl_api_export(struct sl_call *c);
void sl_api_import(struct sl_call *c);
void sl_api_readme(struct sl_call *c);
void sl_api_markdown(struct sl_call *c);
void sl_api_audit(struct sl_call *c);
extern const struct sl_api_parameter sl_api_audit_parameters[];
void sl_api_audit_verify(struct sl_call *c);
void sl_api_audit_export(struct sl_call *c);
void sl_api_nodes(struct sl_call *c);
void sl_api_this_node(struct sl_call *c);
extern const char sl_api_this_node_schema[], sl_api_nodes_schema[];
void sl_api_backups(struct sl_call *c);
void sl_api_make_backup(struct sl_call *c);
void sl_api_backup(struct sl_call *c);
void sl_api_download_backup(struct sl_call *c);
void sl_api_delete_backup(struct sl_call *c);
extern const char sl_api_backup_schema[], sl_api_backups_schema[];
void sl_api_policy_types(struct sl_call *c);
void sl_api_vendors(struct sl_call *c);
void sl_api_usage(struct sl_call *c);
void sl_api_budget_usage(struct sl_call *c);
extern const struct sl_api_parameter sl_api_budget_usage_parameters[];
void sl_api_alert_states(struct sl_call *c);
void sl_api_deliveries(struct sl_call *c);
void sl_api_resend(struct sl_call *c);
extern const struct sl_api_parameter sl_api_delivery_parameters[];
extern const struct sl_field sl_api_resend_fields[];
void sl_api_requests(struct sl_call *c);
void sl_api_request(struct sl_call *c);
extern const struct sl_api_parameter sl_api_request_parameters[];
void sl_api_explain(struct sl_call *c);
extern const struct sl_field sl_api_explain_fields[];
extern const char sl_api_explain_schema[];
void sl_api_limits(struct sl_call *c);
extern const char sl_api_limits_schema[];
void sl_api_keys(struct sl_call *c);
extern const char sl_api_keys_schema[];
/** Of what this node alone knows: `node` and how many `other_nodes` there are. */
sl_rc sl_call_put_nodes(struct sl_call *c, struct sl_work *w, struct sl_node *body) SL_CHECKED;
void sl_api_upstream_endpoints(struct sl_call *c);
void sl_api_service_endpoints(struct sl_call *c);
void sl_api_services_endpoints(struct sl_call *c);
extern const struct sl_api_parameter sl_api_services_endpoints_parameters[];
extern const char sl_api_services_endpoints_schema[];
extern const char sl_api_endpoints_schema[];
/** {"is_served": ..., "limits": [...]}: what this node has counted. */
struct sl_node *sl_call_limits(struct sl_call *c, sl_str consumer, sl_str service);
void sl_api_reports(struct sl_call *c);
/** Whose requests a report is of, and whether it may have a row for each; at most 100. */
struct sl_report_scope {
    struct sl_strs consumers;
    bool by_consumer;
};
/** A report without the dimensions that are the operator's own; `known`: its parameters, none of which is `consumer`. */
void sl_call_report(struct sl_call *c, const struct sl_report_scope *scope,
                    const struct sl_api_parameter *known);
extern const struct sl_api_parameter sl_api_report_parameters[];
extern const char sl_api_report_schema[];
/** Appends the schema of a row of a report. */
void sl_api_report_row_schema(struct sl_strbuf *out);
void sl_api_catalogue(struct sl_call *c);
extern const struct sl_api_parameter sl_api_catalogue_parameters[];
extern const char sl_api_catalogue_schema[];
void sl_api_openapi(struct sl_call *c);
void sl_api_playground(struct sl_call *c);
extern const struct sl_field sl_api_login_fields[], sl_api_password_fields[], sl_api_apply_fields[],
    sl_api_import_fields[], sl_api_markdown_fields[];
