#include "control.h"
#include "pick.h"

#include <stdlib.h>

enum {
    COUNTERS_MAX = 256, // distinct paths or keys; more are counted under the last one
    RECORD_BODY_MAX = 1 << 20,
    SCRIPT_MAX = 100000,
};

struct row {
    char *key, *path, *spec; // key and path NULL: any
    bool is_always;
};

struct counter {
    char *name;
    uint64_t n;
};

struct entry {
    struct claim claim;
    enum outcome outcome;
    uint32_t events;
    uint64_t ended_ms;
};

struct record {
    struct buf head, body;
};

static struct {
    struct control_options options;
    struct row *script;
    size_t script_n;
    struct entry *ledger;
    size_t ledger_n, ledger_cap, ledger_dropped;
    struct record *records; // a ring
    size_t records_n;       // of all times
    struct counter paths[COUNTERS_MAX], keys[COUNTERS_MAX];
    uint64_t requests, accepted, open, outcomes[4], prompt_tokens, completion_tokens;
} state;

static const char *const outcome_names[] = {"completed", "refused", "faulted", "aborted"};

static char *copy_text(struct span s)
{
    char *copy = strndup(s.n != 0 ? s.p : "", s.n);
    if (copy == NULL)
        abort();
    return copy;
}

void control_init(const struct control_options *options)
{
    state.options = *options;
    if (options->record_max == 0)
        return;
    state.records = calloc(options->record_max, sizeof *state.records);
    if (state.records == NULL)
        abort();
}

/* --- script --- */

static void free_row(struct row *row)
{
    free(row->key);
    free(row->path);
    free(row->spec);
}

static void remove_row(size_t at)
{
    free_row(&state.script[at]);
    state.script_n--;
    memmove(&state.script[at], &state.script[at + 1], (state.script_n - at) * sizeof *state.script);
}

static void add_row(struct span key, struct span path, struct span spec, bool is_always)
{
    if (state.script_n == SCRIPT_MAX)
        return;
    state.script = realloc(state.script, (state.script_n + 1) * sizeof *state.script);
    if (state.script == NULL)
        abort();
    state.script[state.script_n++] = (struct row){
        .key = key.n != 0 ? copy_text(key) : NULL,
        .path = path.n != 0 ? copy_text(path) : NULL,
        .spec = copy_text(spec),
        .is_always = is_always,
    };
}

static bool row_matches(const struct row *row, const struct request *rq)
{
    return (row->key == NULL || span_is(rq->key, row->key)) &&
           (row->path == NULL || span_is(rq->path, row->path));
}

/* The row that holds for this request, or script_n. */
static size_t find_row(const struct request *rq)
{
    size_t always = state.script_n;
    for (size_t i = 0; i < state.script_n; i++) {
        if (!row_matches(&state.script[i], rq))
            continue;
        if (!state.script[i].is_always)
            return i;
        always = i;
    }
    return always;
}

bool control_scenario(const struct request *rq, struct scenario *ret_sc, struct span *ret_bad)
{
    *ret_sc = state.options.base;
    bool is_good = true;
    if (state.script_n != 0) {
        size_t at = find_row(rq);
        if (at < state.script_n) {
            is_good = scenario_apply(ret_sc, span_of(state.script[at].spec), ret_bad);
            if (!state.script[at].is_always)
                remove_row(at);
        }
    }
    struct span wish = request_header(rq, "x-mock");
    return is_good && scenario_apply(ret_sc, wish, ret_bad);
}

bool control_accepts_key(struct span key)
{
    for (size_t i = 0; i < state.options.keys_n; i++)
        if (span_equal(key, state.options.keys[i]))
            return true;
    return state.options.keys_n == 0;
}

struct span control_secret(struct span id)
{
    for (size_t i = 0; i < state.options.keys_n; i++) {
        struct span secret = state.options.keys[i];
        if (span_equal(span_cut(&secret, ':'), id))
            return secret;
    }
    return (struct span){0};
}

/* --- counters, ledger, records --- */

static void count(struct counter *counters, struct span name)
{
    size_t i = 0;
    while (i < COUNTERS_MAX - 1 && counters[i].name != NULL && !span_is(name, counters[i].name))
        i++;
    if (counters[i].name == NULL)
        counters[i].name = copy_text(i < COUNTERS_MAX - 1 ? name : SPAN("(other)"));
    counters[i].n++;
}

static void record(const struct request *rq)
{
    struct record *to = &state.records[state.records_n++ % state.options.record_max];
    size_t body_n = rq->body.n < RECORD_BODY_MAX ? rq->body.n : RECORD_BODY_MAX;
    to->head.n = to->body.n = 0;
    buf_span(&to->head, rq->head);
    buf_put(&to->body, rq->body.p, body_n);
}

void control_count(const struct request *rq)
{
    state.requests++;
    count(state.paths, rq->path);
    count(state.keys, rq->key);
    if (state.options.record_max != 0)
        record(rq);
}

void control_opened(void)
{
    state.accepted++;
    state.open++;
}

void control_closed(void)
{
    state.open--;
}

static void add_entry(const struct claim *claim, enum outcome outcome, uint32_t events)
{
    if (state.ledger_n == state.options.ledger_max) {
        state.ledger_dropped++;
        return;
    }
    if (state.ledger_n == state.ledger_cap) {
        state.ledger_cap = state.ledger_cap != 0 ? state.ledger_cap * 2 : 256;
        state.ledger = realloc(state.ledger, state.ledger_cap * sizeof *state.ledger);
        if (state.ledger == NULL)
            abort();
    }
    state.ledger[state.ledger_n++] = (struct entry){*claim, outcome, events, wall_ms()};
}

static void log_line(const struct claim *claim, enum outcome outcome, uint32_t events)
{
    fprintf(state.options.log,
            "{\"request\":%llu,\"path\":\"%s\",\"model\":\"%s\",\"marker\":\"%s\",\"status\":%d,"
            "\"outcome\":\"%s\",\"events\":%u}\n",
            (unsigned long long)claim->number, claim->path, claim->model, claim->marker,
            claim->status, outcome_names[outcome], events);
}

void control_settle(const struct claim *claim, enum outcome outcome, uint32_t events)
{
    state.outcomes[outcome]++;
    if (state.options.log != NULL)
        log_line(claim, outcome, events);
    if (!claim->is_ai)
        return;
    if (outcome == OUTCOME_COMPLETED) {
        state.prompt_tokens += (uint64_t)(claim->prompt + claim->cached + claim->cache_write);
        state.completion_tokens += (uint64_t)claim->completion;
    }
    add_entry(claim, outcome, events);
}

static void clear_counters(struct counter *counters)
{
    for (size_t i = 0; i < COUNTERS_MAX; i++)
        free(counters[i].name);
    memset(counters, 0, COUNTERS_MAX * sizeof *counters);
}

static void clear(void)
{
    while (state.script_n != 0)
        remove_row(state.script_n - 1);
    clear_counters(state.paths);
    clear_counters(state.keys);
    memset(state.outcomes, 0, sizeof state.outcomes);
    state.ledger_n = state.ledger_dropped = state.records_n = 0;
    state.requests = state.accepted = state.prompt_tokens = state.completion_tokens = 0;
}

void control_fini(void)
{
    clear();
    for (size_t i = 0; i < state.options.record_max; i++) {
        buf_free(&state.records[i].head);
        buf_free(&state.records[i].body);
    }
    free(state.records);
    free(state.script);
    free(state.ledger);
}

/* --- endpoints --- */

static void put_member(struct buf *out, const char *name, uint64_t v)
{
    buf_fmt(out, "\"%s\":%llu,", name, (unsigned long long)v);
}

static void put_counters(struct buf *out, const char *name, const struct counter *counters)
{
    buf_fmt(out, "\"%s\":{", name);
    for (size_t i = 0; i < COUNTERS_MAX && counters[i].name != NULL; i++) {
        buf_str(out, i != 0 ? ",\"" : "\"");
        buf_json(out, span_of(counters[i].name));
        buf_fmt(out, "\":%llu", (unsigned long long)counters[i].n);
    }
    buf_str(out, "},");
}

static void put_text_member(struct buf *out, const char *name, const char *text)
{
    buf_fmt(out, "\"%s\":\"", name);
    buf_json(out, span_of(text));
    buf_str(out, "\",");
}

static void put_entry(struct buf *out, const struct entry *e)
{
    const struct claim *c = &e->claim;
    buf_fmt(out, "{\"request_id\":\"req_%llu\",", (unsigned long long)c->number);
    put_text_member(out, "path", c->path);
    put_text_member(out, "key", c->key);
    put_text_member(out, "model", c->model);
    put_text_member(out, "marker", c->marker);
    put_member(out, "prompt", (uint64_t)c->prompt);
    put_member(out, "cached", (uint64_t)c->cached);
    put_member(out, "cache_write", (uint64_t)c->cache_write);
    put_member(out, "completion", (uint64_t)c->completion);
    put_member(out, "reasoning", (uint64_t)c->reasoning);
    put_member(out, "status", (uint64_t)c->status);
    put_member(out, "events", e->events);
    put_member(out, "started_ms", c->started_ms);
    put_member(out, "ended_ms", e->ended_ms);
    buf_fmt(out, "\"stream\":%s,\"outcome\":\"%s\"}", c->is_stream ? "true" : "false",
            outcome_names[e->outcome]);
}

static void put_ledger(struct buf *out)
{
    buf_str(out, ",\"ledger\":[");
    for (size_t i = 0; i < state.ledger_n; i++) {
        if (i != 0)
            buf_str(out, ",");
        put_entry(out, &state.ledger[i]);
    }
    buf_str(out, "]");
}

static void answer_stats(const struct request *rq, struct reply *r)
{
    struct buf out = {0};
    buf_str(&out, "{");
    put_member(&out, "requests", state.requests);
    for (size_t i = 0; i < 4; i++)
        put_member(&out, outcome_names[i], state.outcomes[i]);
    put_member(&out, "connections_accepted", state.accepted);
    put_member(&out, "connections_open", state.open);
    put_member(&out, "prompt_tokens", state.prompt_tokens);
    put_member(&out, "completion_tokens", state.completion_tokens);
    put_member(&out, "script_left", state.script_n);
    put_counters(&out, "by_path", state.paths);
    put_counters(&out, "by_key", state.keys);
    buf_fmt(&out, "\"ledger_dropped\":%zu", state.ledger_dropped);
    if (!span_is(request_query(rq, "ledger"), "0"))
        put_ledger(&out);
    buf_str(&out, "}");
    reply_whole(r, 200, "application/json", NULL, buf_view(&out));
    buf_free(&out);
}

static void put_record(struct buf *out, const struct record *record)
{
    buf_str(out, "{\"head\":\"");
    buf_json(out, buf_view(&record->head));
    buf_str(out, "\",\"body_base64\":\"");
    buf_base64(out, record->body.p, record->body.n);
    buf_str(out, "\"}");
}

static void answer_requests(struct reply *r)
{
    struct buf out = {0};
    size_t max = state.options.record_max;
    size_t from = state.records_n > max ? state.records_n - max : 0;
    buf_str(&out, "[");
    for (size_t i = from; i < state.records_n; i++) {
        if (i != from)
            buf_str(&out, ",");
        put_record(&out, &state.records[i % max]);
    }
    buf_str(&out, "]");
    reply_whole(r, 200, "application/json", NULL, buf_view(&out));
    buf_free(&out);
}

/* What one script request says; rows are added as `next` and `always` are met. */
struct scripting {
    struct span key, path;
    struct scenario trial;
    struct span bad;
    bool is_bad;
    bool is_dry; // only check
};

static void add_spec(struct scripting *s, struct span spec, bool is_always)
{
    if (!scenario_apply(&s->trial, spec, &s->bad))
        s->is_bad = true;
    else if (!s->is_dry)
        add_row(s->key, s->path, spec, is_always);
}

static void read_json(struct scripting *s, struct span body)
{
    struct pick it;
    struct span spec, always = pick_get(body, "always");
    s->key = pick_raw(pick_get(body, "key"));
    s->path = pick_raw(pick_get(body, "path"));
    if (pick_enter(&it, pick_get(body, "next")))
        while (!s->is_bad && pick_element(&it, &spec))
            add_spec(s, pick_raw(spec), false);
    if (always.n != 0)
        add_spec(s, pick_raw(always), true);
}

static void read_form_member(struct scripting *s, struct span name, struct span value)
{
    if (span_is(name, "key"))
        s->key = value;
    else if (span_is(name, "path"))
        s->path = value;
    else if (span_is(name, "next") || span_is(name, "always"))
        add_spec(s, value, span_is(name, "always"));
}

/* `key` and `path` hold for what follows them. */
static void read_form(struct scripting *s, struct span form)
{
    struct buf texts[3] = {0};
    for (size_t i = 0; form.n != 0 && !s->is_bad; i++) {
        struct span value = span_cut(&form, '&');
        struct span name = span_cut(&value, '=');
        size_t slot = span_is(name, "key") ? 0 : span_is(name, "path") ? 1 : 2;
        texts[slot].n = 0;
        span_unescape(value, &texts[slot]);
        read_form_member(s, name, buf_view(&texts[slot]));
    }
    for (size_t i = 0; i < 3; i++)
        buf_free(&texts[i]);
}

static void read_script(struct scripting *s, const struct request *rq)
{
    struct pick it;
    if (pick_enter(&it, rq->body))
        read_json(s, rq->body);
    else
        read_form(s, rq->body.n != 0 ? rq->body : rq->query);
}

/* Checked as a whole first, so that a bad script changes nothing. */
static void answer_script(const struct request *rq, struct reply *r)
{
    struct scripting dry = {.is_dry = true}, real = {0};
    read_script(&dry, rq);
    if (dry.is_bad) {
        reply_whole(r, 400, "text/plain", NULL, SPAN("unknown name or value in the script\n"));
        return;
    }
    read_script(&real, rq);
    reply_whole(r, 200, "application/json", NULL, SPAN("{\"ok\":true}"));
}

void control_answer(struct request *rq, struct reply *r)
{
    if (span_is(rq->path, "/_mock/stats")) {
        answer_stats(rq, r);
    } else if (span_is(rq->path, "/_mock/requests")) {
        answer_requests(r);
    } else if (span_is(rq->path, "/_mock/script")) {
        answer_script(rq, r);
    } else if (span_is(rq->path, "/_mock/reset")) {
        clear();
        reply_whole(r, 200, "application/json", NULL, SPAN("{\"ok\":true}"));
    } else {
        reply_whole(r, 404, "text/plain", NULL, SPAN("no such control\n"));
    }
}
