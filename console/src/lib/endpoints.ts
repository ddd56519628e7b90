/**
 * The endpoints of a service of kind ai, by the SDKs that speak to them: only address and key are the gateway's.
 * No DOM in here. They follow the table `ai_operations` of the gateway, which a test holds them to.
 */
import { curl, type Snippet } from './snippets.ts';

export interface Endpoint {
  method: 'GET' | 'POST';
  path: string;
}

export interface Dialect {
  id: string;
  title: string;
  endpoints: Endpoint[];
  snippets: (address: string, key: string, model: string, text: string) => Snippet[];
}

const json = (value: unknown): string => JSON.stringify(value);
const post = (path: string): Endpoint => ({ method: 'POST', path });

/** The languages of all samples, in this order; the SDKs of some are for the first three only. */
function inAll(texts: [curl: string, python: string, javascript: string, go?: string, java?: string]): Snippet[] {
  const titles = ['curl', 'Python', 'JavaScript', 'Go', 'Java'];
  return texts.map((text = '', i) => ({ id: (titles[i] ?? '').toLowerCase(), title: titles[i] ?? '', text }));
}

function openai(address: string, key: string, model: string, text: string): Snippet[] {
  const base = json(`${address}/v1`);
  return inAll([
    curl({ method: 'POST', url: `${address}/v1/chat/completions`, key, body: { model, messages: [{ role: 'user', content: text }] } }),
    `from openai import OpenAI

client = OpenAI(base_url=${base}, api_key=${json(key)})
answer = client.chat.completions.create(
    model=${json(model)},
    messages=[{"role": "user", "content": ${json(text)}}],
)
print(answer.choices[0].message.content)`,
    `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: ${base}, apiKey: ${json(key)} });
const answer = await client.chat.completions.create({
  model: ${json(model)},
  messages: [{ role: 'user', content: ${json(text)} }],
});
console.log(answer.choices[0].message.content);`,
    `// github.com/openai/openai-go/v3 and its package option
client := openai.NewClient(option.WithBaseURL(${base}), option.WithAPIKey(${json(key)}))
answer, err := client.Chat.Completions.New(context.Background(), openai.ChatCompletionNewParams{
	Model:    ${json(model)},
	Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(${json(text)})},
})
if err != nil {
	log.Fatal(err)
}
fmt.Println(answer.Choices[0].Message.Content)`,
    `// com.openai:openai-java
OpenAIClient client = OpenAIOkHttpClient.builder()
    .baseUrl(${base})
    .apiKey(${json(key)})
    .build();
ChatCompletion answer = client.chat().completions().create(ChatCompletionCreateParams.builder()
    .model(${json(model)})
    .addUserMessage(${json(text)})
    .build());
answer.choices().get(0).message().content().ifPresent(System.out::println);`,
  ]);
}

function anthropic(address: string, key: string, model: string, text: string): Snippet[] {
  const base = json(address);
  return inAll([
    curl({ method: 'POST', url: `${address}/v1/messages`, key, body: { model, max_tokens: 1024, messages: [{ role: 'user', content: text }] } }),
    `from anthropic import Anthropic

client = Anthropic(base_url=${base}, api_key=${json(key)})
message = client.messages.create(
    model=${json(model)},
    max_tokens=1024,
    messages=[{"role": "user", "content": ${json(text)}}],
)
print(message.content[0].text)`,
    `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: ${base}, apiKey: ${json(key)} });
const message = await client.messages.create({
  model: ${json(model)},
  max_tokens: 1024,
  messages: [{ role: 'user', content: ${json(text)} }],
});
console.log(message.content[0].text);`,
    `// github.com/anthropics/anthropic-sdk-go and its package option
client := anthropic.NewClient(option.WithBaseURL(${base}), option.WithAPIKey(${json(key)}))
message, err := client.Messages.New(context.Background(), anthropic.MessageNewParams{
	Model:     ${json(model)},
	MaxTokens: 1024,
	Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(${json(text)}))},
})
if err != nil {
	log.Fatal(err)
}
fmt.Println(message.Content[0].Text)`,
    `// com.anthropic:anthropic-java
AnthropicClient client = AnthropicOkHttpClient.builder()
    .baseUrl(${base})
    .apiKey(${json(key)})
    .build();
Message message = client.messages().create(MessageCreateParams.builder()
    .model(${json(model)})
    .maxTokens(1024)
    .addUserMessage(${json(text)})
    .build());
message.content().forEach(block -> block.text().ifPresent(said -> System.out.println(said.text())));`,
  ]);
}

function gemini(address: string, key: string, model: string, text: string): Snippet[] {
  const base = json(address);
  return inAll([
    curl({ method: 'POST', url: `${address}/v1beta/models/${encodeURIComponent(model)}:generateContent`, key, body: { contents: [{ role: 'user', parts: [{ text }] }] } }),
    `from google import genai
from google.genai import types

client = genai.Client(api_key=${json(key)}, http_options=types.HttpOptions(base_url=${base}))
answer = client.models.generate_content(model=${json(model)}, contents=${json(text)})
print(answer.text)`,
    `import { GoogleGenAI } from '@google/genai';

const client = new GoogleGenAI({ apiKey: ${json(key)}, httpOptions: { baseUrl: ${base} } });
const answer = await client.models.generateContent({ model: ${json(model)}, contents: ${json(text)} });
console.log(answer.text);`,
    `// google.golang.org/genai
client, err := genai.NewClient(context.Background(), &genai.ClientConfig{
	APIKey:      ${json(key)},
	Backend:     genai.BackendGeminiAPI,
	HTTPOptions: genai.HTTPOptions{BaseURL: ${base}},
})
if err != nil {
	log.Fatal(err)
}
answer, err := client.Models.GenerateContent(context.Background(), ${json(model)}, genai.Text(${json(text)}), nil)
if err != nil {
	log.Fatal(err)
}
fmt.Println(answer.Text())`,
    `// com.google.genai:google-genai
Client client = Client.builder()
    .apiKey(${json(key)})
    .httpOptions(HttpOptions.builder().baseUrl(${base}).build())
    .build();
System.out.println(client.models.generateContent(${json(model)}, ${json(text)}, null).text());`,
  ]);
}

function cohere(address: string, key: string, model: string, text: string): Snippet[] {
  const base = json(address);
  return inAll([
    curl({ method: 'POST', url: `${address}/v2/chat`, key, body: { model, messages: [{ role: 'user', content: text }] } }),
    `import cohere

client = cohere.ClientV2(base_url=${base}, api_key=${json(key)})
answer = client.chat(
    model=${json(model)},
    messages=[{"role": "user", "content": ${json(text)}}],
)
print(answer.message.content[0].text)`,
    `import { CohereClientV2 } from 'cohere-ai';

const client = new CohereClientV2({ environment: ${base}, token: ${json(key)} });
const answer = await client.chat({
  model: ${json(model)},
  messages: [{ role: 'user', content: ${json(text)} }],
});
console.log(answer.message.content[0].text);`,
  ]);
}

/** Its SDKs have no place for a key: it is a header field. */
function ollama(address: string, key: string, model: string, text: string): Snippet[] {
  const base = json(address);
  const bearer = json(`Bearer ${key}`);
  return inAll([
    curl({ method: 'POST', url: `${address}/api/chat`, key, body: { model, messages: [{ role: 'user', content: text }], stream: false } }),
    `from ollama import Client

client = Client(host=${base}, headers={"Authorization": ${bearer}})
answer = client.chat(
    model=${json(model)},
    messages=[{"role": "user", "content": ${json(text)}}],
)
print(answer.message.content)`,
    `import { Ollama } from 'ollama';

const client = new Ollama({ host: ${base}, headers: { Authorization: ${bearer} } });
const answer = await client.chat({
  model: ${json(model)},
  messages: [{ role: 'user', content: ${json(text)} }],
});
console.log(answer.message.content);`,
  ]);
}

export const dialects: Dialect[] = [
  {
    id: 'openai',
    title: 'OpenAI',
    endpoints: [
      post('/v1/chat/completions'),
      post('/v1/responses'),
      post('/v1/completions'),
      post('/v1/embeddings'),
      post('/v1/moderations'),
      post('/v1/images/generations'),
      { method: 'GET', path: '/v1/models' },
    ],
    snippets: openai,
  },
  { id: 'anthropic', title: 'Anthropic', endpoints: [post('/v1/messages'), post('/v1/messages/count_tokens')], snippets: anthropic },
  { id: 'gemini', title: 'Gemini', endpoints: [post('/v1beta/models/{model}:generateContent'), post('/v1beta/models/{model}:streamGenerateContent')], snippets: gemini },
  { id: 'cohere', title: 'Cohere', endpoints: [post('/v2/chat'), post('/v2/embed'), post('/v2/rerank')], snippets: cohere },
  { id: 'ollama', title: 'Ollama', endpoints: [post('/api/chat'), post('/api/generate'), post('/api/embed')], snippets: ollama },
];
