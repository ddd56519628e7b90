/*
 * relay_same: the vendor speaks the client's dialect. Events and bodies pass as they are, but for the
 * model's name and for the usage that was asked for behind the client's back (U1), or stands where
 * the client does not expect it (U2).
 */
#include "ai/relay_int.h"

#include "base/err.h"
#include "base/str.h"

enum { EDITS_MAX = 4 };

/* Splices of one text, in order of place. */
struct edits {
    struct sl_splice v[EDITS_MAX];
    size_t n;
};

static void edit(struct edits *e, size_t at, size_t n, sl_str with)
{
    size_t k = e->n++;
    SL_ASSERT(e->n <= EDITS_MAX);
    for (; k > 0 && e->v[k - 1].at > at; k--)
        e->v[k] = e->v[k - 1];
    e->v[k] = (struct sl_splice){.at = at, .n = n, .with = with};
}

static void edit_model(const struct sl_ai_relay *r, const struct sl_ai_peek *p, struct edits *e)
{
    if (r->model_json.n == 0 || p->model.kind != SL_JSON_STRING)
        return;
    if (!sl_str_eq(sl_json_range_text(p->text, &p->model), r->model_json))
        edit(e, p->model.at, p->model.n, r->model_json);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Remove a member with the comma behind it or, if it is the last one, with the one before it. */
static void edit_out(const struct sl_ai_peek *p, const struct sl_json_range *m, struct edits *e)
{
    const char *text = p->text.p;
    size_t from = m->key_at, to = m->at + m->n;
    size_t next = to;
    while (is_space(text[next])) /* there is a '}' at the latest */
        next++;
    if (text[next] == ',') {
        for (to = next + 1; is_space(text[to]);)
            to++;
    } else {
        size_t before = from - 1;
        while (is_space(text[before]))
            before--;
        if (text[before] == ',')
            from = before;
    }
    edit(e, from, to - from, (sl_str){0});
}

/* ------------------------------------------------------------------ events */

/* Append pieces of what is not passed whole. */
static void put_spliced(sl_str text, const struct edits *e, struct sl_chain *out)
{
    size_t at = 0;
    for (size_t i = 0; i < e->n; i++) {
        sl_chain_add_shared(out, (sl_str){text.p + at, e->v[i].at - at});
        sl_chain_add_shared(out, e->v[i].with);
        at = e->v[i].at + e->v[i].n;
    }
    sl_chain_add_shared(out, sl_str_from(text, at));
}

static bool is_in_raw(const struct sl_sse_event *ev)
{
    return ev->data.p >= ev->raw.p && ev->data.p + ev->data.n <= ev->raw.p + ev->raw.n;
}

/* An event whose data was spread over lines is written anew, on as many lines. */
static void write_lines(const struct sl_sse_event *ev, const struct edits *e, struct sl_strbuf *b)
{
    struct sl_strbuf data = {0};
    sl_str rest, line;
    sl_splice_strbuf(&data, ev->data, e->v, e->n);
    if (ev->event.n != 0)
        sl_strbuf_addf(b, "event: %.*s\n", SL_STRF(ev->event));
    rest = sl_strbuf_str(&data);
    while (sl_str_split(&rest, '\n', &line)) {
        sl_strbuf_add(b, SL_STR("data: "));
        sl_strbuf_add(b, line);
        sl_strbuf_add_char(b, '\n');
    }
    sl_strbuf_add_char(b, '\n');
    sl_strbuf_fini(&data);
}

static void move_edits(struct edits *e, size_t by)
{
    for (size_t i = 0; i < e->n; i++)
        e->v[i].at += by;
}

/*
 * A byte order mark belongs to the beginning of a stream, and ours may have begun already. In mid-stream
 * it is part of an unknown field's name; a colon makes that line a comment, lest it begins the client's
 * stream when what stood before was not passed.
 */
static sl_str without_bom(const struct sl_ai_relay *r, sl_str raw, struct sl_chain *out)
{
    if (!sl_str_starts(raw, SL_STR("\xef\xbb\xbf")))
        return raw;
    if (r->state.events <= 1)
        return sl_str_from(raw, 3);
    sl_chain_add_shared(out, SL_STR(":"));
    return raw;
}

/* The line that an event without its end lacks. */
static void end_event(struct sl_ai_relay *r, struct sl_chain *out)
{
    if (r->is_tail)
        sl_chain_add_shared(out, r->frames.framing == SL_AI_FRAMING_NDJSON ? SL_STR("\n")
                                                                           : SL_STR("\n\n"));
}

static void pass_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    sl_ai_relay_pass(r, out, without_bom(r, ev->raw, out));
    end_event(r, out);
}

static void put_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct edits *e,
                      struct sl_chain *out)
{
    struct sl_strbuf b = {0};
    if (e->n == 0) {
        pass_event(r, ev, out);
    } else if (is_in_raw(ev)) {
        sl_str raw = without_bom(r, ev->raw, out);
        move_edits(e, (size_t)(ev->data.p - raw.p));
        put_spliced(raw, e, out);
        end_event(r, out);
    } else {
        write_lines(ev, e, &b);
        sl_chain_add_shared(out, sl_strbuf_str(&b));
        sl_strbuf_fini(&b);
    }
}

/* ------------------------------------------------------------------ OpenAI: usage in streams */

static bool is_usage_object(const struct sl_ai_peek *p)
{
    return p->usage.kind == SL_JSON_OBJECT;
}

static bool has_choices(const struct sl_ai_peek *p)
{
    return p->choices.kind == SL_JSON_ARRAY && p->choices.n > 2;
}

/* Keep the event for its place, right before the end; the last one is the one that counts (U2). */
static void keep_usage(struct sl_ai_relay *r, const struct sl_ai_peek *p)
{
    struct edits e = {0};
    sl_ai_alike_spoil(&r->alike);
    sl_strbuf_clear(&r->usage);
    edit_model(r, p, &e);
    if (has_choices(p))
        edit(&e, p->choices.at, p->choices.n, SL_STR("[]"));
    sl_strbuf_add(&r->usage, SL_STR("data: "));
    size_t from = r->usage.n;
    sl_splice_strbuf(&r->usage, p->text, e.v, e.n);
    for (size_t i = from; i < r->usage.n; i++) /* JSON has line ends between its tokens only */
        if (r->usage.p[i] == '\n' || r->usage.p[i] == '\r')
            r->usage.p[i] = ' ';
    sl_strbuf_add(&r->usage, SL_STR("\n\n"));
}

static void flush_usage(struct sl_ai_relay *r, struct sl_chain *out)
{
    sl_chain_add_shared(out, sl_strbuf_str(&r->usage));
    sl_strbuf_clear(&r->usage);
}

/* False when the event is all usage and does not pass now. */
static bool sort_usage_out(struct sl_ai_relay *r, const struct sl_ai_peek *p, struct edits *e)
{
    bool is_hidden = r->config.wire->has_hidden_usage, is_wanted = r->config.call->wants_usage;
    if (!p->usage.is_present || (!is_hidden && !is_wanted))
        return true;
    if (is_wanted && !is_usage_object(p))
        return true;
    if (is_wanted)
        keep_usage(r, p);
    if (is_usage_object(p) && !has_choices(p))
        return false;
    if (is_wanted)
        edit(e, p->usage.at, p->usage.n, SL_STR("null"));
    else
        edit_out(p, &p->usage, e);
    return true;
}

/* ------------------------------------------------------------------ streams */

static void end_clean(struct sl_ai_relay *r)
{
    r->state.is_complete = r->is_over = true;
}

/* The LF of a last CRLF, for it may come later, when nothing passes any more. */
static void end_line(const struct sl_sse_event *ev, struct sl_chain *out)
{
    if (sl_str_ends(ev->raw, SL_STR("\r")))
        sl_chain_add_static(out, SL_STR("\n"));
}

static void fail_with_error(struct sl_ai_relay *r, uint16_t status, sl_str json)
{
    struct sl_ai_fault f;
    sl_ai_fault_read_json(r->config.target->vendor, status, json, r->arena, &f);
    sl_ai_relay_fail(r, &f);
}

/* Ends with [DONE], and tells the usage in an event that the client may not have asked for. */
static bool is_openai(const struct sl_ai_relay *r)
{
    return r->config.wire->dialect == SL_AI_OPENAI_CHAT ||
           r->config.wire->dialect == SL_AI_OPENAI_COMPLETIONS;
}

/* Of a stream in AWS's frames: the name says what kind of error it is. */
static void fail_with_exception(struct sl_ai_relay *r, const struct sl_sse_event *ev)
{
    static const sl_str mark = SL_STR_INIT(SL_AI_FRAMES_EXCEPTION);
    struct sl_ai_fault f;
    sl_ai_fault_read_json(r->config.target->vendor, 0, ev->data, r->arena, &f);
    f.type = sl_ai_aws_type(sl_str_from(ev->event, mark.n), r->arena);
    sl_ai_fault_classify_of(r->config.target->vendor, &f);
    sl_ai_relay_fail(r, &f);
}

/* Edits are places in its raw bytes now. */
static void learn(struct sl_ai_relay *r, const struct sl_sse_event *ev, const struct edits *e)
{
    if (sl_ai_alike_learn(&r->alike, r->arena, ev))
        sl_ai_alike_becomes(&r->alike, e->v, e->n);
}

/* A text that says nothing now: another one, which was only the same again before, may be what counts. */
static bool has_fallen_silent(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m)
{
    for (size_t i = 0; i < a->string_count; i++)
        if (a->strings[i].is_counted && a->strings[i].n != 0 && m->strings[i].n == 0)
            return true;
    return false;
}

/* All but the texts was marked when the event that this one is like was read. */
static bool repeat_same(struct sl_ai_relay *r, const struct sl_ai_alike_match *m)
{
    if (has_fallen_silent(&r->alike, m))
        return false;
    for (size_t i = 0; i < r->alike.string_count; i++) {
        if (!r->alike.strings[i].is_counted)
            continue;
        r->state.text_bytes += sl_ai_relay_text_bytes(m->strings[i]);
        r->state.has_content |= m->strings[i].n != 0;
    }
    r->bad_in_row = 0;
    r->ends_in_cr = false;
    return true;
}

static void same_data(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    struct sl_ai_peek p;
    struct edits e = {0};
    if (sl_str_starts(ev->event, SL_STR(SL_AI_FRAMES_EXCEPTION))) {
        fail_with_exception(r, ev);
        return;
    }
    if (!sl_ai_relay_peek(r, ev->data, &p)) {
        sl_ai_relay_skip(r);
        return;
    }
    r->bad_in_row = 0;
    if (p.has_error || sl_str_eq(ev->event, SL_STR("error"))) {
        fail_with_error(r, 0,
                        p.error.is_present ? sl_json_range_text(ev->data, &p.error) : ev->data);
        return;
    }
    edit_model(r, &p, &e);
    if (!is_openai(r) || sort_usage_out(r, &p, &e)) {
        put_event(r, ev, &e, out);
        learn(r, ev, &e);
    }
    if (p.is_terminal) {
        end_line(ev, out);
        end_clean(r);
    }
}

/* The LF behind the last CR belongs to no event; some clients wait for it. */
static void end_last_line(struct sl_ai_relay *r, struct sl_chain *out)
{
    if (r->ends_in_cr && r->vendor->terminal.n == 0)
        sl_chain_add_static(out, SL_STR("\n"));
}

static void same_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    r->state.events++;
    r->ends_in_cr = sl_str_ends(ev->raw, SL_STR("\r"));
    if (!ev->has_data) {
        pass_event(r, ev, out);
    } else if (is_openai(r) && sl_str_starts(ev->data, SL_STR("[DONE]"))) {
        flush_usage(r, out);
        pass_event(r, ev, out);
        end_line(ev, out);
        end_clean(r);
    } else {
        same_data(r, ev, out);
    }
}

/* A reason to stop was given and the connection closed in order: all is there but the terminal (T3). */
static void same_finish(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    if (!is_clean || r->state.stop == SL_AI_STOP_NONE) {
        sl_ai_relay_fail_cut(r, "the vendor's stream broke off");
        return;
    }
    flush_usage(r, out);
    end_last_line(r, out);
    sl_chain_add_static(out, r->vendor->terminal);
    end_clean(r);
}

/* ------------------------------------------------------------------ bodies */

static void pass_body(const struct edits *e, struct sl_chunk *chunk, sl_str body,
                      struct sl_chain *out)
{
    size_t at = 0;
    for (size_t i = 0; i < e->n; i++) {
        sl_chain_add(out, chunk, (sl_str){body.p + at, e->v[i].at - at});
        sl_chain_add_static(out, e->v[i].with);
        at = e->v[i].at + e->v[i].n;
    }
    sl_chain_add(out, chunk, sl_str_from(body, at));
}

/* Mistral's SDK refuses vectors without an id, which no other vendor of this form gives. */
static void edit_id(const struct sl_ai_relay *r, sl_str body, struct edits *e)
{
    static const sl_str names[] = {SL_STR_INIT("id")};
    struct sl_jsonscan_info info;
    struct sl_json_range id;
    if (sl_jsonscan(body, NULL, names, SL_LEN(names), &id, &info) == SL_OK && !id.is_present)
        edit(e, info.body_at, 0,
             sl_fmt(r->arena, "\"id\":\"%.*s\",", SL_STRF(r->config.request_id)));
}

static void same_body(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str body,
                      struct sl_chain *out)
{
    enum { SUCCESS = 200 };
    struct sl_ai_peek p;
    struct edits e = {0};
    if (!sl_ai_relay_peek(r, body, &p)) {
        sl_ai_relay_fail_cut(r, "the vendor's answer is not JSON");
        return;
    }
    if (p.has_error || !p.is_answer) {
        fail_with_error(r, SUCCESS, body);
        return;
    }
    if (r->config.wants_id && !sl_ai_relay_wants_base64(r))
        edit_id(r, body, &e);
    edit_model(r, &p, &e);
    if (sl_ai_relay_wants_base64(r))
        sl_ai_relay_put_base64(r, chunk, &p, e.n != 0 ? e.v : NULL, out);
    else
        pass_body(&e, chunk, body, out);
    r->state.has_content = true;
    end_clean(r);
}

const struct sl_ai_relay_mode sl_ai_relay_same = {
    .event = same_event, .repeat = repeat_same, .finish = same_finish, .body = same_body};
