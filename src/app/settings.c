#include "app/settings.h"
#include "base/str.h"

#include <string.h>

static bool is_log_same(const struct sl_log_config *a, const struct sl_log_config *b)
{
    return a->level == b->level && sl_str_eq(a->path, b->path);
}

static bool is_access_log_same(const struct sl_access_log_config *a,
                               const struct sl_access_log_config *b)
{
    return a->enabled == b->enabled && sl_str_eq(a->path, b->path);
}

static bool is_admin_same(const struct sl_admin_config *a, const struct sl_admin_config *b)
{
    return a->enabled == b->enabled && sl_str_eq(a->address, b->address) &&
           a->audit_keep_us == b->audit_keep_us;
}

static bool is_limits_same(const struct sl_limits_config *a, const struct sl_limits_config *b)
{
    size_t numbers = offsetof(struct sl_limits_config, half_close); /* without holes */
    return memcmp(a, b, numbers) == 0 && a->half_close == b->half_close;
}

void sl_settings_warn(const struct sl_gateway_config *now, const struct sl_gateway_config *c,
                      struct sl_log *log)
{
    const struct {
        const char *name;
        bool is_same;
    } settings[] = {
        {"admin", is_admin_same(&now->admin, &c->admin)},
        {"workers", now->workers == c->workers},
        {"data_dir", sl_str_eq(now->data_dir, c->data_dir)},
        {"store", sl_str_eq(now->store, c->store)},
        {"limits", is_limits_same(&now->limits, &c->limits)},
        {"ledger", memcmp(&now->ledger, &c->ledger, sizeof(c->ledger)) == 0}, /* without holes */
        {"log", is_log_same(&now->log, &c->log)},
        {"access_log", is_access_log_same(&now->access_log, &c->access_log)},
    };
    for (size_t i = 0; i < SL_LEN(settings); i++) {
        if (!settings[i].is_same)
            sl_log(log, WARN, "setting changed that holds from the next start on",
                   SL_KV_STR("setting", sl_cstr(settings[i].name)));
    }
}
