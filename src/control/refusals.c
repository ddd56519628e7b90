#include "control/refusals.h"
#include "base/str.h"
#include "base/utf8.h"
#include "control/tree.h"
#include "store/audit.h"

#include <pthread.h>

enum { TRIES_MAX = 3 }; /* to write an entry alone, while the store is well */

struct text {
    char p[SL_REFUSAL_TEXT_BYTES];
    size_t n;
};

struct entry {
    const char *action, *kind;
    struct text actor, remote, request_id, subject;
    uint16_t status;
    int64_t first_us, times;
    int tries;
};

struct sl_refusals {
    pthread_mutex_t lock;
    struct entry entries[SL_REFUSALS_MAX];
    size_t n;
    struct entry others; /* those that had no place; times 0: none */
    int64_t room;        /* entries that may be written */
    int64_t room_us;     /* when it was counted last; 0: never */
};

struct sl_refusals *sl_refusals_new(void)
{
    struct sl_refusals *r = sl_new(struct sl_refusals);
    pthread_mutex_init(&r->lock, NULL);
    r->room = SL_REFUSALS_MAX;
    return r;
}

void sl_refusals_free(struct sl_refusals *r)
{
    if (r == NULL)
        return;
    pthread_mutex_destroy(&r->lock);
    sl_free(r);
}

/* ------------------------------------------------------------------ noting */

static sl_str str_of(const struct text *t)
{
    return (sl_str){t->p, t->n};
}

/* As a text that every database takes: no NUL, well-formed, cut between two characters. */
static struct text text_of(sl_str s)
{
    struct text t = {0};
    while (s.n != 0) {
        bool is_valid;
        size_t n = sl_utf8_step(s, &is_valid);
        sl_str c = is_valid && s.p[0] != '\0' ? sl_str_head(s, n) : SL_STR("\xef\xbf\xbd");
        if (c.n > sizeof(t.p) - t.n)
            break;
        memcpy(t.p + t.n, c.p, c.n);
        t.n += c.n;
        s = sl_str_from(s, n);
    }
    return t;
}

static bool is_same(const struct text *a, const struct text *b)
{
    return sl_str_eq(str_of(a), str_of(b));
}

static struct entry *find(struct sl_refusals *r, const struct entry *like)
{
    for (size_t i = 0; i < r->n; i++) {
        struct entry *e = &r->entries[i];
        if (strcmp(e->action, like->action) == 0 && e->status == like->status &&
            is_same(&e->actor, &like->actor) && is_same(&e->remote, &like->remote) &&
            is_same(&e->subject, &like->subject))
            return e;
    }
    return NULL;
}

static struct entry make(const struct sl_refusal *one, int64_t now_us)
{
    return (struct entry){.action = one->action,
                          .kind = one->kind,
                          .actor = text_of(one->actor),
                          .remote = text_of(one->remote),
                          .request_id = text_of(one->request_id),
                          .subject = text_of(one->subject),
                          .status = one->status,
                          .first_us = now_us};
}

static struct entry make_others(int64_t now_us)
{
    const struct sl_refusal others = {.action = "access.refused",
                                      .kind = "operation",
                                      .actor = SL_STR("others"),
                                      .subject = SL_STR("others")};
    return make(&others, now_us);
}

/* Those that stand for one attempt each, which have a status: of its actor, or of its actor and address. */
static size_t count_of(const struct sl_refusals *r, const struct entry *like, bool is_any_address)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct entry *e = &r->entries[i];
        n += e->status != 0 && is_same(&e->actor, &like->actor) &&
             (is_any_address || is_same(&e->remote, &like->remote));
    }
    return n;
}

/* Make it stand for all others of its actor from there. */
static struct entry *find_wider(struct sl_refusals *r, struct entry *e, struct text remote)
{
    e->subject = text_of(SL_STR("others"));
    e->request_id = (struct text){0};
    e->status = 0;
    e->remote = remote;
    return find(r, e);
}

/* Where it is counted; NULL: nowhere yet. It may become a wider one. */
static struct entry *find_place(struct sl_refusals *r, struct entry *e)
{
    struct entry *place = find(r, e);
    if (place == NULL && count_of(r, e, false) >= SL_REFUSALS_OF_ADDRESS)
        place = find_wider(r, e, e->remote);
    if (place == NULL && count_of(r, e, true) >= SL_REFUSALS_OF_ACTOR)
        place = find_wider(r, e, (struct text){0});
    return place;
}

static void count_others(struct sl_refusals *r, int64_t times, int64_t now_us)
{
    if (r->others.times == 0)
        r->others = make_others(now_us);
    r->others.times += times;
}

void sl_refusals_note(struct sl_refusals *r, const struct sl_refusal *one, int64_t now_us)
{
    struct entry made = make(one, now_us);
    pthread_mutex_lock(&r->lock);
    struct entry *e = find_place(r, &made);
    if (e == NULL && r->n < SL_REFUSALS_MAX) {
        e = &r->entries[r->n++];
        *e = made;
    }
    if (e != NULL)
        e->times++;
    else
        count_others(r, 1, now_us);
    pthread_mutex_unlock(&r->lock);
}

/* ------------------------------------------------------------------ writing */

static void make_room(struct sl_refusals *r, int64_t now_us)
{
    int64_t more = (now_us - r->room_us) / SL_REFUSALS_PAUSE_US;
    if (r->room_us == 0 || more < 0) {
        r->room_us = now_us;
    } else {
        r->room = SL_MIN(r->room + more, (int64_t)SL_REFUSALS_MAX);
        r->room_us += more * SL_REFUSALS_PAUSE_US;
    }
}

/* Take out what may be written, the oldest first: at most SL_REFUSALS_MAX. */
static size_t take(struct sl_refusals *r, int64_t now_us, struct entry *ret)
{
    pthread_mutex_lock(&r->lock);
    make_room(r, now_us);
    size_t n = SL_MIN(r->n, (size_t)r->room);
    memcpy(ret, r->entries, n * sizeof(*ret));
    memmove(r->entries, r->entries + n, (r->n - n) * sizeof(*ret));
    r->n -= n;
    if (r->others.times != 0 && (int64_t)n < r->room) {
        ret[n++] = r->others;
        r->others.times = 0;
    }
    r->room -= (int64_t)n;
    pthread_mutex_unlock(&r->lock);
    return n;
}

/* What was not written is in front again, and may be written next time. */
static void put_back(struct sl_refusals *r, const struct entry *entries, size_t n)
{
    pthread_mutex_lock(&r->lock);
    r->room = SL_MIN(r->room + (int64_t)n, (int64_t)SL_REFUSALS_MAX);
    for (size_t i = n; i-- > 0;) {
        struct entry e = entries[i];
        struct entry *place = find_place(r, &e);
        if (place != NULL) {
            place->times += e.times;
            place->first_us = SL_MIN(place->first_us, e.first_us);
            place->tries = SL_MAX(place->tries, e.tries);
        } else if (r->n < SL_REFUSALS_MAX) {
            memmove(r->entries + 1, r->entries, r->n * sizeof(*r->entries));
            r->entries[0] = e;
            r->n++;
        } else {
            count_others(r, e.times, e.first_us);
        }
    }
    pthread_mutex_unlock(&r->lock);
}

static sl_rc append(struct sl_tx *tx, const struct entry *e, struct sl_arena *a)
{
    struct sl_node *after = sl_tree_map(a);
    if (e->status != 0)
        sl_tree_put(after, SL_STR("status"), sl_tree_i64(a, e->status));
    sl_tree_put(after, SL_STR("times"), sl_tree_i64(a, e->times));
    const struct sl_audit audit = {
        .at_us = e->first_us,
        .actor = str_of(&e->actor),
        .remote = str_of(&e->remote),
        .request_id = str_of(&e->request_id),
        .action = sl_cstr(e->action),
        .kind = sl_cstr(e->kind),
        .subject = str_of(&e->subject),
        .after = sl_tree_json(after, a),
    };
    return sl_audit_append(tx, &audit);
}

static sl_rc write_all(struct sl_control *c, const struct entry *entries, size_t n)
{
    struct sl_arena *a = sl_arena_new("refusals", SL_MIB(1));
    struct sl_tx *tx;
    sl_rc rc = sl_store_write(c->store, &tx);
    if (rc == SL_OK) {
        for (size_t i = 0; i < n && rc == SL_OK; i++)
            rc = append(tx, &entries[i], a);
        if (rc == SL_OK)
            rc = sl_tx_commit(tx);
        else
            sl_tx_rollback(tx);
    }
    sl_arena_free(a);
    return rc;
}

/* The store is away or busy, and not the entry's text is at fault. What may have been written is written again. */
static bool will_pass(sl_rc rc)
{
    return rc != SL_OK && rc != SL_E_CONFLICT && rc != SL_E_INTERNAL;
}

/* One that the store does not take keeps no other out. Those that are left come to the front; returns how many. */
static size_t write_each(struct sl_control *c, struct entry *entries, size_t n)
{
    size_t left = 0;
    sl_rc rc = SL_OK;
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &entries[i];
        if (!will_pass(rc))
            rc = write_all(c, e, 1);
        if (rc == SL_OK)
            continue;
        if (!will_pass(rc) && ++e->tries == TRIES_MAX)
            sl_log(c->config.log, ERROR, "a refused attempt is missing in the audit trail",
                   SL_KV_STR("action", sl_cstr(e->action)), SL_KV_STR("actor", str_of(&e->actor)),
                   SL_KV_STR("remote", str_of(&e->remote)), SL_KV_ERR("reason", rc));
        else
            entries[left++] = *e;
    }
    return left;
}

void sl_refusals_flush(struct sl_control *c, int64_t now_us)
{
    if (!atomic_load(&c->is_open)) /* pairs with sl_control_connect */
        return;
    struct entry *entries = sl_new_array(struct entry, SL_REFUSALS_MAX + 1);
    size_t n = take(c->refusals, now_us, entries);
    sl_rc rc = n != 0 ? write_all(c, entries, n) : SL_OK;
    if (rc != SL_OK)
        put_back(c->refusals, entries, will_pass(rc) ? n : write_each(c, entries, n));
    sl_free(entries);
}
