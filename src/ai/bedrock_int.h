/**
 * bedrock_int: what the files of the dialect know of each other.
 */
#pragma once
#include "ai/choice.h"
#include "ai/turns.h"

/** What a model takes, beyond what all do. */
enum sl_ai_bedrock_takes {
    TAKES_ANY = 1,          /* toolChoice any */
    TAKES_NAMED = 2,        /* toolChoice tool */
    TAKES_CACHE_POINTS = 4, /* cachePoint blocks */
    TAKES_SIGNATURES = 8,   /* reasoningContent with its signature, in requests */
    TAKES_FORMAT = 16,      /* outputConfig.textFormat, where the catalogue says so */
    TAKES_STATUS = 32,      /* status of a toolResult */
    TAKES_STRICT = 64,      /* strict of a toolSpec */
};

enum sl_ai_bedrock_family {
#define X(ID, part, takes) FAMILY_##ID,
#include "ai/bedrock_family.def"
#undef X
};

enum sl_ai_bedrock_family sl_ai_bedrock_family_of(sl_str model);
uint32_t sl_ai_bedrock_takes(enum sl_ai_bedrock_family family);

/** The tool that stands for response_format where the model has no native form (X8). */
#define SL_AI_BEDROCK_JSON_TOOL SL_STR("json_answer")
/** Is that so? Decided the same way by the request's encoder and the answer's decoder. */
bool sl_ai_bedrock_emulates_json(const struct sl_ai_request *rq, const struct sl_ai_target *t);

/** What the writers of a request share. */
struct sl_ai_bedrock_body {
    struct sl_ai_turns turns;
    enum sl_ai_bedrock_family family;
    uint32_t takes;
    size_t skipped_marks; /* the first so many cache markers are left out */
    size_t documents;     /* written so far: their names must differ */
};

/** A cachePoint block or tool, if there is a marker and it is not one of those to be left out. */
sl_rc sl_ai_bedrock_write_mark(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b, bool has_mark,
                               sl_str ttl) SL_CHECKED;
sl_rc sl_ai_bedrock_write_system(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b) SL_CHECKED;
sl_rc sl_ai_bedrock_write_messages(struct sl_ai_writer *w, struct sl_ai_bedrock_body *b) SL_CHECKED;

sl_rc sl_ai_bedrock_encode_request(const struct sl_ai_request *rq, const struct sl_ai_target *t,
                                   struct sl_strbuf *out, struct sl_ai_receipt *receipt,
                                   struct sl_diag *d) SL_CHECKED;
extern const struct sl_ai_decoder_ops sl_ai_bedrock_decoder;
