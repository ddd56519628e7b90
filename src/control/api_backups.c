/*
 * Backups that this node has made: one more, which there are, one as a file, its end. What is in them is sealed
 * like in the store, and still everything: to take one away needs a permission of its own and is told in the
 * audit trail.
 */
#include "base/clock.h"
#include "base/str.h"
#include "control/api_int.h"
#include "control/backing.h"

#include <unistd.h>

#define BACKUP_SCHEMA                                                                            \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"name\",\"bytes\","      \
    "\"is_whole\"],\"properties\":{\"name\":{\"type\":\"string\"},\"bytes\":{\"type\":"          \
    "\"integer\"},\"is_whole\":{\"type\":\"boolean\",\"description\":\"It begins and ends as a " \
    "backup does.\"},\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},"             \
    "\"program\":{\"type\":\"string\",\"description\":\"The version of Sluice that made it.\"}," \
    "\"schema\":{\"type\":\"integer\"},\"rows\":{\"type\":\"integer\"},\"by\":{\"type\":"        \
    "\"string\"}}}"

const char sl_api_backup_schema[] = BACKUP_SCHEMA;
const char sl_api_backups_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\",\"directory\",\"restore_command\",\"master_key\"],"
    "\"properties\":{\"items\":{\"type\":\"array\",\"items\":" BACKUP_SCHEMA "},\"directory\":{"
    "\"type\":\"string\",\"description\":\"Of this node.\"},\"in_progress_since\":{\"type\":"
    "\"string\",\"format\":\"date-time\"},\"in_progress_bytes\":{\"type\":\"integer\","
    "\"description\":\"Of that one, written so far.\"},"
    "\"restore_command\":{\"type\":\"string\",\"description\":"
    "\"How one is taken back.\"},\"master_key\":{\"type\":\"string\",\"description\":\"The file that "
    "opens the secrets in it, which is in none.\"}}}";

static struct sl_node *show(struct sl_arena *a, const struct sl_backup_file *f)
{
    const struct sl_backup_about *about = &f->about;
    struct sl_node *n = sl_tree_map(a);
    sl_tree_put_str(a, n, "name", f->name);
    sl_tree_put(n, SL_STR("bytes"), sl_tree_i64(a, (int64_t)f->bytes));
    sl_tree_put(n, SL_STR("is_whole"), sl_tree_bool(a, f->is_whole));
    if (about->schema == 0)
        return n; /* it does not say */
    sl_tree_put_str(a, n, "created_at", about->created_at);
    sl_tree_put_str(a, n, "program", about->program);
    sl_tree_put(n, SL_STR("schema"), sl_tree_i64(a, about->schema));
    sl_tree_put(n, SL_STR("rows"), sl_tree_i64(a, about->rows));
    if (about->by.n != 0)
        sl_tree_put_str(a, n, "by", about->by);
    return n;
}

/* How one is taken back; the store's URL may have a password and is not told. */
static sl_str restore_command(struct sl_call *c)
{
    const struct sl_control_config *config = &c->control->config;
    return config->store == NULL
               ? sl_fmt(c->a, "sluice restore FILE --data-dir %s --replace", config->dir)
               : SL_STR("sluice restore FILE --store URL --replace");
}

/* Not in any backup, on purpose. */
static sl_str key_path(struct sl_call *c)
{
    const struct sl_control_config *config = &c->control->config;
    return config->master_key_path != NULL ? sl_cstr(config->master_key_path)
                                           : sl_fmt(c->a, "%s/master.key", config->dir);
}

static void fail(struct sl_call *c, sl_rc rc)
{
    sl_call_fail(c, rc, rc == SL_E_NOTFOUND ? "this node has no such backup" : NULL);
}

void sl_api_backups(struct sl_call *c)
{
    struct sl_backup_file *v;
    size_t n;
    const char *dir = sl_backing_dir(c->control, c->a);
    int64_t began_us = sl_backing_began_us(c->control);
    struct sl_tree_tail items = sl_tree_tail(c->a);
    struct sl_node *body = sl_tree_map(c->a);
    sl_rc rc = sl_backups_list(dir, c->a, &v, &n, c->d);
    if (rc != SL_OK) {
        fail(c, rc);
        return;
    }
    for (size_t i = 0; i < n; i++)
        sl_tree_add(&items, show(c->a, &v[i]));
    sl_tree_put(body, SL_STR("items"), items.list);
    sl_tree_put_str(c->a, body, "directory", sl_cstr(dir));
    if (began_us != 0) {
        int64_t written = (int64_t)sl_backups_unfinished(dir);
        sl_tree_put(body, SL_STR("in_progress_since"), sl_tree_time(c->a, began_us));
        sl_tree_put(body, SL_STR("in_progress_bytes"), sl_tree_i64(c->a, written));
    }
    sl_tree_put_str(c->a, body, "restore_command", restore_command(c));
    sl_tree_put_str(c->a, body, "master_key", key_path(c));
    sl_call_tree(c, 200, body);
}

void sl_api_backup(struct sl_call *c)
{
    struct sl_backup_file f;
    sl_rc rc = sl_backups_find(sl_backing_dir(c->control, c->a), c->key, c->a, &f);
    if (rc == SL_OK)
        sl_call_tree(c, 200, show(c->a, &f));
    else
        fail(c, rc);
}

/* Told of first: that it was tried is worth knowing, too. */
static bool tell(struct sl_call *c, const char *action, sl_str name)
{
    struct sl_work w;
    return sl_call_write(c, &w) && sl_call_settle(c, &w, sl_backing_note(&w, action, name));
}

void sl_api_make_backup(struct sl_call *c)
{
    struct sl_backup_file f;
    sl_rc rc = sl_backing_make(c->control, SL_BACKUP_ASKED, c->actor.name, sl_clock_wall_us(), c->a,
                               &f, c->d);
    if (rc != SL_OK)
        fail(c, rc);
    else if (tell(c, "backup.create", f.name))
        sl_call_tree(c, 201, show(c->a, &f));
}

static void close_file(void *file)
{
    (void)close(((struct sl_api_file *)file)->fd); /* only read from */
}

void sl_api_download_backup(struct sl_call *c)
{
    struct sl_api_file *file = sl_arena_new_of(c->a, struct sl_api_file);
    const char *dir = sl_backing_dir(c->control, c->a);
    sl_rc rc = sl_backups_open(dir, c->key, c->a, &file->fd, &file->bytes);
    if (rc != SL_OK) {
        fail(c, rc);
        return;
    }
    sl_arena_defer(c->a, close_file, file);
    if (!tell(c, "backup.download", c->key))
        return;
    c->answer->status = 200;
    c->answer->type = SL_STR("application/jsonl");
    c->answer->file = file;
    sl_call_header(c, "content-disposition",
                   sl_fmt(c->a, "attachment; filename=\"%.*s\"", SL_STRF(c->key)));
}

void sl_api_delete_backup(struct sl_call *c)
{
    const char *dir = sl_backing_dir(c->control, c->a);
    struct sl_backup_file f;
    sl_rc rc = sl_backups_find(dir, c->key, c->a, &f);
    if (rc == SL_OK && !tell(c, "backup.delete", c->key))
        return;
    if (rc == SL_OK)
        rc = sl_backups_delete(dir, c->key, c->a);
    if (rc == SL_OK)
        c->answer->status = 204;
    else
        fail(c, rc);
}
