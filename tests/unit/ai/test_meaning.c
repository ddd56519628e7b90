/*
 * encode(decode(x)) keeps the meaning: of every recorded answer and of every request that fuzzing starts from.
 */
#include "base/rand.h"
#include "tests/json_edit.h"
#include "tests/meaning.h"
#include "tests/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 512 };

struct folder {
    const char *path; /* below tests */
    enum sl_ai_dialect dialect;
    const char *vendor;
};

static sl_str read_file(const char *folder, const char *name, struct sl_arena *a)
{
    char path[PATH_BYTES];
    struct sl_strbuf b;
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s/%s", TEST_FOLDER, folder, name);
    f = fopen(path, "rb");
    EXPECT(f != NULL);
    sl_strbuf_init(&b, a, 0);
    do {
        char *room = sl_strbuf_room(&b, SL_KIB(64));
        n = fread(room, 1, SL_KIB(64), f);
        b.n += n;
    } while (n != 0);
    fclose(f);
    return sl_strbuf_str(&b);
}

typedef bool keeps_fn(const struct folder *f, const char *name, sl_str bytes, struct sl_arena *a,
                      sl_str *ret_was, sl_str *ret_is);

static size_t for_each(const struct folder *f, keeps_fn *keeps)
{
    char path[PATH_BYTES];
    struct dirent *entry;
    size_t seen = 0, lost = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", TEST_FOLDER, f->path);
    dir = opendir(path);
    EXPECT(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        struct sl_arena *a = sl_arena_new("meaning", SL_MIB(64));
        sl_str was = {0}, is = {0};
        if (entry->d_name[0] == '.') {
            sl_arena_free(a);
            continue;
        }
        seen++;
        if (!keeps(f, entry->d_name, read_file(f->path, entry->d_name, a), a, &was, &is)) {
            print_error("%s/%s\nit said:%.*s\nit says:%.*s\n", f->path, entry->d_name, SL_STRF(was),
                        SL_STRF(is));
            lost++;
        }
        sl_arena_free(a);
    }
    closedir(dir);
    EXPECT(seen != 0);
    return lost;
}

static void expect_kept(const struct folder *folders, size_t n, keeps_fn *keeps)
{
    size_t lost = 0;

    for (size_t i = 0; i < n; i++)
        lost += for_each(&folders[i], keeps);
    EXPECT_EQ(0, lost);
}

static bool keeps_answer(const struct folder *f, const char *name, sl_str bytes, struct sl_arena *a,
                         sl_str *ret_was, sl_str *ret_is)
{
    sl_str dot = sl_cstr(strchr(name, '.') != NULL ? strchr(name, '.') : "");
    bool is_stream = sl_str_eq(dot, SL_STR(".sse")) || sl_str_eq(dot, SL_STR(".ndjson"));

    if (!is_stream && !sl_str_eq(dot, SL_STR(".json"))) /* what a client of another dialect gets */
        return true;
    return meaning_keeps_answer(f->dialect, sl_cstr(f->vendor), is_stream, true, bytes, a, ret_was,
                                ret_is) &&
           meaning_keeps_answer(f->dialect, sl_cstr(f->vendor), is_stream, false, bytes, a, ret_was,
                                ret_is);
}

TEST(meaning, answers_say_what_they_said)
{
    static const struct folder folders[] = {
        {"transcripts/openai", SL_AI_OPENAI_CHAT, "openai"},
        {"transcripts/anthropic", SL_AI_ANTHROPIC, "anthropic"},
        {"transcripts/gemini", SL_AI_GEMINI, "gemini"},
        {"transcripts/responses", SL_AI_OPENAI_RESPONSES, "custom-responses"},
        {"transcripts/cohere", SL_AI_COHERE, "cohere-v2"},
        {"transcripts/ollama", SL_AI_OLLAMA, "ollama-native"},
    };

    expect_kept(folders, SL_LEN(folders), keeps_answer);
}

static bool keeps_request(const struct folder *f, const char *name, sl_str bytes,
                          struct sl_arena *a, sl_str *ret_was, sl_str *ret_is)
{
    (void)name;
    return meaning_keeps_request(f->dialect, sl_cstr(f->vendor), bytes, a, ret_was, ret_is);
}

static const struct folder request_folders[] = {
    {"fuzz/corpus/openai_request", SL_AI_OPENAI_CHAT, "openai"},
    {"fuzz/corpus/anthropic_request", SL_AI_ANTHROPIC, "anthropic"},
    {"fuzz/corpus/gemini_request", SL_AI_GEMINI, "gemini"},
    {"fuzz/corpus/responses_request", SL_AI_OPENAI_RESPONSES, "custom-responses"},
    {"fuzz/corpus/cohere_request", SL_AI_COHERE, "cohere-v2"},
    {"fuzz/corpus/ollama_request", SL_AI_OLLAMA, "ollama-native"},
};

TEST(meaning, requests_ask_what_they_asked)
{
    expect_kept(request_folders, SL_LEN(request_folders), keeps_request);
}

/* ------------------------------------------------------------------ changed in one place */

enum { EDITS = 60 };

static bool keeps_edited(const struct folder *f, const char *name, sl_str bytes, struct sl_arena *a,
                         sl_str *ret_was, sl_str *ret_is)
{
    struct sl_rand rand;

    (void)name;
    if (bytes.n > SL_KIB(16))
        return true;
    sl_rand_seed(&rand, bytes.n);
    for (size_t i = 0; i < EDITS; i++) {
        sl_str other = json_edit(bytes, bytes, &rand, a);
        if (!meaning_keeps_request(f->dialect, sl_cstr(f->vendor), other, a, ret_was, ret_is)) {
            print_error("%.*s\n", SL_STRF(other));
            return false;
        }
    }
    return true;
}

TEST(meaning, requests_changed_in_one_place_ask_what_they_asked)
{
    expect_kept(request_folders, SL_LEN(request_folders), keeps_edited);
}
