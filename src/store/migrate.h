/**
 * migrate: bring a database's schema to what this program knows.
 *
 * The steps of a schema are files src/store/schema/.../NNN_<name>.sql, embedded by the build in the order of NNN
 * (1, 2, ... without gaps). The database knows the last one done (sl_db_version). A step is never changed once
 * it is released: the next one corrects it.
 */
#pragma once
#include "store/db.h"

struct sl_migration {
    uint32_t version;
    const char *name;
    const char *sql;
    const char *postgres; /* its words for PostgreSQL; NULL: the same */
};

struct sl_schema {
    const struct sl_migration *steps;
    size_t count;
};

/** Made by tools/gen_schema.py: the ledger (usage.db), the resources (control.db), alerts.db. */
extern const struct sl_schema sl_schema_usage, sl_schema_control, sl_schema_alerts;

/**
 * Do what is missing, each step in a transaction of its own. Safe when several programs try at once.
 * SL_E_UNSUPPORTED, with advice in `d`, when the database is of a newer program.
 */
sl_rc sl_db_migrate(struct sl_db *db, const struct sl_schema *schema, struct sl_diag *d) SL_CHECKED;
/** The same check for a database that is only read: SL_E_UNSUPPORTED also when it is of an older program. */
sl_rc sl_db_check_schema(struct sl_db *db, const struct sl_schema *schema,
                         struct sl_diag *d) SL_CHECKED;
