#include "control/backing.h"
#include "base/clock.h"
#include "base/str.h"

const char *sl_backing_dir(const struct sl_control *c, struct sl_arena *a)
{
    return sl_fmt(a, "%s/backups", c->config.dir).p;
}

int64_t sl_backing_began_us(const struct sl_control *c)
{
    return atomic_load(&c->backup_began_us);
}

sl_rc sl_backing_make(struct sl_control *c, enum sl_backup_reason reason, sl_str by,
                      struct sl_arena *a, struct sl_backup_file *ret, struct sl_diag *d)
{
    const struct sl_backup_order order = {
        .where = sl_control_where(c, a),
        .dir = sl_backing_dir(c, a),
        .reason = reason,
        .program = sl_cstr(c->config.version),
        .by = by,
        .now_us = sl_clock_wall_us(),
    };
    int64_t nobody = 0;
    if (!atomic_compare_exchange_strong(&c->backup_began_us, &nobody, order.now_us))
        return sl_diag_fail(d, SL_E_CONFLICT, "", "a backup is being made: wait until it is there");
    sl_rc rc = sl_backups_make(&order, a, ret, d);
    atomic_store(&c->backup_began_us, 0);
    return rc;
}
