/*
 * release: what a service was when somebody published it: immutable and complete, with who, why and what
 * was different from the one before. Made by the actions of services; nothing changes or deletes one.
 */
#include "control/resource.h"

struct release_config {
    sl_str service, reason, requested_by;
    struct sl_strs approved_by;
    int64_t number, restores;
    const struct sl_node *config, *diff, *checks;
};

static const struct sl_field release_fields[] = {
    SL_FIELD_STR(struct release_config, service, .required = true,
                 .help = "Key of the service that was published."),
    SL_FIELD_INT(struct release_config, number, .required = true, .min = "1",
                 .help = "From 1, rising by one."),
    SL_FIELD_STR(struct release_config, reason, .max = "2048", .help = "Why."),
    SL_FIELD_INT(struct release_config, restores,
                 .help = "The release that it brought back; left out: none."),
    SL_FIELD_STR(struct release_config, requested_by,
                 .help = "Who asked for it, where others approved it or its time came later."),
    SL_FIELD_STRS(struct release_config, approved_by, .help = "Who approved it."),
    SL_FIELD_NODE(struct release_config, checks,
                  .help = "What the rules said: `{errors, warnings, infos, findings}`."),
    SL_FIELD_NODE(struct release_config, config, .help = "The service as it was published."),
    SL_FIELD_NODE(struct release_config, diff,
                  .help = "What was different from the release before: `{path, before, after}`."),
    SL_FIELD_END,
};

static const struct sl_noun release_noun = {
    .name = "releases",
    .summary = "What was published, when, by whom and why. Immutable.",
    .fields = release_fields,
    .size = sizeof(struct release_config),
    .is_list = true,
};

static const struct sl_reference release_references[] = {{"service", "service"}, {NULL, NULL}};

const struct sl_resource_type sl_resource_release = {
    .kind = "release",
    .noun = &release_noun,
    .verbs = SL_VERBS_READ,
    .embedded = "config",
    .embedded_kind = "service",
    .references = release_references,
};
