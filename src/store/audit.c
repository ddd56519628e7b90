#include "store/audit.h"
#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/crypto.h"

#define COLUMNS                                                                             \
    "seq, at_us, actor, remote, request_id, action, kind, subject_id, subject, workspace, " \
    "before, after, hash"

enum { HASH_DIGITS = 2 * SL_SHA256_BYTES };

static struct sl_audit entry_at(struct sl_query *q)
{
    return (struct sl_audit){
        .seq = sl_query_i64_at(q, 0),
        .at_us = sl_query_i64_at(q, 1),
        .actor = sl_query_text_at(q, 2),
        .remote = sl_query_text_at(q, 3),
        .request_id = sl_query_text_at(q, 4),
        .action = sl_query_text_at(q, 5),
        .kind = sl_query_text_at(q, 6),
        .subject_id = sl_query_text_at(q, 7),
        .subject = sl_query_text_at(q, 8),
        .workspace = sl_query_text_at(q, 9),
        .before = sl_query_text_at(q, 10),
        .after = sl_query_text_at(q, 11),
        .hash = sl_query_text_at(q, 12),
    };
}

/* Every member with its length in front, so that no two entries have the same bytes. */
static void hash_entry(const struct sl_audit *e, sl_str previous, struct sl_strbuf *out)
{
    const sl_str texts[] = {previous,     e->actor,  e->remote,     e->request_id,
                            e->action,    e->kind,   e->subject_id, e->subject,
                            e->workspace, e->before, e->after};
    struct sl_strbuf bytes = {0};
    uint8_t digest[SL_SHA256_BYTES];
    sl_strbuf_addf(&bytes, "%lld %lld", (long long)e->seq, (long long)e->at_us);
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        sl_strbuf_addf(&bytes, " %zu:", texts[i].n);
        sl_strbuf_add(&bytes, texts[i]);
    }
    sl_sha256(sl_strbuf_str(&bytes), digest);
    sl_enc_hex(out, sl_digest_str(digest, sizeof(digest)));
    sl_strbuf_fini(&bytes);
}

/* The last entry's number and hash; nothing and 0 when there is none. */
static sl_rc last(struct sl_tx *tx, int64_t *ret_seq, struct sl_strbuf *ret_hash)
{
    struct sl_query *q = sl_tx_query(tx, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
    *ret_seq = 0;
    if (sl_query_row(q)) {
        *ret_seq = sl_query_i64_at(q, 0);
        sl_strbuf_add(ret_hash, sl_query_text_at(q, 1));
    }
    return sl_query_end(q);
}

static sl_rc insert(struct sl_tx *tx, const struct sl_audit *e)
{
    struct sl_query *q = sl_tx_query(tx, "INSERT INTO audit (" COLUMNS
                                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const sl_str texts[] = {e->actor,  e->remote,     e->request_id, e->action,
                            e->kind,   e->subject_id, e->subject,    e->workspace,
                            e->before, e->after,      e->hash};
    sl_query_i64(q, 1, e->seq);
    sl_query_i64(q, 2, e->at_us);
    for (size_t i = 0; i < SL_LEN(texts); i++)
        sl_query_text(q, 3 + (int)i, texts[i]);
    return sl_query_run(q);
}

sl_rc sl_audit_append(struct sl_tx *tx, const struct sl_audit *entry)
{
    struct sl_audit e = *entry;
    struct sl_strbuf previous = {0}, hash = {0};
    int64_t seq;
    sl_rc rc = last(tx, &seq, &previous);
    if (rc == SL_OK) {
        e.seq = seq + 1;
        hash_entry(&e, sl_strbuf_str(&previous), &hash);
        e.hash = sl_strbuf_str(&hash);
        rc = insert(tx, &e);
    }
    sl_strbuf_fini(&previous);
    sl_strbuf_fini(&hash);
    return rc;
}

struct condition {
    const char *column;
    sl_str value; /* p == NULL: none */
};

static bool is_timed(const struct sl_audit_query *query)
{
    return query->since_us != 0 || query->until_us != 0;
}

/* Times are not in the order of the numbers where clocks of nodes differ: pages go by the same order as rows. */
static const char *place_of(const struct sl_audit_query *query)
{
    if (query->is_ascending)
        return "seq > ?";
    return is_timed(query) && query->before_seq != 0
               ? "(at_us, seq) < ((SELECT c.at_us FROM audit c WHERE c.seq = ?), ?)"
               : "seq < ?";
}

static const char *order_of(const struct sl_audit_query *query)
{
    if (query->is_ascending)
        return "seq";
    return is_timed(query) ? "at_us DESC, seq DESC" : "seq DESC";
}

static void write_query(const struct sl_audit_query *query, const struct condition *conditions,
                        size_t n, struct sl_strbuf *sql)
{
    sl_strbuf_addf(sql, "SELECT " COLUMNS " FROM audit WHERE %s", place_of(query));
    for (size_t i = 0; i < n; i++)
        if (conditions[i].value.p != NULL)
            sl_strbuf_addf(sql, " AND %s = ?", conditions[i].column);
    if (query->since_us != 0)
        sl_strbuf_add(sql, SL_STR(" AND at_us >= ?"));
    if (query->until_us != 0)
        sl_strbuf_add(sql, SL_STR(" AND at_us < ?"));
    sl_strbuf_addf(sql, " ORDER BY %s", order_of(query));
    sl_strbuf_add_char(sql, '\0');
}

sl_rc sl_audit_each(struct sl_tx *tx, const struct sl_audit_query *query,
                    bool (*visit)(const struct sl_audit *entry, void *arg), void *arg)
{
    const struct condition conditions[] = {{"subject_id", query->subject_id},
                                           {"actor", query->actor},
                                           {"kind", query->kind},
                                           {"action", query->action},
                                           {"subject", query->subject}};
    int64_t until = query->before_seq != 0 ? query->before_seq : INT64_MAX;
    bool goes_on = true;
    int at = 1;
    struct sl_strbuf sql;
    sl_strbuf_init(&sql, NULL, 0);
    write_query(query, conditions, SL_LEN(conditions), &sql);
    struct sl_query *q = sl_tx_query(tx, sql.p);
    sl_query_i64(q, at++, query->is_ascending ? query->after_seq : until);
    if (!query->is_ascending && is_timed(query) && query->before_seq != 0)
        sl_query_i64(q, at++, until);
    for (size_t i = 0; i < SL_LEN(conditions); i++)
        if (conditions[i].value.p != NULL)
            sl_query_text(q, at++, conditions[i].value);
    if (query->since_us != 0)
        sl_query_i64(q, at++, query->since_us);
    if (query->until_us != 0)
        sl_query_i64(q, at++, query->until_us);
    sl_query_many(q);
    while (goes_on && sl_query_row(q)) {
        struct sl_audit e = entry_at(q);
        goes_on = visit(&e, arg);
    }
    sl_rc rc = sl_query_end(q);
    sl_strbuf_fini(&sql);
    return rc;
}

/* ------------------------------------------------------------------ cutting */

static const sl_str cut_setting = SL_STR_INIT("audit_cut");

/* The last entry that went: "SEQ HASH"; nothing and 0 while all are there. */
static sl_rc read_cut(struct sl_tx *tx, int64_t *ret_seq, struct sl_strbuf *ret_hash)
{
    struct sl_arena *a = sl_arena_new("audit cut", SL_KIB(16));
    sl_str text = {0}, seq;
    sl_rc rc = sl_setting_get(tx, cut_setting, a, &text);
    *ret_seq = 0;
    if (rc == SL_OK && sl_str_split(&text, ' ', &seq) && sl_num_i64(seq, ret_seq))
        sl_strbuf_add(ret_hash, text);
    sl_arena_free(a);
    return rc == SL_E_NOTFOUND ? SL_OK : rc;
}

/* Entries are in the order of their numbers; so are their times, but for clocks of nodes that differ. */
static sl_rc find_cut(struct sl_tx *tx, int64_t before_us, int64_t most, struct sl_audit_cut *ret)
{
    struct sl_query *q = sl_tx_query(
        tx, "SELECT seq, at_us, hash FROM audit WHERE seq < (SELECT MAX(seq) FROM audit)"
            " ORDER BY seq LIMIT ?");
    sl_query_i64(q, 1, most);
    sl_query_many(q);
    *ret = (struct sl_audit_cut){0};
    while (sl_query_row(q) && sl_query_i64_at(q, 1) < before_us) {
        sl_str hash = sl_query_text_at(q, 2);
        ret->seq = sl_query_i64_at(q, 0);
        ret->count++;
        if (hash.n == HASH_DIGITS)
            memcpy(ret->hash, hash.p, hash.n);
    }
    return sl_query_end(q);
}

static sl_rc drop(struct sl_tx *tx, const struct sl_audit_cut *cut)
{
    struct sl_query *q = sl_tx_query(tx, "DELETE FROM audit WHERE seq <= ?");
    struct sl_strbuf text = {0};
    sl_query_i64(q, 1, cut->seq);
    sl_rc rc = sl_query_run(q);
    sl_strbuf_addf(&text, "%lld %s", (long long)cut->seq, cut->hash);
    if (rc == SL_OK)
        rc = sl_setting_put(tx, cut_setting, sl_strbuf_str(&text));
    sl_strbuf_fini(&text);
    return rc;
}

sl_rc sl_audit_cut(struct sl_tx *tx, int64_t before_us, int64_t most, struct sl_audit_cut *ret)
{
    sl_rc rc = find_cut(tx, before_us, most, ret);
    return rc == SL_OK && ret->count != 0 ? drop(tx, ret) : rc;
}

/* ------------------------------------------------------------------ checking */

struct chain {
    struct sl_strbuf previous, wanted;
    int64_t seq, broken_seq;
};

static bool check(const struct sl_audit *e, void *arg)
{
    struct chain *c = arg;
    sl_strbuf_clear(&c->wanted);
    hash_entry(e, sl_strbuf_str(&c->previous), &c->wanted);
    if (e->seq != c->seq + 1 || !sl_str_eq(e->hash, sl_strbuf_str(&c->wanted)))
        c->broken_seq = c->seq + 1;
    c->seq = e->seq;
    sl_strbuf_clear(&c->previous);
    sl_strbuf_add(&c->previous, e->hash);
    return c->broken_seq == 0;
}

sl_rc sl_audit_verify(struct sl_tx *tx, int64_t *ret_broken_seq, int64_t *ret_count)
{
    struct chain c = {0};
    struct sl_audit_query query = {.is_ascending = true};
    sl_rc rc = read_cut(tx, &c.seq, &c.previous);
    int64_t cut_seq = c.seq;
    if (rc == SL_OK)
        rc = sl_audit_each(tx, &query, check, &c);
    if (rc == SL_OK) {
        *ret_broken_seq = c.broken_seq;
        *ret_count = c.seq - cut_seq;
    }
    sl_strbuf_fini(&c.previous);
    sl_strbuf_fini(&c.wanted);
    return rc;
}
