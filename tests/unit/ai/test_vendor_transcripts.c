/*
 * vendor_transcripts: answers in the dialects that only vendors speak, through the whole relay, for each
 * client dialect (tests/transcripts/README.md).
 */
#include "codec/awsevent.h"
#include "codec/json.h"
#include "tests/unit/ai/call_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 512, FILES_MAX = 128 };

struct vendor_row {
    const char *folder, *vendor, *suffix;
    bool is_aws;
};

static const struct vendor_row vendors[] = {
    {"bedrock", "aws-bedrock", ".aws", true},
    {"cohere", "cohere-v2", ".sse", false},
    {"ollama", "ollama-native", ".ndjson", false},
};

struct client_row {
    const char *name;
    enum sl_ai_dialect dialect;
    const char *asks, *asks_stream;
    const char *home; /* a vendor of this dialect */
};

#define MESSAGES "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

static const struct client_row clients[] = {
    {"openai", SL_AI_OPENAI_CHAT, "{\"model\":\"m\"," MESSAGES,
     "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}," MESSAGES,
     "openai"},
    {"anthropic", SL_AI_ANTHROPIC, "{\"model\":\"m\"," MESSAGES,
     "{\"model\":\"m\",\"stream\":true," MESSAGES, "anthropic"},
    {"cohere", SL_AI_COHERE, "{\"model\":\"m\"," MESSAGES,
     "{\"model\":\"m\",\"stream\":true," MESSAGES, "cohere-v2"},
    {"ollama", SL_AI_OLLAMA, "{\"model\":\"m\",\"stream\":false," MESSAGES,
     "{\"model\":\"m\"," MESSAGES, "ollama-native"},
};

static struct sl_arena *arena; /* of one file */

/* ------------------------------------------------------------------ files */

static sl_str read_file(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    struct sl_strbuf b;
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s/%s", TEST_TRANSCRIPTS, folder, name);
    sl_strbuf_init(&b, arena, 0);
    f = fopen(path, "rb");
    if (f == NULL)
        return (sl_str){0};
    do {
        char *room = sl_strbuf_room(&b, SL_KIB(64));
        n = fread(room, 1, SL_KIB(64), f);
        b.n += n;
    } while (n != 0);
    fclose(f);
    return sl_strbuf_str(&b);
}

static void expect_file(const char *folder, const char *name, sl_str got)
{
    char path[PATH_BYTES];

    if (getenv("SLUICE_TRANSCRIPTS") != NULL) {
        snprintf(path, sizeof(path), "%s/%s/%s", TEST_TRANSCRIPTS, folder, name);
        FILE *f = fopen(path, "wb");
        EXPECT(f != NULL);
        EXPECT_EQ(got.n, fwrite(got.p, 1, got.n, f));
        fclose(f);
    }
    if (!sl_str_eq(read_file(folder, name), got))
        print_error("%s/%s\n", folder, name);
    EXPECT_STRS(read_file(folder, name), got);
}

static bool is_output(sl_str name)
{
    for (size_t i = 0; i < SL_LEN(clients); i++)
        if (sl_str_find_str(name, sl_fmt(arena, ".%s.", clients[i].name)) != SIZE_MAX)
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list(const char *folder, const char *suffix, char **names)
{
    char path[PATH_BYTES];
    struct dirent *entry;
    size_t n = 0;

    snprintf(path, sizeof(path), "%s/%s", TEST_TRANSCRIPTS, folder);
    DIR *dir = opendir(path);
    EXPECT(dir != NULL);
    while ((entry = readdir(dir)) != NULL && n < FILES_MAX) {
        sl_str name = sl_cstr(entry->d_name);
        if (sl_str_ends(name, sl_cstr(suffix)) && !is_output(name))
            names[n++] = (char *)(uintptr_t)sl_fmt(arena, "%s", entry->d_name).p;
    }
    closedir(dir);
    qsort(names, n, sizeof(names[0]), by_name);
    return n;
}

/* ------------------------------------------------------------------ binary streams from text */

static void add_message(struct sl_strbuf *out, sl_str line)
{
    sl_str kind, type, rest = line;
    EXPECT(sl_str_split(&rest, ' ', &kind) && sl_str_split(&rest, ' ', &type));
    bool is_error = sl_str_eq(kind, SL_STR("error"));
    const struct sl_awsevent_header h[] = {
        {sl_fmt(arena, ":%.*s-%s", SL_STRF(kind), is_error ? "code" : "type"), SL_AWSEVENT_STRING,
         0, type},
        {is_error ? SL_STR(":error-message") : SL_STR(":content-type"), SL_AWSEVENT_STRING, 0,
         is_error ? rest : SL_STR("application/json")},
        {SL_STR(":message-type"), SL_AWSEVENT_STRING, 0, kind},
    };
    EXPECT(sl_awsevent_write(out, h, SL_LEN(h), is_error ? (sl_str){0} : rest));
}

static sl_str stream_of(const struct vendor_row *v, sl_str text)
{
    struct sl_strbuf out;
    sl_str line;

    if (!v->is_aws)
        return text;
    sl_strbuf_init(&out, arena, 0);
    while (sl_str_split(&text, '\n', &line))
        if (line.n != 0)
            add_message(&out, line);
    return sl_strbuf_str(&out);
}

/* ------------------------------------------------------------------ one crossing */

struct way {
    const struct vendor_row *vendor;
    const struct client_row *client;
    bool from_stream, to_stream;
};

/* What the client reads; after a failure what the gate would write then. */
static sl_str finish(struct call_fixture *f, const struct way *w)
{
    const struct sl_ai_relay_state *state = sl_ai_relay_state(f->relay);
    sl_str text = fixture_finish(f, true);

    EXPECT(state->is_complete != state->has_failed);
    if (state->has_failed && w->to_stream) {
        sl_ai_relay_write_fault(f->relay, &state->fault, &f->out);
        return fixture_text(f);
    }
    return state->has_failed
               ? sl_ai_fault_body(&state->fault, w->client->dialect, SL_STR("req1"), f->a)
               : text;
}

static sl_str cross(const struct way *w, sl_str bytes, size_t at, size_t step)
{
    struct call_fixture f;

    fixture_init(&f, w->vendor->vendor);
    f.target.region = SL_STR("us-east-1");
    (void)fixture_write(&f, w->client->dialect,
                        w->to_stream ? w->client->asks_stream : w->client->asks);
    fixture_open(&f, w->from_stream, NULL);
    fixture_feed(&f, sl_str_head(bytes, at), SIZE_MAX / 2);
    fixture_feed(&f, sl_str_from(bytes, at), step);
    sl_str copy = sl_arena_dup(arena, finish(&f, w));
    fixture_fini(&f);
    return copy;
}

/* ------------------------------------------------------------------ all files */

typedef void each_fn(const struct way *w, const char *name, sl_str bytes);

static void for_each_client(const struct vendor_row *v, const char *name, bool is_stream,
                            each_fn *fn)
{
    for (size_t i = 0; i < SL_LEN(clients); i++) {
        sl_str text = read_file(v->folder, name);
        struct way w = {v, &clients[i], is_stream, false};
        for (int to_stream = 0; to_stream < 2; to_stream++) {
            w.to_stream = to_stream != 0;
            fn(&w, name, is_stream ? stream_of(v, text) : text);
        }
    }
}

static void for_each(bool is_stream, each_fn *fn)
{
    char *names[FILES_MAX];

    for (size_t i = 0; i < SL_LEN(vendors); i++) {
        const struct vendor_row *v = &vendors[i];
        arena = sl_arena_new("transcripts", SL_MIB(512));
        size_t n = list(v->folder, is_stream ? v->suffix : ".json", names);
        EXPECT(n > 0);
        for (size_t k = 0; k < n; k++)
            for_each_client(v, names[k], is_stream, fn);
        sl_arena_free(arena);
    }
}

static void compare(const struct way *w, const char *name, sl_str bytes)
{
    size_t stem = sl_str_rfind(sl_cstr(name), '.');
    sl_str wanted = sl_fmt(arena, "%.*s.%s.%s", (int)stem, name, w->client->name,
                           w->to_stream ? "sse" : "json");

    expect_file(w->vendor->folder, wanted.p, cross(w, bytes, bytes.n, 1));
}

TEST(vendor_transcripts, streams_become_the_clients)
{
    for_each(true, compare);
}

TEST(vendor_transcripts, whole_answers_become_the_clients)
{
    for_each(false, compare);
}

/*
 * In pieces of every small size; cuts at each single place are the readers' own tests (codec/awsevent,
 * codec/sse, ai/frames). Which client it is makes no difference for how bytes are put together.
 */
static void chop(const struct way *w, const char *name, sl_str bytes)
{
    enum { STEPS = 24 };
    if (!w->to_stream || w->client != &clients[0])
        return;
    sl_str wanted = cross(w, bytes, bytes.n, 1);
    for (size_t step = 1; step <= STEPS; step++) {
        sl_str got = cross(w, bytes, 0, step);
        if (!sl_str_eq(wanted, got))
            print_error("%s/%s in pieces of %zu\n", w->vendor->folder, name, step);
        EXPECT_STRS(wanted, got);
    }
}

TEST(vendor_transcripts, t2_are_understood_however_the_bytes_arrive)
{
    for_each(true, chop);
}

/* A stream that ends early is never a clean answer, wherever it ends. */
static void cut_off(const struct way *w, const char *name, sl_str bytes)
{
    if (!w->to_stream || strncmp(name, "text.", 5) != 0)
        return;
    for (size_t n = 0; n < bytes.n; n++) {
        struct call_fixture f;
        fixture_init(&f, w->vendor->vendor);
        f.target.region = SL_STR("us-east-1");
        (void)fixture_write(&f, w->client->dialect, w->client->asks_stream);
        fixture_open(&f, true, NULL);
        fixture_feed(&f, sl_str_head(bytes, n), SIZE_MAX / 2);
        (void)fixture_finish(&f, false);
        EXPECT(sl_ai_relay_state(f.relay)->has_failed);
        EXPECT(!sl_ai_relay_state(f.relay)->is_complete);
        fixture_fini(&f);
    }
}

TEST(vendor_transcripts, t4_a_stream_that_breaks_off_has_failed)
{
    for_each(true, cut_off);
}

/* Ollama's arguments are JSON, not a text with JSON in it: its white space and escapes are not kept. */
static sl_str normal(const struct client_row *client, sl_str text)
{
    const struct sl_json *v;
    struct sl_jsonscan_info info;
    struct sl_strbuf b;
    struct sl_jsonw w;

    if (client->dialect != SL_AI_OLLAMA || text.n == 0)
        return text;
    EXPECT_EQ(SL_OK, sl_json_parse(text, arena, &v, &info));
    sl_strbuf_init(&b, arena, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write(v, &w);
    return sl_strbuf_str(&b);
}

static bool has_failed(sl_str stream)
{
    return sl_str_find_str(stream, SL_STR("\"error\":{")) != SIZE_MAX ||
           sl_str_find_str(stream, SL_STR("\"finish_reason\":\"ERROR\"")) != SIZE_MAX ||
           sl_str_find_str(stream, SL_STR("{\"error\":\"")) != SIZE_MAX;
}

/*
 * What a client of the dialect reads out of our stream is what it would have got as a whole (T15, U9). But
 * for usage that was never told: OpenAI's stream then has zeros, its body nothing.
 */
static void compare_ways(const struct way *w, const char *name, sl_str bytes)
{
    struct way whole = *w, again = *w;
    struct vendor_row home = {NULL, w->client->home, NULL, false};

    sl_str stream = cross(w, bytes, bytes.n, 1);
    if (!w->to_stream || has_failed(stream) || strncmp(name, "no_metadata", 11) == 0)
        return;
    whole.to_stream = false;
    again.vendor = &home;
    again.to_stream = false;
    sl_str want = normal(w->client, cross(&whole, bytes, bytes.n, 1));
    sl_str got = normal(w->client, cross(&again, stream, stream.n, 1));
    if (!sl_str_eq(want, got))
        print_error("%s/%s\n", w->vendor->folder, name);
    EXPECT_STRS(want, got);
}

TEST(vendor_transcripts, t15_the_stream_says_the_same_as_the_whole_answer)
{
    for_each(true, compare_ways);
}
