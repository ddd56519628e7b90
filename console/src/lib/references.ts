/** Members that name another resource, by what they are called: forms offer what there is. */
const kinds: Record<string, string> = {
  account: 'accounts',
  budget: 'budgets',
  consumer: 'consumers',
  key_set: 'key-sets',
  parent: 'teams',
  plan: 'plans',
  service: 'services',
  team: 'teams',
  upstream: 'upstreams',
  vendor: 'catalogue/vendors',
};

export function referenceOf(member: string): string | undefined {
  return kinds[member];
}

/** Open from the start although they are not required: without them a resource says little. */
const telling = new Set(['kind', 'url', 'upstream', 'prefix', 'keys', 'base_url', 'endpoints', 'aliases', 'expires', 'roles', 'scopes', 'input', 'cache_read', 'output', 'per', 'amount', 'tokens', 'period']);

export function isTelling(member: string): boolean {
  return telling.has(member);
}
