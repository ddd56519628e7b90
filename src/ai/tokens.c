#include "ai/tokens.h"

#include "base/num.h"
#include "base/str.h"
#include "codec/jsonrange.h"

enum {
    THOUSAND = 1000,
    MEDIA_TOKENS = 1000,  /* of one image, sound or file, whatever its size */
    PAYLOAD_BYTES = 1024, /* a string this long without any space is base64, not text */
    PROBE_BYTES = 256,    /* of it are looked at */
    SAMPLE_BYTES = 192,   /* of a string, when not every byte is looked at */
    SAMPLES_BYTES = 3072, /* of a value */
    HUMP = 1200,          /* a capital inside of a word begins another one */
    MIX = 900,            /* a letter right behind a digit: no word, but a new token */
};

/* ------------------------------------------------------------------ characters */

enum class {
#define X(ID, first, more) CLASS_##ID,
#include "ai/token_class.def"
#undef X
    CLASS_COUNT
};

enum {
#define X(ID, first, more) FIRST_##ID = (first), MORE_##ID = (more),
#include "ai/token_class.def"
#undef X
};

#define IS_LETTER(c) ((c) == CLASS_LETTER || (c) == CLASS_UPPER)
#define IS_IN_WORD(c) \
    (IS_LETTER(c) || (c) == CLASS_LATIN || (c) == CLASS_EASTERN || (c) == CLASS_MARKED)
#define COST_OF_LETTER(before, ID)                                       \
    ((before) == CLASS_DIGIT                                 ? MIX       \
     : CLASS_##ID == CLASS_UPPER && (before) == CLASS_LETTER ? HUMP      \
     : IS_IN_WORD(before)                                    ? MORE_##ID \
                                                             : FIRST_##ID)
#define COST(before, ID)                                                \
    [CLASS_##ID] = (before) == CLASS_##ID  ? MORE_##ID                  \
                   : IS_LETTER(CLASS_##ID) ? COST_OF_LETTER(before, ID) \
                                           : FIRST_##ID
#define COSTS_BEHIND(b)                                                                          \
    {                                                                                            \
        COST(b, LETTER), COST(b, UPPER), COST(b, DIGIT), COST(b, SPACE), COST(b, LINE),          \
            COST(b, PUNCT), COST(b, LATIN), COST(b, EASTERN), COST(b, GREEK), COST(b, CYRILLIC), \
            COST(b, SEMITIC), COST(b, INDIC), COST(b, MARKED), COST(b, SYMBOL), COST(b, KANA),   \
            COST(b, HAN), COST(b, HANGUL), COST(b, WIDE), COST(b, REST)                          \
    }

/* What a character costs behind one of each class, and at the beginning: looked up, for text takes turns no processor can foresee. */
static const uint16_t costs[CLASS_COUNT + 1][CLASS_COUNT] = {
#define X(ID, first, more) [CLASS_##ID] = COSTS_BEHIND(CLASS_##ID),
#include "ai/token_class.def"
#undef X
    [CLASS_COUNT] = COSTS_BEHIND(CLASS_COUNT),
};

/* By the first byte of a character in UTF-8. */
static const uint8_t classes[256] = {
    [0x00 ... 0x1f] = CLASS_LINE,
    [' '] = CLASS_SPACE,
    [0x21 ... 0x2f] = CLASS_PUNCT,
    ['0' ... '9'] = CLASS_DIGIT,
    [0x3a ... 0x40] = CLASS_PUNCT,
    ['A' ... 'Z'] = CLASS_UPPER,
    [0x5b ... 0x60] = CLASS_PUNCT,
    ['a' ... 'z'] = CLASS_LETTER,
    [0x7b ... 0x7f] = CLASS_PUNCT,
    [0x80 ... 0xbf] = CLASS_REST,
    [0xc0 ... 0xc3] = CLASS_LATIN,
    [0xc4 ... 0xcd] = CLASS_EASTERN,
    [0xce ... 0xcf] = CLASS_GREEK,
    [0xd0 ... 0xd4] = CLASS_CYRILLIC,
    [0xd5 ... 0xdf] = CLASS_SEMITIC,
    [0xe0] = CLASS_INDIC,
    [0xe1] = CLASS_MARKED,
    [0xe2] = CLASS_SYMBOL,
    [0xe3] = CLASS_KANA,
    [0xe4 ... 0xe9] = CLASS_HAN,
    [0xea ... 0xed] = CLASS_HANGUL,
    [0xee ... 0xef] = CLASS_SYMBOL,
    [0xf0 ... 0xff] = CLASS_WIDE,
};

/* Of a UTF-16 unit, as \u has it: the first byte that its UTF-8 would have. */
static enum class class_of_unit(uint32_t unit) {
    bool is_low_surrogate = unit >= 0xdc00 && unit < 0xe000;
    bool is_high_surrogate = unit >= 0xd800 && unit < 0xdc00;
    if (is_low_surrogate) return CLASS_REST;
    if (is_high_surrogate) return CLASS_WIDE;
    if (unit < 0x80) return (enum class)classes[unit];
    return (enum class)classes[unit < 0x800 ? 0xc0 | (unit >> 6) : 0xe0 | (unit >> 12)];
}

/* The class of the escape behind a backslash at `p`; *ret_n bytes stand behind it. */
static enum class class_of_escape(const char *p, const char *end, size_t *ret_n) {
    enum {UNIT_DIGITS = 4}; uint64_t unit; *ret_n = 1; if (p == end) *ret_n = 0;
    else if (*p == 'n' || *p == 't' || *p == 'r') return CLASS_LINE;
    else if (*p == 'u' && end - p > UNIT_DIGITS &&
             sl_num_hex((sl_str){p + 1, UNIT_DIGITS}, UINT16_MAX,
                        &unit)){ *ret_n = 1 + UNIT_DIGITS; return class_of_unit((uint32_t)unit);}
return CLASS_PUNCT;
}

/* Thousandths of a token; in JSON a backslash escapes. */
static uint64_t measure(sl_str text, bool is_json)
{
    const char *p = text.p, *end = text.p + text.n;
    enum class before = CLASS_COUNT;
    uint64_t sum = 0;
    while (p < end) {
        enum class c = (enum class)classes[(uint8_t)*p];
        if (*p++ == '\\' && is_json) {
            size_t n;
            c = class_of_escape(p, end, &n);
            p += n;
        }
        if (c == CLASS_REST)
            continue;
        sum += costs[before][c];
        before = c;
    }
    return sum;
}

static int64_t rounded_up(uint64_t thousandths)
{
    return (int64_t)((thousandths + THOUSAND - 1) / THOUSAND);
}

int64_t sl_ai_text_tokens(sl_str text)
{
    uint64_t sum = text.n != 0 ? measure(text, false) : 0;
    return text.n != 0 ? SL_MAX(rounded_up(sum), INT64_C(1)) : 0;
}

/* ------------------------------------------------------------------ JSON */

/* A part of the text stands for the whole of it. */
static void add_text(struct sl_ai_token_meter *m, sl_str s)
{
    size_t n = s.n;
    if (m->care == SL_AI_TOKENS_SAMPLED)
        n = m->looked < SAMPLES_BYTES ? SL_MIN(n, (size_t)SAMPLE_BYTES) : 0;
    m->looked += n;
    m->skipped += s.n - n;
    if (n != 0)
        m->sum += measure(sl_str_head(s, n), true);
}

static int64_t total(const struct sl_ai_token_meter *m)
{
    uint64_t sum = m->sum;
    if (m->skipped != 0 && m->looked != 0)
        sum += m->skipped * (m->sum / m->looked + 1);
    return sl_add_sat_i64(rounded_up(sum), (int64_t)(m->media * MEDIA_TOKENS));
}

static bool is_base64_char(char c)
{
    char low = sl_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '-' || c == '_' || c == '=' || c == '\\'; /* some escape the slash */
}

static bool is_payload(sl_str s)
{
    size_t comma;
    if (s.n < PAYLOAD_BYTES)
        return false;
    if (sl_str_istarts(s, SL_STR("data:")) &&
        (comma = sl_str_find(sl_str_head(s, PROBE_BYTES), ',', 0)) != SIZE_MAX)
        s = sl_str_from(s, comma + 1);
    s = sl_str_head(s, PROBE_BYTES);
    for (size_t i = 0; i < s.n; i++)
        if (!is_base64_char(s.p[i]))
            return false;
    return true;
}

/* Does a member with this name hold a medium? */
static bool is_media_name(sl_str s)
{
    switch (s.n) {
    case 6:
        return sl_str_eq(s, SL_STR("source"));
    case 7:
        return sl_str_eq(s, SL_STR("file_id"));
    case 8:
        return sl_str_eq(s, SL_STR("fileData"));
    case 9:
        return sl_str_eq(s, SL_STR("image_url")) || sl_str_eq(s, SL_STR("file_data"));
    case 10:
        return sl_str_eq(s, SL_STR("inlineData"));
    case 11:
        return sl_str_eq(s, SL_STR("input_audio")) || sl_str_eq(s, SL_STR("inline_data"));
    }
    return false;
}

void sl_ai_token_meter_name(struct sl_ai_token_meter *m, sl_str raw)
{
    m->has_strings = true;
    m->media += is_media_name(raw);
}

void sl_ai_token_meter_string(struct sl_ai_token_meter *m, sl_str raw)
{
    m->has_strings = true;
    if (!is_payload(raw))
        add_text(m, raw);
}

static bool is_name(const char *quote, const char *end)
{
    const char *p = quote + 1;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p < end && *p == ':';
}

/* A list of numbers is one of tokens. */
static void add_numbers(struct sl_ai_token_meter *m, sl_str json)
{
    const char *p = json.p, *end = json.p + json.n;
    bool has_any = false;
    for (; p < end && (p = memchr(p, ',', (size_t)(end - p))) != NULL; p++)
        m->sum += THOUSAND;
    for (size_t i = 0; i < json.n && !has_any; i++)
        has_any = json.p[i] >= '0' && json.p[i] <= '9';
    m->sum += has_any ? THOUSAND : 0;
}

int64_t sl_ai_token_meter_total(const struct sl_ai_token_meter *m, sl_str json)
{
    struct sl_ai_token_meter all = *m;
    if (!m->has_strings)
        add_numbers(&all, json);
    return total(&all);
}

int64_t sl_ai_json_tokens(sl_str json, enum sl_ai_token_care care)
{
    struct sl_ai_token_meter m = {.care = care};
    const char *p = json.p, *end = json.p + json.n;
    while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
        const char *q = sl_json_string_skip(p + 1, end) - 1; /* the closing quote */
        SL_ASSERT(q > p);                                    /* the text was accepted by a scan */
        sl_str s = {p + 1, (size_t)(q - p - 1)};
        if (is_name(q, end))
            sl_ai_token_meter_name(&m, s);
        else
            sl_ai_token_meter_string(&m, s);
        p = q + 1;
    }
    return sl_ai_token_meter_total(&m, json);
}

int64_t sl_ai_schema_tokens(sl_str json, enum sl_ai_token_care care)
{
    struct sl_ai_token_meter m = {.care = care};
    while (json.n != 0) { /* in pieces, of which the meter takes as many as it may */
        sl_str piece = sl_str_head(json, (size_t)SAMPLE_BYTES * 2);
        add_text(&m, piece);
        json = sl_str_from(json, piece.n);
    }
    return total(&m);
}
