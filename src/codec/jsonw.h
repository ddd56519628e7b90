/**
 * jsonw: write JSON into a strbuf, piece by piece; commas and quotes come by themselves.
 *
 *     struct sl_jsonw w;
 *     sl_jsonw_init(&w, &buf);
 *     sl_jsonw_object(&w);
 *     sl_jsonw_key(&w, SL_STR("model"));
 *     sl_jsonw_str(&w, model);
 *     sl_jsonw_end(&w);
 *
 * The output is compact and always valid: control characters are escaped, other valid UTF-8 is kept
 * as it is, and each ill-formed part of a text becomes U+FFFD. With `spelled`, long texts of a document that was
 * read stand as they stood there. The order of calls is asserted, as is
 * the depth (SL_JSONW_DEPTH_MAX): what is written is decided by us, never by a peer. A strbuf at its
 * limit drops everything: test is_full once at the end. Owned by one thread; nothing to free.
 */
#pragma once
#include "base/strbuf.h"

/* As deep as the deepest text that codec/jsonscan accepts, and a little around it. */
enum { SL_JSONW_DEPTH_MAX = 1024 + 64 };

/** Long texts of a document that was read, and how they stood there: what is written again need not be escaped again. */
struct sl_json_spellings {
    size_t n;
    struct sl_json_spelling {
        sl_str text, raw; /* raw: the JSON string, with its quotes */
    } v[];
};

enum { SL_JSONW_LONG_BYTES = 128 }; /* shorter texts are not looked for among those */

struct sl_jsonw {
    struct sl_strbuf *out; /* borrowed */
    uint32_t depth;
    bool has_items; /* of the innermost container: the next one needs a comma */
    bool has_key;   /* a value must follow */
    uint64_t
        objects[SL_JSONW_DEPTH_MAX / 64 + 1]; /* bit d: the container at depth d is an object */
    const struct sl_json_spellings
        *spelled;      /* borrowed; set it after init. Texts are known by their address */
    size_t spelled_at; /* the next one, most likely */
};

void sl_jsonw_init(struct sl_jsonw *w, struct sl_strbuf *out);

void sl_jsonw_object(struct sl_jsonw *w);
void sl_jsonw_array(struct sl_jsonw *w);
/** Close the innermost object or array. */
void sl_jsonw_end(struct sl_jsonw *w);
/** The name of the next member. */
void sl_jsonw_key(struct sl_jsonw *w, sl_str name);

void sl_jsonw_str(struct sl_jsonw *w, sl_str text);
void sl_jsonw_i64(struct sl_jsonw *w, int64_t v);
void sl_jsonw_u64(struct sl_jsonw *w, uint64_t v);
void sl_jsonw_bool(struct sl_jsonw *w, bool v);
void sl_jsonw_null(struct sl_jsonw *w);
/** The exact decimal v / 10^scale, without trailing zeros: (-1250, 3) is -1.25. scale <= 18. */
void sl_jsonw_decimal(struct sl_jsonw *w, int64_t v, unsigned scale);
/** Text that is one valid JSON value already, such as a range of codec/jsonscan. Not checked. */
void sl_jsonw_raw(struct sl_jsonw *w, sl_str json);

/* A member in one call. */
void sl_jsonw_key_str(struct sl_jsonw *w, sl_str name, sl_str text);
void sl_jsonw_key_i64(struct sl_jsonw *w, sl_str name, int64_t v);
void sl_jsonw_key_bool(struct sl_jsonw *w, sl_str name, bool v);
void sl_jsonw_key_raw(struct sl_jsonw *w, sl_str name, sl_str json);

/** Append the inside of a JSON string, escaped, without quotes: for texts that come in pieces. */
void sl_jsonw_escape(struct sl_strbuf *out, sl_str text);
