#include "tests/fake_exchange.h"
#include "tests/test.h"

extern const struct sl_policy_type sl_policy_headers;

static struct fake_exchange f;

TEST(headers, requests_and_answers_are_edited_remove_then_set_then_add)
{
    fake_exchange_init(&f);
    const void *c = fake_configure(&f, &sl_policy_headers,
                                   "request:\n"
                                   "  remove: [x-debug, x-old]\n"
                                   "  set: {x-old: new, X-Team: orders}\n"
                                   "  add: {x-team: extra}\n"
                                   "response:\n"
                                   "  remove: [server]\n"
                                   "  add: {cache-control: no-store}\n");
    fake_header(&f, "X-Debug", "1");
    fake_header(&f, "x-team", "mine");
    EXPECT_EQ(SL_PASS, fake_request(&f, &sl_policy_headers, c));
    EXPECT_STR("", fake_upstream(&f, "x-debug"));
    EXPECT_STR("new", fake_upstream(&f, "x-old"));
    EXPECT_STR("orders", fake_upstream(&f, "x-team"));
    EXPECT_EQ(3, f.x.req.headers.n);

    EXPECT(sl_headers_add(&f.x.res.headers, SL_STR("Server"), SL_STR("x")));
    EXPECT_EQ(SL_PASS, fake_response(&f, &sl_policy_headers, c));
    EXPECT_EQ(1, f.x.res.headers.n);
    EXPECT_STR("no-store", f.x.res.headers.v[0].value);
    fake_exchange_fini(&f);
}

TEST(headers, framing_hop_by_hop_and_injections_are_refused)
{
    static const char *const bad[][2] = {
        {"request: {set: {content-length: '5'}}", "request.set"},
        {"request: {add: {Transfer-Encoding: chunked}}", "request.add"},
        {"request: {remove: [host]}", "request.remove"},
        {"response: {set: {connection: close}}", "response.set"},
        {"response: {remove: [te]}", "response.remove"},
        {"response: {add: {x-a: \"b\\r\\nx-c: d\"}}", "response.add"},
        {"request: {set: {\"x\\n\": a}}", "request.set"},
        {"request: {set: {'x y': a}}", "request.set"},
    };
    fake_exchange_init(&f);
    for (size_t i = 0; i < SL_LEN(bad); i++) {
        (void)fake_refusal(&f, &sl_policy_headers, bad[i][0]);
        EXPECT_STR(bad[i][1], f.diag.problems[0].path);
    }
    fake_exchange_fini(&f);
}
