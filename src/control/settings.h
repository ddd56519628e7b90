/**
 * settings: what the operator has chosen for the whole installation, in the noun `settings` (one, `default`):
 * read from the store when it is used, so that a change takes effect at once, on every node; what is used all the time
 * (the level of the log, how long requests are kept) is looked up every SL_SETTINGS_LOOK_S.
 */
#pragma once
#include "base/field.h"
#include "store/store.h"

struct sl_control;

enum { SL_SETTINGS_LOOK_S = 5 };

struct sl_settings {
    sl_str name, title;
    sl_usec session_idle_us, session_max_us; /* since its last use; since it began */
    int64_t password_min;                    /* bytes */
    sl_usec backup_every_us;                 /* 0: never by itself */
    int64_t backup_keep;
    uint64_t backup_max_bytes; /* 0: no limit */
    sl_usec changelog_kept_us;
    sl_usec requests_kept_us;    /* 0: as the files say */
    uint64_t requests_max_bytes; /* 0: the same */
    int log_level;               /* 0: as the files say; else an enum sl_log_level, plus one */
    sl_usec audit_keep_us;       /* 0: as the files say */
};

extern const struct sl_field sl_settings_fields[];

/** What is not said there has its default; so has all while there is no such resource. SL_E_STORE. */
sl_rc sl_settings_read(struct sl_tx *tx, struct sl_arena *a, struct sl_settings *ret) SL_CHECKED;
/** Take the level of the log, and how long requests are kept. Every second or so, by one thread at a time. */
void sl_settings_tick(struct sl_control *c, int64_t now_us);
