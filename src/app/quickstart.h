/**
 * quickstart: the embedded defaults of `sluice serve --quickstart`: the demo vendor and the demo
 * service, and a real vendor's models when its key is in the environment or it answers on its usual
 * local port. The result is the text of an ordinary configuration file, to be printed and built on.
 */
#pragma once
#include "base/strbuf.h"

struct sl_quickstart {
    sl_str data_dir;                            /* in: kept data; made when absent */
    uint16_t demo_port;                         /* in */
    uint16_t port;                              /* in: of the gateway */
    char key[48];                               /* out: the API key of the consumer "quickstart" */
    bool has_openai, has_anthropic, has_ollama; /* out */
};

/**
 * The key is made on the first run and kept in <data_dir>/quickstart.key (mode 0600), so that
 * the printed commands stay true. SL_E_IO with *ret_why naming what could not be written.
 */
sl_rc sl_quickstart_prepare(struct sl_quickstart *q, sl_str *ret_why,
                            struct sl_arena *a) SL_CHECKED;
/** The configuration as YAML. */
void sl_quickstart_config(const struct sl_quickstart *q, struct sl_strbuf *out);
/** What a newcomer sees: addresses and three commands that work as pasted. */
void sl_quickstart_greeting(const struct sl_quickstart *q, const char *program,
                            struct sl_strbuf *out);
