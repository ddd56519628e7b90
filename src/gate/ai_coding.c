/*
 * A request's body that the client has compressed is undone here, for models and limits are read from it, and
 * no vendor takes it so. What is inside of it counts as large as it is (I6).
 */
#include "base/str.h"
#include "codec/zip.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"

enum { STEP_BYTES = 64 * 1024 };

static bool fail(struct sl_exchange *x, sl_rc rc, const char *why)
{
    (void)sl_fail(x, rc, why);
    return false;
}

static sl_rc inflate(struct sl_unzip *z, sl_str in, struct sl_strbuf *out)
{
    size_t n;
    sl_rc rc;
    do {
        char *room = sl_strbuf_room(out, STEP_BYTES);
        if (room == NULL)
            return SL_E_LIMIT;
        rc = sl_unzip_read(z, &in, room, STEP_BYTES, &n);
        out->n += n;
    } while (rc == SL_OK && n == STEP_BYTES);
    return rc == SL_OK ? sl_unzip_finish(z) : rc;
}

static bool take(struct sl_exchange *x, sl_rc rc, sl_str plain, sl_str *body)
{
    if (rc == SL_E_LIMIT || plain.n > sl_body_limit(x))
        return fail(x, SL_E_BODY_TOO_LARGE, "the request body is too large when decompressed");
    if (rc != SL_OK)
        return fail(x, SL_E_AI_BAD_BODY, "the request body cannot be decompressed");
    *body = sl_arena_try_dup(x->arena, plain);
    return body->p != NULL || fail(x, SL_E_NOMEM, "no memory for the request body");
}

bool sl_ai_undo_coding(struct sl_exchange *x, sl_str *body)
{
    sl_str name = sl_str_trim(sl_headers_get_id(&x->in->req.headers, SL_H_CONTENT_ENCODING));
    const struct sl_unzip_limits limits = {.out_bytes_max = sl_body_limit(x)};
    enum sl_zip_coding coding;
    struct sl_strbuf plain;
    struct sl_unzip *z;
    bool is_taken;
    if (name.n == 0 || sl_str_ieq(name, SL_STR("identity")))
        return true;
    if (!sl_zip_coding_of(name, &coding))
        return fail(x, SL_E_MEDIA_TYPE, "the content-encoding of the request is not known");
    z = sl_unzip_new(coding, &limits);
    if (z == NULL)
        return fail(x, SL_E_NOMEM, "no memory to decompress the request body");
    sl_strbuf_init(&plain, NULL, limits.out_bytes_max + STEP_BYTES);
    sl_rc rc = inflate(z, *body, &plain);
    is_taken = take(x, rc, sl_strbuf_str(&plain), body);
    sl_strbuf_fini(&plain);
    sl_unzip_free(z);
    return is_taken;
}
