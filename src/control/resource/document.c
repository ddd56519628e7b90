/*
 * document: the OpenAPI document that a service's operations were imported from, as it came. One for each
 * import, named "service:number"; nothing changes one, and it goes with its service.
 */
#include "control/resource.h"

struct document_config {
    sl_str service, format, source, sha256, text;
    int64_t number, bytes, operations;
    const struct sl_node *warnings;
};

static const struct sl_field document_fields[] = {
    SL_FIELD_STR(struct document_config, service, .required = true,
                 .help = "Key of the service that was made from it."),
    SL_FIELD_INT(struct document_config, number, .required = true, .min = "1",
                 .help = "From 1, rising by one with each import into the same service."),
    SL_FIELD_STR(struct document_config, format, .help = "Such as `OpenAPI 3.1.0`."),
    SL_FIELD_STR(struct document_config, source,
                 .help = "The URL that it was fetched from; left out: it was sent."),
    SL_FIELD_STR(struct document_config, sha256, .help = "Of the text."),
    SL_FIELD_INT(struct document_config, bytes, .help = "Of the text."),
    SL_FIELD_INT(struct document_config, operations, .help = "How many it has."),
    SL_FIELD_NODE(struct document_config, warnings,
                  .help = "What was not taken as it stands: `{pointer, detail}`."),
    SL_FIELD_STR(struct document_config, text,
                 .help = "The document, byte for byte. Lists leave it out unless `fields` has it."),
    SL_FIELD_END,
};

static const struct sl_noun document_noun = {
    .name = "documents",
    .summary = "OpenAPI documents as they were imported. Immutable.",
    .fields = document_fields,
    .size = sizeof(struct document_config),
    .is_list = true,
};

static const struct sl_reference document_references[] = {{"service", "service"}, {NULL, NULL}};

const struct sl_resource_type sl_resource_document = {
    .kind = "document",
    .noun = &document_noun,
    .verbs = SL_VERBS_READ,
    .large = "text",
    .references = document_references,
};
