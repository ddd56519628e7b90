#include "store/postgres.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>

enum {
    PARAMETERS_MAX = 64,
    NUMBER_BYTES = 24,
    FETCH_ROWS = 500,
    ERROR_BYTES = 512,
    TRIES = 2 /* of a begin: the connection may have ended long ago, which only its use tells */
};

struct database {
    struct sl_db base;
    char *url;
    PGconn *conn;        /* NULL before the first connection */
    uint64_t connection; /* counts them: what was prepared on an older one is gone */
    sl_usec retry_us;    /* not before */
    bool is_to_read, is_listening;
    size_t query_count; /* ever made: their names */
    int64_t changes;
    char error[ERROR_BYTES];
};

struct query {
    struct sl_query base;
    char *sql; /* with $1, $2 ... */
    size_t number;
    uint64_t connection; /* on which it is prepared; 0: none */
    int count;           /* of parameters */
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    char numbers[PARAMETERS_MAX][NUMBER_BYTES];
    PGresult *result; /* NULL: not run yet */
    int at;           /* the current row is the one before */
    bool has_cursor;
};

static struct database *database_of(const struct sl_db *db)
{
    return SL_CONTAINER(db, struct database, base);
}

static struct query *query_of(struct sl_query *q)
{
    return SL_CONTAINER(q, struct query, base);
}

/* ------------------------------------------------------------------ failures */

/* SQLSTATEs by their beginning, the longer ones first. */
static const struct {
    const char *prefix;
    sl_rc rc;
} states[] = {
    {"55P03", SL_E_AGAIN},  {"57014", SL_E_AGAIN},  {"40", SL_E_AGAIN},  {"23", SL_E_CONFLICT},
    {"08", SL_E_IO},        {"25006", SL_E_IO},     {"28", SL_E_IO},     {"3D", SL_E_IO},
    {"53", SL_E_IO},        {"57", SL_E_IO},        {"58", SL_E_IO},     {"42501", SL_E_IO},
    {"XX001", SL_E_SYNTAX}, {"XX002", SL_E_SYNTAX}, {"", SL_E_INTERNAL},
};

static sl_rc rc_of_state(const char *state)
{
    if (state == NULL)
        return SL_E_IO; /* the server did not say it: the connection broke */
    for (size_t i = 0; i < SL_LEN(states); i++) {
        if (sl_str_starts(sl_cstr(state), sl_cstr(states[i].prefix)))
            return states[i].rc;
    }
    return SL_E_INTERNAL;
}

static void note_error(struct database *db, const char *text)
{
    sl_str line = sl_cstr(text);
    line = sl_str_trim(sl_str_head(line, sl_str_find(line, '\n', 0)));
    snprintf(db->error, sizeof(db->error), "%.*s", SL_STRF(line));
}

static sl_rc check(struct database *db, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
        if (!sl_num_i64(sl_cstr(PQcmdTuples(result)), &db->changes))
            db->changes = 0; /* it was nothing that changes rows */
        return SL_OK;
    }
    note_error(db, result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(db->conn));
    return rc_of_state(PQresultErrorField(result, PG_DIAG_SQLSTATE));
}

static sl_str error_text(const struct sl_db *db)
{
    return sl_cstr(database_of(db)->error);
}

static sl_rc exec(struct sl_db *base, const char *sql)
{
    struct database *db = database_of(base);
    PGresult *result = PQexec(db->conn, sql);
    sl_rc rc = check(db, result);
    PQclear(result);
    return rc;
}

/* ------------------------------------------------------------------ connections */

static void drop_notice(void *arg, const PGresult *result)
{
    (void)arg, (void)result; /* by default they go to stderr */
}

/* Parameters before "dbname" are defaults that the URL overrides. */
static PGconn *dial(const char *url)
{
    static const char *const names[] = {
        "connect_timeout",  "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
        "dbname",           "client_encoding",  NULL};
    const char *const values[] = {"5", "10", "5", "3", "15000", "sluice", url, "UTF8", NULL};
    return PQconnectdbParams(names, values, 1);
}

static sl_rc set_up(struct database *db)
{
    static const char settings[] =
        "SET client_min_messages = warning; SET standard_conforming_strings = on;"
        "SET lock_timeout = '30s'; SET statement_timeout = '60s';"
        "SET idle_in_transaction_session_timeout = '120s'; SET bytea_output = hex;";
    sl_rc rc = exec(&db->base, settings);
    if (rc == SL_OK && db->is_to_read)
        rc = exec(&db->base, "SET default_transaction_read_only = on");
    if (rc == SL_OK && db->is_listening)
        rc = exec(&db->base, "LISTEN sluice_change");
    return rc;
}

static sl_rc connect_anew(struct database *db)
{
    PQfinish(db->conn);
    db->conn = dial(db->url);
    db->connection++;
    sl_rc rc = SL_E_IO;
    if (PQstatus(db->conn) == CONNECTION_OK) {
        PQsetNoticeReceiver(db->conn, drop_notice, NULL);
        rc = set_up(db);
    } else {
        note_error(db, PQerrorMessage(db->conn));
    }
    db->retry_us = rc == SL_OK ? 0 : sl_clock_mono_us() + SL_DB_RETRY_MS * 1000;
    return rc;
}

static bool is_connected(const struct database *db)
{
    return db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK;
}

static sl_rc ensure_connected(struct database *db)
{
    if (is_connected(db))
        return SL_OK;
    if (sl_clock_mono_us() < db->retry_us)
        return SL_E_IO; /* the error of the last try stands */
    return connect_anew(db);
}

/* "postgresql://host:port/name", for people. */
static char *name_of(const char *url)
{
    const char *host = "", *port = "", *name = "";
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        const char **to = strcmp(o->keyword, "host") == 0     ? &host
                          : strcmp(o->keyword, "port") == 0   ? &port
                          : strcmp(o->keyword, "dbname") == 0 ? &name
                                                              : NULL;
        if (to != NULL && o->val != NULL)
            *to = o->val;
    }
    struct sl_strbuf b = {0};
    sl_strbuf_addf(&b, "postgresql://%s%s%s/%s", host, port[0] != '\0' ? ":" : "", port, name);
    char *text = sl_strdup(sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
    PQconninfoFree(options);
    PQfreemem(message);
    return text;
}

static sl_rc open_url(const char *url, bool is_to_read, struct sl_db **ret, struct sl_diag *d)
{
    struct database *db = sl_new(struct database);
    db->base.driver = &sl_db_postgres;
    db->base.name = name_of(url);
    db->url = sl_strdup(sl_cstr(url));
    db->is_to_read = is_to_read;
    sl_rc rc = connect_anew(db);
    if (rc != SL_OK) {
        (void)sl_db_fail(&db->base, rc, d);
        sl_db_close(&db->base);
        return rc;
    }
    *ret = &db->base;
    return SL_OK;
}

static void close_url(struct sl_db *base)
{
    struct database *db = database_of(base);
    PQfinish(db->conn);
    explicit_bzero(db->url, strlen(db->url)); /* the password may be in it */
    sl_free(db->url);
    sl_free(db);
}

/* ------------------------------------------------------------------ transactions */

static void rollback(struct sl_db *base)
{
    struct database *db = database_of(base);
    if (!is_connected(db) || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return;
    PQclear(PQexec(db->conn, "ROLLBACK")); /* a lost connection rolls back by itself */
}

static sl_rc begin(struct sl_db *base, enum sl_db_mode mode)
{
    static const char *const statements[] = {
        [SL_DB_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED;"
                        "SELECT pg_advisory_xact_lock(20946,"
                        " hashtext(coalesce(current_schema()::text, '')))",
        [SL_DB_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [SL_DB_ASIDE] = "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    struct database *db = database_of(base);
    sl_rc rc = SL_E_IO;
    for (int i = 0; i < TRIES; i++) {
        rc = ensure_connected(db);
        if (rc != SL_OK)
            return rc;
        rc = exec(base, statements[mode]);
        if (rc == SL_OK || is_connected(db))
            break;
    }
    if (rc != SL_OK)
        rollback(base);
    return rc;
}

/* The server answers the COMMIT of a transaction that has failed with "ROLLBACK". */
static sl_rc commit(struct sl_db *base)
{
    struct database *db = database_of(base);
    PGresult *result = PQexec(db->conn, "COMMIT");
    sl_rc rc = check(db, result);
    if (rc == SL_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        rc = SL_E_IO;
    if (rc != SL_OK && !is_connected(db))
        rc = SL_E_UNCERTAIN;
    PQclear(result);
    return rc;
}

static int64_t changes(const struct sl_db *db)
{
    return database_of(db)->changes;
}

static sl_rc read_number(struct sl_db *base, const char *sql, int64_t *ret)
{
    struct database *db = database_of(base);
    PGresult *result = PQexec(db->conn, sql);
    sl_rc rc = check(db, result);
    if (rc == SL_OK &&
        (PQntuples(result) != 1 || !sl_num_i64(sl_cstr(PQgetvalue(result, 0, 0)), ret)))
        rc = SL_E_SYNTAX;
    PQclear(result);
    return rc;
}

static sl_rc version(struct sl_db *db, int64_t *ret)
{
    int64_t is_there = 0;
    *ret = 0;
    sl_rc rc =
        read_number(db, "SELECT (to_regclass('schema_version') IS NOT NULL)::int", &is_there);
    if (rc != SL_OK || !is_there)
        return rc;
    return read_number(db, "SELECT version FROM schema_version", ret);
}

static sl_rc set_version(struct sl_db *db, int64_t to)
{
    char sql[256];
    snprintf(sql, sizeof(sql),
             "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL);"
             "DELETE FROM schema_version; INSERT INTO schema_version VALUES (%lld)",
             (long long)to);
    return exec(db, sql);
}

/* ------------------------------------------------------------------ announcements */

static sl_rc announce(struct sl_db *db)
{
    return exec(db, "NOTIFY sluice_change");
}

static void listen_to(struct sl_db *base)
{
    struct database *db = database_of(base);
    db->is_listening = true;
    if (is_connected(db) && exec(base, "LISTEN sluice_change") != SL_OK)
        db->retry_us = 0; /* the next connection listens from its begin */
}

static bool take_announcements(struct database *db)
{
    bool is_any = false;
    PGnotify *n;
    if (PQconsumeInput(db->conn) == 0)
        note_error(db, PQerrorMessage(db->conn));
    while ((n = PQnotifies(db->conn)) != NULL) {
        PQfreemem(n);
        is_any = true;
    }
    return is_any;
}

static bool wait_for(struct sl_db *base, int wake_fd, int timeout_ms)
{
    struct database *db = database_of(base);
    struct pollfd fds[] = {{.fd = wake_fd, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    if (is_connected(db)) {
        if (take_announcements(db))
            return true;
        fds[1].fd = PQsocket(db->conn);
    }
    (void)poll(fds, SL_LEN(fds), timeout_ms); /* however it ends, the caller looks anew */
    return is_connected(db) && take_announcements(db);
}

/* ------------------------------------------------------------------ queries */

/* '?' to $1, $2 ... */
static char *translate(const char *sql, int *ret_count)
{
    struct sl_strbuf b = {0};
    int n = 0;
    for (const char *p = sql; *p != '\0'; p++) {
        if (*p == '?')
            sl_strbuf_addf(&b, "$%d", ++n);
        else
            sl_strbuf_add_char(&b, *p);
    }
    SL_ASSERT(n <= PARAMETERS_MAX);
    *ret_count = n;
    char *text = sl_strdup(sl_strbuf_str(&b));
    sl_strbuf_fini(&b);
    return text;
}

static struct sl_query *query_new(struct sl_db *db, const char *sql)
{
    struct query *q = sl_new(struct query);
    q->sql = translate(sql, &q->count);
    q->number = database_of(db)->query_count++;
    return &q->base;
}

static void query_free(struct sl_query *base)
{
    struct query *q = query_of(base);
    PQclear(q->result);
    sl_free(q->sql);
    sl_free(q);
}

/* A transaction that has failed refuses this, too: then the server keeps it as long as the connection. */
static void query_forget(struct sl_query *base)
{
    struct query *q = query_of(base);
    struct database *db = database_of(base->db);
    char sql[64];
    if (q->connection != db->connection || !is_connected(db))
        return;
    snprintf(sql, sizeof(sql), "DEALLOCATE q%zu", q->number);
    PQclear(PQexec(db->conn, sql));
}

static sl_rc bind_null(struct sl_query *base, int at)
{
    struct query *q = query_of(base);
    SL_ASSERT(at >= 1 && at <= q->count);
    q->values[at - 1] = NULL;
    return SL_OK;
}

/* A text that no column can hold (NUL, no UTF-8) is like NULL: equal to nothing, and nowhere allowed. */
static sl_rc bind_text(struct sl_query *base, int at, sl_str text)
{
    struct query *q = query_of(base);
    if (memchr(text.p != NULL ? text.p : "", '\0', text.n) != NULL || !sl_utf8_is_valid(text) ||
        text.n > INT32_MAX)
        return bind_null(base, at);
    SL_ASSERT(at >= 1 && at <= q->count);
    q->values[at - 1] = text.p != NULL ? text.p : "";
    q->lengths[at - 1] = (int)text.n;
    q->formats[at - 1] = 1;
    return SL_OK;
}

static sl_rc bind_i64(struct sl_query *base, int at, int64_t v)
{
    struct query *q = query_of(base);
    SL_ASSERT(at >= 1 && at <= q->count);
    snprintf(q->numbers[at - 1], NUMBER_BYTES, "%lld", (long long)v);
    q->values[at - 1] = q->numbers[at - 1];
    q->formats[at - 1] = 0;
    return SL_OK;
}

static sl_rc take(struct query *q, PGresult *result)
{
    PQclear(q->result);
    q->result = result;
    q->at = 0;
    return check(database_of(q->base.db), result);
}

static sl_rc prepare(struct query *q, const char *name)
{
    struct database *db = database_of(q->base.db);
    if (q->connection == db->connection)
        return SL_OK;
    PGresult *result = PQprepare(db->conn, name, q->sql, 0, NULL);
    sl_rc rc = check(db, result);
    PQclear(result);
    if (rc == SL_OK)
        q->connection = db->connection;
    return rc;
}

static sl_rc run_whole(struct query *q)
{
    struct database *db = database_of(q->base.db);
    char name[32];
    snprintf(name, sizeof(name), "q%zu", q->number);
    sl_rc rc = prepare(q, name);
    if (rc != SL_OK)
        return rc;
    return take(q, PQexecPrepared(db->conn, name, q->count, q->values, q->lengths, q->formats, 0));
}

static sl_rc fetch(struct query *q)
{
    char sql[64];
    snprintf(sql, sizeof(sql), "FETCH %d FROM c%zu", FETCH_ROWS, q->number);
    return take(q, PQexec(database_of(q->base.db)->conn, sql));
}

static sl_rc open_cursor(struct query *q)
{
    struct database *db = database_of(q->base.db);
    struct sl_strbuf sql = {0};
    sl_strbuf_addf(&sql, "DECLARE c%zu NO SCROLL CURSOR FOR %s", q->number, q->sql);
    sl_strbuf_add_char(&sql, '\0');
    sl_rc rc = take(
        q, PQexecParams(db->conn, sql.p, q->count, NULL, q->values, q->lengths, q->formats, 0));
    sl_strbuf_fini(&sql);
    q->has_cursor = rc == SL_OK;
    return rc == SL_OK ? fetch(q) : rc;
}

static bool is_at_end(const struct query *q)
{
    return q->result != NULL && q->at >= PQntuples(q->result);
}

static sl_rc row(struct sl_query *base, bool *ret_is_row)
{
    struct query *q = query_of(base);
    sl_rc rc = SL_OK;
    if (q->result == NULL)
        rc = base->is_many ? open_cursor(q) : run_whole(q);
    else if (is_at_end(q) && q->has_cursor && PQntuples(q->result) == FETCH_ROWS)
        rc = fetch(q);
    *ret_is_row = rc == SL_OK && !is_at_end(q);
    q->at += *ret_is_row;
    return rc;
}

static sl_str text_at(struct sl_query *base, int column)
{
    struct query *q = query_of(base);
    if (PQgetisnull(q->result, q->at - 1, column))
        return (sl_str){NULL, 0};
    return (sl_str){PQgetvalue(q->result, q->at - 1, column),
                    (size_t)PQgetlength(q->result, q->at - 1, column)};
}

static int64_t i64_at(struct sl_query *base, int column)
{
    int64_t v;
    return sl_num_i64(text_at(base, column), &v) ? v : 0; /* NULL is 0, as with SQLite */
}

static bool is_null_at(struct sl_query *base, int column)
{
    struct query *q = query_of(base);
    return PQgetisnull(q->result, q->at - 1, column) != 0;
}

static void end(struct sl_query *base)
{
    struct query *q = query_of(base);
    struct database *db = database_of(base->db);
    char sql[64];
    if (q->has_cursor && is_connected(db) && PQtransactionStatus(db->conn) == PQTRANS_INTRANS) {
        snprintf(sql, sizeof(sql), "CLOSE c%zu", q->number);
        PQclear(PQexec(db->conn, sql)); /* the transaction's end closes it, too */
    }
    q->has_cursor = false;
    PQclear(q->result);
    q->result = NULL;
    memset(q->values, 0, sizeof(q->values));
}

const struct sl_db_driver sl_db_postgres = {
    .open = open_url,
    .close = close_url,
    .error = error_text,
    .exec = exec,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .changes = changes,
    .version = version,
    .set_version = set_version,
    .announce = announce,
    .listen = listen_to,
    .wait = wait_for,
    .query_new = query_new,
    .query_free = query_free,
    .query_forget = query_forget,
    .bind_text = bind_text,
    .bind_i64 = bind_i64,
    .bind_null = bind_null,
    .row = row,
    .i64_at = i64_at,
    .text_at = text_at,
    .is_null_at = is_null_at,
    .end = end,
};
