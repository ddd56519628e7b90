#include "control/lastgood.h"
#include "base/str.h"
#include "codec/json.h"
#include "control/sealedfile.h"
#include "control/tree.h"

static const char file_name[] = "last-good";

void sl_last_good_write(const struct sl_composed *composed, struct sl_strbuf *text)
{
    struct sl_jsonw w;
    sl_jsonw_init(&w, text);
    sl_tree_write(composed->document, &w);
}

sl_rc sl_last_good_save(struct sl_control *c, struct sl_strbuf *text)
{
    sl_rc rc = sl_sealed_file_save(c->vault, c->config.dir, file_name, sl_strbuf_str(text));
    if (text->p != NULL)
        explicit_bzero(text->p, text->n);
    sl_strbuf_clear(text);
    return rc;
}

static sl_rc parse(struct sl_composed *ret, sl_str clear, struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("last good resources", SL_MIB(2048));
    sl_rc rc = sl_json_to_node(sl_arena_dup(a, clear), SL_STR("last-good"), a, d, &ret->document);
    if (rc == SL_OK)
        ret->arena = a;
    else
        sl_arena_free(a);
    return rc;
}

sl_rc sl_last_good_load(const struct sl_control_config *config, struct sl_composed *ret,
                        struct sl_diag *d)
{
    struct sl_arena *a = sl_arena_new("last good", SL_KIB(64));
    struct sl_vault *vault = NULL;
    struct sl_strbuf clear = {0};
    const char *key = config->master_key_path != NULL ? config->master_key_path
                                                      : sl_fmt(a, "%s/master.key", config->dir).p;
    sl_rc rc = sl_vault_open(key, &vault, d);
    if (rc == SL_OK)
        rc = sl_sealed_file_load(vault, config->dir, file_name, &clear);
    if (rc == SL_OK)
        rc = parse(ret, sl_strbuf_str(&clear), d);
    sl_vault_free(vault);
    if (clear.p != NULL)
        explicit_bzero(clear.p, clear.n);
    sl_strbuf_fini(&clear);
    sl_arena_free(a);
    return rc;
}
