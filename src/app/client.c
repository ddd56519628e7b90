#include "app/client.h"
#include "base/clock.h"
#include "base/str.h"
#include "codec/h1.h"
#include "codec/url.h"
#include "net/addr.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

struct wire {
    int fd;
    sl_usec until_us;
    struct sl_strbuf in;
};

/* ------------------------------------------------------------------ where */

sl_rc sl_client_target(const char *url, const char *token, const char *dir, struct sl_arena *a,
                       struct sl_client_target *ret, struct sl_diag *d)
{
    struct sl_url u;
    const char *why = "";
    *ret = (struct sl_client_target){.token = sl_cstr(token), .authority = SL_STR("localhost")};
    if (url == NULL) {
        ret->address = sl_fmt(a, "unix:%s/admin.sock", dir);
        return SL_OK;
    }
    if (sl_url_parse(sl_cstr(url), &u, &why) != SL_OK || !sl_str_eq(u.scheme, SL_STR("http")))
        return sl_diag_fail(d, SL_E_CONFIG, "--url",
                            "must be the address of an admin listener, such as "
                            "http://127.0.0.1:9080 %s",
                            why);
    sl_str host = sl_str_eq(u.host, SL_STR("localhost")) ? SL_STR("127.0.0.1") : u.host;
    ret->address = sl_fmt(a, u.is_ipv6 ? "[%.*s]:%u" : "%.*s:%u", SL_STRF(host), sl_url_port(&u));
    ret->authority =
        sl_fmt(a, u.is_ipv6 ? "[%.*s]:%u" : "%.*s:%u", SL_STRF(u.host), sl_url_port(&u));
    return SL_OK;
}

/* ------------------------------------------------------------------ the wire */

static bool wait_for(struct wire *w, short events)
{
    struct pollfd p = {.fd = w->fd, .events = events};
    sl_usec left_us = w->until_us - sl_clock_mono_us();
    int n = left_us > 0 ? poll(&p, 1, (int)(left_us / 1000) + 1) : 0;
    if (n == 0)
        errno = ETIMEDOUT;
    return n > 0;
}

static bool send_all(struct wire *w, sl_str text)
{
    while (text.n != 0) {
        ssize_t n = write(w->fd, text.p, text.n);
        if (n > 0)
            text = sl_str_from(text, (size_t)n);
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        else if (!wait_for(w, POLLOUT))
            return false;
    }
    return true;
}

/* Everything to the end of the connection, which the request has asked to be closed. */
static bool receive_all(struct wire *w)
{
    enum { PIECE = 64 << 10 };
    for (;;) {
        char *room = sl_strbuf_room(&w->in, PIECE);
        if (room == NULL) {
            errno = EFBIG;
            return false;
        }
        ssize_t n = read(w->fd, room, PIECE);
        if (n == 0)
            return true;
        if (n > 0)
            w->in.n += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR)
            return false;
        else if (!wait_for(w, POLLIN))
            return false;
    }
}

static bool connect_to(struct wire *w, sl_str address)
{
    struct sl_addr addr;
    if (sl_addr_parse(address, &addr) != SL_OK) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    if (sl_sock_connect(&addr, &w->fd) != SL_OK || !wait_for(w, POLLOUT))
        return false;
    errno = sl_sock_error(w->fd);
    return errno == 0;
}

/* ------------------------------------------------------------------ messages */

static void write_request(const struct sl_client_target *t, const char *method, sl_str path,
                          sl_str body, sl_str if_match, struct sl_arena *a, struct sl_strbuf *out)
{
    struct sl_head head = {.method = sl_cstr(method),
                           .target = path,
                           .authority = t->authority,
                           .version = 11,
                           .body_kind = SL_BODY_LENGTH,
                           .body_bytes = body.n};
    sl_headers_init(&head.headers, a);
    if (body.n != 0)
        (void)sl_headers_add_id(&head.headers, SL_H_CONTENT_TYPE, SL_STR("application/json"));
    if (if_match.n != 0)
        (void)sl_headers_add_id(&head.headers, SL_H_IF_MATCH, if_match);
    if (t->token.n != 0)
        (void)sl_headers_add_id(&head.headers, SL_H_AUTHORIZATION,
                                sl_fmt(a, "Bearer %.*s", SL_STRF(t->token)));
    sl_h1_write_request(&head, false, out);
    sl_strbuf_add(out, body);
}

static sl_rc read_body(const struct sl_head *head, sl_str in, struct sl_arena *a, sl_str *ret,
                       const char **ret_why)
{
    struct sl_h1_body body;
    struct sl_strbuf out;
    sl_rc rc = SL_OK;
    sl_strbuf_init(&out, a, 0);
    sl_h1_body_init(&body, head, &sl_h1_default_limits, a);
    while (rc == SL_OK && in.n != 0 && !body.is_done) {
        sl_str data;
        rc = sl_h1_body_feed(&body, &in, &data, ret_why);
        if (rc == SL_OK)
            sl_strbuf_add(&out, data);
    }
    if (rc == SL_OK && !body.is_done)
        rc = sl_h1_body_eof(&body);
    *ret = sl_strbuf_str(&out);
    return rc;
}

static sl_rc read_answer(const char *method, sl_str in, struct sl_arena *a,
                         struct sl_client_answer *ret, struct sl_diag *d)
{
    struct sl_head head = {0};
    size_t scanned = 0, n = sl_h1_head_end(in, &scanned);
    const char *why = "the answer ends too early";
    sl_rc rc = n == 0 ? SL_E_UPSTREAM_TRUNCATED
                      : sl_h1_parse_response(sl_str_head(in, n), &sl_h1_default_limits,
                                             sl_method_of(sl_cstr(method)), a, &head, &why);
    if (rc == SL_OK)
        rc = read_body(&head, sl_str_from(in, n), a, &ret->body, &why);
    if (rc != SL_OK)
        return sl_diag_fail(d, rc, "admin API", "no good answer: %s", why != NULL ? why : "");
    ret->status = head.status;
    ret->type = sl_headers_get_id(&head.headers, SL_H_CONTENT_TYPE);
    return SL_OK;
}

static sl_rc fail_to_reach(const struct sl_client_target *t, struct sl_diag *d)
{
    return sl_diag_fail(d, SL_E_IO, "admin API",
                        "cannot be reached at %.*s: %s; is the gateway running? Say where with "
                        "--data-dir DIR, or with --url URL and --token TOKEN",
                        SL_STRF(t->address), strerror(errno));
}

sl_rc sl_client_call(const struct sl_client_target *t, const char *method, sl_str path, sl_str body,
                     sl_str if_match, struct sl_arena *a, struct sl_client_answer *ret,
                     struct sl_diag *d)
{
    struct wire w = {.fd = -1, .until_us = sl_clock_mono_us() + SL_MS(SL_CLIENT_TIMEOUT_MS)};
    struct sl_strbuf out;
    sl_strbuf_init(&w.in, a, SL_CLIENT_ANSWER_BYTES_MAX);
    sl_strbuf_init(&out, a, 0);
    write_request(t, method, path, body, if_match, a, &out);
    bool is_done =
        connect_to(&w, t->address) && send_all(&w, sl_strbuf_str(&out)) && receive_all(&w);
    sl_rc rc = is_done ? SL_OK : fail_to_reach(t, d);
    if (w.fd >= 0)
        (void)close(w.fd); /* everything was read, or it failed already */
    return rc == SL_OK ? read_answer(method, sl_strbuf_str(&w.in), a, ret, d) : rc;
}
