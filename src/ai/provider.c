#include "ai/provider.h"

#include "base/str.h"

#define S(text) SL_STR_INIT(text)
#define Q(quirk) SL_AI_QUIRK_##quirk
#define NOT_OFFERED SL_STR_INIT("")
#define V(id_, name_, dialect_, base_, ...) \
    {.id = SL_STR_INIT(id_),                \
     .name = SL_STR_INIT(name_),            \
     .dialect = SL_AI_##dialect_,           \
     .base_url = SL_STR_INIT(base_),        \
     __VA_ARGS__},

static const struct sl_ai_vendor vendors[] = {
#include "ai/provider/compatible.def"
};

#undef V
#undef NOT_OFFERED
#undef Q
#undef S

const struct sl_ai_vendor *sl_ai_vendor_find(sl_str id)
{
    for (size_t i = 0; i < SL_LEN(vendors); i++)
        if (sl_str_eq(vendors[i].id, id))
            return &vendors[i];
    return NULL;
}

const struct sl_ai_vendor *sl_ai_vendor_at(size_t i)
{
    return i < SL_LEN(vendors) ? &vendors[i] : NULL;
}

static sl_str openai_path(enum sl_ai_path which)
{
    switch (which) {
    case SL_AI_PATH_CHAT:
        return SL_STR("/chat/completions");
    case SL_AI_PATH_EMBEDDINGS:
        return SL_STR("/embeddings");
    case SL_AI_PATH_MODELS:
        return SL_STR("/models");
    }
    sl_panic(__FILE__, __LINE__, "provider: bad path");
}

static sl_str anthropic_path(enum sl_ai_path which)
{
    switch (which) {
    case SL_AI_PATH_CHAT:
        return SL_STR("/messages");
    case SL_AI_PATH_EMBEDDINGS:
        return SL_STR("");
    case SL_AI_PATH_MODELS:
        return SL_STR("/models");
    }
    sl_panic(__FILE__, __LINE__, "provider: bad path");
}

static sl_str own_path(const struct sl_ai_vendor *v, enum sl_ai_path which)
{
    switch (which) {
    case SL_AI_PATH_CHAT:
        return v->chat;
    case SL_AI_PATH_EMBEDDINGS:
        return v->embeddings;
    case SL_AI_PATH_MODELS:
        return v->models;
    }
    sl_panic(__FILE__, __LINE__, "provider: bad path");
}

/* A path that a row leaves out has no pointer; NOT_OFFERED has one, to no bytes. */
sl_str sl_ai_vendor_path(const struct sl_ai_vendor *v, enum sl_ai_path which)
{
    sl_str own = own_path(v, which);

    if (own.p != NULL)
        return own;
    return v->dialect == SL_AI_ANTHROPIC ? anthropic_path(which) : openai_path(which);
}

bool sl_ai_vendor_drops(const struct sl_ai_vendor *v, sl_str member)
{
    sl_str rest = v->drops, name;

    while (sl_str_split(&rest, ' ', &name))
        if (sl_str_eq(name, member))
            return true;
    return false;
}
