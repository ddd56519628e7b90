/*
 * Operations compiled for those who check requests against them: parameters by place, bodies by media type. Only
 * where a policy wants it: schemas of hundreds of operations that nobody checks cost nothing.
 */
#include "base/str.h"
#include "codec/jsonschema.h"
#include "snapshot/build_int.h"

/* Positions of the parameters that are whole segments, as the matcher has them. */
static size_t position_of(sl_str path, sl_str name)
{
    size_t at = 0;
    sl_str segment;
    while (sl_str_split(&path, '/', &segment)) {
        bool is_param = segment.n > 2 && segment.p[0] == '{' && segment.p[segment.n - 1] == '}';
        if (is_param && sl_str_eq(sl_str_of(segment.p + 1, segment.n - 2), name))
            return at;
        at += is_param;
    }
    return SIZE_MAX;
}

static const struct sl_schema *add(struct sl_build *b, struct sl_schema_set *set,
                                   const struct sl_node *schema, sl_str path)
{
    const struct sl_schema *ret = NULL;
    if (schema == NULL || sl_schema_add(set, schema, path, &ret) != SL_OK)
        return NULL; /* the problem is in b->d */
    (void)b;
    return ret;
}

static void build_parameters(struct sl_build *b, struct sl_schema_set *set,
                             const struct sl_operation_config *c, sl_str place,
                             struct sl_operation *op)
{
    const struct sl_parameter_config *configs = c->parameters.v;
    struct sl_parameter *v = sl_arena_array(b->a, struct sl_parameter, c->parameters.n);
    for (size_t i = 0; i < c->parameters.n; i++) {
        const struct sl_parameter_config *p = &configs[i];
        sl_str path = sl_fmt(b->a, "%.*s.parameters[%zu].schema", SL_STRF(place), i);
        v[i] = (struct sl_parameter){
            .name = p->name,
            .place = (enum sl_parameter_place)p->in,
            .is_required = p->required,
            .is_exploded = p->explode,
            .schema = add(b, set, p->schema, path),
            .position = p->in == SL_IN_PATH ? position_of(c->path, p->name) : SIZE_MAX,
        };
    }
    op->parameters = v;
    op->parameter_count = c->parameters.n;
}

static sl_str lower(struct sl_arena *a, sl_str s)
{
    sl_str copy = sl_arena_dup(a, s);
    for (size_t i = 0; i < copy.n; i++)
        ((char *)copy.p)[i] = sl_lower(copy.p[i]);
    return copy;
}

static struct sl_bodies build_bodies(struct sl_build *b, struct sl_schema_set *set,
                                     const struct sl_node *content, sl_str place)
{
    struct sl_bodies bodies = {0};
    if (content == NULL || content->kind != SL_NODE_MAP)
        return bodies;
    struct sl_body *v = sl_arena_array(b->a, struct sl_body, content->child_count);
    for (const struct sl_node *n = content->children; n != NULL; n = n->next)
        v[bodies.n++] = (struct sl_body){
            .media_type =
                lower(b->a, sl_str_trim(sl_str_head(n->key, sl_str_find(n->key, ';', 0)))),
            .schema = add(b, set, n, sl_fmt(b->a, "%.*s.%.*s", SL_STRF(place), SL_STRF(n->key))),
        };
    bodies.v = v;
    return bodies;
}

static void build_responses(struct sl_build *b, struct sl_schema_set *set,
                            const struct sl_node *responses, sl_str place, struct sl_operation *op)
{
    if (responses == NULL || responses->kind != SL_NODE_MAP)
        return;
    struct sl_response *v = sl_arena_array(b->a, struct sl_response, responses->child_count);
    for (const struct sl_node *n = responses->children; n != NULL; n = n->next) {
        sl_str path = sl_fmt(b->a, "%.*s.responses.%.*s.content", SL_STRF(place), SL_STRF(n->key));
        v[op->response_count++] = (struct sl_response){
            .status = n->key,
            .bodies = build_bodies(b, set, sl_node_get(n, SL_STR("content")), path)};
    }
    op->responses = v;
}

const struct sl_operation *sl_build_operation(struct sl_build *b, struct sl_schema_set *set,
                                              const struct sl_operation_config *c, sl_str place)
{
    struct sl_operation *op = sl_arena_new_of(b->a, struct sl_operation);
    *op = (struct sl_operation){.id = c->id, .is_body_required = c->request.required};
    build_parameters(b, set, c, place, op);
    op->bodies = build_bodies(b, set, c->request.content,
                              sl_fmt(b->a, "%.*s.request.content", SL_STRF(place)));
    build_responses(b, set, c->responses, place, op);
    return op;
}
