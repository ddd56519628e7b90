#include "store/sqlite_usage.h"
#include "base/str.h"
#include "store/usage.h"
#include "store/sqlite_scan.h"

#include <sqlite3.h>

enum column {
    AT_request_id,
#define X(column, kind, value) AT_##column,
#include "store/usage_column.def"
#undef X
#define X(ID, name, side, fallback, text) AT_tokens_##name,
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) AT_units_##counted,
#include "ai/usage_unit.def"
#undef X
    AT_attempts,
    AT_phases_us,
    COLUMN_COUNT
};

static const sl_str column_names[COLUMN_COUNT] = {
    SL_STR_INIT("request_id"),
#define X(column, kind, value) SL_STR_INIT(#column),
#include "store/usage_column.def"
#undef X
#define X(ID, name, side, fallback, text) SL_STR_INIT("tokens_" #name),
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) SL_STR_INIT("units_" #counted),
#include "ai/usage_unit.def"
#undef X
    SL_STR_INIT("attempts"),
    SL_STR_INIT("phases_us"),
};

#define TYPE_TEXT " TEXT"
#define TYPE_NUMBER " INTEGER"
#define TYPE_AMOUNT " INTEGER"
static const char declaration[] = "CREATE TABLE usage (request_id TEXT"
#define X(column, kind, value) ", " #column TYPE_##kind
#include "store/usage_column.def"
#undef X
#define X(ID, name, side, fallback, text) ", tokens_" #name " INTEGER"
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) ", units_" #counted " INTEGER"
#include "ai/usage_unit.def"
#undef X
                                  ", attempts TEXT, phases_us TEXT)";

/* By column; 0: filters do not know it. */
static const unsigned filter_numbers[COLUMN_COUNT] = {
#define X(number, column, value) [AT_##column] = number,
#include "store/usage_filter.def"
#undef X
};

struct table {
    sqlite3_vtab base;
    sqlite3 *handle;
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct sl_sqlite_scan *scan;
    int code; /* of its last step */
};

/* ------------------------------------------------------------------ values */

static void result_text(sqlite3_context *to, sl_str s)
{
    sqlite3_result_text64(to, s.n != 0 ? s.p : "", s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void result_amount(sqlite3_context *to, int64_t nusd)
{
    if (nusd < 0)
        sqlite3_result_null(to);
    else
        sqlite3_result_int64(to, nusd);
}

/* Empty: NULL. */
static void result_written(sqlite3_context *to, struct sl_strbuf *json)
{
    if (json->n != 0)
        result_text(to, sl_strbuf_str(json));
    else
        sqlite3_result_null(to);
    sl_strbuf_fini(json);
}

static void result_attempts(sqlite3_context *to, const struct sl_record *r)
{
    struct sl_strbuf json = {0};
    sl_usage_write_attempts(r, &json);
    result_written(to, &json);
}

static void result_phases(sqlite3_context *to, const struct sl_record *r)
{
    struct sl_strbuf json = {0};
    sl_usage_write_phases(r, &json);
    result_written(to, &json);
}

#define RESULT_TEXT result_text
#define RESULT_NUMBER sqlite3_result_int64
#define RESULT_AMOUNT result_amount

static void result_of_record(sqlite3_context *to, const struct sl_record *r, enum column column)
{
    switch (column) {
    case AT_request_id:
        result_text(to, r->request_id);
        return;
#define X(column, kind, value)    \
    case AT_##column:             \
        RESULT_##kind(to, value); \
        return;
#include "store/usage_column.def"
#undef X
#define X(ID, name, side, fallback, text)        \
    case AT_tokens_##name:                       \
        sqlite3_result_int64(to, r->usage.name); \
        return;
#include "ai/usage_bucket.def"
#undef X
#define X(ID, counted, price, pico_usd, role, text) \
    case AT_units_##counted:                        \
        sqlite3_result_int64(to, r->usage.counted); \
        return;
#include "ai/usage_unit.def"
#undef X
    case AT_attempts:
        result_attempts(to, r);
        return;
    case AT_phases_us:
        result_phases(to, r);
        return;
    case COLUMN_COUNT:
        break;
    }
    sqlite3_result_null(to);
}

/* What is a text or a number there; NULL else. */
static void result_of_object(sqlite3_context *to, const struct sl_json *object, enum column column)
{
    const struct sl_json *v = sl_json_get(object, column_names[column]);
    int64_t number;
    if (sl_json_text(v).p != NULL)
        result_text(to, sl_json_text(v));
    else if (sl_json_i64(v, &number))
        sqlite3_result_int64(to, number);
    else
        sqlite3_result_null(to);
}

/* ------------------------------------------------------------------ which way */

/* An argument of the cursor: two characters in idxStr, what it bounds and how. */
enum { OF_ROW = 'r', OF_TIME = 't', OF_VALUE = 'A' /* + the number of the filter's column */ };
enum { BEHIND = '>', FROM = ']', UNTIL = '<', EQUAL = '=' };
enum { BY_NUMBER, BY_TIME }; /* idxNum */

static char bound_of(unsigned char op)
{
    switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return EQUAL;
    case SQLITE_INDEX_CONSTRAINT_GT:
        return BEHIND;
    case SQLITE_INDEX_CONSTRAINT_GE:
        return FROM;
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
        return UNTIL;
    }
    return '\0';
}

/* '\0': nothing that helps. */
static char subject_of(sqlite3_index_info *info, int i, char bound)
{
    int column = info->aConstraint[i].iColumn;
    if (column == -1)
        return OF_ROW;
    if (column == AT_wall_us)
        return OF_TIME;
    bool is_binary = sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") == 0;
    return bound == EQUAL && is_binary && filter_numbers[column] != 0
               ? (char)(OF_VALUE + filter_numbers[column])
               : '\0';
}

static bool is_newest_first(const sqlite3_index_info *info)
{
    const struct sqlite3_index_orderby *by = info->aOrderBy;
    return info->nOrderBy >= 1 && info->nOrderBy <= 2 && by[0].iColumn == AT_wall_us &&
           by[0].desc != 0 &&
           (info->nOrderBy == 1 || (by[1].iColumn == AT_request_id && by[1].desc != 0));
}

static bool is_by_number(const sqlite3_index_info *info)
{
    return info->nOrderBy == 1 && info->aOrderBy[0].iColumn == -1 && info->aOrderBy[0].desc == 0;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    char *ways = sqlite3_malloc(2 * info->nConstraint + 1);
    int n = 0;
    (void)table;
    if (ways == NULL)
        return SQLITE_NOMEM;
    info->estimatedCost = 1e9;
    for (int i = 0; i < info->nConstraint; i++) {
        char bound = bound_of(info->aConstraint[i].op);
        char subject = bound != '\0' ? subject_of(info, i, bound) : '\0';
        if (!info->aConstraint[i].usable || subject == '\0')
            continue;
        ways[2 * n] = subject;
        ways[2 * n + 1] = bound;
        info->aConstraintUsage[i].argvIndex = ++n; /* and checked again, row by row */
        info->estimatedCost /= 10;
    }
    ways[2 * n] = '\0';
    info->idxStr = ways;
    info->needToFreeIdxStr = 1;
    info->idxNum = is_newest_first(info) ? BY_TIME : BY_NUMBER;
    info->orderByConsumed = info->idxNum == BY_TIME || is_by_number(info);
    return SQLITE_OK;
}

static void add_bound(int64_t *from, int64_t *until, char bound, sqlite3_value *v)
{
    if (sqlite3_value_type(v) != SQLITE_INTEGER)
        return; /* SQLite checks it */
    int64_t at = sqlite3_value_int64(v);
    if (bound == BEHIND)
        *from = SL_MAX(*from, sl_add_sat_i64(at, 1));
    if (bound == FROM || bound == EQUAL)
        *from = SL_MAX(*from, at);
    if (bound == UNTIL || bound == EQUAL)
        *until = SL_MIN(*until, at);
}

static void add_value(struct sl_usage_range *range, unsigned number, sqlite3_value *v)
{
    if (sqlite3_value_type(v) != SQLITE_TEXT || range->hash_count == SL_SQLITE_SCAN_FILTERS)
        return;
    sl_str text = {(const char *)sqlite3_value_text(v), (size_t)sqlite3_value_bytes(v)};
    if (text.n != 0) /* filters have no empty ones */
        range->hashes[range->hash_count++] = sl_usage_filter_hash(number, text);
}

static struct sl_usage_range range_of(int order, const char *ways, sqlite3_value **argv)
{
    struct sl_usage_range range = SL_USAGE_RANGE_ALL;
    range.is_by_time = order == BY_TIME;
    for (; *ways != '\0'; ways += 2, argv++) {
        if (ways[0] == OF_ROW)
            add_bound(&range.first_row, &range.last_row, ways[1], *argv);
        else if (ways[0] == OF_TIME)
            add_bound(&range.first_us, &range.last_us, ways[1], *argv);
        else
            add_value(&range, (unsigned)(ways[0] - OF_VALUE), *argv);
    }
    return range;
}

/* ------------------------------------------------------------------ cursors */

static struct cursor *cursor_of(sqlite3_vtab_cursor *base)
{
    return SL_CONTAINER(base, struct cursor, base);
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret)
{
    (void)table;
    *ret = &sl_new(struct cursor)->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
    sl_sqlite_scan_free(cursor_of(base)->scan);
    sl_free(cursor_of(base));
    return SQLITE_OK;
}

/* The table's words for what its blocks' statement says. */
static int tell(struct cursor *c, int code)
{
    struct table *t = SL_CONTAINER(c->base.pVtab, struct table, base);
    sqlite3_free(c->base.pVtab->zErrMsg);
    c->base.pVtab->zErrMsg = sqlite3_mprintf("usage: %s", sqlite3_errmsg(t->handle));
    return code;
}

static int next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = cursor_of(base);
    c->code = sl_sqlite_scan_next(c->scan);
    return c->code == SQLITE_ROW || c->code == SQLITE_DONE ? SQLITE_OK : tell(c, c->code);
}

static int filter(sqlite3_vtab_cursor *base, int order, const char *ways, int argc,
                  sqlite3_value **argv)
{
    struct cursor *c = cursor_of(base);
    struct sl_usage_range range = range_of(order, argc != 0 ? ways : "", argv);
    sl_sqlite_scan_free(c->scan);
    c->scan = NULL;
    int code =
        sl_sqlite_scan_new(SL_CONTAINER(base->pVtab, struct table, base)->handle, &range, &c->scan);
    return code == SQLITE_OK ? next(base) : tell(c, code);
}

static int is_at_end(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->code != SQLITE_ROW;
}

static int column_at(sqlite3_vtab_cursor *base, sqlite3_context *to, int column)
{
    const struct sl_usage_row *row = sl_sqlite_scan_row(cursor_of(base)->scan);
    if (row->form == SL_USAGE_FRAMES)
        result_of_record(to, &row->record, (enum column)column);
    else
        result_of_object(to, row->object, (enum column)column);
    return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
    *ret = sl_sqlite_scan_row(cursor_of(base)->scan)->number;
    return SQLITE_OK;
}

/* ------------------------------------------------------------------ the table */

static int connect_table(sqlite3 *handle, void *arg, int argc, const char *const *argv,
                         sqlite3_vtab **ret, char **ret_error)
{
    (void)arg;
    (void)argc;
    (void)argv;
    (void)ret_error;
    int code = sqlite3_declare_vtab(handle, declaration);
    if (code != SQLITE_OK)
        return code;
    struct table *t = sl_new(struct table);
    t->handle = handle;
    *ret = &t->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *base)
{
    sl_free(SL_CONTAINER(base, struct table, base));
    return SQLITE_OK;
}

/* Without xCreate the table is there by its name alone; without xUpdate it is read-only. */
static const sqlite3_module module = {
    .xConnect = connect_table,
    .xDisconnect = disconnect_table,
    .xBestIndex = best_index,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next,
    .xEof = is_at_end,
    .xColumn = column_at,
    .xRowid = row_id,
};

bool sl_sqlite_usage_add(struct sqlite3 *handle)
{
    return sqlite3_create_module(handle, "usage", &module, NULL) == SQLITE_OK;
}
