/**
 * service_int: what the parts of the noun `service` share. Never leaves this folder.
 */
#pragma once
#include "control/compose.h"
#include "control/tree.h"

extern const struct sl_resource_type sl_resource_service;

struct sl_service_reason {
    sl_str reason;
};
#define SL_SERVICE_REASON(type) \
    SL_FIELD_STR(type, reason, .max = "2048", .help = "Why; it is kept.")
extern const struct sl_field sl_service_reason_fields[];

/* service.c */

/** A whole number of the status; 0 when it has none. */
int64_t sl_service_number(const struct sl_node *status, const char *name);
/** The configuration of a release, by itself in `c->a`. Problems in c->d. */
sl_rc sl_service_release_config(struct sl_composer *c, const struct sl_row *service, int64_t number,
                                struct sl_node **ret) SL_CHECKED;

/** How a release comes about. */
struct sl_service_release {
    sl_str reason, requested_by;
    int64_t restores;            /* 0: none */
    struct sl_node *checks;      /* NULL: none were made */
    struct sl_node *approved_by; /* a list; NULL: nobody had to */
};
/** Make a release of `config` and the live one. */
sl_rc sl_service_release(struct sl_change *c, const struct sl_node *config,
                         const struct sl_service_release *how) SL_CHECKED;
/** Its two steps: keep it, and serve it to all. */
sl_rc sl_service_keep_release(struct sl_change *c, const struct sl_node *config,
                              const struct sl_service_release *how, int64_t *ret_number) SL_CHECKED;
sl_rc sl_service_go_live(struct sl_change *c, const struct sl_node *config, int64_t number,
                         sl_str reason) SL_CHECKED;
sl_rc sl_service_find_release(struct sl_change *c, int64_t number,
                              struct sl_node **ret_spec) SL_CHECKED;
sl_rc sl_service_check_alive(struct sl_change *c) SL_CHECKED;
/** *ret is what the rules say; SL_E_INVALID when they forbid it. */
sl_rc sl_service_check_rules(struct sl_change *c, const struct sl_node *workspace,
                             struct sl_node **ret) SL_CHECKED;

/* service_news.c: what changed for callers */

#define SL_SERVICE_NEWS SL_STR("news")

/** Keep what is new in what goes live, for those who use it; the status still names what was live before. */
sl_rc sl_service_tell(const struct sl_change *c, const struct sl_node *config, int64_t number,
                      sl_str reason) SL_CHECKED;

/* service_release.c: asked for, approved, planned */

struct sl_service_publication {
    sl_str reason;
    int64_t at; /* Unix seconds; 0: now */
};
extern const struct sl_field sl_service_publication_fields[];
sl_rc sl_service_publish(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_approve(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_withdraw(struct sl_change *c, const void *args) SL_CHECKED;
/** The draft is another one now: nobody has asked for its release. */
void sl_service_forget_plans(struct sl_change *c);

/* service_canary.c: a release that only some callers see */

struct sl_service_trial {
    sl_str reason, header, value;
    int64_t release, percent;
};
extern const struct sl_field sl_service_trial_fields[];
sl_rc sl_service_try(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_promote(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_abandon(struct sl_change *c, const void *args) SL_CHECKED;
/** The live configuration gets the one that is tried. */
sl_rc sl_service_compose_canary(struct sl_composer *c, const struct sl_row *row,
                                const struct sl_node *status, struct sl_node *config) SL_CHECKED;
/** Nothing is tried any more. */
void sl_service_forget_canary(struct sl_node *status);

/* service_check.c: what is different, what rules say */

struct sl_apilint;
struct sl_service_comparison {
    sl_str with;
};
extern const struct sl_field sl_service_compare_fields[];
sl_rc sl_service_compare(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_run_checks(struct sl_change *c, const void *args) SL_CHECKED;
/** *ret NULL: it has none. */
sl_rc sl_service_live_config(struct sl_change *c, struct sl_node **ret) SL_CHECKED;
/** Its spec; *ret NULL: it has none. */
sl_rc sl_service_workspace(struct sl_change *c, struct sl_node **ret) SL_CHECKED;
sl_rc sl_service_lint(struct sl_change *c, const struct sl_node *workspace,
                      struct sl_apilint *ret) SL_CHECKED;

/* service_lifecycle.c: deprecated, retired, and back */

struct sl_service_deprecation {
    sl_str reason, successor, documentation;
    int64_t deprecated_at, sunset_at;
};
struct sl_service_retirement {
    sl_str reason, successor, documentation;
    bool without_notice;
};
extern const struct sl_field sl_service_deprecation_fields[], sl_service_retirement_fields[];

sl_rc sl_service_deprecate(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_retire(struct sl_change *c, const void *args) SL_CHECKED;
sl_rc sl_service_reinstate(struct sl_change *c, const void *args) SL_CHECKED;

bool sl_service_is_retired(const struct sl_node *status);
/** Deprecated, now or later, or retired. */
bool sl_service_is_ending(const struct sl_node *status);
/** Put what the status says into the live configuration: the policy that announces and enforces it. */
sl_rc sl_service_compose_lifecycle(struct sl_composer *c, const struct sl_node *status,
                                   struct sl_node *config) SL_CHECKED;
