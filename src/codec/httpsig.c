#include "codec/httpsig.h"
#include "base/enc.h"
#include "base/str.h"

enum { KEY_ID, ALGORITHM, FIELDS, SIGNATURE, CREATED, EXPIRES, MEMBERS };

static const struct {
    const char *name;
    int member;
} names[] = {
    {"keyId", KEY_ID},        {"username", KEY_ID}, {"algorithm", ALGORITHM}, {"headers", FIELDS},
    {"signature", SIGNATURE}, {"created", CREATED}, {"expires", EXPIRES},
};

sl_str sl_httpsig_of(sl_str authorization)
{
    static const sl_str schemes[] = {SL_STR_INIT("signature "), SL_STR_INIT("hmac ")};
    for (size_t i = 0; i < SL_LEN(schemes); i++) {
        if (sl_str_istarts(authorization, schemes[i]))
            return sl_str_trim(sl_str_from(authorization, schemes[i].n));
    }
    return (sl_str){0};
}

/* ------------------------------------------------------------------ parameters */

static int member_of(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(names); i++) {
        if (sl_str_eq(name, sl_cstr(names[i].name)))
            return names[i].member;
    }
    return MEMBERS;
}

static bool is_text(sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] >= 0x7f || s.p[i] == '\\')
            return false;
    }
    return true;
}

/* Takes `name=value` or `name="value"` off the front, and the comma behind it. */
static bool take_parameter(sl_str *rest, sl_str *ret_name, sl_str *ret_value)
{
    size_t equals = sl_str_find(*rest, '=', 0);
    if (equals == SIZE_MAX)
        return false;
    *ret_name = sl_str_trim(sl_str_head(*rest, equals));
    sl_str at = sl_str_trim(sl_str_from(*rest, equals + 1));
    bool is_quoted = at.n != 0 && at.p[0] == '"';
    size_t end = sl_str_find(at, is_quoted ? '"' : ',', is_quoted);
    if (is_quoted && end == SIZE_MAX)
        return false;
    *ret_value = is_quoted ? sl_str_of(at.p + 1, end - 1) : sl_str_trim(sl_str_head(at, end));
    at = sl_str_trim(sl_str_from(at, end == SIZE_MAX ? at.n : end + is_quoted));
    if (at.n != 0 && at.p[0] != ',')
        return false;
    *rest = sl_str_trim(sl_str_from(at, at.n != 0));
    bool is_last_comma = at.n != 0 && rest->n == 0;
    return ret_name->n != 0 && is_text(*ret_name) && is_text(*ret_value) && !is_last_comma;
}

static bool take_members(sl_str rest, sl_str members[MEMBERS], const char **ret_why)
{
    sl_str name, value;
    while (rest.n != 0) {
        *ret_why = "the signature's parameters are not name=\"value\" with commas between them";
        if (!take_parameter(&rest, &name, &value))
            return false;
        int member = member_of(name);
        *ret_why = "a parameter of the signature comes twice";
        if (member < MEMBERS && members[member].p != NULL)
            return false;
        if (member < MEMBERS)
            members[member] = value;
    }
    return true;
}

static bool has_field(const struct sl_httpsig *s, sl_str field)
{
    for (size_t i = 0; i < s->field_count; i++) {
        if (sl_str_ieq(s->fields[i], field))
            return true;
    }
    return false;
}

/* Names between single spaces, none twice. Without any it is the date. */
static bool read_fields(sl_str text, struct sl_httpsig *s)
{
    sl_str rest = text.p != NULL ? text : SL_STR("date"), name;
    while (sl_str_split(&rest, ' ', &name)) {
        if (name.n == 0 || s->field_count == SL_HTTPSIG_FIELDS_MAX || has_field(s, name))
            return false;
        s->fields[s->field_count++] = name;
    }
    return true;
}

bool sl_httpsig_parse(sl_str parameters, struct sl_arena *a, struct sl_httpsig *ret,
                      const char **ret_why)
{
    sl_str members[MEMBERS] = {0};
    struct sl_strbuf signature;
    sl_strbuf_init(&signature, a, 0);
    *ret_why = "the signature is too long";
    if (parameters.n > SL_HTTPSIG_BYTES_MAX || !take_members(parameters, members, ret_why))
        return false;
    *ret = (struct sl_httpsig){.key_id = members[KEY_ID],
                               .algorithm = members[ALGORITHM],
                               .created = members[CREATED],
                               .expires = members[EXPIRES]};
    *ret_why = "the signature names no key (keyId)";
    if (ret->key_id.n == 0)
        return false;
    *ret_why = "what is signed (headers) is not a list of names with a space between them";
    if (!read_fields(members[FIELDS], ret))
        return false;
    *ret_why = "the signature is no base64";
    if (members[SIGNATURE].n == 0 || !sl_dec_base64(&signature, members[SIGNATURE]))
        return false;
    ret->signature = sl_strbuf_str(&signature);
    return true;
}

/* ------------------------------------------------------------------ what was signed */

static const sl_str target_name = SL_STR_INIT("(request-target)"),
                    line_name = SL_STR_INIT("request-line"),
                    created_name = SL_STR_INIT("(created)"),
                    expires_name = SL_STR_INIT("(expires)");

bool sl_httpsig_covers(const struct sl_httpsig *s, sl_str field)
{
    return has_field(s, field) || (sl_str_ieq(field, target_name) && has_field(s, line_name));
}

static void add_lower(struct sl_strbuf *b, sl_str text)
{
    for (size_t i = 0; i < text.n; i++)
        sl_strbuf_add_char(b, sl_lower(text.p[i]));
}

sl_str sl_httpsig_field(const struct sl_headers *h, sl_str name, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    bool is_there = false;
    for (uint32_t i = 0; i < h->n; i++) {
        if (!sl_str_ieq(h->v[i].name, name))
            continue;
        sl_strbuf_addf(&b, "%s%.*s", is_there ? ", " : "", SL_STRF(sl_str_trim(h->v[i].value)));
        is_there = true;
    }
    if (!is_there)
        return (sl_str){0};
    return b.n != 0 ? sl_strbuf_str(&b) : SL_STR("");
}

/* The value of one line; p == NULL: it is not there. */
static sl_str value_of(const struct sl_httpsig *s, sl_str name, const struct sl_head *rq,
                       struct sl_arena *a)
{
    if (sl_str_ieq(name, created_name))
        return s->created;
    if (sl_str_ieq(name, expires_name))
        return s->expires;
    return sl_httpsig_field(&rq->headers, name, a);
}

static bool add_line(struct sl_strbuf *b, const struct sl_httpsig *s, sl_str name,
                     const struct sl_head *rq, struct sl_arena *a)
{
    if (sl_str_ieq(name, line_name)) {
        sl_strbuf_addf(b, "%.*s %.*s HTTP/1.%d", SL_STRF(rq->method), SL_STRF(rq->target),
                       rq->version == 10 ? 0 : 1);
        return true;
    }
    add_lower(b, name);
    sl_strbuf_add(b, SL_STR(": "));
    if (sl_str_ieq(name, target_name)) {
        add_lower(b, rq->method);
        sl_strbuf_addf(b, " %.*s", SL_STRF(rq->target));
        return true;
    }
    sl_str value = value_of(s, name, rq, a);
    sl_strbuf_add(b, value);
    return value.p != NULL;
}

bool sl_httpsig_base(const struct sl_httpsig *s, const struct sl_head *rq, struct sl_arena *a,
                     sl_str *ret, const char **ret_why)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    *ret_why = "a field that is signed is not there";
    for (size_t i = 0; i < s->field_count; i++) {
        if (i != 0)
            sl_strbuf_add_char(&b, '\n');
        if (!add_line(&b, s, s->fields[i], rq, a))
            return false;
    }
    *ret = sl_strbuf_str(&b);
    return !b.is_full;
}

enum sl_jws_alg sl_httpsig_alg(sl_str name, const struct sl_jwk *key)
{
    static const struct {
        const char *name;
        enum sl_jws_alg alg;
    } algorithms[] = {{"hmac-sha256", SL_JWS_HS256},
                      {"hmac-sha384", SL_JWS_HS384},
                      {"hmac-sha512", SL_JWS_HS512}};
    if (name.n == 0 || sl_str_ieq(name, SL_STR("hs2019")))
        return key->alg;
    for (size_t i = 0; i < SL_LEN(algorithms); i++) {
        if (sl_str_ieq(name, sl_cstr(algorithms[i].name)))
            return algorithms[i].alg;
    }
    return SL_JWS_ANY;
}

/* ------------------------------------------------------------------ digests of bodies */

static bool is_digest(sl_str text, const uint8_t digest[SL_SHA256_BYTES])
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, NULL, SL_DIGEST_BYTES_MAX);
    bool is_good = sl_dec_base64(&b, text) &&
                   sl_str_eq_secret(sl_strbuf_str(&b), sl_digest_str(digest, SL_SHA256_BYTES));
    sl_strbuf_fini(&b);
    return is_good;
}

bool sl_digest_field_fits(sl_str value, const sl_str *parts, size_t n)
{
    static const sl_str prefix = SL_STR_INIT("sha-256=");
    uint8_t digest[SL_SHA256_BYTES];
    sl_str item;
    sl_sha256_parts(parts, n, digest);
    while (sl_str_split(&value, ',', &item)) {
        item = sl_str_trim(item);
        if (!sl_str_istarts(item, prefix))
            continue;
        sl_str text = sl_str_from(item, prefix.n);
        bool is_bytes = text.n > 1 && text.p[0] == ':' && text.p[text.n - 1] == ':'; /* RFC 9530 */
        return is_digest(is_bytes ? sl_str_of(text.p + 1, text.n - 2) : text, digest);
    }
    return false;
}
