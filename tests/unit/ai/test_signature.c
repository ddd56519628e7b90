/* test_signature: what a vendor signed, through clients of other dialects and back (X6, checklist 7, 8). */
#include "ai/dialect.h"
#include "ai/signature.h"
#include "base/err.h"
#include "base/rand.h"
#include "codec/jsonscan.h"
#include "tests/unit/ai/call_fixture.h"

#define A SL_AI_ANTHROPIC
#define G SL_AI_GEMINI
#define O SL_AI_OPENAI_CHAT

static struct sl_arena *a;

static struct sl_ai_target target_of(const char *vendor, const char *model)
{
    return (struct sl_ai_target){.vendor = sl_ai_vendor_find(sl_cstr(vendor)),
                                 .model = sl_cstr(model)};
}

/* The signature of the one part, as the target sees it; *ret_id the part's id. */
static sl_str seen_by(const struct sl_ai_target *t, enum sl_ai_dialect client,
                      const struct sl_ai_part *part, sl_str *ret_id)
{
    struct sl_ai_part own = *part;
    struct sl_ai_message m = {.role = SL_AI_ROLE_ASSISTANT, .parts = &own, .part_count = 1};
    struct sl_ai_request rq = {.dialect = client, .messages = &m, .message_count = 1};
    const struct sl_ai_request *seen = sl_ai_signature_restore(&rq, t, a);
    EXPECT(seen != NULL);
    if (ret_id != NULL)
        *ret_id = seen->messages->parts->id;
    return seen->messages->parts->signature;
}

TEST(signature, x6_comes_back_to_its_maker_and_to_nobody_else)
{
    static const char *const signatures[] = {
        "c2lnbmF0dXJl", "Y2FsbA==", "not base64!", "\xc3\xa9", "x", "AA==", "Zm9v\n",
    };
    struct sl_ai_target maker = target_of("gemini", "gemini-3-pro"),
                        model = target_of("gemini", "gemini-3-flash"),
                        vendor = target_of("anthropic", "gemini-3-pro");
    a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(signatures); i++) {
        struct sl_ai_part p = {.kind = SL_AI_THINKING};
        p.signature = sl_ai_signature_wrap(&maker, sl_cstr(signatures[i]), a);
        EXPECT(sl_ai_signature_is_in(p.signature));
        EXPECT_STR(signatures[i], seen_by(&maker, O, &p, NULL));
        EXPECT_STR("", seen_by(&model, O, &p, NULL));
        EXPECT_STR("", seen_by(&vendor, O, &p, NULL));
    }
    sl_arena_free(a);
}

TEST(signature, a_carrier_may_stand_in_ids_and_is_base64_in_every_alphabet)
{
    struct sl_ai_target maker = target_of("gemini", "m");
    char text[64];
    a = sl_arena_new("test", SL_MIB(4));
    memset(text, 0xff, sizeof(text));
    for (size_t n = 1; n < sizeof(text); n++) {
        sl_str carrier = sl_ai_signature_wrap(&maker, sl_str_of(text, n), a);
        EXPECT_EQ(0, carrier.n % 4);
        for (size_t i = 0; i < carrier.n; i++)
            EXPECT((carrier.p[i] >= 'A' && carrier.p[i] <= 'Z') ||
                   (carrier.p[i] >= '2' && carrier.p[i] <= '7'));
    }
    sl_arena_free(a);
}

TEST(signature, ids_come_back_as_their_vendors_gave_them)
{
    struct sl_ai_target maker = target_of("gemini", "m"), other = target_of("openai", "m");
    sl_str id;
    a = sl_arena_new("test", SL_MIB(4));
    sl_str carrier = sl_ai_signature_wrap(&maker, SL_STR("c2ln"), a);
    struct sl_ai_part call = {.kind = SL_AI_TOOL_CALL}, result = {.kind = SL_AI_TOOL_RESULT};
    call.id = result.id = sl_fmt(a, "functions.f:0%.*s", SL_STRF(carrier));
    EXPECT_STR("c2ln", seen_by(&maker, O, &call, &id));
    EXPECT_STR("functions.f:0", id);
    EXPECT_STR("", seen_by(&other, O, &call, &id));
    EXPECT_STR("functions.f:0", id);
    EXPECT_STR("", seen_by(&maker, A, &result, &id));
    EXPECT_STR("functions.f:0", id);
    sl_arena_free(a);
}

TEST(signature, without_a_carrier_it_belongs_to_the_clients_dialect)
{
    static const struct {
        enum sl_ai_dialect client;
        enum sl_ai_part_kind kind;
        const char *vendor;
        bool is_kept;
    } rows[] = {
        {A, SL_AI_THINKING, "anthropic", true}, {A, SL_AI_THINKING, "gemini", false},
        {G, SL_AI_TOOL_CALL, "gemini", true},   {G, SL_AI_TEXT, "anthropic", false},
        {O, SL_AI_THINKING, "anthropic", true}, {O, SL_AI_TOOL_CALL, "gemini", true},
        {O, SL_AI_THINKING, "gemini", false},   {O, SL_AI_TOOL_CALL, "anthropic", false},
    };
    a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_target t = target_of(rows[i].vendor, "m");
        struct sl_ai_part p = {.kind = rows[i].kind, .signature = SL_STR("sig")};
        EXPECT_STR(rows[i].is_kept ? "sig" : "", seen_by(&t, rows[i].client, &p, NULL));
    }
    sl_arena_free(a);
}

TEST(signature, broken_carriers_are_nobodys)
{
    static const char *const broken[] = {
        "SLUICE7SIGNATURE",         "SLUICE7SIGNATUREA",
        "SLUICE7SIGNATUREAAAAAAAA", "SLUICE7SIGNATURE11111111",
        "SLUICE7SIGNATURE////////", "SLUICE7SIGNATURE77777777",
        "SLUICE7SIGNATUREaaaaaaaa", "SLUICE7SIGNATURE7777777777777777",
    };
    struct sl_ai_target t = target_of("gemini", "m");
    a = sl_arena_new("test", SL_MIB(4));
    for (size_t i = 0; i < SL_LEN(broken); i++) {
        struct sl_ai_part p = {.kind = SL_AI_THINKING, .signature = sl_cstr(broken[i])};
        EXPECT_STR("", seen_by(&t, O, &p, NULL));
    }
    sl_str carrier = sl_ai_signature_wrap(&t, SL_STR("c2lnbmF0dXJl"), a);
    for (size_t n = 0; n < carrier.n; n++) {
        struct sl_ai_part p = {.kind = SL_AI_THINKING, .signature = sl_str_head(carrier, n)};
        sl_str seen = seen_by(&t, O, &p, NULL);
        EXPECT(!sl_str_eq(seen, SL_STR("c2lnbmF0dXJl")));
    }
    sl_arena_free(a);
}

TEST(signature, a_carrier_is_found_wherever_it_stands)
{
    static const char letters[] = "SLUICE7SIGNATURE x";
    char text[64];
    struct sl_rand rand;
    sl_rand_seed(&rand, 3);
    for (size_t at = 0; at + 16 <= sizeof(text); at++) {
        for (int i = 0; i < 200; i++) {
            for (size_t k = 0; k < sizeof(text); k++)
                text[k] = letters[sl_rand_below(&rand, sizeof(letters) - 1)];
            sl_str junk = {text, sizeof(text)};
            EXPECT_EQ(memmem(text, sizeof(text), letters, 16) != NULL, sl_ai_signature_is_in(junk));
            memcpy(text + at, letters, 16);
            EXPECT(sl_ai_signature_is_in(junk));
            EXPECT(sl_ai_signature_is_in((sl_str){text + at, 16}));
            EXPECT(!sl_ai_signature_is_in((sl_str){text + at, 15}));
        }
    }
    EXPECT(!sl_ai_signature_is_in((sl_str){0}));
}

TEST(signature, it_has_a_limit)
{
    struct sl_ai_target t = target_of("gemini", "m");
    char *big;
    a = sl_arena_new("test", SL_MIB(4));
    big = sl_arena_alloc(a, SL_AI_SIGNATURE_BYTES + 1);
    memset(big, '!', SL_AI_SIGNATURE_BYTES + 1);
    EXPECT(sl_ai_signature_wrap(&t, sl_str_of(big, SL_AI_SIGNATURE_BYTES), a).n != 0);
    EXPECT_EQ(0, sl_ai_signature_wrap(&t, sl_str_of(big, SL_AI_SIGNATURE_BYTES + 1), a).n);
    EXPECT_EQ(0, sl_ai_signature_wrap(&t, SL_STR(""), a).n);
    sl_arena_free(a);
}

/* ------------------------------------------------------------------ two turns through a client */

#define GEMINI_CALLS                                                                       \
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true},"  \
    "{\"functionCall\":{\"id\":\"fc_1\",\"name\":\"f\",\"args\":{}},\"thoughtSignature\":" \
    "\"c2lnbmF0dXJl\"},{\"functionCall\":{\"id\":\"fc_2\",\"name\":\"f\",\"args\":{}}}]}," \
    "\"finishReason\":\"STOP\"}],\"modelVersion\":\"real\",\"responseId\":\"r\"}\n\n"
#define ASK_STREAM                                                                        \
    "{\"model\":\"m\",\"stream\":true,\"max_tokens\":9,\"messages\":[{\"role\":\"user\"," \
    "\"content\":\"hi\"}]}"

/* The text between the first `before` and the next quote. */
static sl_str value_behind(sl_str text, const char *before)
{
    size_t at = sl_str_find_str(text, sl_cstr(before));
    EXPECT(at != SIZE_MAX);
    sl_str rest = sl_str_from(text, at + strlen(before));
    return sl_str_head(rest, sl_str_find(rest, '"', 0));
}

static sl_str first_turn(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                         const char *answer)
{
    fixture_init(f, vendor);
    f->target.model = SL_STR("gemini-3-pro");
    (void)fixture_write(f, client, ASK_STREAM);
    fixture_open(f, true, "m");
    fixture_feed(f, sl_cstr(answer), 7);
    return fixture_finish(f, true);
}

static sl_str second_turn(struct call_fixture *f, const char *vendor, enum sl_ai_dialect client,
                          const char *body)
{
    f->target.vendor = sl_ai_vendor_find(sl_cstr(vendor));
    return fixture_write(f, client, body);
}

static bool has(sl_str text, const char *part)
{
    return sl_str_find_str(text, sl_cstr(part)) != SIZE_MAX;
}

static const char *openai_history(struct sl_arena *arena, sl_str id)
{
    return sl_fmt(
               arena,
               "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
               "\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"%.*s\","
               "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
               "{\"role\":\"tool\",\"tool_call_id\":\"%.*s\",\"content\":\"ok\"}]}",
               SL_STRF(id), SL_STRF(id))
        .p;
}

TEST(signature, x6_an_openai_client_that_returns_only_standard_fields_keeps_geminis)
{
    struct call_fixture f;
    sl_str said = first_turn(&f, "gemini", O, GEMINI_CALLS);
    sl_str id = value_behind(said, "\"tool_calls\":[{\"index\":0,\"id\":\"");
    EXPECT(sl_str_starts(id, SL_STR("fc_1SLUICE7SIGNATURE")));
    EXPECT_STR("fc_2", value_behind(said, "\"tool_calls\":[{\"index\":1,\"id\":\""));
    const char *history = openai_history(f.a, id);

    sl_str sent = second_turn(&f, "gemini", O, history);
    EXPECT(has(sent, "{\"functionCall\":{\"id\":\"fc_1\",\"name\":\"f\",\"args\":{}},"
                     "\"thoughtSignature\":\"c2lnbmF0dXJl\"}"));
    EXPECT(has(sent, "\"functionResponse\":{\"id\":\"fc_1\",\"name\":\"f\""));

    f.target.model = SL_STR("gemini-3-flash"); /* another model must not see it */
    sent = second_turn(&f, "gemini", O, history);
    EXPECT(has(sent, "\"thoughtSignature\":\"skip_thought_signature_validator\""));
    EXPECT(!has(sent, "c2lnbmF0dXJl") && !has(sent, "SLUICE7"));

    sent = second_turn(&f, "openai", O, history); /* nor another vendor of the client's dialect */
    EXPECT(has(sent, "\"id\":\"fc_1\"") && has(sent, "\"tool_call_id\":\"fc_1\""));
    EXPECT(!has(sent, "SLUICE7"));
    fixture_fini(&f);
}

TEST(signature, x6_an_anthropic_client_keeps_geminis_in_the_id_of_tool_use)
{
    struct call_fixture f;
    sl_str said = first_turn(&f, "gemini", A, GEMINI_CALLS);
    sl_str id = value_behind(said, "{\"type\":\"tool_use\",\"id\":\"");
    EXPECT(sl_str_starts(id, SL_STR("fc_1SLUICE7SIGNATURE")));
    const char *history =
        sl_fmt(
            f.a,
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"%.*s\",\"name\":"
            "\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
            "\"tool_use_id\":\"%.*s\",\"content\":\"ok\"}]}]}",
            SL_STRF(id), SL_STRF(id))
            .p;
    EXPECT(has(second_turn(&f, "gemini", A, history), "\"thoughtSignature\":\"c2lnbmF0dXJl\""));
    sl_str sent = second_turn(&f, "anthropic", A, history);
    EXPECT(has(sent, "\"tool_use_id\":\"fc_1\"") && !has(sent, "SLUICE7"));
    fixture_fini(&f);
}

#define CLAUDE_THINKS                                                                               \
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"real\"}}\n\n"      \
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\"," \
    "\"thinking\":\"\"}}\n\n"                                                                       \
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\","   \
    "\"thinking\":\"hm\"}}\n\n"                                                                     \
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\","  \
    "\"signature\":\"U0lH\"}}\n\n"                                                                  \
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\","  \
    "\"signature\":\"TkVE\"}}\n\n"                                                                  \
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"                                       \
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"               \
    "data: {\"type\":\"message_stop\"}\n\n"

TEST(signature, x6_claudes_fragments_are_one_carrier_in_the_openai_dialect)
{
    struct call_fixture f;
    sl_str said = first_turn(&f, "anthropic", O, CLAUDE_THINKS);
    sl_str carrier = value_behind(said, "\"signature\":\"");
    EXPECT(sl_str_starts(carrier, SL_STR("SLUICE7SIGNATURE")));
    const char *history =
        sl_fmt(
            f.a,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":"
            "\"assistant\",\"content\":\"x\",\"thinking_blocks\":[{\"type\":\"thinking\","
            "\"thinking\":\"hm\",\"signature\":\"%.*s\"}]},{\"role\":\"user\",\"content\":\"y\"}]}",
            SL_STRF(carrier))
            .p;
    EXPECT(has(second_turn(&f, "anthropic", O, history),
               "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"U0lHTkVE\"}"));
    sl_str sent = second_turn(&f, "gemini", O, history);
    EXPECT(!has(sent, "hm") && !has(sent, "SLUICE7"));
    fixture_fini(&f);
}

TEST(signature, each_choice_has_its_own)
{
    struct sl_ai_target maker = target_of("anthropic", "m");
    struct sl_ai_encoder_config config = {.request_id = SL_STR("R"), .maker = &maker};
    struct sl_ai_encoder *e;
    struct sl_strbuf out;
    sl_str one, two, said;
    static const struct {
        enum sl_ai_event_kind kind;
        uint32_t choice;
        const char *text;
    } rows[] = {
        {SL_AI_EV_START, 0, ""},         {SL_AI_EV_BLOCK_START, 0, ""},
        {SL_AI_EV_SIGNATURE, 0, "T05"},  {SL_AI_EV_BLOCK_START, 1, ""},
        {SL_AI_EV_SIGNATURE, 1, "VFdP"}, {SL_AI_EV_SIGNATURE, 0, "F"},
        {SL_AI_EV_BLOCK_STOP, 0, ""},    {SL_AI_EV_BLOCK_STOP, 1, ""},
        {SL_AI_EV_STOP, 0, ""},          {SL_AI_EV_STOP, 1, ""},
        {SL_AI_EV_END, 0, ""},
    };

    a = sl_arena_new("test", SL_MIB(8));
    e = sl_ai_encoder_new(O, &config, a);
    one = sl_ai_signature_wrap(&maker, SL_STR("T05F"), a);
    two = sl_ai_signature_wrap(&maker, SL_STR("VFdP"), a);
    sl_strbuf_init(&out, a, 0);
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct sl_ai_event ev = {.kind = rows[i].kind, .choice = rows[i].choice};
        ev.part = SL_AI_THINKING;
        ev.text = sl_cstr(rows[i].text);
        sl_ai_encoder_put(e, &ev, &out);
    }
    said = sl_strbuf_str(&out);
    EXPECT_STRS(one, value_behind(said, "\"signature\":\""));
    said = sl_str_from(said, sl_str_find_str(said, SL_STR("\"index\":1")));
    EXPECT_STRS(two, value_behind(said, "\"signature\":\""));
    sl_arena_free(a);
}

#define CLAUDE_HIDES                                                                           \
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"real\"}}\n\n" \
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"         \
    "\"redacted_thinking\",\"data\":\"REFUQQ==\"}}\n\n"                                        \
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"                                  \
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"          \
    "data: {\"type\":\"message_stop\"}\n\n"

/* A thought in a client of Responses, which has one place for signatures and for what is redacted. */
TEST(signature, x6_claudes_thoughts_come_back_through_clients_of_responses)
{
    static const struct {
        const char *answer, *wanted;
    } rows[] = {
        {CLAUDE_THINKS, "{\"type\":\"thinking\",\"thinking\":\"why\",\"signature\":\"U0lHTkVE\"}"},
        {CLAUDE_HIDES, "{\"type\":\"redacted_thinking\",\"data\":\"REFUQQ==\"}"},
    };

    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct call_fixture f;
        fixture_init(&f, "anthropic");
        (void)fixture_write(&f, SL_AI_OPENAI_RESPONSES,
                            "{\"model\":\"m\",\"store\":false,\"stream\":true,"
                            "\"input\":\"hi\"}");
        fixture_open(&f, true, "m");
        fixture_feed(&f, sl_cstr(rows[i].answer), 7);
        sl_str carrier = value_behind(fixture_finish(&f, true), "\"encrypted_content\":\"");
        EXPECT(sl_str_starts(carrier, SL_STR("SLUICE7SIGNATURE")));
        sl_str history = sl_fmt(
            f.a,
            "{\"model\":\"m\",\"store\":false,\"input\":[{\"role\":\"user\",\"content\":\"hi\"},"
            "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[{\"type\":\"summary_text\",\"text\":"
            "\"why\"}],\"encrypted_content\":\"%.*s\"},{\"type\":\"message\",\"role\":\"assistant\","
            "\"content\":[{\"type\":\"output_text\",\"text\":\"b\"}]},{\"role\":\"user\",\"content\":"
            "\"y\"}]}",
            SL_STRF(carrier));
        EXPECT(
            has(second_turn(&f, "anthropic", SL_AI_OPENAI_RESPONSES, history.p), rows[i].wanted));
        sl_str sent = second_turn(&f, "custom-responses", SL_AI_OPENAI_RESPONSES, history.p);
        EXPECT(!has(sent, "SLUICE7") && !has(sent, "why") && has(sent, "\"y\""));
        fixture_fini(&f);
    }
}

#define GEMINI_SIGNS_TEXT                                                                  \
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hello\"}]}}],"            \
    "\"modelVersion\":\"real\",\"responseId\":\"r\"}\n\n"                                  \
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\",\"thoughtSignature\":" \
    "\"dGV4dA==\"}]},\"finishReason\":\"STOP\"}]}\n\n"
#define SIGNED_TEXT "{\"text\":\"hello\",\"thoughtSignature\":\"dGV4dA==\"}"

/* A second turn with what the assistant said: to the maker, to another model of it, to others. */
static void expect_text_signature(struct call_fixture *f, enum sl_ai_dialect client,
                                  const char *history, const char *wanted)
{
    static const char *const others[] = {"anthropic", "openai", "custom-responses"};

    f->target.model = SL_STR("gemini-3-pro");
    EXPECT(has(second_turn(f, "gemini", client, history), wanted));
    f->target.model = SL_STR("gemini-3-flash");
    sl_str sent = second_turn(f, "gemini", client, history);
    EXPECT(!has(sent, "thoughtSignature") && !has(sent, "SLUICE7"));
    for (size_t i = 0; i < SL_LEN(others); i++) {
        sent = second_turn(f, others[i], client, history);
        EXPECT(!has(sent, "SLUICE7") && !has(sent, "redacted") && !has(sent, "dGV4dA"));
    }
}

TEST(signature, x6_a_text_of_geminis_keeps_its_own_through_anthropics_clients)
{
    static const struct {
        const char *text, *wanted; /* blocks before the carrier, and what the maker gets of both */
    } rows[] = {
        {"{\"type\":\"text\",\"text\":\"hello\"},", SIGNED_TEXT},
        {"", "{\"text\":\"\",\"thoughtSignature\":\"dGV4dA==\"}"},
    };
    struct call_fixture f;
    sl_str said = first_turn(&f, "gemini", A, GEMINI_SIGNS_TEXT);
    sl_str carrier = value_behind(said, "{\"type\":\"redacted_thinking\",\"data\":\"");
    EXPECT(has(said, "\"index\":1,\"content_block\":{\"type\":\"redacted_thinking\""));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        sl_str history =
            sl_fmt(f.a,
                   "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":"
                   "\"hi\"},{\"role\":\"assistant\",\"content\":[%s{\"type\":\"redacted_thinking\","
                   "\"data\":\"%.*s\"}]},{\"role\":\"user\",\"content\":\"y\"}]}",
                   rows[i].text, SL_STRF(carrier));
        expect_text_signature(&f, A, history.p, rows[i].wanted);
    }
    fixture_fini(&f);
}

TEST(signature, x6_a_text_of_geminis_keeps_its_own_through_openais_clients)
{
    struct call_fixture f;
    sl_str said = first_turn(&f, "gemini", O, GEMINI_SIGNS_TEXT);
    sl_str carrier = value_behind(said, "{\"type\":\"redacted_thinking\",\"data\":\"");
    sl_str history =
        sl_fmt(f.a,
               "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":"
               "\"assistant\",\"content\":\"hello\",\"thinking_blocks\":[{\"type\":"
               "\"redacted_thinking\",\"data\":\"%.*s\"}]},{\"role\":\"user\",\"content\":\"y\"}]}",
               SL_STRF(carrier));
    expect_text_signature(&f, O, history.p, SIGNED_TEXT);
    fixture_fini(&f);
}

TEST(signature, x6_a_text_of_geminis_keeps_its_own_through_clients_of_responses)
{
    struct call_fixture f;
    fixture_init(&f, "gemini");
    f.target.model = SL_STR("gemini-3-pro");
    (void)fixture_write(&f, SL_AI_OPENAI_RESPONSES,
                        "{\"model\":\"m\",\"stream\":true,\"store\":"
                        "false,\"input\":\"hi\"}");
    fixture_open(&f, true, "m");
    fixture_feed(&f, SL_STR(GEMINI_SIGNS_TEXT), 7);
    sl_str carrier = value_behind(fixture_finish(&f, true), "\"encrypted_content\":\"");
    sl_str history = sl_fmt(
        f.a,
        "{\"model\":\"m\",\"store\":false,\"input\":[{\"role\":\"user\",\"content\":\"hi\"},"
        "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
        "\"text\":\"hello\"}]},{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],"
        "\"encrypted_content\":\"%.*s\"},{\"role\":\"user\",\"content\":\"y\"}]}",
        SL_STRF(carrier));
    expect_text_signature(&f, SL_AI_OPENAI_RESPONSES, history.p, SIGNED_TEXT);
    fixture_fini(&f);
}

TEST(signature, the_makers_own_dialect_has_it_as_it_is)
{
    struct call_fixture f;
    fixture_init(&f, "anthropic");
    (void)fixture_write(&f, A,
                        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
                        "\"content\":\"hi\"}]}");
    fixture_open(&f, true, "m"); /* a stream for one who wants it whole: through the hub */
    fixture_feed(&f, SL_STR(CLAUDE_THINKS), 7);
    EXPECT(has(fixture_finish(&f, true), "\"signature\":\"U0lHTkVE\""));
    fixture_fini(&f);
}
