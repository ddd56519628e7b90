#include "store/reseal.h"
#include "base/str.h"

enum { ARENA_BYTES = 1 << 30, ROW_ARENA_BYTES = 64 << 20, CONTEXTS_MAX = 64 };

static const sl_str mark = SL_STR_INIT("sealed:");

struct work {
    struct sl_db *db;
    const struct sl_vault *vault;
    struct sl_diag *d;
    struct sl_arena *a; /* of the row */
    sl_str contexts[CONTEXTS_MAX];
    size_t context_count;
    struct sl_reseal_counts counts;
    sl_str row; /* its name, for people */
};

static bool is_of_sealed(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           ch == '_' || ch == '-' || ch == ':' || ch == '.';
}

/* The sealed text that stands at `at`: JSON escapes none of its bytes. */
static sl_str sealed_at(sl_str text, size_t at)
{
    size_t end = at;
    while (end < text.n && is_of_sealed(text.p[end]))
        end++;
    return sl_str_of(text.p + at, end - at);
}

/* A secret is sealed for the resource that it was given to: this one, or one that this one refers to. */
static sl_rc seal_anew(struct work *w, sl_str sealed, struct sl_strbuf *out)
{
    struct sl_strbuf clear = {0};
    sl_rc rc = SL_E_DENIED;
    for (size_t i = 0; i < w->context_count && rc != SL_OK; i++) {
        rc = sl_vault_unseal(w->vault, sealed, w->contexts[i], &clear);
        if (rc == SL_OK)
            sl_vault_seal(w->vault, sl_strbuf_str(&clear), w->contexts[i], out);
    }
    if (clear.p != NULL)
        explicit_bzero(clear.p, clear.cap);
    sl_strbuf_fini(&clear);
    return rc;
}

static sl_rc take_sealed(struct work *w, sl_str sealed, struct sl_strbuf *out)
{
    sl_rc rc = SL_E_SYNTAX;
    if (sl_sealed_is(sealed) && sl_vault_is_current(w->vault, sealed)) {
        w->counts.current++;
    } else if (sl_sealed_is(sealed)) {
        rc = seal_anew(w, sealed, out);
        w->counts.resealed += rc == SL_OK;
    }
    if (rc == SL_E_SYNTAX) { /* current, a handle, or words of somebody */
        sl_strbuf_add(out, sealed);
        return SL_OK;
    }
    return rc;
}

static sl_rc rewrite(struct work *w, sl_str text, struct sl_strbuf *out)
{
    sl_rc rc = SL_OK;
    for (size_t at; rc == SL_OK && (at = sl_str_find_str(text, mark)) != SIZE_MAX;) {
        sl_str sealed = sealed_at(text, at);
        sl_strbuf_add(out, sl_str_head(text, at));
        rc = take_sealed(w, sealed, out);
        text = sl_str_from(text, at + sealed.n);
    }
    sl_strbuf_add(out, text);
    return rc;
}

/* ------------------------------------------------------------------ rows */

static sl_rc find_contexts(struct work *w, sl_str id)
{
    struct sl_query *q = sl_db_query(
        w->db, "SELECT resource.id FROM reference JOIN resource ON resource.kind = to_kind"
               " AND resource.name = to_name WHERE from_id = ?");
    w->contexts[0] = id;
    w->context_count = 1;
    sl_query_text(q, 1, id);
    while (w->context_count < CONTEXTS_MAX && sl_query_row(q))
        w->contexts[w->context_count++] = sl_arena_dup(w->a, sl_query_text_at(q, 0));
    return sl_query_end(q);
}

static sl_rc read_row(struct work *w, sl_str id, sl_str *ret_spec)
{
    struct sl_query *q = sl_db_query(w->db, "SELECT kind, name, spec FROM resource WHERE id = ?");
    sl_query_text(q, 1, id);
    if (sl_query_row(q)) {
        w->row = sl_fmt(w->a, "%.*s/%.*s", SL_STRF(sl_query_text_at(q, 0)),
                        SL_STRF(sl_query_text_at(q, 1)));
        *ret_spec = sl_arena_dup(w->a, sl_query_text_at(q, 2));
    }
    return sl_query_end(q);
}

static sl_rc write_row(struct work *w, sl_str id, sl_str spec)
{
    struct sl_query *q = sl_db_query(w->db, "UPDATE resource SET spec = ? WHERE id = ?");
    sl_query_text(q, 1, spec);
    sl_query_text(q, 2, id);
    return sl_query_run(q);
}

static sl_rc reseal_row(struct work *w, sl_str id)
{
    struct sl_strbuf out;
    sl_str spec = {0};
    sl_strbuf_init(&out, w->a, 0);
    sl_rc rc = find_contexts(w, id);
    if (rc == SL_OK)
        rc = read_row(w, id, &spec);
    if (rc != SL_OK)
        return sl_db_fail(w->db, rc, w->d);
    rc = rewrite(w, spec, &out);
    if (rc != SL_OK)
        return sl_diag_fail(w->d, SL_E_DENIED, "",
                            "a secret of %.*s cannot be opened: the key that sealed it is not in "
                            "the key file; nothing was changed",
                            SL_STRF(w->row));
    rc = write_row(w, id, sl_strbuf_str(&out));
    return rc == SL_OK ? rc : sl_db_fail(w->db, rc, w->d);
}

/* The proof that a node's key is the right one (control/control.c). */
static sl_rc reseal_check(struct work *w)
{
    static const sl_str name = SL_STR_INIT("key_check");
    struct sl_strbuf out;
    sl_strbuf_init(&out, w->a, 0);
    sl_vault_seal(w->vault, name, name, &out);
    struct sl_query *q =
        sl_db_query(w->db, "UPDATE setting SET value = ? WHERE name = 'key_check'");
    sl_query_text(q, 1, sl_strbuf_str(&out));
    return sl_query_run(q);
}

struct ids {
    sl_str id;
    struct ids *next;
};

static sl_rc find_rows(struct work *w, struct sl_arena *a, struct ids **ret)
{
    struct sl_query *q =
        sl_db_query(w->db, "SELECT id FROM resource WHERE spec LIKE '%sealed:%' ORDER BY id");
    while (sl_query_row(q)) {
        struct ids *one = sl_arena_new_of(a, struct ids);
        *one = (struct ids){.id = sl_arena_dup(a, sl_query_text_at(q, 0)), .next = *ret};
        *ret = one;
    }
    return sl_query_end(q);
}

static sl_rc reseal_all(struct work *w, struct sl_arena *a)
{
    struct ids *rows = NULL;
    sl_rc rc = find_rows(w, a, &rows);
    if (rc == SL_OK)
        rc = reseal_check(w);
    if (rc != SL_OK)
        return sl_db_fail(w->db, rc, w->d);
    for (; rows != NULL && rc == SL_OK; rows = rows->next) {
        sl_arena_reset(w->a);
        rc = reseal_row(w, rows->id);
    }
    if (rc != SL_OK)
        return rc;
    rc = sl_db_commit(w->db);
    return rc == SL_OK ? rc : sl_db_fail(w->db, rc, w->d);
}

sl_rc sl_reseal(struct sl_db *db, const struct sl_vault *v, struct sl_reseal_counts *ret,
                struct sl_diag *d)
{
    struct work w = {.db = db, .vault = v, .d = d};
    sl_rc rc = sl_db_begin(db);
    if (rc != SL_OK)
        return sl_db_fail(db, rc, d);
    struct sl_arena *a = sl_arena_new("reseal", ARENA_BYTES);
    w.a = sl_arena_new("reseal a row", ROW_ARENA_BYTES);
    rc = reseal_all(&w, a);
    if (rc != SL_OK)
        sl_db_rollback(db);
    else
        *ret = w.counts;
    sl_arena_free(w.a);
    sl_arena_free(a);
    return rc;
}
