#include "store/migrate.h"

static sl_rc refuse_newer(const struct sl_schema *schema, int64_t version, struct sl_diag *d)
{
    return sl_diag_fail(d, SL_E_UNSUPPORTED, "database",
                        "its schema is version %lld, and this program knows up to %zu: run the "
                        "Sluice that wrote it, or a later one, or restore a backup from before",
                        (long long)version, schema->count);
}

/* Another program may have done the step while we waited for the lock: then nothing happens. */
static sl_rc run_step(struct sl_db *db, const struct sl_migration *m)
{
    int64_t version;
    sl_rc rc = sl_db_begin(db);
    if (rc != SL_OK)
        return rc;
    rc = sl_db_version(db, &version);
    if (rc == SL_OK && version + 1 == (int64_t)m->version) {
        bool has_own = m->postgres != NULL && sl_db_is_postgres(db);
        rc = sl_db_exec(db, has_own ? m->postgres : m->sql);
        if (rc == SL_OK)
            rc = sl_db_set_version(db, m->version);
    }
    return rc == SL_OK ? sl_db_commit(db) : rc;
}

sl_rc sl_db_migrate(struct sl_db *db, const struct sl_schema *schema, struct sl_diag *d)
{
    int64_t version;
    sl_rc rc = sl_db_version(db, &version);
    if (rc == SL_OK && version > (int64_t)schema->count)
        return refuse_newer(schema, version, d);
    for (int64_t i = version; rc == SL_OK && i < (int64_t)schema->count; i++)
        rc = run_step(db, &schema->steps[i]);
    if (rc == SL_OK)
        return SL_OK;
    (void)sl_db_fail(db, rc, d);
    sl_db_rollback(db);
    return rc;
}

sl_rc sl_db_check_schema(struct sl_db *db, const struct sl_schema *schema, struct sl_diag *d)
{
    int64_t version;
    sl_rc rc = sl_db_version(db, &version);
    if (rc != SL_OK)
        return sl_db_fail(db, rc, d);
    if (version > (int64_t)schema->count)
        return refuse_newer(schema, version, d);
    if (version < (int64_t)schema->count)
        return sl_diag_fail(d, SL_E_UNSUPPORTED, "database",
                            "its schema is version %lld, and this program needs %zu: start the "
                            "gateway once, which brings it up to date",
                            (long long)version, schema->count);
    return SL_OK;
}
