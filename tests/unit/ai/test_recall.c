/* test_recall: bodies that have a beginning in common with one that was read before. */
#include "ai/recall.h"
#include "ai/call_int.h"
#include "base/err.h"
#include "base/rand.h"
#include "tests/unit/ai/call_fixture.h"

#include <stdio.h>

/* ------------------------------------------------------------------ bodies */

/* A body of a dialect's form; `before` and `behind` stand around the tools and the conversation. */
struct form {
    enum sl_ai_dialect dialect;
    const char *before, *between, *behind;
    const char *tool; /* with a %d */
    const char *said; /* with a %d */
    bool is_conversation_first;
};

#define LONG_TEXT                                                                     \
    "if (x == \\\"y\\\") {\\n\\treturn 1; // a line of code, as there are so many\\n" \
    "}\\nThe quick brown fox jumps over the lazy dog, and another one does the same " \
    "again.\\tHere are 12345 numbers and MixedCase words \\u00e9\\u4e2d \xc3\xa9 \xe4\xb8\xad. "
#define LONGER LONG_TEXT LONG_TEXT LONG_TEXT LONG_TEXT
#define SCHEMA \
    "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"What it is for\"}}}"

static const struct form forms[] = {
    {SL_AI_OPENAI_CHAT, "{\"model\":\"m\",\"max_tokens\":5,\"tools\":[", "],\"messages\":[", "]}",
     "{\"type\":\"function\",\"function\":{\"name\":\"t%d\",\"strict\":true,\"parameters\":" SCHEMA
     "}}",
     "{\"role\":\"developer\",\"content\":\"%d " LONGER "\"}", false},
    {SL_AI_OPENAI_CHAT, " { \"messages\" : [ ", " ] , \"tools\" : [ ", " ] , \"model\" : \"m\" } ",
     "{\"type\":\"function\",\"function\":{\"name\":\"t%d\",\"parameters\":" SCHEMA "}}",
     "{ \"role\" : \"user\" , \"content\" : [ { \"type\":\"text\",\"text\":\"%d " LONGER
     "\" }, {\"image_url\":1} ] }",
     true},
    {SL_AI_ANTHROPIC,
     "{\"model\":\"m\",\"max_tokens\":5,\"system\":[{\"type\":\"text\",\"text\":\"" LONGER LONGER
     "\"}],\"tools\":[",
     "],\"messages\":[", "]}", "{\"name\":\"t%d\",\"input_schema\":" SCHEMA "}",
     "{\"role\":\"user\",\"content\":\"%d " LONGER "\\ud800\"}", false},
    {SL_AI_OPENAI_RESPONSES, "{\"model\":\"m\",\"instructions\":\"i\",\"tools\":[", "],\"input\":[",
     "]}", "{\"type\":\"function\",\"name\":\"t%d\",\"parameters\":" SCHEMA "}",
     "{\"role\":\"user\",\"content\":\"%d " LONGER "\"}", false},
    {SL_AI_GEMINI, "{\"tools\":[{\"functionDeclarations\":[", "]}],\"contents\":[", "]}",
     "{\"name\":\"t%d\",\"parameters\":" SCHEMA "}",
     "{\"role\":\"user\",\"parts\":[{\"text\":\"%d " LONGER "\"}]}", false},
};

static void add_elements(struct sl_strbuf *b, const char *element, int n)
{
    for (int i = 0; i < n; i++) {
        sl_strbuf_add(b, i != 0 ? SL_STR(",") : SL_STR(""));
        sl_strbuf_addf(b, element, i);
    }
}

static sl_str body_of(const struct form *form, int tools, int said, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, sl_cstr(form->before));
    add_elements(&b, form->is_conversation_first ? form->said : form->tool,
                 form->is_conversation_first ? said : tools);
    sl_strbuf_add(&b, sl_cstr(form->between));
    add_elements(&b, form->is_conversation_first ? form->tool : form->said,
                 form->is_conversation_first ? tools : said);
    sl_strbuf_add(&b, sl_cstr(form->behind));
    SL_ASSERT(!b.is_full);
    return sl_strbuf_str(&b);
}

/* ------------------------------------------------------------------ reading them */

struct reader {
    struct sl_chunk_pool *pool;
    struct sl_ai_recall *recall;
    struct sl_arena *a;
    sl_usec now_us;
    enum sl_ai_operation operation;
};

static void reader_init(struct reader *r)
{
    r->pool = sl_chunk_pool_new();
    r->recall = sl_ai_recall_new();
    r->a = sl_arena_new("test", SL_MIB(64));
    r->now_us = 1;
    r->operation = SL_AI_CHAT;
}

/* Nothing is left of the bodies. */
static void reader_fini(struct reader *r)
{
    sl_ai_recall_free(r->recall);
    EXPECT_EQ(0, sl_chunk_pool_in_use(r->pool));
    sl_chunk_pool_free(r->pool);
    sl_arena_free(r->a);
}

static sl_rc read_known(struct reader *r, const char *owner, enum sl_ai_dialect dialect,
                        sl_str body, struct sl_ai_call *ret)
{
    struct sl_diag d;
    struct sl_ai_line line = {.operation = r->operation};
    struct sl_chunk *chunk = sl_chunk_of(r->pool, body);
    sl_diag_init(&d, r->a);
    line.model = dialect == SL_AI_GEMINI ? SL_STR("m") : (sl_str){0};
    const struct sl_ai_recall_body known = {.recall = owner != NULL ? r->recall : NULL,
                                            .chunk = chunk,
                                            .owner = sl_cstr(owner != NULL ? owner : ""),
                                            .now_us = r->now_us++};
    sl_rc rc = sl_ai_call_read_line(&line, dialect, (sl_str){chunk->data, chunk->used}, &known,
                                    r->a, ret, &d);
    sl_chunk_unref(chunk);
    return rc;
}

static void expect_same_cuts(const struct sl_json_cuts *a, const struct sl_json_cuts *b)
{
    EXPECT_EQ(a != NULL, b != NULL);
    EXPECT_EQ(a != NULL ? a->n : 0, b != NULL ? b->n : 0);
    for (size_t i = 0; a != NULL && i < a->n; i++) {
        EXPECT_EQ(a->cuts[i].at, b->cuts[i].at);
        EXPECT_EQ(a->cuts[i].n, b->cuts[i].n);
    }
}

static void expect_same(const struct sl_ai_call *a, const struct sl_ai_call *b)
{
    for (size_t i = 0; i < SL_AI_MEMBER_COUNT; i++) {
        EXPECT_EQ(a->ranges[i].is_present, b->ranges[i].is_present);
        EXPECT_EQ(a->ranges[i].at, b->ranges[i].at);
        EXPECT_EQ(a->ranges[i].n, b->ranges[i].n);
        EXPECT_EQ(a->ranges[i].kind, b->ranges[i].kind);
    }
    EXPECT_EQ(a->input_tokens_estimate, b->input_tokens_estimate);
    EXPECT_EQ(a->may_have_developer, b->may_have_developer);
    EXPECT_EQ(a->may_have_strict, b->may_have_strict);
    EXPECT_EQ(a->has_tools, b->has_tools);
    EXPECT_EQ(a->body_at, b->body_at);
    expect_same_cuts(a->cuts, b->cuts);
}

/* What is read is the same as if nothing were known. */
static sl_rc expect_read_alike(struct reader *r, enum sl_ai_dialect dialect, sl_str body)
{
    struct sl_ai_call plain, known;
    sl_rc rc = read_known(r, NULL, dialect, body, &plain);
    EXPECT_EQ(rc, read_known(r, "agent", dialect, body, &known));
    if (rc == SL_OK)
        expect_same(&plain, &known);
    return rc;
}

/* How many bytes of an array are known already. */
static size_t known_bytes(struct reader *r, const char *owner, enum sl_ai_dialect dialect,
                          enum sl_ai_member member, sl_str body, const char *array)
{
    struct sl_ai_token_meter meter;
    struct sl_jsonscan_progress progress = {0};
    const struct sl_json_cut *cuts;
    struct sl_chunk *chunk = sl_chunk_of(r->pool, body);
    body.p = chunk->data;
    const struct sl_ai_recall_body known = {
        .recall = r->recall, .chunk = chunk, .owner = sl_cstr(owner), .now_us = r->now_us++};
    size_t at = sl_str_find_str(body, sl_cstr(array)) + strlen(array) - 1;
    bool is_begun = sl_ai_recall_begin(&known, dialect, body);
    if (is_begun) {
        (void)sl_ai_recall_array(r->recall, member, sl_str_from(body, at), &meter, &progress,
                                 &cuts);
        (void)sl_ai_recall_end(r->recall, false);
    }
    sl_chunk_unref(chunk);
    return progress.n;
}

TEST(recall, each_step_of_an_agent_is_read_as_if_nothing_were_known)
{
    enum { TOOLS = 30, SAID = 40, STEPS = 6 };
    for (size_t i = 0; i < SL_LEN(forms); i++) {
        struct reader r;
        reader_init(&r);
        for (int step = 0; step < STEPS; step++)
            EXPECT_EQ(SL_OK, expect_read_alike(&r, forms[i].dialect,
                                               body_of(&forms[i], TOOLS, SAID + step, r.a)));
        EXPECT_EQ(1, sl_ai_recall_count(r.recall));
        EXPECT_EQ(SL_OK,
                  expect_read_alike(&r, forms[i].dialect, body_of(&forms[i], TOOLS, 30, r.a)));
        EXPECT_EQ(SL_OK, expect_read_alike(&r, forms[i].dialect, body_of(&forms[i], 3, SAID, r.a)));
        reader_fini(&r);
    }
}

TEST(recall, a_byte_that_differs_anywhere_is_read_as_it_is_now)
{
    enum { TOOLS = 8, SAID = 20, TRIES = 150 };
    static const char bytes[] = "\"\\{}[],:x1 \x01\xff";
    struct sl_rand rand;
    sl_rand_seed(&rand, 7);
    for (size_t i = 0; i < SL_LEN(forms); i++) {
        struct reader r;
        reader_init(&r);
        sl_str body = body_of(&forms[i], TOOLS, SAID, r.a);
        int good = 0;
        for (int k = 0; k < TRIES; k++) {
            struct sl_arena *whole = r.a;
            r.a = sl_arena_new("test", SL_MIB(4));
            sl_str changed = sl_arena_dup(r.a, body);
            char *at = (char *)(uintptr_t)changed.p + sl_rand_below(&rand, changed.n);
            *at = bytes[sl_rand_below(&rand, sizeof(bytes) - 1)];
            good += expect_read_alike(&r, forms[i].dialect, changed) == SL_OK;
            EXPECT_EQ(SL_OK, expect_read_alike(&r, forms[i].dialect, body));
            sl_arena_free(r.a);
            r.a = whole;
        }
        EXPECT(good > 0 && good < TRIES);
        reader_fini(&r);
    }
}

/* Elements that are all the same but for one. */
static sl_str input_of(const char *element, int n, int odd_at, const char *odd, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    sl_strbuf_add(&b, SL_STR("{\"model\":\"m\",\"input\":["));
    for (int i = 0; i < n; i++)
        sl_strbuf_addf(&b, "%s%s", i != 0 ? "," : "", i == odd_at ? odd : element);
    sl_strbuf_add(&b, SL_STR("]}"));
    SL_ASSERT(!b.is_full);
    return sl_strbuf_str(&b);
}

TEST(recall, an_element_that_begins_as_the_known_one_and_goes_on_is_read_whole)
{
    enum { ELEMENTS = 4000, FROM = 165, TO = 212 }; /* around the first mark, at 1 KiB */
    static const struct {
        const char *element, *longer;
        bool is_good;
    } rows[] = {
        {"1234", "12345", true},        {"1234", "1234.5", true},   {"1234", "1234e5", true},
        {"1234", "1234 ", true},        {"1.25", "1.25E+1", true},  {"1234", "1234x", false},
        {"true", "true ", true},        {"true", "truer", false},   {"null", "null5", false},
        {"\"abc\"", "\"abc\"5", false}, {"[123]", "[123]5", false},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct reader r;
        reader_init(&r);
        r.operation = SL_AI_EMBEDDINGS;
        sl_str known = input_of(rows[i].element, ELEMENTS, -1, "", r.a);
        for (int at = FROM; at < TO; at++) {
            struct sl_arena *whole = r.a;
            r.a = sl_arena_new("test", SL_MIB(4));
            EXPECT_EQ(SL_OK, expect_read_alike(&r, SL_AI_OPENAI_CHAT, known));
            sl_rc rc =
                expect_read_alike(&r, SL_AI_OPENAI_CHAT,
                                  input_of(rows[i].element, ELEMENTS, at, rows[i].longer, r.a));
            EXPECT_EQ(rows[i].is_good, rc == SL_OK);
            sl_arena_free(r.a);
            r.a = whole;
        }
        reader_fini(&r);
    }
}

#define MESSAGES "\"messages\":["
#define TOOLS_ARRAY "\"tools\":["

TEST(recall, what_is_the_same_is_known_and_only_to_its_owner_and_in_its_dialect)
{
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    sl_str body = body_of(&forms[0], 30, 20, r.a), next = body_of(&forms[0], 30, 21, r.a);
    size_t conversation = body.n - sl_str_find_str(body, SL_STR(MESSAGES)) - strlen(MESSAGES "]}");
    EXPECT_EQ(0,
              known_bytes(&r, "agent", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, next, MESSAGES));
    EXPECT_EQ(SL_OK, read_known(&r, "agent", SL_AI_OPENAI_CHAT, body, &call));
    size_t known =
        known_bytes(&r, "agent", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, next, MESSAGES);
    EXPECT(known > conversation - 2048 && known <= conversation + 1);
    EXPECT(known_bytes(&r, "agent", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_TOOLS, next, TOOLS_ARRAY) >
           1024);
    EXPECT_EQ(0,
              known_bytes(&r, "agent2", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, next, MESSAGES));
    EXPECT_EQ(0, known_bytes(&r, "", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, next, MESSAGES));
    EXPECT_EQ(0, known_bytes(&r, "agent", SL_AI_ANTHROPIC, SL_AI_MEMBER_MESSAGES, next, MESSAGES));
    EXPECT_EQ(0, known_bytes(&r, "agent", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_SYSTEM, next, MESSAGES));
    reader_fini(&r);
}

TEST(recall, a_long_conversation_keeps_marks_all_along)
{
    enum { SAID = 1500 };
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    sl_str body = body_of(&forms[0], 1, SAID, r.a);
    EXPECT_EQ(SL_OK, read_known(&r, "agent", SL_AI_OPENAI_CHAT, body, &call));
    for (int said = SAID; said > 60; said /= 2) {
        sl_str other = body_of(&forms[0], 1, said, r.a);
        size_t known =
            known_bytes(&r, "agent", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, other, MESSAGES);
        EXPECT(known > other.n - body.n / 20 && known < other.n);
    }
    reader_fini(&r);
}

TEST(recall, bodies_of_many_are_few_and_the_one_used_least_recently_goes)
{
    enum { MORE = SL_AI_RECALL_BODIES + 4 };
    struct reader r;
    struct sl_ai_call call;
    char owner[16];
    reader_init(&r);
    sl_str body = body_of(&forms[0], 1, 20, r.a);
    for (int i = 0; i < MORE; i++) {
        (void)snprintf(owner, sizeof(owner), "agent%d", i);
        EXPECT_EQ(SL_OK, read_known(&r, owner, SL_AI_OPENAI_CHAT, body, &call));
        EXPECT_EQ(SL_OK, read_known(&r, "agent0", SL_AI_OPENAI_CHAT, body, &call));
    }
    EXPECT_EQ(SL_AI_RECALL_BODIES, sl_ai_recall_count(r.recall));
    EXPECT(known_bytes(&r, "agent0", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, body, MESSAGES) > 0);
    EXPECT(known_bytes(&r, owner, SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, body, MESSAGES) > 0);
    EXPECT_EQ(0,
              known_bytes(&r, "agent1", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, body, MESSAGES));
    reader_fini(&r);
}

/* One with spaces behind it. */
static sl_str padded(struct reader *r, size_t n)
{
    sl_str body = body_of(&forms[0], 1, 20, r->a);
    char *p = sl_arena_alloc(r->a, n);
    memset(p, ' ', n);
    memcpy(p, body.p, body.n);
    return (sl_str){p, n};
}

TEST(recall, bodies_are_kept_up_to_a_limit_of_memory_and_none_of_more_than_half)
{
    struct reader r;
    struct sl_ai_call call;
    char owner[16];
    reader_init(&r);
    sl_str half = padded(&r, SL_AI_RECALL_BYTES / 2), third = padded(&r, SL_AI_RECALL_BYTES / 3);
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, padded(&r, half.n + 1), &call));
    EXPECT_EQ(0, sl_ai_recall_count(r.recall));
    for (int i = 0; i < 9; i++) {
        (void)snprintf(owner, sizeof(owner), "%d", i);
        EXPECT_EQ(SL_OK, read_known(&r, owner, SL_AI_OPENAI_CHAT, i == 8 ? half : third, &call));
        EXPECT(sl_ai_recall_bytes(r.recall) <= SL_AI_RECALL_BYTES);
        EXPECT_EQ(sl_ai_recall_bytes(r.recall), sl_chunk_pool_in_use(r.pool));
    }
    EXPECT_EQ(2, sl_ai_recall_count(r.recall));
    reader_fini(&r);
}

TEST(recall, what_is_small_bad_or_nobodys_is_not_kept)
{
    char long_name[SL_AI_RECALL_OWNER_BYTES + 2];
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    memset(long_name, 'n', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    sl_str body = body_of(&forms[0], 1, 40, r.a);
    EXPECT_EQ(SL_OK, read_known(&r, "", SL_AI_OPENAI_CHAT, body, &call));
    EXPECT_EQ(SL_OK, read_known(&r, long_name, SL_AI_OPENAI_CHAT, body, &call));
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, body_of(&forms[0], 1, 2, r.a), &call));
    EXPECT(read_known(&r, "a", SL_AI_OPENAI_CHAT, sl_str_head(body, body.n - 1), &call) != SL_OK);
    EXPECT_EQ(0, sl_ai_recall_count(r.recall));
    EXPECT_EQ(SL_OK, read_known(&r, long_name + 1, SL_AI_OPENAI_CHAT, body, &call));
    EXPECT_EQ(1, sl_ai_recall_count(r.recall));
    reader_fini(&r);
}

TEST(recall, what_nobody_used_for_a_while_goes)
{
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    sl_str body = body_of(&forms[0], 1, 40, r.a);
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, body, &call));
    r.now_us = SL_AI_RECALL_AGE_US;
    EXPECT_EQ(SL_OK, read_known(&r, "b", SL_AI_OPENAI_CHAT, body, &call));
    EXPECT(sl_ai_recall_age(r.recall, SL_AI_RECALL_AGE_US));
    EXPECT_EQ(2, sl_ai_recall_count(r.recall));
    EXPECT(sl_ai_recall_age(r.recall, SL_AI_RECALL_AGE_US + 1));
    EXPECT_EQ(1, sl_ai_recall_count(r.recall));
    EXPECT(!sl_ai_recall_age(r.recall, 2 * SL_AI_RECALL_AGE_US));
    EXPECT_EQ(0, sl_chunk_pool_in_use(r.pool));
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, body, &call));
    EXPECT_EQ(1, sl_ai_recall_count(r.recall));
    reader_fini(&r);
}

TEST(recall, another_conversation_with_the_same_tools_takes_nobodys_place)
{
    struct form other = forms[2];
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    other.said = "{\"role\":\"user\",\"content\":\"other %d " LONGER "\"}";
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_ANTHROPIC, body_of(&forms[2], 30, 20, r.a), &call));
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_ANTHROPIC, body_of(&other, 30, 20, r.a), &call));
    EXPECT_EQ(2, sl_ai_recall_count(r.recall));
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_ANTHROPIC, body_of(&forms[2], 30, 21, r.a), &call));
    EXPECT_EQ(2, sl_ai_recall_count(r.recall));
    reader_fini(&r);
}

TEST(recall, conversations_that_differ_in_their_beginning_only_are_told_apart)
{
    enum { AGENTS = 5, STEPS = 3, SAID = 30 };
    static const char *const first[AGENTS] = {"A", "B", "C", "D", "E"};
    struct form agents[AGENTS];
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    for (int step = 0; step < STEPS; step++)
        for (int i = 0; i < AGENTS; i++) {
            agents[i] = forms[0];
            agents[i].between = sl_fmt(r.a, "],\"messages\":[\"%s\",", first[i]).p;
            sl_str body = body_of(&agents[i], 5, SAID + step, r.a);
            size_t known =
                known_bytes(&r, "agent", SL_AI_OPENAI_CHAT, SL_AI_MEMBER_MESSAGES, body, MESSAGES);
            EXPECT(step == 0 ? known == 0 : known > body.n / 2);
            EXPECT_EQ(SL_OK, read_known(&r, "agent", SL_AI_OPENAI_CHAT, body, &call));
        }
    EXPECT_EQ(AGENTS, sl_ai_recall_count(r.recall));
    reader_fini(&r);
}

#define CARRIER "SLUICE7SIGNATURE"

TEST(recall, carriers_of_signatures_are_found_in_what_is_known_and_in_what_is_new)
{
    struct form carrying = forms[0];
    struct reader r;
    struct sl_ai_call call;
    reader_init(&r);
    EXPECT_EQ(SL_OK,
              read_known(&r, NULL, SL_AI_OPENAI_CHAT, body_of(&forms[0], 9, 20, r.a), &call));
    EXPECT(!call.is_bare); /* nobody has looked */
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, body_of(&forms[0], 9, 20 + i, r.a),
                                    &call));
        EXPECT(call.is_bare);
    }
    carrying.behind = ",{\"role\":\"user\",\"content\":\"" CARRIER "\"}]}";
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(SL_OK,
                  read_known(&r, "a", SL_AI_OPENAI_CHAT, body_of(&carrying, 9, 23, r.a), &call));
        EXPECT(!call.is_bare);
    }
    carrying.behind = ",{\"role\":\"user\",\"content\":\"" CARRIER
                      "\"},{\"role\":\"user\",\"content\":\"" LONGER "\"}]}";
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, body_of(&carrying, 9, 23, r.a), &call));
    EXPECT(!call.is_bare);
    carrying = forms[0];
    carrying.between = "],\"x\":\"" CARRIER "\",\"messages\":[";
    EXPECT_EQ(SL_OK, read_known(&r, "a", SL_AI_OPENAI_CHAT, body_of(&carrying, 9, 20, r.a), &call));
    EXPECT(!call.is_bare);
    reader_fini(&r);
}
