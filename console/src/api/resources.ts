/** Resources and sessions as queries: what pages read and change, with the cache kept true. */
import {
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { answered, get, post, request, setSession } from './client.ts';
import { forget } from './forget.ts';
import { type ListQuery, listPath } from '../lib/lists.ts';
import { type Screen, screens } from '../lib/navigation.ts';
import { nounsOf, type Noun, type OpenApi } from './openapi.ts';

/** An action that one may take: possible now, or not and why. */
export interface Choice {
  name: string;
  refused?: string;
  refused_code?: string; // of that sentence
  is_awaited?: boolean;
}

export interface Resource {
  id: string;
  key: string;
  workspace?: string;
  revision: number;
  created_at: string;
  created_by: string;
  updated_at: string;
  updated_by: string;
  status?: Record<string, unknown> | null;
  actions?: Choice[]; // of one that is shown alone
  [member: string]: unknown;
}

export interface Page<T> {
  items: T[];
  next_cursor?: string;
}

export interface Me {
  actor: string;
  user: string;
  csrf_token?: string;
  must_change_password?: boolean;
  installation?: string; // what it is called
  grants: { role: string; permissions: string[]; workspace?: string; teams?: string[] }[];
}

/** What the program adds to what people wrote. */
const kept = new Set([
  'id', 'key', 'workspace', 'revision', 'status', 'actions', 'origin',
  'created_at', 'created_by', 'updated_at', 'updated_by',
]);

export function specOf(resource: Resource): Record<string, unknown> {
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !kept.has(name)));
}

function begun(me: Me): Me {
  setSession(me.csrf_token ?? '');
  return me;
}

export function useMe() {
  return useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }) => begun(await get<Me>('/me', signal)),
    initialData: () => {
      const me = answered<Me>('/me');
      return me === undefined ? undefined : begun(me);
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export async function login(client: QueryClient, name: string, password: string): Promise<void> {
  const answer = await post<{ csrf_token: string }>('/login', { name, password });
  setSession(answer.csrf_token);
  await forget(client);
}

export interface IdentityProvider {
  name: string;
  title: string;
  start: string;
}

/** Who else may say who is here. */
export function useIdentityProviders() {
  return useQuery({
    queryKey: ['sso'],
    queryFn: ({ signal }) => get<{ items: IdentityProvider[] }>('/sso', signal),
    retry: false,
  });
}

export async function logout(client: QueryClient): Promise<void> {
  await post('/logout');
  setSession('');
  await forget(client);
}

export function useDescription() {
  return useQuery({
    queryKey: ['openapi'],
    queryFn: ({ signal }) => get<OpenApi>('/openapi.json', signal),
    initialData: () => answered<OpenApi>('/openapi.json'),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const nothing: Noun[] = [];
const nouns = new WeakMap<OpenApi, Noun[]>(); // a description is long: it is read once

export function useNouns(): Noun[] {
  const { data } = useDescription();
  if (data === undefined) return nothing;
  const known = nouns.get(data) ?? nounsOf(data);
  nouns.set(data, known);
  return known;
}

export interface ListOptions extends ListQuery {
  isFresh?: boolean; // begins with its first page whenever it is shown
}

export function firstPageOf<T>(page: T | undefined): { pages: T[]; pageParams: string[] } | undefined {
  return page === undefined ? undefined : { pages: [page], pageParams: [''] };
}

/** More pages than these are not all read again because a window was looked at. */
const refreshedPages = 3;

export function useList(plural: string, options: ListOptions = {}, isEnabled = true) {
  return useInfiniteQuery({
    enabled: isEnabled,
    queryKey: ['list', plural, options],
    queryFn: ({ pageParam, signal }) => get<Page<Resource>>(listPath(plural, options, pageParam), signal),
    initialPageParam: '',
    initialData: () => firstPageOf(answered<Page<Resource>>(listPath(plural, options))),
    getNextPageParam: (page) => page.next_cursor,
    refetchOnWindowFocus: (list) => (list.state.data?.pages.length ?? 0) <= refreshedPages,
    ...(options.isFresh === true ? { gcTime: 0 } : {}),
  });
}

const pathOf = (plural: string, key: string): string => `/${plural}/${encodeURIComponent(key)}`;

export function useOne(plural: string, key: string) {
  return useQuery({
    queryKey: ['one', plural, key],
    queryFn: ({ signal }) => request<Resource>(pathOf(plural, key), { signal }),
  });
}

function useChange<A, R>(plural: string, run: (argument: A) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['list'] }); // an action on one kind may make another: a release
      await client.invalidateQueries({ queryKey: ['one', plural] });
      await client.invalidateQueries({ queryKey: ['audit'] });
    },
  });
}

export function useCreate(plural: string) {
  return useChange(plural, (spec: unknown) => post<Resource>(`/${plural}`, spec));
}

export function useReplace(plural: string, key: string) {
  return useChange(plural, ({ spec, etag }: { spec: unknown; etag: string | null }) =>
    request<Resource>(pathOf(plural, key), { method: 'PUT', body: spec, etag }),
  );
}

export function usePatch(plural: string, key: string) {
  return useChange(plural, ({ patch, etag }: { patch: unknown; etag: string | null }) =>
    request<Resource>(pathOf(plural, key), { method: 'PATCH', body: patch, etag }),
  );
}

export function useRemove(plural: string, key: string) {
  return useChange(plural, (etag: string | null) =>
    request<void>(pathOf(plural, key), { method: 'DELETE', etag }),
  );
}

export function useAction(plural: string, key: string, action: string) {
  return useChange(plural, (body: unknown) =>
    post<Record<string, unknown> | undefined>(`${pathOf(plural, key)}/${action}`, body),
  );
}

/** Whichever action takes back what was done. */
export function useInverse(plural: string, key: string) {
  return useChange(plural, ({ action, body }: { action: string; body: unknown }) => post(`${pathOf(plural, key)}/${action}`, body));
}

/** May the one who is logged in do this? The server decides; this only hides what would be refused. */
export function may(me: Me | undefined, permission: string, isEverywhere = false): boolean {
  const [noun, verb] = permission.split(':');
  return (me?.grants ?? []).some(
    (grant) =>
      !(isEverywhere && (grant.workspace !== undefined || grant.teams !== undefined)) &&
      grant.permissions.some((pattern) => {
        const [n, v] = pattern.split(':');
        return (n === '*' || n === noun) && (v === '*' || v === verb);
      }),
  );
}

export function screensFor(me: Me): Screen[] {
  return screens.filter((s) => may(me, s.permission, s.isEverywhere));
}
