/*
 * usage_write: disjoint counts back as the nested ones that clients know (U5, U7).
 */
#include "ai/answer_int.h"

#include "base/str.h"

void sl_ai_usage_write_openai(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    int64_t writes = u->cache_write_5m + u->cache_write_1h;

    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("prompt_tokens"), sl_ai_usage_prompt_total(u));
    sl_jsonw_key_i64(w, SL_STR("completion_tokens"), sl_ai_usage_completion_total(u));
    sl_jsonw_key_i64(w, SL_STR("total_tokens"), sl_ai_usage_total(u));
    sl_jsonw_key(w, SL_STR("prompt_tokens_details"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("cached_tokens"), u->cache_read);
    if (writes != 0)
        sl_jsonw_key_i64(w, SL_STR("cache_write_tokens"), writes);
    sl_jsonw_key_i64(w, SL_STR("audio_tokens"), u->input_audio);
    sl_jsonw_end(w);
    sl_jsonw_key(w, SL_STR("completion_tokens_details"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("reasoning_tokens"), u->reasoning);
    sl_jsonw_key_i64(w, SL_STR("audio_tokens"), u->output_audio);
    sl_jsonw_end(w);
    sl_jsonw_end(w);
}

void sl_ai_usage_write_responses(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("input_tokens"), sl_ai_usage_prompt_total(u));
    sl_jsonw_key(w, SL_STR("input_tokens_details"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("cached_tokens"), u->cache_read);
    sl_jsonw_key_i64(w, SL_STR("cache_write_tokens"), u->cache_write_5m + u->cache_write_1h);
    sl_jsonw_end(w);
    sl_jsonw_key_i64(w, SL_STR("output_tokens"), sl_ai_usage_completion_total(u));
    sl_jsonw_key(w, SL_STR("output_tokens_details"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("reasoning_tokens"), u->reasoning);
    sl_jsonw_end(w);
    sl_jsonw_key_i64(w, SL_STR("total_tokens"), sl_ai_usage_total(u));
    sl_jsonw_end(w);
}

static void write_gemini_detail(struct sl_jsonw *w, const char *modality, int64_t tokens)
{
    if (tokens == 0)
        return;
    sl_jsonw_object(w);
    sl_jsonw_key_str(w, SL_STR("modality"), sl_cstr(modality));
    sl_jsonw_key_i64(w, SL_STR("tokenCount"), tokens);
    sl_jsonw_end(w);
}

/* Told only where there is more than text. */
static void write_gemini_details(struct sl_jsonw *w, const char *name, int64_t text, int64_t audio,
                                 int64_t image)
{
    if (audio == 0 && image == 0)
        return;
    sl_jsonw_key(w, sl_cstr(name));
    sl_jsonw_array(w);
    write_gemini_detail(w, "TEXT", text);
    write_gemini_detail(w, "AUDIO", audio);
    write_gemini_detail(w, "IMAGE", image);
    sl_jsonw_end(w);
}

/* Thoughts are not among the candidates' tokens there, but in the total. */
void sl_ai_usage_write_gemini(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    int64_t prompt = sl_ai_usage_prompt_total(u);
    int64_t visible = sl_ai_usage_completion_total(u) - u->reasoning;

    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("promptTokenCount"), prompt);
    if (u->cache_read != 0)
        sl_jsonw_key_i64(w, SL_STR("cachedContentTokenCount"), u->cache_read);
    sl_jsonw_key_i64(w, SL_STR("candidatesTokenCount"), visible);
    if (u->reasoning != 0)
        sl_jsonw_key_i64(w, SL_STR("thoughtsTokenCount"), u->reasoning);
    sl_jsonw_key_i64(w, SL_STR("totalTokenCount"), sl_ai_usage_total(u));
    write_gemini_details(w, "promptTokensDetails", prompt - u->input_audio - u->input_image,
                         u->input_audio, u->input_image);
    write_gemini_details(w, "candidatesTokensDetails", visible - u->output_audio - u->output_image,
                         u->output_audio, u->output_image);
    sl_jsonw_end(w);
}

void sl_ai_usage_write_anthropic(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    int64_t cached = u->cache_read + u->cache_write_5m + u->cache_write_1h;

    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("input_tokens"), sl_ai_usage_prompt_total(u) - cached);
    sl_jsonw_key_i64(w, SL_STR("cache_creation_input_tokens"),
                     u->cache_write_5m + u->cache_write_1h);
    sl_jsonw_key_i64(w, SL_STR("cache_read_input_tokens"), u->cache_read);
    if (u->cache_write_1h != 0) {
        sl_jsonw_key(w, SL_STR("cache_creation"));
        sl_jsonw_object(w);
        sl_jsonw_key_i64(w, SL_STR("ephemeral_5m_input_tokens"), u->cache_write_5m);
        sl_jsonw_key_i64(w, SL_STR("ephemeral_1h_input_tokens"), u->cache_write_1h);
        sl_jsonw_end(w);
    }
    sl_jsonw_key_i64(w, SL_STR("output_tokens"), sl_ai_usage_completion_total(u));
    if (u->reasoning != 0) {
        sl_jsonw_key(w, SL_STR("output_tokens_details"));
        sl_jsonw_object(w);
        sl_jsonw_key_i64(w, SL_STR("thinking_tokens"), u->reasoning);
        sl_jsonw_end(w);
    }
    if (u->searches != 0) {
        sl_jsonw_key(w, SL_STR("server_tool_use"));
        sl_jsonw_object(w);
        sl_jsonw_key_i64(w, SL_STR("web_search_requests"), u->searches);
        sl_jsonw_end(w);
    }
    sl_jsonw_end(w);
}

/* What was cached is not billed there, and not among the billed. */
void sl_ai_usage_write_cohere(struct sl_jsonw *w, const struct sl_ai_usage *u)
{
    int64_t prompt = sl_ai_usage_prompt_total(u), completion = sl_ai_usage_completion_total(u);

    sl_jsonw_object(w);
    sl_jsonw_key(w, SL_STR("billed_units"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("input_tokens"), prompt - u->cache_read);
    sl_jsonw_key_i64(w, SL_STR("output_tokens"), completion);
    if (u->searches != 0)
        sl_jsonw_key_i64(w, SL_STR("search_units"), u->searches);
    sl_jsonw_end(w);
    sl_jsonw_key(w, SL_STR("tokens"));
    sl_jsonw_object(w);
    sl_jsonw_key_i64(w, SL_STR("input_tokens"), prompt);
    sl_jsonw_key_i64(w, SL_STR("output_tokens"), completion);
    sl_jsonw_end(w);
    if (u->cache_read != 0)
        sl_jsonw_key_i64(w, SL_STR("cached_tokens"), u->cache_read);
    sl_jsonw_end(w);
}
