/**
 * validate_int: what the halves of the policy `validate` share: its settings, what was found, media types.
 */
#pragma once
#include "codec/jsonschema.h"
#include "codec/jsonw.h"
#include "policy/policy_int.h"

enum sl_validate_mode { SL_VALIDATE_REFUSE, SL_VALIDATE_REPORT, SL_VALIDATE_OFF };

struct sl_validate_config {
    int parameters, body, responses; /* enum sl_validate_mode */
    bool unknown_queries;
    uint64_t body_max;
};

/** What was found: a list of JSON objects. */
struct sl_findings {
    struct sl_exchange *x;
    struct sl_strbuf out;
    struct sl_jsonw w;
    size_t n;
};

void sl_findings_begin(struct sl_findings *f, struct sl_exchange *x);
/** `name` may be empty; `pointer` too: the whole of it. */
void sl_findings_add(struct sl_findings *f, sl_str place, sl_str name, sl_str pointer,
                     sl_str detail);
/**
 * Add what of `json` does not keep to the schema (NULL: all does). Values are put into `a`; SL_E_LIMIT when
 * there are too many of them for it, or they are nested too deeply: that is a finding too.
 */
sl_rc sl_findings_check(struct sl_findings *f, const struct sl_schema *schema, sl_str json,
                        sl_str place, sl_str name, struct sl_arena *a);
/** The list, and nothing more is added; empty when it has become too long. */
sl_str sl_findings_end(struct sl_findings *f);
/** Tell the caller in `x-sluice-validation`, behind what is there. */
void sl_validate_tell(struct sl_exchange *x, sl_str text);

/** The media type alone, in lower case. */
sl_str sl_media_essence(struct sl_exchange *x, sl_str type);
/** The very type, else a range that it is in: "text/" and a star, or two stars. NULL: neither. */
const struct sl_body *sl_media_find(const struct sl_bodies *all, sl_str type);
bool sl_media_is_json(sl_str type);
/** Is a body with these fields in no coding, such as gzip? */
bool sl_media_is_plain(const struct sl_headers *h);

/* validate_answer.c */

/** As sl_policy_type has it. */
uint64_t sl_validate_answer_bytes(struct sl_exchange *x, const void *config);
enum sl_verdict sl_validate_answer(struct sl_exchange *x, const struct sl_validate_config *c);
