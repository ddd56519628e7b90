#include "errors.h"

#include <time.h>

/* Texts after the vendors' public error references. `code` NULL is JSON null. */
static const struct error_row {
    int status;
    const char *type, *code, *param; // OpenAI
    const char *anthropic_type;
    const char *message;
} rows[] = {
    [ERROR_BY_STATUS] = {500, "server_error", NULL, NULL, "api_error", "Unexpected status."},
    [ERROR_INVALID] = {400, "invalid_request_error", NULL, NULL, "invalid_request_error",
                       "The request could not be understood."},
    [ERROR_UNKNOWN_FIELD] = {400, "invalid_request_error", "unknown_parameter", "stream_options",
                             "invalid_request_error", "unknown field stream_options"},
    [ERROR_CONTEXT_LENGTH] = {400, "invalid_request_error", "context_length_exceeded", "messages",
                              "invalid_request_error",
                              "prompt is too long: 210000 tokens > 200000 maximum"},
    [ERROR_CONTENT_FILTER] = {400, "invalid_request_error", "content_filter", "prompt",
                              "invalid_request_error",
                              "Output blocked by content filtering policy"},
    [ERROR_BILLING_LIMIT] = {400, "invalid_request_error", "billing_hard_limit_reached", NULL,
                             "invalid_request_error", "Billing hard limit has been reached"},
    [ERROR_AUTH] = {401, "invalid_request_error", "invalid_api_key", NULL, "authentication_error",
                    "Incorrect API key provided."},
    [ERROR_CREDIT] = {402, "insufficient_quota", "insufficient_quota", NULL, "billing_error",
                      "Your credit balance is too low."},
    [ERROR_PERMISSION] = {403, "permission_error", NULL, NULL, "permission_error",
                          "Your API key may not use this resource."},
    [ERROR_NOT_FOUND] = {404, "invalid_request_error", "model_not_found", NULL, "not_found_error",
                         "The model does not exist or you do not have access to it."},
    [ERROR_TOO_LARGE] = {413, "invalid_request_error", "request_too_large", NULL,
                         "request_too_large", "Request exceeds the maximum size"},
    [ERROR_RATE] = {429, "requests", "rate_limit_exceeded", NULL, "rate_limit_error",
                    "Rate limit reached for requests."},
    [ERROR_QUOTA] =
        {429, "insufficient_quota", "insufficient_quota", NULL, "rate_limit_error",
         "You exceeded your current quota, please check your plan and billing details."},
    [ERROR_SERVER] = {500, "server_error", NULL, NULL, "api_error",
                      "The server had an error while processing your request."},
    [ERROR_HTML] = {502, "server_error", NULL, NULL, "api_error", "Bad gateway"},
    [ERROR_UNAVAILABLE] = {503, "server_error", "service_unavailable", NULL, "overloaded_error",
                           "The engine is currently overloaded, please try again later"},
    [ERROR_TIMEOUT] = {504, "server_error", "timeout", NULL, "timeout_error", "Request timed out."},
    [ERROR_OVERLOADED] = {529, "server_error", "overloaded", NULL, "overloaded_error",
                          "Overloaded"},
};

static const char html[] = "<html><head><title>502 Bad Gateway</title></head><body>\r\n"
                           "<center><h1>502 Bad Gateway</h1></center><hr>cdn</body></html>\r\n";

enum error_kind error_for_status(int status)
{
    if (status == 429)
        return ERROR_RATE;
    if (status == 502)
        return ERROR_HTML;
    for (int kind = ERROR_INVALID; kind <= ERROR_OVERLOADED; kind++)
        if (rows[kind].status == status)
            return (enum error_kind)kind;
    return status < 500 ? ERROR_INVALID : ERROR_SERVER;
}

static void put_text_or_null(struct buf *out, const char *text)
{
    if (text == NULL)
        buf_str(out, "null");
    else
        buf_fmt(out, "\"%s\"", text);
}

void openai_error_body(enum error_kind kind, struct buf *out)
{
    const struct error_row *row = &rows[kind];
    buf_fmt(out, "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":", row->message,
            row->type);
    put_text_or_null(out, row->param);
    buf_str(out, ",\"code\":");
    put_text_or_null(out, row->code);
    buf_str(out, "}}");
}

void anthropic_error_body(enum error_kind kind, uint64_t number, struct buf *out)
{
    const struct error_row *row = &rows[kind];
    buf_fmt(out, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"",
            row->anthropic_type, row->message);
    if (kind == ERROR_QUOTA)
        buf_str(out, ",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}");
    buf_fmt(out, "},\"request_id\":\"req_%llu\"}", (unsigned long long)number);
}

static void put_date(struct buf *fields, int32_t ahead_s)
{
    time_t at = time(NULL) + ahead_s;
    struct tm utc;
    char text[64];
    (void)gmtime_r(&at, &utc);
    (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    buf_fmt(fields, "Retry-After: %s\r\n", text);
}

void put_retry_hints(const struct scenario *sc, struct buf *fields)
{
    if (sc->retry_after != 0)
        buf_fmt(fields, "Retry-After: %d\r\n", sc->retry_after);
    if (sc->retry_date != 0)
        put_date(fields, sc->retry_date);
    if (sc->retry_after_ms != 0)
        buf_fmt(fields, "retry-after-ms: %d\r\n", sc->retry_after_ms);
    if (sc->should_retry[0] != '\0')
        buf_fmt(fields, "x-should-retry: %s\r\n", sc->should_retry);
}

static void send_error(struct reply *r, int status, enum error_kind kind, struct buf *fields,
                       struct buf *body)
{
    put_retry_hints(&r->sc, fields);
    if (status == 0)
        status = rows[kind].status;
    if (kind == ERROR_HTML)
        reply_whole(r, status, "text/html", fields, SPAN(html));
    else
        reply_whole(r, status, "application/json", fields, buf_view(body));
    buf_free(body);
}

void openai_error(struct reply *r, int status, enum error_kind kind, struct buf *fields)
{
    struct buf body = {0};
    openai_error_body(kind, &body);
    send_error(r, status, kind, fields, &body);
}

void anthropic_error(struct reply *r, int status, enum error_kind kind, struct buf *fields)
{
    struct buf body = {0};
    anthropic_error_body(kind, r->claim.number, &body);
    send_error(r, status, kind, fields, &body);
}

/* --- Google: google.rpc.Status --- */

static const char *status_word(int status)
{
    static const struct {
        int status;
        const char *word;
    } words[] = {
        {400, "INVALID_ARGUMENT"},  {401, "UNAUTHENTICATED"}, {403, "PERMISSION_DENIED"},
        {404, "NOT_FOUND"},         {409, "ABORTED"},         {429, "RESOURCE_EXHAUSTED"},
        {499, "CANCELLED"},         {500, "INTERNAL"},        {503, "UNAVAILABLE"},
        {504, "DEADLINE_EXCEEDED"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].status == status)
            return words[i].word;
    return status < 500 ? "FAILED_PRECONDITION" : "UNAVAILABLE";
}

static void put_google_details(enum error_kind kind, const struct scenario *sc, struct buf *out)
{
    if (kind == ERROR_AUTH)
        buf_str(out, ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","
                     "\"reason\":\"API_KEY_INVALID\",\"domain\":\"googleapis.com\"}]");
    else if (sc->retry_after != 0)
        buf_fmt(out,
                ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\","
                "\"violations\":[]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
                "\"retryDelay\":\"%ds\"}]",
                sc->retry_after);
}

/* A bad key is a bad request there, and a quota that is used up is told like a rate. */
void gemini_error_body(enum error_kind kind, int status, const struct scenario *sc, struct buf *out)
{
    const struct error_row *row = &rows[kind];
    const char *message =
        kind == ERROR_AUTH ? "API key not valid. Please pass a valid API key."
        : kind == ERROR_RATE
            ? "You exceeded your current quota, please check your plan and billing details."
            : row->message;
    if (status == 0)
        status = kind == ERROR_AUTH ? 400 : row->status;
    buf_fmt(out, "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\"", status, message,
            status_word(status));
    put_google_details(kind, sc, out);
    buf_str(out, "}}");
}

void gemini_error(struct reply *r, int status, enum error_kind kind, struct buf *fields)
{
    struct buf body = {0};
    gemini_error_body(kind, status, &r->sc, &body);
    r->sc.retry_after = 0; // it is in the body
    if (status == 0 && kind == ERROR_AUTH)
        status = 400;
    send_error(r, status, kind, fields, &body);
}
