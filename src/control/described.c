#include "control/described.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/fmt.h"
#include "codec/zip.h"
#include "control/api.h"
#include <pthread.h>

enum { LEVEL = 9 }; /* it is done once */

struct sl_described {
    pthread_mutex_t lock;
    struct sl_arena *a;
    sl_str tag, gzip; /* in `a`; set once, under the lock */
};

struct sl_described *sl_described_new(void)
{
    struct sl_described *d = sl_new(struct sl_described);
    pthread_mutex_init(&d->lock, NULL);
    d->a = sl_arena_new("description of the API", SL_MIB(1));
    return d;
}

void sl_described_free(struct sl_described *d)
{
    if (d == NULL)
        return;
    pthread_mutex_destroy(&d->lock);
    sl_arena_free(d->a);
    sl_free(d);
}

static void make(struct sl_described *d, const char *version)
{
    struct sl_arena *scratch = sl_arena_new("description being made", SL_MIB(64));
    struct sl_strbuf text, packed;
    sl_strbuf_init(&text, scratch, 0);
    sl_strbuf_init(&packed, scratch, 0);
    sl_openapi_write(&text, version, scratch);
    sl_gzip(sl_strbuf_str(&text), LEVEL, &packed);
    d->tag = sl_fmt(d->a, "\"%016llx\"", (unsigned long long)sl_hash_str(sl_strbuf_str(&text)));
    d->gzip = sl_arena_dup(d->a, sl_strbuf_str(&packed));
    sl_arena_free(scratch);
}

void sl_described_get(struct sl_described *d, const char *version, sl_str *ret_tag,
                      sl_str *ret_gzip)
{
    pthread_mutex_lock(&d->lock);
    if (d->gzip.n == 0)
        make(d, version);
    *ret_tag = d->tag;
    *ret_gzip = d->gzip;
    pthread_mutex_unlock(&d->lock);
}
