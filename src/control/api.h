/**
 * api: the admin API: one request in, one answer out. Everything under /api/v1 but what is said in a
 * table of its own (api.c) comes from the resource types: list, get, create, replace, patch, delete and
 * actions. docs/reference/admin-api.md is its manual, /api/v1/openapi.json its description.
 *
 * Blocks: control threads, any number at once. The answer's texts are in the arena or static; no answer
 * holds a stored secret.
 */
#pragma once
#include "codec/header.h"
#include "control/control.h"

enum { SL_API_BODY_BYTES_MAX = 64 << 20, SL_API_ARENA_BYTES = 1 << 30, SL_API_HEADERS_MAX = 8 };

struct sl_api_request {
    sl_str method;
    enum sl_method method_id;
    sl_str path, query; /* raw */
    const struct sl_headers *headers;
    sl_str authority; /* "gateway.example.com:9080": as the client calls us */
    sl_str body;
    sl_str remote; /* IP address */
    sl_str request_id;
    bool is_local; /* through the socket of the process's owner */
};

/** An answer that the data plane gives: who serves the request passes it on and streams what comes back. */
struct sl_api_relay {
    sl_str address; /* "127.0.0.1:8080"; empty: no relay */
    bool is_tls;
    sl_str method, target, host;
    sl_str
        for_whom; /* whose address the data plane takes the request to come from; empty: nowhere */
};

/** A file that is the body. Its descriptor dies with the arena. */
struct sl_api_file {
    int fd;
    uint64_t bytes;
};

struct sl_api_answer {
    struct sl_api_relay relay; /* with an address the rest is not used */
    uint16_t status;
    sl_str type; /* of the body */
    sl_str body;
    const struct sl_api_file *file; /* in place of the body; NULL: none */
    struct sl_pair headers[SL_API_HEADERS_MAX];
    size_t header_count;
};

/** Is that path the API's? */
bool sl_api_is_ours(sl_str path);
void sl_api_handle(struct sl_control *c, const struct sl_api_request *rq, struct sl_arena *a,
                   struct sl_api_answer *ret);
/** The answer when nothing can be done: `rc` says why. */
void sl_api_refuse(const struct sl_api_request *rq, struct sl_arena *a, sl_rc rc, const char *why,
                   struct sl_api_answer *ret);

enum sl_api_access {
    SL_API_PERMISSION = 0, /* the default: needs the permission */
    SL_API_SELF,           /* whoever is logged in, about themselves */
    SL_API_OWN,            /* the same; who has the permission, also about others */
    SL_API_PUBLIC,         /* anybody */
    SL_API_GUEST,          /* anybody; who is logged in sees more */
    SL_API_EVERYWHERE,     /* needs the permission without a limit to one workspace or team */
};

/** A query parameter, for checking and for the description. */
struct sl_api_parameter {
    const char *name, *schema, *text; /* the schema is JSON */
};

/** One operation of the API, for its description and for the test that walks them all. */
struct sl_api_operation {
    const char *method;
    sl_str path; /* "/api/v1/services/{key}" */
    sl_str id;   /* "services.get" */
    enum sl_api_access access;
    sl_str permission; /* "services:read"; empty unless PERMISSION or OWN */
    const char *summary;
    const struct sl_resource_type *type;       /* NULL: of no noun */
    enum sl_verb verb;                         /* 0: an action, or of no noun */
    const struct sl_field *body;               /* of an action or of no noun; may be NULL */
    const struct sl_api_parameter *parameters; /* of no noun: end with a NULL name; may be NULL */
    const char *answer;                        /* of no noun: its schema; may be NULL */
    uint16_t success; /* of no noun: its status, where that is a rare one */
    bool is_outside;  /* an action that answers with something else than the resource */
};
void sl_api_each(void (*visit)(const struct sl_api_operation *op, void *arg), struct sl_arena *a,
                 void *arg);

/** The OpenAPI 3.1 document. */
void sl_openapi_write(struct sl_strbuf *out, const char *version, struct sl_arena *a);
/** The reference page of nouns and operations, as Markdown. */
void sl_api_reference(struct sl_strbuf *out, struct sl_arena *a);
