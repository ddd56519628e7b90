/*
 * retire: tell consumers that an API version is going away, then stop serving it.
 *
 * Every answer carries Deprecation and Sunset (RFC 9745, RFC 8594); from `sunset_at` on requests get
 * 410 Gone with a link to the successor.
 */
#include "base/fmt.h"
#include "policy/policy_int.h"

struct retire_config {
    int64_t deprecated_at; /* Unix seconds */
    int64_t sunset_at;     /* Unix seconds; 0: no date set yet */
    sl_str successor, documentation;
    sl_str deprecation, sunset; /* compiled: values of fields */
    sl_str links[3];            /* those of Link; the first empty one ends them */
};

static const struct sl_field retire_fields[] = {
    SL_FIELD_TIME(struct retire_config, deprecated_at, .required = true,
                  .example = "2026-01-01T00:00:00Z",
                  .help = "When the version was, or will be, announced as deprecated."),
    SL_FIELD_TIME(struct retire_config, sunset_at, .example = "2026-07-01T00:00:00Z",
                  .help = "When it stops working. Requests after this get 410 Gone. Not given: no "
                          "date is set yet."),
    SL_FIELD_STR(struct retire_config, successor, .max = "2048",
                 .example = "https://api.example.com/v2",
                 .help = "Where consumers should go instead: a URL, or a path of this gateway."),
    SL_FIELD_URL(struct retire_config, documentation, .max = "2048",
                 .example = "https://docs.example.com/moving-to-v2",
                 .help = "Where people read about it."),
    SL_FIELD_END,
};

/* Links stand between <> in Link. */
static bool is_link_text(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '"')
            return false;
    }
    return true;
}

/* RFC 9745, 3; RFC 8594, 6; RFC 5829. */
static void put_links(struct retire_config *c, struct sl_arena *a)
{
    size_t n = 0;
    if (c->successor.n != 0)
        c->links[n++] = sl_fmt(a, "<%.*s>; rel=\"successor-version\"", SL_STRF(c->successor));
    if (c->documentation.n == 0)
        return;
    c->links[n++] =
        sl_fmt(a, "<%.*s>; rel=\"deprecation\"; type=\"text/html\"", SL_STRF(c->documentation));
    if (c->sunset_at != 0)
        c->links[n++] =
            sl_fmt(a, "<%.*s>; rel=\"sunset\"; type=\"text/html\"", SL_STRF(c->documentation));
}

static sl_rc retire_compile(void *config, sl_str identity, struct sl_state_registry *states,
                            struct sl_arena *a, struct sl_diag *d)
{
    struct retire_config *c = config;
    (void)identity, (void)states;

    if (c->sunset_at != 0 && c->sunset_at < c->deprecated_at)
        return sl_diag_fail(d, SL_E_CONFIG, "sunset_at", "must not be before deprecated_at");
    if (!is_link_text(c->successor))
        return sl_diag_fail(d, SL_E_CONFIG, "successor",
                            "must be a URL without spaces, <, > or \"");
    if (!is_link_text(c->documentation))
        return sl_diag_fail(d, SL_E_CONFIG, "documentation",
                            "must be a URL without spaces, <, > or \"");

    c->deprecation = sl_fmt(a, "@%lld", (long long)c->deprecated_at);
    if (c->sunset_at != 0)
        c->sunset = sl_fmt_http_date(a, c->sunset_at);
    put_links(c, a);
    return SL_OK;
}

static enum sl_verdict retire_on_request(struct sl_exchange *x, const void *config, void *state)
{
    const struct retire_config *c = config;
    (void)state;

    if (c->sunset_at == 0 || sl_wall_seconds(x) < c->sunset_at)
        return SL_PASS;
    sl_str hint = c->successor.n != 0 ? sl_fmt(x->arena, "use %.*s instead", SL_STRF(c->successor))
                                      : sl_fmt(x->arena, "it ended at %.*s", SL_STRF(c->sunset));
    return sl_fail_hint(x, SL_E_RETIRED, "this version of the API is retired", hint);
}

/* Of our own errors too: they are what its callers see after the end. */
static enum sl_verdict retire_on_response(struct sl_exchange *x, const void *config, void *state)
{
    const struct retire_config *c = config;
    struct sl_headers *h = &x->res.headers;
    (void)state;

    bool is_done = sl_headers_set(h, SL_STR("deprecation"), c->deprecation);
    if (c->sunset.n != 0)
        is_done = is_done && sl_headers_set(h, SL_STR("sunset"), c->sunset);
    for (size_t i = 0; i < SL_LEN(c->links) && c->links[i].n != 0; i++)
        is_done = is_done && sl_headers_add(h, SL_STR("link"), c->links[i]);
    (void)is_done; /* at the arena's limit the answer goes without */
    return SL_PASS;
}

static void retire_describe(const void *config, struct sl_strbuf *out)
{
    const struct retire_config *c = config;
    sl_strbuf_add(out, SL_STR("deprecated since "));
    sl_fmt_add_http_date(out, c->deprecated_at);
    if (c->sunset_at != 0)
        sl_strbuf_addf(out, ", 410 from %.*s", SL_STRF(c->sunset));
    if (c->successor.n != 0)
        sl_strbuf_addf(out, ", successor %.*s", SL_STRF(c->successor));
}

const struct sl_policy_type sl_policy_retire = {
    .name = "retire",
    .summary = "Announce deprecation, then refuse a retired API version.",
    .levels = SL_AT_SERVICE | SL_AT_ROUTE,
    .order = SL_ORDER_LIFECYCLE,
    .narrowest_wins = true,
    .fields = retire_fields,
    .config_size = sizeof(struct retire_config),
    .compile = retire_compile,
    .on_request = retire_on_request,
    .on_response = retire_on_response,
    .describe = retire_describe,
};
