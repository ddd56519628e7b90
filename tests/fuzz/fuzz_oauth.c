/* Credentials and the answers of token endpoints: any bytes. The first byte says which of the two. */
#include "ai/oauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sl_arena *a = sl_arena_new("fuzz", SL_MIB(1));
    sl_str text = {(const char *)data + (n != 0), n - (n != 0)};
    struct sl_ai_oauth c;
    const char *why;
    if (n != 0 && data[0] % 2 == 0) {
        struct sl_ai_oauth_answer r = sl_ai_oauth_read((uint16_t)(200 + data[0]), text, a);
        SL_ASSERT((r.token.n == 0) == (r.error.n != 0));
        SL_ASSERT(r.error.n <= SL_AI_OAUTH_ERROR_BYTES_MAX);
    } else if (sl_ai_oauth_parse(text, a, &c, &why)) {
        SL_ASSERT(c.name.n != 0 && c.url.n != 0);
        (void)sl_ai_oauth_form(&c, 1700000000, a);
    }
    sl_arena_free(a);
    return 0;
}
