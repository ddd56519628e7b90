/** What the first steps make, through the admin API as anybody would. */
import { Problem, post, request } from '../api/client.ts';
import type { Resource } from '../api/resources.ts';
import { callGateway } from './gateway.ts';
import { variablesOf } from './prompts.ts';

export type StepId = 'accounts' | 'call' | 'prompts' | 'documents' | 'releases' | 'subscriptions' | 'traffic';

/** Make it unless it is there. */
export async function ensure(plural: string, spec: Record<string, unknown>): Promise<void> {
  try {
    await post(`/${plural}`, spec);
  } catch (e) {
    if (!(e instanceof Problem) || e.status !== 409) throw e;
  }
}

const ours = new Set<string>(); // "/accounts/openai": what these steps made since the page was loaded

/** Make it. A second time, by who mends a wrong key or a model's name, it becomes what is asked for now; what others made is not touched. */
export async function make(plural: string, spec: Record<string, unknown>): Promise<void> {
  const path = `/${plural}/${encodeURIComponent(String(spec['name']))}`;
  if (ours.has(path)) {
    await request(path, { method: 'PUT', body: spec, etag: '*' });
    return;
  }
  await post(`/${plural}`, spec);
  ours.add(path);
}

const publish = (service: string): Promise<unknown> => post(`/services/${encodeURIComponent(service)}/publish`, { reason: 'first steps' });

const keyAuth = [{ type: 'key_auth' }];

/** The AI endpoints, unless some are served already. */
export async function ensureAiEndpoints(key: string): Promise<void> {
  const answer = await callGateway({ path: '/v1/models', method: 'GET', key });
  if (answer.status !== 404) return;
  await ensure('services', { name: 'ai', kind: 'ai', title: 'Language models', policies: keyAuth });
  await publish('ai');
}

const promptService = (name: string): string => `prompt-${name}`;

export const promptPath = (name: string): string => `/${promptService(name)}/${name}`;

/** A prompt, and a service that publishes it. */
export async function makePromptApi(name: string, template: string, model: string): Promise<void> {
  await make('prompts', { name, template, model, variables: variablesOf(template) });
  const service = promptService(name);
  await make('services', { name: service, kind: 'prompt', prefix: `/${service}`, prompts: [name], policies: keyAuth });
  await publish(service);
}

/** A consumer with a plan for the service; its key is answered, and never again. */
export async function subscribe(consumer: string, service: string): Promise<string> {
  const plan = 'first-steps';
  await ensure('consumers', { name: consumer });
  await ensure('plans', { name: plan, policies: [{ type: 'rate_limit', limit: 60, window: '1m' }] });
  await ensure('subscriptions', { consumer, service, plan });
  const made = await post<Resource>('/credentials', { name: `${consumer}-${Date.now().toString(36)}`, consumer });
  return String(made['secret']);
}
