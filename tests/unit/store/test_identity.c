#include "store/identity.h"
#include "tests/test.h"
#include "tests/unit/store/scratch.h"

struct fixture {
    struct scratch s;
    struct sl_store *store;
    struct sl_tx *tx;
};

static void begin(struct fixture *f)
{
    scratch_init(&f->s);
    EXPECT_EQ(SL_OK, sl_store_open(scratch_db(&f->s, "c.db"), &f->store, &f->s.diag));
    EXPECT_EQ(SL_OK, sl_store_write(f->store, &f->tx));
}

static void end(struct fixture *f)
{
    sl_tx_rollback(f->tx);
    sl_store_close(f->store);
    scratch_fini(&f->s);
}

TEST(identity, passwords_are_replaced)
{
    struct fixture f;
    sl_str hash;
    begin(&f);
    EXPECT_EQ(SL_E_NOTFOUND, sl_password_get(f.tx, SL_STR("u"), f.s.arena, &hash));
    EXPECT_EQ(SL_OK, sl_password_set(f.tx, SL_STR("u"), SL_STR("one"), 1));
    EXPECT_EQ(SL_OK, sl_password_set(f.tx, SL_STR("u"), SL_STR("two"), 2));
    EXPECT_EQ(SL_OK, sl_password_get(f.tx, SL_STR("u"), f.s.arena, &hash));
    EXPECT_STR("two", hash);
    end(&f);
}

TEST(identity, a_token_has_one_hash)
{
    struct fixture f;
    sl_str id;
    begin(&f);
    EXPECT_EQ(SL_OK, sl_token_hash_set(f.tx, SL_STR("t"), SL_STR("aa")));
    EXPECT_EQ(SL_OK, sl_token_hash_set(f.tx, SL_STR("t"), SL_STR("bb")));
    EXPECT_EQ(SL_E_NOTFOUND, sl_token_hash_find(f.tx, SL_STR("aa"), f.s.arena, &id));
    EXPECT_EQ(SL_OK, sl_token_hash_find(f.tx, SL_STR("bb"), f.s.arena, &id));
    EXPECT_STR("t", id);
    end(&f);
}

static void add_session(struct fixture *f, const char *hash, const char *user, int64_t expires_us)
{
    struct sl_session s = {.hash = sl_cstr(hash),
                           .user_id = sl_cstr(user),
                           .csrf = SL_STR("c"),
                           .created_us = 1,
                           .seen_us = 1,
                           .expires_us = expires_us};
    EXPECT_EQ(SL_OK, sl_session_insert(f->tx, &s));
}

TEST(identity, sessions_end_one_by_one_by_user_and_by_time)
{
    struct fixture f;
    struct sl_session s;
    begin(&f);
    add_session(&f, "a1", "a", 10);
    add_session(&f, "a2", "a", 10);
    add_session(&f, "b1", "b", 20);
    add_session(&f, "c1", "c", 30);
    EXPECT_EQ(SL_OK, sl_session_touch(f.tx, SL_STR("a1"), 5, 50));
    EXPECT_EQ(SL_OK, sl_session_find(f.tx, SL_STR("a1"), f.s.arena, &s));
    EXPECT_EQ(50, s.expires_us);
    EXPECT_STR("a", s.user_id);
    EXPECT_EQ(SL_OK, sl_sessions_delete_of(f.tx, SL_STR("a"), SL_STR("a1")));
    EXPECT_EQ(SL_E_NOTFOUND, sl_session_find(f.tx, SL_STR("a2"), f.s.arena, &s));
    EXPECT_EQ(SL_OK, sl_sessions_prune(f.tx, 20));
    EXPECT_EQ(SL_E_NOTFOUND, sl_session_find(f.tx, SL_STR("b1"), f.s.arena, &s));
    EXPECT_EQ(SL_OK, sl_session_delete(f.tx, SL_STR("c1")));
    EXPECT_EQ(SL_E_NOTFOUND, sl_session_find(f.tx, SL_STR("c1"), f.s.arena, &s));
    EXPECT_EQ(SL_OK, sl_identity_forget(f.tx, SL_STR("a")));
    EXPECT_EQ(SL_E_NOTFOUND, sl_session_find(f.tx, SL_STR("a1"), f.s.arena, &s));
    end(&f);
}

TEST(identity, an_idempotency_key_is_one_actors_until_it_is_pruned)
{
    struct fixture f;
    struct sl_idempotency i = {.actor = SL_STR("a"),
                               .key = SL_STR("k"),
                               .fingerprint = SL_STR("f"),
                               .subject_id = SL_STR("s"),
                               .status = 201,
                               .created_us = 5},
                          got;
    begin(&f);
    EXPECT_EQ(SL_OK, sl_idempotency_insert(f.tx, &i));
    EXPECT_EQ(SL_OK, sl_idempotency_find(f.tx, SL_STR("a"), SL_STR("k"), f.s.arena, &got));
    EXPECT_STR("f", got.fingerprint);
    EXPECT_EQ(201, got.status);
    EXPECT_EQ(SL_E_NOTFOUND, sl_idempotency_find(f.tx, SL_STR("b"), SL_STR("k"), f.s.arena, &got));
    EXPECT_EQ(SL_OK, sl_idempotency_prune(f.tx, 6));
    EXPECT_EQ(SL_E_NOTFOUND, sl_idempotency_find(f.tx, SL_STR("a"), SL_STR("k"), f.s.arena, &got));
    end(&f);
}
