/**
 * scenario: how one answer is to be given - sizes, pacing, shape and faults.
 *
 * Written as `name=value,name=value`, e.g. `chunks=30,delay=10,fault=reset@5`. It comes from the
 * process (--default), then from the script (control.h), then from an `x-mock` request header,
 * then from what follows '!' in the model name; later ones change only what they name.
 * scenario.c has the table of names with their meaning; `mockllm --help` prints it.
 */
#pragma once
#include "buf.h"

enum fault {
    FAULT_NONE,
    FAULT_RESET,   // RST after `at` events (bodies that are not streams: 0 head, 1 half the body)
    FAULT_FIN,     // clean FIN after `at` events, the message left incomplete
    FAULT_STALL,   // silence after `at` events
    FAULT_ERROR,   // the vendor's error event after `at` events, then the end; or a 200 error body
    FAULT_BADJSON, // event number `at` is malformed JSON, the stream goes on
    FAULT_NO_TERMINAL, // no finish, no terminal event, yet a clean end of the message
    FAULT_SILENT,      // never answers
    FAULT_RESET_IDLE,  // RST when a kept-alive connection is used again, before any byte
    FAULT_TRUNCATED,   // Content-Length is larger than the body
    FAULT_HUGE_HEADER, // one response header field of 1 MB
    FAULT_BAD_STATUS,  // the status line is not HTTP
    FAULT_CL_TE,       // both Content-Length and Transfer-Encoding
    FAULT_DUP_CL,      // two different Content-Length fields
    FAULT_BAD_CHUNK,   // chunk size that is not hexadecimal
    FAULT_EMPTY,       // closes without a byte
};

enum usage_mode {
    USAGE_NORMAL,
    USAGE_NONE,
    USAGE_WITH_LAST, // OpenAI: on the chunk with finish_reason. Anthropic: only in message_delta
    USAGE_TWICE,     // OpenAI: both places. Anthropic: two message_delta
    USAGE_ALWAYS,    // cumulative on every chunk; Anthropic repeats the input counts
    USAGE_WRONG,     // more cached than prompt tokens, and a total that is no sum
    USAGE_INVALID,   // strings instead of numbers
};

enum coding { CODING_NONE, CODING_GZIP, CODING_BR, CODING_ZSTD };
enum line_end { LINE_LF, LINE_CRLF, LINE_CR };
enum args_form { ARGS_OBJECT, ARGS_EMPTY, ARGS_NULL, ARGS_INVALID };
enum error_kind {
    ERROR_BY_STATUS,
    ERROR_INVALID,
    ERROR_UNKNOWN_FIELD,
    ERROR_CONTEXT_LENGTH,
    ERROR_CONTENT_FILTER,
    ERROR_BILLING_LIMIT,
    ERROR_AUTH,
    ERROR_CREDIT,
    ERROR_PERMISSION,
    ERROR_NOT_FOUND,
    ERROR_TOO_LARGE,
    ERROR_RATE,
    ERROR_QUOTA,
    ERROR_SERVER,
    ERROR_HTML,
    ERROR_UNAVAILABLE,
    ERROR_TIMEOUT,
    ERROR_OVERLOADED,
};

/* Whose quirks an OpenAI-compatible answer has: like.c. */
enum like {
    LIKE_OPENAI,
    LIKE_AZURE,
    LIKE_DEEPSEEK,
    LIKE_GROQ,
    LIKE_MISTRAL,
    LIKE_QWEN,
    LIKE_MINIMAX,
    LIKE_OPENROUTER,
};

struct scenario {
    // size and content
    int32_t chunks, chunk_bytes, big, n, tools, arg_bytes, args, args_first, tool_index, reasoning;
    int32_t refusal, echo, dims, citations, images;
    // usage
    int32_t usage, prompt, cached, cache_write, cache_write_1h, reasoning_outside;
    // pacing, in milliseconds
    int32_t first, ttft, delay, slow_head;
    // shape on the wire
    int32_t split, each, line_end, comments, bom, nospace, multiline, ids, nodone, coding, close;
    int32_t idle, bad_crc;
    // failure
    int32_t fault, fault_at, status, error, retry_after, retry_after_ms, retry_date;
    int32_t reject_stream_options;
    int32_t like;
    char finish[32], model[48], reset[32], should_retry[8];
};

extern const struct scenario scenario_default;

/**
 * Apply `spec` on top of `*s`. Returns false at the first unknown name or value and then names it
 * in `*ret_bad`; members before it are applied.
 */
bool scenario_apply(struct scenario *s, struct span spec, struct span *ret_bad);
/** Print every name with its meaning to stdout. */
void scenario_help(void);
/** The fault ends the answer early, after `fault_at` events. */
bool scenario_cuts(const struct scenario *s);
