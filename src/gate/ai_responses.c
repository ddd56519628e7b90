/*
 * Responses that outlive their request: previous_response_id, `store`, and /v1/responses/{id}.
 *
 * A conversation that the gateway keeps (gate/response_store.h) is put into the request before anything
 * else reads it, so that every vendor can go on from it. One that a vendor keeps goes to the account it
 * lies with, and nowhere else.
 */
#include "ai/openai_responses_state.h"
#include "gate/ai_exchange.h"
#include "gate/gate_int.h"
#include "gate/response_store.h"

/* ------------------------------------------------------------------ who */

static sl_str owner_of(struct sl_exchange *x)
{
    const char *kind = x->consumer != NULL ? "consumer" : x->credential != NULL ? "key" : "address";
    return sl_fmt(x->arena, "%s:%.*s", kind, SL_STRF(sl_exchange_subject(x)));
}

static void release(void *entry)
{
    sl_response_release(entry);
}

/* Held until the exchange ends. */
static const struct sl_response_entry *find(struct sl_exchange *x, sl_str id)
{
    const struct sl_response_entry *e =
        sl_response_store_get(x->worker->config.responses, id, owner_of(x), sl_now(x));
    if (e != NULL)
        sl_arena_defer(x->arena, release, (void *)(uintptr_t)e);
    return e;
}

/* ------------------------------------------------------------------ previous_response_id */

static bool refuse(struct sl_exchange *x, sl_rc rc, const char *param, sl_str message)
{
    struct sl_ai_exchange *ai = x->ai;
    ai->fault = sl_ai_fault_of(rc, message);
    ai->fault.class_ = SL_AI_FAULT_REQUEST;
    ai->fault.param = sl_cstr(param);
    (void)sl_fail_hint(x, rc, sl_err_info(rc)->text, message);
    return false;
}

/* Read `body` in place of what came. False: x has failed. */
static bool take_body(struct sl_exchange *x, sl_rc rc, sl_str body)
{
    struct sl_ai_call *call = &x->ai->call, whole;
    sl_str asked = call->asked_body.n != 0 ? call->asked_body : call->body;
    struct sl_diag d;
    sl_diag_init(&d, x->arena);
    if (rc == SL_OK)
        rc = sl_ai_call_read(call->operation, call->dialect, body, x->arena, &whole, &d);
    if (rc != SL_OK) {
        (void)sl_fail(x, rc, "the conversation is too large");
        return false;
    }
    *call = whole;
    call->asked_body = asked;
    return true;
}

static bool expand(struct sl_exchange *x, const struct sl_response_entry *e)
{
    struct sl_ai_call *call = &x->ai->call;
    sl_str before, own, items, body = {0};
    sl_rc rc = sl_ai_responses_join(e->input, e->output, x->arena, &before);
    if (rc == SL_OK)
        rc = sl_ai_responses_items(call, x->arena, &own);
    if (rc == SL_E_AI_BAD_BODY) /* its input is none: that is told by who reads it */
        return true;
    if (rc == SL_OK)
        rc = sl_ai_responses_join(before, own, x->arena, &items);
    if (rc == SL_OK)
        rc = sl_ai_responses_expand(call, items, x->arena, &body);
    if (!take_body(x, rc, body))
        return false;
    x->ai->own_items_at = items.n - own.n;
    return true;
}

/* ------------------------------------------------------------------ items by their ids */

enum {
    REFERENCES_MAX = 256,               /* in one request; further ones stay as they are */
    REFERENCES_READ = 64 * 1024 * 1024, /* bytes of kept answers that are searched for them */
};

/* The item that the gateway keeps under this id; references to others are the vendor's business. */
static bool find_item(struct sl_exchange *x, sl_str id, size_t *read, sl_str *ret)
{
    sl_str response_id = sl_ai_responses_of_item(id, x->arena);
    const struct sl_response_entry *e = response_id.n != 0 ? find(x, response_id) : NULL;
    if (e == NULL || *read + e->output.n > REFERENCES_READ)
        return false;
    *read += e->output.n;
    return sl_ai_responses_item(e->output, id, ret);
}

static bool take_references(struct sl_exchange *x)
{
    struct sl_ai_responses_refs refs;
    struct sl_json_range at;
    struct sl_strbuf body;
    struct sl_splice *edits;
    size_t count = 0, read = 0;
    sl_str id;
    if (x->ai->call.dialect != SL_AI_OPENAI_RESPONSES ||
        !sl_ai_responses_refs_init(&refs, &x->ai->call))
        return true;
    edits = sl_arena_array(x->arena, struct sl_splice, REFERENCES_MAX);
    while (count < REFERENCES_MAX && sl_ai_responses_next_ref(&refs, &at, &id)) {
        edits[count] = (struct sl_splice){.at = at.at, .n = at.n};
        count += find_item(x, id, &read, &edits[count].with);
    }
    if (count == 0)
        return true;
    sl_strbuf_init(&body, x->arena, 0);
    sl_splice_strbuf(&body, x->ai->call.body, edits, count);
    return take_body(x, body.is_full ? SL_E_LIMIT : SL_OK, sl_strbuf_str(&body));
}

bool sl_ai_take_previous(struct sl_exchange *x)
{
    struct sl_ai_call *call = &x->ai->call;
    const struct sl_response_entry *e;
    if (!take_references(x))
        return false;
    if (call->previous_id.n == 0)
        return true;
    e = find(x, call->previous_id);
    if (e == NULL)
        return refuse(x, SL_E_RESPONSE_UNKNOWN, "previous_response_id",
                      sl_fmt(x->arena, "Previous response with id '%.*s' not found.",
                             SL_STRF(sl_str_head(call->previous_id, 100))));
    if (e->account.n == 0)
        return expand(x, e);
    x->ai->bound_account = e->account;
    return true;
}

bool sl_ai_check_bound(struct sl_exchange *x)
{
    if (x->ai->bound_account.n == 0 || x->ai->candidate_count != 0)
        return true;
    return refuse(
        x, SL_E_AI_UNSUPPORTED, "previous_response_id",
        SL_STR("the previous response is kept by another vendor than those of this model"));
}

/* ------------------------------------------------------------------ store */

static bool is_kept_by_vendor(const struct sl_ai_exchange *ai)
{
    return ai->wire.dialect == SL_AI_OPENAI_RESPONSES;
}

/* What the gateway has translated, once it is whole. */
static bool take_whole(struct sl_exchange *x, struct sl_response_entry *e)
{
    struct sl_ai_exchange *ai = x->ai;
    if (!sl_ai_relay_state(ai->relay)->is_complete ||
        !sl_ai_relay_response(ai->relay, x->arena, &e->output, &e->body) ||
        sl_ai_responses_items(&ai->call, x->arena, &e->input) != SL_OK)
        return false;
    e->own_at = SL_MIN(ai->own_items_at, e->input.n);
    return true;
}

/* Of an answer that was written anew the items, too: the vendor does not know the ids that they were given. */
static void leave_to_vendor(const struct sl_ai_exchange *ai, struct sl_response_entry *e)
{
    e->account = ai->current->target->account->name;
    e->input = e->body = (sl_str){0};
    e->own_at = 0;
}

void sl_ai_keep_response(struct sl_exchange *x)
{
    struct sl_ai_exchange *ai = x->ai;
    struct sl_response_entry e = {.id = sl_ai_relay_state(ai->relay)->answer_id};
    if (ai->is_kept || !ai->call.is_stored || x->worker->config.responses == NULL ||
        ai->call.operation != SL_AI_CHAT || e.id.n == 0)
        return;
    bool is_whole = take_whole(x, &e);
    if (is_kept_by_vendor(ai))
        leave_to_vendor(ai, &e);
    else if (!is_whole)
        return;
    if (ai->is_placed && !is_whole)
        return;
    ai->is_placed = true;
    ai->is_kept = is_whole || !ai->wire.is_crossed;
    e.owner = owner_of(x);
    e.model = ai->call.model;
    sl_response_store_put(x->worker->config.responses, &e, sl_now(x));
}

/* ------------------------------------------------------------------ /v1/responses/{id} */

static enum sl_phase fail_unknown(struct sl_exchange *x, sl_str id)
{
    (void)refuse(
        x, SL_E_NOTFOUND, "id",
        sl_fmt(x->arena, "Response with id '%.*s' not found.", SL_STRF(sl_str_head(id, 100))));
    return SL_PHASE_FAULT;
}

static enum sl_phase reply_json(struct sl_exchange *x, sl_str body)
{
    (void)sl_reply(x, 200, SL_STR("application/json"), body);
    return SL_PHASE_RESPONSE;
}

static enum sl_phase list_items(struct sl_exchange *x, const struct sl_response_entry *e)
{
    struct sl_diag d;
    sl_str list;
    sl_diag_init(&d, x->arena);
    sl_rc rc = sl_ai_responses_list(sl_str_from(e->input, e->own_at), e->id, x->req.query, x->arena,
                                    &list, &d);
    if (rc == SL_OK)
        return reply_json(x, list);
    (void)sl_fail_hint(x, rc, "the list cannot be given",
                       d.count != 0 ? sl_problem_text(&d.problems[0], x->arena) : (sl_str){0});
    return SL_PHASE_FAULT;
}

/* What the gateway keeps is over when it is kept. */
static enum sl_phase answer_own(struct sl_exchange *x, const struct sl_response_entry *e,
                                enum sl_ai_responses_verb verb)
{
    enum sl_method method = x->req.method_id;
    if (verb == SL_AI_RESPONSES_CANCEL) {
        (void)refuse(x, SL_E_AI_BAD_BODY, "background",
                     SL_STR("Only responses that were made in the background can be cancelled."));
        return SL_PHASE_FAULT;
    }
    if (verb == SL_AI_RESPONSES_INPUT_ITEMS)
        return list_items(x, e);
    if (method != SL_METHOD_DELETE)
        return reply_json(x, e->body);
    sl_response_store_remove(x->worker->config.responses, e->id, e->owner);
    return reply_json(x, sl_ai_responses_deleted(e->id, x->arena));
}

static const struct sl_account *account_of(const struct sl_exchange *x, sl_str name)
{
    for (size_t i = 0; i < x->snapshot->account_count; i++)
        if (sl_str_eq(x->snapshot->accounts[i]->name, name))
            return x->snapshot->accounts[i];
    return NULL;
}

/* An attempt like any other, at the account that keeps it. False: x has failed. */
static bool forward(struct sl_exchange *x, const struct sl_response_entry *e, sl_str rest)
{
    struct sl_ai_exchange *ai = x->ai;
    const struct sl_account *account = account_of(x, e->account);
    if (account == NULL) {
        (void)fail_unknown(x, e->id);
        return false;
    }
    sl_str query = x->req.query;
    ai->call = (struct sl_ai_call){
        .operation = SL_AI_STORED,
        .dialect = SL_AI_OPENAI_RESPONSES,
        .model = e->model,
        .max_tokens = -1,
        .is_stream = sl_str_find_str(query, SL_STR("stream=true")) != SIZE_MAX,
        .stored_path =
            sl_fmt(x->arena, "%.*s%s%.*s", SL_STRF(rest), query.n != 0 ? "?" : "", SL_STRF(query)),
    };
    sl_ai_resolve_account(x, account, e->model);
    return true;
}

static bool is_right_method(enum sl_method method, enum sl_ai_responses_verb verb)
{
    switch (verb) {
    case SL_AI_RESPONSES_CANCEL:
        return method == SL_METHOD_POST;
    case SL_AI_RESPONSES_INPUT_ITEMS:
        return method == SL_METHOD_GET;
    case SL_AI_RESPONSES_ITSELF:
        return method == SL_METHOD_GET || method == SL_METHOD_DELETE;
    case SL_AI_RESPONSES_NONE:
        break;
    }
    return false;
}

enum sl_phase sl_ai_stored(struct sl_exchange *x)
{
    sl_str rest = sl_str_from(x->path, x->match.matched_path_bytes), id = {0};
    enum sl_ai_responses_verb verb = sl_ai_responses_verb_of(rest, &id);
    const struct sl_response_entry *e;
    if (!is_right_method(x->req.method_id, verb)) {
        (void)sl_fail(x, verb == SL_AI_RESPONSES_NONE ? SL_E_NO_ROUTE : SL_E_METHOD,
                      "there is no such thing about responses");
        return SL_PHASE_FAULT;
    }
    e = find(x, id);
    if (e == NULL)
        return fail_unknown(x, id);
    if (e->account.n == 0)
        return answer_own(x, e, verb);
    return forward(x, e, rest) ? SL_PHASE_DISPATCH : SL_PHASE_FAULT;
}

void sl_ai_forget_response(struct sl_exchange *x)
{
    sl_str rest = sl_str_from(x->path, x->match.matched_path_bytes), id = {0};
    if (x->req.method_id == SL_METHOD_DELETE &&
        sl_ai_responses_verb_of(rest, &id) == SL_AI_RESPONSES_ITSELF)
        sl_response_store_remove(x->worker->config.responses, id, owner_of(x));
}
