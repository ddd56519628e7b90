/** The same request for people to copy: in a shell and in the languages that they write. No DOM in here. */
import { type Language, plainKey, type Proof, type Proven, proven, type Request } from './proofs.ts';

export interface Snippet {
  id: string;
  title: string;
  text: string;
}

export interface Sample extends Request {
  key: string; // shown as it is; a placeholder when there is none
  proof?: Proof; // of another kind than a key that is sent as Bearer
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const indent = (text: string, by: string): string => text.replaceAll('\n', `\n${by}`);

/** JSON as Python has it; keys and texts are the same, the three words are not. */
export function python(value: unknown, by = ''): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${by}    `;
  const lines = Array.isArray(value)
    ? value.map((item) => `${inner}${python(item, inner)},`)
    : Object.entries(value as object).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${python(item, inner)},`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join('\n')}\n${by}${close}`;
}

function provenOf(language: Language, { key, proof, ...request }: Sample): Proven {
  return proven(language, proof ?? { taken: plainKey, id: '', secret: key }, request);
}

export function curl(sample: Sample): string {
  const { method, url, body, proof } = sample;
  const by = provenOf('curl', sample);
  const command = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quote(url)}`,
    ...(proof?.taken.type === 'basic' ? [`  -u ${quote(`${proof.id}:${proof.secret}`)}`] : []),
    ...by.headers.map(([, text]) => `  -H ${text}`),
    ...(body === undefined ? [] : [`  -H 'Content-Type: application/json'`, `  -d ${by.body ?? quote(JSON.stringify(body))}`]),
  ].join(' \\\n');
  return [...by.before, command].join('\n');
}

function pythonRequest(sample: Sample): string {
  const { method, url, body } = sample;
  const by = provenOf('python', sample);
  const headers = [...by.headers, ...(by.body === undefined ? [] : [['Content-Type', '"application/json"']])].map(([name, text]) => `${JSON.stringify(name)}: ${text}`);
  return [
    ...by.imports,
    'import requests\n',
    ...by.before,
    `answer = requests.request(`,
    `    ${JSON.stringify(method)},`,
    `    ${JSON.stringify(url)},`,
    ...(headers.length < 2 ? headers.map((h) => `    headers={${h}},`) : ['    headers={', ...headers.map((h) => `        ${h},`), '    },']),
    ...(by.body !== undefined ? [`    data=${by.body}.encode(),`] : body === undefined ? [] : [`    json=${python(body, '    ')},`]),
    `)`,
    `answer.raise_for_status()`,
    `print(answer.text)`,
  ].join('\n');
}

function javascript(sample: Sample): string {
  const { method, url, body } = sample;
  const by = provenOf('javascript', sample);
  const headers = [...by.headers, ...(body === undefined ? [] : [['Content-Type', '"application/json"']])].map(([name, text]) => `    ${JSON.stringify(name)}: ${text},`);
  return [
    ...by.imports,
    ...(by.imports.length === 0 ? [] : ['']),
    ...by.before,
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    ...(headers.length === 0 ? [] : ['  headers: {', ...headers, '  },']),
    ...(body === undefined ? [] : [`  body: ${by.body ?? `JSON.stringify(${indent(JSON.stringify(body, null, 2), '  ')})`},`]),
    `});`,
    `if (!answer.ok) throw new Error(await answer.text());`,
    `console.log(await answer.text());`,
  ].join('\n');
}

function go(sample: Sample): string {
  const { method, url, body } = sample;
  const by = provenOf('go', sample);
  const text = body === undefined ? 'nil' : `strings.NewReader(${by.body ?? JSON.stringify(JSON.stringify(body))})`;
  return [
    ...(by.imports.length === 0 ? [] : [`// ${by.imports.join(', ')}`]),
    ...by.before,
    `request, err := http.NewRequest(${JSON.stringify(method)}, ${JSON.stringify(url)}, ${text})`,
    `if err != nil {`,
    `\tlog.Fatal(err)`,
    `}`,
    ...by.headers.map(([name, value]) => `request.Header.Set(${JSON.stringify(name)}, ${value})`),
    ...(body === undefined ? [] : [`request.Header.Set("Content-Type", "application/json")`]),
    `answer, err := http.DefaultClient.Do(request)`,
    `if err != nil {`,
    `\tlog.Fatal(err)`,
    `}`,
    `defer answer.Body.Close()`,
    `io.Copy(os.Stdout, answer.Body)`,
  ].join('\n');
}

function java(sample: Sample): string {
  const { method, url, body } = sample;
  const by = provenOf('java', sample);
  const publisher = body === undefined ? 'HttpRequest.BodyPublishers.noBody()' : `HttpRequest.BodyPublishers.ofString(${by.body ?? JSON.stringify(JSON.stringify(body))})`;
  return [
    ...by.before,
    `var request = HttpRequest.newBuilder(URI.create(${JSON.stringify(url)}))`,
    ...by.headers.map(([name, value]) => `    .header(${JSON.stringify(name)}, ${value})`),
    ...(body === undefined ? [] : [`    .header("Content-Type", "application/json")`]),
    `    .method(${JSON.stringify(method)}, ${publisher})`,
    `    .build();`,
    `var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());`,
    `System.out.println(answer.body());`,
  ].join('\n');
}

export function httpSnippets(sample: Sample): Snippet[] {
  return [
    { id: 'curl', title: 'curl', text: curl(sample) },
    { id: 'python', title: 'Python', text: pythonRequest(sample) },
    { id: 'javascript', title: 'JavaScript', text: javascript(sample) },
    { id: 'go', title: 'Go', text: go(sample) },
    { id: 'java', title: 'Java', text: java(sample) },
  ];
}

const shortened = (name: string, value: unknown): unknown =>
  name === 'url' && typeof value === 'string' && value.startsWith('data:') ? `${value.slice(0, 40)}...` : value;

/** A chat completion, with the SDKs that people have: only their address and key are ours. */
export function chatSnippets(address: string, key: string, body: Record<string, unknown>): Snippet[] {
  const short = JSON.parse(JSON.stringify(body, shortened)) as Record<string, unknown>;
  const isStream = short['stream'] === true;
  const members = Object.entries(short);
  const arguments_ = members.map(([name, value]) => `    ${name}=${python(value, '    ')},`).join('\n');
  return [
    { id: 'curl', title: 'curl', text: curl({ method: 'POST', url: `${address}/v1/chat/completions`, key, body: short }) },
    {
      id: 'python',
      title: 'Python',
      text: [
        'from openai import OpenAI\n',
        `client = OpenAI(base_url=${JSON.stringify(`${address}/v1`)}, api_key=${JSON.stringify(key)})`,
        `answer = client.chat.completions.create(\n${arguments_}\n)`,
        isStream
          ? 'for chunk in answer:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="")'
          : 'print(answer.choices[0].message.content)',
      ].join('\n'),
    },
    {
      id: 'typescript',
      title: 'TypeScript',
      text: [
        `import OpenAI from 'openai';\n`,
        `const client = new OpenAI({ baseURL: ${JSON.stringify(`${address}/v1`)}, apiKey: ${JSON.stringify(key)} });`,
        `const answer = await client.chat.completions.create(${JSON.stringify(short, null, 2)});`,
        isStream
          ? `for await (const chunk of answer) process.stdout.write(chunk.choices[0]?.delta.content ?? '');`
          : 'console.log(answer.choices[0].message.content);',
      ].join('\n'),
    },
  ];
}
