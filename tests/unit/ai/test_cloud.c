/* Models of one vendor at another's cloud: Vertex AI and Bedrock. */
#include "ai/surface.h"
#include "base/str.h"
#include "tests/unit/ai/call_fixture.h"

/* The fixture's target at the surface that serves `model`. */
static void aim(struct call_fixture *f, const char *vendor, const char *model,
                enum sl_ai_dialect client, enum sl_ai_operation operation)
{
    fixture_init(f, vendor);
    f->call = (struct sl_ai_call){.operation = operation, .dialect = client};
    f->target.model = sl_cstr(model);
    struct sl_ai_surfaces s =
        sl_ai_surfaces_make(f->target.vendor, SL_STR("/v1/p"), SL_STR("/v1/p"), f->a);
    const struct sl_ai_surface *found = sl_ai_surface_for(&s, &f->call, f->target.model, NULL);
    f->target.vendor = found->row;
    f->target.base_url_path = found->base_path;
}

static sl_str written(struct call_fixture *f, enum sl_ai_operation operation,
                      enum sl_ai_dialect client, const char *body)
{
    EXPECT_EQ(SL_OK, sl_ai_call_read(operation, client, sl_cstr(body), f->a, &f->call, &f->d));
    EXPECT_EQ(SL_OK,
              sl_ai_call_write(&f->call, &f->target, &f->client, f->a, f->pool, &f->wire, &f->d));
    return sl_chain_flatten(&f->wire.body, f->a);
}

TEST(cloud, each_publisher_on_vertex_has_a_surface_of_its_own_whatever_the_client_speaks)
{
    static const struct {
        const char *model;
        enum sl_ai_dialect dialect;
        const char *path;
    } rows[] = {
        {"gemini-2.5-pro", SL_AI_GEMINI,
         "/publishers/google/models/gemini-2.5-pro:generateContent"},
        {"claude-sonnet-4-5@20250929", SL_AI_ANTHROPIC,
         "/publishers/anthropic/models/claude-sonnet-4-5%4020250929:rawPredict"},
        {"meta/llama-3.3-70b-instruct-maas", SL_AI_OPENAI_CHAT,
         "/endpoints/openapi/chat/completions"},
        {"mistral-small-2503", SL_AI_OPENAI_CHAT,
         "/publishers/mistralai/models/mistral-small-2503:rawPredict"},
    };
    static const enum sl_ai_dialect clients[] = {SL_AI_OPENAI_CHAT, SL_AI_ANTHROPIC};
    for (size_t i = 0; i < SL_LEN(rows) * SL_LEN(clients); i++) {
        struct call_fixture f;
        size_t row = i / SL_LEN(clients);
        enum sl_ai_dialect client = clients[i % SL_LEN(clients)];
        aim(&f, "vertex-ai", rows[row].model, client, SL_AI_CHAT);
        EXPECT_EQ(rows[row].dialect, f.target.vendor->dialect);
        (void)written(&f, SL_AI_CHAT, client,
                      "{\"model\":\"m\",\"max_tokens\":5,"
                      "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
        EXPECT(sl_str_starts(f.wire.path, SL_STR("/v1/p/")));
        EXPECT(sl_str_ends(f.wire.path, sl_cstr(rows[row].path)));
        fixture_fini(&f);
    }
}

TEST(cloud, claude_on_vertex_has_its_version_in_the_body_and_its_model_in_the_path)
{
    struct call_fixture f;
    aim(&f, "vertex-ai", "claude-x", SL_AI_ANTHROPIC, SL_AI_CHAT);
    EXPECT(sl_headers_add_id(&f.client, SL_H_ANTHROPIC_VERSION, SL_STR("2023-06-01")));
    EXPECT(sl_headers_add_id(&f.client, SL_H_ANTHROPIC_BETA, SL_STR("context-1m")));
    EXPECT_STR("{\"anthropic_version\":\"vertex-2023-10-16\",\"max_tokens\":5,\"stream\":true,"
               "\"messages\":[]}",
               written(&f, SL_AI_CHAT, SL_AI_ANTHROPIC,
                       "{\"model\":\"m\",\"max_tokens\":5,\"stream\":true,\"messages\":[]}"));
    EXPECT_STR("/v1/p/publishers/anthropic/models/claude-x:streamRawPredict", f.wire.path);
    EXPECT(sl_headers_find_id(&f.wire.headers, SL_H_ANTHROPIC_VERSION) == NULL);
    EXPECT_STR("context-1m", sl_headers_get_id(&f.wire.headers, SL_H_ANTHROPIC_BETA));
    EXPECT_STR("Bearer secret", sl_headers_get_id(&f.wire.headers, SL_H_AUTHORIZATION));
    fixture_fini(&f);
}

TEST(cloud, a_crossing_to_claude_on_vertex_writes_the_same)
{
    struct call_fixture f;
    aim(&f, "vertex-ai", "claude-x", SL_AI_OPENAI_CHAT, SL_AI_CHAT);
    sl_str body = written(&f, SL_AI_CHAT, SL_AI_OPENAI_CHAT,
                          "{\"model\":\"m\",\"max_tokens\":5,"
                          "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
    EXPECT(sl_str_starts(body,
                         SL_STR("{\"anthropic_version\":\"vertex-2023-10-16\",\"max_tokens\":5,")));
    EXPECT(sl_str_find_str(body, SL_STR("\"model\"")) == SIZE_MAX);
    fixture_fini(&f);
}

TEST(cloud, x12_claude_on_vertex_is_counted_at_a_path_of_all_models)
{
    struct call_fixture f;
    aim(&f, "vertex-ai", "claude-x", SL_AI_ANTHROPIC, SL_AI_COUNT_TOKENS);
    EXPECT_STR(
        "{\"anthropic_version\":\"vertex-2023-10-16\",\"model\":\"claude-x\","
        "\"messages\":[]}",
        written(&f, SL_AI_COUNT_TOKENS, SL_AI_ANTHROPIC, "{\"model\":\"m\",\"messages\":[]}"));
    EXPECT_STR("/v1/p/publishers/anthropic/models/count-tokens:rawPredict", f.wire.path);
    fixture_fini(&f);
}

TEST(cloud, x11_vectors_on_vertex_are_predictions_for_every_client)
{
    struct call_fixture f;
    aim(&f, "vertex-ai", "text-embedding-005", SL_AI_OPENAI_CHAT, SL_AI_EMBEDDINGS);
    EXPECT_STR("{\"instances\":[{\"content\":\"a\"},{\"content\":\"b\"}],"
               "\"parameters\":{\"outputDimensionality\":8}}",
               written(&f, SL_AI_EMBEDDINGS, SL_AI_OPENAI_CHAT,
                       "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"dimensions\":8}"));
    EXPECT_STR("/v1/p/publishers/google/models/text-embedding-005:predict", f.wire.path);
    fixture_fini(&f);
}

static sl_str counted_by(const char *vendor, struct call_fixture *f)
{
    const struct sl_ai_line line = {.operation = SL_AI_COUNT_TOKENS, .model = SL_STR("m")};
    sl_str body = SL_STR("{\"generateContentRequest\":{\"model\":\"models/m\",\"contents\":"
                         "[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}]}]}}");
    aim(f, vendor, "x", SL_AI_GEMINI, SL_AI_COUNT_TOKENS);
    EXPECT_EQ(SL_OK, sl_ai_call_read_line(&line, SL_AI_GEMINI, body, f->a, &f->call, &f->d));
    EXPECT_EQ(SL_OK,
              sl_ai_call_write(&f->call, &f->target, &f->client, f->a, f->pool, &f->wire, &f->d));
    return sl_chain_flatten(&f->wire.body, f->a);
}

TEST(cloud, x12_a_count_of_a_wrapped_request_is_unwrapped_where_the_vendor_has_no_such_thing)
{
    struct call_fixture f;
    EXPECT(
        sl_str_starts(counted_by("vertex-ai", &f),
                      SL_STR("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}]}]")));
    fixture_fini(&f);
    EXPECT(sl_str_find_str(counted_by("anthropic", &f), SL_STR("Hi")) != SIZE_MAX);
    fixture_fini(&f);
}
