#include "store/backup.h"
#include "base/enc.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "codec/crypto.h"
#include "codec/json.h"
#include "codec/jsonw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { FORMAT = 1, LINE_ARENA_BYTES = 512 << 20, TABLES_MAX = 64, COLUMNS_MAX = 48 };

/* What ends by itself. */
static const char *const left_out[] = {"session", "idempotency", "node", "kept_response"};

struct tables {
    sl_str names[TABLES_MAX];
    size_t n;
};

static bool is_left_out(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(left_out); i++) {
        if (sl_str_eq(name, sl_cstr(left_out[i])))
            return true;
    }
    return false;
}

/* Those that the steps of the schema make, up to one of them. */
static void find_tables(const struct sl_schema *schema, size_t steps, struct tables *ret)
{
    static const sl_str make = SL_STR_INIT("CREATE TABLE ");
    for (size_t i = 0; i < steps; i++) {
        sl_str rest = sl_cstr(schema->steps[i].sql);
        for (size_t at; (at = sl_str_find_str(rest, make)) != SIZE_MAX;) {
            rest = sl_str_from(rest, at + make.n);
            SL_ASSERT(ret->n < TABLES_MAX);
            ret->names[ret->n++] = sl_str_head(rest, sl_str_find(rest, ' ', 0));
        }
    }
}

/* A chain over the lines, so that nothing of them need be kept: hash of (hash before, line). */
struct digest {
    uint8_t bytes[SL_SHA256_BYTES];
};

static void digest_line(struct digest *g, sl_str line)
{
    const sl_str parts[] = {sl_digest_str(g->bytes, sizeof(g->bytes)), line};
    uint8_t next[SL_SHA256_BYTES];
    sl_sha256_parts(parts, SL_LEN(parts), next);
    memcpy(g->bytes, next, sizeof(next));
}

/* ------------------------------------------------------------------ the columns of a table */

static const char *columns_sql(struct sl_db *db)
{
    return sl_db_is_postgres(db)
               ? "SELECT column_name::text, data_type::text FROM information_schema.columns"
                 " WHERE table_schema = current_schema() AND table_name = ? ORDER BY "
                 "ordinal_position"
               : "SELECT name, type FROM pragma_table_info(?)";
}

struct columns {
    sl_str names[COLUMNS_MAX];
    bool is_number[COLUMNS_MAX];
    size_t n;
};

static sl_rc find_columns(struct sl_db *db, sl_str table, struct sl_arena *a, struct columns *ret)
{
    struct sl_query *q = sl_db_query(db, columns_sql(db));
    ret->n = 0;
    sl_query_text(q, 1, table);
    while (sl_query_row(q)) {
        SL_ASSERT(ret->n < COLUMNS_MAX);
        ret->names[ret->n] = sl_arena_dup(a, sl_query_text_at(q, 0));
        sl_str type = sl_query_text_at(q, 1);
        ret->is_number[ret->n] =
            sl_str_eq(type, SL_STR("BIGINT")) || sl_str_eq(type, SL_STR("bigint"));
        ret->n++;
    }
    return sl_query_end(q);
}

static sl_str joined(const struct columns *c, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (size_t i = 0; i < c->n; i++)
        sl_strbuf_addf(&b, "%s%.*s", i == 0 ? "" : ", ", SL_STRF(c->names[i]));
    return sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ writing */

struct writer {
    struct sl_db *db;
    FILE *out;
    struct sl_strbuf line;
    struct digest digest;
    int64_t rows;
    int failure; /* errno of the first write that failed */
};

static void put_line(struct writer *w)
{
    digest_line(&w->digest, sl_strbuf_str(&w->line));
    sl_strbuf_add_char(&w->line, '\n');
    if (fwrite(w->line.p, 1, w->line.n, w->out) != w->line.n && w->failure == 0)
        w->failure = errno;
    sl_strbuf_clear(&w->line);
}

static void put_head(struct writer *w, const struct sl_backup_about *about)
{
    struct sl_jsonw j;
    sl_jsonw_init(&j, &w->line);
    sl_jsonw_object(&j);
    sl_jsonw_key_i64(&j, SL_STR("sluice_backup"), FORMAT);
    sl_jsonw_key_i64(&j, SL_STR("schema"), about->schema);
    sl_jsonw_key_str(&j, SL_STR("program"), about->program);
    sl_jsonw_key_str(&j, SL_STR("created_at"), about->created_at);
    if (about->by.n != 0)
        sl_jsonw_key_str(&j, SL_STR("by"), about->by);
    sl_jsonw_end(&j);
    put_line(w);
}

static void put_table(struct writer *w, sl_str table, const struct columns *c)
{
    struct sl_jsonw j;
    sl_jsonw_init(&j, &w->line);
    sl_jsonw_object(&j);
    sl_jsonw_key_str(&j, SL_STR("table"), table);
    sl_jsonw_key(&j, SL_STR("columns"));
    sl_jsonw_array(&j);
    for (size_t i = 0; i < c->n; i++)
        sl_jsonw_str(&j, c->names[i]);
    sl_jsonw_end(&j);
    sl_jsonw_end(&j);
    put_line(w);
}

static void put_row(struct writer *w, struct sl_query *q, const struct columns *c)
{
    struct sl_jsonw j;
    sl_jsonw_init(&j, &w->line);
    sl_jsonw_array(&j);
    for (size_t i = 0; i < c->n; i++) {
        if (sl_query_is_null_at(q, (int)i))
            sl_jsonw_null(&j);
        else if (c->is_number[i])
            sl_jsonw_i64(&j, sl_query_i64_at(q, (int)i));
        else
            sl_jsonw_str(&j, sl_query_text_at(q, (int)i));
    }
    sl_jsonw_end(&j);
    put_line(w);
    w->rows++;
}

static sl_rc put_rows(struct writer *w, sl_str table, struct sl_arena *a)
{
    struct columns c;
    sl_rc rc = find_columns(w->db, table, a, &c);
    if (rc != SL_OK || c.n == 0)
        return rc;
    put_table(w, table, &c);
    sl_str sql = sl_fmt(a, "SELECT %.*s FROM %.*s", SL_STRF(joined(&c, a)), SL_STRF(table));
    struct sl_query *q = sl_db_query(w->db, sql.p);
    sl_query_many(q);
    while (w->failure == 0 && sl_query_row(q))
        put_row(w, q, &c);
    return sl_query_end(q);
}

static void put_end(struct writer *w)
{
    struct sl_strbuf hash = {0};
    struct sl_jsonw j;
    sl_enc_hex(&hash, sl_digest_str(w->digest.bytes, sizeof(w->digest.bytes)));
    sl_jsonw_init(&j, &w->line);
    sl_jsonw_object(&j);
    sl_jsonw_key_bool(&j, SL_STR("end"), true);
    sl_jsonw_key_i64(&j, SL_STR("rows"), w->rows);
    sl_jsonw_key_str(&j, SL_STR("sha256"), sl_strbuf_str(&hash));
    sl_jsonw_end(&j);
    put_line(w);
    sl_strbuf_fini(&hash);
}

static sl_rc fail_write(int failure, struct sl_diag *d)
{
    bool is_full = failure == ENOSPC || failure == EDQUOT || failure == EFBIG;
    return sl_diag_fail(d, is_full ? SL_E_NO_SPACE : SL_E_IO, "",
                        "the backup cannot be written whole: %s", strerror(failure));
}

static sl_rc write_tables(struct writer *w, const struct sl_schema *schema, size_t steps)
{
    struct sl_arena *a = sl_arena_new("backup", SL_MIB(1));
    struct tables tables = {0};
    sl_rc rc = SL_OK;
    find_tables(schema, steps, &tables);
    for (size_t i = 0; i < tables.n && rc == SL_OK; i++) {
        if (!is_left_out(tables.names[i]))
            rc = put_rows(w, tables.names[i], a);
    }
    sl_arena_free(a);
    return rc;
}

sl_rc sl_backup_write(struct sl_db *db, const struct sl_schema *schema, FILE *out,
                      struct sl_backup_about *about, struct sl_diag *d)
{
    struct writer w = {.db = db, .out = out};
    sl_rc rc = sl_db_begin_read(db);
    if (rc == SL_OK)
        rc = sl_db_version(db, &about->schema);
    if (rc != SL_OK)
        return sl_db_fail(db, rc, d);
    if (about->schema > (int64_t)schema->count) {
        sl_db_rollback(db);
        return sl_diag_fail(d, SL_E_UNSUPPORTED, "database",
                            "its schema is version %lld, and this program knows up to %zu: use the "
                            "Sluice that wrote it, or a later one",
                            (long long)about->schema, schema->count);
    }
    put_head(&w, about);
    rc = write_tables(&w, schema, (size_t)about->schema);
    if (rc != SL_OK)
        (void)sl_db_fail(db, rc, d);
    put_end(&w);
    sl_db_rollback(db);
    about->rows = w.rows;
    sl_strbuf_fini(&w.line);
    if (w.failure == 0 && fflush(out) != 0)
        w.failure = errno;
    return rc == SL_OK && w.failure != 0 ? fail_write(w.failure, d) : rc;
}

static sl_rc write_from(const char *where, const struct sl_schema *schema, FILE *out,
                        struct sl_backup_about *about, struct sl_diag *d)
{
    struct sl_db *db;
    sl_rc rc = sl_db_open_to_read(where, &db, d);
    if (rc != SL_OK)
        return rc;
    rc = sl_backup_write(db, schema, out, about, d);
    sl_db_close(db);
    return rc;
}

/* The name itself is on the disk, too. */
static bool sync_folder(const char *path, struct sl_arena *a)
{
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] != '/')
        n--;
    const char *folder = n != 0 ? sl_arena_dup(a, sl_str_of(path, n)).p : ".";
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd); /* only read from */
    return is_good;
}

static sl_rc save_as(const char *where, const struct sl_schema *schema, const char *temporary,
                     struct sl_backup_about *about, struct sl_diag *d)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL)
        return sl_diag_fail(d, SL_E_IO, "", "cannot write '%s': %s", temporary, strerror(errno));
    sl_rc rc = write_from(where, schema, out, about, d);
    int failure = rc == SL_OK && fsync(fd) != 0 ? errno : 0;
    if (fclose(out) != 0 && failure == 0)
        failure = errno;
    return rc == SL_OK && failure != 0 ? fail_write(failure, d) : rc;
}

sl_rc sl_backup_save(const char *where, const struct sl_schema *schema, const char *path,
                     struct sl_backup_about *about, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("backup file", SL_KIB(64));
    const char *temporary = sl_fmt(a, "%s" SL_BACKUP_UNFINISHED, path).p;
    sl_rc rc = save_as(where, schema, temporary, about, d);
    if (rc == SL_OK && (rename(temporary, path) != 0 || !sync_folder(path, a)))
        rc = sl_diag_fail(d, SL_E_IO, "", "cannot write '%s': %s", path, strerror(errno));
    if (rc != SL_OK)
        (void)unlink(temporary); /* of no use to anybody */
    sl_arena_free(a);
    return rc;
}

/* ------------------------------------------------------------------ reading */

struct reader {
    struct sl_db *db;
    const struct sl_schema *schema;
    FILE *in;
    struct sl_diag *d;
    struct sl_arena *a, *line_arena;
    char *line;
    size_t line_cap;
    int64_t line_number;
    struct digest digest, before; /* before: without the current line */
    struct tables tables;         /* of the backup's schema */
    struct sl_backup_about about;
    struct columns columns; /* of the current table */
    sl_str insert;          /* the statement for its rows; empty: no table yet */
    bool is_ended;
};

static sl_rc fail_line(struct reader *r, const char *why)
{
    return sl_diag_fail(r->d, SL_E_SYNTAX, "", "line %lld of the backup %s",
                        (long long)r->line_number, why);
}

/* The next line as a value; SL_E_SYNTAX at the end of the file. */
static sl_rc next_line(struct reader *r, const struct sl_json **ret)
{
    struct sl_jsonscan_info info;
    sl_arena_reset(r->line_arena);
    r->line_number++;
    ssize_t n = getline(&r->line, &r->line_cap, r->in);
    if (n <= 0 || r->line[n - 1] != '\n')
        return fail_line(r, "is missing: the file is cut off");
    sl_str text = sl_str_of(r->line, (size_t)n - 1);
    r->before = r->digest;
    digest_line(&r->digest, text);
    if (sl_json_parse(text, r->line_arena, ret, &info) != SL_OK)
        return fail_line(r, "is no JSON");
    return SL_OK;
}

static bool member_i64(const struct sl_json *v, const char *name, int64_t *ret)
{
    const struct sl_json *m = sl_json_get(v, sl_cstr(name));
    return m != NULL && sl_json_kind(m) == SL_JSON_NUMBER && sl_json_i64(m, ret);
}

static sl_str member_text(struct sl_arena *a, const struct sl_json *v, const char *name)
{
    const struct sl_json *m = sl_json_get(v, sl_cstr(name));
    bool is_text = m != NULL && sl_json_kind(m) == SL_JSON_STRING;
    return is_text ? sl_arena_dup(a, sl_json_text(m)) : SL_STR("");
}

static bool read_about(const struct sl_json *v, struct sl_arena *a, int64_t *ret_format,
                       struct sl_backup_about *ret)
{
    if (!member_i64(v, "sluice_backup", ret_format) || !member_i64(v, "schema", &ret->schema))
        return false;
    ret->program = member_text(a, v, "program");
    ret->created_at = member_text(a, v, "created_at");
    ret->by = member_text(a, v, "by");
    return true;
}

static sl_rc read_head(struct reader *r)
{
    const struct sl_json *v;
    int64_t format = 0;
    sl_rc rc = next_line(r, &v);
    if (rc != SL_OK)
        return rc;
    if (!read_about(v, r->a, &format, &r->about))
        return fail_line(r, "is not how a backup of Sluice begins");
    if (format != FORMAT || r->about.schema > (int64_t)r->schema->count)
        return sl_diag_fail(r->d, SL_E_UNSUPPORTED, "",
                            "the backup was made by Sluice %.*s, with schema %lld; this program "
                            "knows up to %zu: restore it with that Sluice, or a later one",
                            SL_STRF(r->about.program), (long long)r->about.schema,
                            r->schema->count);
    if (r->about.schema < 1)
        return fail_line(r, "names an impossible schema");
    find_tables(r->schema, (size_t)r->about.schema, &r->tables);
    return SL_OK;
}

static bool has_table(const struct reader *r, sl_str name)
{
    for (size_t i = 0; i < r->tables.n; i++) {
        if (sl_str_eq(r->tables.names[i], name))
            return true;
    }
    return false;
}

/* Only names that the database told us get into the statement. */
static sl_rc begin_table(struct reader *r, const struct sl_json *v)
{
    struct sl_strbuf marks;
    const struct sl_json *columns = sl_json_get(v, SL_STR("columns"));
    sl_str table = member_text(r->a, v, "table");
    if (!has_table(r, table) || columns == NULL)
        return fail_line(r, "names a table that the schema does not have");
    sl_rc rc = find_columns(r->db, table, r->a, &r->columns);
    if (rc != SL_OK)
        return sl_db_fail(r->db, rc, r->d);
    sl_strbuf_init(&marks, r->a, 0);
    for (size_t i = 0; i < r->columns.n; i++) {
        const struct sl_json *name = sl_json_at(columns, i);
        if (name == NULL || !sl_str_eq(sl_json_text(name), r->columns.names[i]))
            return fail_line(r, "has other columns than the schema");
        sl_strbuf_add(&marks, i == 0 ? SL_STR("?") : SL_STR(", ?"));
    }
    r->insert = sl_fmt(r->a, "INSERT INTO %.*s (%.*s) VALUES (%.*s)", SL_STRF(table),
                       SL_STRF(joined(&r->columns, r->a)), SL_STRF(sl_strbuf_str(&marks)));
    return SL_OK;
}

static bool bind(struct sl_query *q, int at, const struct sl_json *v, bool is_number)
{
    int64_t number;
    switch (sl_json_kind(v)) {
    case SL_JSON_NULL:
        sl_query_null(q, at);
        return true;
    case SL_JSON_STRING:
        sl_query_text(q, at, sl_json_text(v));
        return !is_number;
    case SL_JSON_NUMBER:
        if (!is_number || !sl_json_i64(v, &number))
            return false;
        sl_query_i64(q, at, number);
        return true;
    case SL_JSON_NONE:
    case SL_JSON_FALSE:
    case SL_JSON_TRUE:
    case SL_JSON_ARRAY:
    case SL_JSON_OBJECT:
        return false;
    }
    return false;
}

static sl_rc insert_row(struct reader *r, const struct sl_json *v)
{
    if (r->insert.n == 0 || sl_json_count(v) != r->columns.n)
        return fail_line(r, "has not the columns of its table");
    struct sl_query *q = sl_db_query(r->db, r->insert.p);
    bool is_good = true;
    for (size_t i = 0; i < r->columns.n && is_good; i++)
        is_good = bind(q, (int)i + 1, sl_json_at(v, i), r->columns.is_number[i]);
    sl_rc rc = is_good ? sl_query_run(q) : sl_query_end(q);
    if (rc != SL_OK)
        return sl_db_fail(r->db, rc, r->d);
    r->about.rows++;
    return is_good ? SL_OK : fail_line(r, "has a value of the wrong kind");
}

static sl_rc check_end(struct reader *r, const struct sl_json *v)
{
    struct sl_strbuf hash;
    int64_t rows = -1;
    sl_strbuf_init(&hash, r->a, 0);
    sl_enc_hex(&hash, sl_digest_str(r->before.bytes, sizeof(r->before.bytes)));
    r->is_ended = true;
    if (!member_i64(v, "rows", &rows) || rows != r->about.rows ||
        !sl_str_eq(member_text(r->a, v, "sha256"), sl_strbuf_str(&hash)))
        return fail_line(r, "does not fit what stands before it: the file was damaged or changed");
    return SL_OK;
}

static sl_rc take_line(struct reader *r)
{
    const struct sl_json *v;
    sl_rc rc = next_line(r, &v);
    if (rc != SL_OK)
        return rc;
    if (sl_json_kind(v) == SL_JSON_ARRAY)
        return insert_row(r, v);
    if (sl_json_get(v, SL_STR("end")) != NULL)
        return check_end(r, v);
    return begin_table(r, v);
}

/* ------------------------------------------------------------------ the place for it */

static sl_rc run_steps(struct reader *r, size_t from, size_t until)
{
    sl_rc rc = SL_OK;
    for (size_t i = from; i < until && rc == SL_OK; i++) {
        const struct sl_migration *m = &r->schema->steps[i];
        bool has_own = m->postgres != NULL && sl_db_is_postgres(r->db);
        rc = sl_db_exec(r->db, has_own ? m->postgres : m->sql);
    }
    return rc;
}

static sl_rc drop_tables(struct reader *r, int64_t version)
{
    struct tables all = {0};
    sl_rc rc = SL_OK;
    find_tables(r->schema, (size_t)version, &all);
    for (size_t i = 0; i < all.n && rc == SL_OK; i++)
        rc = sl_db_exec(r->db, sl_fmt(r->a, "DROP TABLE IF EXISTS %.*s", SL_STRF(all.names[i])).p);
    return rc;
}

static sl_rc read_number(struct sl_db *db, const char *sql, int64_t *ret)
{
    struct sl_query *q = sl_db_query(db, sql);
    if (sl_query_row(q))
        *ret = sl_query_i64_at(q, 0);
    return sl_query_end(q);
}

/* Nodes that run see a change that is none of those they know. */
static const char change_sql[] = "SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'change'";

/* What the store is, and whether it may be lost. */
static sl_rc look_at_old(struct reader *r, bool may_replace, int64_t *ret_version,
                         int64_t *ret_change)
{
    int64_t resources = 0;
    sl_rc rc = sl_db_version(r->db, ret_version);
    if (rc == SL_OK && *ret_version > (int64_t)r->schema->count)
        return sl_diag_fail(r->d, SL_E_UNSUPPORTED, "database",
                            "its schema is newer than this program: use the Sluice that wrote it");
    if (rc == SL_OK && *ret_version > 0)
        rc = read_number(r->db, change_sql, ret_change);
    if (rc == SL_OK && *ret_version > 0) /* the ones that every store has, do not count */
        rc = read_number(r->db,
                         "SELECT count(*) FROM resource WHERE kind NOT IN ('role', 'workspace')",
                         &resources);
    if (rc != SL_OK)
        return sl_db_fail(r->db, rc, r->d);
    if (resources != 0 && !may_replace)
        return sl_diag_fail(r->d, SL_E_CONFLICT, "database",
                            "it has %lld resources, which would be lost: say --replace if that is "
                            "what you want",
                            (long long)resources);
    return SL_OK;
}

static sl_rc move_on(struct reader *r, int64_t old_change)
{
    int64_t change = 0;
    sl_rc rc = read_number(r->db, change_sql, &change);
    if (rc != SL_OK)
        return rc;
    char sql[128];
    snprintf(sql, sizeof(sql), "UPDATE setting SET value = '%lld' WHERE name = 'change'",
             (long long)SL_MAX(change, old_change) + 1);
    rc = sl_db_exec(r->db, sql);
    return rc == SL_OK ? sl_db_announce(r->db) : rc;
}

static sl_rc replace(struct reader *r, bool may_replace)
{
    int64_t version = 0, change = 0;
    sl_rc rc = look_at_old(r, may_replace, &version, &change);
    if (rc != SL_OK)
        return rc;
    size_t steps = (size_t)r->about.schema;
    rc = drop_tables(r, version);
    if (rc == SL_OK)
        rc = run_steps(r, 0, steps);
    if (rc == SL_OK)
        rc = sl_db_exec(r->db, "DELETE FROM setting"); /* a step may have put values there */
    if (rc != SL_OK)
        return sl_db_fail(r->db, rc, r->d);
    while (rc == SL_OK && !r->is_ended)
        rc = take_line(r);
    if (rc != SL_OK)
        return rc;
    rc = run_steps(r, steps, r->schema->count);
    if (rc == SL_OK)
        rc = sl_db_set_version(r->db, (int64_t)r->schema->count);
    if (rc == SL_OK)
        rc = move_on(r, change);
    if (rc == SL_OK)
        rc = sl_db_commit(r->db);
    return rc == SL_OK ? rc : sl_db_fail(r->db, rc, r->d);
}

sl_rc sl_backup_read(struct sl_db *db, const struct sl_schema *schema, FILE *in, bool may_replace,
                     struct sl_backup_about *ret, struct sl_diag *d)
{
    struct reader r = {.db = db, .schema = schema, .in = in, .d = d, .a = d->arena};
    r.line_arena = sl_arena_new("a line of a backup", LINE_ARENA_BYTES);
    sl_rc rc = read_head(&r);
    if (rc == SL_OK) {
        rc = sl_db_begin(db);
        if (rc != SL_OK)
            rc = sl_db_fail(db, rc, d);
        else
            rc = replace(&r, may_replace);
        if (rc != SL_OK)
            sl_db_rollback(db);
    }
    if (rc == SL_OK)
        *ret = r.about;
    free(r.line); /* getline's */
    sl_arena_free(r.line_arena);
    return rc;
}

/* ------------------------------------------------------------------ a glance */

enum { GLANCE_BYTES = 2048 }; /* the first and the last line are shorter */

/* The line that `text` begins with, as a value; NULL when it is none. */
static const struct sl_json *line_at(sl_str text, struct sl_arena *a)
{
    struct sl_jsonscan_info info;
    const struct sl_json *v;
    size_t n = sl_str_find(text, '\n', 0);
    bool is_good = n != SIZE_MAX && sl_json_parse(sl_str_head(text, n), a, &v, &info) == SL_OK;
    return is_good ? v : NULL;
}

static sl_str last_line(sl_str text)
{
    size_t n = text.n;
    if (n == 0 || text.p[n - 1] != '\n')
        return SL_STR("");
    while (n > 1 && text.p[n - 2] != '\n')
        n--;
    return sl_str_from(text, n - 1);
}

bool sl_backup_glance(FILE *in, struct sl_arena *a, struct sl_backup_about *ret)
{
    char bytes[GLANCE_BYTES];
    int64_t format;
    size_t n = fread(bytes, 1, sizeof(bytes), in);
    const struct sl_json *v = line_at(sl_str_of(bytes, n), a);
    *ret = (struct sl_backup_about){0};
    if (v == NULL || !read_about(v, a, &format, ret))
        return false;
    bool is_long = fseek(in, -(long)sizeof(bytes), SEEK_END) == 0;
    if (is_long)
        n = fread(bytes, 1, sizeof(bytes), in);
    v = line_at(last_line(sl_str_of(bytes, n)), a);
    return v != NULL && sl_json_get(v, SL_STR("end")) != NULL && member_i64(v, "rows", &ret->rows);
}
