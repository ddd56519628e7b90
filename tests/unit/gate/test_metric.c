#include "gate/metric.h"
#include "base/str.h"
#include "tests/test.h"

#include <stdio.h>

static struct sl_record request(sl_str service, sl_str route, uint16_t status, int64_t took_us)
{
    return (struct sl_record){
        .service = service, .route = route, .status = status, .took_us = took_us};
}

static struct sl_record ai_request(sl_str model)
{
    struct sl_record r = request(SL_STR("ai"), SL_STR("chat"), 200, 1500000);
    r.is_ai = r.is_stream = true;
    r.vendor = SL_STR("openai");
    r.model = model;
    r.first_byte_us = 30000;
    r.usage = (struct sl_ai_usage){
        .input = 120, .cache_read = 300, .output = 50, .source = SL_AI_USAGE_REPORTED};
    r.cost_nusd = 12500;
    return r;
}

static sl_str written(struct sl_metrics *m, struct sl_strbuf *b)
{
    sl_strbuf_clear(b);
    sl_metrics_write(&m, 1, NULL, 0, b);
    EXPECT(!b->is_full);
    return sl_strbuf_str(b);
}

static void expect_line(sl_str text, const char *line)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (sl_str_find_str(text, sl_cstr(whole)) == SIZE_MAX) {
        print_error("no line '%s' in:\n%.*s\n", line, SL_STRF(text));
        fail();
    }
}

static size_t count_of(sl_str text, sl_str needle)
{
    size_t n = 0, at;
    while ((at = sl_str_find_str(text, needle)) != SIZE_MAX) {
        text = sl_str_from(text, at + needle.n);
        n++;
    }
    return n;
}

TEST(metrics, count_answers_that_were_compared_with_a_description)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    struct sl_record r = request(SL_STR("pets"), SL_STR("read"), 200, 800);
    sl_metrics_record(m, &r);
    r.answer_check = SL_ANSWER_FAULTY;
    sl_metrics_record(m, &r);
    r.answer_check = SL_ANSWER_UNCHECKED;
    sl_metrics_record(m, &r);
    sl_str text = written(m, &b);
    expect_line(text, "sluice_response_validations_total{service=\"pets\",route=\"read\",result="
                      "\"faulty\"} 1");
    expect_line(text, "sluice_response_validations_total{service=\"pets\",route=\"read\",result="
                      "\"unchecked\"} 1");
    EXPECT_EQ(2, count_of(text, SL_STR("sluice_response_validations_total{")));
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, count_requests_by_service_route_status_and_outcome)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    struct sl_record ok = request(SL_STR("orders"), SL_STR("read"), 200, 800);
    struct sl_record refused = request(SL_STR("orders"), SL_STR("read"), 429, 90);
    refused.rc = SL_E_RATE_LIMITED;
    refused.outcome = SL_OUTCOME_CLIENT_ERROR;
    sl_metrics_record(m, &ok);
    sl_metrics_record(m, &ok);
    sl_metrics_record(m, &refused);
    sl_str text = written(m, &b);
    expect_line(text, "# TYPE sluice_requests_total counter");
    expect_line(text,
                "sluice_requests_total{service=\"orders\",route=\"read\",status_class=\"2xx\","
                "outcome=\"ok\"} 2");
    expect_line(text,
                "sluice_requests_total{service=\"orders\",route=\"read\",status_class=\"4xx\","
                "outcome=\"client_error\"} 1");
    expect_line(text, "sluice_failures_total{reason=\"rate_limited\"} 1");
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, have_cumulative_histograms_in_seconds)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    const int64_t took_us[] = {500, 501, 7000000, 100000000};
    for (size_t i = 0; i < SL_LEN(took_us); i++) {
        struct sl_record r = request(SL_STR("orders"), SL_STR("read"), 200, took_us[i]);
        sl_metrics_record(m, &r);
    }
    sl_str text = written(m, &b);
    expect_line(text, "sluice_request_duration_seconds_bucket{service=\"orders\",le=\"0.0005\"} 1");
    expect_line(text, "sluice_request_duration_seconds_bucket{service=\"orders\",le=\"0.001\"} 2");
    expect_line(text, "sluice_request_duration_seconds_bucket{service=\"orders\",le=\"2.5\"} 2");
    expect_line(text, "sluice_request_duration_seconds_bucket{service=\"orders\",le=\"10\"} 3");
    expect_line(text, "sluice_request_duration_seconds_bucket{service=\"orders\",le=\"+Inf\"} 4");
    expect_line(text, "sluice_request_duration_seconds_sum{service=\"orders\"} 107.001001");
    expect_line(text, "sluice_request_duration_seconds_count{service=\"orders\"} 4");
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, tell_of_tokens_and_money_by_model)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    struct sl_record r = ai_request(SL_STR("gpt-4o")), unknown = r;
    unknown.cost_nusd = -1;
    sl_metrics_record(m, &r);
    sl_metrics_record(m, &unknown);
    sl_str text = written(m, &b);
    const char *labels = "gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt-4o\"";
    const struct {
        const char *before, *after;
    } lines[] = {
        {"gen_ai_client_token_usage_total{", ",gen_ai_token_type=\"cache_read\"} 600"},
        {"gen_ai_client_token_usage_total{", ",gen_ai_token_type=\"output\"} 100"},
        {"gen_ai_client_operation_duration_seconds_bucket{", ",le=\"2.56\"} 2"},
        {"gen_ai_client_operation_duration_seconds_bucket{", ",le=\"1.28\"} 0"},
        {"gen_ai_server_time_to_first_token_seconds_sum{", "} 0.06"},
        {"sluice_ai_cost_usd_total{", "} 0.0000125"},
        {"sluice_ai_cost_unknown_total{", "} 1"},
    };
    for (size_t i = 0; i < SL_LEN(lines); i++) {
        char line[256];
        snprintf(line, sizeof(line), "%s%s%s", lines[i].before, labels, lines[i].after);
        expect_line(text, line);
    }
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, tell_retries_from_fallbacks_and_count_waste)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    struct sl_record r = ai_request(SL_STR("claude"));
    const struct sl_ai_usage wasted = {.output = 9, .source = SL_AI_USAGE_ESTIMATED};
    struct sl_record_attempt attempts[] = {
        {.target = SL_STR("openai/gpt-4o")},
        {.target = SL_STR("openai/gpt-4o"), .usage = &wasted, .wasted_nusd = 90},
        {.target = SL_STR("anthropic/claude")},
    };
    r.attempts = attempts;
    r.attempt_count = SL_LEN(attempts);
    sl_metrics_record(m, &r);
    sl_str text = written(m, &b);
    const char *labels = "gen_ai_provider_name=\"openai\",gen_ai_request_model=\"claude\"} ";
    char line[256];
    snprintf(line, sizeof(line), "sluice_ai_fallbacks_total{%s1", labels);
    expect_line(text, line);
    snprintf(line, sizeof(line), "sluice_ai_wasted_tokens_total{%s9", labels);
    expect_line(text, line);
    snprintf(line, sizeof(line), "sluice_ai_wasted_usd_total{%s0.00000009", labels);
    expect_line(text, line);
    expect_line(text, "sluice_upstream_attempts_total{service=\"ai\"} 3");
    expect_line(text, "sluice_upstream_retries_total{service=\"ai\"} 1");
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, of_several_workers_are_summed)
{
    struct sl_metrics *all[2] = {sl_metrics_new(), sl_metrics_new()};
    struct sl_strbuf b = {0};
    struct sl_record r = request(SL_STR("orders"), SL_STR("read"), 200, 800), other = r;
    other.service = SL_STR("billing");
    other.response_bytes = 10;
    sl_metrics_record(all[0], &r);
    sl_metrics_record(all[1], &other);
    sl_metrics_record(all[1], &r);
    sl_metrics_write(all, 2, NULL, 0, &b);
    expect_line(sl_strbuf_str(&b), "sluice_request_duration_seconds_count{service=\"orders\"} 2");
    expect_line(sl_strbuf_str(&b), "sluice_response_bytes_total{service=\"billing\"} 10");
    EXPECT_EQ(1, count_of(sl_strbuf_str(&b), SL_STR("# TYPE sluice_requests_total ")));
    sl_strbuf_fini(&b);
    sl_metrics_free(all[0]);
    sl_metrics_free(all[1]);
}

TEST(metrics, stay_bounded_under_a_million_random_model_names)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    for (int i = 0; i < 1000000; i++) {
        char name[24];
        int n = snprintf(name, sizeof(name), "model-%x", (unsigned)i * 2654435761u);
        struct sl_record r = ai_request((sl_str){name, (size_t)n});
        sl_metrics_record(m, &r);
    }
    sl_str text = written(m, &b);
    size_t series = count_of(text, SL_STR("\ngen_ai_client_token_usage_total{")) / 3;
    EXPECT(series <= SL_METRIC_SERIES_MAX / 4);
    char line[160];
    snprintf(line, sizeof(line),
             "sluice_ai_cost_usd_total{gen_ai_provider_name=\"other\","
             "gen_ai_request_model=\"other\"} %.10g",
             (double)(1000000 - (series - 1)) * 0.0000125);
    expect_line(text, line);
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, escape_label_values)
{
    struct sl_metrics *m = sl_metrics_new();
    struct sl_strbuf b = {0};
    struct sl_record r = request(SL_STR("a\"b\\c\nd"), SL_STR(""), 204, 1);
    sl_metrics_record(m, &r);
    expect_line(written(m, &b),
                "sluice_request_duration_seconds_count{service=\"a\\\"b\\\\c\\nd\"} 1");
    sl_strbuf_fini(&b);
    sl_metrics_free(m);
}

TEST(metrics, write_gauges_below_one_head_per_name)
{
    struct sl_strbuf b = {0};
    const struct sl_gauge gauges[] = {
        {"sluice_connections", "Open connections.", "worker=\"0\"", 3},
        {"sluice_connections", "Open connections.", "worker=\"1\"", 4},
        {"sluice_snapshot_version", "Configuration in use.", "", 17},
    };
    sl_metrics_write(NULL, 0, gauges, SL_LEN(gauges), &b);
    expect_line(sl_strbuf_str(&b), "sluice_connections{worker=\"1\"} 4");
    expect_line(sl_strbuf_str(&b), "sluice_snapshot_version 17");
    EXPECT_EQ(1, count_of(sl_strbuf_str(&b), SL_STR("# TYPE sluice_connections gauge")));
    sl_strbuf_fini(&b);
}

TEST(access_line, names_phases_as_the_exchange_does)
{
    static const char *const labels[] = {
#define X(name, label, text) label,
#include "gate/phase.def"
#undef X
    };
    for (size_t i = 0; i < SL_LEN(labels); i++) {
        struct sl_record r = {0};
        struct sl_strbuf b = {0};
        char want[64];
        r.phase_us[i] = 7;
        sl_record_json(&r, &b);
        snprintf(want, sizeof(want), "\"phases_us\":{\"%s\":7}}", labels[i]);
        EXPECT(sl_str_find_str(sl_strbuf_str(&b), sl_cstr(want)) != SIZE_MAX);
        sl_strbuf_fini(&b);
    }
}
