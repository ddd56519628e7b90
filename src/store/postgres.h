/**
 * postgres: PostgreSQL behind store/db.h, for databases on a server. The one place that knows
 * libpq. Others include store/db.h.
 *
 * Queries are prepared on the server at their first use on a connection; those with many rows are read
 * through a cursor. Texts travel in the binary format, whose bytes are the text's, numbers as decimals.
 * Writers of all processes wait for each other at an advisory lock of the schema: who has it sees
 * everything that was committed, and nothing is committed beside it.
 */
#pragma once
#include "store/db_int.h"

extern const struct sl_db_driver sl_db_postgres;
