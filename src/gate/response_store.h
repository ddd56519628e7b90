/**
 * response_store: responses that were asked to be kept (`store`), for previous_response_id and for
 * GET /v1/responses/{id}.
 *
 * Of a response that the gateway translated, everything is kept: the conversation up to it, and the
 * response itself. Of one that a vendor keeps, only which account it lies with, for nobody else can go on
 * from it. An entry belongs to one owner (the consumer), and nobody else finds it.
 *
 * Shared by all workers of the process, in memory: entries are copied in and immutable, and the lock is held
 * to move pointers only. What an owner and all together may keep is limited; beyond it the owner's oldest, then
 * the oldest of all, are forgotten, as is what is older than the life of an entry. Nobody waits for more than
 * that: who keeps copies that outlive the process (app/response_keeper) is told of what is put in and removed,
 * and puts back what it knows.
 */
#pragma once
#include "base/strbuf.h"

enum { SL_RESPONSE_ID_BYTES = 256, SL_RESPONSE_OWNER_BYTES = 512 };

struct sl_response_store;

struct sl_response_limits {
    size_t bytes;       /* of all entries; 0: nothing is kept */
    size_t owner_bytes; /* of one owner's */
    sl_usec life_us;
};

/** All texts but the ids are JSON; lists of items are without brackets. */
struct sl_response_entry {
    sl_str id, owner;
    sl_str account,
        model;     /* account empty: the gateway keeps it; the model as the client named it */
    sl_str input;  /* items of the whole conversation before the answer */
    size_t own_at; /* where in `input` the items of this request begin */
    sl_str output; /* items of the answer */
    sl_str body;   /* the response as it was answered */
};

struct sl_response_store *sl_response_store_new(const struct sl_response_limits *limits,
                                                uint64_t seed) SL_CHECKED;
/** No entry may be held any more. Accepts NULL. */
void sl_response_store_free(struct sl_response_store *s);

/** Keep a copy of `e`, in place of one with the same id and owner. One that is too large is not kept. Any thread. */
void sl_response_store_put(struct sl_response_store *s, const struct sl_response_entry *e,
                           sl_usec now_us);
/** The owner's entry, held until it is released; NULL when there is none. Any thread. */
const struct sl_response_entry *sl_response_store_get(struct sl_response_store *s, sl_str id,
                                                      sl_str owner, sl_usec now_us);
/** Accepts NULL. Any thread. */
void sl_response_release(const struct sl_response_entry *e);
/** Hold it once more. Any thread. */
const struct sl_response_entry *sl_response_hold(const struct sl_response_entry *e);
/** Forget the owner's entry. Any thread. */
void sl_response_store_remove(struct sl_response_store *s, sl_str id, sl_str owner);

/** Told in the thread that puts or removes, without the lock. An entry may be held, for longer. */
struct sl_response_observer {
    void (*put)(void *arg, const struct sl_response_entry *e);
    void (*removed)(void *arg, sl_str id, sl_str owner);
    void *arg;
};
/** From now on, of one observer. Before any other thread uses the store. */
void sl_response_store_observe(struct sl_response_store *s, struct sl_response_observer o);
/** What the observer knows: an entry as it was put in `age_us` ago. It is not told. Any thread. */
void sl_response_store_restore(struct sl_response_store *s, const struct sl_response_entry *e,
                               sl_usec now_us, sl_usec age_us);
/** What the observer knows: it was removed elsewhere. Any thread. */
void sl_response_store_forget(struct sl_response_store *s, sl_str id, sl_str owner);

/** Append all of an entry but its id and its owner, as text to be kept. */
void sl_response_entry_write(const struct sl_response_entry *e, struct sl_strbuf *out);
/** What was written, borrowed. SL_E_SYNTAX. */
sl_rc sl_response_entry_read(sl_str text, struct sl_response_entry *ret) SL_CHECKED;
/** Bytes that are kept, for metrics and tests. Any thread. */
size_t sl_response_store_bytes(struct sl_response_store *s);
