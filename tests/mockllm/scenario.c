#include "scenario.h"

#include <stdio.h>

struct word {
    const char *name;
    int32_t value;
};

static const struct word faults[] = {
    {"none", FAULT_NONE},
    {"reset", FAULT_RESET},
    {"fin", FAULT_FIN},
    {"stall", FAULT_STALL},
    {"error", FAULT_ERROR},
    {"badjson", FAULT_BADJSON},
    {"no_terminal", FAULT_NO_TERMINAL},
    {"silent", FAULT_SILENT},
    {"reset_idle", FAULT_RESET_IDLE},
    {"truncated", FAULT_TRUNCATED},
    {"huge_header", FAULT_HUGE_HEADER},
    {"bad_status", FAULT_BAD_STATUS},
    {"cl_te", FAULT_CL_TE},
    {"dup_cl", FAULT_DUP_CL},
    {"bad_chunk", FAULT_BAD_CHUNK},
    {"empty", FAULT_EMPTY},
    {NULL, 0},
};
static const struct word usages[] = {
    {"normal", USAGE_NORMAL},
    {"none", USAGE_NONE},
    {"with_last_choice", USAGE_WITH_LAST},
    {"twice", USAGE_TWICE},
    {"always", USAGE_ALWAYS},
    {"wrong", USAGE_WRONG},
    {"invalid", USAGE_INVALID},
    {NULL, 0},
};
static const struct word codings[] = {{"none", CODING_NONE},
                                      {"gzip", CODING_GZIP},
                                      {"br", CODING_BR},
                                      {"zstd", CODING_ZSTD},
                                      {NULL, 0}};
static const struct word line_ends[] = {
    {"lf", LINE_LF}, {"crlf", LINE_CRLF}, {"cr", LINE_CR}, {NULL, 0}};
static const struct word args_forms[] = {{"object", ARGS_OBJECT},
                                         {"empty", ARGS_EMPTY},
                                         {"null", ARGS_NULL},
                                         {"invalid", ARGS_INVALID},
                                         {NULL, 0}};
static const struct word tool_indices[] = {{"normal", 0}, {"none", 1}, {"zero", 2}, {NULL, 0}};
static const struct word likes[] = {
    {"openai", LIKE_OPENAI},   {"azure", LIKE_AZURE},           {"deepseek", LIKE_DEEPSEEK},
    {"groq", LIKE_GROQ},       {"mistral", LIKE_MISTRAL},       {"qwen", LIKE_QWEN},
    {"minimax", LIKE_MINIMAX}, {"openrouter", LIKE_OPENROUTER}, {NULL, 0}};
static const struct word errors[] = {
    {"by_status", ERROR_BY_STATUS},
    {"invalid_request", ERROR_INVALID},
    {"unknown_field", ERROR_UNKNOWN_FIELD},
    {"context_length_exceeded", ERROR_CONTEXT_LENGTH},
    {"content_filter", ERROR_CONTENT_FILTER},
    {"billing_hard_limit", ERROR_BILLING_LIMIT},
    {"auth", ERROR_AUTH},
    {"credit", ERROR_CREDIT},
    {"permission", ERROR_PERMISSION},
    {"not_found", ERROR_NOT_FOUND},
    {"too_large", ERROR_TOO_LARGE},
    {"rate_limit", ERROR_RATE},
    {"insufficient_quota", ERROR_QUOTA},
    {"server", ERROR_SERVER},
    {"html", ERROR_HTML},
    {"unavailable", ERROR_UNAVAILABLE},
    {"timeout", ERROR_TIMEOUT},
    {"overloaded", ERROR_OVERLOADED},
    {NULL, 0},
};

/* A setting is a number, a word of a closed list, or (text_size != 0) a text. */
struct setting {
    const char *name;
    size_t offset;
    const struct word *words;
    size_t text_size;
    int32_t max;
    const char *help;
};

#define AT(m) offsetof(struct scenario, m)
#define NUMBER(m, limit, text)          \
    {                                   \
#m, AT(m), NULL, 0, limit, text \
    }
#define WORD(m, list, text)         \
    {                               \
#m, AT(m), list, 0, 0, text \
    }
#define TEXT(m, text)                                               \
    {                                                               \
#m, AT(m), NULL, sizeof(((struct scenario *)0)->m), 0, text \
    }

enum {
    BYTES_MAX = 256 << 20,
    EVENTS_MAX = 1000000,
    MS_MAX = 3600 * 1000,
    FLAG = 1,
};

static const struct setting settings[] = {
    NUMBER(chunks, EVENTS_MAX, "text chunks, one completion token each"),
    NUMBER(chunk_bytes, BYTES_MAX, "text bytes of each chunk (0: \"tokN \")"),
    NUMBER(big, BYTES_MAX, "text bytes of the first chunk"),
    NUMBER(n, 8, "choices (0: as asked)"),
    NUMBER(tools, 64, "tool calls after the text"),
    NUMBER(arg_bytes, 4096, "bytes of one fragment of tool arguments"),
    WORD(args, args_forms, "object, empty, null or invalid tool arguments"),
    NUMBER(args_first, FLAG, "the first tool delta already carries arguments"),
    WORD(tool_index, tool_indices, "normal, none (left out) or zero (always 0)"),
    NUMBER(reasoning, EVENTS_MAX, "reasoning chunks before the text, one token each"),
    NUMBER(refusal, FLAG, "refuse instead of answering"),
    NUMBER(images, 8, "pictures after the text, where the dialect has them"),
    NUMBER(citations, 64, "citations of sources, the i-th of the i-th token"),
    NUMBER(echo, FLAG, "every chunk carries the marker (else the last user text)"),
    NUMBER(dims, 65536, "dimensions of an embedding (0: as asked, else 8)"),
    WORD(usage, usages, "normal none with_last_choice twice always wrong invalid"),
    NUMBER(prompt, BYTES_MAX, "uncached prompt tokens (0: from the last user text)"),
    NUMBER(cached, BYTES_MAX, "cache-read prompt tokens"),
    NUMBER(cache_write, BYTES_MAX, "cache-write prompt tokens, 5 minute tier"),
    NUMBER(cache_write_1h, BYTES_MAX, "cache-write prompt tokens, 1 hour tier"),
    NUMBER(reasoning_outside, FLAG, "reasoning tokens are not part of completion_tokens"),
    NUMBER(first, MS_MAX, "ms before the head"),
    NUMBER(ttft, MS_MAX, "ms between head and first event"),
    NUMBER(delay, MS_MAX, "ms between events"),
    NUMBER(slow_head, MS_MAX, "ms between the bytes of the head"),
    NUMBER(split, BYTES_MAX, "write this many bytes at a time"),
    NUMBER(each, FLAG, "one write per event even without a delay"),
    WORD(line_end, line_ends, "line ends of events: lf, crlf, cr"),
    NUMBER(comments, FLAG, "comment lines between events"),
    NUMBER(bom, FLAG, "byte order mark before the first event"),
    NUMBER(nospace, FLAG, "no space after the colon"),
    NUMBER(multiline, FLAG, "data in two lines"),
    NUMBER(ids, FLAG, "id: and retry: lines"),
    NUMBER(nodone, FLAG, "no [DONE]"),
    WORD(coding, codings, "content coding although identity was asked: gzip, br, zstd"),
    NUMBER(bad_crc, EVENTS_MAX, "this message of an AWS stream has a wrong checksum"),
    NUMBER(close, FLAG, "Connection: close"),
    NUMBER(idle, MS_MAX, "close the kept-alive connection after this many idle ms"),
    WORD(fault, faults, "name or name@events; see scenario.h"),
    NUMBER(status, 599, "answer with this error status"),
    WORD(error, errors, "which error (default: by status)"),
    NUMBER(retry_after, MS_MAX, "Retry-After in seconds"),
    NUMBER(retry_after_ms, MS_MAX, "retry-after-ms"),
    NUMBER(retry_date, MS_MAX, "Retry-After as the HTTP date this many seconds ahead"),
    NUMBER(reject_stream_options, FLAG, "400 to requests with stream_options"),
    WORD(like, likes, "openai azure deepseek groq mistral qwen minimax openrouter: its quirks"),
    TEXT(finish, "finish_reason or stop_reason"),
    TEXT(model, "model in the answer"),
    TEXT(reset, "x-ratelimit-reset-requests, e.g. 1m2.5s"),
    TEXT(should_retry, "x-should-retry: true or false"),
};

enum { SETTINGS = sizeof settings / sizeof settings[0] };

const struct scenario scenario_default = {.chunks = 8, .arg_bytes = 5, .fault_at = 0};

static const struct setting *find_setting(struct span name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (span_is(name, settings[i].name))
            return &settings[i];
    return NULL;
}

static bool set_word(int32_t *member, const struct word *words, struct span value)
{
    for (; words->name != NULL; words++) {
        if (!span_is(value, words->name))
            continue;
        *member = words->value;
        return true;
    }
    return false;
}

static bool set_number(int32_t *member, int32_t max, struct span value)
{
    int64_t v = value.n == 0 ? 1 : span_number(value, -1); // a bare name switches it on
    if (v < 0 || v > max)
        return false;
    *member = (int32_t)v;
    return true;
}

static bool set_text(char *member, size_t size, struct span value)
{
    if (value.n >= size)
        return false;
    if (value.n != 0)
        memcpy(member, value.p, value.n);
    member[value.n] = '\0';
    return true;
}

static bool set_one(struct scenario *s, struct span name, struct span value)
{
    const struct setting *known = find_setting(name);
    if (known == NULL)
        return false;
    void *member = (char *)s + known->offset;
    if (known->text_size != 0)
        return set_text(member, known->text_size, value);
    if (known->words == NULL)
        return set_number(member, known->max, value);

    struct span events = value;
    struct span word = span_cut(&events, '@');
    if (known->offset == AT(fault))
        s->fault_at = (int32_t)span_number(events, 0);
    return set_word(member, known->words, word);
}

bool scenario_apply(struct scenario *s, struct span spec, struct span *ret_bad)
{
    while (spec.n != 0) {
        struct span item = span_cut(&spec, ',');
        struct span value = item;
        struct span name = span_cut(&value, '=');
        if (item.n == 0 || set_one(s, name, value))
            continue;
        *ret_bad = item;
        return false;
    }
    return true;
}

void scenario_help(void)
{
    for (size_t i = 0; i < SETTINGS; i++)
        printf("  %-22s %s\n", settings[i].name, settings[i].help);
}

bool scenario_cuts(const struct scenario *s)
{
    return s->fault == FAULT_RESET || s->fault == FAULT_FIN || s->fault == FAULT_STALL;
}
