/** The same request for people to copy: in a shell and in the languages that they write. No DOM in here. */
export interface Snippet {
  id: string;
  title: string;
  text: string;
}

export interface Sample {
  method: string;
  url: string;
  key: string; // shown as it is; a placeholder when there is none
  body?: unknown;
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

export function curl({ method, url, key, body }: Sample): string {
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quote(url)}`,
    ...(key === '' ? [] : [`  -H ${quote(`Authorization: Bearer ${key}`)}`]),
    ...(body === undefined ? [] : [`  -H 'Content-Type: application/json'`, `  -d ${quote(JSON.stringify(body))}`]),
  ].join(' \\\n');
}

function pythonRequest({ method, url, key, body }: Sample): string {
  return [
    'import requests\n',
    `answer = requests.request(`,
    `    ${JSON.stringify(method)},`,
    `    ${JSON.stringify(url)},`,
    ...(key === '' ? [] : [`    headers={"Authorization": ${JSON.stringify(`Bearer ${key}`)}},`]),
    ...(body === undefined ? [] : [`    json=${python(body, '    ')},`]),
    `)`,
    `answer.raise_for_status()`,
    `print(answer.json())`,
  ].join('\n');
}

function javascript({ method, url, key, body }: Sample): string {
  const headers = {
    ...(key === '' ? {} : { Authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  };
  return [
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    `  headers: ${indent(JSON.stringify(headers, null, 2), '  ')},`,
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indent(JSON.stringify(body, null, 2), '  ')}),`]),
    `});`,
    `if (!answer.ok) throw new Error(await answer.text());`,
    `console.log(await answer.json());`,
  ].join('\n');
}

function go({ method, url, key, body }: Sample): string {
  const text = body === undefined ? 'nil' : `strings.NewReader(${JSON.stringify(JSON.stringify(body))})`;
  return [
    `request, err := http.NewRequest(${JSON.stringify(method)}, ${JSON.stringify(url)}, ${text})`,
    `if err != nil {`,
    `\tlog.Fatal(err)`,
    `}`,
    ...(key === '' ? [] : [`request.Header.Set("Authorization", ${JSON.stringify(`Bearer ${key}`)})`]),
    ...(body === undefined ? [] : [`request.Header.Set("Content-Type", "application/json")`]),
    `answer, err := http.DefaultClient.Do(request)`,
    `if err != nil {`,
    `\tlog.Fatal(err)`,
    `}`,
    `defer answer.Body.Close()`,
    `io.Copy(os.Stdout, answer.Body)`,
  ].join('\n');
}

function java({ method, url, key, body }: Sample): string {
  const publisher =
    body === undefined
      ? 'HttpRequest.BodyPublishers.noBody()'
      : `HttpRequest.BodyPublishers.ofString(${JSON.stringify(JSON.stringify(body))})`;
  return [
    `var request = HttpRequest.newBuilder(URI.create(${JSON.stringify(url)}))`,
    ...(key === '' ? [] : [`    .header("Authorization", ${JSON.stringify(`Bearer ${key}`)})`]),
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
