/*
 * webhook: somebody who wants to hear of events: a URL that signed messages are posted to (control/alerting).
 */
#include "base/str.h"
#include "control/alerting.h"
#include "control/change.h"
#include "control/tree.h"

const struct sl_field sl_webhook_fields[] = {
    SL_FIELD_STR(struct sl_webhook_config, name, .required = true, .min = "1", .max = "64",
                 .help = "Unique.", .example = "on-call"),
    SL_FIELD_URL(struct sl_webhook_config, url, .required = true,
                 .help = "Where messages are posted to. Addresses of this machine and of private "
                         "networks are refused, unless `gateway.admin.fetch_from` allows them.",
                 .example = "https://hooks.example.com/sluice"),
    SL_FIELD_SECRET(struct sl_webhook_config, signing_key, .required = true, .min = "16",
                    .max = "256",
                    .help = "What messages are signed with (HMAC-SHA256, Standard Webhooks): "
                            "`whsec_` and base64, or any text."),
    SL_FIELD_STRS(struct sl_webhook_config, events, .max = "16",
                  .help = "Only these: `alert.firing`, `alert.resolved`. Left out: all.",
                  .example = "[alert.firing]"),
    SL_FIELD_BOOL(struct sl_webhook_config, disabled, .help = "Tell it nothing."),
    SL_FIELD_STR(struct sl_webhook_config, description, .max = "2048", .help = "Whose it is."),
    SL_FIELD_END,
};

static const struct sl_noun webhook_noun = {
    .name = "webhooks",
    .summary = "Who hears of events: URLs that signed messages are posted to.",
    .fields = sl_webhook_fields,
    .size = sizeof(struct sl_webhook_config),
    .is_list = true,
};

static sl_rc webhook_check(struct sl_change *c)
{
    const struct sl_webhook_config *config = c->config;
    if (c->is_delete)
        return SL_OK;
    for (size_t i = 0; i < config->events.n; i++) {
        if (!sl_alert_event_is_known(config->events.v[i]))
            return sl_change_fail(c, "events",
                                  "'%.*s' is no event: there are alert.firing, "
                                  "alert.resolved",
                                  SL_STRF(config->events.v[i]));
    }
    if (sl_str_starts(config->url, SL_STR("http://")) ||
        sl_str_starts(config->url, SL_STR("https://")))
        return SL_OK;
    return sl_change_fail(c, "url", "must begin with http:// or https://");
}

const struct sl_resource_type sl_resource_webhook = {
    .kind = "webhook",
    .noun = &webhook_noun,
    .verbs = SL_VERBS_ALL,
    .is_global = true,
    .check = webhook_check,
};
