/**
 * alike: events that are like the one before but for a few strings, as nearly all of a stream are.
 *
 * A vendor's stream repeats one JSON text hundreds of times with another piece of the answer in it. The
 * first is read in full (relay_peek); of the next ones only the strings are checked, and that all
 * around them is the same, byte for byte. What holds for the first then holds for them: they are good
 * JSON, have the same members at the same places, and say the same but for these strings.
 *
 *     sl_ai_alike_forget(&a);                   before an event is read in full
 *     sl_ai_alike_begin(&a);                    by a reader that knows of this
 *     sl_ai_alike_string(&a, &r, true);         every string that may differ next time
 *     sl_ai_alike_learn(&a, text);              afterwards, if nothing but these strings has an effect
 *                                               that adds up
 *     if (sl_ai_alike_match(&a, text, &found))  for the next one
 *
 * Zeroed: nothing is known, nothing matches. No allocation; owned by one thread.
 */
#pragma once
#include "codec/jsonscan.h"

enum {
    SL_AI_ALIKE_BYTES = 512, /* longer events are always read in full */
    SL_AI_ALIKE_STRINGS = 3
};

struct sl_ai_alike {
    char text[SL_AI_ALIKE_BYTES];
    size_t n; /* 0: nothing is known */
    struct sl_ai_alike_string {
        size_t at, n; /* the inside, in `text` */
        bool is_counted;
    } strings[SL_AI_ALIKE_STRINGS]; /* in order of place */
    size_t string_count;
    bool is_spoilt; /* the event being read cannot be learnt */
};

/** Where the strings of a matching event are: [i] is what strings[i] was. */
struct sl_ai_alike_match {
    struct sl_ai_alike_string strings[SL_AI_ALIKE_STRINGS];
};

/** Nothing is known, and what is read next is not learnt unless its reader begins. */
void sl_ai_alike_forget(struct sl_ai_alike *a);
void sl_ai_alike_begin(struct sl_ai_alike *a);
/** `r` is a string of `text`. `is_counted` is for the caller. */
void sl_ai_alike_string(struct sl_ai_alike *a, const struct sl_json_range *r, bool is_counted);
/** What is being read has an effect of its own. */
void sl_ai_alike_spoil(struct sl_ai_alike *a);
/** `text` is good JSON. */
void sl_ai_alike_learn(struct sl_ai_alike *a, sl_str text);
bool sl_ai_alike_match(const struct sl_ai_alike *a, sl_str text, struct sl_ai_alike_match *ret);
/** Bring a range of the learnt event to where it is in the matching one. Its ends are not inside of the strings. */
void sl_ai_alike_move(const struct sl_ai_alike *a, const struct sl_ai_alike_match *m,
                      struct sl_json_range *r);
