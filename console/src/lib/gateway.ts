/**
 * The data plane, as a page may reach it: through `POST /playground/call` of the page's own origin, which
 * passes a request on and streams the answer back. What stands in snippets is the gateway's real address.
 */
import { useQuery } from '@tanstack/react-query';
import { Problem, query, readBody, sessionToken } from '../api/client.ts';
import { get } from '../api/client.ts';

export interface GatewayCall {
  via?: string; // the operation that passes it on; the playground's, when left out
  path: string; // with its query
  method?: string;
  host?: string;
  key?: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** The data plane's answer, whatever its status; a Problem when the request did not get there. */
export async function callGateway(call: GatewayCall): Promise<Response> {
  const headers = new Headers({ 'x-csrf-token': sessionToken() });
  const passed: Record<string, string> = {
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.key ? { authorization: `Bearer ${call.key}` } : {}),
    ...call.headers,
  };
  for (const [name, value] of Object.entries(passed)) headers.set(`gateway-${name}`, value);
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const { path, method, host } = call;
  const response = await fetch(`/api/v1${call.via ?? '/playground/call'}${query({ path, method: method ?? 'POST', host })}`, {
    method: 'POST',
    headers,
    credentials: 'same-origin',
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.signal ? { signal: call.signal } : {}),
  });
  if (response.headers.get('x-sluice-relayed') === 'true') return response;
  const body = (await readBody(response)) as Record<string, unknown>;
  throw new Problem(response.status, body ?? {}, response.headers.get('retry-after'));
}

interface NodeState {
  name: string;
  addresses?: string[];
}

/** A gateway that listens on loopback is reached from elsewhere by the name that reaches this page. */
export function seenFrom(address: string, pageHost: string): string {
  const isHere = /^(localhost|127\.|\[::1\])/.test(pageHost);
  return isHere ? address : address.replace(/\/\/127\.0\.0\.1(?=[:/]|$)/, `//${pageHost}`);
}

/** "http://127.0.0.1:8080"; what it usually is until the node has told. */
export function useGatewayAddress(): string {
  const { data } = useQuery({
    queryKey: ['nodes'],
    queryFn: ({ signal }) => get<{ items: NodeState[] }>('/nodes', signal),
    staleTime: 60_000,
  });
  const address = data?.items.flatMap((n) => n.addresses ?? [])[0];
  return seenFrom(address ?? 'http://127.0.0.1:8080', window.location.hostname);
}
