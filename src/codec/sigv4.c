#include "codec/sigv4.h"

#include "base/enc.h"
#include "base/fmt.h"
#include "base/str.h"
#include "codec/crypto.h"

enum {
    QUERY_PARTS_MAX = 256,
    SECRET_BYTES_MAX = 256,
    DAY_BYTES = 8, /* of a date: "20150830" */
    DAY_S = 86400,
};

/* ------------------------------------------------------------------ time and digests */

static int64_t floor_div(int64_t n, int64_t by)
{
    return n / by - (n % by < 0);
}

sl_str sl_sigv4_date(struct sl_arena *a, int64_t unix_s)
{
    int64_t day = floor_div(unix_s, DAY_S), s = unix_s - day * DAY_S;
    struct sl_civil date = sl_civil_from_days(day);

    return sl_fmt(a, "%04lld%02d%02dT%02d%02d%02dZ", (long long)date.year, date.month, date.day,
                  (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static void add_sha256(struct sl_strbuf *b, sl_str text)
{
    uint8_t digest[SL_SHA256_BYTES];

    sl_sha256(text, digest);
    sl_enc_hex(b, sl_digest_str(digest, sizeof(digest)));
}

/* ------------------------------------------------------------------ the canonical path */

/* "." and ".." and empty segments are resolved, as the services do before they compare. */
static void drop_last_segment(struct sl_strbuf *b, size_t from)
{
    while (b->n > from && b->p[b->n - 1] != '/')
        b->n--;
    b->n = SL_MAX(b->n > from ? b->n - 1 : b->n, from);
}

static void add_path(struct sl_strbuf *b, sl_str path)
{
    size_t from = b->n;
    bool ends_open = sl_str_ends(path, SL_STR("/"));
    sl_str segment;

    while (sl_str_split(&path, '/', &segment)) {
        if (sl_str_eq(segment, SL_STR(".."))) {
            drop_last_segment(b, from);
        } else if (segment.n != 0 && !sl_str_eq(segment, SL_STR("."))) {
            sl_strbuf_add_char(b, '/');
            sl_enc_percent(b, segment);
        }
    }
    if (ends_open || b->n == from)
        sl_strbuf_add_char(b, '/');
}

/* ------------------------------------------------------------------ the canonical query */

struct pair {
    sl_str name, value;
};

/* What comes encoded is decoded first, so that every spelling of a query has one signature. */
static sl_str recoded(struct sl_arena *a, sl_str raw)
{
    struct sl_strbuf plain, again;

    sl_strbuf_init(&plain, a, 0);
    sl_strbuf_init(&again, a, 0);
    if (!sl_dec_percent(&plain, raw))
        sl_strbuf_add(&plain, raw);
    sl_enc_percent(&again, sl_strbuf_str(&plain));
    return sl_strbuf_str(&again);
}

static bool is_before(const struct pair *a, const struct pair *b)
{
    int by_name = sl_str_cmp(a->name, b->name);

    return by_name != 0 ? by_name < 0 : sl_str_cmp(a->value, b->value) < 0;
}

static void insert(struct pair *v, size_t n, struct pair p)
{
    for (; n > 0 && is_before(&p, &v[n - 1]); n--)
        v[n] = v[n - 1];
    v[n] = p;
}

static size_t read_query(sl_str query, struct sl_arena *a, struct pair *v)
{
    size_t n = 0;
    sl_str part;

    while (n < QUERY_PARTS_MAX && sl_str_split(&query, '&', &part)) {
        size_t at = sl_str_find(part, '=', 0);
        if (part.n == 0)
            continue;
        insert(v, n++,
               (struct pair){recoded(a, sl_str_head(part, at)),
                             at != SIZE_MAX ? recoded(a, sl_str_from(part, at + 1)) : (sl_str){0}});
    }
    return n;
}

static void add_query(struct sl_strbuf *b, sl_str query)
{
    struct pair *v = sl_arena_array(b->arena, struct pair, QUERY_PARTS_MAX);
    size_t n = query.n != 0 ? read_query(query, b->arena, v) : 0;

    for (size_t i = 0; i < n; i++) {
        if (i != 0)
            sl_strbuf_add_char(b, '&');
        sl_strbuf_add(b, v[i].name);
        sl_strbuf_add_char(b, '=');
        sl_strbuf_add(b, v[i].value);
    }
}

/* ------------------------------------------------------------------ the canonical fields */

static sl_str lower(struct sl_arena *a, sl_str name)
{
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    for (size_t i = 0; i < name.n; i++)
        sl_strbuf_add_char(&b, sl_lower(name.p[i]));
    return sl_strbuf_str(&b);
}

/* By name; fields of one name keep their order. */
static size_t sort_fields(const struct sl_headers *h, struct sl_arena *a, struct pair *v)
{
    size_t n = 0;

    for (; n < h->n && n < SL_SIGV4_FIELDS_MAX; n++) {
        struct pair p = {lower(a, h->v[n].name), h->v[n].value};
        size_t at = n;
        for (; at > 0 && sl_str_cmp(p.name, v[at - 1].name) < 0; at--)
            v[at] = v[at - 1];
        v[at] = p;
    }
    return n;
}

/* Without white space at its ends, and inside with single spaces. */
static void add_value(struct sl_strbuf *b, sl_str value)
{
    bool is_gap = false;

    value = sl_str_trim_all(value);
    for (size_t i = 0; i < value.n; i++) {
        bool is_space = strchr(" \t\r\n", value.p[i]) != NULL && value.p[i] != '\0';
        if (!is_space)
            sl_strbuf_add_char(b, value.p[i]);
        else if (!is_gap)
            sl_strbuf_add_char(b, ' ');
        is_gap = is_space;
    }
}

static bool is_first_of_name(const struct pair *v, size_t i)
{
    return i == 0 || !sl_str_eq(v[i].name, v[i - 1].name);
}

static void add_fields(struct sl_strbuf *b, const struct pair *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_first = is_first_of_name(v, i);
        if (is_first && i != 0)
            sl_strbuf_add_char(b, '\n');
        if (is_first)
            sl_strbuf_add(b, v[i].name);
        sl_strbuf_add_char(b, is_first ? ':' : ',');
        add_value(b, v[i].value);
    }
    if (n != 0)
        sl_strbuf_add_char(b, '\n');
}

static void add_names(struct sl_strbuf *b, const struct pair *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_first_of_name(v, i))
            continue;
        if (i != 0)
            sl_strbuf_add_char(b, ';');
        sl_strbuf_add(b, v[i].name);
    }
}

static sl_str signed_names(const struct sl_sigv4_request *rq, struct sl_arena *a)
{
    struct pair *v = sl_arena_array(a, struct pair, SL_SIGV4_FIELDS_MAX);
    size_t n = sort_fields(rq->headers, a, v);
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    add_names(&b, v, n);
    return sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ what is signed */

sl_str sl_sigv4_canonical(const struct sl_sigv4_request *rq, struct sl_arena *a)
{
    struct pair *v = sl_arena_array(a, struct pair, SL_SIGV4_FIELDS_MAX);
    size_t n = sort_fields(rq->headers, a, v);
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, rq->method);
    sl_strbuf_add_char(&b, '\n');
    add_path(&b, rq->path);
    sl_strbuf_add_char(&b, '\n');
    add_query(&b, rq->query);
    sl_strbuf_add_char(&b, '\n');
    add_fields(&b, v, n);
    sl_strbuf_add_char(&b, '\n');
    add_names(&b, v, n);
    sl_strbuf_add_char(&b, '\n');
    sl_strbuf_add(&b, rq->body_sha256);
    return b.is_full ? (sl_str){0} : sl_strbuf_str(&b);
}

static sl_str scope_text(const struct sl_sigv4_scope *s, struct sl_arena *a)
{
    sl_str date = sl_sigv4_date(a, s->now_unix_s);

    return sl_fmt(a, "%.*s/%.*s/%.*s/aws4_request", DAY_BYTES, date.p, SL_STRF(s->region),
                  SL_STRF(s->service));
}

static sl_str string_to_sign(const struct sl_sigv4_scope *s, sl_str canonical, struct sl_arena *a)
{
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("AWS4-HMAC-SHA256\n"));
    sl_strbuf_add(&b, sl_sigv4_date(a, s->now_unix_s));
    sl_strbuf_add_char(&b, '\n');
    sl_strbuf_add(&b, scope_text(s, a));
    sl_strbuf_add_char(&b, '\n');
    add_sha256(&b, canonical);
    return sl_strbuf_str(&b);
}

/* key = HMAC(HMAC(HMAC(HMAC("AWS4" secret, day), region), service), "aws4_request") */
static void derive_key(const struct sl_sigv4_scope *s, sl_str secret, struct sl_arena *a,
                       uint8_t ret[SL_SHA256_BYTES])
{
    char seed[SECRET_BYTES_MAX + 4] = "AWS4";
    sl_str steps[] = {sl_str_head(sl_sigv4_date(a, s->now_unix_s), DAY_BYTES), s->region,
                      s->service, SL_STR("aws4_request")};
    sl_str key = {seed, secret.n + 4};
    uint8_t next[SL_SHA256_BYTES];

    memcpy(seed + 4, secret.p, secret.n);
    for (size_t i = 0; i < SL_LEN(steps); i++) {
        sl_hmac_sha256(key, steps[i], next);
        memcpy(ret, next, sizeof(next));
        key = sl_digest_str(ret, SL_SHA256_BYTES);
    }
    explicit_bzero(seed, sizeof(seed));
}

sl_str sl_sigv4_authorization(const struct sl_sigv4_scope *scope, const struct sl_sigv4_key *key,
                              const struct sl_sigv4_request *rq, struct sl_arena *a)
{
    uint8_t signing[SL_SHA256_BYTES], signature[SL_SHA256_BYTES];
    sl_str canonical = sl_sigv4_canonical(rq, a), names = signed_names(rq, a);
    struct sl_strbuf hex;

    if (canonical.n == 0 || rq->headers->n > SL_SIGV4_FIELDS_MAX || key->secret.n == 0 ||
        key->secret.n > SECRET_BYTES_MAX)
        return (sl_str){0};
    derive_key(scope, key->secret, a, signing);
    sl_hmac_sha256(sl_digest_str(signing, sizeof(signing)), string_to_sign(scope, canonical, a),
                   signature);
    explicit_bzero(signing, sizeof(signing));
    sl_strbuf_init(&hex, a, 0);
    sl_enc_hex(&hex, sl_digest_str(signature, sizeof(signature)));
    return sl_fmt(a, "AWS4-HMAC-SHA256 Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s",
                  SL_STRF(key->id), SL_STRF(scope_text(scope, a)), SL_STRF(names),
                  SL_STRF(sl_strbuf_str(&hex)));
}

/* ------------------------------------------------------------------ a whole head */

static bool is_signed(const struct sl_header *h)
{
    return h->id == SL_H_CONTENT_TYPE || sl_str_istarts(h->name, SL_STR("x-amz-"));
}

static bool add_amz(const struct sl_sigv4_scope *scope, const struct sl_sigv4_key *key,
                    const struct sl_sigv4_request *rq, struct sl_headers *head)
{
    sl_str date = sl_sigv4_date(head->arena, scope->now_unix_s);

    return sl_headers_set(head, SL_STR("x-amz-date"), date) &&
           sl_headers_set(head, SL_STR("x-amz-content-sha256"), rq->body_sha256) &&
           (key->session_token.n == 0 ||
            sl_headers_set(head, SL_STR("x-amz-security-token"), key->session_token));
}

bool sl_sigv4_sign(const struct sl_sigv4_scope *scope, const struct sl_sigv4_key *key,
                   const struct sl_sigv4_request *rq, sl_str host, struct sl_headers *head)
{
    struct sl_headers fields;
    struct sl_sigv4_request r = *rq;
    sl_str value;

    sl_headers_init(&fields, head->arena);
    if (!add_amz(scope, key, rq, head) || !sl_headers_add_id(&fields, SL_H_HOST, host))
        return false;
    for (uint32_t i = 0; i < head->n; i++)
        if (is_signed(&head->v[i]) && !sl_headers_add(&fields, head->v[i].name, head->v[i].value))
            return false;
    r.headers = &fields;
    value = sl_sigv4_authorization(scope, key, &r, head->arena);
    return value.n != 0 && sl_headers_set_id(head, SL_H_AUTHORIZATION, value);
}

static bool is_access_key_id(sl_str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!(id.p[i] >= 'A' && id.p[i] <= 'Z') && !(id.p[i] >= '0' && id.p[i] <= '9'))
            return false;
    return id.n != 0;
}

bool sl_sigv4_key_parse(sl_str text, struct sl_sigv4_key *ret)
{
    struct sl_sigv4_key key = {0};
    sl_str rest = text;

    if (text.n == 0 || !sl_str_split(&rest, ':', &key.id) || rest.p == NULL ||
        !sl_str_split(&rest, ':', &key.secret))
        return false;
    if (rest.p != NULL && (!sl_str_split(&rest, ':', &key.session_token) || rest.p != NULL ||
                           key.session_token.n == 0))
        return false;
    if (!is_access_key_id(key.id) || key.secret.n == 0 || key.secret.n > SECRET_BYTES_MAX)
        return false;
    *ret = key;
    return true;
}
