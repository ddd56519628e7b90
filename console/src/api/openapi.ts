/**
 * What there is to manage, read from the API's own description: every noun with its schema, verbs and
 * actions. A noun or a field that the server learns appears here without a change of this program.
 */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  example?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
  readOnly?: boolean;
  writeOnly?: boolean;
  additionalProperties?: boolean | Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  requestBody?: { content?: Record<string, { schema?: Schema }> };
  responses?: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}

export interface OpenApi {
  info: { title: string; version: string };
  paths: Record<string, Partial<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Operation>>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Action {
  name: string;
  summary: string;
  body: Schema | undefined;
}

export interface Noun {
  plural: string;
  summary: string;
  schema: Schema; // of what people write
  shown: Schema; // of what is answered
  verbs: ReadonlySet<'list' | 'get' | 'create' | 'replace' | 'patch' | 'delete'>;
  actions: Action[];
}

/** Follow references; a reference to nothing is an empty schema, which takes anything. */
export function resolve(doc: OpenApi, schema: Schema | undefined): Schema {
  let found = schema ?? {};
  for (let hops = 0; found.$ref !== undefined && hops < 16; hops++) {
    const name = found.$ref.split('/').at(-1) ?? '';
    found = doc.components?.schemas?.[name] ?? {};
  }
  const { allOf, ...own } = found;
  return allOf === undefined ? found : allOf.map((part) => resolve(doc, part)).reduce(merge, own);
}

function merge(a: Schema, b: Schema): Schema {
  return {
    ...a,
    ...b,
    properties: { ...a.properties, ...b.properties },
    required: [...(a.required ?? []), ...(b.required ?? [])],
  };
}

function jsonBody(doc: OpenApi, operation: Operation | undefined): Schema | undefined {
  const content = operation?.requestBody?.content;
  const schema = content?.['application/json']?.schema;
  return schema === undefined ? undefined : resolve(doc, schema);
}

function answerBody(doc: OpenApi, operation: Operation | undefined): Schema {
  for (const status of ['200', '201'])
    if (operation?.responses?.[status])
      return resolve(doc, operation.responses[status]?.content?.['application/json']?.schema);
  return {};
}

function verbsOf(doc: OpenApi, plural: string): Noun['verbs'] {
  const list = doc.paths[`/api/v1/${plural}`] ?? {};
  const one = doc.paths[`/api/v1/${plural}/{key}`] ?? {};
  const verbs = new Set<'list' | 'get' | 'create' | 'replace' | 'patch' | 'delete'>();
  if (list.get) verbs.add('list');
  if (list.post) verbs.add('create');
  if (one.get) verbs.add('get');
  if (one.put) verbs.add('replace');
  if (one.patch) verbs.add('patch');
  if (one.delete) verbs.add('delete');
  return verbs;
}

function actionsOf(doc: OpenApi, plural: string): Action[] {
  const prefix = `/api/v1/${plural}/{key}/`;
  return Object.entries(doc.paths)
    .filter(([path, operations]) => path.startsWith(prefix) && operations.post !== undefined)
    .map(([path, operations]) => ({
      name: path.slice(prefix.length),
      summary: operations.post?.summary ?? '',
      body: jsonBody(doc, operations.post),
    }));
}

export function nounsOf(doc: OpenApi): Noun[] {
  return Object.entries(doc.paths)
    .map(([path, operations]) => ({ match: /^\/api\/v1\/([a-z-]+)$/.exec(path), operations }))
    .filter(({ match }) => match !== null && doc.paths[`/api/v1/${match[1]}/{key}`] !== undefined)
    .map(({ match, operations }) => {
      const plural = match?.[1] ?? '';
      const one = doc.paths[`/api/v1/${plural}/{key}`] ?? {};
      const shown = answerBody(doc, one.get);
      const schema = jsonBody(doc, operations.post) ?? jsonBody(doc, one.put) ?? shown;
      return {
        plural,
        summary: (schema.description ?? operations.get?.summary ?? '').replaceAll('`', ''),
        schema,
        shown,
        verbs: verbsOf(doc, plural),
        actions: actionsOf(doc, plural),
      };
    });
}
