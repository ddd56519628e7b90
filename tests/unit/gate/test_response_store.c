/* response_store: what is kept, for whom, how much of it and how long (case X7). */
#include "gate/response_store.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "tests/test.h"

#include <pthread.h>

static const struct sl_response_limits limits = {
    .bytes = SL_KIB(64), .owner_bytes = SL_KIB(16), .life_us = SL_SECONDS(10)};

static void put(struct sl_response_store *s, const char *id, const char *owner, sl_str body,
                sl_usec now_us)
{
    const struct sl_response_entry e = {
        .id = sl_cstr(id), .owner = sl_cstr(owner), .model = SL_STR("m"), .body = body};

    sl_response_store_put(s, &e, now_us);
}

static bool has(struct sl_response_store *s, const char *id, const char *owner, sl_usec now_us)
{
    const struct sl_response_entry *e =
        sl_response_store_get(s, sl_cstr(id), sl_cstr(owner), now_us);

    sl_response_release(e);
    return e != NULL;
}

TEST(response_store, gives_back_what_was_put_in)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    const struct sl_response_entry in = {
        .id = SL_STR("resp_1"),
        .owner = SL_STR("alice"),
        .account = SL_STR(""),
        .model = SL_STR("gpt"),
        .input = SL_STR("{\"a\":1}"),
        .own_at = 3,
        .output = SL_STR("{\"b\":2}"),
        .body = SL_STR("{}"),
    };

    sl_response_store_put(s, &in, 0);
    const struct sl_response_entry *e =
        sl_response_store_get(s, SL_STR("resp_1"), SL_STR("alice"), 1);
    EXPECT(e != NULL);
    EXPECT_STR("resp_1", e->id);
    EXPECT_STR("gpt", e->model);
    EXPECT_STR("{\"a\":1}", e->input);
    EXPECT_STR("{\"b\":2}", e->output);
    EXPECT_STR("{}", e->body);
    EXPECT_EQ(3, e->own_at);
    sl_response_release(e);
    sl_response_store_free(s);
}

TEST(response_store, x7_nobody_finds_what_is_anothers)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);

    put(s, "resp_1", "alice", SL_STR("secret"), 0);
    EXPECT(has(s, "resp_1", "alice", 1));
    EXPECT(!has(s, "resp_1", "bob", 1));
    EXPECT(!has(s, "resp_1", "", 1));
    EXPECT(!has(s, "resp_1alice", "", 1));
    sl_response_store_remove(s, SL_STR("resp_1"), SL_STR("bob"));
    EXPECT(has(s, "resp_1", "alice", 1));
    put(s, "resp_1", "bob", SL_STR("other"), 0);
    sl_response_store_remove(s, SL_STR("resp_1"), SL_STR("alice"));
    EXPECT(!has(s, "resp_1", "alice", 1));
    EXPECT(has(s, "resp_1", "bob", 1));
    sl_response_store_free(s);
}

TEST(response_store, the_same_id_replaces)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);

    put(s, "resp_1", "alice", SL_STR("old"), 0);
    size_t bytes = sl_response_store_bytes(s);
    put(s, "resp_1", "alice", SL_STR("new"), 0);
    EXPECT_EQ(bytes, sl_response_store_bytes(s));
    const struct sl_response_entry *e =
        sl_response_store_get(s, SL_STR("resp_1"), SL_STR("alice"), 1);
    EXPECT_STR("new", e->body);
    sl_response_release(e);
    sl_response_store_free(s);
}

TEST(response_store, forgets_when_the_time_is_over)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);

    put(s, "resp_1", "alice", SL_STR("b"), SL_SECONDS(1));
    EXPECT(has(s, "resp_1", "alice", SL_SECONDS(11) - 1));
    EXPECT(!has(s, "resp_1", "alice", SL_SECONDS(11)));
    EXPECT_EQ(0, sl_response_store_bytes(s));
    sl_response_store_free(s);
}

TEST(response_store, an_owner_who_keeps_much_loses_his_own_oldest)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str big = {sl_arena_alloc(a, SL_KIB(6)), SL_KIB(6)};

    put(s, "resp_0", "alice", SL_STR("small"), 0);
    for (int i = 1; i <= 4; i++)
        put(s, sl_fmt(a, "resp_%d", i).p, "bob", big, i);
    EXPECT(has(s, "resp_0", "alice", 5));
    EXPECT(!has(s, "resp_1", "bob", 5));
    EXPECT(!has(s, "resp_2", "bob", 5));
    EXPECT(has(s, "resp_3", "bob", 5) && has(s, "resp_4", "bob", 5));
    EXPECT(sl_response_store_bytes(s) <= SL_KIB(17));
    sl_arena_free(a);
    sl_response_store_free(s);
}

TEST(response_store, all_together_keep_no_more_than_the_limit)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    sl_str big = {sl_arena_alloc(a, SL_KIB(10)), SL_KIB(10)};

    for (int i = 0; i < 10; i++)
        put(s, "resp_1", sl_fmt(a, "owner_%d", i).p, big, i);
    EXPECT(sl_response_store_bytes(s) <= SL_KIB(64));
    EXPECT(!has(s, "resp_1", "owner_3", 10));
    EXPECT(has(s, "resp_1", "owner_4", 10) && has(s, "resp_1", "owner_9", 10));
    sl_arena_free(a);
    sl_response_store_free(s);
}

TEST(response_store, what_cannot_be_kept_is_not_and_does_no_harm)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    char *text = sl_arena_alloc(a, SL_KIB(17));

    memset(text, 'x', SL_KIB(17));
    put(s, "resp_1", "alice", (sl_str){text, SL_KIB(17)}, 0);
    EXPECT(!has(s, "resp_1", "alice", 1));
    const struct sl_response_entry odd[] = {
        {.id = SL_STR(""), .owner = SL_STR("o")},
        {.id = {"a\0b", 3}, .owner = SL_STR("o")},
        {.id = {text, 300}, .owner = SL_STR("o")},
        {.id = SL_STR("i"), .owner = {text, 2000}},
    };
    for (size_t i = 0; i < SL_LEN(odd); i++) {
        sl_response_store_put(s, &odd[i], 0);
        EXPECT(sl_response_store_get(s, odd[i].id, odd[i].owner, 1) == NULL);
    }
    EXPECT_EQ(0, sl_response_store_bytes(s));
    EXPECT(sl_response_store_get(NULL, SL_STR("a"), SL_STR("b"), 0) == NULL);
    sl_arena_free(a);
    sl_response_store_free(s);
}

TEST(response_store, what_is_held_outlives_being_forgotten)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);

    put(s, "resp_1", "alice", SL_STR("body"), 0);
    const struct sl_response_entry *e =
        sl_response_store_get(s, SL_STR("resp_1"), SL_STR("alice"), 1);
    sl_response_store_remove(s, SL_STR("resp_1"), SL_STR("alice"));
    EXPECT(!has(s, "resp_1", "alice", 2));
    EXPECT_STR("body", e->body);
    sl_response_release(e);
    sl_response_store_free(s);
}

enum { ROUNDS = 2000 };

static void *work(void *arg)
{
    struct sl_response_store *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        const char *id = i % 2 == 0 ? "resp_1" : "resp_2";
        put(s, id, "alice", SL_STR("0123456789"), i);
        const struct sl_response_entry *e =
            sl_response_store_get(s, sl_cstr(id), SL_STR("alice"), i);
        if (e != NULL)
            EXPECT_STR("0123456789", e->body);
        sl_response_release(e);
        if (i % 7 == 0)
            sl_response_store_remove(s, sl_cstr(id), SL_STR("alice"));
    }
    return NULL;
}

TEST(response_store, threads_share_it)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    pthread_t threads[4];

    for (size_t i = 0; i < SL_LEN(threads); i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, work, s));
    for (size_t i = 0; i < SL_LEN(threads); i++)
        EXPECT_EQ(0, pthread_join(threads[i], NULL));
    EXPECT(sl_response_store_bytes(s) < SL_KIB(2));
    sl_response_store_free(s);
}

/* ------------------------------------------------------------------ copies that outlive the process */

struct told {
    struct sl_arena *a;
    struct sl_strbuf words;
    const struct sl_response_entry *held;
};

static void tell_put(void *arg, const struct sl_response_entry *e)
{
    struct told *t = arg;

    sl_strbuf_addf(&t->words, "put %.*s ", SL_STRF(e->id));
    sl_response_release(t->held);
    t->held = sl_response_hold(e);
}

static void tell_removed(void *arg, sl_str id, sl_str owner)
{
    struct told *t = arg;

    sl_strbuf_addf(&t->words, "removed %.*s of %.*s ", SL_STRF(id), SL_STRF(owner));
}

TEST(response_store, x7_an_observer_is_told_and_is_not_told_what_it_knows)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    struct told t = {.a = sl_arena_new("test", SL_KIB(64))};
    struct sl_response_entry own = {
        .id = SL_STR("resp_2"), .owner = SL_STR("bob"), .body = SL_STR("{}")};

    sl_strbuf_init(&t.words, t.a, 0);
    sl_response_store_observe(
        s, (struct sl_response_observer){.put = tell_put, .removed = tell_removed, .arg = &t});
    put(s, "resp_1", "bob", SL_STR("{}"), 0);
    sl_response_store_restore(s, &own, 0, 0);
    sl_response_store_remove(s, SL_STR("resp_1"), SL_STR("bob"));
    EXPECT(has(s, "resp_2", "bob", 1));
    sl_response_store_forget(s, SL_STR("resp_2"), SL_STR("bob"));
    EXPECT(!has(s, "resp_2", "bob", 1));
    EXPECT_STR("put resp_1 removed resp_1 of bob ", sl_strbuf_str(&t.words));
    EXPECT_STR("resp_1", t.held->id); /* as long as it is held */
    sl_response_release(t.held);
    sl_response_store_free(s);
    sl_arena_free(t.a);
}

TEST(response_store, x7_what_is_restored_has_lived_already)
{
    struct sl_response_store *s = sl_response_store_new(&limits, 1);
    struct sl_response_entry e = {
        .id = SL_STR("resp_1"), .owner = SL_STR("bob"), .body = SL_STR("{}")};

    sl_response_store_restore(s, &e, SL_SECONDS(100), SL_SECONDS(8));
    EXPECT(has(s, "resp_1", "bob", SL_SECONDS(101)));
    EXPECT(!has(s, "resp_1", "bob", SL_SECONDS(103)));
    sl_response_store_restore(s, &e, SL_SECONDS(100), SL_SECONDS(10));
    EXPECT(!has(s, "resp_1", "bob", SL_SECONDS(100)));
    sl_response_store_restore(s, &e, SL_SECONDS(100), -SL_SECONDS(5)); /* a clock that went back */
    EXPECT(!has(s, "resp_1", "bob", SL_SECONDS(111)));
    sl_response_store_free(s);
}

TEST(response_store, x7_an_entry_as_text_comes_back_whole_or_not_at_all)
{
    struct sl_arena *a = sl_arena_new("test", SL_KIB(64));
    const struct sl_response_entry in = {.account = SL_STR("a:1"),
                                         .model = SL_STR(""),
                                         .input = SL_STR("{\"a\":1},{}"),
                                         .own_at = 8,
                                         .output = SL_STR("{\"b\":\"2:x\"}"),
                                         .body = SL_STR("{}")};
    struct sl_response_entry out = {0};
    struct sl_strbuf b;

    sl_strbuf_init(&b, a, 0);
    sl_response_entry_write(&in, &b);
    EXPECT_EQ(SL_OK, sl_response_entry_read(sl_strbuf_str(&b), &out));
    EXPECT_STRS(in.account, out.account);
    EXPECT_STRS(in.model, out.model);
    EXPECT_STRS(in.input, out.input);
    EXPECT_EQ(in.own_at, out.own_at);
    EXPECT_STRS(in.output, out.output);
    EXPECT_STRS(in.body, out.body);
    for (size_t n = 0; n < b.n; n++)
        EXPECT_EQ(SL_E_SYNTAX, sl_response_entry_read(sl_str_head(sl_strbuf_str(&b), n), &out));
    sl_strbuf_add_char(&b, 'x');
    EXPECT_EQ(SL_E_SYNTAX, sl_response_entry_read(sl_strbuf_str(&b), &out));
    EXPECT_EQ(SL_E_SYNTAX, sl_response_entry_read(SL_STR("1:0:0:0:0:0:"), &out));
    EXPECT_EQ(SL_E_SYNTAX,
              sl_response_entry_read(SL_STR("0:99999999999999999999:a0:0:0:0:"), &out));
    sl_arena_free(a);
}
