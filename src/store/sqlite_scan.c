#include "store/sqlite_scan.h"
#include "base/str.h"

#include <sqlite3.h>

enum { OBJECT_BYTES_MAX = 1 << 20 };

/* A request that waits for its turn: its bytes, then its id. */
struct entry {
    int64_t us, number;
    enum sl_usage_form form;
    sl_str bytes, id;
    char copy[];
};

/* What is left of a block. */
struct walk {
    enum sl_usage_form form;
    sl_str rest;
    int64_t number; /* of its next request */
};

struct sl_sqlite_scan {
    struct sl_usage_range range;
    sqlite3_stmt *blocks;
    bool has_block;   /* the statement stands on a block that was not read yet */
    int64_t block_us; /* the latest start in it */
    struct walk walk;
    struct entry **heap; /* the newest first */
    size_t count, capacity;
    struct entry *held; /* what the row's texts are in */
    struct sl_usage_row row;
    struct sl_record_room room; /* of the row */
    struct sl_arena *arena;     /* of the row */
};

/* ------------------------------------------------------------------ blocks */

#define COLUMNS "SELECT first_row, last_us, form, filter, data FROM usage_block "

static const char by_number[] =
    COLUMNS "WHERE first_row >= coalesce((SELECT max(first_row) FROM usage_block WHERE "
            "first_row <= ?1), ?1) AND first_row <= ?2 AND last_us >= ?3 AND first_us <= ?4 "
            "ORDER BY first_row";
static const char by_time[] =
    COLUMNS "WHERE first_row <= ?2 AND last_us >= ?3 AND first_us <= ?4 ORDER BY last_us DESC";

enum { AT_FIRST_ROW, AT_LAST_US, AT_FORM, AT_FILTER, AT_DATA };

static sl_str blob_at(sqlite3_stmt *q, int column)
{
    const char *p = sqlite3_column_blob(q, column);
    return (sl_str){p, p != NULL ? (size_t)sqlite3_column_bytes(q, column) : 0};
}

static bool may_have_all(const struct sl_sqlite_scan *s)
{
    sl_str filter = blob_at(s->blocks, AT_FILTER);
    for (size_t i = 0; i < s->range.hash_count; i++) {
        if (!sl_usage_filter_may_have(filter, s->range.hashes[i]))
            return false;
    }
    return true;
}

/* To the next block that is worth reading. */
static int next_block(struct sl_sqlite_scan *s)
{
    int code;
    do
        code = sqlite3_step(s->blocks);
    while (code == SQLITE_ROW && !may_have_all(s));
    s->has_block = code == SQLITE_ROW;
    if (s->has_block)
        s->block_us = sqlite3_column_int64(s->blocks, AT_LAST_US);
    return code;
}

/* Its bytes are the statement's, until next_block. */
static struct walk walk_of(const struct sl_sqlite_scan *s)
{
    return (struct walk){
        .form = sqlite3_column_int(s->blocks, AT_FORM) == SL_USAGE_FRAMES ? SL_USAGE_FRAMES
                                                                          : SL_USAGE_OBJECT,
        .rest = blob_at(s->blocks, AT_DATA),
        .number = sqlite3_column_int64(s->blocks, AT_FIRST_ROW),
    };
}

/* ------------------------------------------------------------------ requests */

static int read_object(struct sl_sqlite_scan *s, sl_str bytes)
{
    struct sl_jsonscan_info info;
    sl_arena_reset(s->arena);
    s->row.record = (struct sl_record){0};
    if (sl_json_parse(bytes, s->arena, &s->row.object, &info) != SL_OK)
        return SQLITE_CORRUPT;
    s->row.record.request_id = sl_json_text(sl_json_get(s->row.object, SL_STR("request_id")));
    if (!sl_json_i64(sl_json_get(s->row.object, SL_STR("wall_us")), &s->row.record.wall_us))
        return SQLITE_CORRUPT;
    return SQLITE_OK;
}

/* The request at the start of `bytes` into the row. */
static int read_row(struct sl_sqlite_scan *s, enum sl_usage_form form, sl_str bytes,
                    size_t *ret_bytes)
{
    s->row.form = form;
    s->row.object = NULL;
    if (form == SL_USAGE_FRAMES)
        return sl_record_decode(bytes, &s->room, &s->row.record, ret_bytes) == SL_OK
                   ? SQLITE_OK
                   : SQLITE_CORRUPT;
    *ret_bytes = bytes.n;
    return read_object(s, bytes);
}

static bool is_in_range(const struct sl_sqlite_scan *s)
{
    const struct sl_usage_range *in = &s->range;
    return s->row.number >= in->first_row && s->row.number <= in->last_row &&
           s->row.record.wall_us >= in->first_us && s->row.record.wall_us <= in->last_us;
}

/* The walk's next one into the row; its bytes in *ret. */
static int take_row(struct sl_sqlite_scan *s, struct walk *w, sl_str *ret)
{
    size_t n = 0;
    int code = read_row(s, w->form, w->rest, &n);
    *ret = sl_str_head(w->rest, n);
    w->rest = sl_str_from(w->rest, n);
    s->row.number = w->number++;
    return code;
}

static int next_by_number(struct sl_sqlite_scan *s)
{
    sl_str bytes;
    for (;;) {
        while (s->walk.rest.n != 0) {
            int code = take_row(s, &s->walk, &bytes);
            if (code != SQLITE_OK)
                return code;
            if (is_in_range(s))
                return SQLITE_ROW;
        }
        int code = next_block(s);
        if (code != SQLITE_ROW)
            return code;
        s->walk = walk_of(s);
    }
}

/* ------------------------------------------------------------------ newest first */

static bool is_newer(const struct entry *a, const struct entry *b)
{
    return a->us != b->us ? a->us > b->us : sl_str_cmp(a->id, b->id) > 0;
}

static void swap(struct entry **a, struct entry **b)
{
    struct entry *was = *a;
    *a = *b;
    *b = was;
}

static void push(struct sl_sqlite_scan *s, struct entry *e)
{
    if (s->count == s->capacity) {
        s->capacity = SL_MAX(s->capacity * 2, (size_t)64);
        s->heap = sl_realloc(s->heap, s->capacity * sizeof(*s->heap));
    }
    size_t at = s->count++;
    s->heap[at] = e;
    for (size_t up; at != 0 && is_newer(s->heap[at], s->heap[up = (at - 1) / 2]); at = up)
        swap(&s->heap[at], &s->heap[up]);
}

static struct entry *pop(struct sl_sqlite_scan *s)
{
    struct entry *top = s->heap[0];
    s->heap[0] = s->heap[--s->count];
    for (size_t at = 0, best = 0;; at = best) {
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->count; child++) {
            if (is_newer(s->heap[child], s->heap[best]))
                best = child;
        }
        if (best == at)
            return top;
        swap(&s->heap[at], &s->heap[best]);
    }
}

/* NULL: no memory. */
static struct entry *entry_of(const struct sl_usage_row *row, sl_str bytes)
{
    sl_str id = row->record.request_id;
    struct entry *e = sl_try_calloc(1, sizeof(*e) + bytes.n + id.n);
    if (e == NULL)
        return NULL;
    e->us = row->record.wall_us;
    e->number = row->number;
    e->form = row->form;
    memcpy(e->copy, bytes.p, bytes.n);
    if (id.n != 0)
        memcpy(e->copy + bytes.n, id.p, id.n);
    e->bytes = (sl_str){e->copy, bytes.n};
    e->id = (sl_str){e->copy + bytes.n, id.n};
    return e;
}

static int load_block(struct sl_sqlite_scan *s)
{
    struct walk w = walk_of(s);
    sl_str bytes;
    while (w.rest.n != 0) {
        int code = take_row(s, &w, &bytes);
        if (code != SQLITE_OK)
            return code;
        if (!is_in_range(s))
            continue;
        struct entry *e = entry_of(&s->row, bytes);
        if (e == NULL)
            return SQLITE_NOMEM;
        push(s, e);
    }
    return SQLITE_OK;
}

/* A block that is not read yet may have what is newer than all that is. */
static bool must_load(const struct sl_sqlite_scan *s)
{
    return s->has_block && (s->count == 0 || s->block_us >= s->heap[0]->us);
}

static int next_by_time(struct sl_sqlite_scan *s)
{
    int code = SQLITE_OK;
    size_t n;
    sl_free(s->held);
    s->held = NULL;
    while (code == SQLITE_OK && must_load(s)) {
        code = load_block(s);
        if (code == SQLITE_OK)
            code = next_block(s);
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            code = SQLITE_OK;
    }
    if (code != SQLITE_OK)
        return code;
    if (s->count == 0)
        return SQLITE_DONE;
    s->held = pop(s);
    s->row.number = s->held->number;
    code = read_row(s, s->held->form, s->held->bytes, &n);
    return code == SQLITE_OK ? SQLITE_ROW : code;
}

/* ------------------------------------------------------------------ lifetime */

int sl_sqlite_scan_new(struct sqlite3 *handle, const struct sl_usage_range *range,
                       struct sl_sqlite_scan **ret)
{
    struct sl_sqlite_scan *s = sl_new(struct sl_sqlite_scan);
    s->range = *range;
    s->arena = sl_arena_new("usage row", OBJECT_BYTES_MAX);
    int code =
        sqlite3_prepare_v2(handle, range->is_by_time ? by_time : by_number, -1, &s->blocks, NULL);
    if (code == SQLITE_OK) {
        const int64_t bounds[] = {range->first_row, range->last_row, range->first_us,
                                  range->last_us};
        for (int i = range->is_by_time; i < (int)SL_LEN(bounds) && code == SQLITE_OK; i++)
            code = sqlite3_bind_int64(s->blocks, i + 1, bounds[i]);
    }
    if (code == SQLITE_OK && range->is_by_time) {
        code = next_block(s);
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            code = SQLITE_OK;
    }
    if (code != SQLITE_OK) {
        sl_sqlite_scan_free(s);
        return code;
    }
    *ret = s;
    return SQLITE_OK;
}

void sl_sqlite_scan_free(struct sl_sqlite_scan *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        sl_free(s->heap[i]);
    sl_free(s->heap);
    sl_free(s->held);
    (void)sqlite3_finalize(s->blocks); /* tells the last step's failure again */
    sl_arena_free(s->arena);
    sl_free(s);
}

int sl_sqlite_scan_next(struct sl_sqlite_scan *s)
{
    return s->range.is_by_time ? next_by_time(s) : next_by_number(s);
}

const struct sl_usage_row *sl_sqlite_scan_row(const struct sl_sqlite_scan *s)
{
    return &s->row;
}
