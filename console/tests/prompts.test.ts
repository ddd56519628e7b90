import { expect, test } from 'vitest';
import { armsOf, callOf, chatOf, exampleOf, filledTemplate, messagesOf, namesIn, perCall, piecesOf, publishes, routeOfArm, variablesOf, withVariables } from '../src/lib/prompts.ts';

test('a template is cut at its variables, and nothing is lost', () => {
  const template = 'a {{b}}{{ c }} \\{{d}} {{e f}} {{b}}';
  expect(piecesOf(template).map((p) => p.text).join('')).toBe(template);
  expect(variablesOf(template)).toEqual(['b', 'c']);
  expect(variablesOf('')).toEqual([]);
});

test('values are put in as text and never looked through again', () => {
  expect(filledTemplate('{{a}} {{b}} \\{{a}}', { a: '{{b}}', b: '2' })).toBe('{{b}} 2 {{a}}');
  expect(filledTemplate('{{a}} {{none}}', { a: '' })).toBe(' {{none}}');
});

test('variables follow the texts, and what somebody said of one is kept', () => {
  const spec = { name: 'x', path: '/x/{lang}', system: '{{who}}', messages: [{ content: '{{m}}' }], template: '{{text}}' };
  expect(namesIn(spec)).toEqual(['lang', 'who', 'm', 'text']);
  const before = { ...spec, variables: ['who', { name: 'gone' }, { name: 'kept', type: 'integer' }, { name: 'text', max: 9 }] };
  expect(withVariables(before)['variables']).toEqual([{ name: 'who' }, { name: 'kept', type: 'integer' }, { name: 'text', max: 9 }, { name: 'lang' }, { name: 'm' }]);
  expect(withVariables({ template: 'none', variables: ['gone'] })).toEqual({ template: 'none' });
});

test('the chat has every message, the parameters and the schema', () => {
  const spec = { model: 'fast', system: 's', messages: [{ role: 'assistant', content: 'm' }], template: '{{t}}', parameters: { temperature: 0 }, output: { schema: { type: 'object' } } };
  expect(messagesOf({ template: 'only' })).toEqual([{ role: 'user', content: 'only' }]);
  expect(chatOf(spec, { t: 'text' })).toEqual({
    model: 'fast',
    messages: [{ role: 'system', content: 's' }, { role: 'assistant', content: 'm' }, { role: 'user', content: 'text' }],
    temperature: 0,
    response_format: { type: 'json_schema', json_schema: { name: 'output', strict: true, schema: { type: 'object' } } },
  });
});

test('a call has its path filled and its values typed', () => {
  const variables = [{ name: 'lang' }, { name: 'n', type: 'integer' }, { name: 'b', type: 'boolean' }, { name: 'l', type: 'list' }, { name: 'j', type: 'json' }, { name: 'left' }];
  const values = { lang: 'a/b', n: '3', b: 'false', l: 'x, y', j: '{"k":1}', left: '' };
  expect(callOf('/p', { name: 'x', path: '/t/{lang}', variables }, values)).toEqual({ path: '/p/t/a%2Fb', body: { n: 3, b: false, l: ['x', 'y'], j: { k: 1 } } });
  expect(callOf('', { name: 'x', variables }, { n: 'many', j: '{' })).toEqual({ path: '/x', body: { n: 'many', j: '{' } });
});

test('who publishes it, and what stands in a field at first', () => {
  expect(publishes({ prompts: ['x'] }, { name: 'x' })).toBe(true);
  expect(publishes({ prompts: ['x'] }, { name: 'x', version: 'v2' })).toBe(false);
  expect(publishes({ prompts: ['x@v2'] }, { name: 'x', version: 'v2' })).toBe(true);
  expect([{ name: 'a', values: ['v'] }, { name: 'a', default: 'd', values: ['v'] }, { name: 'a', type: 'integer' }, { name: 'a' }].map(exampleOf)).toEqual(['v', 'd', '1', '']);
});

test('a trial: the prompt itself has what is left, and reports name each by its key', () => {
  const prompt = { name: 'mood', trial: { arms: [{ prompt: 'mood@v2', percent: 10 }, { prompt: 'mood@v3', percent: 25 }] } };
  expect(armsOf(prompt)).toEqual([
    { prompt: 'mood', percent: 65 },
    { prompt: 'mood@v2', percent: 10 },
    { prompt: 'mood@v3', percent: 25 },
  ]);
  expect(armsOf({ name: 'mood', version: 'v1' })).toEqual([{ prompt: 'mood@v1', percent: 100 }]);
  expect(routeOfArm({ name: 'texts' }, prompt, { prompt: 'mood@v2', percent: 10 })).toBe('texts/mood#mood@v2');
  expect([perCall({ requests: 4 }, 10), perCall({ requests: 0 }, 0)]).toEqual([2.5, 0]);
});
