#include "control/apidoc.h"
#include "base/str.h"
#include "control/tree.h"
#include "tests/test.h"

struct reading {
    struct sl_arena *a;
    struct sl_diag d;
    struct sl_apidoc api;
    sl_rc rc;
};

static void begin(struct reading *r, sl_str text)
{
    const struct sl_node *tree = NULL;
    *r = (struct reading){.a = sl_arena_new("test", SL_MIB(512))};
    sl_diag_init(&r->d, r->a);
    r->rc = sl_apidoc_parse(text, r->a, &r->d, &tree);
    if (r->rc == SL_OK)
        r->rc = sl_apidoc_read(tree, r->a, &r->d, &r->api);
}

static void end(struct reading *r)
{
    sl_arena_free(r->a);
}

static sl_str json(struct reading *r, const struct sl_node *n)
{
    return sl_tree_json(n, r->a);
}

#define HEAD "openapi: 3.0.3\ninfo: {title: T, version: 2}\n"

TEST(apidoc, an_old_document_has_the_form_of_a_new_one)
{
    struct reading r;
    begin(&r, SL_STR("swagger: '2.0'\n"
                     "info: {title: Old, version: '1'}\n"
                     "host: api.example.com\n"
                     "basePath: /v1\n"
                     "schemes: [http]\n"
                     "consumes: [application/json, text/json]\n"
                     "paths:\n"
                     "  /a:\n"
                     "    parameters: [{name: x, in: query, type: array, items: {type: integer}}]\n"
                     "    post:\n"
                     "      operationId: addA\n"
                     "      parameters: [{name: b, in: body, required: true, schema: {$ref: "
                     "'#/definitions/A'}}]\n"
                     "      responses: {200: {description: ok, schema: {type: string}}}\n"
                     "  /f:\n"
                     "    put:\n"
                     "      operationId: putF\n"
                     "      consumes: [multipart/form-data]\n"
                     "      parameters: [{name: file, in: formData, type: file, required: true}]\n"
                     "      responses: {204: {description: ok}}\n"
                     "definitions: {A: {type: integer, minimum: 3, exclusiveMinimum: true}}\n"));
    EXPECT_EQ(SL_OK, r.rc);
    EXPECT_STR("Swagger 2.0", r.api.format);
    EXPECT_STR("http://api.example.com/v1", r.api.server);
    EXPECT_STR("{\"A\":{\"type\":\"integer\",\"exclusiveMinimum\":3}}", json(&r, r.api.schemas));
    EXPECT_STR(
        "[{\"id\":\"addA\",\"method\":\"POST\",\"path\":\"/a\",\"parameters\":[{\"name\":\"x\","
        "\"in\":\"query\",\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}],"
        "\"request\":{\"required\":true,\"content\":{\"application/json\":{\"$ref\":"
        "\"#/schemas/A\"},\"text/json\":{\"$ref\":\"#/schemas/A\"}}},\"responses\":{\"200\":{"
        "\"description\":\"ok\",\"content\":{\"application/json\":{\"type\":\"string\"}}}}},"
        "{\"id\":\"putF\",\"method\":\"PUT\",\"path\":\"/f\",\"request\":{\"required\":true,"
        "\"content\":{\"multipart/form-data\":{\"type\":\"object\",\"properties\":{\"file\":{"
        "\"type\":\"string\"}},\"required\":[\"file\"]}}},\"responses\":{\"204\":{"
        "\"description\":\"ok\"}}}]",
        json(&r, r.api.operations));
    end(&r);
}

TEST(apidoc, nullable_and_exclusive_bounds_of_3_0_are_those_of_json_schema)
{
    struct reading r;
    begin(&r, SL_STR(HEAD
                     "servers: [{url: 'https://{r}.example.com/{v}', variables: {r: {default: eu}, "
                     "v: {default: v2}}}]\n"
                     "paths: {/a: {get: {operationId: a, responses: {}}}}\n"
                     "components: {schemas: {A: {type: string, nullable: true, example: x, x-y: 1},"
                     " B: {$ref: '#/components/schemas/A', description: lost},"
                     " C: {maximum: 5, exclusiveMaximum: false}}}\n"));
    EXPECT_EQ(SL_OK, r.rc);
    EXPECT_STR("2", r.api.version);
    EXPECT_STR("https://eu.example.com/v2", r.api.server);
    EXPECT_STR("{\"A\":{\"example\":\"x\",\"type\":[\"string\",\"null\"]},"
               "\"B\":{\"$ref\":\"#/schemas/A\"},\"C\":{\"maximum\":5}}",
               json(&r, r.api.schemas));
    end(&r);
}

TEST(apidoc, in_3_1_what_stands_beside_a_reference_counts)
{
    struct reading r;
    begin(
        &r,
        SL_STR("{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"get\":{}}},\"components\":{\"schemas\":"
               "{\"A\":{\"$ref\":\"#/components/schemas/B\",\"maxLength\":3},\"B\":{\"type\":"
               "\"string\"}}}}"));
    EXPECT_EQ(SL_OK, r.rc);
    EXPECT_STR("{\"A\":{\"$ref\":\"#/schemas/B\",\"maxLength\":3},\"B\":{\"type\":\"string\"}}",
               json(&r, r.api.schemas));
    EXPECT_EQ(2, r.api.warnings->child_count); /* no operationId, no responses */
    end(&r);
}

TEST(apidoc, a_parameter_of_the_operation_replaces_that_of_the_path)
{
    struct reading r;
    begin(&r, SL_STR(HEAD
                     "paths:\n"
                     "  /a/{id}:\n"
                     "    parameters: [{name: id, in: path, schema: {type: string}}, {name: n, in: "
                     "query}]\n"
                     "    get:\n"
                     "      operationId: a\n"
                     "      parameters: [{name: id, in: path, schema: {type: integer}}]\n"
                     "      responses: {}\n"));
    EXPECT_EQ(SL_OK, r.rc);
    const struct sl_node *p = sl_node_get(r.api.operations->children, SL_STR("parameters"));
    EXPECT_STR(
        "[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"integer\"}},{"
        "\"name\":\"n\",\"in\":\"query\",\"explode\":true,\"schema\":{}}]",
        json(&r, p));
    end(&r);
}

TEST(apidoc, ids_are_made_unique_and_fit_for_names)
{
    struct reading r;
    begin(&r, SL_STR(HEAD "paths:\n"
                          "  /a: {get: {operationId: 'list things', responses: {}},"
                          " put: {operationId: 'list things', responses: {}}}\n"
                          "  /b/{id}: {get: {responses: {}}}\n"));
    EXPECT_EQ(SL_OK, r.rc);
    const struct sl_node *n = r.api.operations->children;
    EXPECT_STR("list_things", sl_tree_text(n, "id"));
    EXPECT_STR("list_things_2", sl_tree_text(n->next, "id"));
    EXPECT_STR("get_b_id_", sl_tree_text(n->next->next, "id"));
    EXPECT_EQ(3, r.api.warnings->child_count);
    end(&r);
}

TEST(apidoc, what_cannot_be_read_is_refused_with_its_place)
{
    static const struct {
        const char *text, *path, *message;
    } rows[] = {
        {"[]", "/", "must be an object"},
        {"a: 1", "/", "is no OpenAPI document: it has neither 'openapi' nor 'swagger'"},
        {"swagger: '1.2'", "/", "is of version '1.2'; 2.0, 3.0 and 3.1 are read"},
        {HEAD, "/", "has no 'paths', so there is nothing to serve"},
        {HEAD "paths: {}", "/paths", "has no operation, so there is nothing to serve"},
        {HEAD "paths: {a: {get: {}}}", "/paths/a",
         "a path begins with '/' and has at most 1024 bytes"},
        {HEAD "paths: {/a: {get: 1}}", "/paths/~1a/get",
         "must be an operation, which is an object"},
        {HEAD "paths: {/a: {get: {parameters: {}}}}", "/paths/~1a/get/parameters",
         "must be a list"},
        {HEAD "paths: {/a: {get: {parameters: [{in: query}]}}}", "/paths/~1a/get/parameters/0",
         "a parameter needs a 'name' of at most 200 bytes"},
        {HEAD "paths: {/a: {get: {parameters: [{name: a, in: body}]}}}",
         "/paths/~1a/get/parameters/0", "'in' must be path, query, header or cookie"},
        {HEAD "paths: {/a: {$ref: '#/paths/~1a'}}", "/paths/~1a",
         "refers in a circle, or over more than 16 steps"},
        {HEAD "paths: {/a: {get: {responses: {200: {$ref: 'x.yaml'}}}}}",
         "/paths/~1a/get/responses/200",
         "refers to 'x.yaml': only references inside of the document are followed; bundle it first"},
        {HEAD
         "paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/B'}}}",
         "/components/schemas/A", "refers to '#/components/schemas/B', which is not there"},
        {HEAD
         "paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/A'}}}",
         "/components/schemas/A", "refers in a circle, or over more than 16 steps"},
        {HEAD "paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {allOf: {}}}}",
         "/components/schemas/A/allOf", "must be a list of schemas"},
        {HEAD "paths: {/a: {get: {}}}\ncomponents: {schemas: {A: {items: {$ref: '#/paths'}}}}",
         "/components/schemas/A/items",
         "must lead to a named schema (#/components/schemas/NAME), not to '#/paths'"},
    };
    for (size_t i = 0; i < SL_LEN(rows); i++) {
        struct reading r;
        begin(&r, sl_cstr(rows[i].text));
        EXPECT_EQ(SL_E_INVALID, r.rc);
        EXPECT_STR(rows[i].path, r.d.problems[0].path);
        EXPECT_STR(rows[i].message, r.d.problems[0].message);
        end(&r);
    }
}

/* A body of a thousand values, for thirty media types, in a hundred operations. */
TEST(apidoc, references_cannot_make_it_grow_without_end)
{
    struct reading r;
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR("swagger: '2.0'\nconsumes: ["));
    for (int i = 0; i < 30; i++)
        sl_strbuf_addf(&b, "a/b%d, ", i);
    sl_strbuf_add(&b, SL_STR("c/d]\nparameters: {B: {name: b, in: body, schema: {enum: ["));
    for (int i = 0; i < 1000; i++)
        sl_strbuf_addf(&b, "%d, ", i);
    sl_strbuf_add(&b, SL_STR("1000]}}}\npaths:\n"));
    for (int i = 0; i < 100; i++)
        sl_strbuf_addf(&b, "  /p%d: {get: {parameters: [{$ref: '#/parameters/B'}]}}\n", i);
    begin(&r, sl_strbuf_str(&b));
    EXPECT_EQ(SL_E_INVALID, r.rc);
    EXPECT(sl_str_find_str(r.d.problems[0].message, SL_STR("more than 400000 values")) != SIZE_MAX);
    end(&r);
    sl_strbuf_fini(&b);
}

TEST(apidoc, too_many_operations_and_too_large_texts_are_refused)
{
    struct reading r;
    struct sl_strbuf b = {0};
    sl_strbuf_add(&b, SL_STR(HEAD "paths:\n"));
    for (int i = 0; i <= SL_APIDOC_OPERATIONS_MAX; i++)
        sl_strbuf_addf(&b, "  /p%d: {get: {operationId: o%d}}\n", i, i);
    begin(&r, sl_strbuf_str(&b));
    EXPECT_EQ(SL_E_INVALID, r.rc);
    EXPECT_STR("/paths/~1p2000/get", r.d.problems[0].path);
    end(&r);
    while (b.n <= SL_APIDOC_BYTES_MAX)
        sl_strbuf_add(&b, SL_STR("# nothing of interest, but much of it, in a line of its own\n"));
    begin(&r, sl_strbuf_str(&b));
    EXPECT_STR("is larger than 8 MiB", r.d.problems[0].message);
    end(&r);
    sl_strbuf_fini(&b);
}
