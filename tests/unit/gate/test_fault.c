/* fault: who used up the memory of a request is still told so. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "gate/gate_int.h"
#include "tests/test.h"

enum { ARENA_BYTES = 1 << 20, KEPT_BYTES = 256 * 1024 };

/* An exchange that a peer has filled to the last byte that peers may have. */
static struct sl_exchange begin(void)
{
    struct sl_arena *a = sl_arena_new("test", ARENA_BYTES);
    struct sl_exchange x = {
        .arena = a, .request_id = SL_STR("01TEST"), .reason = "the request has used up its memory"};
    x.failed = SL_E_NOMEM;
    sl_headers_init(&x.add_headers, a);
    sl_arena_keep(a, KEPT_BYTES);
    EXPECT(sl_arena_try_raw(a, sl_arena_left(a)) != NULL);
    EXPECT(sl_arena_try_raw(a, 64) == NULL);
    return x;
}

static bool has(const struct sl_exchange *x, const char *text)
{
    return memmem(x->reply_body.p, x->reply_body.n, text, strlen(text)) != NULL;
}

static sl_str type_of(const struct sl_exchange *x)
{
    const struct sl_header *h = sl_headers_find_id(&x->res.headers, SL_H_CONTENT_TYPE);
    return h != NULL ? h->value : SL_STR("");
}

TEST(fault, a_request_without_memory_gets_a_problem_document)
{
    struct sl_exchange x = begin();
    sl_fault_answer(&x);
    EXPECT_EQ(503, x.res.status);
    EXPECT_STR("application/problem+json", type_of(&x));
    EXPECT(has(&x, "\"detail\":\"the request has used up its memory\""));
    EXPECT(sl_headers_find_id(&x.add_headers, SL_H_RETRY_AFTER) != NULL);
    sl_arena_free(x.arena);
}

TEST(fault, and_without_the_list_of_errors_where_there_is_no_room_for_it)
{
    struct sl_exchange x = begin();
    char *errors = sl_new_array(char, KEPT_BYTES);
    memset(errors, '0', KEPT_BYTES);
    x.errors = (sl_str){errors, KEPT_BYTES};
    sl_fault_answer(&x);
    EXPECT(has(&x, "\"reason\":\"out_of_memory\""));
    EXPECT(!has(&x, "\"errors\""));
    sl_free(errors);
    sl_arena_free(x.arena);
}

TEST(fault, a_client_of_a_dialect_gets_its_error)
{
    struct sl_exchange x = begin();
    struct sl_route route = {.handler = SL_HANDLER_AI, .ai_dialect = SL_AI_ANTHROPIC};
    x.route = &route;
    sl_fault_answer(&x);
    EXPECT_EQ(529, x.res.status);
    EXPECT_STR("application/json", type_of(&x));
    EXPECT(has(&x, "\"type\":\"overloaded_error\""));
    sl_arena_free(x.arena);
}
