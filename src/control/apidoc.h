/**
 * apidoc: an OpenAPI document (2.0, 3.0, 3.1) read into what a service has of it: its operations, and the
 * schemas that they share, in one form whatever the version: that of OpenAPI 3.1.
 *
 * References are followed inside of the document only. Those to parameters, bodies, answers and path
 * items are put in their place; those to named schemas stay references ("#/schemas/Order"), so that a schema
 * may contain itself. A reference that leads nowhere, outside, or in a circle is refused, as is what is
 * larger than the limits below. Problems are in the diag with the JSON pointer of the place as path; what
 * could be read but will not be kept to is a warning.
 *
 * Pure. The result is in the arena and borrows texts of the document.
 */
#pragma once
#include "base/diag.h"
#include "base/node.h"

enum {
    SL_APIDOC_BYTES_MAX = 8 << 20, /* of its text */
    SL_APIDOC_OPERATIONS_MAX = 2000,
    SL_APIDOC_SCHEMAS_MAX = 10000,
    SL_APIDOC_NODES_MAX = 400000, /* of the result: references may repeat a part many times */
    SL_APIDOC_DEPTH_MAX = 40,     /* of a schema */
    SL_APIDOC_HOPS_MAX = 16,      /* from reference to reference */
    SL_APIDOC_WARNINGS_MAX = 200
};

struct sl_apidoc {
    sl_str format; /* "OpenAPI 3.1.0" */
    sl_str title, version, description;
    sl_str server;              /* URL of the first one, maybe relative; empty: none is said */
    struct sl_node *operations; /* a list, as the member `operations` of a service */
    struct sl_node *schemas;    /* a map, as its member `schemas` */
    struct sl_node *warnings;   /* a list of {pointer, detail} */
};

/** The text of a document, JSON or YAML, as a tree. SL_E_INVALID with problems in `d`. */
sl_rc sl_apidoc_parse(sl_str text, struct sl_arena *a, struct sl_diag *d,
                      const struct sl_node **ret) SL_CHECKED;
/** SL_E_INVALID with problems in `d`. */
sl_rc sl_apidoc_read(const struct sl_node *document, struct sl_arena *a, struct sl_diag *d,
                     struct sl_apidoc *ret) SL_CHECKED;
