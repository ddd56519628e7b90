#include "store/migrate.h"
#include "base/str.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

TEST(migrations, are_done_once)
{
    struct scratch s;
    struct sl_db *db;
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&s, "t.db"), &db, &s.diag));
    EXPECT_EQ(SL_E_UNSUPPORTED, sl_db_check_schema(db, &sl_schema_usage, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_migrate(db, &sl_schema_usage, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_check_schema(db, &sl_schema_usage, &s.diag));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(migrations, refuse_the_database_of_a_newer_program_and_say_what_to_do)
{
    struct scratch s;
    struct sl_db *db;
    scratch_init(&s);
    EXPECT_EQ(SL_OK, sl_db_open(scratch_path(&s, "t.db"), &db, &s.diag));
    EXPECT_EQ(SL_OK, sl_db_exec(db, "PRAGMA user_version=1000"));
    EXPECT_EQ(SL_E_UNSUPPORTED, sl_db_migrate(db, &sl_schema_usage, &s.diag));
    EXPECT(sl_str_find_str(s.diag.problems[0].message, SL_STR("run the Sluice that wrote it")) !=
           SIZE_MAX);
    EXPECT_EQ(SL_E_UNSUPPORTED, sl_db_check_schema(db, &sl_schema_usage, &s.diag));
    sl_db_close(db);
    scratch_fini(&s);
}

TEST(migrations, have_versions_without_gaps)
{
    const struct sl_schema *schemas[] = {&sl_schema_usage, &sl_schema_control};
    for (size_t k = 0; k < SL_LEN(schemas); k++) {
        EXPECT(schemas[k]->count > 0);
        for (size_t i = 0; i < schemas[k]->count; i++)
            EXPECT_EQ(i + 1, schemas[k]->steps[i].version);
    }
}
