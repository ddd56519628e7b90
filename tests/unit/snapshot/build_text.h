/**
 * build_text: a snapshot from YAML in a test.
 */
#pragma once
#include "base/diag.h"
#include "snapshot/build.h"

/** What a build is made with and what came of it. */
struct built {
    struct sl_arena *a; /* of documents and problems */
    struct sl_diag *d;
    struct sl_state_registry *states;
    sl_rc rc;
    struct sl_snapshot *s; /* NULL when the build failed */
};

/** Types that the tests attach: "limit" (narrowest wins), "note" (all run), "tokens" (AI only), "cors". */
extern const struct sl_policy_type *const test_policy_types[];
struct test_limit_config {
    int64_t rate;
    sl_str identity; /* as compile() was told */
};

/** Build `yaml`, called "test.yaml"; several documents are separated as in files. */
struct built build_text(const char *yaml);
/** The same with the states of an earlier build, which keeps them. */
struct built build_text_again(const struct built *before, const char *yaml);
/** Gives everything back; states last, and only those that the build made itself. */
void built_free(struct built *t);

/** Is there a problem at exactly this line and column with this path, whose message has `part`? Prints them all when not. */
bool has_problem(const struct built *t, uint32_t line, uint32_t column, const char *path,
                 const char *part);
/** The same, wherever in the text. */
bool has_problem_at(const struct built *t, const char *path, const char *part);
