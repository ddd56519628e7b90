#include "control/trail.h"
#include "base/str.h"
#include "control/settings.h"
#include "control/tree.h"
#include "store/audit.h"

static sl_rc note(struct sl_tx *tx, const struct sl_audit_cut *cut, int64_t now_us,
                  struct sl_arena *a)
{
    struct sl_node *after = sl_tree_map(a);
    sl_tree_put(after, SL_STR("entries"), sl_tree_i64(a, cut->count));
    sl_tree_put(after, SL_STR("last_seq"), sl_tree_i64(a, cut->seq));
    sl_tree_put_str(a, after, "last_hash", sl_cstr(cut->hash));
    const struct sl_audit e = {.at_us = now_us,
                               .actor = SL_STR("system"),
                               .action = SL_STR("audit.cut"),
                               .kind = SL_STR("audit"),
                               .after = sl_tree_json(after, a)};
    return sl_audit_append(tx, &e);
}

/* What the settings say now, but not less than the files: what is cut is gone, so it is not done by what they said once, or by either alone. */
static sl_rc keep_of(const struct sl_control *c, struct sl_tx *tx, struct sl_arena *a,
                     sl_usec *ret_us)
{
    struct sl_settings s;
    sl_rc rc = sl_settings_read(tx, a, &s);
    *ret_us = s.audit_keep_us != 0 ? SL_MAX(s.audit_keep_us, c->config.audit_keep_us)
                                   : c->config.audit_keep_us;
    return rc;
}

static sl_rc cut_in(struct sl_control *c, struct sl_tx *tx, struct sl_arena *a, int64_t now_us,
                    struct sl_audit_cut *ret)
{
    sl_usec keep_us;
    sl_rc rc = keep_of(c, tx, a, &keep_us);
    if (rc == SL_OK && keep_us != 0)
        rc = sl_audit_cut(tx, now_us - keep_us, SL_TRAIL_CUT_MAX, ret);
    if (rc == SL_OK && ret->count != 0)
        rc = note(tx, ret, now_us, a);
    return rc;
}

/* True: there may be more. */
static bool cut(struct sl_control *c, int64_t now_us)
{
    struct sl_arena *a = sl_arena_new("audit cut", SL_MIB(1));
    struct sl_audit_cut cut = {0};
    struct sl_tx *tx;
    sl_rc rc = sl_store_write(c->store, &tx);
    if (rc == SL_OK) {
        rc = cut_in(c, tx, a, now_us, &cut);
        if (rc == SL_OK)
            rc = sl_tx_commit(tx);
        else
            sl_tx_rollback(tx);
    }
    if (rc != SL_OK)
        sl_log(c->config.log, ERROR, "the audit trail cannot be shortened",
               SL_KV_ERR("reason", rc));
    sl_arena_free(a);
    return rc == SL_OK && cut.count == SL_TRAIL_CUT_MAX;
}

void sl_trail_tick(struct sl_control *c, int64_t now_us)
{
    bool is_due = now_us >= c->trail_due_us && atomic_load(&c->is_open);
    if (!is_due)
        return;
    bool has_more = cut(c, now_us); /* then the rest follows with the next tick */
    c->trail_due_us = has_more ? now_us : now_us + SL_SECONDS(SL_TRAIL_LOOK_S);
}
