#include "store/rows.h"
#include "base/str.h"
#include "base/strbuf.h"

#define COLUMNS                                                                         \
    "id, kind, name, workspace, team, revision, spec, status, created_us, updated_us, " \
    "created_by, updated_by"

enum {
    PART_BYTES = 3,
    PARTS_MAX = 8,  /* of a text that is searched for: so many of its parts are looked at */
    FEW_ROWS = 5000 /* more are not looked up one by one: in order a page of them is found soon */
};

static struct sl_row row_at(struct sl_query *q)
{
    return (struct sl_row){
        .id = sl_query_text_at(q, 0),
        .kind = sl_query_text_at(q, 1),
        .name = sl_query_text_at(q, 2),
        .workspace = sl_query_text_at(q, 3),
        .team = sl_query_text_at(q, 4),
        .revision = sl_query_i64_at(q, 5),
        .spec = sl_query_text_at(q, 6),
        .status = sl_query_text_at(q, 7),
        .created_us = sl_query_i64_at(q, 8),
        .updated_us = sl_query_i64_at(q, 9),
        .created_by = sl_query_text_at(q, 10),
        .updated_by = sl_query_text_at(q, 11),
    };
}

static sl_rc copy_row(const struct sl_row *row, struct sl_arena *a, struct sl_row *ret)
{
    sl_str *texts[] = {&ret->id,   &ret->kind,   &ret->name,       &ret->workspace, &ret->team,
                       &ret->spec, &ret->status, &ret->created_by, &ret->updated_by};
    *ret = *row;
    for (size_t i = 0; i < SL_LEN(texts); i++) {
        *texts[i] = sl_arena_try_dup(a, *texts[i]);
        if (texts[i]->p == NULL)
            return SL_E_NOMEM;
    }
    return SL_OK;
}

static sl_rc get(struct sl_tx *tx, const char *sql, sl_str kind, sl_str key, struct sl_arena *a,
                 struct sl_row *ret)
{
    struct sl_query *q = sl_tx_query(tx, sql);
    struct sl_row found = {0};
    sl_rc copied = SL_E_NOTFOUND;
    sl_query_text(q, 1, kind);
    sl_query_text(q, 2, key);
    if (sl_query_row(q)) {
        struct sl_row row = row_at(q);
        copied = copy_row(&row, a, &found);
    }
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK)
        rc = copied;
    if (rc == SL_OK)
        *ret = found;
    return rc;
}

sl_rc sl_row_by_id(struct sl_tx *tx, sl_str kind, sl_str id, struct sl_arena *a, struct sl_row *ret)
{
    return get(tx, "SELECT " COLUMNS " FROM resource WHERE kind = ? AND id = ?", kind, id, a, ret);
}

sl_rc sl_row_by_name(struct sl_tx *tx, sl_str kind, sl_str name, struct sl_arena *a,
                     struct sl_row *ret)
{
    return get(tx, "SELECT " COLUMNS " FROM resource WHERE kind = ? AND name = ?", kind, name, a,
               ret);
}

/* ------------------------------------------------------------------ changing */

/* The parts of a row's name, from where it stands. */
#define PARTS_OF_ROW                                                        \
    "WITH RECURSIVE piece (kind, name, i) AS ("                             \
    "SELECT kind, name, 1 FROM resource WHERE id = ? AND length(name) >= 3" \
    " UNION ALL SELECT kind, name, i + 1 FROM piece WHERE i < length(name) - 2) "

static sl_rc run_for(struct sl_tx *tx, const char *sql, sl_str id)
{
    struct sl_query *q = sl_tx_query(tx, sql);
    sl_query_text(q, 1, id);
    return sl_query_run(q);
}

static sl_rc insert_parts(struct sl_tx *tx, sl_str id)
{
    return run_for(tx,
                   PARTS_OF_ROW "INSERT INTO name_part (kind, part, name)"
                                " SELECT DISTINCT kind, substr(name, i, 3), name FROM piece",
                   id);
}

static sl_rc delete_parts(struct sl_tx *tx, sl_str id)
{
    return run_for(tx,
                   PARTS_OF_ROW "DELETE FROM name_part WHERE (kind, part, name) IN"
                                " (SELECT kind, substr(name, i, 3), name FROM piece)",
                   id);
}

sl_rc sl_row_insert(struct sl_tx *tx, const struct sl_row *row)
{
    struct sl_query *q = sl_tx_query(tx, "INSERT INTO resource (" COLUMNS
                                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sl_query_text(q, 1, row->id);
    sl_query_text(q, 2, row->kind);
    sl_query_text(q, 3, row->name);
    sl_query_text(q, 4, row->workspace);
    sl_query_text(q, 5, row->team);
    sl_query_i64(q, 6, row->revision);
    sl_query_text(q, 7, row->spec);
    sl_query_text(q, 8, row->status);
    sl_query_i64(q, 9, row->created_us);
    sl_query_i64(q, 10, row->updated_us);
    sl_query_text(q, 11, row->created_by);
    sl_query_text(q, 12, row->updated_by);
    sl_rc rc = sl_query_run(q);
    return rc == SL_OK ? insert_parts(tx, row->id) : rc;
}

sl_rc sl_row_update(struct sl_tx *tx, const struct sl_row *row)
{
    struct sl_query *q =
        sl_tx_query(tx, "UPDATE resource SET name = ?, workspace = ?, team = ?, revision = ?,"
                        " spec = ?, status = ?, updated_us = ?, updated_by = ?"
                        " WHERE id = ? AND revision = ?");
    sl_query_text(q, 1, row->name);
    sl_query_text(q, 2, row->workspace);
    sl_query_text(q, 3, row->team);
    sl_query_i64(q, 4, row->revision);
    sl_query_text(q, 5, row->spec);
    sl_query_text(q, 6, row->status);
    sl_query_i64(q, 7, row->updated_us);
    sl_query_text(q, 8, row->updated_by);
    sl_query_text(q, 9, row->id);
    sl_query_i64(q, 10, row->revision - 1);
    sl_rc rc = sl_query_run(q);
    return rc == SL_OK && sl_tx_changes(tx) != 1 ? SL_E_CONFLICT : rc;
}

sl_rc sl_row_set_status(struct sl_tx *tx, sl_str id, sl_str status)
{
    struct sl_query *q = sl_tx_query(tx, "UPDATE resource SET status = ? WHERE id = ?");
    sl_query_text(q, 1, status);
    sl_query_text(q, 2, id);
    return sl_query_run(q);
}

static sl_rc delete_refs(struct sl_tx *tx, sl_str id)
{
    return run_for(tx, "DELETE FROM reference WHERE from_id = ?", id);
}

sl_rc sl_row_delete(struct sl_tx *tx, sl_str id)
{
    sl_rc rc = delete_refs(tx, id);
    if (rc == SL_OK)
        rc = delete_parts(tx, id);
    return rc == SL_OK ? run_for(tx, "DELETE FROM resource WHERE id = ?", id) : rc;
}

/* ------------------------------------------------------------------ many */

static const struct {
    const char *sort, *after; /* after: the row value that the sort key is compared with */
} orders[] = {
    [SL_ROWS_BY_NAME] = {"name", "?"},
    [SL_ROWS_BY_CREATED] = {"created_us, id", "?, ?"},
    [SL_ROWS_BY_UPDATED] = {"updated_us, id", "?, ?"},
};

static const struct {
    const char *column;
    size_t at;
} spans[] = {{"created_us", offsetof(struct sl_row_query, created)},
             {"updated_us", offsetof(struct sl_row_query, updated)}};

static const struct sl_row_span *span_of(const struct sl_row_query *query, size_t i)
{
    return (const struct sl_row_span *)((const char *)query + spans[i].at);
}

static void write_spans(const struct sl_row_query *query, struct sl_strbuf *sql)
{
    for (size_t i = 0; i < SL_LEN(spans); i++) {
        if (span_of(query, i)->from_us != 0)
            sl_strbuf_addf(sql, " AND %s >= ?", spans[i].column);
        if (span_of(query, i)->until_us != 0)
            sl_strbuf_addf(sql, " AND %s <= ?", spans[i].column);
    }
}

static void bind_spans(const struct sl_row_query *query, struct sl_query *q, int *at)
{
    for (size_t i = 0; i < SL_LEN(spans); i++) {
        if (span_of(query, i)->from_us != 0)
            sl_query_i64(q, (*at)++, span_of(query, i)->from_us);
        if (span_of(query, i)->until_us != 0)
            sl_query_i64(q, (*at)++, span_of(query, i)->until_us);
    }
}

/* Rows that an index finds; of all that are wanted, where these are few. */
struct lookup {
    const char
        *sql; /* of their names or ids, with two parameters; NULL: rows are looked at in order */
    const char *on;
    sl_str one, two;
    int64_t n;
};

#define NAMES_OF_PART "SELECT name AS few_name FROM name_part WHERE kind = ? AND part = ?"
#define IDS_OF_REFERENCE "SELECT from_id AS few_id FROM reference WHERE to_kind = ? AND to_name = ?"

/* Few different texts, so that each is prepared once per connection. */
static void write_sql(const struct sl_row_query *query, const struct lookup *lookup,
                      struct sl_strbuf *sql)
{
    const char *sort = orders[query->order].sort;
    sl_strbuf_add(sql, SL_STR("SELECT " COLUMNS " FROM "));
    if (lookup->sql != NULL) /* CROSS: SQLite keeps to the order, where its planner would not */
        sl_strbuf_addf(sql, "(%s) AS few CROSS JOIN ", lookup->sql);
    sl_strbuf_add(sql, SL_STR("resource WHERE kind = ?"));
    if (lookup->sql != NULL)
        sl_strbuf_addf(sql, " AND %s", lookup->on);
    if (query->has_after)
        sl_strbuf_addf(sql, " AND (%s) %s (%s)", sort, query->is_descending ? "<" : ">",
                       orders[query->order].after);
    write_spans(query, sql);
    if (query->workspace.p != NULL)
        sl_strbuf_add(sql, SL_STR(" AND workspace = ?"));
    if (query->search.n != 0) /* what both databases have, and read from the index alone */
        sl_strbuf_add(sql, SL_STR(" AND replace(name, ?, '') <> name"));
    if (query->target.p != NULL)
        sl_strbuf_add(sql, SL_STR(" AND id IN (SELECT from_id FROM reference WHERE to_kind = ?"
                                  " AND to_name = ?)"));
    sl_strbuf_add(sql, SL_STR(" ORDER BY "));
    for (sl_str rest = sl_cstr(sort), column; sl_str_split(&rest, ',', &column);)
        sl_strbuf_addf(sql, "%.*s%s%s", SL_STRF(column), query->is_descending ? " DESC" : "",
                       rest.p != NULL ? "," : "");
    sl_strbuf_add_char(sql, '\0');
}

static void bind(const struct sl_row_query *query, const struct lookup *lookup, struct sl_query *q)
{
    int at = 1;
    if (lookup->sql != NULL) {
        sl_query_text(q, at++, lookup->one);
        sl_query_text(q, at++, lookup->two);
    }
    sl_query_text(q, at++, query->kind);
    if (query->has_after && query->order != SL_ROWS_BY_NAME)
        sl_query_i64(q, at++, query->after_us);
    if (query->has_after)
        sl_query_text(q, at++, query->after_text);
    bind_spans(query, q, &at);
    if (query->workspace.p != NULL)
        sl_query_text(q, at++, query->workspace);
    if (query->search.n != 0)
        sl_query_text(q, at++, query->search);
    if (query->target.p != NULL) {
        sl_query_text(q, at++, query->target_kind);
        sl_query_text(q, at, query->target);
    }
}

/* ---- what is rare enough to be looked up */

/* Take it when fewer rows have it than what is best so far: they are counted up to one more than few. */
static sl_rc consider(struct sl_tx *tx, const struct lookup *candidate, struct lookup *best)
{
    struct sl_strbuf sql = {0};
    sl_strbuf_addf(&sql, "SELECT count(*) FROM (%s LIMIT ?) AS few", candidate->sql);
    sl_strbuf_add_char(&sql, '\0');
    struct sl_query *q = sl_tx_query(tx, sql.p);
    sl_query_text(q, 1, candidate->one);
    sl_query_text(q, 2, candidate->two);
    sl_query_i64(q, 3, FEW_ROWS + 1);
    int64_t n = sl_query_row(q) ? sl_query_i64_at(q, 0) : FEW_ROWS + 1;
    sl_rc rc = sl_query_end(q);
    sl_strbuf_fini(&sql);
    if (rc == SL_OK && n < best->n) {
        *best = *candidate;
        best->n = n;
    }
    return rc;
}

static sl_rc consider_reference(struct sl_tx *tx, sl_str kind, sl_str name, struct lookup *best)
{
    struct lookup candidate = {IDS_OF_REFERENCE, "id = few_id", kind, name, 0};
    return name.p != NULL ? consider(tx, &candidate, best) : SL_OK;
}

/* Names are ASCII: a text that is not is in none of them, and its parts were no texts. */
static bool is_ascii(sl_str text)
{
    size_t i = 0;
    while (i < text.n && (unsigned char)text.p[i] < 0x80)
        i++;
    return i == text.n;
}

static sl_rc consider_parts(struct sl_tx *tx, const struct sl_row_query *query, struct lookup *best)
{
    sl_str text = query->search;
    sl_rc rc = SL_OK;
    if (!is_ascii(text))
        return SL_OK;
    for (size_t i = 0; i + PART_BYTES <= text.n && i < PARTS_MAX && rc == SL_OK; i++) {
        sl_str part = {text.p + text.n - PART_BYTES - i, PART_BYTES}; /* ends differ more */
        struct lookup candidate = {NAMES_OF_PART, "name = few_name", query->kind, part, 0};
        rc = consider(tx, &candidate, best);
    }
    return rc;
}

static sl_rc find_lookup(struct sl_tx *tx, const struct sl_row_query *query, struct lookup *ret)
{
    *ret = (struct lookup){.n = FEW_ROWS + 1};
    sl_rc rc = consider_parts(tx, query, ret);
    if (rc == SL_OK)
        rc = consider_reference(tx, query->hint.kind, query->hint.name, ret);
    if (rc == SL_OK)
        rc = consider_reference(tx, query->target_kind, query->target, ret);
    return rc;
}

static sl_rc visit_all(struct sl_query *q, bool (*visit)(const struct sl_row *row, void *arg),
                       void *arg)
{
    bool goes_on = true;
    sl_query_many(q);
    while (goes_on && sl_query_row(q)) {
        struct sl_row row = row_at(q);
        goes_on = visit(&row, arg);
    }
    return sl_query_end(q);
}

sl_rc sl_rows_each(struct sl_tx *tx, const struct sl_row_query *query,
                   bool (*visit)(const struct sl_row *row, void *arg), void *arg)
{
    struct sl_strbuf sql = {0};
    struct lookup lookup;
    sl_rc rc = find_lookup(tx, query, &lookup);
    if (rc != SL_OK)
        return rc;
    write_sql(query, &lookup, &sql);
    struct sl_query *q = sl_tx_query(tx, sql.p);
    bind(query, &lookup, q);
    rc = visit_all(q, visit, arg);
    sl_strbuf_fini(&sql);
    return rc;
}

sl_rc sl_row_heads_each(struct sl_tx *tx, sl_str kind,
                        bool (*visit)(const struct sl_row_head *head, void *arg), void *arg)
{
    struct sl_query *q = sl_tx_query(
        tx, "SELECT id, revision, updated_us FROM resource WHERE kind = ? ORDER BY name");
    bool goes_on = true;
    sl_query_text(q, 1, kind);
    sl_query_many(q);
    while (goes_on && sl_query_row(q)) {
        struct sl_row_head head = {.id = sl_query_text_at(q, 0),
                                   .revision = sl_query_i64_at(q, 1),
                                   .updated_us = sl_query_i64_at(q, 2)};
        goes_on = visit(&head, arg);
    }
    return sl_query_end(q);
}

sl_rc sl_rows_count(struct sl_tx *tx, sl_str kind, int64_t *ret)
{
    struct sl_query *q = sl_tx_query(tx, "SELECT count(*) FROM resource WHERE kind = ?");
    int64_t n = 0;
    sl_query_text(q, 1, kind);
    if (sl_query_row(q))
        n = sl_query_i64_at(q, 0);
    sl_rc rc = sl_query_end(q);
    if (rc == SL_OK)
        *ret = n;
    return rc;
}

/* ------------------------------------------------------------------ references */

sl_rc sl_refs_set(struct sl_tx *tx, sl_str id, const struct sl_ref *refs, size_t n)
{
    sl_rc rc = delete_refs(tx, id);
    for (size_t i = 0; i < n && rc == SL_OK; i++) {
        struct sl_query *q =
            sl_tx_query(tx, "INSERT INTO reference (from_id, to_kind, to_name) VALUES (?, ?, ?)"
                            " ON CONFLICT DO NOTHING");
        sl_query_text(q, 1, id);
        sl_query_text(q, 2, refs[i].kind);
        sl_query_text(q, 3, refs[i].name);
        rc = sl_query_run(q);
    }
    return rc;
}

sl_rc sl_refs_each(struct sl_tx *tx, const struct sl_ref *target,
                   bool (*visit)(const struct sl_row *row, void *arg), void *arg)
{
    struct sl_query *q = sl_tx_query(tx, "SELECT " COLUMNS
                                         " FROM resource WHERE id IN (SELECT from_id FROM reference"
                                         " WHERE to_kind = ? AND to_name = ?) ORDER BY kind, name");
    sl_query_text(q, 1, target->kind);
    sl_query_text(q, 2, target->name);
    return visit_all(q, visit, arg);
}
