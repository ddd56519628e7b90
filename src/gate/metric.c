/*
 * A series is a set of labels with all counters of its kind. Series stand in tables that are made
 * whole at the start (untouched memory costs nothing), so that counting never allocates; the first
 * of each table is "other". The writer alone knows the hash index; readers walk the tables.
 */
#include "gate/metric.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LABEL_BYTES = 96, LABELS_MAX = 2 };
enum { STATUS_CLASSES = 6, OUTCOMES = SL_OUTCOME_CANCELLED + 1, BOUNDS = 14 };

enum metric_type { COUNTER, HISTOGRAM };

enum shape {
#define X(ID, slots, type) SHAPE_##ID,
#include "gate/metric_shape.def"
#undef X
};

enum {
#define X(ID, slots, type) SLOTS_##ID = (slots),
#include "gate/metric_shape.def"
#undef X
};

static const enum metric_type shape_types[] = {
#define X(ID, slots, type) type,
#include "gate/metric_shape.def"
#undef X
};

/* In microseconds. The AI rows are the buckets that OpenTelemetry's GenAI conventions advise. */
static const uint64_t bounds[][BOUNDS] = {
    [SHAPE_HTTP_TIME] = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
                         1000000, 2500000, 10000000, 60000000},
    [SHAPE_AI_TIME] = {10000, 20000, 40000, 80000, 160000, 320000, 640000, 1280000, 2560000,
                       5120000, 10240000, 20480000, 40960000, 81920000},
    [SHAPE_FIRST_TOKEN] = {1000, 5000, 10000, 20000, 40000, 60000, 80000, 100000, 250000, 500000,
                           1000000, 2500000, 5000000, 10000000},
};

/* Where a metric's slots begin in its kind's series: AT_<ID>; the count of all: <KIND>_SLOTS. */
#define ROW(ID, shape, scale, name, help) AT_##ID, LAST_##ID = AT_##ID + SLOTS_##shape - 1,
enum {
#define ROUTE ROW
#include "gate/metric.def"
    ROUTE_SLOTS
};
enum {
#define SERVICE ROW
#include "gate/metric.def"
    SERVICE_SLOTS
};
enum {
#define MODEL ROW
#include "gate/metric.def"
    MODEL_SLOTS
};
enum {
#define GLOBAL ROW
#include "gate/metric.def"
    GLOBAL_SLOTS
};
#undef ROW

enum kind { KIND_ROUTE, KIND_SERVICE, KIND_MODEL, KIND_GLOBAL, KIND_COUNT };

struct kind_row {
    const char *labels[LABELS_MAX];
    size_t label_count, slots, series_max; /* with "other" */
};

static const struct kind_row kinds[KIND_COUNT] = {
    [KIND_ROUTE] = {{"service", "route"}, 2, ROUTE_SLOTS, SL_METRIC_SERIES_MAX / 2},
    [KIND_SERVICE] = {{"service"}, 1, SERVICE_SLOTS, SL_METRIC_SERIES_MAX / 4},
    [KIND_MODEL] = {{"gen_ai_provider_name", "gen_ai_request_model"},
                    2,
                    MODEL_SLOTS,
                    SL_METRIC_SERIES_MAX / 4 - 1},
    [KIND_GLOBAL] = {{NULL}, 0, GLOBAL_SLOTS, 1},
};
static_assert(SL_METRIC_SERIES_MAX < UINT16_MAX, "the index has 16 bits");

struct metric_row {
    enum kind kind;
    enum shape shape;
    unsigned scale;
    size_t at;
    const char *name, *help;
};

static const struct metric_row metrics[] = {
#define ROUTE(ID, shape, scale, name, help) {KIND_ROUTE, SHAPE_##shape, scale, AT_##ID, name, help},
#define SERVICE(ID, shape, scale, name, help) \
    {KIND_SERVICE, SHAPE_##shape, scale, AT_##ID, name, help},
#define MODEL(ID, shape, scale, name, help) {KIND_MODEL, SHAPE_##shape, scale, AT_##ID, name, help},
#define GLOBAL(ID, shape, scale, name, help) \
    {KIND_GLOBAL, SHAPE_##shape, scale, AT_##ID, name, help},
#include "gate/metric.def"
};

struct label {
    uint8_t n;
    char p[LABEL_BYTES];
};

/* Written once, before the table's count says that it is there. */
struct series {
    struct label labels[LABELS_MAX];
};

struct table {
    struct series *series;
    _Atomic uint64_t *slots; /* kinds[].slots for each series; the writer adds, anybody reads */
    _Atomic uint32_t count;  /* released by the writer when a series is whole; readers acquire */
    uint16_t *index;         /* the writer's: place in `series`, 0: free */
    size_t index_mask;
};

struct sl_metrics {
    struct table tables[KIND_COUNT];
    _Atomic uint64_t finished; /* the writer adds, anybody reads, relaxed */
};

/* ---- the writer ---- */

static void table_init(struct table *t, const struct kind_row *k)
{
    size_t index = 2;
    while (index < 2 * k->series_max)
        index *= 2;
    t->series = sl_new_array(struct series, k->series_max);
    t->slots = sl_calloc(k->series_max * k->slots, sizeof(*t->slots));
    t->index = sl_new_array(uint16_t, index);
    t->index_mask = index - 1;
    for (size_t i = 0; i < k->label_count; i++) {
        t->series[0].labels[i].n = 5;
        memcpy(t->series[0].labels[i].p, "other", 5);
    }
    atomic_init(&t->count, 1);
}

struct sl_metrics *sl_metrics_new(void)
{
    struct sl_metrics *m = sl_new(struct sl_metrics);
    for (size_t i = 0; i < KIND_COUNT; i++)
        table_init(&m->tables[i], &kinds[i]);
    return m;
}

void sl_metrics_free(struct sl_metrics *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        sl_free(m->tables[i].series);
        sl_free(m->tables[i].slots);
        sl_free(m->tables[i].index);
    }
    sl_free(m);
}

static sl_str label_str(const struct label *l)
{
    return (sl_str){l->p, l->n};
}

static bool series_is(const struct series *s, const sl_str *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!sl_str_eq(label_str(&s->labels[i]), labels[i]))
            return false;
    }
    return true;
}

/* The seed is where the table is: nobody outside knows that. */
static uint64_t hash_labels(const struct table *t, const sl_str *labels, size_t n)
{
    uint64_t hash = (uintptr_t)t;
    for (size_t i = 0; i < n; i++)
        hash = sl_hash_seeded(labels[i].p, labels[i].n, hash);
    return hash;
}

static size_t add_series(struct table *t, const struct kind_row *k, const sl_str *labels)
{
    uint32_t at = atomic_load_explicit(&t->count, memory_order_relaxed);
    if (at == k->series_max)
        return 0;
    for (size_t i = 0; i < k->label_count; i++) {
        t->series[at].labels[i].n = (uint8_t)labels[i].n;
        if (labels[i].n != 0)
            memcpy(t->series[at].labels[i].p, labels[i].p, labels[i].n);
    }
    atomic_store_explicit(&t->count, at + 1, memory_order_release); /* pairs with collect_table */
    return at;
}

/* The series of these labels, made if there is room, else "other"; its slots. */
static _Atomic uint64_t *series_of(struct sl_metrics *m, enum kind kind, const sl_str *wanted)
{
    struct table *t = &m->tables[kind];
    const struct kind_row *k = &kinds[kind];
    sl_str labels[LABELS_MAX] = {{0}};
    for (size_t i = 0; i < k->label_count; i++)
        labels[i] = sl_str_head(wanted[i], LABEL_BYTES);
    size_t at = hash_labels(t, labels, k->label_count) & t->index_mask;
    for (; t->index[at] != 0; at = (at + 1) & t->index_mask) {
        if (series_is(&t->series[t->index[at]], labels, k->label_count))
            return t->slots + t->index[at] * k->slots;
    }
    t->index[at] = (uint16_t)add_series(t, k, labels);
    return t->slots + t->index[at] * k->slots;
}

/* One writer, so a load and a store do; relaxed, as no other memory hangs on a count. */
static void add(_Atomic uint64_t *slot, uint64_t by)
{
    uint64_t v = atomic_load_explicit(slot, memory_order_relaxed);
    atomic_store_explicit(slot, v + by, memory_order_relaxed);
}

/* What a peer or a bug made negative counts as nothing: counters never go down. */
static void add_signed(_Atomic uint64_t *slot, int64_t by)
{
    if (by > 0)
        add(slot, (uint64_t)by);
}

static void observe(_Atomic uint64_t *slots, enum shape shape, int64_t value_us)
{
    uint64_t v = (uint64_t)SL_MAX(value_us, 0);
    size_t i = 0;
    while (i < BOUNDS && v > bounds[shape][i])
        i++;
    add(&slots[i], 1);
    add(&slots[BOUNDS + 1], v);
}

static void count_route(struct sl_metrics *m, const struct sl_record *r)
{
    _Atomic uint64_t *s = series_of(m, KIND_ROUTE, (const sl_str[]){r->service, r->route});
    size_t class_ = r->status / 100 < STATUS_CLASSES ? r->status / 100 : 0;
    add(&s[AT_REQUESTS + class_ * OUTCOMES + r->outcome], 1);
    add(&s[AT_ANSWER_CHECKS + r->answer_check], r->answer_check != SL_ANSWER_UNASKED);
}

/* Attempts at another target than the one before: only AI requests have several. */
static size_t fallbacks(const struct sl_record *r)
{
    size_t n = 0;
    for (size_t i = 1; i < r->attempt_count && r->is_ai; i++)
        n += !sl_str_eq(r->attempts[i].target, r->attempts[i - 1].target);
    return n;
}

static void count_service(struct sl_metrics *m, const struct sl_record *r)
{
    _Atomic uint64_t *s = series_of(m, KIND_SERVICE, &r->service);
    observe(s + AT_DURATION, SHAPE_HTTP_TIME, r->took_us);
    add(&s[AT_REQUEST_BYTES], r->request_bytes);
    add(&s[AT_RESPONSE_BYTES], r->response_bytes);
    add(&s[AT_CANCELLED], r->outcome == SL_OUTCOME_CANCELLED);
    if (r->attempt_count == 0)
        return;
    observe(s + AT_UPSTREAM, SHAPE_HTTP_TIME, r->upstream_us);
    add(&s[AT_ATTEMPTS], r->attempt_count);
    add(&s[AT_RETRIES], r->attempt_count - 1 - fallbacks(r));
}

static void count_waste(_Atomic uint64_t *s, const struct sl_record *r)
{
    for (size_t i = 0; i < r->attempt_count; i++) {
        add_signed(&s[AT_AI_WASTED], r->attempts[i].wasted_nusd);
        if (r->attempts[i].usage != NULL)
            add_signed(&s[AT_AI_WASTED_TOKENS], sl_ai_usage_total(r->attempts[i].usage));
    }
}

static void count_model(struct sl_metrics *m, const struct sl_record *r)
{
    if (!r->is_ai || r->model.n == 0)
        return;
    _Atomic uint64_t *s = series_of(m, KIND_MODEL, (const sl_str[]){r->vendor, r->model});
    observe(s + AT_AI_DURATION, SHAPE_AI_TIME, r->took_us);
    if (r->is_stream && r->first_byte_us > 0)
        observe(s + AT_AI_FIRST, SHAPE_FIRST_TOKEN, r->first_byte_us);
    for (size_t i = 0; i < SL_AI_BUCKET_COUNT; i++)
        add_signed(&s[AT_AI_TOKENS + i], r->usage.tokens[i]);
    add_signed(&s[AT_AI_COST], r->cost_nusd);
    add(&s[AT_AI_COST_UNKNOWN], r->cost_nusd < 0);
    add(&s[AT_AI_FALLBACKS], fallbacks(r));
    count_waste(s, r);
}

void sl_metrics_record(struct sl_metrics *m, const struct sl_record *r)
{
    count_route(m, r);
    count_service(m, r);
    count_model(m, r);
    add(&m->finished, 1);
    if (r->rc != SL_OK)
        add(&series_of(m, KIND_GLOBAL, NULL)[AT_FAILURES + (size_t)-r->rc - 1], 1);
}

/* ---- the reader ---- */

uint64_t sl_metrics_finished(const struct sl_metrics *m)
{
    return atomic_load_explicit(&m->finished, memory_order_relaxed);
}

struct sum {
    const struct series *series; /* the first worker's that has it */
    uint64_t *slots;
};

/* One kind of all workers: sums, in the order of their labels. */
struct sums {
    struct sl_map by_key;
    struct sl_arena *arena;
    struct sum *all;
    size_t n;
};

static sl_str key_of(const struct series *s, size_t labels, struct sl_arena *a)
{
    struct sl_strbuf b;
    sl_strbuf_init(&b, a, 0);
    for (size_t i = 0; i < labels; i++) {
        sl_strbuf_add_char(&b, (char)s->labels[i].n); /* so that no two sets are one */
        sl_strbuf_add(&b, label_str(&s->labels[i]));
    }
    return sl_strbuf_str(&b);
}

static struct sum *sum_of(struct sums *sums, const struct kind_row *k, const struct series *s)
{
    sl_str key = key_of(s, k->label_count, sums->arena);
    struct sum *sum = sl_map_get(&sums->by_key, key);
    if (sum != NULL)
        return sum;
    sum = &sums->all[sums->n++];
    *sum = (struct sum){.series = s, .slots = sl_arena_array(sums->arena, uint64_t, k->slots)};
    (void)sl_map_put(&sums->by_key, key, sum); /* there was none */
    return sum;
}

static void collect_table(struct sums *sums, const struct kind_row *k, const struct table *t)
{
    size_t n = atomic_load_explicit(&t->count, memory_order_acquire); /* pairs with add_series */
    for (size_t i = 0; i < n; i++) {
        struct sum *sum = sum_of(sums, k, &t->series[i]);
        for (size_t slot = 0; slot < k->slots; slot++)
            sum->slots[slot] +=
                atomic_load_explicit(&t->slots[i * k->slots + slot], memory_order_relaxed);
    }
}

static int by_labels(const void *a, const void *b)
{
    const struct series *x = ((const struct sum *)a)->series, *y = ((const struct sum *)b)->series;
    int order = 0;
    for (size_t i = 0; i < LABELS_MAX && order == 0; i++)
        order = sl_str_cmp(label_str(&x->labels[i]), label_str(&y->labels[i]));
    return order;
}

static void collect(struct sums *sums, enum kind kind, struct sl_metrics *const *all, size_t n)
{
    sums->arena = sl_arena_new("metrics", SIZE_MAX);
    sl_map_init(&sums->by_key, sums->arena, (uintptr_t)sums);
    sums->all = sl_arena_array(sums->arena, struct sum, n * kinds[kind].series_max + 1);
    for (size_t i = 0; i < n; i++)
        collect_table(sums, &kinds[kind], &all[i]->tables[kind]);
    qsort(sums->all, sums->n, sizeof(*sums->all), by_labels);
}

/* Exposition format 0.0.4: backslash, quote and line end are escaped. */
static void put_value_text(struct sl_strbuf *out, sl_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' || c == '"' || c == '\n')
            sl_strbuf_add_char(out, '\\');
        sl_strbuf_add_char(out, c == '\n' ? 'n' : c);
    }
}

/* v / 10^scale, exactly. */
static void put_scaled(struct sl_strbuf *out, uint64_t v, unsigned scale)
{
    char digits[24];
    size_t n = 0;
    uint64_t unit = 1;
    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    sl_strbuf_add_u64(out, v / unit);
    for (uint64_t rest = v % unit; rest != 0; rest %= unit) {
        unit /= 10;
        digits[n++] = (char)('0' + rest / unit);
    }
    if (n == 0)
        return;
    sl_strbuf_add_char(out, '.');
    sl_strbuf_add(out, (sl_str){digits, n});
}

/* A sample's name and labels up to the last: "name{a="1",b="2"". */
struct sample {
    struct sl_strbuf *out;
    bool has_label;
};

static void put_label(struct sample *s, const char *name, sl_str value)
{
    sl_strbuf_add_char(s->out, s->has_label ? ',' : '{');
    s->has_label = true;
    sl_strbuf_add(s->out, sl_cstr(name));
    sl_strbuf_add(s->out, SL_STR("=\""));
    put_value_text(s->out, value);
    sl_strbuf_add_char(s->out, '"');
}

static struct sample begin_sample(struct sl_strbuf *out, const struct metric_row *m,
                                  const char *suffix, const struct series *series)
{
    struct sample s = {.out = out};
    sl_strbuf_add(out, sl_cstr(m->name));
    sl_strbuf_add(out, sl_cstr(suffix));
    for (size_t i = 0; i < kinds[m->kind].label_count; i++)
        put_label(&s, kinds[m->kind].labels[i], label_str(&series->labels[i]));
    return s;
}

static void end_sample(struct sample *s, uint64_t value, unsigned scale)
{
    sl_strbuf_add(s->out, s->has_label ? SL_STR("} ") : SL_STR(" "));
    put_scaled(s->out, value, scale);
    sl_strbuf_add_char(s->out, '\n');
}

static void write_histogram(const struct metric_row *m, const struct sum *sum,
                            struct sl_strbuf *out)
{
    const uint64_t *slots = sum->slots + m->at;
    uint64_t count = 0;
    for (size_t i = 0; i <= BOUNDS; i++) {
        struct sl_strbuf le = {0};
        if (i < BOUNDS)
            put_scaled(&le, bounds[m->shape][i], m->scale);
        count += slots[i];
        struct sample s = begin_sample(out, m, "_bucket", sum->series);
        put_label(&s, "le", i < BOUNDS ? sl_strbuf_str(&le) : SL_STR("+Inf"));
        end_sample(&s, count, 0);
        sl_strbuf_fini(&le);
    }
    struct sample s = begin_sample(out, m, "_sum", sum->series);
    end_sample(&s, slots[BOUNDS + 1], m->scale);
    s = begin_sample(out, m, "_count", sum->series);
    end_sample(&s, count, 0);
}

static const char *const outcome_names[OUTCOMES] = {
    [SL_OUTCOME_OK] = "ok",
    [SL_OUTCOME_CLIENT_ERROR] = "client_error",
    [SL_OUTCOME_UPSTREAM_ERROR] = "upstream_error",
    [SL_OUTCOME_GATEWAY_ERROR] = "gateway_error",
    [SL_OUTCOME_CANCELLED] = "cancelled",
};
static const char *const class_names[STATUS_CLASSES] = {"0", "1xx", "2xx", "3xx", "4xx", "5xx"};
static const char *const check_names[SL_ANSWER_CHECK_COUNT] = {
    [SL_ANSWER_UNASKED] = "unasked",
    [SL_ANSWER_FITS] = "fits",
    [SL_ANSWER_FAULTY] = "faulty",
    [SL_ANSWER_UNCHECKED] = "unchecked",
};
static const char *const token_names[] = {
#define X(ID, name, side, fallback, text) #name,
#include "ai/usage_bucket.def"
#undef X
};

static void put_own_labels(struct sample *s, enum shape shape, size_t slot)
{
    switch (shape) {
    case SHAPE_OUTCOMES:
        put_label(s, "status_class", sl_cstr(class_names[slot / OUTCOMES]));
        put_label(s, "outcome", sl_cstr(outcome_names[slot % OUTCOMES]));
        return;
    case SHAPE_CHECKS:
        put_label(s, "result", sl_cstr(check_names[slot]));
        return;
    case SHAPE_TOKENS:
        put_label(s, "gen_ai_token_type", sl_cstr(token_names[slot]));
        return;
    case SHAPE_REASONS:
        put_label(s, "reason", sl_cstr(sl_err_info(-(sl_rc)slot - 1)->label));
        return;
    case SHAPE_ONE:
    case SHAPE_HTTP_TIME:
    case SHAPE_AI_TIME:
    case SHAPE_FIRST_TOKEN:
        return;
    }
}

static size_t slots_of(enum shape shape)
{
    static const size_t slots[] = {
#define X(ID, slots, type) SLOTS_##ID,
#include "gate/metric_shape.def"
#undef X
    };
    return slots[shape];
}

/* What never happened has no sample. */
static void write_counters(const struct metric_row *m, const struct sum *sum, struct sl_strbuf *out)
{
    for (size_t i = 0; i < slots_of(m->shape); i++) {
        if (sum->slots[m->at + i] == 0)
            continue;
        struct sample s = begin_sample(out, m, "", sum->series);
        put_own_labels(&s, m->shape, i);
        end_sample(&s, sum->slots[m->at + i], m->scale);
    }
}

static bool has_counted(const struct metric_row *m, const struct sum *sum)
{
    for (size_t i = 0; i < slots_of(m->shape); i++) {
        if (sum->slots[m->at + i] != 0)
            return true;
    }
    return false;
}

static void write_head(struct sl_strbuf *out, const char *name, const char *help, const char *type)
{
    sl_strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_metric(const struct metric_row *m, const struct sums *sums, struct sl_strbuf *out)
{
    bool is_histogram = shape_types[m->shape] == HISTOGRAM;
    write_head(out, m->name, m->help, is_histogram ? "histogram" : "counter");
    for (size_t i = 0; i < sums->n; i++) {
        if (!is_histogram)
            write_counters(m, &sums->all[i], out);
        else if (has_counted(m, &sums->all[i]))
            write_histogram(m, &sums->all[i], out);
    }
}

static void write_gauge(const struct sl_gauge *g, struct sl_strbuf *out)
{
    bool has_labels = g->labels != NULL && g->labels[0] != '\0';
    sl_strbuf_addf(out, "%s%s%s%s %.15g\n", g->name, has_labels ? "{" : "",
                   has_labels ? g->labels : "", has_labels ? "}" : "", g->value);
}

void sl_metrics_write(struct sl_metrics *const *all, size_t n, const struct sl_gauge *gauges,
                      size_t gauge_count, struct sl_strbuf *out)
{
    struct sums sums[KIND_COUNT] = {{{0}}};
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        collect(&sums[kind], (enum kind)kind, all, n);
    for (size_t i = 0; i < SL_LEN(metrics); i++)
        write_metric(&metrics[i], &sums[metrics[i].kind], out);
    for (size_t i = 0; i < gauge_count; i++) {
        if (i == 0 || strcmp(gauges[i].name, gauges[i - 1].name) != 0)
            write_head(out, gauges[i].name, gauges[i].help, "gauge");
        write_gauge(&gauges[i], out);
    }
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        sl_arena_free(sums[kind].arena);
}
