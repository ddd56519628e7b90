/* Models of one vendor at another's cloud: Vertex AI and Bedrock. */
#include "ai/surface.h"
#include "base/crc32.h"
#include "base/enc.h"
#include "base/str.h"
#include "base/strbuf.h"
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

/* Its own API fetches pictures and documents; those of the clouds do not. */
TEST(cloud, c23_an_address_is_not_handed_to_claude_on_vertex)
{
    static const char body[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
        "\"image_url\":{\"url\":\"https://x/y.png\"}}]}]}";
    struct call_fixture f;
    aim(&f, "vertex-ai", "claude-x", SL_AI_OPENAI_CHAT, SL_AI_CHAT);
    fixture_read(&f, SL_AI_OPENAI_CHAT, body);
    EXPECT_EQ(SL_E_AI_UNSUPPORTED,
              sl_ai_call_write(&f.call, &f.target, &f.client, f.a, f.pool, &f.wire, &f.d));
    EXPECT_STR("messages[0]", f.d.problems[0].path);
    fixture_fini(&f);
    aim(&f, "anthropic", "claude-x", SL_AI_OPENAI_CHAT, SL_AI_CHAT);
    sl_str sent = written(&f, SL_AI_CHAT, SL_AI_OPENAI_CHAT, body);
    EXPECT(sl_str_find_str(sent, SL_STR("\"url\":\"https://x/y.png\"")) != SIZE_MAX);
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
    EXPECT_EQ(SL_OK, sl_ai_call_read_line(&line, SL_AI_GEMINI, body, NULL, f->a, &f->call, &f->d));
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

/* ------------------------------------------------------------------ Bedrock */

static const char claude[] = "eu.anthropic.claude-x-v1:0";

TEST(cloud, x1_anthropics_clients_reach_claude_on_bedrock_in_their_own_dialect)
{
    struct call_fixture f;
    aim(&f, "aws-bedrock", claude, SL_AI_ANTHROPIC, SL_AI_CHAT);
    EXPECT(sl_headers_add_id(&f.client, SL_H_ANTHROPIC_VERSION, SL_STR("2023-06-01")));
    EXPECT(sl_headers_add_id(&f.client, SL_H_ANTHROPIC_BETA,
                             SL_STR("files-api-2025-04-14, context-1m-2025-08-07,"
                                    "interleaved-thinking-2025-05-14")));
    EXPECT_STR(
        "{\"anthropic_beta\":[\"context-1m-2025-08-07\",\"interleaved-thinking-2025-05-14\"],"
        "\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":5,\"messages\":[]}",
        written(&f, SL_AI_CHAT, SL_AI_ANTHROPIC,
                "{\"model\":\"m\",\"max_tokens\":5,\"stream\":true,\"messages\":[]}"));
    EXPECT_STR("/v1/p/model/eu.anthropic.claude-x-v1%3A0/invoke-with-response-stream", f.wire.path);
    EXPECT(sl_headers_find_id(&f.wire.headers, SL_H_ANTHROPIC_BETA) == NULL);
    EXPECT(sl_headers_find_id(&f.wire.headers, SL_H_ANTHROPIC_VERSION) == NULL);
    EXPECT_STR("application/vnd.amazon.eventstream",
               sl_headers_get_id(&f.wire.headers, SL_H_ACCEPT));
    EXPECT_EQ(0, f.wire.dropped_params.n);
    fixture_fini(&f);
}

TEST(cloud, other_clients_and_other_models_go_by_converse)
{
    static const struct {
        const char *model;
        enum sl_ai_dialect client;
        enum sl_ai_operation operation;
    } rows[] = {
        {"eu.anthropic.claude-x-v1:0", SL_AI_OPENAI_CHAT, SL_AI_CHAT},
        {"eu.anthropic.claude-x-v1:0", SL_AI_ANTHROPIC, SL_AI_COUNT_TOKENS},
        {"amazon.nova-pro-v1:0", SL_AI_ANTHROPIC, SL_AI_CHAT},
        {"arn:aws:bedrock:eu-central-1:1:application-inference-profile/x", SL_AI_ANTHROPIC,
         SL_AI_CHAT},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        aim(&f, "aws-bedrock", rows[i].model, rows[i].client, rows[i].operation);
        EXPECT_EQ(SL_AI_BEDROCK, f.target.vendor->dialect);
        fixture_fini(&f);
    }
}

/* A frame of an event stream: prelude and headers by the rules of AWS, checksums included. */
static void add_frame(struct sl_strbuf *out, const char *type_name, const char *type,
                      const char *kind, sl_str payload)
{
    struct sl_strbuf headers = {0};
    const char *pairs[][2] = {{type_name, type}, {":message-type", kind}};
    for (size_t i = 0; i < SL_LEN(pairs); i++) {
        size_t n = strlen(pairs[i][1]);
        sl_strbuf_add_char(&headers, (char)strlen(pairs[i][0]));
        sl_strbuf_add(&headers, sl_cstr(pairs[i][0]));
        sl_strbuf_add_char(&headers, 7);
        sl_strbuf_add_char(&headers, (char)(n >> 8));
        sl_strbuf_add_char(&headers, (char)n);
        sl_strbuf_add(&headers, sl_cstr(pairs[i][1]));
    }
    size_t from = out->n;
    const uint32_t numbers[] = {(uint32_t)(16 + headers.n + payload.n), (uint32_t)headers.n};
    for (size_t i = 0; i < 2; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            sl_strbuf_add_char(out, (char)(numbers[i] >> shift));
    for (int part = 0; part < 2; part++) {
        uint32_t crc = sl_crc32((sl_str){out->p + from, out->n - from});
        for (int shift = 24; shift >= 0; shift -= 8)
            sl_strbuf_add_char(out, (char)(crc >> shift));
        if (part == 0) {
            sl_strbuf_add(out, sl_strbuf_str(&headers));
            sl_strbuf_add(out, payload);
        }
    }
    sl_strbuf_fini(&headers);
}

static void add_chunk(struct sl_strbuf *out, const char *json)
{
    struct sl_strbuf payload = {0};
    sl_strbuf_add(&payload, SL_STR("{\"bytes\":\""));
    sl_enc_base64(&payload, sl_cstr(json));
    sl_strbuf_add(&payload, SL_STR("\"}"));
    add_frame(out, ":event-type", "chunk", "event", sl_strbuf_str(&payload));
    sl_strbuf_fini(&payload);
}

static void open_stream(struct call_fixture *f)
{
    aim(f, "aws-bedrock", claude, SL_AI_ANTHROPIC, SL_AI_CHAT);
    (void)written(f, SL_AI_CHAT, SL_AI_ANTHROPIC,
                  "{\"model\":\"m\",\"max_tokens\":5,\"stream\":true,\"messages\":[]}");
    fixture_open(f, true, "shown");
}

TEST(cloud, x1_frames_of_bedrock_become_the_events_that_they_hold_chopped_at_every_byte)
{
    static const char start[] = "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
                                "\"model\":\"claude\",\"usage\":{\"input_tokens\":9}}}";
    static const char text[] =
        "{\"type\":\"content_block_delta\",\"index\":0,\n\"delta\":{\"type\":"
        "\"text_delta\",\"text\":\"Hi\"}}";
    static const char stop[] = "{\"type\":\"message_stop\"}";
    struct sl_strbuf bytes = {0};
    add_chunk(&bytes, start);
    add_chunk(&bytes, text);
    add_chunk(&bytes, stop);
    for (size_t step = 1; step <= bytes.n; step += step < 40 ? 1 : 97) {
        struct call_fixture f;
        open_stream(&f);
        fixture_feed(&f, sl_strbuf_str(&bytes), step);
        EXPECT_STR(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":"
            "\"msg_1\",\"model\":\"shown\",\"usage\":{\"input_tokens\":9}}}\n\n"
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0, "
            "\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            fixture_finish(&f, true));
        EXPECT(sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
    sl_strbuf_fini(&bytes);
}

TEST(cloud, e8_an_exception_of_bedrock_ends_the_stream_as_what_it_is)
{
    struct sl_strbuf bytes = {0};
    struct call_fixture f;
    add_frame(&bytes, ":exception-type", "throttlingException", "exception",
              SL_STR("{\"message\":\"Too many requests\"}"));
    open_stream(&f);
    fixture_feed(&f, sl_strbuf_str(&bytes), 7);
    const struct sl_ai_relay_state *marks = sl_ai_relay_state(f.relay);
    EXPECT(marks->has_failed);
    EXPECT_EQ(SL_AI_FAULT_RATE, marks->fault.class_);
    EXPECT_STR("Too many requests", marks->fault.message);
    sl_strbuf_fini(&bytes);
    fixture_fini(&f);
}
