#include "ai/surface.h"

#include "base/str.h"
#include "tests/test.h"

struct fixture {
    struct sl_arena *a;
    struct sl_ai_surfaces s;
    struct sl_ai_call call;
};

static void open_at(struct fixture *f, const char *vendor, const char *main_path, const char *path)
{
    const struct sl_ai_vendor *v = sl_ai_vendor_find(sl_cstr(vendor));
    EXPECT(v != NULL);
    memset(f, 0, sizeof(*f));
    f->a = sl_arena_new("test", SL_MIB(1));
    f->s = sl_ai_surfaces_make(v, sl_cstr(main_path), sl_cstr(path), f->a);
}

static const struct sl_ai_surface *chosen(struct fixture *f, enum sl_ai_dialect client,
                                          enum sl_ai_operation operation)
{
    f->call = (struct sl_ai_call){.operation = operation, .dialect = client};
    return sl_ai_surface_for(&f->s, &f->call, SL_STR("m"), NULL);
}

TEST(surface, a_client_is_served_in_its_own_dialect)
{
    struct fixture f;
    const struct sl_ai_surface *s;

    open_at(&f, "deepseek", "", "");
    s = chosen(&f, SL_AI_ANTHROPIC, SL_AI_CHAT);
    EXPECT_EQ(SL_AI_ANTHROPIC, s->row->dialect);
    EXPECT_STR("deepseek", s->row->id);
    EXPECT_STR("/anthropic/v1", s->base_path);
    EXPECT_EQ(SL_AI_USAGE_ANTHROPIC, s->row->usage);
    s = chosen(&f, SL_AI_OPENAI_CHAT, SL_AI_CHAT);
    EXPECT_EQ(SL_AI_OPENAI_CHAT, s->row->dialect);
    EXPECT_STR("", s->base_path);
    sl_arena_free(f.a);
}

TEST(surface, others_get_the_main_one)
{
    struct fixture f;

    open_at(&f, "deepseek", "", "");
    EXPECT_EQ(SL_AI_OPENAI_CHAT, chosen(&f, SL_AI_GEMINI, SL_AI_CHAT)->row->dialect);
    sl_arena_free(f.a);
    open_at(&f, "anthropic", "/v1", "/v1");
    EXPECT_EQ(SL_AI_ANTHROPIC, chosen(&f, SL_AI_OPENAI_CHAT, SL_AI_CHAT)->row->dialect);
    sl_arena_free(f.a);
}

TEST(surface, what_a_surface_does_not_offer_goes_to_the_main_one)
{
    struct fixture f;

    open_at(&f, "deepseek", "", "");
    EXPECT_EQ(SL_AI_OPENAI_CHAT, chosen(&f, SL_AI_ANTHROPIC, SL_AI_COUNT_TOKENS)->row->dialect);
    EXPECT_EQ(SL_AI_OPENAI_CHAT, chosen(&f, SL_AI_ANTHROPIC, SL_AI_EMBEDDINGS)->row->dialect);
    sl_arena_free(f.a);
}

TEST(surface, a_proxy_that_keeps_the_vendors_path_reaches_all_of_them)
{
    struct fixture f;

    open_at(&f, "deepseek", "/v4", "/behind/it/v4");
    EXPECT_EQ(3, f.s.n);
    EXPECT_STR("/behind/it/v4", f.s.v[0].base_path);
    EXPECT_STR("/behind/it/anthropic/v1", f.s.v[1].base_path);
    EXPECT_STR("/behind/it/beta", f.s.v[2].base_path);
    sl_arena_free(f.a);
}

TEST(surface, a_proxy_with_paths_of_its_own_reaches_the_main_one)
{
    struct fixture f;

    open_at(&f, "deepseek", "/v4", "/mine");
    EXPECT_EQ(1, f.s.n);
    EXPECT_STR("/mine", f.s.v[0].base_path);
    EXPECT_EQ(SL_AI_OPENAI_CHAT, chosen(&f, SL_AI_ANTHROPIC, SL_AI_CHAT)->row->dialect);
    sl_arena_free(f.a);
}
