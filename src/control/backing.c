#include "control/backing.h"
#include "base/fmt.h"
#include "base/str.h"
#include "control/change.h"
#include "control/identity.h"
#include "control/settings.h"
#include "store/audit.h"

/* It need not be made to the second; one that could not be made is not tried again at once. */
#define LOOK_US SL_SECONDS(60)
#define TRY_AGAIN_US SL_SECONDS(600)

const char *sl_backing_dir(const struct sl_control *c, struct sl_arena *a)
{
    return sl_fmt(a, "%s/backups", c->config.dir).p;
}

int64_t sl_backing_began_us(const struct sl_control *c)
{
    return atomic_load(&c->backup_began_us);
}

static sl_rc read_settings(struct sl_control *c, struct sl_arena *a, struct sl_settings *ret)
{
    struct sl_tx *tx;
    sl_rc rc = sl_store_read(c->store, &tx);
    if (rc != SL_OK)
        return rc;
    rc = sl_settings_read(tx, a, ret);
    sl_tx_rollback(tx);
    return rc;
}

sl_rc sl_backing_make(struct sl_control *c, enum sl_backup_reason reason, sl_str by, int64_t now_us,
                      struct sl_arena *a, struct sl_backup_file *ret, struct sl_diag *d)
{
    struct sl_settings settings;
    if (read_settings(c, a, &settings) != SL_OK)
        return sl_diag_fail(d, SL_E_STORE, "", "the settings cannot be read");
    const struct sl_backup_order order = {
        .where = sl_control_where(c, a),
        .dir = sl_backing_dir(c, a),
        .reason = reason,
        .program = sl_cstr(c->config.version),
        .by = by,
        .now_us = now_us,
        .max_bytes = settings.backup_max_bytes,
    };
    int64_t nobody = 0;
    if (!atomic_compare_exchange_strong(&c->backup_began_us, &nobody, order.now_us))
        return sl_diag_fail(d, SL_E_CONFLICT, "", "a backup is being made: wait until it is there");
    sl_rc rc = sl_backups_make(&order, a, ret, d);
    atomic_store(&c->backup_began_us, 0);
    return rc;
}

sl_rc sl_backing_note(struct sl_work *w, const char *action, sl_str name)
{
    struct sl_audit e = {
        .at_us = w->now_us,
        .actor = w->actor->name,
        .remote = w->actor->remote,
        .request_id = w->actor->request_id,
        .action = sl_cstr(action),
        .kind = SL_STR("backup"),
        .subject_id = name,
        .subject = name,
    };
    return sl_work_fail(w, sl_audit_append(w->tx, &e));
}

/* ------------------------------------------------------------------ by itself */

/* Is the newest of those that were made by themselves older than that? */
static sl_rc is_due(struct sl_control *c, sl_usec every_us, int64_t now_us, struct sl_arena *a,
                    struct sl_diag *d, bool *ret)
{
    struct sl_backup_file *v;
    size_t n;
    int64_t made_us;
    sl_rc rc = sl_backups_list(sl_backing_dir(c, a), a, &v, &n, d);
    *ret = rc == SL_OK;
    for (size_t i = 0; rc == SL_OK && i < n; i++) {
        bool is_recent = sl_parse_rfc3339(v[i].about.created_at, &made_us) && made_us <= now_us &&
                         now_us - made_us < every_us;
        if (is_recent && sl_backups_is_scheduled(&v[i]))
            *ret = false;
    }
    return rc;
}

static sl_rc note_made(struct sl_control *c, sl_str name, struct sl_arena *a, struct sl_diag *d)
{
    struct sl_work w = {.control = c, .a = a, .d = d, .actor = sl_actor_almighty(a, "schedule")};
    sl_rc rc = sl_work_begin(&w);
    if (rc != SL_OK)
        return rc;
    rc = sl_backing_note(&w, "backup.create", name);
    if (rc == SL_OK)
        return sl_work_commit(&w);
    sl_work_undo(&w);
    return rc;
}

static sl_rc make_due(struct sl_control *c, int64_t now_us, struct sl_arena *a, struct sl_diag *d)
{
    struct sl_settings settings;
    struct sl_backup_file f;
    bool must = false;
    sl_rc rc = read_settings(c, a, &settings);
    if (rc == SL_OK && settings.backup_every_us != 0)
        rc = is_due(c, settings.backup_every_us, now_us, a, d, &must);
    if (rc != SL_OK || !must)
        return rc;
    rc = sl_backing_make(c, SL_BACKUP_SCHEDULED, SL_STR("schedule"), now_us, a, &f, d);
    if (rc == SL_OK)
        rc = note_made(c, f.name, a, d);
    if (rc == SL_OK)
        rc = sl_backups_prune(sl_backing_dir(c, a), (size_t)settings.backup_keep,
                              settings.backup_max_bytes, a, d);
    return rc;
}

void sl_backing_tick(struct sl_control *c, int64_t now_us)
{
    if (!atomic_load(&c->is_open) || now_us < atomic_load(&c->backup_look_us))
        return;
    struct sl_arena *a = sl_arena_new("scheduled backup", SL_MIB(16));
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    sl_diag_init(d, a);
    sl_rc rc = make_due(c, now_us, a, d);
    atomic_store(&c->backup_look_us, now_us + (rc == SL_OK ? LOOK_US : TRY_AGAIN_US));
    if (rc != SL_OK)
        sl_log(c->config.log, WARN, "scheduled backup failed", SL_KV_ERR("reason", rc),
               SL_KV_STR("why", d->count != 0 ? d->problems[0].message : SL_STR("")));
    sl_arena_free(a);
}
