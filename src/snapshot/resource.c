#include "snapshot/resource_int.h"

/* ------------------------------------------------------------------ gateway */

static const struct sl_field identity_fields[] = {
    SL_FIELD_STR(struct sl_identity_config, cert, .required = true,
                 .help = "PEM file with the certificate and its chain.",
                 .example = "/etc/sluice/cert.pem"),
    SL_FIELD_STR(struct sl_identity_config, key, .required = true,
                 .help = "PEM file with the private key.", .example = "/etc/sluice/key.pem"),
    SL_FIELD_STRS(struct sl_identity_config, hosts,
                  .help = "Names to serve with it (SNI); those in the certificate when left out.",
                  .example = "[api.example.com, \"*.example.com\"]"),
    SL_FIELD_END,
};

static const char *const tls_versions[] = {"1.2", "1.3", NULL};

static const struct sl_field listener_tls_fields[] = {
    SL_FIELD_LIST(struct sl_listener_tls_config, certs, .fields = identity_fields,
                  .item_size = sizeof(struct sl_identity_config), .max = "1000",
                  .help = "Certificates, chosen by SNI; the first one serves unknown names."),
    SL_FIELD_BOOL(struct sl_listener_tls_config, sni_only,
                  .help =
                      "Serve TLS without `certs`, by the noun `certificates` alone: clients that "
                      "ask for no name of theirs are refused."),
    SL_FIELD_STR(struct sl_listener_tls_config, client_ca,
                 .help = "PEM file of the authorities whose client certificates are accepted. Left "
                         "out, clients are not asked for one."),
    SL_FIELD_BOOL(struct sl_listener_tls_config, require_client_cert,
                  .help = "Refuse clients without a certificate."),
    SL_FIELD_ENUM(struct sl_listener_tls_config, min_version, .dflt = "1.2", .values = tls_versions,
                  .help = "Oldest protocol version."),
    SL_FIELD_END,
};

static const struct sl_field listener_fields[] = {
    SL_FIELD_STR(struct sl_listener_config, address, .required = true,
                 .help = "Where to accept connections: `IP:PORT`, `[IPv6]:PORT`, `:PORT` for all "
                         "addresses, or `unix:/path`.",
                 .example = "\":8080\""),
    SL_FIELD_OBJECT(struct sl_listener_config, tls, .fields = listener_tls_fields,
                    .help = "Serve TLS here; plain HTTP when left out."),
    SL_FIELD_END,
};

static const struct sl_field admin_fields[] = {
    SL_FIELD_BOOL(struct sl_admin_config, enabled, .dflt = "true",
                  .help = "Whether to serve metrics and status at all."),
    SL_FIELD_STR(struct sl_admin_config, address, .dflt = "127.0.0.1:9080",
                 .help = "Where the operators' own endpoints (metrics, status) are served. Keep it "
                         "off public networks."),
    SL_FIELD_STRS(struct sl_admin_config, fetch_from, .max = "100",
                  .help =
                      "Private networks from which documents may be fetched that somebody names "
                      "by URL (imports). The public internet always may.",
                  .example = "[10.20.0.0/16]"),
    SL_FIELD_SPAN(struct sl_admin_config, audit_keep_us, "audit_keep", .dflt = "0s", .min = "0s",
                  .max = "36500d",
                  .help =
                      "How long entries of the audit trail are kept; an entry `audit.cut` tells "
                      "what went, and the rest can be checked still. 0: for ever."),
    SL_FIELD_END,
};

static const char *const log_levels[] = {"debug", "info", "warn", "error", "off", NULL};

static const struct sl_field log_fields[] = {
    SL_FIELD_ENUM(struct sl_log_config, level, .dflt = "info", .values = log_levels,
                  .help = "Less important lines are not written."),
    SL_FIELD_STR(struct sl_log_config, path,
                 .help = "File to append to; standard error when left out."),
    SL_FIELD_END,
};

static const struct sl_field access_log_fields[] = {
    SL_FIELD_BOOL(struct sl_access_log_config, enabled, .dflt = "true",
                  .help = "Write one JSON line for each request."),
    SL_FIELD_STR(struct sl_access_log_config, path,
                 .help = "File to append to; standard output when left out."),
    SL_FIELD_END,
};

static const struct sl_field limits_fields[] = {
    NAMED(SIZE, struct sl_limits_config, head_bytes, "head", .dflt = "32KiB", .min = "1KiB",
          .max = "1MiB", .help = "A request's or response's head: 431 beyond."),
    NAMED(SIZE, struct sl_limits_config, target_bytes, "target", .dflt = "8KiB", .min = "256",
          .max = "256KiB", .help = "A request's path and query: 414 beyond."),
    NAMED(INT, struct sl_limits_config, field_count, "fields", .dflt = "100", .min = "10",
          .max = "10000", .help = "Fields of a head: 431 beyond."),
    NAMED(SIZE, struct sl_limits_config, chunk_ext_bytes, "chunk_extensions", .dflt = "16KiB",
          .max = "1MiB", .min = "1", .help = "Extensions of all chunks of one body together."),
    NAMED(SIZE, struct sl_limits_config, trailer_bytes, "trailers", .dflt = "8KiB", .min = "1",
          .max = "1MiB", .help = "Trailer fields behind a body."),
    NAMED(SIZE, struct sl_limits_config, body_bytes, "body", .dflt = "64MiB", .min = "1",
          .max = "1TB",
          .help = "A request's body: 413 beyond. The body_limit policy can lower it."),
    NAMED(SIZE, struct sl_limits_config, ai_body_bytes, "ai_body", .dflt = "32MiB", .min = "1KiB",
          .max = "1GiB",
          .help = "A request's body at an AI endpoint, which is held in memory: 413 beyond."),
    NAMED(SIZE, struct sl_limits_config, held_bytes, "held_answers", .dflt = "64MiB", .min = "1",
          .max = "64GiB",
          .help =
              "What each worker holds of answers, all together, that the validate policy checks "
              "before they go out: 503 `overloaded` beyond; unchecked where it only reports."),
    NAMED(SIZE, struct sl_limits_config, responses_bytes, "responses", .dflt = "64MiB", .min = "1",
          .max = "64GiB",
          .help =
              "What `/v1/responses` keeps of answers, for `previous_response_id` and to be read "
              "again, in memory and, sealed, in the store; beyond it the oldest are forgotten."),
    NAMED(SIZE, struct sl_limits_config, responses_owner_bytes, "responses_per_consumer",
          .dflt = "16MiB", .min = "1", .max = "64GiB", .help = "Of it, for one consumer."),
    SL_FIELD_SPAN(struct sl_limits_config, responses_us, "responses_life", .dflt = "1d",
                  .min = "1s", .max = "30d", .help = "How long they are kept."),
    NAMED(SIZE, struct sl_limits_config, exchange_bytes, "exchange", .dflt = "96MiB", .min = "1MiB",
          .max = "4GiB", .help = "Memory that one request may take besides its body in transit."),
    NAMED(SIZE, struct sl_limits_config, pipe_bytes, "pipe", .dflt = "64KiB", .min = "4KiB",
          .max = "64MiB", .help = "Bytes of a body that wait in each direction for a slow reader."),
    NAMED(SIZE, struct sl_limits_config, drain_bytes, "drain", .dflt = "64KiB", .min = "1",
          .max = "64MiB",
          .help = "What is read and dropped of a refused body to keep the connection."),
    NAMED(SIZE, struct sl_limits_config, memory_bytes, "memory", .dflt = "0", .max = "1TB",
          .help = "Resident memory of the process beyond which new requests are refused (503 "
                  "`overloaded`, and /readyz says no) until it is below nine tenths of this. 0: no "
                  "limit."),
    SL_FIELD_SPAN(struct sl_limits_config, head_us, "head_timeout", .dflt = "10s", .min = "10ms",
                  .max = "1h", .help = "For the whole head, from its first byte: 408."),
    SL_FIELD_SPAN(struct sl_limits_config, body_us, "body_timeout", .dflt = "30s", .min = "10ms",
                  .max = "1h", .help = "Between two reads of a body: 408."),
    SL_FIELD_SPAN(struct sl_limits_config, idle_us, "idle_timeout", .dflt = "75s", .min = "10ms",
                  .max = "1d",
                  .help = "Between two requests of a connection, which is then closed."),
    SL_FIELD_SPAN(struct sl_limits_config, write_us, "write_timeout", .dflt = "60s", .min = "10ms",
                  .max = "1h", .help = "For a client that takes no bytes, which is then reset."),
    SL_FIELD_SPAN(struct sl_limits_config, handshake_us, "tls_timeout", .dflt = "10s",
                  .min = "10ms", .max = "10m", .help = "For a TLS handshake."),
    SL_FIELD_INT(struct sl_limits_config, requests_per_connection, .dflt = "100000", .min = "1",
                 .max = "4000000000", .help = "Then the connection is closed."),
    SL_FIELD_INT(struct sl_limits_config, connections, .dflt = "32768", .min = "1",
                 .max = "4000000000",
                 .help = "Client connections of each worker; beyond it accepting pauses."),
    SL_FIELD_BOOL(struct sl_limits_config, half_close, .dflt = "true",
                  .help = "A client that closes its direction still gets its answer; one that has "
                          "left is noticed when something is sent to it. false: who closes its "
                          "direction has left, and the work for it ends at once."),
    SL_FIELD_END,
};

static const struct sl_field ledger_fields[] = {
    SL_FIELD_SPAN(struct sl_ledger_config, records_us, "records", .dflt = "30d", .min = "1h",
                  .max = "3650d", .help = "How long single requests are kept."),
    SL_FIELD_SPAN(struct sl_ledger_config, minutes_us, "minutes", .dflt = "3d", .min = "2h",
                  .max = "3650d", .help = "How long sums by minute and by quarter are kept."),
    SL_FIELD_SPAN(struct sl_ledger_config, hours_us, "hours", .dflt = "92d", .min = "2d",
                  .max = "3650d", .help = "How long sums by hour are kept."),
    SL_FIELD_SPAN(struct sl_ledger_config, days_us, "days", .dflt = "1100d", .min = "2d",
                  .max = "36500d", .help = "How long sums by day are kept."),
    NAMED(SIZE, struct sl_ledger_config, max_bytes, "max_size", .dflt = "20GiB", .min = "16MiB",
          .help =
              "Size of the database beyond which the oldest requests go, however young they are."),
    SL_FIELD_END,
};

static const char *const unknown_prices[] = {"allow", "deny", "ceiling", NULL};

const struct sl_field sl_gateway_fields[] = {
    SL_FIELD_LIST(struct sl_gateway_config, listeners, .fields = listener_fields,
                  .item_size = sizeof(struct sl_listener_config), .max = "64",
                  .help = "Where requests come in. Left out: `:8080`, plain."),
    SL_FIELD_OBJECT(struct sl_gateway_config, admin, .fields = admin_fields,
                    .help = "The operators' listener."),
    SL_FIELD_INT(struct sl_gateway_config, workers, .dflt = "0", .min = "0", .max = "1024",
                 .help = "Threads that serve requests; 0: one for each core."),
    SL_FIELD_STR(struct sl_gateway_config, data_dir,
                 .help = "Folder of the ledger (journal and database). Left out, the program's own "
                         "default.",
                 .example = "/var/lib/sluice"),
    SL_FIELD_SECRET(struct sl_gateway_config, store,
                    .help = "Where resources are kept that the admin API changes: the URL of a "
                            "PostgreSQL database, which many nodes may share. Left out, the file "
                            "`control.db` in `data_dir`.",
                    .example = "postgresql://sluice:password@db.internal/sluice"),
    SL_FIELD_OBJECT(struct sl_gateway_config, log, .fields = log_fields,
                    .help = "What the program says about itself."),
    SL_FIELD_OBJECT(struct sl_gateway_config, access_log, .fields = access_log_fields,
                    .help = "What it says about requests."),
    SL_FIELD_OBJECT(struct sl_gateway_config, limits, .fields = limits_fields,
                    .help = "What clients may take."),
    SL_FIELD_OBJECT(struct sl_gateway_config, ledger, .fields = ledger_fields,
                    .help = "How long is kept what requests were and used."),
    SL_FIELD_SPAN(struct sl_gateway_config, drain_us, "drain_timeout", .dflt = "30s", .min = "0s",
                  .max = "1d",
                  .help = "How long requests in flight may take after SIGTERM; then they are cut."),
    SL_FIELD_BOOL(struct sl_gateway_config, watch, .dflt = "true",
                  .help =
                      "Load the configuration again when its files change (SIGHUP always does)."),
    SL_FIELD_STRS(struct sl_gateway_config, trusted_proxies, .max = "1000",
                  .help = "Networks whose X-Forwarded-For is believed, walked from the right.",
                  .example = "[10.0.0.0/8, \"::1\"]"),
    SL_FIELD_STR(struct sl_gateway_config, via, .min = "1", .max = "64",
                 .help = "This gateway's name in Via, by which it sees requests that came back to "
                         "it. Left out, each process makes one of its own (`sluice-` and a random "
                         "number). With a name of your own, gateways behind one another need "
                         "different ones.",
                 .example = "edge-1"),
    SL_FIELD_ENUM(struct sl_gateway_config, unknown_price, .dflt = "allow",
                  .values = unknown_prices,
                  .help = "AI requests whose price is not known, where a budget applies: serve "
                          "them uncounted, refuse them, or count them at the highest known price."),
    SL_FIELD_END,
};

struct sl_server_config sl_limits_server(const struct sl_limits_config *c)
{
    return (struct sl_server_config){
        .h1 = {.head_bytes = (uint32_t)c->head_bytes,
               .target_bytes = (uint32_t)c->target_bytes,
               .field_count = (uint32_t)c->field_count,
               .chunk_ext_bytes = (uint32_t)c->chunk_ext_bytes,
               .trailer_bytes = (uint32_t)c->trailer_bytes},
        .body_bytes = c->body_bytes,
        .head_timeout_us = c->head_us,
        .idle_timeout_us = c->idle_us,
        .body_timeout_us = c->body_us,
        .write_timeout_us = c->write_us,
        .tls_timeout_us = c->handshake_us,
        .requests_per_connection = (uint32_t)c->requests_per_connection,
        .connections_max = (uint32_t)c->connections,
        .pipe_bytes = c->pipe_bytes,
        .arena_bytes = c->exchange_bytes,
        .half_close_ok = c->half_close,
        .drain_bytes = c->drain_bytes,
    };
}

/* ------------------------------------------------------------------ services and routes */

const struct sl_field sl_condition_fields[] = {
    SL_FIELD_STR(struct sl_condition_config, name, .required = true, .min = "1", .max = "256",
                 .help =
                     "Name of the header (any case), or of the query parameter or member (exact).",
                 .example = "x-version"),
    SL_FIELD_STR(struct sl_condition_config, value, .max = "4096",
                 .help = "The exact value. Left out together with `regex`: it must be there."),
    SL_FIELD_REGEX(struct sl_condition_config, regex, .max = "1024",
                   .help = "Or a regular expression that the whole value matches.",
                   .example = "\"v[12]\""),
    SL_FIELD_END,
};

static const struct sl_field route_timeouts_fields[] = {
    SL_FIELD_SPAN(struct sl_timeouts_config, connect_us, "connect", .min = "1ms", .max = "10m",
                  .help = "Name, TCP and TLS together."),
    SL_FIELD_SPAN(struct sl_timeouts_config, send_us, "send", .min = "1ms", .max = "1d",
                  .help = "Between two writes of the request."),
    SL_FIELD_SPAN(struct sl_timeouts_config, first_byte_us, "first_byte", .min = "1ms", .max = "1d",
                  .help = "From the request sent to the head of the response."),
    SL_FIELD_SPAN(struct sl_timeouts_config, idle_us, "idle", .min = "1ms", .max = "1d",
                  .help = "Between two reads of the response."),
    SL_FIELD_SPAN(struct sl_timeouts_config, total_us, "total", .min = "1ms", .max = "7d",
                  .help = "All of it: every attempt and pause."),
    SL_FIELD_SPAN(struct sl_timeouts_config, tunnel_idle_us, "tunnel_idle", .min = "1ms",
                  .max = "7d",
                  .help = "After an upgrade (WebSocket): between two bytes, whichever side sends "
                          "them; then both are closed. `total` does not hold for tunnels."),
    SL_FIELD_END,
};

static const char *const path_modes[] = {"normalise", "reject", "preserve", NULL};

#define FORWARDING(type)                                                                           \
    NAMED(BOOL, type, forwarding.strip_prefix, "strip_prefix",                                     \
          .help = "Forward the path without the service's `prefix`, or else without what the "     \
                  "route's prefix or regular expression took."),                                   \
        NAMED(BOOL, type, forwarding.preserve_host, "preserve_host",                               \
              .help = "Forward the client's Host instead of the endpoint's."),                     \
        NAMED(BOOL, type, forwarding.upgrade, "upgrade",                                           \
              .help = "Let WebSocket and other upgrades through."),                                \
        NAMED(ENUM, type, forwarding.path_mode, "path_mode", .dflt = "normalise",                  \
              .values = path_modes,                                                                \
              .help = "What happens to paths with dot segments, double slashes or needless "       \
                      "escapes: forward the normalised path, refuse them, or forward the path as " \
                      "it came when it has no dot segments."),                                     \
        NAMED(OBJECT, type, forwarding.timeouts, "timeouts", .fields = route_timeouts_fields,      \
              .help = "Instead of the upstream's.")

#define PATH_HELP                                                                             \
    "`/orders` is that path alone; `/orders/*` is `/orders` and all below it; "               \
    "`/orders/{id}` has a parameter for one segment; `~^/v[0-9]+/` is a regular expression, " \
    "anchored at the beginning. Exact paths come before parameters, longer prefixes before "  \
    "shorter ones, regular expressions last."

static const struct sl_field route_fields[] = {
    SL_FIELD_STR(struct sl_route_config, name, .max = NAME_MAX_CHARS,
                 .help = "Unique within the service; left out: the path."),
    SL_FIELD_STR(struct sl_route_config, path, .max = "1024", .help = PATH_HELP,
                 .example = "/orders/{id}"),
    SL_FIELD_STRS(struct sl_route_config, paths, .max = "256",
                  .help = "More paths for the same route. Without any path: `/*`."),
    SL_FIELD_STRS(struct sl_route_config, hosts, .max = "256",
                  .help = "Instead of the service's hosts."),
    SL_FIELD_STRS(struct sl_route_config, methods, .max = "16",
                  .help = "Left out: all. A path that is served for other methods only is answered "
                          "with 405.",
                  .example = "[GET, HEAD]"),
    SL_FIELD_LIST(struct sl_route_config, headers, .fields = sl_condition_fields,
                  .item_size = sizeof(struct sl_condition_config), .max = "16",
                  .help = "Headers that a request must have; all of them."),
    SL_FIELD_LIST(struct sl_route_config, queries, .fields = sl_condition_fields,
                  .item_size = sizeof(struct sl_condition_config), .max = "16",
                  .help = "Query parameters that a request must have; all of them."),
    FORWARDING(struct sl_route_config),
    SL_FIELD_NODE(struct sl_route_config, policies,
                  .help = "Policies of this route: a list of `{type: ..., ...}`."),
    SL_FIELD_END,
};

static const char *const visibilities[] = {"private", "workspace", "public", NULL};

static const char *const service_kinds[] = {"rest", "ai", "prompt", NULL};

static const struct sl_field canary_fields[] = {
    SL_FIELD_INT(struct sl_canary_config, percent, .dflt = "0", .min = "0", .max = "100",
                 .help = "Of the clients, by their address: each stays where it is."),
    SL_FIELD_STR(struct sl_canary_config, header, .max = "128",
                 .help = "And requests that have this field.", .example = "x-canary"),
    SL_FIELD_STR(struct sl_canary_config, value, .max = "256",
                 .help = "With this value; left out: any."),
    SL_FIELD_NODE(struct sl_canary_config, service,
                  .help = "The service as they see it, whole, with the same name."),
    SL_FIELD_END,
};

const struct sl_field sl_service_fields[] = {
    SL_FIELD_STR(struct sl_service_config, name, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Unique.", .example = "orders"),
    SL_FIELD_STR(struct sl_service_config, version, .max = "64", .help = "For logs and reports.",
                 .example = "v1"),
    SL_FIELD_ENUM(
        struct sl_service_config, kind, .dflt = "rest", .values = service_kinds,
        .help =
            "`rest` forwards to an upstream; `ai` serves the AI endpoints "
            "(`/v1/chat/completions`, `/v1/messages`, `/v1/embeddings`, `/v1/models`) from `models` "
            "and `accounts`; `prompt` publishes `prompts` as operations, and describes them at "
            "`/openapi.json` behind its prefix."),
    SL_FIELD_STR(struct sl_service_config, upstream, .max = NAME_MAX_CHARS,
                 .help = "Name of the upstream (rest)."),
    SL_FIELD_URL(struct sl_service_config, url, .max = "2048",
                 .help = "Or the one URL to forward to: an upstream of its own, named like the "
                         "service."),
    SL_FIELD_STRS(struct sl_service_config, hosts, .max = "256",
                  .help =
                      "Hosts of all routes: `api.example.com` or `*.example.com`. Left out: any.",
                  .example = "[api.example.com]"),
    SL_FIELD_STRS(struct sl_service_config, prompts, .max = "256",
                  .help = "The prompts that it publishes: `name`, or `name@version` (prompt).",
                  .example = "[sentiment]"),
    SL_FIELD_STR(struct sl_service_config, prefix, .max = "512",
                 .help = "Put in front of the paths of all routes.", .example = "/shop"),
    SL_FIELD_STR(struct sl_service_config, path, .max = "1024",
                 .help = "Short for one route with this path. Left out, a service without `routes` "
                         "takes everything (below its `prefix`).",
                 .example = "/orders/*"),
    SL_FIELD_LIST(struct sl_service_config, routes, .fields = route_fields,
                  .item_size = sizeof(struct sl_route_config), .max = "100000",
                  .help = "Its routes (rest). Members that a route leaves out are the service's."),
    SL_FIELD_LIST(struct sl_service_config, operations, .fields = sl_operation_fields,
                  .item_size = sizeof(struct sl_operation_config), .max = "5000",
                  .help = "What its API offers, usually imported from an OpenAPI document. Without "
                          "`path` and `routes` each is a route."),
    SL_FIELD_NODE(struct sl_service_config, schemas,
                  .help = "JSON Schemas that operations share: a map; `$ref: '#/schemas/NAME'` "
                          "means one of them."),
    SL_FIELD_STR(struct sl_service_config, document, .max = "256",
                 .help = "Key of the document that the operations came from."),
    FORWARDING(struct sl_service_config),
    SL_FIELD_NODE(struct sl_service_config, policies,
                  .help = "Policies of all its routes: a list of `{type: ..., ...}`."),
    SL_FIELD_BOOL(struct sl_service_config, subscribers_only,
                  .help = "Refuse consumers without an approved subscription. Needs a policy that "
                          "knows callers, such as key_auth."),
    SL_FIELD_OBJECT(
        struct sl_service_config, canary, .fields = canary_fields,
        .help = "A newer form of it that some of its requests are served by. Paths that only "
                "the newer one has are not served yet. In the admin API: the action "
                "`canary`."),
    SL_FIELD_STR(struct sl_service_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_STR(struct sl_service_config, summary, .max = "1024",
                 .help = "One or two sentences for the catalogue."),
    SL_FIELD_STR(struct sl_service_config, readme, .max = "262144",
                 .help = "Its documentation, in Markdown."),
    SL_FIELD_STR(struct sl_service_config, team, .max = NAME_MAX_CHARS,
                 .help = "The team that owns it."),
    SL_FIELD_STR(struct sl_service_config, domain, .max = NAME_MAX_CHARS,
                 .help = "Its business domain in the catalogue.", .example = "commerce"),
    SL_FIELD_STRS(struct sl_service_config, tags, .max = "32", .help = "Words to find it by."),
    SL_FIELD_STR(struct sl_service_config, logo, .max = "2048", .help = "URL of a picture."),
    SL_FIELD_ENUM(struct sl_service_config, visibility, .dflt = "private", .values = visibilities,
                  .help = "Who may find it in the catalogue: its team, its workspace, or all."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ upstreams */

const struct sl_field sl_upstream_tls_fields[] = {
    SL_FIELD_BOOL(struct sl_upstream_tls_config, verify, .dflt = "true",
                  .help = "Check the endpoint's certificate and its name."),
    SL_FIELD_STR(struct sl_upstream_tls_config, ca,
                 .help = "PEM file of the authorities to trust; left out: the system's."),
    SL_FIELD_STR(struct sl_upstream_tls_config, cert,
                 .help = "PEM file of our client certificate."),
    SL_FIELD_STR(struct sl_upstream_tls_config, key, .help = "PEM file of its private key."),
    SL_FIELD_STR(struct sl_upstream_tls_config, name, .max = "255",
                 .help = "Name for SNI and the check; left out: the URL's host."),
    SL_FIELD_END,
};

const struct sl_field sl_pool_fields[] = {
    SL_FIELD_INT(struct sl_pool_config, connections, .dflt = "1024", .min = "1", .max = "65535",
                 .help = "To one endpoint, for each worker; more requests wait."),
    SL_FIELD_INT(struct sl_pool_config, queue, .dflt = "1024", .min = "1", .max = "1000000",
                 .help = "Requests of each worker that wait for a connection; 503 beyond "
                         "(`upstream_queue_full`)."),
    SL_FIELD_SPAN(struct sl_pool_config, queue_us, "queue_timeout", .dflt = "5s", .min = "1ms",
                  .max = "1h",
                  .help = "How long one waits; then 503 (`upstream_queue_timeout`), unless another "
                          "endpoint or target can be tried."),
    SL_FIELD_INT(struct sl_pool_config, idle, .dflt = "64", .min = "1", .max = "65535",
                 .help = "Idle connections kept for each worker."),
    SL_FIELD_SPAN(struct sl_pool_config, idle_us, "idle_timeout", .dflt = "55s", .min = "1ms",
                  .max = "1d",
                  .help = "How long they are kept; shorter than what the endpoint keeps them."),
    SL_FIELD_END,
};

const struct sl_field sl_breaker_fields[] = {
    SL_FIELD_INT(struct sl_breaker_config, failures, .dflt = "5", .min = "0", .max = "1000000",
                 .help = "Failures in a row after which an endpoint is ejected; 0: never."),
    SL_FIELD_SPAN(struct sl_breaker_config, eject_us, "eject", .dflt = "10s", .min = "1ms",
                  .max = "1d", .help = "For how long at first; doubles each time in a row."),
    SL_FIELD_SPAN(struct sl_breaker_config, eject_max_us, "eject_max", .dflt = "30s", .min = "1ms",
                  .max = "1d", .help = "For how long at most."),
    SL_FIELD_INT(struct sl_breaker_config, eject_max_percent, .dflt = "50", .min = "0",
                 .max = "100",
                 .help = "When more endpoints than this are out, all are used again."),
    SL_FIELD_END,
};

static const struct sl_field endpoint_fields[] = {
    SL_FIELD_URL(struct sl_endpoint_config, url, .required = true, .max = "2048",
                 .help = "http or https; a path is put in front of the request's.",
                 .example = "http://10.0.0.1:8080"),
    SL_FIELD_INT(struct sl_endpoint_config, weight, .dflt = "1", .min = "0", .max = "1000",
                 .help = "Its share of the requests; 0: none (drained)."),
    SL_FIELD_END,
};

static const struct sl_field timeouts_fields[] = {
    SL_FIELD_SPAN(struct sl_timeouts_config, connect_us, "connect", .dflt = "5s", .min = "1ms",
                  .max = "10m", .help = "Name, TCP and TLS together."),
    SL_FIELD_SPAN(struct sl_timeouts_config, send_us, "send", .dflt = "30s", .min = "1ms",
                  .max = "1d", .help = "Between two writes of the request."),
    SL_FIELD_SPAN(struct sl_timeouts_config, first_byte_us, "first_byte", .dflt = "60s",
                  .min = "1ms", .max = "1d",
                  .help = "From the request sent to the head of the response."),
    SL_FIELD_SPAN(struct sl_timeouts_config, idle_us, "idle", .dflt = "60s", .min = "1ms",
                  .max = "1d", .help = "Between two reads of the response."),
    SL_FIELD_SPAN(struct sl_timeouts_config, total_us, "total", .dflt = "5m", .min = "1ms",
                  .max = "7d", .help = "All of it: every attempt and pause."),
    SL_FIELD_SPAN(struct sl_timeouts_config, tunnel_idle_us, "tunnel_idle", .dflt = "1h",
                  .min = "1ms", .max = "7d",
                  .help = "After an upgrade (WebSocket): between two bytes, whichever side sends "
                          "them; then both are closed. `total` does not hold for tunnels."),
    SL_FIELD_END,
};

static const struct sl_field retry_fields[] = {
    SL_FIELD_INT(struct sl_retry_config, attempts, .dflt = "1", .min = "0", .max = "15",
                 .help = "Beyond the first; 0: never."),
    SL_FIELD_NODE(struct sl_retry_config, statuses,
                  .help =
                      "A list of at most 16 statuses of the endpoint after which another one is "
                      "tried. Left out: none. A Retry-After is kept where there is no other "
                      "endpoint; one of more than 2 s goes to the client.",
                  .example = "[502, 503]"),
    SL_FIELD_BOOL(struct sl_retry_config, non_idempotent,
                  .help = "Try POST and PATCH again, too, when no byte of an answer came."),
    SL_FIELD_INT(struct sl_retry_config, budget_percent, .dflt = "20", .min = "0", .max = "100",
                 .help = "Of the requests in flight that may be retries (three always may)."),
    SL_FIELD_SPAN(struct sl_retry_config, backoff_us, "backoff", .dflt = "25ms", .min = "0s",
                  .max = "1m", .help = "The first pause (full jitter); doubles."),
    SL_FIELD_SPAN(struct sl_retry_config, backoff_max_us, "backoff_max", .dflt = "250ms",
                  .min = "0s", .max = "10m", .help = "The longest pause."),
    SL_FIELD_END,
};

static const struct sl_field health_check_fields[] = {
    SL_FIELD_STR(struct sl_health_check_config, path, .max = "1024",
                 .help = "Path to GET; left out, endpoints are not checked.",
                 .example = "/healthz"),
    SL_FIELD_SPAN(struct sl_health_check_config, interval_us, "interval", .dflt = "10s",
                  .min = "10ms", .max = "1d", .help = "Between two checks of an endpoint."),
    SL_FIELD_SPAN(struct sl_health_check_config, timeout_us, "timeout", .dflt = "2s", .min = "1ms",
                  .max = "10m", .help = "For one check."),
    SL_FIELD_INT(struct sl_health_check_config, healthy_after, .dflt = "2", .min = "1",
                 .max = "1000", .help = "Successes in a row that bring an endpoint back."),
    SL_FIELD_INT(struct sl_health_check_config, unhealthy_after, .dflt = "3", .min = "1",
                 .max = "1000", .help = "Failures in a row that take it out."),
    SL_FIELD_INT(struct sl_health_check_config, status_min, .dflt = "200", .min = "100",
                 .max = "599", .help = "Lowest status that is a success."),
    SL_FIELD_INT(struct sl_health_check_config, status_max, .dflt = "399", .min = "100",
                 .max = "599", .help = "Highest status that is a success."),
    SL_FIELD_END,
};

static const char *const balancers[] = {"round_robin", "least_request", "hash", "ewma", NULL};
static const char *const hash_ons[] = {"client_ip", "header",   "cookie", "query",
                                       "path",      "consumer", NULL};

const struct sl_field sl_upstream_fields[] = {
    SL_FIELD_STR(struct sl_upstream_config, name, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Unique.", .example = "orders-pool"),
    SL_FIELD_ENUM(struct sl_upstream_config, balancer, .dflt = "round_robin", .values = balancers,
                  .help = "By turns and weight; the less busy of two; the same endpoint for the "
                          "same caller; or the one that answers soonest."),
    SL_FIELD_ENUM(struct sl_upstream_config, hash_on, .dflt = "client_ip", .values = hash_ons,
                  .help = "What `hash` keeps together."),
    SL_FIELD_STR(struct sl_upstream_config, hash_name, .max = "256",
                 .help = "Name of the header, cookie or query parameter to hash."),
    SL_FIELD_LIST(struct sl_upstream_config, endpoints, .required = true, .min = "1", .max = "1024",
                  .fields = endpoint_fields, .item_size = sizeof(struct sl_endpoint_config),
                  .help = "Where it runs. A plain string is short for `{url: ...}`.",
                  .example = "[http://10.0.0.1:8080]"),
    SL_FIELD_OBJECT(struct sl_upstream_config, tls, .fields = sl_upstream_tls_fields,
                    .help = "For https endpoints."),
    SL_FIELD_OBJECT(struct sl_upstream_config, pool, .fields = sl_pool_fields,
                    .help = "Connections that are kept and reused."),
    SL_FIELD_OBJECT(struct sl_upstream_config, timeouts, .fields = timeouts_fields,
                    .help = "When to give up."),
    SL_FIELD_OBJECT(struct sl_upstream_config, retry, .fields = retry_fields,
                    .help = "When to try again, on another endpoint."),
    SL_FIELD_OBJECT(struct sl_upstream_config, breaker, .fields = sl_breaker_fields,
                    .help = "When to leave an endpoint alone."),
    SL_FIELD_OBJECT(struct sl_upstream_config, health_check, .fields = health_check_fields,
                    .help = "Ask endpoints whether they are well."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ consumers */

static const struct sl_field consumer_key_fields[] = {
    SL_FIELD_STR(struct sl_consumer_key_config, name, .max = NAME_MAX_CHARS,
                 .help = "Shown in logs behind the consumer's name; left out: its number.",
                 .example = "laptop"),
    SL_FIELD_STR(struct sl_consumer_key_config, username, .max = "128",
                 .help = "Makes the key a password of this user name, for basic_auth. Without a "
                         "colon.",
                 .example = "alice"),
    SL_CREDENTIAL_ROWS(struct sl_consumer_key_config),
    SL_FIELD_SECRET(struct sl_consumer_key_config, key, .min = "8", .max = "512",
                    .help = "The key itself; of a `jwt`, the secret that signs its tokens.",
                    .example = "${env:ALICE_KEY}"),
    SL_FIELD_STR(
        struct sl_consumer_key_config, key_sha256, .min = "64", .max = "64",
        .help = "Or its SHA-256 in hexadecimal digits, so that the file holds no secret; with a "
                "`username`, that of `username:key`."),
    SL_FIELD_SECRET(struct sl_consumer_key_config, former_key, .max = "512",
                    .help = "Of an `hmac` or `jwt`: the secret before, which counts until "
                            "`former_until`, so that callers can change to the new one in turn."),
    SL_FIELD_STR(struct sl_consumer_key_config, former_public_key, .max = "16384",
                 .help = "Of a `jwt`: the public key before, in the same way."),
    SL_FIELD_TIME(struct sl_consumer_key_config, former_until,
                  .help = "How long the one before counts still."),
    SL_FIELD_TIME(struct sl_consumer_key_config, expires, .help = "From then on it is refused."),
    SL_FIELD_BOOL(struct sl_consumer_key_config, disabled, .help = "Refuse it."),
    SL_FIELD_STRS(struct sl_consumer_key_config, services, .max = "256",
                  .help = "It is good for these services only. Left out: for all.",
                  .example = "[orders]"),
    SL_FIELD_STRS(struct sl_consumer_key_config, models, .max = "256",
                  .help = "And for these models only, as the policy model_allow has them.",
                  .example = "[fast, \"openai/*\"]"),
    SL_FIELD_STRS(struct sl_consumer_key_config, networks, .max = "256",
                  .help = "And from these networks and addresses only.", .example = "[10.0.0.0/8]"),
    SL_FIELD_END,
};

const struct sl_field sl_consumer_fields[] = {
    SL_FIELD_STR(struct sl_consumer_config, name, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Unique.", .example = "alice"),
    SL_FIELD_STR(struct sl_consumer_config, owner, .max = NAME_MAX_CHARS,
                 .help = "The user whose application it is, in the portal API."),
    SL_FIELD_STR(struct sl_consumer_config, team, .max = NAME_MAX_CHARS,
                 .help = "Or the team: its members see and manage it there."),
    SL_FIELD_LIST(struct sl_consumer_config, keys, .fields = consumer_key_fields,
                  .item_size = sizeof(struct sl_consumer_key_config), .max = "1000",
                  .help = "Its API keys. A plain string is short for `{key: ...}`."),
    SL_FIELD_MAP(struct sl_consumer_config, tags, .max = "32",
                 .help = "For reports, such as `{team: search}`."),
    SL_FIELD_NODE(struct sl_consumer_config, policies,
                  .help = "Policies of its requests: a list of `{type: ..., ...}`."),
    SL_FIELD_END,
};

const struct sl_field sl_key_set_fields[] = {
    SL_FIELD_STR(struct sl_key_set_config, name, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Unique.", .example = "corp"),
    SL_FIELD_URL(struct sl_key_set_config, url, .required = true,
                 .help = "Where the set stands (`jwks_uri`): JSON as in RFC 7517, at most 256 KiB "
                         "and 64 keys. https, but for one on this machine; addresses of private "
                         "networks need `gateway.admin.fetch_from`. Redirects are not followed.",
                 .example = "https://login.example.com/.well-known/jwks.json"),
    SL_FIELD_SPAN(struct sl_key_set_config, refresh_us, "refresh", .dflt = "1h", .min = "1s",
                  .max = "30d", .help = "How often it is fetched anew."),
    SL_FIELD_SPAN(struct sl_key_set_config, pause_us, "pause", .dflt = "30s", .min = "1s",
                  .max = "1d",
                  .help = "How soon it may be fetched again when a token shows a key that is not "
                          "in it, and after a failure."),
    SL_FIELD_SECRET(struct sl_key_set_config, authorization, .max = "4096",
                    .help = "What is sent as `Authorization`, where the set is not for everybody."),
    SL_FIELD_STR(struct sl_key_set_config, ca, .max = "4096",
                 .help = "File with the authorities' certificates (PEM) to trust there; left out: "
                         "the system's."),
    SL_FIELD_STR(struct sl_key_set_config, owner, .max = NAME_MAX_CHARS,
                 .help =
                     "The user who made it in the portal. Such sets are fetched every 5 "
                     "minutes at most, at most 2 at the same time, and from public addresses only: "
                     "`fetch_from` is not for them."),
    SL_FIELD_END,
};

/* ------------------------------------------------------------------ plans and subscriptions */

static const char *const approvals[] = {"auto", "manual", NULL};

const struct sl_field sl_plan_fields[] = {
    SL_FIELD_STR(struct sl_plan_config, name, .required = true, .min = "1", .max = NAME_MAX_CHARS,
                 .help = "Unique.", .example = "gold"),
    SL_FIELD_STR(struct sl_plan_config, title, .max = "128", .help = "Its name for people."),
    SL_FIELD_STR(struct sl_plan_config, description, .max = "2048",
                 .help = "What a subscriber gets."),
    SL_FIELD_ENUM(struct sl_plan_config, approval, .dflt = "auto", .values = approvals,
                  .help = "Must somebody approve a subscription? (In the admin API; one in a file "
                          "counts.)"),
    SL_FIELD_BOOL(struct sl_plan_config, offered,
                  .help = "May people subscribe to it by themselves, in the portal API?"),
    SL_FIELD_NODE(struct sl_plan_config, policies,
                  .help = "Policies of a subscriber's requests, as consumers have them: limits, "
                          "budgets, models. Each subscription counts for itself."),
    SL_FIELD_END,
};

const struct sl_field sl_subscription_fields[] = {
    SL_FIELD_STR(struct sl_subscription_config, consumer, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Who subscribes.", .example = "alice"),
    SL_FIELD_STR(struct sl_subscription_config, service, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "To which service, in all its versions.",
                 .example = "orders"),
    SL_FIELD_STR(struct sl_subscription_config, plan, .required = true, .min = "1",
                 .max = NAME_MAX_CHARS, .help = "Under which plan.", .example = "gold"),
    SL_FIELD_STR(struct sl_subscription_config, reason, .max = "2048", .help = "What for."),
    SL_FIELD_BOOL(struct sl_subscription_config, suspended,
                  .help = "Refuse the consumer's requests to the service."),
    SL_FIELD_END,
};
