/**
 * watched: whatever is recalled of an array, a scan finds the same as when all of it is scanned, whatever follows. For
 * unit tests and fuzzers of codec/jsonscan: it asserts.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include "codec/jsonscan.h"

enum { WATCHED_MARKS = 64, WATCHED_CUTS = 64, WATCHED_NAMES = 4, WATCHED_OTHERS_BYTES = 4096 };

static const sl_str watched_names[WATCHED_NAMES] = {
    SL_STR_INIT("model"),
    SL_STR_INIT("stream_options.include_usage"),
    SL_STR_INIT("messages"),
    SL_STR_INIT("tools"),
};

/* What is told behind the elements of one array, and where a scan is to go on. */
struct watched {
    size_t member;
    size_t n;  /* notes */
    size_t at; /* where the array begins */
    struct sl_jsonscan_progress notes[WATCHED_MARKS];
    struct sl_json_cut cuts[WATCHED_CUTS]; /* of the last note, counted from the array */
    bool recalls;
    size_t recalled;  /* this note */
    uint64_t strings; /* of what on_string was told, as a sum */
    uint64_t strings_at[WATCHED_MARKS];
};

struct watched_result {
    sl_rc rc;
    struct sl_json_range r[WATCHED_NAMES];
    struct sl_jsonscan_info info;
    struct sl_jsonscan_counts found;
    struct sl_json_cut cuts[WATCHED_CUTS];
    size_t n_cuts;
    uint64_t strings;
};

static inline void watched_string(void *arg, size_t member, sl_str raw, bool is_name)
{
    struct watched *w = (struct watched *)arg;
    for (size_t i = 0; i < raw.n; i++)
        w->strings = w->strings * 31 + (unsigned char)raw.p[i];
    w->strings = w->strings * 31 + member * 2 + is_name;
}

static inline bool watched_recall(void *arg, size_t member, sl_str text,
                                  struct sl_jsonscan_progress *ret,
                                  const struct sl_json_cut **ret_cuts)
{
    struct watched *w = (struct watched *)arg;
    SL_ASSERT(text.p[0] == '[');
    if (!w->recalls || member != w->member)
        return false;
    *ret = w->notes[w->recalled];
    *ret_cuts = w->cuts;
    w->strings = w->strings_at[w->recalled];
    return true;
}

static inline void watched_note(void *arg, size_t member, const struct sl_jsonscan_progress *so_far,
                                const struct sl_json_cut *cuts, size_t at)
{
    struct watched *w = (struct watched *)arg;
    if (w->recalls || member != w->member || w->n == WATCHED_MARKS)
        return;
    SL_ASSERT(w->n == 0 || so_far->n > w->notes[w->n - 1].n);
    w->at = at;
    w->strings_at[w->n] = w->strings;
    w->notes[w->n++] = *so_far;
    for (size_t i = 0; i < so_far->cuts; i++)
        w->cuts[i] = (struct sl_json_cut){.at = cuts[i].at - at, .n = cuts[i].n};
}

/* `w` NULL: nothing is watched. */
static inline struct watched_result watched_scan(sl_str text, struct watched *w)
{
    static const sl_str counted = SL_STR_INIT("strict");
    static const struct sl_jsonscan_path path = {
        .steps = {{SL_STR_INIT("tools"), 1}, {SL_STR_INIT("parameters"), 3}}, .n = 2};
    static const struct sl_jsonscan_watch watch = {
        .arrays_of = 15, .recall = watched_recall, .note = watched_note};
    struct watched_result res = {0};
    struct watched other = {0};
    struct sl_json_cuts cuts = {.cuts = res.cuts, .max = WATCHED_CUTS};
    struct sl_jsonscan_tally tally = {
        .inside_of = 12,
        .names = &counted,
        .n_names = 1,
        .word = SL_STR("developer"),
        .on_string = watched_string,
        .strings_of = 12,
        .arg = w != NULL ? w : &other,
        .path = &path,
        .watch = w != NULL ? &watch : NULL,
        .cuts = &cuts,
    };
    res.rc = sl_jsonscan_tally(text, &tally, watched_names, WATCHED_NAMES, res.r, &res.info);
    res.found = tally.found;
    res.n_cuts = cuts.n;
    res.strings = w != NULL ? w->strings : other.strings;
    return res;
}

static inline bool watched_is_same_range(const struct sl_json_range *a,
                                         const struct sl_json_range *b)
{
    return a->key_at == b->key_at && a->key_n == b->key_n && a->at == b->at && a->n == b->n &&
           a->count == b->count && a->parent_count == b->parent_count && a->kind == b->kind &&
           a->is_present == b->is_present;
}

static inline void watched_compare_infos(const struct sl_jsonscan_info *a,
                                         const struct sl_jsonscan_info *b)
{
    SL_ASSERT(a->kind == b->kind && a->is_empty == b->is_empty);
    SL_ASSERT(a->has_duplicate == b->has_duplicate && a->has_lookalike == b->has_lookalike);
    SL_ASSERT(a->has_lone_surrogate == b->has_lone_surrogate);
    SL_ASSERT(a->member_count == b->member_count && a->top_at == b->top_at);
    SL_ASSERT(a->body_at == b->body_at && a->duplicate_at == b->duplicate_at);
    SL_ASSERT(a->error_at == b->error_at && a->reason == b->reason);
}

static inline void watched_compare(const struct watched_result *a, const struct watched_result *b)
{
    SL_ASSERT(a->rc == b->rc);
    if (a->rc != SL_OK) {
        SL_ASSERT(a->info.error_at == b->info.error_at && a->info.reason == b->info.reason);
        return;
    }
    watched_compare_infos(&a->info, &b->info);
    for (size_t i = 0; i < WATCHED_NAMES; i++)
        SL_ASSERT(watched_is_same_range(&a->r[i], &b->r[i]));
    SL_ASSERT(memcmp(&a->found, &b->found, sizeof(a->found)) == 0);
    SL_ASSERT(a->n_cuts == b->n_cuts && a->strings == b->strings);
    for (size_t i = 0; i < a->n_cuts; i++)
        SL_ASSERT(a->cuts[i].at == b->cuts[i].at && a->cuts[i].n == b->cuts[i].n);
}

/* What is found in the text when a note of this text, or of one with the same beginning, is recalled is what is there. */
static inline void watched_check_recalled(sl_str text, const struct watched *w, size_t note)
{
    struct watched again = *w;
    again.recalls = true;
    again.recalled = note;
    again.strings = 0;
    const struct watched_result plain = watched_scan(text, NULL);
    const struct watched_result recalled = watched_scan(text, &again);
    watched_compare(&plain, &recalled);
}

/* Other texts that are the same up to the note. What follows would go on with most kinds of values. */
static inline void watched_check_others(sl_str text, const struct watched *w, size_t note)
{
    static const char *const behind[] = {"",         "5]}",  ".5]}", "e5]}",
                                         "E-5]}",    "x]}",  "e]}",  "\"]}",
                                         ",\"a\"]}", " 5]}", "[]]}", ",{}],\"model\":\"m\"}"};
    enum { BEHIND_BYTES = 32 };
    char other[WATCHED_OTHERS_BYTES + BEHIND_BYTES];
    size_t n = w->at + w->notes[note].n;
    if (n > WATCHED_OTHERS_BYTES)
        return;
    memcpy(other, text.p, n);
    for (size_t i = 0; i < SL_LEN(behind); i++) {
        size_t more = strlen(behind[i]);
        memcpy(other + n, behind[i], more);
        watched_check_recalled((sl_str){other, n + more}, w, note);
    }
}

/* Returns from how many places the scan went on. */
static inline size_t check_watched(sl_str text)
{
    size_t places = 0;
    const struct watched_result plain = watched_scan(text, NULL);
    for (size_t member = 0; member < WATCHED_NAMES; member++) {
        struct watched w = {.member = member};
        const struct watched_result noted = watched_scan(text, &w);
        watched_compare(&plain, &noted);
        for (size_t i = 0; i < w.n; i++) {
            watched_check_recalled(text, &w, i);
            watched_check_others(text, &w, i);
            places++;
        }
    }
    return places;
}
