/** What the page of one resource has in its tabs: each is a file of its own, which comes when it is opened. */
import type { ComponentType } from 'react';
import type { Noun } from './api/openapi.ts';
import type { Resource } from './api/resources.ts';
import type { TextKey } from './i18n/index.tsx';
import { type Kept, kept } from './lib/kept.ts';

export interface TabProps {
  noun: Noun;
  resource: Resource;
  etag: string | null;
}

export interface TabOf {
  id: string;
  title: TextKey;
  permission?: string;
  isEverywhere?: boolean; // what the permission has to be for
  file: Kept<{ default: ComponentType<TabProps> }>;
}

const file = (load: () => Promise<ComponentType<TabProps>>): TabOf['file'] => kept(async () => ({ default: await load() }));

const endpoints = file(async () => (await import('./components/endpoints.tsx')).EndpointList);

/** Of every kind of resource. */
const settings: TabOf = { id: 'settings', title: 'detail.settings', file: file(async () => (await import('./components/settings-tab.tsx')).Settings) };
const source: TabOf = { id: 'source', title: 'detail.source', file: file(async () => (await import('./components/source-tab.tsx')).Source) };
const history: TabOf = { id: 'history', title: 'detail.history', permission: 'audit:read', isEverywhere: true, file: file(async () => (await import('./components/audit-list.tsx')).History) };

/** Before the settings. */
const first: Readonly<Record<string, readonly TabOf[]>> = {
  services: [
    { id: 'overview', title: 'service.overview', permission: 'services:read', file: file(async () => (await import('./components/service-overview.tsx')).Overview) },
    { id: 'operations', title: 'service.operations', permission: 'services:read', file: file(async () => (await import('./components/service-operations.tsx')).Operations) },
    { id: 'routes', title: 'service.routes', permission: 'services:read', file: file(async () => (await import('./components/which-route.tsx')).WhichRoute) },
    { id: 'endpoints', title: 'service.endpoints', permission: 'services:read', file: endpoints },
    { id: 'policies', title: 'policies.title', permission: 'services:read', file: file(async () => (await import('./components/service-policies.tsx')).ServicePolicies) },
    { id: 'releases', title: 'service.releases', permission: 'releases:read', file: file(async () => (await import('./components/service-releases.tsx')).Releases) },
    { id: 'subscribers', title: 'service.subscribers', permission: 'subscriptions:read', file: file(async () => (await import('./components/service-subscribers.tsx')).Subscribers) },
    { id: 'logs', title: 'service.logs', permission: 'usage:read', file: file(async () => (await import('./components/service-log.tsx')).ServiceLog) },
    { id: 'lifecycle', title: 'service.lifecycle', permission: 'services:read', file: file(async () => (await import('./components/service-lifecycle.tsx')).Lifecycle) },
    { id: 'try', title: 'service.try', permission: 'playground:call', file: file(async () => (await import('./components/service-try.tsx')).TryIt) },
  ],
  consumers: [
    { id: 'keys', title: 'keys.title', permission: 'credentials:read', file: file(async () => (await import('./components/consumer-tabs.tsx')).ConsumerKeys) },
    { id: 'subscriptions', title: 'noun.subscriptions', permission: 'subscriptions:read', file: file(async () => (await import('./components/consumer-tabs.tsx')).ConsumerSubscriptions) },
    { id: 'usage', title: 'portal.usage', permission: 'usage:read', file: file(async () => (await import('./components/consumer-usage.tsx')).ConsumerUsage) },
  ],
  subscriptions: [{ id: 'quota', title: 'quota.title', permission: 'subscriptions:read', file: file(async () => (await import('./components/consumer-tabs.tsx')).Quotas) }],
  budgets: [{ id: 'spent', title: 'budget.spent', permission: 'budgets:read', file: file(async () => (await import('./components/budget-spent.tsx')).BudgetSpent) }],
};

/** After them. */
const behind: Readonly<Record<string, readonly TabOf[]>> = {
  upstreams: [{ id: 'endpoints', title: 'endpoint.title', permission: 'upstreams:read', file: endpoints }],
  webhooks: [{ id: 'deliveries', title: 'deliveries.title', permission: 'webhooks:read', file: file(async () => (await import('./components/deliveries.tsx')).WebhookDeliveries) }],
  models: [{ id: 'which', title: 'which.tab', permission: 'services:read', file: file(async () => (await import('./components/which-target.tsx')).WhichTarget) }],
  prompts: [{ id: 'trial', title: 'trial.title', permission: 'prompts:read', file: file(async () => (await import('./components/prompt-trial.tsx')).PromptTrial) }],
};

/** All that this kind of resource has, in their order. */
export const tabsOf = (plural: string): readonly TabOf[] => [...(first[plural] ?? []), settings, ...(behind[plural] ?? []), source, history];
