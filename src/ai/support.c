#include "ai/support.h"

#include "ai/custom_tool.h"
#include "ai/dialect.h"
#include "base/str.h"

static const struct sl_ai_probe probes[] = {
#define X(CLIENT, name, members, text) \
    {SL_AI_##CLIENT, SL_STR_INIT(name), SL_STR_INIT(members), SL_STR_INIT(text)},
#include "ai/support.def"
#undef X
};

const struct sl_ai_probe *sl_ai_probe_at(size_t i)
{
    return i < SL_LEN(probes) ? &probes[i] : NULL;
}

/* What each client's requests have in any case; the message is left out where the members have one. */
static sl_str frame_of(enum sl_ai_dialect client)
{
    return client == SL_AI_ANTHROPIC ? SL_STR("'model':'m','max_tokens':9000")
                                     : SL_STR("'model':'m'");
}

static sl_str with_quotes(sl_str text, struct sl_arena *a)
{
    char *p = sl_arena_alloc(a, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        p[i] = text.p[i] == '\'' ? '"' : text.p[i];
    return (sl_str){p, text.n};
}

static sl_str body_of(enum sl_ai_dialect client, sl_str members, struct sl_arena *a)
{
    static const sl_str messages = SL_STR_INIT(",'messages':[{'role':'user','content':'hi'}]");
    bool has_messages = sl_str_find_str(members, SL_STR("'messages'")) != SIZE_MAX;
    sl_str text =
        sl_fmt(a, "{%.*s%s%.*s%.*s}", SL_STRF(frame_of(client)), members.n != 0 ? "," : "",
               SL_STRF(members), SL_STRF(has_messages ? (sl_str){0} : messages));
    return with_quotes(text, a);
}

sl_str sl_ai_probe_body(const struct sl_ai_probe *p, struct sl_arena *a)
{
    return body_of(p->client, p->members, a);
}

/* What the vendor gets; without a pointer: it was refused. */
static sl_str translate(enum sl_ai_dialect client, sl_str body, const struct sl_ai_vendor *row,
                        struct sl_ai_receipt *receipt, struct sl_arena *a)
{
    const struct sl_ai_target target = {.vendor = row, .model = SL_STR("m"), .cap_max_tokens = -1};
    struct sl_ai_request *rq = sl_arena_new_of(a, struct sl_ai_request);
    struct sl_diag *d = sl_arena_new_of(a, struct sl_diag);
    struct sl_strbuf out;
    sl_diag_init(d, a);
    sl_strbuf_init(&out, a, 0);
    *receipt = (struct sl_ai_receipt){.arena = a};
    if (sl_ai_dialect_find(client)->decode_request(body, NULL, a, rq, d) != SL_OK)
        return (sl_str){0};
    const struct sl_ai_request *bridged = rq;
    if (sl_ai_custom_bridge(&bridged, &target, receipt, a, d) != SL_OK ||
        sl_ai_dialect_find(row->dialect)->encode_request(bridged, &target, &out, receipt, d) !=
            SL_OK)
        return (sl_str){0};
    return sl_strbuf_str(&out);
}

/* Endpoints of prompts and the like have no place for a conversation. */
static bool takes_conversations(const struct sl_ai_vendor *row)
{
    struct sl_arena *a = sl_arena_new("support", SL_MIB(64));
    struct sl_ai_receipt receipt;
    bool takes =
        translate(SL_AI_OPENAI_CHAT, body_of(SL_AI_OPENAI_CHAT, (sl_str){0}, a), row, &receipt, a)
            .p != NULL;
    sl_arena_free(a);
    return takes;
}

const struct sl_ai_vendor *sl_ai_support_row(enum sl_ai_dialect vendor)
{
    static const char *const makers[] = {"openai",      "anthropic", "gemini",
                                         "aws-bedrock", "cohere",    "ollama-native"};
    const struct sl_ai_vendor *v;
    for (size_t i = 0; i < SL_LEN(makers); i++)
        for (v = sl_ai_vendor_find(sl_cstr(makers[i])); v != NULL; v = sl_ai_vendor_next(v))
            if (v->dialect == vendor && sl_ai_is_spoken(vendor))
                return takes_conversations(v) ? v : NULL;
    return NULL;
}

enum sl_ai_support sl_ai_support_of(const struct sl_ai_probe *p, const struct sl_ai_vendor *row,
                                    struct sl_arena *a)
{
    struct sl_ai_receipt receipt, nothing;
    sl_str plain = translate(p->client, body_of(p->client, (sl_str){0}, a), row, &nothing, a);
    sl_str with = translate(p->client, sl_ai_probe_body(p, a), row, &receipt, a);
    if (with.p == NULL)
        return SL_AI_SUPPORT_REFUSED;
    if (sl_str_find_str(receipt.dropped, SL_STR(":clamped")) != SIZE_MAX)
        return SL_AI_SUPPORT_CLAMPED;
    if (receipt.dropped.n != 0)
        return SL_AI_SUPPORT_DROPPED;
    return sl_str_eq(plain, with) ? SL_AI_SUPPORT_SILENT : SL_AI_SUPPORT_MAPPED;
}
