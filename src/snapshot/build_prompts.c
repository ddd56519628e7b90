/*
 * Prompts: variables, templates and outputs, compiled. Services of kind prompt publish them (build_rest.c).
 */
#include "ai/prompt.h"
#include "base/str.h"
#include "codec/json.h"
#include "snapshot/build_int.h"
#include "snapshot/build_path.h"

struct scope {
    struct sl_build *b;
    const struct sl_item *item;
    const struct sl_prompt_config *config;
    struct sl_ai_prompt *prompt;
    struct sl_ai_prompt_variable *variables;
};

static bool is_given(const struct scope *s, sl_str path, const char *member)
{
    const struct sl_node *at = sl_node_at(s->item->node, path);
    return sl_node_get(at, sl_cstr(member)) != NULL;
}

/* ------------------------------------------------------------------ variables */

static bool is_word(sl_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = sl_lower(name.p[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return name.n != 0;
}

static bool is_in_path(sl_str path, sl_str name)
{
    size_t at = 0;
    while ((at = sl_str_find(path, '{', at)) != SIZE_MAX) {
        sl_str rest = sl_str_from(path, at + 1);
        if (sl_str_eq(sl_str_head(rest, sl_str_find(rest, '}', 0)), name))
            return true;
        at++;
    }
    return false;
}

static void check_name(struct scope *s, sl_str path, const struct sl_ai_prompt_variable *v)
{
    sl_str place = sl_fmt(s->b->a, "%.*s.name", SL_STRF(path));
    if (!is_word(v->name))
        (void)sl_item_fail(s->b->d, s->item, place, "must have letters, digits and '_' only");
    if (s->config->stream && sl_str_eq(v->name, SL_STR("stream")))
        (void)sl_item_fail(s->b->d, s->item, place,
                           "is what callers ask for a stream with; choose another name");
    for (const struct sl_ai_prompt_variable *o = s->variables; o < v; o++)
        if (sl_str_eq(o->name, v->name))
            (void)sl_item_fail(s->b->d, s->item, place, "'%.*s' is a variable already",
                               SL_STRF(v->name));
}

static void build_variable(struct scope *s, size_t index, const struct sl_prompt_variable_config *c)
{
    struct sl_ai_prompt_variable *v = &s->variables[index];
    sl_str path = sl_fmt(s->b->a, "variables[%zu]", index);
    bool has_default = is_given(s, path, "default");
    *v = (struct sl_ai_prompt_variable){
        .name = c->name,
        .description = c->description,
        .example = c->example,
        .type = (enum sl_ai_prompt_type)c->type,
        .is_required = !c->optional && !has_default,
        .dflt = has_default ? sl_arena_dup(s->b->a, c->dflt) : (sl_str){0},
        .values = c->values,
        .has_min = is_given(s, path, "min"),
        .has_max = is_given(s, path, "max"),
        .min = c->min,
        .max = c->max,
        .is_in_path = is_in_path(s->prompt->path, c->name),
    };
    check_name(s, path, v);
    if (v->has_min && v->has_max && v->min > v->max)
        (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "%.*s.max", SL_STRF(path)),
                           "must not be less than 'min'");
}

/* What the configuration itself gives for a variable must be accepted, too. */
static void check_value(struct scope *s, const struct sl_ai_prompt_variable *v, const char *member,
                        sl_str text)
{
    struct sl_diag *d = sl_arena_new_of(s->b->a, struct sl_diag);
    struct sl_ai_prompt_variable one = *v;
    struct sl_ai_prompt_values values;
    one.dflt = (sl_str){0};
    one.name = SL_STR("value");
    struct sl_pair param = {one.name, (sl_str){0}};
    struct sl_strbuf encoded;
    const struct sl_ai_prompt prompt = {.variables = &one, .variable_count = 1};
    sl_strbuf_init(&encoded, s->b->a, 0);
    for (size_t i = 0; i < text.n; i++) /* every byte as an escape: it is to be read as it is */
        sl_strbuf_addf(&encoded, "%%%02x", (unsigned char)text.p[i]);
    param.value = sl_strbuf_str(&encoded);
    const struct sl_ai_prompt_input in = {.params = &param, .param_count = 1};
    sl_diag_init(d, s->b->a);
    if (sl_ai_prompt_read(&prompt, &in, s->b->a, &values, d) != SL_OK && d->count != 0)
        (void)sl_item_fail(s->b->d, s->item,
                           sl_fmt(s->b->a, "variables[%zu].%s", (size_t)(v - s->variables), member),
                           "%.*s", SL_STRF(d->problems[0].message));
}

static void check_values(struct scope *s)
{
    for (size_t i = 0; i < s->prompt->variable_count; i++) {
        const struct sl_ai_prompt_variable *v = &s->variables[i];
        if (v->dflt.p != NULL)
            check_value(s, v, "default", v->dflt);
        if (v->example.n != 0)
            check_value(s, v, "example", v->example);
    }
}

static void build_variables(struct scope *s)
{
    const struct sl_prompt_variable_config *configs = s->config->variables.v;
    s->variables = sl_arena_array(s->b->a, struct sl_ai_prompt_variable, s->config->variables.n);
    s->prompt->variables = s->variables;
    s->prompt->variable_count = s->config->variables.n;
    for (size_t i = 0; i < s->config->variables.n; i++)
        build_variable(s, i, &configs[i]);
    check_values(s);
}

/* Every segment in braces must be a variable. */
static void check_path(struct scope *s)
{
    struct sl_match_rule rule;
    sl_str path = s->prompt->path;
    size_t at = 0;
    if (!sl_path_build(s->b, s->item, SL_STR("path"), (sl_str){0}, path, &rule))
        return;
    if (rule.path_kind != SL_PATH_EXACT && rule.path_kind != SL_PATH_TEMPLATE)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("path"),
                           "must be one path, without '*' and '~'");
    while ((at = sl_str_find(path, '{', at)) != SIZE_MAX) {
        sl_str rest = sl_str_from(path, ++at);
        sl_str name = sl_str_head(rest, sl_str_find(rest, '}', 0));
        bool is_known = false;
        for (size_t i = 0; i < s->prompt->variable_count; i++)
            is_known |= sl_str_eq(s->variables[i].name, name);
        if (!is_known)
            (void)sl_item_fail(s->b->d, s->item, SL_STR("path"), "'{%.*s}' is no variable",
                               SL_STRF(name));
    }
}

/* ------------------------------------------------------------------ messages */

static void add_message(struct scope *s, struct sl_ai_prompt_message *all, const char *role,
                        sl_str path, sl_str text)
{
    static const struct sl_problem none = {0};
    struct sl_diag *d = sl_arena_new_of(s->b->a, struct sl_diag);
    struct sl_ai_prompt_message *m = &all[s->prompt->message_count++];
    m->role = sl_cstr(role);
    sl_diag_init(d, s->b->a);
    if (sl_ai_prompt_compile(text, s->variables, s->prompt->variable_count, "", s->b->a, m, d) !=
        SL_OK)
        (void)sl_item_fail(s->b->d, s->item, path, "%.*s",
                           SL_STRF((d->count != 0 ? &d->problems[0] : &none)->message));
}

static void build_messages(struct scope *s)
{
    static const char *const roles[] = {[SL_PROMPT_SYSTEM] = "system",
                                        [SL_PROMPT_USER] = "user",
                                        [SL_PROMPT_ASSISTANT] = "assistant"};
    const struct sl_prompt_config *c = s->config;
    const struct sl_prompt_message_config *configs = c->messages.v;
    struct sl_ai_prompt_message *all =
        sl_arena_array(s->b->a, struct sl_ai_prompt_message, c->messages.n + 2);
    if (c->messages.n == 0 && c->template.n == 0)
        (void)sl_item_fail(s->b->d, s->item, SL_STR(""),
                           "needs a 'template', or 'messages', for the model to answer");
    if (c->system.n != 0)
        add_message(s, all, "system", SL_STR("system"), c->system);
    for (size_t i = 0; i < c->messages.n; i++)
        add_message(s, all, roles[configs[i].role], sl_fmt(s->b->a, "messages[%zu].content", i),
                    configs[i].content);
    if (c->template.n != 0)
        add_message(s, all, "user", SL_STR("template"), c->template);
    s->prompt->messages = all;
}

/* ------------------------------------------------------------------ model, parameters, output */

/* A draft is compiled alone: without any account and model nothing can be said. */
static void check_model(struct scope *s)
{
    const struct sl_snapshot *snapshot = s->b->s;
    sl_str rest;
    if ((snapshot->model_route_count == 0 && snapshot->account_count == 0) ||
        sl_map_get(snapshot->models, s->config->model) != NULL ||
        sl_snapshot_account(snapshot, s->config->model, &rest) != NULL)
        return;
    sl_build_undefined(s->b, s->item, SL_STR("model"), "model", s->config->model, snapshot->models);
}

static sl_str json_of(struct scope *s, const struct sl_node *n)
{
    struct sl_strbuf b;
    struct sl_jsonw w;
    sl_strbuf_init(&b, s->b->a, 0);
    sl_jsonw_init(&w, &b);
    sl_json_write_node(n, &w);
    return sl_strbuf_str(&b);
}

static void build_parameters(struct scope *s)
{
    static const char *const ours[] = {"model",          "messages", "stream",
                                       "stream_options", "n",        "response_format"};
    const struct sl_node *n = s->config->parameters;
    if (n == NULL)
        return;
    if (n->kind != SL_NODE_MAP) {
        (void)sl_item_fail(s->b->d, s->item, SL_STR("parameters"),
                           "must be a map, such as {temperature: 0}");
        return;
    }
    for (size_t i = 0; i < SL_LEN(ours); i++)
        if (sl_node_get(n, sl_cstr(ours[i])) != NULL)
            (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "parameters.%s", ours[i]),
                               "is what the prompt says itself");
    sl_str json = json_of(s, n);
    s->prompt->parameters = sl_str_of(json.p + 1, json.n - 2); /* without the braces */
}

static void check_pointers(struct scope *s)
{
    const struct sl_pairs *map = &s->config->output.map;
    for (size_t i = 0; i < map->n; i++)
        if (map->v[i].value.n != 0 && map->v[i].value.p[0] != '/')
            (void)sl_item_fail(s->b->d, s->item,
                               sl_fmt(s->b->a, "output.map.%.*s", SL_STRF(map->v[i].name)),
                               "must be a JSON pointer, such as /mood");
}

static void build_check(struct scope *s, const struct sl_node *schema)
{
    struct sl_diag *d = sl_arena_new_of(s->b->a, struct sl_diag);
    sl_diag_init(d, s->b->a);
    struct sl_schema_set *set = sl_schema_set_new(NULL, s->b->a, d);
    if (sl_schema_add(set, schema, SL_STR("output.schema"), &s->prompt->output.check) == SL_OK &&
        sl_schema_set_end(set) == SL_OK)
        return;
    s->prompt->output.check = NULL;
    for (size_t i = 0; i < d->count; i++)
        (void)sl_item_fail(s->b->d, s->item, d->problems[i].path, "%.*s",
                           SL_STRF(d->problems[i].message));
    if (d->count == 0)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("output.schema"), "is no JSON Schema");
}

static void build_output(struct scope *s)
{
    const struct sl_prompt_output_config *c = &s->config->output;
    bool is_text = c->as == SL_PROMPT_OUTPUT_TEXT;
    s->prompt->output =
        (struct sl_ai_prompt_output){.is_text = is_text, .member = c->member, .map = c->map};
    check_pointers(s);
    if (c->schema == NULL) {
        if (c->map.n != 0)
            (void)sl_item_fail(s->b->d, s->item, SL_STR("output.map"), "needs a 'schema'");
        return;
    }
    if (c->schema->kind != SL_NODE_MAP) {
        (void)sl_item_fail(s->b->d, s->item, SL_STR("output.schema"), "must be a JSON Schema");
        return;
    }
    if (is_text)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("output.schema"), "is for 'as: json'");
    if (s->config->stream)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("stream"),
                           "is not for outputs with a schema, which are checked as a whole");
    s->prompt->output.schema = json_of(s, c->schema);
    build_check(s, c->schema);
}

static void build_methods(struct scope *s)
{
    const struct sl_strs *methods = &s->config->methods;
    for (size_t i = 0; i < methods->n; i++) {
        bool is_get = sl_str_eq(methods->v[i], SL_STR("GET"));
        bool is_post = sl_str_eq(methods->v[i], SL_STR("POST"));
        s->prompt->takes_get |= is_get;
        s->prompt->takes_post |= is_post;
        if (!is_get && !is_post)
            (void)sl_item_fail(s->b->d, s->item, sl_fmt(s->b->a, "methods[%zu]", i),
                               "must be GET or POST");
    }
    if (methods->n == 0)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("methods"), "must have GET or POST");
}

/* ------------------------------------------------------------------ prompts */

static void build_prompt(struct sl_build *b, const struct sl_item *item,
                         struct sl_ai_prompt *prompt)
{
    const struct sl_prompt_config *c = item->config;
    struct scope s = {.b = b, .item = item, .config = c, .prompt = prompt};
    *prompt = (struct sl_ai_prompt){
        .name = c->name,
        .version = c->version,
        .title = c->title,
        .description = c->description,
        .model = c->model,
        .may_stream = c->stream,
        .path = c->path.n != 0 ? c->path : sl_fmt(b->a, "/%.*s", SL_STRF(c->name)),
    };
    build_methods(&s);
    build_variables(&s);
    check_path(&s);
    build_messages(&s);
    check_model(&s);
    build_parameters(&s);
    build_output(&s);
}

/* ------------------------------------------------------------------ trials */

static const struct sl_ai_prompt_variable *find_variable(const struct sl_ai_prompt *p, sl_str name)
{
    for (size_t i = 0; i < p->variable_count; i++)
        if (sl_str_eq(p->variables[i].name, name))
            return &p->variables[i];
    return NULL;
}

/* Callers see one operation: what it takes must suit each that may be behind it. */
static const char *unlike(const struct sl_ai_prompt *live, const struct sl_ai_prompt *other,
                          sl_str *ret_name)
{
    if (live->may_stream && !other->may_stream)
        return "must stream, too";
    if (live->variable_count != other->variable_count)
        return "must have the same variables";
    for (size_t i = 0; i < live->variable_count; i++) {
        const struct sl_ai_prompt_variable *v = &live->variables[i];
        const struct sl_ai_prompt_variable *o = find_variable(other, v->name);
        *ret_name = v->name;
        if (o == NULL)
            return "must have the same variables; it lacks";
        if (o->type != v->type)
            return "must have the same variables; another type has";
        if (o->is_required && !v->is_required)
            return "must have the same variables; required is";
    }
    *ret_name = (sl_str){0};
    return NULL;
}

static void add_arm(struct scope *s, const struct sl_prompt_arm_config *c, sl_str place,
                    struct sl_ai_prompt_trial *trial, struct sl_ai_prompt_arm *arms)
{
    const struct sl_ai_prompt *other = sl_map_get(&s->b->prompts, c->prompt);
    sl_str name = {0};
    if (other == NULL)
        sl_build_undefined(s->b, s->item, place, "prompt", c->prompt, &s->b->prompts);
    if (other == NULL || other->name.n == 0) /* a bad one: told already */
        return;
    const char *why = other == s->prompt ? "is the prompt itself" : unlike(s->prompt, other, &name);
    if (why != NULL) {
        (void)sl_item_fail(s->b->d, s->item, place, name.n != 0 ? "%s '%.*s'" : "%s", why,
                           SL_STRF(name));
        return;
    }
    for (size_t i = 1; i < trial->arm_count; i++)
        if (arms[i].prompt == other)
            (void)sl_item_fail(s->b->d, s->item, place, "is there already");
    arms[trial->arm_count++] = (struct sl_ai_prompt_arm){other, c->prompt, (uint32_t)c->percent};
}

static void build_trial(struct scope *s, sl_str key)
{
    const struct sl_prompt_trial_config *c = &s->config->trial;
    const struct sl_prompt_arm_config *configs = c->arms.v;
    struct sl_ai_prompt_trial *trial = sl_arena_new_of(s->b->a, struct sl_ai_prompt_trial);
    struct sl_ai_prompt_arm *arms = sl_arena_array(s->b->a, struct sl_ai_prompt_arm, c->arms.n + 1);
    int64_t percent = 0;
    *trial = (struct sl_ai_prompt_trial){
        .arms = arms, .arm_count = 1, .is_random = c->by == SL_PROMPT_TRIAL_BY_CALL};
    for (size_t i = 0; i < c->arms.n; i++) {
        percent += configs[i].percent;
        add_arm(s, &configs[i], sl_fmt(s->b->a, "trial.arms[%zu].prompt", i), trial, arms);
    }
    enum { HUNDRED = 100 };
    if (percent > HUNDRED)
        (void)sl_item_fail(s->b->d, s->item, SL_STR("trial.arms"),
                           "must not have more than 100 percent together");
    arms[0] =
        (struct sl_ai_prompt_arm){s->prompt, key, (uint32_t)(HUNDRED - SL_MIN(percent, HUNDRED))};
    s->prompt->trial = trial;
}

/* When all prompts are there. */
static void build_trials(struct sl_build *b, const struct sl_map *names)
{
    size_t at = 0;
    sl_str name;
    void *value;
    while (sl_map_next(names, &at, &name, &value)) {
        const struct sl_item *item = value;
        const struct sl_prompt_config *c = item->config;
        struct scope s = {
            .b = b, .item = item, .config = c, .prompt = sl_map_get(&b->prompts, name)};
        if (!item->is_bad && c->trial.arms.n != 0)
            build_trial(&s, name);
    }
}

void sl_build_prompts(struct sl_build *b, const struct sl_items *items)
{
    struct sl_map names;
    size_t at = 0;
    sl_str name;
    void *value;
    sl_build_names(b, items, "version", &names);
    while (sl_map_next(&names, &at, &name, &value)) {
        const struct sl_item *item = value;
        struct sl_ai_prompt *prompt = sl_arena_new_of(b->a, struct sl_ai_prompt);
        if (!item->is_bad)
            build_prompt(b, item, prompt);
        (void)sl_map_put(&b->prompts, name, prompt); /* bad ones count as defined */
    }
    build_trials(b, &names);
}
