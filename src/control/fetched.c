#include "control/fetched.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"

#include <pthread.h>

struct entry {
    struct sl_strbuf url, text, why; /* on the heap */
    bool has_text, is_old;
    sl_usec got_us, failed_us, asked_us, renewed_us; /* 0: not yet */
};

struct sl_fetched {
    pthread_mutex_t lock;
    struct entry entries[SL_FETCHED_MAX];
};

struct sl_fetched *sl_fetched_new(void)
{
    struct sl_fetched *f = sl_new(struct sl_fetched);
    pthread_mutex_init(&f->lock, NULL);
    for (size_t i = 0; i < SL_FETCHED_MAX; i++) {
        sl_strbuf_init(&f->entries[i].url, NULL, 0);
        sl_strbuf_init(&f->entries[i].text, NULL, 0);
        sl_strbuf_init(&f->entries[i].why, NULL, 0);
    }
    return f;
}

void sl_fetched_free(struct sl_fetched *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < SL_FETCHED_MAX; i++) {
        sl_strbuf_fini(&f->entries[i].url);
        sl_strbuf_fini(&f->entries[i].text);
        sl_strbuf_fini(&f->entries[i].why);
    }
    pthread_mutex_destroy(&f->lock);
    sl_free(f);
}

/* Its own, or NULL. */
static struct entry *find(struct sl_fetched *f, sl_str url)
{
    for (size_t i = 0; i < SL_FETCHED_MAX; i++) {
        if (f->entries[i].url.n != 0 && sl_str_eq(sl_strbuf_str(&f->entries[i].url), url))
            return &f->entries[i];
    }
    return NULL;
}

static void put(struct sl_strbuf *b, sl_str text)
{
    sl_strbuf_clear(b);
    sl_strbuf_add(b, text);
}

/* Its own; else a free one, or that which was asked for longest ago, emptied. */
static struct entry *claim(struct sl_fetched *f, sl_str url)
{
    struct entry *e = find(f, url);
    if (e != NULL)
        return e;
    e = &f->entries[0];
    for (size_t i = 1; i < SL_FETCHED_MAX; i++) {
        if (f->entries[i].asked_us < e->asked_us)
            e = &f->entries[i];
    }
    put(&e->url, url);
    e->has_text = false;
    e->failed_us = e->renewed_us = 0;
    return e;
}

static enum sl_fetched_state state_of(const struct entry *e, sl_usec max_age_us, sl_usec now_us)
{
    bool has_failed = e->failed_us != 0 && now_us - e->failed_us < SL_FETCHED_FAILURE_US;
    if (e->has_text && !e->is_old && now_us - e->got_us <= max_age_us)
        return SL_FETCHED_FRESH;
    if (e->has_text && has_failed && now_us - e->got_us <= SL_FETCHED_STALE_US)
        return SL_FETCHED_STALE;
    return has_failed ? SL_FETCHED_FAILED : SL_FETCHED_NOTHING;
}

enum sl_fetched_state sl_fetched_look(struct sl_fetched *f, sl_str url, sl_usec max_age_us,
                                      sl_usec now_us, struct sl_arena *a, sl_str *ret_text)
{
    enum sl_fetched_state state = SL_FETCHED_NOTHING;
    pthread_mutex_lock(&f->lock);
    struct entry *e = find(f, url);
    if (e != NULL) {
        e->asked_us = now_us;
        state = state_of(e, max_age_us, now_us);
        *ret_text = sl_arena_dup(a, sl_strbuf_str(state == SL_FETCHED_FAILED ? &e->why : &e->text));
    }
    pthread_mutex_unlock(&f->lock);
    return state;
}

void sl_fetched_note(struct sl_fetched *f, sl_str url, sl_str text, sl_usec now_us)
{
    pthread_mutex_lock(&f->lock);
    struct entry *e = claim(f, url);
    put(&e->text, text);
    e->has_text = true;
    e->is_old = false;
    e->got_us = e->asked_us = now_us;
    e->failed_us = 0;
    pthread_mutex_unlock(&f->lock);
}

void sl_fetched_note_failure(struct sl_fetched *f, sl_str url, sl_str why, sl_usec now_us)
{
    pthread_mutex_lock(&f->lock);
    struct entry *e = claim(f, url);
    put(&e->why, why);
    e->failed_us = e->asked_us = now_us;
    pthread_mutex_unlock(&f->lock);
}

bool sl_fetched_renew(struct sl_fetched *f, sl_str url, sl_usec now_us)
{
    pthread_mutex_lock(&f->lock);
    struct entry *e = find(f, url);
    bool may = e != NULL && (e->renewed_us == 0 || now_us - e->renewed_us >= SL_FETCHED_RENEW_US);
    if (may) {
        e->is_old = true;
        e->renewed_us = now_us;
    }
    pthread_mutex_unlock(&f->lock);
    return may;
}

static bool is_answer(enum sl_fetched_state state)
{
    return state == SL_FETCHED_FRESH || state == SL_FETCHED_STALE;
}

sl_rc sl_fetched_get(struct sl_fetched *f, const struct sl_fetch_request *rq, sl_usec max_age_us,
                     const char *path, struct sl_arena *a, struct sl_diag *d, sl_str *ret)
{
    struct sl_diag own;
    sl_str text = {0};
    sl_diag_init(&own, a);
    enum sl_fetched_state state =
        sl_fetched_look(f, rq->url, max_age_us, sl_clock_mono_us(), a, &text);
    if (state == SL_FETCHED_NOTHING && sl_fetch(rq, path, a, &own, ret) == SL_OK) {
        sl_fetched_note(f, rq->url, *ret, sl_clock_mono_us());
        return SL_OK;
    }
    if (state == SL_FETCHED_NOTHING) {
        sl_fetched_note_failure(f, rq->url, own.problems[0].message, sl_clock_mono_us());
        state = sl_fetched_look(f, rq->url, max_age_us, sl_clock_mono_us(), a, &text);
    }
    if (!is_answer(state))
        return sl_diag_fail(d, SL_E_INVALID, path, "%.*s", SL_STRF(text));
    *ret = text;
    return SL_OK;
}
