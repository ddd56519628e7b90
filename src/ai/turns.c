#include "ai/turns.h"

#include "ai/openai_responses_int.h"
#include "base/str.h"

struct list {
    struct sl_ai_part *first, *last;
};

struct builder {
    const struct sl_ai_request *rq;
    struct sl_arena *a;
    struct sl_diag *d;
    enum sl_ai_dialect vendor;
    bool keep_unsigned;
    bool
        goes_on; /* from what the vendor keeps, where the other half of a call or result may stand */
    struct sl_ai_turns *ret;
    struct list system;
    struct sl_ai_turn *last;
    struct list results, others; /* of the last turn; joined when it ends */
};

bool sl_ai_text_is_blank(sl_str text)
{
    return sl_str_trim_all(text).n == 0;
}

static sl_rc fail_at(struct builder *b, size_t index, const char *message)
{
    return sl_diag_fail(b->d, SL_E_AI_BAD_BODY, sl_ai_message_place(b->a, b->rq, index).p, "%s",
                        message);
}

static sl_rc too_large(struct builder *b)
{
    return sl_diag_fail(b->d, SL_E_LIMIT, sl_ai_messages_name(b->rq), "is too large");
}

static sl_rc add(struct builder *b, struct list *list, const struct sl_ai_part *part)
{
    struct sl_ai_part *copy = sl_arena_try_alloc(b->a, sizeof(*copy));

    if (copy == NULL)
        return too_large(b);
    *copy = *part;
    copy->next = NULL;
    if (list->last != NULL)
        list->last->next = copy;
    else
        list->first = copy;
    list->last = copy;
    return SL_OK;
}

/* Who signed is told by the form of the signature; some sign nothing. */
static bool is_signed_for(enum sl_ai_dialect vendor, sl_str signature)
{
    bool signs = vendor != SL_AI_OPENAI_CHAT && vendor != SL_AI_COHERE && vendor != SL_AI_OLLAMA;
    sl_str id, encrypted;
    bool is_responses = sl_ai_openai_responses_signed(signature, &id, &encrypted);

    return signs && signature.n != 0 && is_responses == (vendor == SL_AI_OPENAI_RESPONSES);
}

/* Chat Completions has an echo of what was thought, whoever signed it. */
static bool is_echoed(const struct builder *b, const struct sl_ai_part *p)
{
    bool is_readable = !p->is_redacted && (p->signature.n == 0 || b->vendor == SL_AI_OPENAI_CHAT);

    return b->keep_unsigned && is_readable && p->text.n != 0;
}

static bool is_wanted(const struct builder *b, const struct sl_ai_part *p)
{
    if (p->kind == SL_AI_TEXT || p->kind == SL_AI_REFUSAL) /* Gemini signs empty texts, too */
        return p->signature.n != 0 || !sl_ai_text_is_blank(p->text);
    if (p->kind == SL_AI_THINKING)
        return is_signed_for(b->vendor, p->signature) || is_echoed(b, p);
    return true;
}

/* ------------------------------------------------------------------ calls and their results */

static size_t count_kind(const struct sl_ai_turn *turn, enum sl_ai_part_kind kind)
{
    size_t n = 0;

    for (const struct sl_ai_part *p = turn != NULL ? turn->parts : NULL; p != NULL; p = p->next)
        n += p->kind == kind;
    return n;
}

static size_t count_id(const struct sl_ai_turn *turn, enum sl_ai_part_kind kind, sl_str id)
{
    size_t n = 0;

    for (const struct sl_ai_part *p = turn != NULL ? turn->parts : NULL; p != NULL; p = p->next)
        n += p->kind == kind && sl_str_eq(p->id, id);
    return n;
}

static bool has_part(const struct sl_ai_message *m, enum sl_ai_part_kind kind, sl_str id)
{
    for (const struct sl_ai_part *p = m->parts; p != NULL; p = p->next) {
        if (p->kind == kind && sl_str_eq(p->id, id))
            return true;
    }
    return false;
}

/* The message, of those that became the turn, with such a part: the last one, which is one too many. */
static size_t place_of(const struct builder *b, const struct sl_ai_turn *turn,
                       enum sl_ai_part_kind kind, sl_str id)
{
    size_t place = turn->index;

    for (const struct sl_ai_message *m = b->rq->messages; m != NULL; m = m->next) {
        if (turn->next != NULL && m->index >= turn->next->index)
            break;
        if (m->index >= turn->index && has_part(m, kind, id))
            place = m->index;
    }
    return place;
}

static sl_rc check_calls(struct builder *b, const struct sl_ai_turn *turn,
                         const struct sl_ai_turn *next)
{
    if (count_kind(turn, SL_AI_TOOL_CALL) > SL_AI_CALLS_MAX)
        return fail_at(b, turn->index, "has too many tool calls in one turn");
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next) {
        if (p->kind != SL_AI_TOOL_CALL)
            continue;
        if (count_id(turn, SL_AI_TOOL_CALL, p->id) > 1)
            return fail_at(b, place_of(b, turn, SL_AI_TOOL_CALL, p->id),
                           "has two tool calls with the same id");
        if (count_id(next, SL_AI_TOOL_RESULT, p->id) == 0)
            return fail_at(b, place_of(b, turn, SL_AI_TOOL_CALL, p->id),
                           "has a tool call that no tool message right after it answers");
    }
    return SL_OK;
}

static sl_rc check_results(struct builder *b, const struct sl_ai_turn *turn,
                           const struct sl_ai_turn *previous)
{
    if (count_kind(turn, SL_AI_TOOL_RESULT) > SL_AI_CALLS_MAX)
        return fail_at(b, turn->index, "has too many tool results in one turn");
    for (const struct sl_ai_part *p = turn->parts; p != NULL; p = p->next) {
        if (p->kind != SL_AI_TOOL_RESULT)
            continue;
        if (count_id(previous, SL_AI_TOOL_CALL, p->id) == 0)
            return fail_at(b, place_of(b, turn, SL_AI_TOOL_RESULT, p->id),
                           "answers a tool call that the assistant did not make right before it");
        if (count_id(turn, SL_AI_TOOL_RESULT, p->id) > 1)
            return fail_at(b, place_of(b, turn, SL_AI_TOOL_RESULT, p->id),
                           "answers the same tool call twice");
    }
    return SL_OK;
}

static sl_rc check(struct builder *b)
{
    const struct sl_ai_turn *previous = NULL;

    for (const struct sl_ai_turn *t = b->ret->first; t != NULL; previous = t, t = t->next) {
        sl_rc rc = check_results(b, t, previous);
        if (rc == SL_OK)
            rc = check_calls(b, t, t->next);
        if (rc != SL_OK)
            return rc;
    }
    return SL_OK;
}

/* ------------------------------------------------------------------ turns */

static void end_turn(struct builder *b)
{
    if (b->last == NULL)
        return;
    if (b->results.last != NULL)
        b->results.last->next = b->others.first;
    b->last->parts = b->results.first != NULL ? b->results.first : b->others.first;
    b->results = b->others = (struct list){0};
}

static sl_rc begin_turn(struct builder *b, bool is_assistant, size_t index)
{
    struct sl_ai_turn *t;

    end_turn(b);
    t = sl_arena_try_alloc(b->a, sizeof(*t));
    if (t == NULL)
        return too_large(b);
    t->is_assistant = is_assistant;
    t->index = index;
    if (b->last != NULL)
        b->last->next = t;
    else
        b->ret->first = t;
    b->last = t;
    return SL_OK;
}

static sl_rc add_part(struct builder *b, const struct sl_ai_message *m, const struct sl_ai_part *p)
{
    static const struct sl_ai_part opening = {.kind = SL_AI_TEXT, .text = SL_STR_INIT("...")};
    bool is_assistant = m->role == SL_AI_ROLE_ASSISTANT;
    sl_rc rc = SL_OK;

    if (b->last == NULL && is_assistant && !b->goes_on) {
        rc = begin_turn(b, false, m->index);
        if (rc == SL_OK)
            rc = add(b, &b->others, &opening);
    }
    if (rc == SL_OK && (b->last == NULL || b->last->is_assistant != is_assistant))
        rc = begin_turn(b, is_assistant, m->index);
    if (rc != SL_OK)
        return rc;
    return add(b, p->kind == SL_AI_TOOL_RESULT ? &b->results : &b->others, p);
}

static bool is_system(const struct sl_ai_message *m)
{
    return m->role == SL_AI_ROLE_SYSTEM || m->role == SL_AI_ROLE_DEVELOPER;
}

/* Google's models look at the images they made, and OpenAI's tool has its own item for them. */
static bool is_lost_image(const struct builder *b, const struct sl_ai_message *m,
                          const struct sl_ai_part *p)
{
    bool is_item = b->vendor == SL_AI_OPENAI_RESPONSES && b->rq->dialect == b->vendor;

    return p->kind == SL_AI_IMAGE && m->role == SL_AI_ROLE_ASSISTANT && b->vendor != SL_AI_GEMINI &&
           !is_item;
}

static bool has_citations(enum sl_ai_dialect vendor)
{
    return vendor == SL_AI_ANTHROPIC || vendor == SL_AI_BEDROCK || vendor == SL_AI_COHERE;
}

/* A text has no name where it is a text like any other; bytes have a file name. */
static bool has_titles(enum sl_ai_dialect vendor, const struct sl_ai_part *p)
{
    bool is_openai = vendor == SL_AI_OPENAI_CHAT || vendor == SL_AI_OPENAI_RESPONSES;

    return has_citations(vendor) || (is_openai && p->source == SL_AI_SOURCE_BASE64);
}

static void note_lost(const struct builder *b, const struct sl_ai_part *p)
{
    struct sl_ai_turns *t = b->ret;
    bool has_contexts = b->vendor == SL_AI_ANTHROPIC || b->vendor == SL_AI_BEDROCK;
    bool is_cited = p->kind == SL_AI_TEXT ? b->vendor == SL_AI_ANTHROPIC /* a search result */
                                          : has_citations(b->vendor);

    t->has_lost_citations |= p->wants_citations && !is_cited;
    t->has_lost_titles |= p->kind == SL_AI_DOCUMENT && p->title.n != 0 && !has_titles(b->vendor, p);
    t->has_lost_names |= p->kind == SL_AI_DOCUMENT && p->file_name.n != 0 &&
                         b->vendor == SL_AI_GEMINI && b->rq->dialect != b->vendor;
    t->has_lost_contexts |= p->context.n != 0 && !has_contexts;
}

static bool is_thought(const struct sl_ai_part *p)
{
    return p->kind == SL_AI_THINKING && (p->text.n != 0 || p->signature.n != 0);
}

/* The assistant calls, and others answer. */
static sl_rc check_side(struct builder *b, const struct sl_ai_message *m,
                        const struct sl_ai_part *p)
{
    bool is_assistant = m->role == SL_AI_ROLE_ASSISTANT;

    if (p->kind == SL_AI_TOOL_CALL && !is_assistant)
        return fail_at(b, m->index, "has a tool call, which only the assistant may make");
    if (p->kind == SL_AI_TOOL_RESULT && is_assistant)
        return fail_at(b, m->index, "has a tool result, which the assistant may not give");
    return SL_OK;
}

static sl_rc add_message(struct builder *b, const struct sl_ai_message *m)
{
    sl_rc rc = SL_OK;

    for (const struct sl_ai_part *p = m->parts; p != NULL && rc == SL_OK; p = p->next) {
        bool is_lost = is_lost_image(b, m, p);
        b->ret->has_lost_images |= is_lost;
        note_lost(b, p);
        for (const struct sl_ai_part *in = p->parts; in != NULL; in = in->next)
            note_lost(b, in); /* documents stand in messages, and in the results of tools */
        if (is_lost || !is_wanted(b, p)) {
            b->ret->has_lost_thoughts |= is_thought(p);
            continue;
        }
        if (is_system(m) && p->kind != SL_AI_TEXT)
            return fail_at(b, m->index, "may have only text in it");
        rc = check_side(b, m, p);
        if (rc == SL_OK)
            rc = is_system(m) ? add(b, &b->system, p) : add_part(b, m, p);
    }
    return rc;
}

static bool is_kept_elsewhere(const struct sl_ai_request *rq)
{
    for (size_t i = 0; i < rq->extra.n; i++)
        if (sl_str_eq(rq->extra.v[i].name, SL_STR("previous_response_id")) ||
            sl_str_eq(rq->extra.v[i].name, SL_STR("conversation")))
            return true;
    return rq->kept_at.n != 0;
}

sl_rc sl_ai_turns_make(const struct sl_ai_request *rq, enum sl_ai_dialect vendor,
                       bool keep_unsigned, struct sl_arena *a, struct sl_ai_turns *ret,
                       struct sl_diag *d)
{
    struct builder b = {
        .a = a, .d = d, .rq = rq, .vendor = vendor, .keep_unsigned = keep_unsigned, .ret = ret};
    sl_rc rc = SL_OK;

    b.goes_on = vendor == SL_AI_OPENAI_RESPONSES && is_kept_elsewhere(rq);
    *ret = (struct sl_ai_turns){0};
    for (const struct sl_ai_message *m = rq->messages; m != NULL && rc == SL_OK; m = m->next)
        rc = add_message(&b, m);
    if (rc != SL_OK)
        return rc;
    end_turn(&b);
    ret->system = b.system.first;
    if (ret->first == NULL)
        return sl_diag_fail(d, SL_E_AI_BAD_BODY, sl_ai_messages_name(rq),
                            "must have a message with content");
    return b.goes_on ? SL_OK : check(&b);
}

const struct sl_ai_part *sl_ai_turn_result(const struct sl_ai_turn *turn, sl_str call_id)
{
    const struct sl_ai_part *p = turn->parts;

    while (p->kind != SL_AI_TOOL_RESULT || !sl_str_eq(p->id, call_id))
        p = p->next; /* check_calls() has seen it */
    return p;
}

void sl_ai_turn_trim_prefill(struct sl_ai_turn *last)
{
    struct sl_ai_part *p = last->parts;

    while (p->next != NULL)
        p = p->next;
    if (!last->is_assistant || p->kind != SL_AI_TEXT)
        return;
    while (p->text.n > 0 && memchr(" \t\r\n", p->text.p[p->text.n - 1], 4) != NULL)
        p->text.n--;
}
