/**
 * sqlite: SQLite behind store/db.h, for databases in files. It, and the table `usage` (store/sqlite_usage), are the
 * one place that knows it. Others include store/db.h.
 *
 * WAL mode with synchronous=FULL: a commit that returned is on the disk.
 */
#pragma once
#include "store/db_int.h"

extern const struct sl_db_driver sl_db_sqlite;
