/**
 * resource: what a noun of the admin API is. One file in src/control/resource/ per noun; from its row come
 * the REST verbs, validation, OpenAPI, permissions, audit entries, the CLI and the console's forms.
 *
 * A resource has a *spec*, which people write (the fields of its noun, base/field.h), and a *status*,
 * which the program keeps. Its *key* names it in URLs and references: unique in its kind, usually its
 * `name`. Rows live in the store (store/rows.h).
 *
 * Hooks run inside the transaction of the change, on a control thread. A hook that finds a problem
 * records it in change->d and returns an error; the change is then undone as a whole.
 */
#pragma once
#include "base/field.h"
#include "snapshot/document.h"
#include "snapshot/resource.h"

struct sl_change;
struct sl_composer;
struct sl_row;
struct sl_work;

enum sl_verb {
    SL_VERB_LIST = 1 << 0,
    SL_VERB_GET = 1 << 1,
    SL_VERB_CREATE = 1 << 2,
    SL_VERB_REPLACE = 1 << 3,
    SL_VERB_PATCH = 1 << 4,
    SL_VERB_DELETE = 1 << 5,
};
enum {
    SL_VERBS_READ = SL_VERB_LIST | SL_VERB_GET,
    SL_VERBS_ALL = SL_VERBS_READ | SL_VERB_CREATE | SL_VERB_REPLACE | SL_VERB_PATCH | SL_VERB_DELETE
};

/** When a change reaches the gateway's traffic. */
enum sl_effect { SL_EFFECT_NONE, SL_EFFECT_AT_ONCE, SL_EFFECT_ON_RELEASE };

/** A member that holds the key of another resource: "upstream", "targets[].account", "routes[].x". */
struct sl_reference {
    const char *path;
    const char *kind;
    bool
        is_loose; /* it may be of any workspace or stand in a file: the noun's check looks for it */
};

/** What actions need of a resource's status, and what is said when it is not so. */
struct sl_condition {
    bool (*holds)(const struct sl_node *status);
    const char *otherwise; /* "it is not published" */
};

/** POST /api/v1/<plural>/<key>/<name>; permission <plural>:<name>. */
struct sl_action {
    const char *name, *summary;
    uint32_t needs;   /* SL_CONDITION() bits, all of them, or it is refused (409) */
    uint32_t awaited; /* bits, too: where they all hold, people wait for just this; 0: never */
    const struct sl_field *fields; /* of the body; NULL: none */
    size_t size;
    bool is_outside; /* run without a transaction: it talks to others and changes nothing */
    bool
        is_query; /* run in one that is only read, and changes nothing; both answer with what they reveal */
    sl_rc (*run)(struct sl_change *c, const void *args);
};

/** Who may say where secrets are sent, and not see them, must not send them to where they can be read. */
struct sl_secret_route {
    const char *at; /* the member that has them */
    const char *goes_to
        [4]; /* members that say where; when one changes they are given anew. Ends with NULL */
};

struct sl_resource_type {
    const char *kind;           /* "service": in audit entries and references */
    const struct sl_noun *noun; /* name: the plural, in paths and permissions; fields of the spec */
    const struct sl_field *state; /* of the status, for OpenAPI; NULL: none */
    uint32_t verbs;               /* enum sl_verb bits */
    enum sl_effect effect;
    bool is_global;    /* of the installation, not of a workspace */
    bool is_private;   /* who may administer: no part of exports */
    bool has_own;      /* one with a member `user` is that user's alone: sl_actor_own() */
    const char *large; /* a member that lists leave out unless it is asked for; NULL: none */
    const char *embedded, *embedded_kind;  /* a member that is a spec of another kind; NULL: none */
    const struct sl_reference *references; /* ends with a NULL path; may be NULL */
    /** Members that lists are often filtered by: their values have an index. "status.state"; ends with NULL. */
    const char *const *indexed;
    const struct sl_secret_route *secret_route; /* NULL: its secrets are sent to nobody */
    const struct sl_action *actions;            /* ends with a NULL name; may be NULL */
    const struct sl_condition *conditions; /* ends with a NULL test; NULL: actions need nothing */
    sl_str (*key)(const struct sl_node *spec, struct sl_arena *a); /* NULL: the member `name` */
    sl_rc (*hash)(
        struct sl_change *c); /* take out of the spec what is kept as a hash; may be NULL */
    sl_rc (*check)(struct sl_change *c);   /* before it is written; may be NULL */
    sl_rc (*changed)(struct sl_change *c); /* after it was written or deleted; may be NULL */
    /** Add to the status what only the node that is asked knows, and now; may be NULL. */
    void (*live)(struct sl_work *w, sl_str key, struct sl_node *status);
    /** Between the form of files and the spec, where they differ; may be NULL. */
    const struct sl_node *(*from_file)(const struct sl_node *item, struct sl_arena *a);
    struct sl_node *(*to_file)(struct sl_node *spec, struct sl_arena *a);
    /**
     * Give what the resource is in the document: one sl_compose_add or sl_compose_add_keys, or nothing. It is
     * made of the row, which alone says when it is made anew, and of what never changes; one that looks at
     * other rows sets c->is_of_others. NULL: its spec is added to the list of its noun.
     */
    sl_rc (*compose)(struct sl_composer *c, const struct sl_row *row, struct sl_node *spec);
};

/** By which name lists are filtered by it: "grants.team" of "grants[].team". */
sl_str sl_reference_filter(const struct sl_reference *r, struct sl_arena *a);

/** In an order in which what is referred to comes first. NULL-terminated; made from src/control/meson.build. */
extern const struct sl_resource_type *const sl_resource_types[];

/** The bit of a type's condition. */
#define SL_CONDITION(i) (UINT32_C(1) << (i))
/** Why an action is refused in this state; NULL when it is not. */
const char *sl_resource_refusal(const struct sl_resource_type *type, const struct sl_action *action,
                                const struct sl_node *status);
/** Is it in the state that waits for just this action? */
bool sl_resource_awaits(const struct sl_resource_type *type, const struct sl_action *action,
                        const struct sl_node *status);

const struct sl_resource_type *sl_resource_type_by_kind(sl_str kind);
const struct sl_resource_type *sl_resource_type_by_plural(sl_str plural);

/** What a spec refers to. Keys are borrowed from it. */
struct sl_ref;
size_t sl_resource_refs(const struct sl_resource_type *type, const struct sl_node *spec,
                        struct sl_arena *a, struct sl_ref **ret);
/** What the index says of its indexed members: a reference from each to its value. Borrows values from both. */
size_t sl_resource_values(const struct sl_resource_type *type, const struct sl_node *spec,
                          const struct sl_node *status, struct sl_arena *a, struct sl_ref **ret);
/** How the index names a member: "service.status.state"; p == NULL: it is not in it. */
sl_str sl_resource_indexed(const struct sl_resource_type *type, bool is_of_status, sl_str member,
                           struct sl_arena *a);
/** Visit the nodes at a path with "[]" steps. */
void sl_resource_each_at(const struct sl_node *root, const char *path,
                         void (*visit)(const struct sl_node *n, void *arg), void *arg);

/** The secrets of a spec: every given SECRET member, also of policies. `edit` may return another node, or the same. */
struct sl_node *sl_resource_edit_secrets(const struct sl_resource_type *type,
                                         const struct sl_policy_type *const *policies,
                                         const struct sl_node *spec, struct sl_arena *a,
                                         struct sl_node *(*edit)(struct sl_node *secret, void *arg),
                                         void *arg);
