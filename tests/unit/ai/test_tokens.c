#include "ai/tokens.h"
#include "base/strbuf.h"
#include "tests/test.h"

/* What o200k_base, the encoding of GPT-4o and later, makes of each. */
struct known {
    int tokens;
    const char *text;
};

static const struct known close_to[] = {
    {56,
     "The gateway stands in front of a company's services and models. It decides which request may pass, what it may cost, and what happens when a vendor is away. Everything that a peer can grow has a limit, and each limit has a name and a test that reaches it."},
    {23,
     "Notwithstanding the aforementioned considerations, telecommunications infrastructure interoperability necessitates comprehensive standardization, internationalization and characterization of heterogeneous configurations."},
    {20, "Hi! Can you help me? I don't know what's wrong with my code... it worked yesterday :("},
    {92,
     "static size_t find(const struct map *m, sl_str key)\n{\n    uint64_t h = hash(key.p, key.n);\n    for (size_t i = h & m->mask;; i = (i + 1) & m->mask) {\n        if (m->slots[i].key == NULL)\n            return SIZE_MAX;\n        if (eq(m->slots[i].key, key))\n            return i;\n    }\n}\n"},
    {65,
     "def parse(path: str) -> dict[str, int]:\n    counts = {}\n    with open(path, encoding='utf-8') as f:\n        for line in f:\n            for word in line.split():\n                counts[word.lower()] = counts.get(word.lower(), 0) + 1\n    return counts\n"},
    {58,
     "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"description\":\"The city, such as Berlin\"},\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":14},\"unit\":{\"type\":\"string\",\"enum\":[\"celsius\",\"fahrenheit\"]}},\"required\":[\"city\"]}"},
    {60,
     "{\n  \"id\": \"ord_1029384756\",\n  \"items\": [\n    {\n      \"sku\": \"A-1001\",\n      \"quantity\": 3,\n      \"price\": 19.99\n    }\n  ],\n  \"total\": 59.97\n}"},
    {45, "2024-05-13 08:30:15 1234567890 3.14159265358979 42 0.001 1,000,000 +49 30 1234567"},
    {55, "7f8d2c4e-1b3a-4f5e-9c6d-0a1b2c3d4e5f 550e8400-e29b-41d4-a716-446655440000"},
    {30,
     "https://api.example.com/v1/orders/12345/items?limit=50&after=ord_987&expand[]=customer#section-2"},
    {57,
     "2026-11-26T22:47:38.123Z ERROR [worker-3] upstream timeout after 30000ms host=10.0.3.17:8443 request_id=01JDMX5T7Q9GZ attempts=3"},
    {39,
     "# Title\n\n- first item\n- second item with `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nmake run\n```\n"},
    {35, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {55,
     "SELECT u.id, u.name, COUNT(o.id) AS orders FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.created_at >= '2026-01-01' GROUP BY u.id, u.name ORDER BY orders DESC LIMIT 10;"},
    {45,
     "<div class=\"card\"><h2 id=\"title\">Hello</h2><p>Some <b>bold</b> text &amp; more.</p><img src=\"/a.png\" alt=\"\" /></div>"},
    {13, "!!! ??? ... --- *** /// === ((())) [[]] {{}}"},
    {9, "a        b\n\n\n\nc\t\t\td                                                    e"},
    {12, "Great job 👍🎉 see you 😀😀 later 🚀"},
    {38,
     "网关接收来自应用程序的请求，并将其转发给当前可用且价格最低的模型供应商。每个请求都会被记录下来，以便计算费用。"},
    {44,
     "ゲートウェイはアプリケーションからのリクエストを受け取り、現在利用可能なプロバイダーに転送します。すべての要求は記録されます。"},
};

static const struct known not_far[] = {
    {32,
     "Die Geschwindigkeitsbegrenzung gilt für alle Verbraucher, die über das Gateway auf die Schnittstellen zugreifen; Ausnahmen müssen schriftlich beantragt werden."},
    {23,
     "Le service répond aux requêtes des clients, même lorsque l'un des fournisseurs n'est pas disponible pendant quelques minutes."},
    {23,
     "El servidor devuelve un error cuando la petición no tiene los campos necesarios o cuando el presupuesto mensual se ha agotado."},
    {41,
     "Użytkownik może wysłać zapytanie do dowolnego modelu, a brama wybierze najtańszego dostawcę, który jest w tej chwili dostępny."},
    {27,
     "Шлюз принимает запросы от приложений и направляет их поставщику, который сейчас доступен и стоит дешевле остальных."},
    {29,
     "Шлюз приймає запити від застосунків і спрямовує їх до постачальника, який зараз доступний."},
    {29, "Η πύλη δέχεται αιτήματα από εφαρμογές και τα στέλνει στον πάροχο που είναι διαθέσιμος."},
    {28,
     "게이트웨이는 애플리케이션의 요청을 받아 현재 사용 가능한 공급자에게 전달합니다. 모든 요청은 기록됩니다."},
    {24, "تستقبل البوابة الطلبات من التطبيقات وترسلها إلى المزود المتاح حاليا بأقل سعر ممكن."},
    {27, "השער מקבל בקשות מיישומים ומעביר אותן לספק הזמין כעת במחיר הנמוך ביותר."},
    {23, "गेटवे अनुप्रयोगों से अनुरोध प्राप्त करता है और उन्हें उपलब्ध प्रदाता को भेजता है।"},
    {30, "เกตเวย์รับคำขอจากแอปพลิเคชันและส่งต่อไปยังผู้ให้บริการที่พร้อมใช้งาน"},
    {23,
     "Cổng nhận yêu cầu từ các ứng dụng và chuyển chúng đến nhà cung cấp hiện có với giá thấp nhất."},
    {28,
     "Ağ geçidi uygulamalardan gelen istekleri alır ve o anda kullanılabilir olan en ucuz sağlayıcıya iletir."},
    {58, "SGVsbG8gV29ybGQhIFRoaXMgaXMgYSB0ZXN0IG9mIGJhc2U2NCBlbmNvZGluZyB3aXRoIHNvbWUgdGV4dC4K"},
    {15, "getUserAccountSettings setHTTPResponseHeader MAX_BUFFER_SIZE parse_content_type_header"},
};

static void expect_within(const struct known *k, int per_cent_below, int per_cent_above)
{
    int64_t got = sl_ai_text_tokens(sl_cstr(k->text));
    if (got * 100 < k->tokens * (100 - per_cent_below) - 100 ||
        got * 100 > k->tokens * (100 + per_cent_above) + 100)
        fail_msg("%d tokens, estimated %lld: %s", k->tokens, (long long)got, k->text);
}

TEST(tokens, english_code_and_json_are_estimated_within_a_fifth)
{
    for (size_t i = 0; i < SL_LEN(close_to); i++)
        expect_within(&close_to[i], 20, 20);
}

TEST(tokens, other_languages_are_estimated_high_rather_than_low)
{
    for (size_t i = 0; i < SL_LEN(not_far); i++)
        expect_within(&not_far[i], 25, 60);
}

TEST(tokens, all_texts_together_are_estimated_within_a_tenth)
{
    int64_t known = 0, got = 0;
    for (size_t i = 0; i < SL_LEN(close_to); i++) {
        known += close_to[i].tokens;
        got += sl_ai_text_tokens(sl_cstr(close_to[i].text));
    }
    EXPECT(got * 10 >= known * 9 && got * 10 <= known * 11);
}

TEST(tokens, nothing_is_nothing_and_a_character_is_one)
{
    EXPECT_EQ(0, sl_ai_text_tokens((sl_str){0}));
    EXPECT_EQ(1, sl_ai_text_tokens(SL_STR("a")));
    EXPECT_EQ(1, sl_ai_text_tokens(SL_STR(" ")));
    EXPECT_EQ(1, sl_ai_text_tokens(SL_STR("\x80")));
    EXPECT(sl_ai_text_tokens(SL_STR("\xe4")) >= 1);
}

/* ------------------------------------------------------------------ JSON */

TEST(tokens, of_json_the_strings_count_and_names_do_not)
{
    int64_t text = sl_ai_text_tokens(SL_STR("What is the weather in Berlin today?"));
    EXPECT_EQ(text,
              sl_ai_json_tokens(SL_STR("{\"text\" : \"What is the weather in Berlin today?\"}"),
                                SL_AI_TOKENS_ALL));
    EXPECT_EQ(0, sl_ai_json_tokens(SL_STR("[]"), SL_AI_TOKENS_ALL));
    EXPECT_EQ(0, sl_ai_json_tokens(SL_STR("{\"a\":null}"), SL_AI_TOKENS_ALL));
}

TEST(tokens, an_escape_counts_as_what_it_stands_for)
{
    sl_str plain = SL_STR("\"\xe7\xbd\x91\xe5\x85\xb3 \xd0\x9f\xd1\x80 \xf0\x9f\x98\x80\"");
    sl_str escaped = SL_STR("\"\\u7f51\\u5173 \\u041f\\u0440 \\ud83d\\ude00\"");
    EXPECT_EQ(sl_ai_json_tokens(plain, SL_AI_TOKENS_ALL),
              sl_ai_json_tokens(escaped, SL_AI_TOKENS_ALL));
    EXPECT(sl_ai_json_tokens(SL_STR("\"\\u00\""), SL_AI_TOKENS_ALL) > 0);
    EXPECT(sl_ai_json_tokens(SL_STR("\"a\\"), SL_AI_TOKENS_ALL) > 0);
}

TEST(tokens, a_list_of_numbers_is_one_of_tokens)
{
    EXPECT_EQ(4, sl_ai_json_tokens(SL_STR("[1,22,333,4444]"), SL_AI_TOKENS_ALL));
    EXPECT_EQ(4, sl_ai_json_tokens(SL_STR("[[1,22],[333,4444]]"), SL_AI_TOKENS_ALL));
}

TEST(tokens, media_count_by_the_piece)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("[{\"source\":{\"data\":\""));
    for (int i = 0; i < 10000; i++)
        sl_strbuf_add(&b, SL_STR("iVBORw0K"));
    sl_strbuf_add(&b, SL_STR("\"}},{\"inlineData\":{}}]"));
    int64_t tokens = sl_ai_json_tokens(sl_strbuf_str(&b), SL_AI_TOKENS_ALL);
    EXPECT(tokens >= 2000 && tokens < 2050);
    sl_strbuf_fini(&b);
}

TEST(tokens, a_sample_says_what_all_of_it_says)
{
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("["));
    for (int i = 0; i < 500; i++)
        sl_strbuf_addf(&b, "%s{\"role\":\"user\",\"content\":\"%s %d. %s\"}", &","[i == 0],
                       close_to[0].text, i, close_to[2].text);
    sl_strbuf_add(&b, SL_STR("]"));
    int64_t all = sl_ai_json_tokens(sl_strbuf_str(&b), SL_AI_TOKENS_ALL);
    int64_t sample = sl_ai_json_tokens(sl_strbuf_str(&b), SL_AI_TOKENS_SAMPLED);
    EXPECT(sample * 10 >= all * 9 && sample * 10 <= all * 11);
    int64_t schema = sl_ai_schema_tokens(sl_strbuf_str(&b), SL_AI_TOKENS_ALL);
    int64_t part = sl_ai_schema_tokens(sl_strbuf_str(&b), SL_AI_TOKENS_SAMPLED);
    EXPECT(schema > all);
    EXPECT(part * 10 >= schema * 9 && part * 10 <= schema * 11);
    sl_strbuf_fini(&b);
}
