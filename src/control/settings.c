#include "control/settings.h"
#include "control/control.h"

static sl_rc read_now(struct sl_control *c, struct sl_settings *ret)
{
    struct sl_arena *a = sl_arena_new("settings", SL_KIB(256));
    struct sl_tx *tx;
    sl_rc rc = sl_store_read(c->store, &tx);
    if (rc == SL_OK) {
        rc = sl_settings_read(tx, a, ret);
        sl_tx_rollback(tx);
    }
    *ret = (struct sl_settings){.log_level = ret->log_level,
                                .requests_kept_us = ret->requests_kept_us,
                                .requests_max_bytes = ret->requests_max_bytes};
    sl_arena_free(a);
    return rc;
}

static void take_level(struct sl_control *c, const struct sl_settings *s)
{
    enum sl_log_level level =
        s->log_level == 0 ? c->file_log_level : (enum sl_log_level)(s->log_level - 1);
    if (c->config.log != NULL && level != sl_log_get_level(c->config.log)) {
        sl_log_set_level(c->config.log, SL_MIN(level, SL_LOG_INFO)); /* also of silence it tells */
        sl_log(c->config.log, INFO, "log level changed", SL_KV_STR("to", sl_log_level_name(level)));
        sl_log_set_level(c->config.log, level);
    }
}

static void take(struct sl_control *c, const struct sl_settings *s)
{
    const struct sl_publish_ops *ops = c->config.ops;
    take_level(c, s);
    if (ops != NULL && ops->keep_requests != NULL)
        ops->keep_requests(c->config.ctx, s->requests_kept_us, s->requests_max_bytes);
}

/* While the store is away all stays as it was. */
void sl_settings_tick(struct sl_control *c, int64_t now_us)
{
    struct sl_settings s = {0};
    if (!atomic_load(&c->is_open) || now_us < c->settings_due_us)
        return;
    c->settings_due_us = now_us + SL_SECONDS(SL_SETTINGS_LOOK_S);
    if (read_now(c, &s) == SL_OK)
        take(c, &s);
}
