import { expect, test } from 'vitest';
import { chatBody, errorText, EventReader, nothingYet, type Question, withPiece } from '../src/lib/chat.ts';
import { seenFrom } from '../src/lib/gateway.ts';
import { chatSnippets, curl, httpSnippets, python } from '../src/lib/snippets.ts';

const plain: Question = { system: '', prompt: 'Hi', pictures: [], temperature: '', topP: 'x', maxTokens: '12', streams: true };

test('a question says what was set and nothing else', () => {
  expect(chatBody('m', plain)).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    max_completion_tokens: 12,
    stream: true,
    stream_options: { include_usage: true },
  });
  const seen = chatBody('m', { ...plain, streams: false, system: 'S', pictures: [{ name: 'a', url: 'data:,' }] });
  expect(seen['messages']).toEqual([
    { role: 'system', content: 'S' },
    { role: 'user', content: [{ type: 'text', text: 'Hi' }, { type: 'image_url', image_url: { url: 'data:,' } }] },
  ]);
  expect('stream' in seen).toBe(false);
});

test('events come whole however the bytes were cut', () => {
  const text = 'data: {"a":1}\r\n\r\n: comment\n\ndata: x\ndata: y\n\ndata: [DONE]\n\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const reader = new EventReader();
    expect([...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))], `cut at ${cut}`).toEqual(['{"a":1}', 'x\ny']);
  }
});

test('an answer grows piece by piece, and ends with usage or an error', () => {
  const pieces = [
    { choices: [{ delta: { role: 'assistant', content: '' } }] },
    { choices: [{ delta: { reasoning_content: 'hm' } }] },
    { choices: [{ delta: { content: 'He' } }] },
    { choices: [{ delta: { content: 'y' }, finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
  ];
  const answer = pieces.reduce(withPiece, nothingYet);
  expect(answer).toEqual({ text: 'Hey', thoughts: 'hm', finish: 'stop', promptTokens: 3, completionTokens: 2, error: '' });
  expect(withPiece(answer, { error: { message: 'broke' } }).error).toBe('broke');
  expect(withPiece(nothingYet, { choices: [{ message: { content: 'whole' } }] }).text).toBe('whole');
  expect(errorText({ detail: 'd' })).toBe('d');
  expect(errorText('x')).toBe('');
});

test('snippets quote what a shell and Python would read otherwise', () => {
  const text = curl({ method: 'POST', url: 'http://h/a', key: 'k', body: { say: "it's" } });
  expect(text).toBe(
    `curl -X POST 'http://h/a' \\\n  -H 'Authorization: Bearer k' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"say":"it'\\''s"}'`,
  );
  expect(python({ a: [true, null, 1.5, 'x'], b: {} })).toBe('{\n    "a": [\n        True,\n        None,\n        1.5,\n        "x",\n    ],\n    "b": {},\n}');
  expect(httpSnippets({ method: 'GET', url: 'http://h/a', key: '' }).map((s) => s.id)).toEqual(['curl', 'python', 'javascript', 'go', 'java']);
  const picture = chatBody('m', { ...plain, pictures: [{ name: 'a', url: `data:image/png;base64,${'A'.repeat(999)}` }] });
  for (const snippet of chatSnippets('http://h', 'k', picture)) {
    expect(snippet.text).toContain('http://h/v1');
    expect(snippet.text.length).toBeLessThan(1500);
  }
});

test('a gateway on loopback has the name of the page elsewhere', () => {
  expect(seenFrom('http://127.0.0.1:8080', 'localhost')).toBe('http://127.0.0.1:8080');
  expect(seenFrom('http://127.0.0.1:8080', 'gw.example.com')).toBe('http://gw.example.com:8080');
  expect(seenFrom('https://10.0.0.7:8443', 'gw.example.com')).toBe('https://10.0.0.7:8443');
});
