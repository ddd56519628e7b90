#include "ai/support.h"

#include "ai/dialect.h"
#include "base/str.h"
#include "tests/test.h"

static const struct sl_ai_probe *probe(enum sl_ai_dialect client, const char *name)
{
    const struct sl_ai_probe *p;
    for (size_t i = 0; (p = sl_ai_probe_at(i)) != NULL; i++)
        if (p->client == client && sl_str_eq(p->name, sl_cstr(name)))
            return p;
    SL_ASSERT(false);
    return NULL;
}

TEST(support, x10_every_probe_is_a_request_of_its_client)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    const struct sl_ai_probe *p;
    for (size_t i = 0; (p = sl_ai_probe_at(i)) != NULL; i++) {
        struct sl_ai_call call;
        struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
        sl_diag_init(d, a);
        EXPECT_EQ(SL_OK,
                  sl_ai_call_read(SL_AI_CHAT, p->client, sl_ai_probe_body(p, a), a, &call, d));
    }
    sl_arena_free(a);
}

/* Without a trace: what says the same as saying nothing. */
static bool may_be_silent(const struct sl_ai_probe *p, enum sl_ai_dialect vendor)
{
    static const char *const words[] = {"stream", "service_tier", "tool_choice any"};
    for (size_t i = 0; i < SL_LEN(words); i++)
        if (sl_str_eq(p->name, sl_cstr(words[i])))
            return vendor != p->client;
    return false;
}

TEST(support, x10_nothing_is_lost_without_a_trace)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(256));
    const struct sl_ai_probe *p;
    for (size_t i = 0; (p = sl_ai_probe_at(i)) != NULL; i++)
        for (int k = 0; k < SL_AI_DIALECT_COUNT; k++) {
            const struct sl_ai_vendor *row = sl_ai_support_row((enum sl_ai_dialect)k);
            if (row == NULL || !sl_ai_is_spoken(row->dialect) || may_be_silent(p, row->dialect))
                continue;
            if (sl_ai_support_of(p, row, a) == SL_AI_SUPPORT_SILENT)
                print_error("%.*s is lost on the way to dialect %d\n", SL_STRF(p->name), k);
            EXPECT(sl_ai_support_of(p, row, a) != SL_AI_SUPPORT_SILENT);
        }
    sl_arena_free(a);
}

TEST(support, x10_in_its_own_dialect_everything_gets_through)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    const struct sl_ai_vendor *anthropic = sl_ai_vendor_find(SL_STR("anthropic"));
    const struct sl_ai_probe *p;
    for (size_t i = 0; (p = sl_ai_probe_at(i)) != NULL; i++)
        if (p->client == SL_AI_ANTHROPIC)
            EXPECT_EQ(SL_AI_SUPPORT_MAPPED, sl_ai_support_of(p, anthropic, a));
    sl_arena_free(a);
}

TEST(support, x10_cells_that_matter)
{
    static const struct {
        enum sl_ai_dialect client;
        const char *name, *vendor;
        enum sl_ai_support support;
    } rows[] = {
        {SL_AI_OPENAI_CHAT, "tools custom", "anthropic", SL_AI_SUPPORT_MAPPED},
        {SL_AI_OPENAI_CHAT, "tools custom", "deepseek", SL_AI_SUPPORT_MAPPED},
        {SL_AI_OPENAI_CHAT, "tools custom with a grammar", "gemini", SL_AI_SUPPORT_DROPPED},
        {SL_AI_OPENAI_CHAT, "tools custom with a grammar", "openai", SL_AI_SUPPORT_MAPPED},
        {SL_AI_OPENAI_CHAT, "n", "anthropic", SL_AI_SUPPORT_REFUSED},
        {SL_AI_OPENAI_CHAT, "temperature 1.5", "anthropic", SL_AI_SUPPORT_CLAMPED},
        {SL_AI_OPENAI_CHAT, "temperature 1.5", "openai", SL_AI_SUPPORT_MAPPED},
        {SL_AI_OPENAI_CHAT, "temperature 1.5", "moonshot-cn", SL_AI_SUPPORT_CLAMPED},
        {SL_AI_OPENAI_CHAT, "seed", "anthropic", SL_AI_SUPPORT_DROPPED},
        {SL_AI_OPENAI_CHAT, "seed", "mistral", SL_AI_SUPPORT_MAPPED},
        {SL_AI_OPENAI_CHAT, "seed", "perplexity", SL_AI_SUPPORT_DROPPED},
        {SL_AI_OPENAI_CHAT, "tools", "perplexity", SL_AI_SUPPORT_REFUSED},
        {SL_AI_OPENAI_CHAT, "logprobs", "groq", SL_AI_SUPPORT_DROPPED},
        {SL_AI_OPENAI_CHAT, "logit_bias", "anthropic", SL_AI_SUPPORT_DROPPED},
        {SL_AI_OPENAI_CHAT, "top_k", "anthropic", SL_AI_SUPPORT_MAPPED},
        {SL_AI_OPENAI_CHAT, "audio", "anthropic", SL_AI_SUPPORT_REFUSED},
        {SL_AI_OPENAI_CHAT, "reasoning_effort", "alibaba-cn", SL_AI_SUPPORT_MAPPED},
        {SL_AI_ANTHROPIC, "top_k", "openai", SL_AI_SUPPORT_DROPPED},
        {SL_AI_ANTHROPIC, "mcp_servers", "openai", SL_AI_SUPPORT_REFUSED},
        {SL_AI_ANTHROPIC, "tools of Anthropic's own", "openai", SL_AI_SUPPORT_REFUSED},
        {SL_AI_ANTHROPIC, "thinking", "deepseek", SL_AI_SUPPORT_MAPPED},
        {SL_AI_ANTHROPIC, "cache_control", "openai", SL_AI_SUPPORT_DROPPED},
    };
    struct sl_arena *a = sl_arena_new("test", SL_MIB(64));
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        enum sl_ai_support got = sl_ai_support_of(probe(rows[i].client, rows[i].name),
                                                  sl_ai_vendor_find(sl_cstr(rows[i].vendor)), a);
        if (got != rows[i].support)
            print_error("%s to %s\n", rows[i].name, rows[i].vendor);
        EXPECT_EQ(rows[i].support, got);
    }
    sl_arena_free(a);
}
