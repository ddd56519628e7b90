/**
 * api_portal_int: the portal API: what people who use services may see and do. Services as their visibility
 * says; applications (consumers) that they own themselves or that a team of theirs owns, and what
 * belongs to those. Everything else is not there (404), whether it exists or not.
 */
#pragma once
#include "base/strbuf.h"
#include "control/api_int.h"

struct sl_service;
struct sl_snapshot;

/** Is the actor a person of the portal? False when it was answered. */
bool sl_portal_admit(struct sl_call *c);
/** Is the actor in the team that owns it, by a grant for that team? */
bool sl_portal_is_in_team(const struct sl_actor *actor, const struct sl_row *row);
/** Would the actor find a service with this row, had this been published of it? No query may be under way. */
bool sl_portal_may_find(struct sl_call *c, struct sl_work *w, const struct sl_row *row,
                        const struct sl_node *config);
/** A published service that the actor may find, with what was published; SL_E_NOTFOUND. Half of the memory is left for what is made of it. */
sl_rc sl_portal_find_service(struct sl_call *c, struct sl_work *w, sl_str key, struct sl_row *ret,
                             const struct sl_node **ret_config) SL_CHECKED;

/** The same, of which only name, workspace and team are read. */
sl_rc sl_portal_find_brief(struct sl_call *c, struct sl_work *w, sl_str key,
                           struct sl_row *ret) SL_CHECKED;

/** What may still be read of releases for one answer: each costs what it is long. */
struct sl_portal_budget {
    size_t releases, bytes;
};
#define SL_PORTAL_BUDGET ((struct sl_portal_budget){.releases = 200, .bytes = SL_MIB(64)})
/**
 * Put `versions`: what people are told of those versions of the service that they may find, retired ones too;
 * fewer where the budget ends.
 */
sl_rc sl_portal_put_versions(struct sl_call *c, struct sl_work *w, struct sl_node *body, sl_str key,
                             struct sl_portal_budget *budget) SL_CHECKED;

/** Put `changes`: the last ones of what was new of a service that was found. */
sl_rc sl_portal_put_changes(struct sl_call *c, struct sl_work *w, struct sl_node *body,
                            const struct sl_row *row) SL_CHECKED;
/** The services that applications of the actor have, or have asked for: a list of names without versions. */
sl_rc sl_portal_subscribed(struct sl_call *c, struct sl_work *w, struct sl_node **ret) SL_CHECKED;

/** What is searched for. */
enum { SL_PORTAL_WORDS_MAX = 8, SL_PORTAL_Q_BYTES_MAX = 256 };
struct sl_portal_words {
    sl_str v[SL_PORTAL_WORDS_MAX]; /* small letters, none twice */
    size_t n;
    struct sl_strbuf text; /* that they are looked for in */
};
/** Take a text apart; it is at most SL_PORTAL_Q_BYTES_MAX long. False: there are too many words. Ended with fini. */
bool sl_portal_words_init(struct sl_portal_words *w, sl_str q, struct sl_arena *a);
void sl_portal_words_fini(struct sl_portal_words *w);
/** Has a service, or an operation, with this path, all of them in its texts and tags? */
bool sl_portal_words_are_in(struct sl_portal_words *w, const struct sl_node *of, sl_str prefix,
                            sl_str path);
/** Is what was published a service of prompts, which the gateway itself describes? */
bool sl_portal_is_of_prompts(const struct sl_node *config);
/** That description, as this node serves it; SL_E_NOTFOUND. */
sl_rc sl_portal_prompts_document(struct sl_call *c, sl_str key, struct sl_node **ret) SL_CHECKED;
/** What this node serves, to be given back; NULL: nothing. */
struct sl_snapshot *sl_portal_served(struct sl_call *c);
/** Is it the service of that key: `name` or `name@version`? */
bool sl_portal_is_of(const struct sl_service *s, sl_str key);
/** Put what callers of the service prove themselves with, and what they must know for it, as this node serves it. */
void sl_portal_put_proofs(struct sl_call *c, struct sl_node *body, sl_str key);
/** A plan that is offered for services of this workspace; SL_E_NOTFOUND. */
sl_rc sl_portal_check_plan(struct sl_work *w, sl_str plan, sl_str workspace) SL_CHECKED;

/** Put those of the named members that are there; the names end with NULL. Borrows what is below them. */
void sl_portal_copy(struct sl_arena *a, struct sl_node *to, const struct sl_node *from,
                    const char *const *members);

/** Into the memory of the call, from one that is forgotten; NULL: there is too little. */
struct sl_node *sl_portal_keep(struct sl_work *w, const struct sl_node *n, struct sl_arena *from);

/** A copy of a tree whose own members may be put; what is below them is borrowed. */
struct sl_node *sl_portal_top(struct sl_arena *a, const struct sl_node *tree);

/** The portal's own settings; an empty map where there are none. */
sl_rc sl_portal_read(struct sl_work *w, struct sl_node **ret, int64_t *ret_revision) SL_CHECKED;
bool sl_portal_is_for_members_only(struct sl_work *w);

void sl_portal_look(struct sl_call *c);
void sl_portal_logo(struct sl_call *c);
void sl_portal_register(struct sl_call *c);
void sl_portal_services(struct sl_call *c);
void sl_portal_service(struct sl_call *c);
void sl_portal_service_changes(struct sl_call *c);
void sl_portal_changes(struct sl_call *c);
void sl_portal_feed(struct sl_call *c);
void sl_portal_openapi(struct sl_call *c);
void sl_portal_operations(struct sl_call *c);
void sl_portal_call(struct sl_call *c);
void sl_portal_applications(struct sl_call *c);
void sl_portal_make_application(struct sl_call *c);
void sl_portal_application(struct sl_call *c);
void sl_portal_usage(struct sl_call *c);
void sl_portal_all_usage(struct sl_call *c);
void sl_portal_make_credential(struct sl_call *c);
void sl_portal_rotate(struct sl_call *c);
void sl_portal_disable(struct sl_call *c);
void sl_portal_remove(struct sl_call *c);
void sl_portal_subscribe(struct sl_call *c);
void sl_portal_limits(struct sl_call *c);
void sl_portal_end(struct sl_call *c);
extern const struct sl_field sl_portal_application_fields[], sl_portal_credential_fields[],
    sl_portal_rotate_fields[], sl_portal_registration_fields[], sl_portal_subscription_fields[];
extern const struct sl_api_parameter sl_portal_service_parameters[], sl_portal_usage_parameters[];
extern const struct sl_api_parameter sl_portal_look_parameters[];
extern const struct sl_api_parameter sl_portal_service_changes_parameters[],
    sl_portal_changes_parameters[];
extern const struct sl_api_parameter sl_portal_logo_parameters[], sl_portal_all_usage_parameters[],
    sl_portal_call_parameters[];
extern const char sl_portal_changes_schema[], sl_portal_list_schema[], sl_portal_look_schema[],
    sl_portal_operations_schema[], sl_portal_registration_schema[];
