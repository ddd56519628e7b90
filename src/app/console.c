#include "app/console.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/zip.h"

/*
 * Scripts and styles from here only, nothing inline, no frames, no other hosts: what a page could be made
 * to contain cannot run. Styles that a script sets on an element are not inline in the sense of the policy.
 */
static const sl_str policy = SL_STR_INIT(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");

static const sl_str not_built = SL_STR_INIT(
    "This binary was built without the console. `make run` and `make build` make one with it;\n"
    "the admin API is at /api/v1, described by /api/v1/openapi.json.\n");

static const struct sl_console_asset *find(sl_str path)
{
    for (const struct sl_console_asset *f = sl_console_assets; f->path.p != NULL; f++) {
        if (sl_str_eq(f->path, path))
            return f;
    }
    return NULL;
}

static bool is_below(sl_str path, const char *root)
{
    sl_str r = sl_cstr(root);
    return sl_str_starts(path, r) && (path.n == r.n || path.p[r.n] == '/');
}

/* The pages' addresses are made by console and portal themselves; a dot in the last segment means a file. */
static bool is_file_name(sl_str path)
{
    sl_str rest = path, segment = path;
    while (sl_str_split(&rest, '/', &segment))
        ;
    return sl_str_find(segment, '.', 0) != SIZE_MAX && is_below(path, "/assets");
}

bool sl_console_is_ours(sl_str path)
{
    static const char *const others[] = {"/api", "/metrics", "/healthz", "/readyz"};
    for (size_t i = 0; i < SL_LEN(others); i++) {
        if (is_below(path, others[i]))
            return false;
    }
    return path.n != 0 && path.p[0] == '/';
}

static void add(struct sl_console_answer *r, const char *name, sl_str value)
{
    (void)sl_headers_add(&r->headers, sl_cstr(name), value);
}

static sl_rc inflate(const struct sl_console_asset *f, struct sl_arena *a, sl_str *ret)
{
    const struct sl_unzip_limits limits = {.out_bytes_max = f->plain_bytes};
    struct sl_unzip *z = sl_unzip_new(SL_ZIP_BR, &limits);
    char *out = sl_arena_try_raw(a, f->plain_bytes);
    sl_str in = f->data;
    size_t n = 0;
    sl_rc rc =
        z != NULL && out != NULL ? sl_unzip_read(z, &in, out, f->plain_bytes, &n) : SL_E_NOMEM;
    sl_unzip_free(z);
    if (rc == SL_OK)
        *ret = sl_str_of(out, n);
    return rc;
}

static void protect(struct sl_console_answer *r)
{
    add(r, "content-security-policy", policy);
    add(r, "x-content-type-options", SL_STR("nosniff"));
    add(r, "referrer-policy", SL_STR("no-referrer"));
    add(r, "cross-origin-opener-policy", SL_STR("same-origin"));
    add(r, "permissions-policy", SL_STR("camera=(), microphone=(), geolocation=()"));
}

static void give_text(struct sl_console_answer *r, uint16_t status, sl_str text)
{
    r->status = status;
    r->body = text;
    add(r, "content-type", SL_STR("text/plain; charset=utf-8"));
    add(r, "cache-control", SL_STR("no-store"));
}

static sl_rc give(const struct sl_console_asset *f, const struct sl_headers *request,
                  struct sl_arena *a, struct sl_console_answer *r)
{
    bool is_for_ever = is_below(f->path, "/assets");
    add(r, "etag", f->etag);
    add(r, "cache-control",
        is_for_ever ? SL_STR("public, max-age=31536000, immutable") : SL_STR("no-cache"));
    if (f->is_brotli)
        add(r, "vary", SL_STR("accept-encoding"));
    if (sl_headers_know_tag(request, f->etag)) {
        r->status = 304;
        return SL_OK;
    }
    r->status = 200;
    r->body = f->data;
    add(r, "content-type", f->type);
    if (!f->is_brotli)
        return SL_OK;
    if (!sl_headers_accept_coding(request, SL_STR("br")))
        return inflate(f, a, &r->body);
    add(r, "content-encoding", SL_STR("br"));
    return SL_OK;
}

sl_rc sl_console_answer(sl_str path, const struct sl_headers *request, struct sl_arena *a,
                        struct sl_console_answer *ret)
{
    const struct sl_console_asset *f = find(path);
    *ret = (struct sl_console_answer){.status = 404};
    sl_headers_init(&ret->headers, a);
    protect(ret);
    if (f == NULL && !is_file_name(path))
        f = find(is_below(path, "/portal") ? SL_STR("/portal.html") : SL_STR("/index.html"));
    if (f != NULL)
        return give(f, request, a, ret);
    give_text(ret, 404, is_file_name(path) ? SL_STR("there is no such file\n") : not_built);
    return SL_OK;
}
