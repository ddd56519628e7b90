#include "tests/unit/control/bench.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/tree.h"
#include "snapshot/snapshot.h"
#include "tests/test.h"

#include <stdlib.h>

struct signed_config {
    sl_str secret, header;
};

static const struct sl_field signed_fields[] = {
    SL_FIELD_SECRET(struct signed_config, secret, .required = true, .help = "Signs."),
    SL_FIELD_STR(struct signed_config, header, .help = "Carries it."),
    SL_FIELD_END,
};

static const struct sl_policy_type signed_policy = {
    .name = "signed",
    .summary = "Sign requests.",
    .levels = SL_AT_GLOBAL | SL_AT_SERVICE,
    .fields = signed_fields,
    .config_size = sizeof(struct signed_config),
};

const struct sl_policy_type *const bench_policies[] = {&signed_policy, NULL};

/* From a prepare that succeeds to its finish nobody else publishes, as in the gateway. */
static sl_rc prepare(void *ctx, struct sl_composed *c, struct sl_diag *d)
{
    struct bench *b = ctx;
    pthread_mutex_lock(&b->publishing);
    b->prepared++;
    if (b->must_refuse) {
        b->must_refuse = false;
        pthread_mutex_unlock(&b->publishing);
        return sl_diag_fail_at(d, SL_E_CONFIG, SL_STR("upstream/pool"), 1, 1,
                               SL_STR("upstreams[3].endpoints[0].url"), "is refused by the test");
    }
    b->document = sl_tree_json(c->document, b->a);
    sl_arena_free(c->arena);
    return SL_OK;
}

static void finish(void *ctx, bool is_committed)
{
    struct bench *b = ctx;
    b->published += is_committed;
    b->thrown_away += !is_committed;
    pthread_mutex_unlock(&b->publishing);
}

static void node(void *ctx, struct sl_jsonw *w, struct sl_node_summary *ret)
{
    (void)ctx;
    sl_jsonw_key_str(w, SL_STR("name"), SL_STR("bench"));
    memcpy(ret->hash, "0123456789abcdef", sizeof(ret->hash));
}

static void files(void *ctx, void (*visit)(const struct sl_node *document, void *arg),
                  void (*done)(void *arg), void *arg)
{
    struct bench *b = ctx;
    if (b->files != NULL)
        visit(b->files, arg);
    done(arg);
}

static struct sl_snapshot *snapshot(void *ctx)
{
    struct bench *b = ctx;
    return b->snapshot != NULL ? sl_snapshot_ref(b->snapshot) : NULL;
}

/* Where the snapshot is served, if there is one. */
static sl_rc data_plane(void *ctx, struct sl_arena *a, sl_str *ret_address, bool *ret_is_tls)
{
    const struct bench *b = ctx;
    if (b->snapshot == NULL)
        return SL_E_NO_TARGET;
    *ret_address = sl_arena_dup(a, SL_STR("127.0.0.1:8080"));
    *ret_is_tls = false;
    return SL_OK;
}

static void open_control(struct bench *b)
{
    static const struct sl_publish_ops ops = {.prepare = prepare,
                                              .finish = finish,
                                              .node = node,
                                              .files = files,
                                              .snapshot = snapshot,
                                              .data_plane = data_plane};
    struct sl_control_config config = {.store = b->store,
                                       .version = "0",
                                       .dir = b->s.dir,
                                       .policies = bench_policies,
                                       .ops = &ops,
                                       .ctx = b,
                                       .node_id = b->node_id,
                                       .password_cost = SL_PASSWORD_COST_LEAST};
    *b = (struct bench){.is_local = true, .s = b->s, .store = b->store, .node_id = b->node_id};
    pthread_mutex_init(&b->publishing, NULL);
    b->a = sl_arena_new("bench", SL_MIB(256));
    sl_headers_init(&b->headers, b->a);
    EXPECT_EQ(SL_OK, sl_control_open(&config, &b->control, &b->s.diag));
    b->prepared = b->published = b->thrown_away = 0;
}

void bench_init(struct bench *b)
{
    *b = (struct bench){.node_id = "01NODEA"};
    scratch_init(&b->s);
    if (getenv("SLUICE_TEST_POSTGRES") != NULL)
        b->store = scratch_db(&b->s, "c.db");
    open_control(b);
}

void bench_join(struct bench *b, const struct bench *first)
{
    *b = (struct bench){.s = first->s, .store = first->store, .node_id = "01NODEB"};
    open_control(b);
}

void bench_leave(struct bench *b)
{
    pthread_mutex_destroy(&b->publishing);
    sl_control_close(b->control);
    sl_arena_free(b->a);
}

void bench_fini(struct bench *b)
{
    bench_leave(b);
    scratch_fini(&b->s);
}

void bench_header(struct bench *b, const char *name, sl_str value)
{
    EXPECT(sl_headers_set(&b->headers, sl_cstr(name), sl_arena_dup(b->a, value)));
}

void bench_no_headers(struct bench *b)
{
    sl_headers_init(&b->headers, b->a);
}

struct sl_api_answer bench_call(struct bench *b, const char *method, const char *target,
                                const char *body)
{
    sl_str t = sl_cstr(target);
    size_t query = sl_str_find(t, '?', 0);
    struct sl_headers headers = {0};
    struct sl_api_answer answer;
    sl_headers_copy(&headers, &b->headers, 1, b->a);
    if (body != NULL)
        EXPECT(sl_headers_add_id(&headers, SL_H_CONTENT_TYPE, SL_STR("application/json")));
    struct sl_api_request rq = {
        .method = sl_cstr(method),
        .method_id = sl_method_of(sl_cstr(method)),
        .path = sl_str_head(t, query),
        .query = query == SIZE_MAX ? (sl_str){0} : sl_str_from(t, query + 1),
        .headers = &headers,
        .body = sl_cstr(body),
        .remote = sl_cstr(b->remote != NULL ? b->remote : "192.0.2.1"),
        .request_id = SL_STR("01TEST"),
        .is_local = b->is_local,
    };
    sl_api_handle(b->control, &rq, b->a, &answer);
    return answer;
}

const struct sl_node *bench_want(struct bench *b, uint16_t status, const char *method,
                                 const char *target, const char *body)
{
    const struct sl_node *tree = NULL;
    struct sl_api_answer answer = bench_call(b, method, target, body);
    if (answer.status != status)
        print_error("%s %s: %.*s\n", method, target, SL_STRF(answer.body));
    EXPECT_EQ(status, answer.status);
    if (answer.body.n == 0)
        return NULL;
    struct sl_diag *d = sl_arena_new_of(b->a, struct sl_diag);
    sl_diag_init(d, b->a);
    sl_rc rc = sl_json_to_node(answer.body, SL_STR(""), b->a, d, &tree);
    if (rc != SL_OK)
        print_error("%s %s: %.*s\n", method, target,
                    SL_STRF(sl_problem_text(&d->problems[0], b->a)));
    EXPECT_EQ(SL_OK, rc);
    return tree;
}

void bench_login(struct bench *b, const char *name, const char *password)
{
    sl_str body = sl_fmt(b->a, "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
    struct sl_api_answer answer = bench_call(b, "POST", "/api/v1/login", body.p);
    EXPECT_EQ(200, answer.status);
    sl_str cookie = bench_header_of(&answer, "set-cookie");
    const struct sl_node *tree = NULL;
    EXPECT_EQ(SL_OK, sl_json_to_node(answer.body, SL_STR(""), b->a, &b->s.diag, &tree));
    bench_no_headers(b);
    bench_header(b, "cookie", sl_str_head(cookie, sl_str_find(cookie, ';', 0)));
    bench_header(b, "x-csrf-token", sl_tree_text(tree, "csrf_token"));
    b->is_local = false;
}

sl_str bench_text(const struct sl_node *n, const char *path)
{
    sl_str rest = sl_cstr(path), name;
    while (n != NULL && sl_str_split(&rest, '.', &name))
        n = sl_node_get(n, name);
    return n != NULL ? n->text : (sl_str){NULL, 0};
}

sl_str bench_header_of(const struct sl_api_answer *a, const char *name)
{
    for (size_t i = 0; i < a->header_count; i++) {
        if (sl_str_eq(a->headers[i].name, sl_cstr(name)))
            return a->headers[i].value;
    }
    return (sl_str){NULL, 0};
}
