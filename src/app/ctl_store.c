/*
 * sluice backup, restore, reseal: what is done to a store as a whole, whether the gateway runs or not.
 */
#include "app/cli.h"
#include "app/load.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/str.h"
#include "store/backup.h"
#include "store/reseal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the store and the master key are. */
struct place {
    const char *store, *key;
};

static const char *key_of(struct sl_cli *cli, const char *dir)
{
    const char *named = getenv("SLUICE_MASTER_KEY_FILE");
    return named != NULL && named[0] != '\0' ? named : sl_fmt(cli->arena, "%s/master.key", dir).p;
}

/* As the gateway with this configuration finds it. */
static sl_rc place_of_config(struct sl_cli *cli, const char *path, struct place *ret,
                             struct sl_diag *d)
{
    sl_str file = sl_cstr(path);
    struct sl_files *files;
    struct sl_loaded *loaded = NULL;
    sl_rc rc = sl_files_load((struct sl_strs){&file, 1}, (sl_str){NULL, 0}, &files, d);
    if (rc == SL_OK)
        rc = sl_load(files, NULL, NULL, 1, &loaded, d);
    if (rc == SL_OK) {
        const struct sl_gateway_config *g = &loaded->gateway;
        const char *dir = sl_arena_dup(cli->arena, g->data_dir).p;
        ret->store = g->store.n != 0 ? sl_arena_dup(cli->arena, g->store).p
                                     : sl_fmt(cli->arena, "%s/control.db", dir).p;
        ret->key = key_of(cli, dir);
    }
    sl_loaded_free(loaded);
    sl_files_free(files);
    return rc;
}

/* Takes the options out of the words. */
static sl_rc find_place(struct sl_cli *cli, struct place *ret, struct sl_diag *d)
{
    const char *config = sl_cli_option(cli, "--config"), *dir = sl_cli_data_dir(cli);
    const char *store = sl_cli_option(cli, "--store");
    if (config != NULL)
        return place_of_config(cli, config, ret, d);
    ret->store = store != NULL ? store : sl_fmt(cli->arena, "%s/control.db", dir).p;
    ret->key = key_of(cli, dir);
    return SL_OK;
}

static int finish(sl_rc rc, const struct sl_diag *d)
{
    if (rc == SL_OK)
        return 0;
    sl_print_problems(d);
    return 1;
}

static struct sl_diag *new_diag(struct sl_cli *cli)
{
    struct sl_diag *d = sl_arena_new_of(cli->arena, struct sl_diag);
    sl_diag_init(d, cli->arena);
    return d;
}

/* ------------------------------------------------------------------ backup */

static sl_rc write_backup(struct sl_cli *cli, const struct place *place, const char *path,
                          struct sl_backup_about *about, struct sl_diag *d)
{
    *about = (struct sl_backup_about){
        .program = SL_STR(SLUICE_VERSION),
        .created_at = sl_fmt_rfc3339(cli->arena, sl_clock_wall_us()),
    };
    return sl_backup_save(place->store, &sl_schema_control, path, about, d);
}

int sl_cmd_backup(struct sl_cli *cli)
{
    struct sl_diag *d = new_diag(cli);
    struct sl_backup_about about;
    struct place place = {0};
    sl_rc rc = find_place(cli, &place, d);
    if (sl_cli_has_unknown_option(cli) || cli->argc != 1) {
        fprintf(stderr,
                "usage: sluice backup FILE [--config FILE | --data-dir DIR | --store URL]\n");
        return 2;
    }
    if (rc == SL_OK)
        rc = write_backup(cli, &place, cli->argv[0], &about, d);
    if (rc == SL_OK)
        printf(
            "%lld rows, schema %lld. Secrets in it are sealed: keep a copy of %s apart from it.\n",
            (long long)about.rows, (long long)about.schema, place.key);
    return finish(rc, d);
}

/* ------------------------------------------------------------------ restore */

static sl_rc restore_from(const struct place *place, const char *path, bool may_replace,
                          struct sl_backup_about *about, struct sl_diag *d)
{
    struct sl_db *db;
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return sl_diag_fail(d, SL_E_IO, "", "cannot read '%s': %s", path, strerror(errno));
    sl_rc rc = sl_db_open(place->store, &db, d);
    if (rc == SL_OK) {
        rc = sl_backup_read(db, &sl_schema_control, in, may_replace, about, d);
        sl_db_close(db);
    }
    (void)fclose(in); /* only read from */
    return rc;
}

int sl_cmd_restore(struct sl_cli *cli)
{
    struct sl_diag *d = new_diag(cli);
    struct sl_backup_about about;
    struct place place = {0};
    bool may_replace = sl_cli_flag(cli, "--replace");
    sl_rc rc = find_place(cli, &place, d);
    if (sl_cli_has_unknown_option(cli) || cli->argc != 1) {
        fprintf(stderr, "usage: sluice restore FILE [--config FILE | --data-dir DIR | --store URL]"
                        " [--replace]\n");
        return 2;
    }
    if (rc == SL_OK)
        rc = restore_from(&place, cli->argv[0], may_replace, &about, d);
    if (rc == SL_OK)
        printf(
            "%lld rows of %.*s, made by Sluice %.*s. Its secrets need the master key that they were "
            "sealed with: %s.\n",
            (long long)about.rows, SL_STRF(about.created_at), SL_STRF(about.program), place.key);
    return finish(rc, d);
}

/* ------------------------------------------------------------------ reseal */

static sl_rc reseal(const struct place *place, struct sl_reseal_counts *counts, struct sl_diag *d)
{
    struct sl_vault *vault;
    struct sl_db *db;
    if (access(place->key, R_OK) != 0)
        return sl_diag_fail(d, SL_E_IO, "", "cannot read '%s': %s", place->key, strerror(errno));
    sl_rc rc = sl_vault_open(place->key, &vault, d);
    if (rc != SL_OK)
        return rc;
    rc = sl_db_open(place->store, &db, d);
    if (rc == SL_OK) {
        rc = sl_db_check_schema(db, &sl_schema_control, d);
        if (rc == SL_OK)
            rc = sl_reseal(db, vault, counts, d);
        sl_db_close(db);
    }
    sl_vault_free(vault);
    return rc;
}

int sl_cmd_reseal(struct sl_cli *cli)
{
    struct sl_diag *d = new_diag(cli);
    struct sl_reseal_counts counts = {0};
    struct place place = {0};
    sl_rc rc = find_place(cli, &place, d);
    if (sl_cli_has_unknown_option(cli) || cli->argc != 0) {
        fprintf(stderr, "usage: sluice reseal [--config FILE | --data-dir DIR | --store URL]\n");
        return 2;
    }
    if (rc == SL_OK)
        rc = reseal(&place, &counts, d);
    if (rc == SL_OK)
        printf("%lld secrets sealed anew, %lld were already.\n", (long long)counts.resealed,
               (long long)counts.current);
    return finish(rc, d);
}
