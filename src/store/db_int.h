/**
 * db_int: what an engine gives to store/db.c.
 *
 * A driver's database and queries begin with the structs below. db.c keeps the queries by their text,
 * sees to it that nothing is done with a query that has failed, and calls the driver for the rest.
 */
#pragma once
#include "store/db.h"

enum sl_db_mode { SL_DB_WRITE, SL_DB_READ, SL_DB_ASIDE };

struct sl_db_driver {
    sl_rc (*open)(const char *where, bool is_to_read, struct sl_db **ret, struct sl_diag *d);
    void (*close)(struct sl_db *db); /* the queries are freed already */
    sl_str (*error)(const struct sl_db *db);
    sl_rc (*exec)(struct sl_db *db, const char *sql);
    sl_rc (*begin)(struct sl_db *db, enum sl_db_mode mode);
    sl_rc (*commit)(struct sl_db *db);
    void (*rollback)(struct sl_db *db);
    int64_t (*changes)(const struct sl_db *db);
    sl_rc (*version)(struct sl_db *db, int64_t *ret);
    sl_rc (*set_version)(struct sl_db *db, int64_t version);
    sl_rc (*announce)(struct sl_db *db);
    void (*listen)(struct sl_db *db);
    bool (*wait)(struct sl_db *db, int wake_fd, int timeout_ms);

    /* A failure to prepare is left in the query's rc. */
    struct sl_query *(*query_new)(struct sl_db *db, const char *sql);
    void (*query_free)(struct sl_query *q);
    void (*query_forget)(
        struct sl_query *q); /* before it is freed while the database stays; NULL: nothing to do */
    sl_rc (*bind_text)(struct sl_query *q, int at, sl_str text);
    sl_rc (*bind_i64)(struct sl_query *q, int at, int64_t v);
    sl_rc (*bind_null)(struct sl_query *q, int at);
    sl_rc (*row)(struct sl_query *q, bool *ret_is_row);
    int64_t (*i64_at)(struct sl_query *q, int column);
    sl_str (*text_at)(struct sl_query *q, int column);
    bool (*is_null_at)(struct sl_query *q, int column);
    void (*end)(struct sl_query *q);
};

struct sl_query {
    struct sl_db *db;
    char *sql;
    sl_rc rc;
    bool is_many;
    bool is_in_use; /* until sl_query_end */
    uint64_t used;  /* which use of all was its last */
};

struct sl_db {
    const struct sl_db_driver *driver;
    char *name; /* for people: no password */
    struct sl_query *queries[SL_DB_QUERIES_MAX];
    size_t query_count;
    uint64_t uses;           /* of queries, ever */
    struct sl_query *failed; /* could not be prepared: kept until the next one */
};
