#include "ai/recall.h"
#include "ai/signature.h"

#include "base/str.h"

enum { SPACING_BYTES = 1024, TAIL_BYTES = 8 };

/* Behind an element of an array. */
struct mark {
    struct sl_jsonscan_progress progress;
    struct sl_ai_token_meter meter;
    uint64_t tail; /* the bytes before: a hint which body to compare with */
};

struct array {
    size_t member;
    const char *from;  /* in the body */
    size_t bare;       /* bytes in which no carrier stands, as was known before */
    size_t first_cut;  /* of the body's */
    size_t spacing;    /* bytes between marks, at least */
    size_t n;          /* marks */
    size_t cuts;       /* of those in the body's */
    bool is_metered;   /* it is text for the model */
    bool is_cuts_full; /* the rest cannot be kept */
    struct mark marks[SL_AI_RECALL_MARKS];
};

struct known {
    struct sl_chunk *chunk; /* NULL: free */
    bool has_carrier;       /* of a signature */
    enum sl_ai_dialect dialect;
    sl_usec used_us;
    sl_str body;
    size_t owner_n, array_count, cut_count;
    char owner[SL_AI_RECALL_OWNER_BYTES];
    struct array arrays[SL_AI_RECALL_ARRAYS];
    struct sl_json_cut cuts[SL_AI_RECALL_CUTS]; /* counted from their array's bracket */
};

struct sl_ai_recall {
    struct known *bodies[SL_AI_RECALL_BODIES]; /* allocated when first needed */
    struct known *reading;                     /* the body that is read; in none of the others */
    struct known *before;                      /* what it goes on from; NULL: nothing */
    size_t bytes;
};

struct sl_ai_recall *sl_ai_recall_new(void)
{
    return sl_new(struct sl_ai_recall);
}

static void drop(struct sl_ai_recall *r, struct known *k)
{
    if (k->chunk == NULL)
        return;
    r->bytes -= k->chunk->cap;
    sl_chunk_unref(k->chunk);
    k->chunk = NULL;
}

void sl_ai_recall_free(struct sl_ai_recall *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < SL_AI_RECALL_BODIES; i++) {
        if (r->bodies[i] != NULL)
            drop(r, r->bodies[i]);
        sl_free(r->bodies[i]);
    }
    sl_free(r->reading);
    sl_free(r);
}

size_t sl_ai_recall_bytes(const struct sl_ai_recall *r)
{
    return r->bytes;
}

static bool is_kept(const struct known *k)
{
    return k != NULL && k->chunk != NULL;
}

size_t sl_ai_recall_count(const struct sl_ai_recall *r)
{
    size_t count = 0;
    for (size_t i = 0; i < SL_AI_RECALL_BODIES; i++)
        count += is_kept(r->bodies[i]);
    return count;
}

bool sl_ai_recall_age(struct sl_ai_recall *r, sl_usec now_us)
{
    for (size_t i = 0; i < SL_AI_RECALL_BODIES; i++) {
        struct known *k = r->bodies[i];
        if (is_kept(k) && now_us - k->used_us >= SL_AI_RECALL_AGE_US)
            drop(r, k);
        if (k != NULL && k->chunk == NULL) {
            sl_free(k);
            r->bodies[i] = NULL;
        }
    }
    return sl_ai_recall_count(r) != 0;
}

/* ------------------------------------------------------------------ before */

bool sl_ai_recall_begin(const struct sl_ai_recall_body *b, enum sl_ai_dialect dialect, sl_str body)
{
    struct sl_ai_recall *r = b->recall;
    if (r == NULL || b->chunk == NULL || b->owner.n == 0 || b->owner.n > SL_AI_RECALL_OWNER_BYTES ||
        body.n < SL_AI_RECALL_BODY_BYTES_MIN || b->chunk->cap > SL_AI_RECALL_BYTES / 2)
        return false;
    if (r->reading == NULL)
        r->reading = sl_new(struct known);
    struct known *k = r->reading;
    k->chunk = b->chunk;
    k->dialect = dialect;
    k->used_us = b->now_us;
    k->body = body;
    k->owner_n = b->owner.n;
    k->array_count = k->cut_count = 0;
    memcpy(k->owner, b->owner.p, b->owner.n);
    r->before = NULL;
    return true;
}

/* ------------------------------------------------------------------ what is known */

static uint64_t tail_of(const char *end)
{
    uint64_t tail;
    memcpy(&tail, end - TAIL_BYTES, sizeof(tail));
    return tail;
}

/* Does the text seem to be the same up to this mark? */
static bool may_reach(const struct mark *m, sl_str text)
{
    return m->progress.n <= text.n && tail_of(text.p + m->progress.n) == m->tail;
}

/* About how many marks the text has in common with the array. */
static size_t guess_common(const struct array *known, sl_str text)
{
    size_t low = 0, high = known->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (may_reach(&known->marks[middle], text))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many marks it has in common with it, for certain. Takes from *budget the bytes that it looked at. */
static size_t count_common(const struct array *known, sl_str text, size_t *budget)
{
    size_t from = 0, n = 0;
    for (; n < known->n; n++) {
        size_t to = known->marks[n].progress.n;
        if (to > text.n || to - from > *budget)
            break;
        *budget -= to - from;
        if (memcmp(known->from + from, text.p + from, to - from) != 0)
            break;
        from = to;
    }
    return n;
}

static struct array *find_array(struct known *k, size_t member)
{
    for (size_t i = 0; i < k->array_count; i++)
        if (k->arrays[i].member == member)
            return &k->arrays[i];
    return NULL;
}

static bool is_of_same(const struct known *k, const struct known *other)
{
    return is_kept(k) && k->dialect == other->dialect && k->owner_n == other->owner_n &&
           memcmp(k->owner, other->owner, k->owner_n) == 0;
}

/* The array of a body that has most in common with the text, and how many marks. */
struct alike {
    struct known *body; /* NULL: none has anything */
    const struct array *array;
    size_t common, bytes;
};

/* Is it more than what was found? Conversations that are near the same may have to be compared to tell. */
static void compare(struct known *k, const struct array *known, sl_str text, size_t *budget,
                    struct alike *found)
{
    size_t guessed = guess_common(known, text);
    if (guessed == 0 || known->marks[guessed - 1].progress.n <= found->bytes)
        return;
    size_t common = count_common(known, text, budget);
    size_t bytes = common != 0 ? known->marks[common - 1].progress.n : 0;
    if (bytes > found->bytes)
        *found = (struct alike){.body = k, .array = known, .common = common, .bytes = bytes};
}

/* Looks at no more than twice what the text has. */
static struct alike find_alike(const struct sl_ai_recall *r, size_t member, sl_str text)
{
    struct alike found = {0};
    size_t budget = 2 * text.n;
    for (size_t i = 0; i < SL_AI_RECALL_BODIES; i++) {
        struct known *k = r->bodies[i];
        if (k == NULL || !is_of_same(k, r->reading))
            continue;
        const struct array *known = find_array(k, member);
        if (known != NULL)
            compare(k, known, text, &budget, &found);
    }
    return found;
}

/* The array of the body that is read; NULL: there are too many, or it is there already. */
static struct array *add_array(struct known *k, size_t member, const char *from, bool is_metered)
{
    if (k->array_count == SL_AI_RECALL_ARRAYS || find_array(k, member) != NULL)
        return NULL;
    struct array *a = &k->arrays[k->array_count++];
    a->member = member;
    a->from = from;
    a->is_metered = is_metered;
    a->first_cut = k->cut_count;
    a->spacing = SPACING_BYTES;
    a->n = a->cuts = a->bare = 0;
    a->is_cuts_full = false;
    return a;
}

static size_t bytes_of(const struct array *a)
{
    return a->n != 0 ? a->marks[a->n - 1].progress.n : 0;
}

/* The conversation: the longest of what is text for the model. */
static bool is_conversation(const struct known *k, const struct array *array)
{
    for (size_t i = 0; i < k->array_count; i++)
        if (k->arrays[i].is_metered && bytes_of(&k->arrays[i]) > bytes_of(array))
            return false;
    return array->is_metered;
}

/* Is the text the same conversation, some steps on? Then its body takes the place of the one before. */
static bool goes_on_from(const struct alike *alike)
{
    size_t all = bytes_of(alike->array);
    return is_conversation(alike->body, alike->array) && alike->bytes >= all - all / 4;
}

/* What is known of the array's beginning is known of the new one's. */
static void take_over(struct known *to, struct array *a, const struct alike *alike)
{
    const struct array *known = alike->array;
    size_t cuts = known->marks[alike->common - 1].progress.cuts;
    if (cuts > SL_AI_RECALL_CUTS - to->cut_count) {
        a->is_cuts_full = true;
        return;
    }
    memcpy(a->marks, known->marks, alike->common * sizeof(*a->marks));
    memcpy(to->cuts + to->cut_count, alike->body->cuts + known->first_cut,
           cuts * sizeof(*to->cuts));
    a->n = alike->common;
    a->spacing = known->spacing;
    a->cuts = cuts;
    to->cut_count += cuts;
}

bool sl_ai_recall_array(struct sl_ai_recall *r, size_t member, sl_str text,
                        struct sl_ai_token_meter *meter, struct sl_jsonscan_progress *ret,
                        const struct sl_json_cut **ret_cuts)
{
    struct array *a = add_array(r->reading, member, text.p, meter != NULL);
    const struct alike alike = a != NULL ? find_alike(r, member, text) : (struct alike){0};
    if (alike.body == NULL)
        return false;
    const struct mark *last = &alike.array->marks[alike.common - 1];
    if (meter != NULL)
        *meter = last->meter;
    if (goes_on_from(&alike))
        r->before = alike.body;
    a->bare = alike.body->has_carrier ? 0 : alike.bytes;
    *ret = last->progress;
    *ret_cuts = alike.body->cuts + alike.array->first_cut;
    take_over(r->reading, a, &alike);
    alike.body->used_us = r->reading->used_us;
    return true;
}

/* ------------------------------------------------------------------ what is found */

/* Every second mark makes room for the marks to come, which are twice as far apart. */
static void thin_out(struct array *a)
{
    for (size_t i = 1; i < a->n; i += 2)
        a->marks[i / 2] = a->marks[i];
    a->n /= 2;
    a->spacing *= 2;
}

static void keep_cuts(struct known *k, struct array *a, const struct sl_json_cut *cuts, size_t n,
                      size_t at)
{
    if (n - a->cuts > SL_AI_RECALL_CUTS - k->cut_count) {
        a->is_cuts_full = true;
        return;
    }
    for (; a->cuts < n; a->cuts++)
        k->cuts[k->cut_count++] =
            (struct sl_json_cut){.at = cuts[a->cuts].at - at, .n = cuts[a->cuts].n};
}

void sl_ai_recall_note(struct sl_ai_recall *r, size_t member, const struct sl_ai_token_meter *meter,
                       const struct sl_jsonscan_progress *so_far, const struct sl_json_cut *cuts,
                       size_t at)
{
    struct known *k = r->reading;
    struct array *a = find_array(k, member);
    if (a == NULL || a->is_cuts_full || a->from != k->body.p + at)
        return;
    if (so_far->n < bytes_of(a) + a->spacing)
        return;
    keep_cuts(k, a, cuts, so_far->cuts, at);
    if (a->is_cuts_full)
        return;
    if (a->n == SL_AI_RECALL_MARKS)
        thin_out(a);
    struct mark *m = &a->marks[a->n++];
    m->progress = *so_far;
    m->meter = meter != NULL ? *meter : (struct sl_ai_token_meter){0};
    m->tail = tail_of(a->from + so_far->n);
}

/* ------------------------------------------------------------------ behind */

/* A free place, or that of the body used least recently. */
static size_t oldest(const struct sl_ai_recall *r)
{
    size_t at = 0;
    for (size_t i = 0; i < SL_AI_RECALL_BODIES; i++) {
        if (!is_kept(r->bodies[i]))
            return i;
        if (r->bodies[i]->used_us < r->bodies[at]->used_us)
            at = i;
    }
    return at;
}

static size_t place_of(const struct sl_ai_recall *r, const struct known *k)
{
    size_t at = 0;
    while (r->bodies[at] != k)
        at++;
    return at;
}

static struct known *oldest_kept(const struct sl_ai_recall *r)
{
    struct known *found = NULL;
    for (size_t i = 0; i < SL_AI_RECALL_BODIES; i++) {
        struct known *k = r->bodies[i];
        if (is_kept(k) && (found == NULL || k->used_us < found->used_us))
            found = k;
    }
    return found;
}

static bool has_marks(const struct known *k)
{
    for (size_t i = 0; i < k->array_count; i++)
        if (k->arrays[i].n != 0)
            return true;
    return false;
}

static void keep(struct sl_ai_recall *r, struct known *k)
{
    size_t at = r->before != NULL ? place_of(r, r->before) : oldest(r);
    if (r->bodies[at] != NULL)
        drop(r, r->bodies[at]);
    while (r->bytes > SL_AI_RECALL_BYTES - k->chunk->cap)
        drop(r, oldest_kept(r));
    r->bytes += k->chunk->cap;
    (void)sl_chunk_ref(k->chunk);
    r->reading = r->bodies[at];
    r->bodies[at] = k;
}

/* What is known of arrays need not be looked through again: no carrier goes over the end of an element. */
static bool has_carrier(const struct known *k)
{
    sl_str rest = k->body;
    for (size_t i = 0; i < k->array_count; i++) {
        const struct array *a = &k->arrays[i];
        size_t before = (size_t)(a->from - rest.p);
        if (sl_ai_signature_is_in(sl_str_head(rest, before)))
            return true;
        rest = sl_str_from(rest, before + a->bare);
    }
    return sl_ai_signature_is_in(rest);
}

bool sl_ai_recall_end(struct sl_ai_recall *r, bool is_good)
{
    struct known *k = r->reading;
    k->has_carrier = is_good && has_carrier(k);
    if (is_good && has_marks(k))
        keep(r, k);
    else
        k->chunk = NULL;
    return k->has_carrier;
}
