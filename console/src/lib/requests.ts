/** Where single requests are looked for: the addresses that numbers lead to, and what an address asks for. */

/** What the log can be asked for by (GET /requests), in the order in which it is shown. */
export const filterNames = [
  'service', 'version', 'route', 'consumer', 'credential', 'team', 'model', 'vendor', 'status', 'outcome', 'error', 'method', 'client_ip',
  'min_latency', 'failed', 'has_tokens', 'has_cost', 'since', 'until',
] as const;

export type RequestFilter = Partial<Record<(typeof filterNames)[number], string>>;

/** What of an address is a filter: the rest belongs to the page. */
export function filterOf(search: URLSearchParams): RequestFilter {
  return Object.fromEntries(filterNames.flatMap((name) => (search.get(name) ? [[name, search.get(name)]] : []))) as RequestFilter;
}

export function requestsPath(filter: RequestFilter): string {
  return `/requests?${new URLSearchParams(Object.entries(filter))}`;
}

/** A percentile may be told a sixteenth too high: as a filter it takes all that may be meant. */
export function atLeast(ms: number): string {
  return `${Math.floor((ms * 1000 * 16) / 17)}us`;
}
