/* Run these with -Db_sanitize=thread too: they are about memory order. */
#include "net/loop.h"
#include "net/tls_certificate.h"
#include "tests/test.h"
#include "tests/unit/net/certs.h"
#include "tests/unit/net/ends.h"

#include <pthread.h>

enum { POSTERS = 4, POSTS = 20000, TASKS = 3, MEETINGS = 20, DAYS = 30 };

/* Written by a poster before it posts, read by the task that it woke. */
struct letter {
    struct sl_task task;
    struct world *world;
    _Atomic int sent;
    int plain[POSTERS]; /* each poster has its own; not atomic: the post must order it */
    int runs, last_seen;
};

struct world {
    struct sl_loop *loop;
    struct letter letters[TASKS];
};

struct poster {
    pthread_t thread;
    struct world *world;
    int number;
};

static int total(const struct world *w)
{
    int sum = 0;
    for (int i = 0; i < TASKS; i++)
        sum += w->letters[i].last_seen;
    return sum;
}

static void open_letter(struct sl_task *t, uint32_t why)
{
    struct letter *m = SL_CONTAINER(t, struct letter, task);
    m->runs++;
    m->last_seen = m->sent;
    if (total(m->world) == POSTERS * POSTS)
        sl_loop_stop(m->world->loop);
}

static void *post_many(void *arg)
{
    struct poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        struct letter *m = &p->world->letters[(i + p->number) % TASKS];
        m->sent++;
        sl_loop_post(p->world->loop, &m->task, SL_WHY_POST);
    }
    return NULL;
}

TEST(threads, no_post_is_lost)
{
    struct world w = {.loop = sl_loop_new()};
    struct poster posters[POSTERS];
    for (int i = 0; i < TASKS; i++)
        w.letters[i] = (struct letter){.task.run = open_letter, .world = &w};
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){.world = &w, .number = i};
        EXPECT_EQ(0, pthread_create(&posters[i].thread, NULL, post_many, &posters[i]));
    }
    sl_loop_run(w.loop); /* until everything sent was seen */
    for (int i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    EXPECT_EQ(POSTERS * POSTS, total(&w));
    sl_loop_tick(w.loop, 0); /* a last post may be on its way: taken before the tasks end */
    sl_loop_free(w.loop);
}

static void *write_and_post(void *arg)
{
    struct poster *p = arg;
    struct letter *m = &p->world->letters[0];
    m->plain[p->number] = p->number + 1;
    sl_loop_post(p->world->loop, &m->task, 1u << p->number);
    return NULL;
}

static void read_plain(struct sl_task *t, uint32_t why)
{
    struct letter *m = SL_CONTAINER(t, struct letter, task);
    for (int i = 0; i < POSTERS; i++) {
        if ((why & 1u << i) != 0)
            m->last_seen += m->plain[i];
    }
    if (m->last_seen == POSTERS * (POSTERS + 1) / 2)
        sl_loop_stop(m->world->loop);
}

TEST(threads, what_was_written_before_a_post_is_seen_by_the_task)
{
    for (int round = 0; round < 200; round++) {
        struct world w = {.loop = sl_loop_new()};
        struct poster posters[POSTERS];
        w.letters[0] = (struct letter){.task.run = read_plain, .world = &w};
        for (int i = 0; i < POSTERS; i++) {
            posters[i] = (struct poster){.world = &w, .number = i};
            EXPECT_EQ(0, pthread_create(&posters[i].thread, NULL, write_and_post, &posters[i]));
        }
        sl_loop_run(w.loop);
        for (int i = 0; i < POSTERS; i++)
            pthread_join(posters[i].thread, NULL);
        sl_loop_free(w.loop);
    }
}

static void *stop_loop(void *loop)
{
    sl_loop_stop(loop);
    return NULL;
}

TEST(threads, another_thread_stops_a_loop_that_waits)
{
    struct sl_loop *l = sl_loop_new();
    pthread_t thread;
    EXPECT_EQ(0, pthread_create(&thread, NULL, stop_loop, l));
    sl_loop_run(l);
    pthread_join(thread, NULL);
    sl_loop_free(l);
}

struct tls_shared {
    struct sl_tls_server *server;
    struct sl_tls_client *client;
    const struct sl_certificate_set *set; /* NULL: the listener's own */
    _Atomic int resumed;
};

static void meet_once(struct tls_shared *s)
{
    struct ends e;
    enum sl_io client, server;
    char buf[64];
    size_t n;
    ends_open_presenting(&e, s->server, &s->set, s->client, "shared.example");
    ends_handshake(&e, &client, &server);
    EXPECT_EQ(SL_IO_OK, client);
    EXPECT_EQ(SL_IO_OK, end_write(&e, &e.server, SL_STR("hello")));
    EXPECT_EQ(SL_IO_OK, end_read(&e, &e.client, buf, sizeof(buf), &n));
    s->resumed += sl_tls_was_resumed(e.client.stream.tls);
    ends_close(&e);
}

static void *meet_often(void *shared)
{
    for (int i = 0; i < MEETINGS; i++)
        meet_once(shared);
    return NULL;
}

/* All meet a server whose own certificate is for `own_name`. */
static void share(struct tls_shared *s, struct certs *certs, const char *own_name)
{
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct sl_diag d;
    pthread_t threads[POSTERS];
    struct cert_files f = certs_issue(certs, own_name, DAYS);
    struct sl_tls_identity id = {.cert_path = f.cert_path, .key_path = f.key_path};
    struct sl_tls_server_config sc = {.identities = &id, .identity_count = 1};
    struct sl_tls_client_config cc = {.ca_path = certs_ca_path(certs)};
    sl_diag_init(&d, a);
    EXPECT_EQ(SL_OK, sl_tls_server_new(&sc, &s->server, &d));
    EXPECT_EQ(SL_OK, sl_tls_client_new(&cc, &s->client, &d));
    for (int i = 0; i < POSTERS; i++)
        EXPECT_EQ(0, pthread_create(&threads[i], NULL, meet_often, s));
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    EXPECT(s->resumed >= POSTERS * (MEETINGS - 1));
    sl_tls_server_unref(s->server);
    sl_tls_client_unref(s->client);
    sl_arena_free(a);
}

TEST(threads, workers_share_tls_contexts_and_sessions)
{
    struct certs *certs = certs_new();
    struct tls_shared s = {0};
    share(&s, certs, "DNS:shared.example");
    certs_free(certs);
}

TEST(threads, workers_share_a_set_of_certificates)
{
    struct certs *certs = certs_new();
    struct sl_arena *a = sl_arena_new("test", SL_MIB(1));
    struct cert_files f = certs_issue(certs, "DNS:shared.example", DAYS);
    const struct sl_certificate_source from = {.chain_pem = certs_text(certs, f.cert_path),
                                               .key_pem = certs_text(certs, f.key_path)};
    struct sl_certificate_set set;
    struct sl_certificate *c;
    struct sl_diag d;
    sl_diag_init(&d, a);
    EXPECT_EQ(SL_OK, sl_certificate_new(&from, &c, &d));
    sl_certificate_set_init(&set, a);
    sl_certificate_set_add(&set, c);
    struct tls_shared s = {.set = &set};
    share(&s, certs, "DNS:other.example");
    sl_certificate_unref(c);
    sl_arena_free(a);
    certs_free(certs);
}
