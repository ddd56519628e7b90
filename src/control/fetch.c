#include "control/fetch.h"
#include "base/cidr.h"
#include "base/str.h"
#include "codec/url.h"
#include "control/outcall.h"

/* RFC 6890 and its successors: what is not the public internet. */
static const char *const closed[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/127",        "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",       "2001::/23",
    "2001:db8::/32", "2002::/16",       "fc00::/7",       "fe80::/10",      "fec0::/10",
    "ff00::/8"};

static bool is_in(sl_str network, const struct sl_ip *ip)
{
    struct sl_cidr net;
    return sl_cidr_parse(network, &net) && sl_cidr_has(&net, ip);
}

bool sl_fetch_admits(const struct sl_strs *allowed, const struct sl_ip *ip)
{
    for (size_t i = 0; allowed != NULL && i < allowed->n; i++) {
        if (is_in(allowed->v[i], ip))
            return true;
    }
    for (size_t i = 0; i < SL_LEN(closed); i++) {
        if (is_in(sl_cstr(closed[i]), ip))
            return false;
    }
    return true;
}

static bool admits(const struct sl_addr *address, const void *arg)
{
    struct sl_ip ip;
    sl_addr_bytes(address, ip.bytes);
    return sl_fetch_admits(arg, &ip);
}

struct target {
    struct sl_origin origin;
    sl_str authority, path;
};

static sl_rc read_target(sl_str url, sl_str ca, const char *path, struct sl_arena *a,
                         struct sl_diag *d, struct target *ret)
{
    struct sl_url u;
    const char *why;
    struct sl_tls_client *tls = NULL;
    if (sl_url_parse(url, &u, &why) != SL_OK)
        return sl_diag_fail(d, SL_E_INVALID, path, "%s", why);
    if (sl_str_eq(u.scheme, SL_STR("https"))) {
        const struct sl_tls_client_config config = {.ca_path = ca};
        if (sl_tls_client_new(&config, &tls, d) != SL_OK)
            return SL_E_INVALID;
    }
    const char *brackets[] = {u.is_ipv6 ? "[" : "", u.is_ipv6 ? "]" : ""};
    *ret = (struct target){
        .origin = {.key = url, .host = u.host, .port = sl_url_port(&u), .tls = tls},
        .authority = u.port != 0 ? sl_fmt(a, "%s%.*s%s:%u", brackets[0], SL_STRF(u.host),
                                          brackets[1], u.port)
                                 : sl_fmt(a, "%s%.*s%s", brackets[0], SL_STRF(u.host), brackets[1]),
        .path = sl_fmt(a, "%s%.*s%s%.*s", u.path.n == 0 ? "/" : "", SL_STRF(u.path),
                       u.has_query ? "?" : "", SL_STRF(u.query)),
    };
    return SL_OK;
}

static sl_rc run(const struct sl_send_request *rq, const struct sl_strs *allowed,
                 const struct target *t, const char *path, struct sl_arena *a, struct sl_diag *d,
                 struct sl_send_answer *ret)
{
    struct sl_outcall call = {
        .origin = &t->origin,
        .req = {.method = rq->is_get ? SL_STR("GET") : SL_STR("POST"),
                .method_id = rq->is_get ? SL_METHOD_GET : SL_METHOD_POST,
                .target = t->path,
                .authority = t->authority,
                .version = 11},
        .body = rq->body,
        .admits = admits,
        .admits_arg = allowed,
        .answer_max = rq->answer_max != 0 ? rq->answer_max : (size_t)SL_SEND_ANSWER_BYTES,
        .timeout_us = rq->timeout_us,
    };
    bool is_good = true;
    sl_headers_init(&call.req.headers, a);
    for (size_t i = 0; i < rq->header_count; i++)
        is_good =
            is_good && sl_headers_add(&call.req.headers, rq->headers[i].name, rq->headers[i].value);
    sl_rc rc = is_good ? sl_outcall_run(&call, a) : SL_E_NOMEM;
    if (rc != SL_OK)
        return sl_diag_fail(d, SL_E_INVALID, path, "cannot be %s: %s",
                            rq->is_get ? "fetched" : "reached",
                            call.why != NULL ? call.why : sl_err_info(rc)->text);
    *ret = (struct sl_send_answer){call.res.status, call.answer, call.is_cut};
    return SL_OK;
}

static sl_rc send_to(const struct sl_send_request *rq, const struct sl_strs *allowed,
                     const char *path, struct sl_arena *a, struct sl_diag *d,
                     struct sl_send_answer *ret)
{
    struct target t;
    sl_rc rc = read_target(rq->url, rq->ca, path, a, d, &t);
    if (rc != SL_OK)
        return rc;
    rc = run(rq, allowed, &t, path, a, d, ret);
    sl_tls_client_unref(t.origin.tls);
    return rc;
}

sl_rc sl_send(const struct sl_send_request *rq, const struct sl_strs *allowed, struct sl_arena *a,
              struct sl_diag *d, struct sl_send_answer *ret)
{
    return send_to(rq, allowed, "url", a, d, ret);
}

/* What the answer is worth. */
static sl_rc read_answer(const struct sl_send_answer *answer, size_t max_bytes, const char *path,
                         struct sl_diag *d, sl_str *ret)
{
    unsigned status = answer->status;
    if (status >= 300 && status < 400)
        return sl_diag_fail(
            d, SL_E_INVALID, path,
            "is answered with %u: redirects are not followed; give the URL behind it", status);
    if (status != 200)
        return sl_diag_fail(d, SL_E_INVALID, path, "is answered with %u", status);
    if (answer->is_cut)
        return sl_diag_fail(d, SL_E_INVALID, path, "is larger than %zu bytes", max_bytes);
    *ret = answer->body;
    return SL_OK;
}

sl_rc sl_fetch(const struct sl_fetch_request *rq, const char *path, struct sl_arena *a,
               struct sl_diag *d, sl_str *ret)
{
    const struct sl_pair headers[] = {
        {SL_STR_INIT("accept"), SL_STR_INIT("application/json, */*")},
        {SL_STR_INIT("accept-encoding"), SL_STR_INIT("identity")},
        {SL_STR_INIT("authorization"), rq->authorization},
    };
    const struct sl_send_request get = {
        .url = rq->url,
        .ca = rq->ca,
        .is_get = true,
        .headers = headers,
        .header_count = SL_LEN(headers) - (rq->authorization.n == 0),
        .answer_max = rq->max_bytes,
        .timeout_us = rq->timeout_us != 0 ? rq->timeout_us : SL_SECONDS(SL_FETCH_TIMEOUT_S),
    };
    struct sl_send_answer answer;
    sl_rc rc = send_to(&get, rq->allowed, path, a, d, &answer);
    return rc == SL_OK ? read_answer(&answer, rq->max_bytes, path, d, ret) : rc;
}
