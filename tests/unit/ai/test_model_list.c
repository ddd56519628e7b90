/* test_model_list: lists of models in each dialect (X13). */
#include "ai/model_list.h"
#include "tests/test.h"

static const struct sl_ai_model thinker = {
    .name = SL_STR_INIT("thinker"),
    .mode = SL_AI_MODE_CHAT,
    .context_tokens = 200000,
    .max_output_tokens = 64000,
    .flags = SL_AI_MODEL_VISION | SL_AI_MODEL_REASONING,
};
static const struct sl_ai_model embedder = {.name = SL_STR_INIT("e"), .mode = SL_AI_MODE_EMBEDDING};

static const struct sl_ai_listed all[] = {
    {SL_STR_INIT("fast"), SL_STR_INIT("openai"), &thinker},
    {SL_STR_INIT("oa/\"x\""), SL_STR_INIT("openai"), NULL},
    {SL_STR_INIT("c"), SL_STR_INIT("cohere"), &embedder},
    {SL_STR_INIT("d"), SL_STR_INIT("anthropic"), NULL},
};

struct fixture {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_strbuf b;
    struct sl_ai_page page;
};

static void init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->a = sl_arena_new("test", SL_MIB(1));
    sl_diag_init(&f->d, f->a);
    sl_strbuf_init(&f->b, f->a, 0);
}

static sl_rc read_page(struct fixture *f, enum sl_ai_dialect client, const char *query)
{
    return sl_ai_page_read(client, sl_cstr(query), all, SL_LEN(all), f->a, &f->page, &f->d);
}

static sl_str list(struct fixture *f, enum sl_ai_dialect client, const char *query)
{
    EXPECT_EQ(SL_OK, read_page(f, client, query));
    sl_strbuf_clear(&f->b);
    sl_ai_models_write(client, all, &f->page, &f->b);
    return sl_strbuf_str(&f->b);
}

TEST(model_list, ollama_is_shown_what_a_model_can_do)
{
    static const struct {
        size_t i;
        const char *info, *can;
    } rows[] = {
        {0, "\"general.architecture\":\"openai\",\"openai.context_length\":200000",
         "\"completion\",\"vision\",\"thinking\""},
        {1, "\"general.architecture\":\"openai\"", "\"completion\""},
        {2, "\"general.architecture\":\"cohere\"", "\"embedding\""},
    };
    struct fixture f;
    init(&f);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_strbuf_clear(&f.b);
        sl_ai_model_show(&all[rows[i].i], &f.b);
        EXPECT(sl_str_find_str(sl_strbuf_str(&f.b),
                               sl_fmt(f.a, "\"model_info\":{%s},\"capabilities\":[%s],",
                                      rows[i].info, rows[i].can)) != SIZE_MAX);
    }
    sl_arena_free(f.a);
}

TEST(model_list, x13_openai_gets_all_of_it_whatever_the_query)
{
    struct fixture f;
    init(&f);
    EXPECT_STR(
        "{\"object\":\"list\",\"data\":["
        "{\"id\":\"fast\",\"object\":\"model\",\"created\":0,\"owned_by\":\"openai\"},"
        "{\"id\":\"oa/\\\"x\\\"\",\"object\":\"model\",\"created\":0,\"owned_by\":\"openai\"},"
        "{\"id\":\"c\",\"object\":\"model\",\"created\":0,\"owned_by\":\"cohere\"},"
        "{\"id\":\"d\",\"object\":\"model\",\"created\":0,\"owned_by\":\"anthropic\"}]}",
        list(&f, SL_AI_OPENAI_CHAT, "limit=x&pageSize=0"));
    sl_arena_free(f.a);
}

TEST(model_list, x13_anthropic_turns_pages_by_ids)
{
    static const struct {
        const char *query;
        size_t from, n;
        bool has_more;
    } rows[] = {
        {"", 0, 4, false},
        {"limit=2", 0, 2, true},
        {"limit=2&after_id=oa%2F%22x%22", 2, 2, false},
        {"limit=1&after_id=fast", 1, 1, true},
        {"after_id=d", 4, 0, false},
        {"before_id=c", 0, 2, false},
        {"before_id=c&limit=1", 1, 1, true},
        {"before_id=fast", 0, 0, false},
        {"limit=4000000000", 0, 4, false},
        {"limit=", 0, 4, false},
    };
    struct fixture f;
    init(&f);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        EXPECT_EQ(SL_OK, read_page(&f, SL_AI_ANTHROPIC, rows[i].query));
        EXPECT_EQ(rows[i].from, f.page.from);
        EXPECT_EQ(rows[i].n, f.page.n);
        EXPECT_EQ(rows[i].has_more, f.page.has_more);
    }
    sl_arena_free(f.a);
}

TEST(model_list, a_page_that_does_not_exist_is_refused_by_its_name)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *query, *path;
    } rows[] = {
        {SL_AI_ANTHROPIC, "limit=0", "limit"},
        {SL_AI_ANTHROPIC, "limit=-1", "limit"},
        {SL_AI_ANTHROPIC, "limit=ten", "limit"},
        {SL_AI_ANTHROPIC, "limit=99999999999999999999", "limit"},
        {SL_AI_ANTHROPIC, "after_id=nobody", "after_id"},
        {SL_AI_ANTHROPIC, "before_id=%", "before_id"},
        {SL_AI_ANTHROPIC, "before_id=c&after_id=c", "after_id"},
        {SL_AI_GEMINI, "pageSize=0", "pageSize"},
        {SL_AI_GEMINI, "pageToken=!", "pageToken"},
        {SL_AI_GEMINI, "pageToken=bm9ib2R5", "pageToken"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct fixture f;
        init(&f);
        EXPECT_EQ(SL_E_AI_BAD_BODY, read_page(&f, rows[i].client, rows[i].query));
        EXPECT_STR(rows[i].path, f.d.problems[0].path);
        sl_arena_free(f.a);
    }
}

TEST(model_list, x13_anthropic_is_told_limits_and_abilities)
{
    struct fixture f;
    init(&f);
    sl_str text = list(&f, SL_AI_ANTHROPIC, "limit=2");
    EXPECT(sl_str_starts(text, SL_STR("{\"data\":[{\"type\":\"model\",\"id\":\"fast\",")));
    EXPECT(sl_str_find_str(text, SL_STR("\"max_input_tokens\":200000,\"max_tokens\":64000")) !=
           SIZE_MAX);
    EXPECT(sl_str_find_str(text, SL_STR("\"image_input\":{\"supported\":true}")) != SIZE_MAX);
    EXPECT(sl_str_find_str(text, SL_STR("\"pdf_input\":{\"supported\":false}")) != SIZE_MAX);
    EXPECT(sl_str_find_str(text, SL_STR("\"max_input_tokens\":null,\"max_tokens\":null,"
                                        "\"capabilities\":null}]")) != SIZE_MAX);
    EXPECT(sl_str_ends(text, SL_STR("\"has_more\":true,\"first_id\":\"fast\","
                                    "\"last_id\":\"oa/\\\"x\\\"\"}")));
    EXPECT(sl_str_ends(list(&f, SL_AI_ANTHROPIC, "after_id=d"),
                       SL_STR("\"has_more\":false,\"first_id\":null,\"last_id\":null}")));
    sl_arena_free(f.a);
}

TEST(model_list, x13_gemini_turns_pages_by_tokens)
{
    struct fixture f;
    init(&f);
    EXPECT_STR(
        "{\"models\":[{\"name\":\"models/fast\",\"version\":\"001\",\"displayName\":\"fast\","
        "\"inputTokenLimit\":200000,\"outputTokenLimit\":64000,"
        "\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"],\"thinking\":true}],"
        "\"nextPageToken\":\"ZmFzdA\"}",
        list(&f, SL_AI_GEMINI, "pageSize=1"));
    EXPECT_STR("{\"models\":[{\"name\":\"models/oa/\\\"x\\\"\",\"version\":\"001\","
               "\"displayName\":\"oa/\\\"x\\\"\",\"supportedGenerationMethods\":["
               "\"generateContent\",\"countTokens\"]},"
               "{\"name\":\"models/c\",\"version\":\"001\",\"displayName\":\"c\","
               "\"supportedGenerationMethods\":[\"embedContent\",\"batchEmbedContents\"]},"
               "{\"name\":\"models/d\",\"version\":\"001\",\"displayName\":\"d\","
               "\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"]}]}",
               list(&f, SL_AI_GEMINI, "pageToken=ZmFzdA"));
    sl_arena_free(f.a);
}

TEST(model_list, one_model_is_told_alone)
{
    struct fixture f;
    init(&f);
    sl_ai_model_write(SL_AI_OPENAI_CHAT, &all[3], &f.b);
    EXPECT_STR("{\"id\":\"d\",\"object\":\"model\",\"created\":0,\"owned_by\":\"anthropic\"}",
               sl_strbuf_str(&f.b));
    sl_arena_free(f.a);
}

TEST(model_list, x13_cohere_is_told_what_a_model_is_for)
{
    struct fixture f;
    init(&f);
    sl_str text = list(&f, SL_AI_COHERE, "page_size=1");
    EXPECT(sl_str_find_str(text, SL_STR("{\"models\":[{\"name\":\"fast\",\"is_deprecated\":false,"
                                        "\"endpoints\":[\"chat\"],\"finetuned\":false,"
                                        "\"context_length\":200000},")) == 0);
    EXPECT(sl_str_find_str(text, SL_STR("\"name\":\"c\",\"is_deprecated\":false,\"endpoints\":["
                                        "\"embed\"],\"finetuned\":false}")) != SIZE_MAX);
    sl_arena_free(f.a);
}

TEST(model_list, x13_ollama_is_told_names)
{
    struct fixture f;
    init(&f);
    sl_str text = list(&f, SL_AI_OLLAMA, "");
    EXPECT(sl_str_find_str(text, SL_STR("{\"models\":[{\"name\":\"fast\",\"model\":\"fast\","
                                        "\"modified_at\":")) == 0);
    EXPECT(sl_str_find_str(text, SL_STR("\"family\":\"cohere\",\"families\":[\"cohere\"]")) !=
           SIZE_MAX);
    sl_arena_free(f.a);
}
