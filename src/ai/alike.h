/**
 * alike: events that are like the one before but for a few strings, as nearly all of a stream are.
 *
 * A vendor's stream repeats one event hundreds of times with another piece of the answer in it. The
 * first is read in full; of the next ones only the strings are checked, and that all around them is the
 * same, byte for byte. What holds for the first then holds for them: they are whole events with good
 * JSON, have the same members at the same places, say the same but for these strings, and become for the
 * client what the first became, but for these strings.
 *
 *     sl_ai_alike_forget(&a);                    before an event is read in full
 *     sl_ai_alike_begin(&a);                     by a reader that knows of this
 *     sl_ai_alike_string(&a, &r, true);          every string of its data that may differ next time
 *     sl_ai_alike_learn(&a, arena, &event);      afterwards, if nothing but these strings has an effect
 *                                                that adds up
 *     sl_ai_alike_becomes(&a, edits, n);         or _writes: what the client got for it
 *     if (sl_ai_alike_match(&a, bytes, &found))  for the next one
 *         sl_ai_alike_put(&a, bytes, &found, to);
 *
 * Zeroed: nothing is known, nothing matches. No memory before the first event that is learnt, then
 * up to SL_AI_ALIKE_BYTES twice in the arena; owned by one thread.
 */
#pragma once
#include "base/arena.h"
#include "codec/jsonscan.h"
#include "codec/splice.h"
#include "codec/sse.h"

enum {
    SL_AI_ALIKE_BYTES = 512, /* longer events are always read in full */
    SL_AI_ALIKE_STRINGS = 3
};

struct sl_ai_alike {
    struct sl_arena *arena;
    struct sl_ai_alike_text {
        char *p;
        size_t n, cap;
    } event, answer; /* as it came (n is 0: nothing is known), and what the client got for it */
    struct sl_ai_alike_string {
        size_t at, n; /* the inside, in the event */
        size_t to;    /* the same in the answer, where it is as long */
        bool is_counted, is_written;
    } strings[SL_AI_ALIKE_STRINGS]; /* in order of place, in the answer too */
    size_t string_count;
    bool is_spoilt; /* the event being read cannot be learnt */
    bool passes;    /* the answer is the event */
};

/** The event that was found: how long it is, and where its strings are: [i] is what strings[i] was. */
struct sl_ai_alike_match {
    size_t n;
    sl_str strings[SL_AI_ALIKE_STRINGS];
};

/** Nothing is known, and what is read next is not learnt unless its reader begins. */
void sl_ai_alike_forget(struct sl_ai_alike *a);
void sl_ai_alike_begin(struct sl_ai_alike *a);
/** `r` is a string of the event's data. `is_counted` is for the caller. */
void sl_ai_alike_string(struct sl_ai_alike *a, const struct sl_json_range *r, bool is_counted);
/** What is being read has an effect of its own. */
void sl_ai_alike_spoil(struct sl_ai_alike *a);
/**
 * The event's data is good JSON, which stands in its raw bytes. False, and forgotten: it is spoilt, too long, or not one whole event by
 * itself wherever it stands between two others. Then say what it becomes.
 */
bool sl_ai_alike_learn(struct sl_ai_alike *a, struct sl_arena *arena,
                       const struct sl_sse_event *ev) SL_CHECKED;
/** It goes on with these edits, which are places in its raw bytes in order, outside of the strings. */
void sl_ai_alike_becomes(struct sl_ai_alike *a, const struct sl_splice *edits, size_t count);
/** The client gets `answer` for it, in which the counted string stands at `at`, and the others do not. */
void sl_ai_alike_writes(struct sl_ai_alike *a, sl_str answer, size_t at);

/** Do the bytes begin with an event like it? More may stand behind it. */
bool sl_ai_alike_match(const struct sl_ai_alike *a, sl_str bytes, struct sl_ai_alike_match *ret);
/** How many bytes the client gets for the event that was found, and these bytes. */
size_t sl_ai_alike_answer_bytes(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m);
void sl_ai_alike_put(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m, char *to);
