#include "ai/ids.h"

#include "base/enc.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/strbuf.h"

#define REVERSIBLE SL_STR("sl64_")

enum { ANSWER_ID_BYTES = 128 }; /* of a vendor's id; longer ones are cut */

static bool is_alnum(char c)
{
    char l = sl_lower(c);

    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9');
}

static bool is_portable(sl_str id, size_t bytes_max)
{
    for (size_t i = 0; i < id.n; i++)
        if (!is_alnum(id.p[i]) && id.p[i] != '_' && id.p[i] != '-')
            return false;
    return id.n != 0 && id.n <= bytes_max;
}

static sl_str hashed(struct sl_arena *a, sl_str id)
{
    return sl_fmt(a, "slh_%016llx%016llx", (unsigned long long)sl_hash_str(id),
                  (unsigned long long)sl_hash_seeded(id.p, id.n, 1));
}

sl_str sl_ai_id_portable(struct sl_arena *a, sl_str id, size_t bytes_max)
{
    struct sl_strbuf b;

    if (is_portable(id, bytes_max))
        return id;
    if (id.n == 0 || REVERSIBLE.n + (id.n * 4 + 2) / 3 > bytes_max)
        return hashed(a, id);
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, REVERSIBLE);
    sl_enc_base64url(&b, id);
    return sl_strbuf_str(&b);
}

sl_str sl_ai_id_original(struct sl_arena *a, sl_str id)
{
    struct sl_strbuf b;

    if (!sl_str_starts(id, REVERSIBLE) || id.n > 128)
        return id;
    sl_strbuf_init(&b, a, 0);
    if (!sl_dec_base64url(&b, sl_str_from(id, REVERSIBLE.n)) || b.n == 0)
        return id;
    return sl_strbuf_str(&b);
}

sl_str sl_ai_id_nine(struct sl_arena *a, sl_str id)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t h = sl_hash_str(id);
    char *text;
    bool fits = id.n == 9;

    for (size_t i = 0; i < id.n && fits; i++)
        fits = is_alnum(id.p[i]);
    if (fits)
        return id;
    text = sl_arena_alloc(a, 9);
    for (size_t i = 0; i < 9; i++, h /= 62)
        text[i] = digits[h % 62];
    return (sl_str){text, 9};
}

sl_str sl_ai_id_of_call(struct sl_arena *a, sl_str answer_id, uint32_t choice, size_t position)
{
    uint64_t h = sl_hash_seeded(answer_id.p, answer_id.n, ((uint64_t)choice << 32) + position);

    return sl_fmt(a, "call_%016llx", (unsigned long long)h);
}

sl_str sl_ai_id_of_answer(struct sl_arena *a, sl_str prefix, sl_str vendor_id, sl_str request_id)
{
    if (sl_str_starts(vendor_id, prefix))
        return sl_arena_dup(a, sl_str_head(vendor_id, ANSWER_ID_BYTES));
    return sl_fmt(
        a, "%.*s%.*s", SL_STRF(prefix),
        SL_STRF(request_id.n != 0 ? request_id : sl_str_head(vendor_id, ANSWER_ID_BYTES)));
}
