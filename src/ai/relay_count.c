/* relay_count: the number that a vendor of another dialect has counted, for the client. */
#include "ai/count.h"
#include "ai/relay_int.h"

static void count_body(struct sl_ai_relay *r, struct sl_chunk *chunk, sl_str body,
                       struct sl_chain *out)
{
    struct sl_ai_fault f;
    int64_t tokens;
    (void)chunk; /* nothing of it passes */
    if (!sl_ai_count_read(r->config.wire->dialect, body, &tokens)) {
        sl_ai_fault_read_json(r->config.target->vendor, 200, body, r->arena, &f);
        sl_ai_relay_fail(r, &f);
        return;
    }
    sl_ai_count_write(r->config.call->dialect, tokens, &r->written);
    sl_ai_relay_put(out, sl_strbuf_str(&r->written));
    r->state.has_content = r->state.is_complete = r->is_over = true;
}

/* No counter streams. */
static void refuse_event(struct sl_ai_relay *r, const struct sl_sse_event *ev, struct sl_chain *out)
{
    (void)ev, (void)out;
    sl_ai_relay_fail_cut(r, "the vendor streams where one answer was asked for");
}

static void refuse_finish(struct sl_ai_relay *r, bool is_clean, struct sl_chain *out)
{
    (void)is_clean, (void)out;
    sl_ai_relay_fail_cut(r, "the vendor streams where one answer was asked for");
}

const struct sl_ai_relay_mode sl_ai_relay_count = {
    .event = refuse_event, .finish = refuse_finish, .body = count_body};
