#include "store/identity.h"
#include "base/fmt.h"
#include "base/str.h"
#include "store/rows.h"
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

TEST(identity, a_subject_means_one_user_of_a_provider)
{
    struct fixture f;
    sl_str id = {0};
    sl_str p = SL_STR("p"), q = SL_STR("q"), s = SL_STR("s"), u = SL_STR("u"), v = SL_STR("v");
    begin(&f);
    EXPECT_EQ(SL_E_NOTFOUND, sl_identity_link_find(f.tx, p, s, f.s.arena, &id));
    EXPECT_EQ(SL_OK, sl_identity_link_insert(f.tx, p, s, u, 1));
    EXPECT_EQ(SL_OK, sl_identity_link_insert(f.tx, q, s, v, 1));
    EXPECT_EQ(SL_OK, sl_identity_link_insert(f.tx, q, SL_STR("t"), u, 1));
    EXPECT_EQ(SL_OK, sl_identity_link_find(f.tx, p, s, f.s.arena, &id));
    EXPECT_STR("u", id);
    EXPECT_EQ(SL_OK, sl_identity_link_find(f.tx, q, s, f.s.arena, &id));
    EXPECT_STR("v", id);
    EXPECT_EQ(SL_OK, sl_identity_forget(f.tx, u)); /* the user */
    EXPECT_EQ(SL_E_NOTFOUND, sl_identity_link_find(f.tx, p, s, f.s.arena, &id));
    EXPECT_EQ(SL_E_NOTFOUND, sl_identity_link_find(f.tx, q, SL_STR("t"), f.s.arena, &id));
    EXPECT_EQ(SL_OK, sl_identity_link_find(f.tx, q, s, f.s.arena, &id));
    EXPECT_EQ(SL_OK, sl_identity_forget(f.tx, q)); /* the provider */
    EXPECT_EQ(SL_E_NOTFOUND, sl_identity_link_find(f.tx, q, s, f.s.arena, &id));
    end(&f);
}

TEST(identity, a_subject_is_not_given_to_a_second_user)
{
    struct fixture f;
    sl_str p = SL_STR("p"), s = SL_STR("s");
    begin(&f);
    EXPECT_EQ(SL_OK, sl_identity_link_insert(f.tx, p, s, SL_STR("u"), 1));
    EXPECT_EQ(SL_E_CONFLICT, sl_identity_link_insert(f.tx, p, s, SL_STR("v"), 1));
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

/* ------------------------------------------------------------------ the list of sessions */

#define ID_1 "11111111111111111111111111111111"
#define ID_2 "22222222222222222222222222222222"
#define ID_3 "33333333333333333333333333333333"
#define REST "0123456789abcdef0123456789abcdef"

static void add_user(struct fixture *f, const char *name)
{
    struct sl_row row = {.id = sl_cstr(name),
                         .kind = SL_STR("user"),
                         .name = sl_fmt(f->s.arena, "name-%s", name),
                         .spec = SL_STR("{}"),
                         .status = SL_STR("{}"),
                         .revision = 1};
    EXPECT_EQ(SL_OK, sl_row_insert(f->tx, &row));
}

struct seen {
    struct sl_strbuf text;
    sl_str last_id;
    struct sl_arena *a;
};

static void note(const struct sl_session *s, sl_str user, void *arg)
{
    struct seen *seen = arg;
    seen->last_id = sl_arena_dup(seen->a, sl_str_head(s->hash, SL_SESSION_ID_BYTES));
    sl_strbuf_addf(&seen->text, "%c:%.*s ", s->hash.p[0], SL_STRF(user));
}

static struct seen each(struct fixture *f, const struct sl_session_query *query)
{
    struct seen seen = {.a = f->s.arena};
    sl_strbuf_init(&seen.text, f->s.arena, 0);
    EXPECT_EQ(SL_OK, sl_sessions_each(f->tx, query, note, &seen));
    return seen;
}

TEST(identity, sessions_are_listed_page_by_page_until_they_end)
{
    struct fixture f;
    begin(&f);
    add_user(&f, "a");
    add_user(&f, "b");
    add_session(&f, ID_1 REST, "a", 10);
    add_session(&f, ID_2 REST, "b", 20);
    add_session(&f, ID_3 REST, "a", 30);
    struct sl_session_query query = {.now_us = 5, .limit = 2};
    struct seen seen = each(&f, &query);
    EXPECT_STR("3:name-a 2:name-b ", sl_strbuf_str(&seen.text));
    query.before_us = 1; /* all began then */
    query.before_id = seen.last_id;
    seen = each(&f, &query);
    EXPECT_STR("1:name-a ", sl_strbuf_str(&seen.text));
    query = (struct sl_session_query){.now_us = 10, .limit = 9, .user_id = SL_STR("a")};
    seen = each(&f, &query);
    EXPECT_STR("3:name-a ", sl_strbuf_str(&seen.text));
    end(&f);
}

TEST(identity, a_session_is_found_by_the_whole_of_its_id_only)
{
    struct fixture f;
    struct sl_session s;
    static const char *const wrong[] = {"",       "2",       "2222222222222222222222222222222",
                                        ID_2 "0", ID_2 REST, ID_1};
    begin(&f);
    add_session(&f, ID_2 REST, "b", 20);
    add_session(&f, ID_3 REST, "b", 20);
    EXPECT_EQ(SL_OK, sl_session_find_by_id(f.tx, SL_STR(ID_2), f.s.arena, &s));
    EXPECT_STR(ID_2 REST, s.hash);
    for (size_t i = 0; i < SL_LEN(wrong); i++)
        EXPECT_EQ(SL_E_NOTFOUND, sl_session_find_by_id(f.tx, sl_cstr(wrong[i]), f.s.arena, &s));
    end(&f);
}

/* ------------------------------------------------------------------ idempotency */

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
