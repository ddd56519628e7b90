/* fault: what a vendor's refusal means, and errors in the client's shape. */
#include "ai/prompt.h"
#include "ai/relay_int.h"

#include "base/err.h"
#include "base/fmt.h"
#include "base/num.h"
#include "base/str.h"
#include "base/utf8.h"
#include "codec/httpdate.h"

enum {
    MESSAGE_BYTES = 2048, /* of a vendor's message that are kept */
    WORD_BYTES = 128,     /* of its type, code and param */
    STATUS_MIN = 400,
    STATUS_MAX = 599
};

/* ------------------------------------------------------------------ the body */

enum {
    F_ERROR,
    F_MESSAGE,
    F_TYPE,
    F_CODE,
    F_PARAM,
    F_STATUS,
    F_DETAILS,
    F_TOP_MESSAGE,
    F_AWS_MESSAGE,
    F_AWS_TYPE,
    F_TOP_TYPE,
    F_TOP_CODE,
    F_TOP_PARAM,
    F_DETAIL,
    F_TITLE,
    F_BASE_CODE,
    F_BASE_TEXT,
    F_ERROR_CODE,
    F_ERROR_TEXT,
    F_ERRORS,
    F_CHOICES,
    F_COUNT
};

static const sl_str names[] = {
    SL_STR_INIT("error"),
    SL_STR_INIT("error.message"),
    SL_STR_INIT("error.type"),
    SL_STR_INIT("error.code"),
    SL_STR_INIT("error.param"),
    SL_STR_INIT("error.status"), /* Google's type */
    SL_STR_INIT("error.details"),
    SL_STR_INIT("message"),
    SL_STR_INIT("Message"),
    SL_STR_INIT("__type"),
    SL_STR_INIT("type"),
    SL_STR_INIT("code"),
    SL_STR_INIT("param"),
    SL_STR_INIT("detail"),
    SL_STR_INIT("title"),
    SL_STR_INIT("base_resp.status_code"), /* MiniMax */
    SL_STR_INIT("base_resp.status_msg"),
    SL_STR_INIT("error_code"), /* Baidu, Databricks */
    SL_STR_INIT("error_msg"),
    SL_STR_INIT("errors"),  /* Cloudflare, watsonx: [{code, message}] */
    SL_STR_INIT("choices"), /* OpenRouter: [{error}] */
};

_Static_assert(SL_LEN(names) == F_COUNT, "a name for every member");

struct reader {
    sl_str json;
    struct sl_json_range m[F_COUNT];
    struct sl_arena *a;
    struct sl_ai_fault *f;
};

/* The text of a string or number, cut; empty for anything else. In `a`. */
static sl_str text_of(const struct reader *r, const struct sl_json_range *m, size_t max)
{
    sl_str text = sl_json_range_text(r->json, m);
    if (m->kind == SL_JSON_STRING && sl_json_string_decode(text, r->a, &text) != SL_OK)
        return (sl_str){0};
    if (m->kind != SL_JSON_STRING && m->kind != SL_JSON_NUMBER)
        return (sl_str){0};
    text = sl_str_head(text, max);
    text.n = sl_utf8_valid_prefix(text);
    return text.n != 0 ? sl_arena_try_dup(r->a, text) : text;
}

static sl_str first_text(const struct reader *r, const uint8_t *members, size_t n, size_t max)
{
    for (size_t i = 0; i < n; i++) {
        sl_str text = text_of(r, &r->m[members[i]], max);
        if (text.n != 0)
            return text;
    }
    return (sl_str){0};
}

/* FastAPI's {"detail": [{"loc": ["body", "n"], "msg", "type"}]}: the first one's text and place. */
static void read_detail(const struct reader *r)
{
    struct sl_json_iter it;
    struct sl_json_range first, msg, loc, step;
    sl_json_iter_init(&it, r->json, &r->m[F_DETAIL]);
    if (!sl_json_iter_next(&it, &first))
        return;
    if (sl_json_range_get(r->json, &first, SL_STR("msg"), &msg))
        r->f->message = text_of(r, &msg, MESSAGE_BYTES);
    if (!sl_json_range_get(r->json, &first, SL_STR("loc"), &loc))
        return;
    sl_json_iter_init(&it, r->json, &loc);
    if (sl_json_iter_next(&it, &step) && sl_json_iter_next(&it, &step))
        r->f->param = text_of(r, &step, WORD_BYTES);
}

/* Google's ErrorInfo: {"details": [{"reason": "API_KEY_INVALID"}]}, where the status is 400. */
static sl_str details_reason(const struct reader *r)
{
    struct sl_json_iter it;
    struct sl_json_range detail, reason;
    sl_json_iter_init(&it, r->json, &r->m[F_DETAILS]);
    while (sl_json_iter_next(&it, &detail)) {
        if (sl_json_range_get(r->json, &detail, SL_STR("reason"), &reason))
            return text_of(r, &reason, WORD_BYTES);
    }
    return (sl_str){0};
}

/* Anthropic's {"details": {"error_code"}} says more than the type. */
static sl_str details_code(const struct reader *r)
{
    struct sl_json_range code;
    if (r->m[F_DETAILS].kind == SL_JSON_ARRAY)
        return details_reason(r);
    if (!sl_json_range_get(r->json, &r->m[F_DETAILS], SL_STR("error_code"), &code))
        return (sl_str){0};
    return text_of(r, &code, WORD_BYTES);
}

static bool first_of(sl_str json, const struct sl_json_range *list, struct sl_json_range *ret)
{
    struct sl_json_iter it;
    sl_json_iter_init(&it, json, list);
    return sl_json_iter_next(&it, ret);
}

/* errors[0], or choices[0].error. */
static void read_first_of(const struct reader *r)
{
    struct sl_json_range first, m;
    bool has_error = first_of(r->json, &r->m[F_ERRORS], &first) ||
                     (first_of(r->json, &r->m[F_CHOICES], &m) &&
                      sl_json_range_get(r->json, &m, SL_STR("error"), &first));
    if (has_error && sl_json_range_get(r->json, &first, SL_STR("message"), &m))
        r->f->message = text_of(r, &m, MESSAGE_BYTES);
    if (has_error && sl_json_range_get(r->json, &first, SL_STR("code"), &m))
        r->f->code = text_of(r, &m, WORD_BYTES);
}

static void read_texts(struct reader *r)
{
    static const uint8_t messages[] = {F_MESSAGE, F_ERROR, F_TOP_MESSAGE, F_AWS_MESSAGE,
                                       F_DETAIL,  F_TITLE, F_BASE_TEXT,   F_ERROR_TEXT};
    static const uint8_t types[] = {F_TYPE, F_STATUS, F_TOP_TYPE, F_AWS_TYPE};
    static const uint8_t codes[] = {F_CODE, F_TOP_CODE, F_BASE_CODE, F_ERROR_CODE};
    static const uint8_t params[] = {F_PARAM, F_TOP_PARAM};
    struct sl_ai_fault *f = r->f;
    f->message = first_text(r, messages, SL_LEN(messages), MESSAGE_BYTES);
    f->type = first_text(r, types, SL_LEN(types), WORD_BYTES);
    f->code = details_code(r);
    if (f->code.n == 0)
        f->code = first_text(r, codes, SL_LEN(codes), WORD_BYTES);
    f->param = first_text(r, params, SL_LEN(params), WORD_BYTES);
    if (f->message.n == 0)
        read_detail(r);
    if (f->message.n == 0)
        read_first_of(r);
}

static bool is_status(sl_str text, uint64_t *ret)
{
    return sl_num_u64(text, STATUS_MAX, ret) && *ret >= STATUS_MIN;
}

/* Google and OpenRouter write the status as a number where others have a word; Google has a reason besides. */
static void take_numeric_code(const struct reader *r)
{
    struct sl_ai_fault *f = r->f;
    uint64_t status;
    bool is_code = is_status(f->code, &status);
    if (!is_code && !is_status(text_of(r, &r->m[F_CODE], WORD_BYTES), &status))
        return;
    if (f->vendor_status < STATUS_MIN)
        f->vendor_status = (uint16_t)status;
    if (is_code)
        f->code = (sl_str){0};
}

/* Google's RetryInfo: {"error": {"details": [{"retryDelay": "37s"}]}}. */
static void read_retry_info(struct reader *r)
{
    struct sl_json_iter it;
    struct sl_json_range detail, delay;
    sl_json_iter_init(&it, r->json, &r->m[F_DETAILS]);
    while (sl_json_iter_next(&it, &detail)) {
        if (sl_json_range_get(r->json, &detail, SL_STR("retryDelay"), &delay) &&
            sl_reset_parse(text_of(r, &delay, WORD_BYTES), 0, &r->f->retry_after_us))
            return;
    }
}

/* Vertex wraps its errors in an array. */
static sl_str unwrapped(sl_str json)
{
    struct sl_jsonscan_info info;
    struct sl_json_range top, first;
    struct sl_json_iter it;
    if (sl_jsonscan(json, NULL, NULL, 0, NULL, &info) != SL_OK)
        return (sl_str){0};
    if (info.kind != SL_JSON_ARRAY)
        return json;
    top = sl_json_range_top(json);
    sl_json_iter_init(&it, json, &top);
    return sl_json_iter_next(&it, &first) ? sl_json_range_text(json, &first) : (sl_str){0};
}

/* ------------------------------------------------------------------ its meaning */

static bool holds_words(sl_str text, sl_str words)
{
    for (size_t i = 0; i + words.n <= text.n; i++)
        if (sl_str_ieq(sl_str_head(sl_str_from(text, i), words.n), words))
            return true;
    return false;
}

static const struct {
    enum sl_ai_fault_class from;
    sl_str words;
    enum sl_ai_fault_class to;
    sl_rc rc;
} fault_words[] = {
#define X(FROM, words, CLASS, rc) \
    {SL_AI_FAULT_##FROM, SL_STR_INIT(words), SL_AI_FAULT_##CLASS, SL_E_##rc},
#include "ai/fault_word.def"
#undef X
};

/*
 * Where a status says more than a word: a key that is refused with type "invalid_request_error" is not
 * the client's fault. Rows for a range of statuses and the class that the words gave.
 */
static const struct {
    uint16_t first, last;
    enum sl_ai_fault_class from, to;
    sl_rc rc;
} by_status[] = {
    {401, 401, SL_AI_FAULT_REQUEST, SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
    {402, 402, SL_AI_FAULT_REQUEST, SL_AI_FAULT_CREDIT, SL_E_AI_VENDOR_QUOTA},
    {403, 403, SL_AI_FAULT_REQUEST, SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH},
    {405, 407, SL_AI_FAULT_OVERLOAD, SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
    {410, 423, SL_AI_FAULT_OVERLOAD, SL_AI_FAULT_REQUEST, SL_E_AI_VENDOR_REQUEST},
    {429, 429, SL_AI_FAULT_REQUEST, SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
    {429, 429, SL_AI_FAULT_OVERLOAD, SL_AI_FAULT_RATE, SL_E_AI_VENDOR_RATE},
    {498, 498, SL_AI_FAULT_OVERLOAD, SL_AI_FAULT_AUTH, SL_E_AI_VENDOR_AUTH}, /* Cohere */
    {500, 599, SL_AI_FAULT_REQUEST, SL_AI_FAULT_OVERLOAD, SL_E_AI_VENDOR_OVERLOAD},
};

static void classify_by_status(struct sl_ai_fault *f)
{
    for (size_t i = 0; i < SL_LEN(by_status); i++) {
        if (by_status[i].from != f->class_ || f->vendor_status < by_status[i].first ||
            f->vendor_status > by_status[i].last)
            continue;
        f->class_ = by_status[i].to;
        f->rc = by_status[i].rc;
        return;
    }
}

static const struct {
    enum sl_ai_codes group;
    uint32_t first, last;
    enum sl_ai_fault_class class_;
    sl_rc rc;
} error_codes[] = {
#define X(GROUP, first, last, CLASS, rc) \
    {SL_AI_CODES_##GROUP, first, last, SL_AI_FAULT_##CLASS, SL_E_##rc},
#include "ai/error_code.def"
#undef X
};

/* A vendor's numbers say more than anything else. */
static bool classify_by_code(struct sl_ai_fault *f, enum sl_ai_codes group)
{
    uint64_t code;
    if (group == SL_AI_CODES_NONE || !sl_num_u64(f->code, UINT32_MAX, &code))
        return false;
    for (size_t i = 0; i < SL_LEN(error_codes); i++) {
        if (error_codes[i].group != group || code < error_codes[i].first ||
            code > error_codes[i].last)
            continue;
        f->class_ = error_codes[i].class_;
        f->rc = error_codes[i].rc;
        return true;
    }
    return false;
}

void sl_ai_fault_classify_of(const struct sl_ai_vendor *vendor, struct sl_ai_fault *f)
{
    if (!classify_by_code(f, vendor->codes))
        sl_ai_fault_classify(f);
}

static void classify(struct sl_ai_fault *f)
{
    sl_ai_fault_classify(f);
    classify_by_status(f);
    for (size_t i = 0; i < SL_LEN(fault_words); i++) {
        sl_str words = fault_words[i].words;
        bool is_told_when = f->class_ == SL_AI_FAULT_RATE && f->retry_after_us >= 0;
        if (fault_words[i].from != f->class_ || is_told_when || /* Google's quotas per minute */
            (!holds_words(f->message, words) && !holds_words(f->param, words)))
            continue;
        f->class_ = fault_words[i].to;
        f->rc = fault_words[i].rc;
        return;
    }
}

/* A page for people, or nothing: what stands there is no business of the client's. */
static void say_status(struct sl_arena *a, struct sl_ai_fault *f)
{
    if (f->message.n == 0 && f->vendor_status >= STATUS_MIN)
        f->message = sl_fmt(a, "the vendor answered with status %u", f->vendor_status);
    else if (f->message.n == 0)
        f->message = SL_STR("the vendor answered with an error");
}

/* "com.amazon.coral.service#ThrottlingException:http://internal.amazon.com/..." */
static sl_str aws_type(sl_str text)
{
    size_t hash = sl_str_find(text, '#', 0);
    if (hash != SIZE_MAX)
        text = sl_str_from(text, hash + 1);
    return sl_str_head(sl_str_head(text, sl_str_find(text, ':', 0)), WORD_BYTES);
}

static void read_body(sl_str body, enum sl_ai_codes group, struct sl_arena *a,
                      struct sl_ai_fault *f)
{
    struct sl_jsonscan_info info;
    struct reader r = {.json = unwrapped(body), .a = a, .f = f};
    if (r.json.n != 0 && sl_jsonscan(r.json, NULL, names, F_COUNT, r.m, &info) == SL_OK) {
        read_texts(&r);
        take_numeric_code(&r);
        read_retry_info(&r);
    }
    f->type = aws_type(f->type);
    if (!classify_by_code(f, group))
        classify(f);
    say_status(a, f);
}

/* One reader for all shapes: they differ so little. `delay_us` is what the head says; -1: nothing. */
static void read_fault(const struct sl_ai_vendor *vendor, uint16_t status, sl_str json,
                       sl_usec delay_us, struct sl_arena *a, struct sl_ai_fault *ret)
{
    *ret = (struct sl_ai_fault){.vendor_status = status, .retry_after_us = delay_us};
    read_body(json, vendor->codes, a, ret);
}

void sl_ai_fault_read_json(const struct sl_ai_vendor *vendor, uint16_t status, sl_str json,
                           struct sl_arena *a, struct sl_ai_fault *ret)
{
    read_fault(vendor, status, json, -1, a, ret);
}

/* ------------------------------------------------------------------ the head */

static bool read_retry_fields(const struct sl_headers *h, int64_t now_unix_s, sl_usec *ret)
{
    const struct sl_header *ms = sl_headers_find_id(h, SL_H_RETRY_AFTER_MS);
    const struct sl_header *s = sl_headers_find_id(h, SL_H_RETRY_AFTER);
    int64_t delay_us;
    if (ms != NULL && sl_num_rounded(ms->value, 3, &delay_us) && delay_us >= 0) {
        *ret = delay_us;
        return true;
    }
    return s != NULL && sl_retry_after_parse(s->value, now_unix_s, ret);
}

static bool is_spent(const struct sl_headers *h, sl_str reset_name, struct sl_arena *a)
{
    enum { RESET_BYTES = 5 };
    size_t at = sl_str_find_str(reset_name, SL_STR("reset"));
    sl_str name = sl_fmt(a, "%.*sremaining%.*s", SL_STRF(sl_str_head(reset_name, at)),
                         SL_STRF(sl_str_from(reset_name, at + RESET_BYTES)));
    const struct sl_header *left = sl_headers_find(h, name);
    return left == NULL || sl_str_eq(left->value, SL_STR("0"));
}

static bool parse_reset(sl_str value, int64_t now_unix_s, sl_usec *ret)
{
    int64_t at_us;
    if (!sl_parse_rfc3339(value, &at_us))
        return sl_reset_parse(value, now_unix_s, ret);
    *ret = SL_MAX(at_us - SL_SECONDS(now_unix_s), 0);
    return true;
}

/* x-ratelimit-reset-{requests,tokens}, anthropic-ratelimit-{...}-reset: the latest of what is spent. */
static void read_resets(const struct sl_headers *h, int64_t now_unix_s, struct sl_arena *a,
                        sl_usec *ret)
{
    enum { NAME_BYTES = 64 };
    for (uint32_t i = 0; i < h->n; i++) {
        sl_str name = h->v[i].name;
        sl_usec delay_us;
        if (name.n > NAME_BYTES || sl_str_find_str(name, SL_STR("ratelimit-")) == SIZE_MAX ||
            sl_str_find_str(name, SL_STR("reset")) == SIZE_MAX)
            continue;
        if (parse_reset(h->v[i].value, now_unix_s, &delay_us) && is_spent(h, name, a))
            *ret = SL_MAX(*ret, delay_us);
    }
}

/* AWS says the type in the head, and in the body only a message. */
static void read_aws_type(const struct sl_headers *h, struct sl_arena *a, struct sl_ai_fault *f)
{
    const struct sl_header *type = sl_headers_find(h, SL_STR("x-amzn-errortype"));
    sl_str name = type != NULL ? aws_type(type->value) : (sl_str){0};
    if (name.n == 0)
        return;
    f->type = sl_arena_try_dup(a, name);
    classify(f);
}

void sl_ai_fault_read(const struct sl_ai_vendor *vendor, const struct sl_head *res, sl_str body,
                      int64_t now_unix_s, struct sl_arena *a, struct sl_ai_fault *ret)
{
    const struct sl_headers *h = &res->headers;
    sl_usec said_us = -1;
    bool is_said = read_retry_fields(h, now_unix_s, &said_us);
    read_fault(vendor, res->status, body, said_us, a, ret);
    read_aws_type(h, a, ret);
    if (ret->class_ == SL_AI_FAULT_CLOCK)
        (void)sl_httpdate_parse(sl_headers_get_id(h, SL_H_DATE), &ret->vendor_unix_s);
    if (is_said)
        ret->retry_after_us = said_us;
    else if (ret->retry_after_us < 0 && ret->class_ == SL_AI_FAULT_RATE)
        read_resets(h, now_unix_s, a, &ret->retry_after_us);
    ret->no_retry = sl_str_ieq(sl_headers_get_id(h, SL_H_X_SHOULD_RETRY), SL_STR("false"));
}

/* ------------------------------------------------------------------ faults of our own */

static const struct {
    sl_rc rc;
    enum sl_ai_fault_class class_;
} own[] = {
    {SL_E_RATE_LIMITED, SL_AI_FAULT_RATE},         {SL_E_TOKEN_LIMITED, SL_AI_FAULT_RATE},
    {SL_E_AI_COOLING, SL_AI_FAULT_RATE},           {SL_E_AI_VENDOR_RATE, SL_AI_FAULT_RATE},
    {SL_E_AI_VENDOR_QUOTA, SL_AI_FAULT_CREDIT},    {SL_E_AI_VENDOR_AUTH, SL_AI_FAULT_AUTH},
    {SL_E_AI_CONTEXT, SL_AI_FAULT_CONTEXT},        {SL_E_AI_CONTENT, SL_AI_FAULT_CONTENT},
    {SL_E_AI_STREAM_CUT, SL_AI_FAULT_STREAM},      {SL_E_UPSTREAM_TRUNCATED, SL_AI_FAULT_STREAM},
    {SL_E_AI_BAD_BODY, SL_AI_FAULT_REQUEST},       {SL_E_AI_UNSUPPORTED, SL_AI_FAULT_REQUEST},
    {SL_E_AI_VENDOR_REQUEST, SL_AI_FAULT_REQUEST}, {SL_E_AI_OUTPUT, SL_AI_FAULT_CONTENT},
    {SL_E_AI_NO_RULE, SL_AI_FAULT_REQUEST},
};

static enum sl_ai_fault_class class_of(sl_rc rc)
{
    const struct sl_err_info *info = sl_err_info(rc);
    for (size_t i = 0; i < SL_LEN(own); i++)
        if (own[i].rc == rc)
            return own[i].class_;
    return info->fault == SL_FAULT_UPSTREAM && info->is_retryable ? SL_AI_FAULT_OVERLOAD
                                                                  : SL_AI_FAULT_NONE;
}

struct sl_ai_fault sl_ai_fault_of(sl_rc rc, sl_str message)
{
    return (struct sl_ai_fault){
        .class_ = class_of(rc), .rc = rc, .message = message, .retry_after_us = -1};
}

struct sl_ai_fault sl_ai_fault_of_request(sl_rc rc, const struct sl_diag *d, struct sl_arena *a)
{
    struct sl_ai_fault f = sl_ai_fault_of(rc, sl_cstr(sl_err_info(rc)->text));

    f.class_ = SL_AI_FAULT_REQUEST;
    if (d->count == 0)
        return f;
    f.message = sl_problem_text(&d->problems[0], a);
    f.param = d->problems[0].path;
    return f;
}

/* ------------------------------------------------------------------ for the client */

enum { UNAVAILABLE = 503, ANTHROPIC_OVERLOADED = 529, GATEWAY_TIMEOUT = 504 };

/* A request's own fault keeps the vendor's status, where that one says something about the request. */
static bool is_request_status(uint16_t status)
{
    static const uint16_t statuses[] = {400, 404, 409, 410, 413, 415, 422};
    for (size_t i = 0; i < SL_LEN(statuses); i++)
        if (statuses[i] == status)
            return true;
    return false;
}

static bool is_openai(enum sl_ai_dialect client)
{
    return client == SL_AI_OPENAI_CHAT || client == SL_AI_OPENAI_COMPLETIONS ||
           client == SL_AI_OPENAI_RESPONSES;
}

uint16_t sl_ai_fault_status(const struct sl_ai_fault *fault, enum sl_ai_dialect client)
{
    uint16_t status = sl_err_info(fault->rc)->status;
    bool is_requests = fault->class_ == SL_AI_FAULT_REQUEST || fault->class_ == SL_AI_FAULT_CONTEXT;
    if (is_requests && is_request_status(fault->vendor_status))
        return fault->vendor_status;
    if (fault->class_ == SL_AI_FAULT_OVERLOAD &&
        (fault->vendor_status == GATEWAY_TIMEOUT || fault->vendor_status == 408))
        return GATEWAY_TIMEOUT;
    if (fault->class_ == SL_AI_FAULT_OVERLOAD && is_openai(client) &&
        (fault->vendor_status == 500 || fault->vendor_status == 502))
        return fault->vendor_status;
    return client == SL_AI_ANTHROPIC && status == UNAVAILABLE ? ANTHROPIC_OVERLOADED : status;
}

struct sl_ai_fault sl_ai_fault_shown(const struct sl_ai_fault *fault)
{
    struct sl_ai_fault f = *fault;
    bool is_ours = f.class_ == SL_AI_FAULT_AUTH || f.class_ == SL_AI_FAULT_CREDIT ||
                   f.class_ == SL_AI_FAULT_CLOCK;
    if (f.vendor_status != 0 && is_ours) {
        f.message = sl_cstr(sl_err_info(f.rc)->text);
        f.type = f.code = f.param = (sl_str){0};
    }
    return f;
}

static const struct sl_ai_dialect_ops *ops_of(enum sl_ai_dialect client)
{
    const struct sl_ai_dialect_ops *ops = sl_ai_dialect_find(client);
    bool speaks = ops != NULL && ops->error_body != NULL; /* some are only vendors' */
    return speaks ? ops : sl_ai_dialect_find(SL_AI_OPENAI_CHAT);
}

void sl_ai_fault_event(const struct sl_ai_fault *fault, enum sl_ai_dialect client,
                       sl_str request_id, struct sl_arena *a, struct sl_chain *out)
{
    struct sl_ai_fault f = sl_ai_fault_shown(fault);
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    ops_of(client)->error_event(&f, request_id, &b);
    sl_chain_add_static(out, sl_strbuf_str(&b));
}

void sl_ai_call_fault_event(const struct sl_ai_call *call, const struct sl_ai_fault *fault,
                            size_t elements, sl_str request_id, struct sl_arena *a,
                            struct sl_chain *out)
{
    if (call->prompt != NULL) {
        struct sl_ai_fault f = sl_ai_fault_shown(fault);
        struct sl_strbuf b;
        sl_strbuf_init(&b, a, 0);
        sl_ai_prompt_error_event(&f, request_id, &b);
        sl_chain_add_static(out, sl_strbuf_str(&b));
        return;
    }
    if (!call->line.is_array) {
        sl_ai_fault_event(fault, call->dialect, request_id, a, out);
        return;
    }
    sl_chain_add_static(out, elements == 0 ? SL_STR("[") : SL_STR(",\n"));
    sl_chain_add_static(out, sl_ai_fault_body(fault, call->dialect, request_id, a));
    sl_chain_add_static(out, SL_STR("]\n"));
}

sl_str sl_ai_fault_body(const struct sl_ai_fault *fault, enum sl_ai_dialect client,
                        sl_str request_id, struct sl_arena *a)
{
    struct sl_ai_fault f = sl_ai_fault_shown(fault);
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    ops_of(client)->error_body(&f, request_id, &b);
    return sl_strbuf_str(&b);
}
