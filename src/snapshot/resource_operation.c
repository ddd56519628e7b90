/*
 * The operations of a service: what its API's document says, in one form whatever its version.
 */
#include "snapshot/resource_int.h"

static const char *const places[] = {"path", "query", "header", "cookie", NULL};

static const struct sl_field parameter_fields[] = {
    SL_FIELD_STR(struct sl_parameter_config, name, .required = true, .min = "1", .max = "200",
                 .help = "Its name.", .example = "limit"),
    NAMED(ENUM, struct sl_parameter_config, in, "in", .required = true, .values = places,
          .help = "Where it stands."),
    SL_FIELD_BOOL(struct sl_parameter_config, required, .help = "Must it be given?"),
    SL_FIELD_BOOL(struct sl_parameter_config, deprecated, .help = "Should it be given no more?"),
    SL_FIELD_BOOL(
        struct sl_parameter_config, explode,
        .help = "Lists are written as one parameter for each value; else as one with commas."),
    SL_FIELD_STR(struct sl_parameter_config, description, .max = "1024", .help = "For people."),
    SL_FIELD_NODE(struct sl_parameter_config, schema, .help = "JSON Schema of its value."),
    SL_FIELD_END,
};

static const struct sl_field request_fields[] = {
    SL_FIELD_BOOL(struct sl_request_config, required, .help = "Must there be a body?"),
    SL_FIELD_NODE(struct sl_request_config, content,
                  .help = "A map from media type to the JSON Schema of the body."),
    SL_FIELD_END,
};

const char *const sl_operation_methods[] = {"GET",  "PUT",   "POST",  "DELETE", "OPTIONS",
                                            "HEAD", "PATCH", "TRACE", NULL};

const struct sl_field sl_operation_fields[] = {
    SL_FIELD_STR(struct sl_operation_config, id, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Unique in the service; the name of its route.",
                 .example = "listOrders"),
    SL_FIELD_ENUM(struct sl_operation_config, method, .required = true,
                  .values = sl_operation_methods, .help = "Its method."),
    SL_FIELD_STR(struct sl_operation_config, path, .required = true, .min = "1", .max = "1024",
                 .help = "Its path as OpenAPI writes it, below the service's `prefix`.",
                 .example = "/orders/{id}"),
    SL_FIELD_STR(struct sl_operation_config, summary, .max = "1024", .help = "In one sentence."),
    SL_FIELD_STR(struct sl_operation_config, description, .max = "8192", .help = "In Markdown."),
    SL_FIELD_STRS(struct sl_operation_config, tags, .max = "32", .help = "Words to group it by."),
    SL_FIELD_BOOL(struct sl_operation_config, deprecated, .help = "Should it be used no more?"),
    SL_FIELD_STRS(struct sl_operation_config, security, .max = "32",
                  .help = "Names of the security schemes that the document wants."),
    SL_FIELD_LIST(struct sl_operation_config, parameters, .fields = parameter_fields,
                  .item_size = sizeof(struct sl_parameter_config), .max = "256",
                  .help = "Its parameters."),
    SL_FIELD_OBJECT(struct sl_operation_config, request, .fields = request_fields,
                    .help = "Its body."),
    SL_FIELD_NODE(struct sl_operation_config, responses,
                  .help = "A map from status to `{description, content}`."),
    SL_FIELD_NODE(struct sl_operation_config, policies,
                  .help = "Policies of this operation: a list of `{type: ..., ...}`."),
    SL_FIELD_END,
};
