/*
 * fuzz_url: authorities, URLs, queries and the path normaliser, which must be idempotent and leave
 * nothing behind by which a server could read another path than we matched.
 */
#include "base/str.h"
#include "codec/url.h"

static bool has_dot_segment(sl_str path)
{
    sl_str rest = path, segment;
    while (sl_str_split(&rest, '/', &segment)) {
        sl_str name = sl_str_head(segment, sl_str_find(segment, ';', 0));
        if (sl_str_eq(name, SL_STR(".")) || sl_str_eq(name, SL_STR("..")))
            return true;
    }
    return false;
}

static bool has_odd_byte(sl_str path)
{
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '?' || c == '#')
            return true;
    }
    return false;
}

static void check_path(sl_str path, struct sl_arena *a)
{
    sl_str once, twice;
    const char *why;
    if (sl_path_normalise(path, SL_PATH_NORMALISE, a, &once, &why) != SL_OK)
        return;
    SL_ASSERT(once.n <= path.n);
    SL_ASSERT(!has_dot_segment(once));
    SL_ASSERT(!has_odd_byte(once));
    SL_ASSERT(sl_str_find_str(once, SL_STR("//")) == SIZE_MAX);
    SL_ASSERT(sl_path_normalise(once, SL_PATH_NORMALISE, a, &twice, &why) == SL_OK);
    SL_ASSERT(twice.p == once.p && twice.n == once.n);
    SL_ASSERT(sl_path_normalise(once, SL_PATH_REJECT, a, &twice, &why) == SL_OK);
    SL_ASSERT(sl_path_normalise(once, SL_PATH_PRESERVE, a, &twice, &why) == SL_OK);
    bool is_taken = sl_path_normalise(path, SL_PATH_REJECT, a, &twice, &why) == SL_OK;
    SL_ASSERT(is_taken == sl_str_eq(path, once));
}

/* A head of a preserved path that ends where a segment ends has that head of the normal path as its normal form. */
static void check_preserved(sl_str path, struct sl_arena *a)
{
    sl_str kept, normal, head;
    const char *why;
    if (sl_path_normalise(path, SL_PATH_PRESERVE, a, &kept, &why) != SL_OK ||
        sl_path_normalise(path, SL_PATH_NORMALISE, a, &normal, &why) != SL_OK)
        return;
    for (size_t n = 2; n <= normal.n && n < 64; n++) {
        if (n != normal.n && normal.p[n] != '/')
            continue;
        size_t kept_bytes = sl_path_preserved_head(kept, n);
        SL_ASSERT(kept_bytes <= kept.n);
        SL_ASSERT(sl_path_normalise(sl_str_head(kept, kept_bytes), SL_PATH_NORMALISE, a, &head,
                                    &why) == SL_OK);
        SL_ASSERT(sl_str_eq(head, sl_str_head(normal, n)));
    }
}

static void check_url(sl_str text)
{
    struct sl_url u;
    const char *why;
    if (sl_url_parse(text, &u, &why) != SL_OK)
        return;
    SL_ASSERT(u.host.n != 0);
    SL_ASSERT(sl_url_port(&u) != 0);
    SL_ASSERT(u.path.n == 0 || u.path.p[0] == '/');
}

static void check_authority(sl_str text)
{
    sl_str host;
    uint16_t port;
    if (!sl_authority_split(text, &host, &port))
        return;
    SL_ASSERT(host.n != 0 && host.n <= text.n);
    SL_ASSERT(sl_str_find(host, '@', 0) == SIZE_MAX);
    SL_ASSERT(sl_str_find(host, ',', 0) == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(1));
    sl_str text = sl_arena_dup(a, (sl_str){(const char *)data, size}), value;
    check_path(text, a);
    check_preserved(text, a);
    check_url(text);
    check_authority(text);
    if (sl_query_get(text, SL_STR("a"), &value))
        SL_ASSERT(value.p >= text.p && value.p + value.n <= text.p + text.n);
    sl_arena_free(a);
    return 0;
}
