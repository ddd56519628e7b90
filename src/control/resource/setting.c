/*
 * setting: what is chosen for the whole installation while it runs. There is one, `default`; while it is not
 * there everything has its default. What needs a restart stands in the files (`gateway`).
 */
#include "base/str.h"
#include "base/units.h"
#include "control/change.h"
#include "control/settings.h"
#include "control/tree.h"
#include "store/rows.h"

static const char *const log_levels[] = {"files", "debug", "info", "warn", "error", "off", NULL};

const struct sl_field sl_settings_fields[] = {
    SL_FIELD_STR(struct sl_settings, name, .required = true, .min = "1", .max = "64",
                 .help = "`default`: there is one.", .example = "default"),
    SL_FIELD_STR(struct sl_settings, title, .max = "64",
                 .help =
                     "What this installation is called, at the head of each page of the console.",
                 .example = "Staging"),
    SL_FIELD_SPAN(struct sl_settings, session_idle_us, "session_idle", .dflt = "12h", .min = "5m",
                  .max = "30d", .help = "A session ends when it was not used for that long."),
    SL_FIELD_SPAN(struct sl_settings, session_max_us, "session_max", .dflt = "7d", .min = "15m",
                  .max = "90d", .help = "A session ends that long after signing in, used or not."),
    SL_FIELD_INT(struct sl_settings, password_min, .dflt = "12", .min = "12", .max = "128",
                 .help = "The least length of a password that is set from now on."),
    SL_FIELD_SPAN(
        struct sl_settings, backup_every_us, "backup_every", .min = "1h", .max = "30d",
        .help = "Each node makes a backup of the store by itself, that often. Left out: never.",
        .example = "1d"),
    SL_FIELD_INT(struct sl_settings, backup_keep, .dflt = "7", .min = "1", .max = "500",
                 .help = "How many of these are kept. Those that people made stay."),
    {.kind = SL_FIELD_KIND_SIZE,
     .name = "backup_max_size",
     .offset = offsetof(struct sl_settings, backup_max_bytes),
     .dflt = "0",
     .max = "1000TB",
     .help =
         "What all backups of a node may take together. Beyond it the oldest of those that were "
         "made by themselves go, but for the newest, and nobody makes another (413). 0: no limit.",
     .example = "20GiB"},
    SL_FIELD_SPAN(struct sl_settings, changelog_kept_us, "changelog_kept", .dflt = "730d",
                  .min = "1d", .max = "3650d",
                  .help = "The portal's changelog forgets what is older, when something is "
                          "released. Of each service it keeps the newest 200 at most."),
    SL_FIELD_SPAN(struct sl_settings, requests_kept_us, "requests_kept", .min = "1h",
                  .max = "3650d",
                  .help = "How long each node keeps single requests, some seconds from now. Left "
                          "out: as `gateway.ledger.records` of its files says. Sums live longer.",
                  .example = "14d"),
    {.kind = SL_FIELD_KIND_SIZE,
     .name = "requests_max_size",
     .offset = offsetof(struct sl_settings, requests_max_bytes),
     .min = "16MiB",
     .max = "1000TB",
     .help =
         "What the database of requests of each node may take: beyond it the oldest go, however "
         "young they are. Left out: as `gateway.ledger.max_size` of its files says.",
     .example = "50GiB"},
    SL_FIELD_ENUM(struct sl_settings, log_level, .dflt = "files", .values = log_levels,
                  .help = "Which lines each node writes to its log, some seconds from now. "
                          "`files`: as `gateway.log.level` of its files says."),
    SL_FIELD_SPAN(struct sl_settings, audit_keep_us, "audit_keep", .min = "30d", .max = "3650d",
                  .help =
                      "How long entries of the audit trail are kept, on all nodes: not less than "
                      "`gateway.admin.audit_keep` of the files says. Left out: as that says.",
                  .example = "365d"),
    SL_FIELD_END,
};

static const struct sl_noun settings_noun = {
    .name = "settings",
    .summary = "What is chosen for the whole installation while it runs.",
    .fields = sl_settings_fields,
    .size = sizeof(struct sl_settings),
    .is_list = true,
};

/* Who may change settings may not shorten the trail below what the files of the node say: only who has its disk may. */
static sl_rc check_audit_keep(struct sl_change *c, sl_usec keep_us)
{
    sl_usec least_us = c->work->control->config.audit_keep_us;
    struct sl_strbuf least;
    if (keep_us == 0 || keep_us >= least_us)
        return SL_OK;
    sl_strbuf_init(&least, c->work->a, 0);
    sl_units_add_span(&least, least_us);
    sl_str text = sl_strbuf_str(&least);
    return sl_change_fail(
        c, "audit_keep",
        "must be at least %.*s, as gateway.admin.audit_keep of this node's files says",
        SL_STRF(text));
}

static sl_rc setting_check(struct sl_change *c)
{
    const struct sl_settings *s = c->config;
    if (c->is_delete)
        return SL_OK;
    if (!sl_str_eq(s->name, SL_STR("default")))
        return sl_change_fail(c, "name", "must be 'default': there is one");
    if (s->session_idle_us > s->session_max_us)
        return sl_change_fail(c, "session_idle", "must be at most session_max");
    return check_audit_keep(c, s->audit_keep_us);
}

sl_rc sl_settings_read(struct sl_tx *tx, struct sl_arena *a, struct sl_settings *ret)
{
    struct sl_row row;
    const struct sl_node *spec = NULL;
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    *ret = (struct sl_settings){0};
    sl_rc rc = sl_row_by_name(tx, SL_STR("setting"), SL_STR("default"), a, &row);
    if (rc == SL_E_NOTFOUND) {
        sl_field_defaults(sl_settings_fields, ret, a);
        return SL_OK;
    }
    if (rc == SL_OK)
        rc = sl_json_to_node(row.spec, SL_STR(""), a, d, &spec);
    if (rc == SL_OK)
        rc = sl_field_read(sl_settings_fields, ret, spec, SL_STR(""), a, d);
    return rc == SL_OK ? SL_OK : SL_E_STORE;
}

const struct sl_resource_type sl_resource_setting = {
    .kind = "setting",
    .noun = &settings_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .check = setting_check,
};
