/*
 * transcripts: what vendors send, against what a client of the other dialect gets (tests/transcripts/README.md).
 */
#include "ai/dialect.h"
#include "ai/frames.h"
#include "codec/json.h"
#include "tests/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 512, FILES_MAX = 256 };

struct crossing {
    const char *folder;
    enum sl_ai_dialect vendor, client;
    const char *vendor_id;
    const char
        *suffix; /* of the files beside each with what the client gets; NULL: there are none */
};

static const struct crossing crossings[] = {
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_OPENAI_CHAT, "anthropic", "crossed"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_ANTHROPIC, "openai", "crossed"},
    {"responses", SL_AI_OPENAI_RESPONSES, SL_AI_OPENAI_CHAT, "custom-responses", "crossed"},
    {"responses", SL_AI_OPENAI_RESPONSES, SL_AI_ANTHROPIC, "custom-responses", "anthropic"},
    {"responses", SL_AI_OPENAI_RESPONSES, SL_AI_OPENAI_RESPONSES, "custom-responses", "responses"},
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_OPENAI_RESPONSES, "anthropic", "responses"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_OPENAI_RESPONSES, "openai", "responses"},
    {"gemini", SL_AI_GEMINI, SL_AI_OPENAI_CHAT, "gemini", "crossed"},
    {"gemini", SL_AI_GEMINI, SL_AI_ANTHROPIC, "gemini", NULL},
    {"gemini", SL_AI_GEMINI, SL_AI_GEMINI, "gemini", NULL},
    {"gemini", SL_AI_GEMINI, SL_AI_OPENAI_RESPONSES, "gemini", NULL},
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_GEMINI, "anthropic", NULL},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_GEMINI, "openai", NULL},
    {"responses", SL_AI_OPENAI_RESPONSES, SL_AI_GEMINI, "custom-responses", NULL},
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_COHERE, "anthropic", "cohere"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_COHERE, "openai", "cohere"},
    {"responses", SL_AI_OPENAI_RESPONSES, SL_AI_COHERE, "custom-responses", NULL},
    {"gemini", SL_AI_GEMINI, SL_AI_COHERE, "gemini", "cohere"},
    {"anthropic", SL_AI_ANTHROPIC, SL_AI_OLLAMA, "anthropic", "ollama"},
    {"openai", SL_AI_OPENAI_CHAT, SL_AI_OLLAMA, "openai", "ollama"},
    {"responses", SL_AI_OPENAI_RESPONSES, SL_AI_OLLAMA, "custom-responses", NULL},
    {"gemini", SL_AI_GEMINI, SL_AI_OLLAMA, "gemini", "ollama"},
};

static struct sl_arena *arena;

static sl_str read_file(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    struct sl_strbuf b;
    FILE *f;
    char *room;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s/%s", TEST_TRANSCRIPTS, folder, name);
    sl_strbuf_init(&b, arena, 0);
    f = fopen(path, "rb");
    if (f == NULL)
        return (sl_str){0};
    do {
        room = sl_strbuf_room(&b, SL_KIB(64));
        n = fread(room, 1, SL_KIB(64), f);
        b.n += n;
    } while (n != 0);
    fclose(f);
    return sl_strbuf_str(&b);
}

static void write_file(const char *folder, const char *name, sl_str text)
{
    char path[PATH_BYTES];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s/%s", TEST_TRANSCRIPTS, folder, name);
    f = fopen(path, "wb");
    EXPECT(f != NULL);
    EXPECT_EQ(text.n, fwrite(text.p, 1, text.n, f));
    fclose(f);
}

/* ------------------------------------------------------------------ one crossing */

struct run {
    struct sl_arena *a;
    struct sl_ai_decoder *decoder;
    struct sl_ai_encoder *encoder;
    struct sl_strbuf out;
};

static void run_init(struct run *r, enum sl_ai_dialect vendor, enum sl_ai_dialect client,
                     const char *vendor_id, bool is_stream)
{
    struct sl_ai_target *t;
    struct sl_ai_decoder_config dc = {0};
    struct sl_ai_encoder_config ec = {
        .is_stream = is_stream,
        .wants_usage = true,
        .request_id = SL_STR("01TESTREQUEST"),
        .now_unix_s = 1700000000,
    };

    r->a = sl_arena_new("run", SL_MIB(64));
    t = sl_arena_new_of(r->a, struct sl_ai_target);
    t->vendor = sl_ai_vendor_find(sl_cstr(vendor_id));
    dc.target = t;
    r->decoder = sl_ai_decoder_new(vendor, &dc, r->a);
    r->encoder = sl_ai_encoder_new(client, &ec, r->a);
    sl_strbuf_init(&r->out, NULL, 0);
}

static void drain(struct run *r)
{
    struct sl_ai_event ev;

    while (sl_ai_decoder_next(r->decoder, &ev))
        sl_ai_encoder_put(r->encoder, &ev, &r->out);
}

static sl_str run_fini(struct run *r)
{
    sl_str text = sl_arena_dup(arena, sl_strbuf_str(&r->out));

    EXPECT(!sl_ai_encoder_is_full(r->encoder));
    sl_strbuf_fini(&r->out);
    sl_arena_free(r->a);
    return text;
}

static void feed(struct run *r, struct sl_ai_frames *frames, sl_str bytes)
{
    struct sl_sse_event ev;

    sl_ai_frames_feed(frames, bytes);
    while (sl_ai_frames_next(frames, &ev) == SL_OK) {
        if (!ev.has_data)
            continue;
        sl_ai_decoder_feed(r->decoder, ev.event, ev.data);
        drain(r);
    }
}

/* The stream in pieces: cut at `at`, and in pieces of `step` bytes behind it. */
static sl_str cross(const struct crossing *c, sl_str bytes, bool to_stream, size_t at, size_t step)
{
    struct sl_ai_frames frames = {.framing = sl_ai_dialect_find(c->vendor)->framing};
    struct run r;

    run_init(&r, c->vendor, c->client, c->vendor_id, to_stream);
    feed(&r, &frames, sl_str_head(bytes, at));
    for (size_t i = at; i < bytes.n; i += step)
        feed(&r, &frames, sl_str_head(sl_str_from(bytes, i), step));
    sl_ai_decoder_finish(r.decoder, true);
    drain(&r);
    sl_ai_frames_fini(&frames);
    return run_fini(&r);
}

static sl_str cross_whole(const struct crossing *c, sl_str body, bool to_stream)
{
    struct run r;

    run_init(&r, c->vendor, c->client, c->vendor_id, to_stream);
    sl_ai_decoder_body(r.decoder, body);
    drain(&r);
    return run_fini(&r);
}

/* ------------------------------------------------------------------ all files */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list(const char *folder, const char *suffix, char **names)
{
    char path[PATH_BYTES];
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", TEST_TRANSCRIPTS, folder);
    dir = opendir(path);
    EXPECT(dir != NULL);
    while ((entry = readdir(dir)) != NULL && n < FILES_MAX) {
        sl_str name = sl_cstr(entry->d_name);
        bool is_result = sl_str_find(name, '.', 0) != sl_str_rfind(name, '.');
        if (sl_str_ends(name, sl_cstr(suffix)) && !is_result)
            names[n++] = (char *)(uintptr_t)sl_arena_dup(arena, name).p;
    }
    closedir(dir);
    qsort(names, n, sizeof(names[0]), by_name);
    return n;
}

typedef void each_fn(const struct crossing *c, const char *name, sl_str bytes);

static void for_each(const char *suffix, each_fn *fn)
{
    char *names[FILES_MAX];

    for (size_t i = 0; i < SL_LEN(crossings); i++) {
        arena = sl_arena_new("transcripts", SL_MIB(512));
        size_t n = list(crossings[i].folder, suffix, names);
        EXPECT(n > 0);
        for (size_t k = 0; k < n; k++)
            fn(&crossings[i], names[k], read_file(crossings[i].folder, names[k]));
        sl_arena_free(arena);
    }
}

static const char *beside(const char *name, const char *suffix)
{
    size_t stem = sl_str_rfind(sl_cstr(name), '.');

    return sl_fmt(arena, "%.*s%s", (int)stem, name, suffix).p;
}

static void expect_file(const struct crossing *c, const char *name, const char *kind, sl_str got)
{
    const char *wanted;

    if (c->suffix == NULL)
        return;
    wanted = beside(name, sl_fmt(arena, ".%s.%s", c->suffix, kind).p);
    if (getenv("SLUICE_TRANSCRIPTS") != NULL)
        write_file(c->folder, wanted, got);
    if (!sl_str_eq(read_file(c->folder, wanted), got))
        print_error("%s/%s\n", c->folder, wanted);
    EXPECT_STRS(read_file(c->folder, wanted), got);
}

static void compare_stream(const struct crossing *c, const char *name, sl_str bytes)
{
    expect_file(c, name, "sse", cross(c, bytes, true, bytes.n, 1));
    expect_file(c, name, "json", cross(c, bytes, false, bytes.n, 1));
}

TEST(transcripts, streams_become_the_other_dialects)
{
    for_each(".sse", compare_stream);
}

static void compare_whole(const struct crossing *c, const char *name, sl_str bytes)
{
    expect_file(c, name, "sse", cross_whole(c, bytes, true));
    expect_file(c, name, "json", cross_whole(c, bytes, false));
}

TEST(transcripts, whole_answers_become_the_other_dialects)
{
    for_each(".json", compare_whole);
}

static void chop(const struct crossing *c, const char *name, sl_str bytes)
{
    sl_str wanted = cross(c, bytes, true, bytes.n, 1);

    (void)name;
    EXPECT_STRS(wanted, cross(c, bytes, true, 0, 1));
    for (size_t at = 0; at < bytes.n; at++)
        EXPECT_STRS(wanted, cross(c, bytes, true, at, bytes.n));
}

TEST(transcripts, are_understood_however_the_bytes_arrive)
{
    for_each(".sse", chop);
}

/* Gemini's and Ollama's arguments are JSON, not a text with JSON in it: its white space and escapes are not kept. */
static sl_str normal(const struct crossing *c, sl_str text)
{
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    struct sl_strbuf b;
    struct sl_jsonw w;

    if ((c->client != SL_AI_GEMINI && c->client != SL_AI_OLLAMA) || text.n == 0)
        return text;
    EXPECT_EQ(SL_OK, sl_json_parse(text, arena, &v, &info));
    sl_strbuf_init(&b, arena, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    return sl_strbuf_str(&b);
}

static const char *vendor_of(enum sl_ai_dialect dialect)
{
    return dialect == SL_AI_ANTHROPIC          ? "anthropic"
           : dialect == SL_AI_OPENAI_RESPONSES ? "custom-responses"
           : dialect == SL_AI_GEMINI           ? "gemini"
           : dialect == SL_AI_COHERE           ? "cohere-v2"
           : dialect == SL_AI_OLLAMA           ? "ollama-native"
                                               : "openai";
}

/* What a client of the dialect reads out of our stream is what it would have got as a whole (T15, U9). */
static void compare_ways(const struct crossing *c, const char *name, sl_str bytes)
{
    sl_str whole = normal(c, cross(c, bytes, false, bytes.n, 1));
    sl_str stream = cross(c, bytes, true, bytes.n, 1);
    const struct crossing again = {
        .vendor = c->client,
        .client = c->client,
        .vendor_id = vendor_of(c->client),
    };

    sl_str read = normal(c, cross(&again, stream, false, stream.n, 1));
    if (!sl_str_eq(whole, read))
        print_error("%s/%s\n", c->folder, name);
    EXPECT_STRS(whole, read);
}

TEST(transcripts, the_stream_says_the_same_as_the_whole_answer)
{
    for_each(".sse", compare_ways);
}

/* ------------------------------------------------------------------ what every output is */

static void expect_json(sl_str text)
{
    struct sl_jsonscan_info info;

    EXPECT_EQ(SL_OK, sl_jsonscan(text, NULL, NULL, 0, NULL, &info));
}

static bool has_failed(sl_str data)
{
    return sl_str_find_str(data, SL_STR("\"error\":{")) != SIZE_MAX ||
           sl_str_starts(data, SL_STR("{\"error\":\"")) ||
           sl_str_find_str(data, SL_STR("\"finish_reason\":\"ERROR\"")) != SIZE_MAX;
}

static void check_output(const struct crossing *c, const char *name, sl_str bytes)
{
    sl_str stream = cross(c, bytes, true, bytes.n, 1);
    sl_str whole = cross(c, bytes, false, bytes.n, 1);
    struct sl_ai_frames frames = {.framing = sl_ai_dialect_find(c->client)->framing};
    struct sl_sse_event ev;
    bool has_clean_end = false, has_error = false;

    (void)name;
    if (whole.n != 0)
        expect_json(whole);
    sl_ai_frames_feed(&frames, stream);
    while (sl_ai_frames_next(&frames, &ev) == SL_OK) {
        bool is_done = sl_str_eq(ev.data, SL_STR("[DONE]"));
        EXPECT(!has_clean_end && !has_error); /* a terminal is the last */
        has_clean_end |= is_done || sl_str_eq(ev.event, SL_STR("message_stop")) ||
                         sl_str_eq(ev.event, SL_STR("response.completed")) ||
                         sl_str_eq(ev.event, SL_STR("response.incomplete")) ||
                         (sl_str_eq(ev.event, SL_STR("message-end")) && !has_failed(ev.data)) ||
                         (c->client == SL_AI_OLLAMA &&
                          sl_str_find_str(ev.data, SL_STR("\"done\":true")) != SIZE_MAX) ||
                         (c->client == SL_AI_GEMINI &&
                          sl_str_find_str(ev.data, SL_STR("\"finishReason\":")) != SIZE_MAX);
        has_error |= sl_str_eq(ev.event, SL_STR("error")) || has_failed(ev.data);
        if (ev.has_data && !is_done)
            expect_json(ev.data);
    }
    EXPECT(has_clean_end != has_error);
    EXPECT_EQ(has_clean_end, whole.n != 0);
    sl_ai_frames_fini(&frames);
}

TEST(transcripts, every_stream_is_valid_and_has_one_terminal)
{
    for_each(".sse", check_output);
}
