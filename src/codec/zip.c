#include "codec/zip.h"

#include "base/err.h"
#include "base/str.h"
#include "codec/zip_int.h"

struct sl_unzip {
    const struct sl_unzip_type *type;
    void *state;
    size_t in_bytes, out_bytes; /* so far */
    size_t out_bytes_max, ratio_max;
    bool may_repeat;  /* several members or frames in a row are one text */
    bool is_complete; /* at the end of a member */
    sl_rc failed;
};

static const struct {
    sl_str name;
    const struct sl_unzip_type *type;
    bool may_repeat;
} codings[SL_ZIP_CODINGS] = {
    [SL_ZIP_GZIP] = {SL_STR_INIT("gzip"), &sl_unzip_zlib, true},
    [SL_ZIP_DEFLATE] = {SL_STR_INIT("deflate"), &sl_unzip_zlib, false},
    [SL_ZIP_BR] = {SL_STR_INIT("br"), &sl_unzip_br, false},
    [SL_ZIP_ZSTD] = {SL_STR_INIT("zstd"), &sl_unzip_zstd, true},
};

sl_str sl_zip_coding_name(enum sl_zip_coding coding)
{
    SL_ASSERT(coding < SL_ZIP_CODINGS);
    return codings[coding].name;
}

bool sl_zip_coding_of(sl_str name, enum sl_zip_coding *ret)
{
    if (sl_str_ieq(name, SL_STR("x-gzip"))) /* RFC 9110, section 8.4.1.3 */
        name = SL_STR("gzip");
    for (size_t i = 0; i < SL_ZIP_CODINGS; i++) {
        if (sl_str_ieq(name, codings[i].name)) {
            *ret = (enum sl_zip_coding)i;
            return true;
        }
    }
    return false;
}

struct sl_unzip *sl_unzip_new(enum sl_zip_coding coding, const struct sl_unzip_limits *limits)
{
    SL_ASSERT(coding < SL_ZIP_CODINGS);
    void *state = codings[coding].type->open(coding);
    if (state == NULL)
        return NULL;
    struct sl_unzip *z = sl_new(struct sl_unzip);
    z->type = codings[coding].type;
    z->state = state;
    z->may_repeat = codings[coding].may_repeat;
    z->out_bytes_max = SL_UNZIP_OUT_BYTES;
    z->ratio_max = SL_UNZIP_RATIO;
    if (limits != NULL && limits->out_bytes_max != 0)
        z->out_bytes_max = limits->out_bytes_max;
    if (limits != NULL && limits->ratio_max != 0)
        z->ratio_max = limits->ratio_max;
    return z;
}

void sl_unzip_free(struct sl_unzip *z)
{
    if (z == NULL)
        return;
    z->type->close(z->state);
    sl_free(z);
}

static bool is_bomb(const struct sl_unzip *z)
{
    if (z->out_bytes > z->out_bytes_max)
        return true;
    return z->out_bytes > SL_UNZIP_FREE_BYTES && z->out_bytes / z->ratio_max > z->in_bytes;
}

/* One step of the library, counted. */
static sl_rc step(struct sl_unzip *z, struct sl_unzip_io *io)
{
    size_t in_n = io->in_n, out_n = io->out_n;
    if (z->is_complete && !z->may_repeat)
        return SL_E_SYNTAX; /* bytes behind the end */
    sl_rc rc = z->type->step(z->state, io);
    z->in_bytes += in_n - io->in_n;
    z->out_bytes += out_n - io->out_n;
    z->is_complete = rc == SL_OK;
    return is_bomb(z) ? SL_E_LIMIT : rc;
}

/* Member after member, until the input or the room is used up. */
static sl_rc run(struct sl_unzip *z, struct sl_unzip_io *io)
{
    sl_rc rc = z->failed;
    /* Without input too: the library may hold back what had no room in the last call. */
    while (rc == SL_OK && io->out_n != 0 && (io->in_n != 0 || !z->is_complete))
        rc = step(z, io);
    return rc == SL_E_AGAIN ? SL_OK : rc;
}

sl_rc sl_unzip_read(struct sl_unzip *z, sl_str *in, char *out, size_t cap, size_t *ret_n)
{
    SL_ASSERT(cap != 0);
    struct sl_unzip_io io = {in->p, in->n, out, cap};
    z->failed = run(z, &io);
    *in = (sl_str){io.in, io.in_n};
    *ret_n = cap - io.out_n;
    return z->failed;
}

sl_rc sl_unzip_finish(const struct sl_unzip *z)
{
    if (z->failed != SL_OK)
        return z->failed;
    return z->is_complete ? SL_OK : SL_E_UPSTREAM_TRUNCATED;
}
