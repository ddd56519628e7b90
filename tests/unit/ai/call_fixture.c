#include "tests/unit/ai/call_fixture.h"

void fixture_init(struct call_fixture *f, const char *vendor)
{
    memset(f, 0, sizeof(*f));
    f->a = sl_arena_new("test", SL_MIB(64));
    f->pool = sl_chunk_pool_new();
    sl_diag_init(&f->d, f->a);
    sl_headers_init(&f->client, f->a);
    sl_chain_init(&f->out, f->pool);
    f->body_limit = SL_MIB(32);
    f->target = (struct sl_ai_target){
        .vendor = sl_ai_vendor_find(sl_cstr(vendor)),
        .base_url_path = SL_STR("/v1"),
        .model = SL_STR("real"),
        .key = SL_STR("secret"),
        .cap_max_tokens = -1,
    };
    SL_ASSERT(f->target.vendor != NULL);
}

void fixture_fini(struct call_fixture *f)
{
    sl_ai_relay_free(f->relay);
    sl_chain_fini(&f->wire.body);
    sl_chain_fini(&f->out);
    sl_strbuf_fini(&f->text);
    sl_arena_free(f->a);
    sl_chunk_pool_free(f->pool);
}

void fixture_read(struct call_fixture *f, enum sl_ai_dialect client, const char *body)
{
    EXPECT_EQ(SL_OK, sl_ai_call_read(SL_AI_CHAT, client, sl_cstr(body), f->a, &f->call, &f->d));
}

sl_str fixture_write(struct call_fixture *f, enum sl_ai_dialect client, const char *body)
{
    fixture_read(f, client, body);
    sl_chain_fini(&f->wire.body);
    EXPECT_EQ(SL_OK,
              sl_ai_call_write(&f->call, &f->target, &f->client, f->a, f->pool, &f->wire, &f->d));
    return sl_chain_flatten(&f->wire.body, f->a);
}

void fixture_open(struct call_fixture *f, bool is_stream, const char *shown)
{
    const struct sl_ai_relay_config config = {
        .call = &f->call,
        .target = &f->target,
        .wire = &f->wire,
        .shown_model = sl_cstr(shown),
        .request_id = SL_STR("req1"),
        .now_unix_s = 1700000000,
        .content_encoding = f->content_encoding,
        .body_limit = f->body_limit,
        .is_stream = is_stream,
    };
    sl_ai_relay_free(f->relay);
    f->relay = sl_ai_relay_new(&config, f->a);
}

sl_str fixture_text(struct call_fixture *f)
{
    for (const struct sl_span *s = f->out.head; s != NULL; s = s->next)
        sl_strbuf_add(&f->text, (sl_str){s->p, s->n});
    sl_chain_clear(&f->out);
    return sl_strbuf_str(&f->text);
}

void fixture_feed(struct call_fixture *f, sl_str bytes, size_t step)
{
    for (size_t at = 0; at < bytes.n; at += step) {
        sl_str piece = sl_str_head(sl_str_from(bytes, at), step);
        struct sl_chunk *c = sl_chunk_new(f->pool, piece.n);
        memcpy(c->data, piece.p, piece.n);
        c->used = (uint32_t)piece.n;
        sl_ai_relay_feed(f->relay, c, (sl_str){c->data, piece.n}, &f->out);
        sl_chunk_unref(c);
        (void)fixture_text(f);
    }
}

sl_str fixture_finish(struct call_fixture *f, bool is_clean)
{
    sl_ai_relay_finish(f->relay, is_clean, &f->out);
    return fixture_text(f);
}

sl_str fixture_json(struct sl_arena *a, const char *text)
{
    sl_str copy = sl_fmt(a, "%s", text);
    char *p = (char *)(uintptr_t)copy.p;

    for (size_t i = 0; i < copy.n; i++)
        if (p[i] == '\'')
            p[i] = '"';
    return copy;
}

bool fixture_has(sl_str in, struct sl_arena *a, const char *part)
{
    bool is_denied = part[0] == '!';
    bool is_there = sl_str_find_str(in, fixture_json(a, part + is_denied)) != SIZE_MAX;

    if (is_there == is_denied)
        print_error("wanted %s\nin     %.*s\n", part, SL_STRF(in));
    return is_there != is_denied;
}
