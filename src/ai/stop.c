#include "ai/stop.h"

#include "base/str.h"

struct row {
    enum sl_ai_dialect dialect;
    sl_str native;
    enum sl_ai_stop stop;
};

static const struct row reads[] = {
#define READ(dialect, native, ID) {SL_AI_##dialect, SL_STR_INIT(native), SL_AI_STOP_##ID},
#include "ai/stop.def"
};

static const struct row writes[] = {
#define WRITE(dialect, ID, native) {SL_AI_##dialect, SL_STR_INIT(native), SL_AI_STOP_##ID},
#include "ai/stop.def"
};

static const struct row *find(enum sl_ai_dialect dialect, sl_str native)
{
    for (size_t i = 0; i < SL_LEN(reads); i++)
        if (reads[i].dialect == dialect && sl_str_eq(reads[i].native, native))
            return &reads[i];
    return NULL;
}

bool sl_ai_stop_is_known(enum sl_ai_dialect dialect, sl_str native)
{
    return find(dialect, native) != NULL;
}

enum sl_ai_stop sl_ai_stop_of(enum sl_ai_dialect dialect, sl_str native)
{
    const struct row *row = find(dialect, native);

    if (native.n == 0)
        return SL_AI_STOP_NONE;
    return row != NULL ? row->stop : SL_AI_STOP_END;
}

sl_str sl_ai_stop_name(enum sl_ai_dialect dialect, enum sl_ai_stop stop)
{
    for (size_t i = 0; i < SL_LEN(writes); i++)
        if (writes[i].dialect == dialect && writes[i].stop == stop)
            return writes[i].native;
    return (sl_str){0};
}

enum sl_ai_stop sl_ai_stop_of_refusal(enum sl_ai_stop stop, bool has_refusal)
{
    bool is_end = stop == SL_AI_STOP_END || stop == SL_AI_STOP_NONE;

    return has_refusal && is_end ? SL_AI_STOP_FILTER : stop;
}
