/** What users of services may see and do: /api/v1/portal as queries, and changes after which all of it is asked again. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLanguage } from '../i18n/index.tsx';
import type { Kind, Taken } from '../lib/proofs.ts';
import { answered, get, post, query, request } from './client.ts';
import { firstPageOf, type Page } from './resources.ts';

/** How the portal looks, as its operator set it. */
export interface PortalLook {
  language?: string; // of the texts, where they are a translation
  title?: string;
  welcome_html?: string;
  footer?: string;
  links?: { text: string; url: string }[];
  accent?: string;
  accent_dark?: string;
  logo?: string;
  self_registration?: boolean;
  try_disabled?: boolean;
}

export interface CatalogueEntry {
  key: string;
  workspace: string;
  name: string;
  version?: string;
  kind?: string;
  title?: string;
  summary?: string;
  tags?: string[];
  lifecycle?: string;
  sunset_at?: string;
  successor?: string;
  documentation?: string;
  /** Of a search: those of its operations that it found, the first few, and how many there are. */
  operations?: FoundOperation[];
  operation_count?: number;
}

export interface FoundOperation {
  id: string;
  method: string;
  path: string;
  summary?: string;
  deprecated?: boolean;
}

export interface Plan {
  name: string;
  title?: string;
  description?: string;
  approval?: string;
  limits: Record<string, unknown>[];
}

export interface OfferedService extends Omit<CatalogueEntry, 'operations'> {
  url: string;
  prefix: string;
  hosts?: string[];
  has_openapi: boolean;
  credentials: Taken[]; // what callers prove themselves with
  operations: unknown[];
  readme_html: string;
  plans: Plan[];
  versions: CatalogueEntry[];
}

export interface NewsDetail {
  is_breaking: boolean;
  where?: string;
  detail?: string;
}

export interface NewsOperation {
  change: 'added' | 'removed' | 'deprecated' | 'changed';
  is_breaking: boolean;
  id?: string;
  method?: string;
  path?: string;
  summary?: string;
  details?: NewsDetail[];
}

/** What a release of a service changed for callers. */
export interface News {
  id: string;
  service: string;
  title?: string;
  is_subscribed?: boolean;
  number: number;
  at: string;
  reason?: string;
  is_first: boolean;
  prefix?: { before: string; after: string };
  counts?: Record<NewsOperation['change'] | 'breaking', number>;
  is_cut?: boolean;
  operations?: NewsOperation[];
}

/** What this node has of the keys at a URL. */
export interface KeySetState {
  keys?: number;
  fetched_at?: string;
  problem?: string;
}

export interface Credential {
  key: string;
  type: Kind;
  username?: string;
  key_id?: string;
  audience?: string;
  expires?: string;
  former_until?: string;
  key_set?: KeySetState;
  has_public_key?: boolean;
  prefix?: string;
  disabled?: boolean;
  created_at: string;
  secret?: string;
}

export type SubscriptionState = 'requested' | 'approved' | 'rejected' | 'suspended' | 'ended';

export interface Subscription {
  key: string;
  service: string;
  plan: string;
  plan_title?: string;
  state?: SubscriptionState;
  decision?: string;
  /** Those of its service that one may find, with the dates of their end. */
  versions?: CatalogueEntry[];
}

export interface Application {
  key: string;
  team?: string;
  subscriptions: Subscription[];
}

export interface Limit {
  name: string;
  type: string;
  unit: string;
  limit: number | string;
  used?: number | string;
  resets_at?: string;
}

export function usePortalLook() {
  const { wish: language } = useLanguage();
  const path = `/portal${query({ language })}`;
  return useQuery({ queryKey: ['portal-look', language], queryFn: ({ signal }) => get<PortalLook>(path, signal), initialData: () => answered<PortalLook>(path), staleTime: 60_000 });
}

/** What is looked for in the catalogue; nothing of it: everything. */
export interface CatalogueWish {
  q?: string;
  kind?: string;
  tag?: string;
}

export function usePortalServices(wish: CatalogueWish = {}) {
  const path = (cursor: string): string => `/portal/services${query({ ...wish, cursor })}`;
  return useInfiniteQuery({
    queryKey: ['portal', 'services', path('')], // what is empty is not asked: two wishes may be one
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => get<Page<CatalogueEntry>>(path(pageParam), signal),
    initialData: () => firstPageOf(answered<Page<CatalogueEntry>>(path(''))),
    placeholderData: keepPreviousData, // what is there stays while one types
    getNextPageParam: (page) => page.next_cursor,
  });
}

function useOne<T>(path: string) {
  return useQuery({ queryKey: ['portal', path], queryFn: ({ signal }) => get<T>(`/portal/${path}`, signal), initialData: () => answered<T>(`/portal/${path}`) });
}

export function usePortalService(key: string) {
  return useOne<OfferedService>(`services/${encodeURIComponent(key)}`);
}

interface NewsWish {
  subscribed?: 'true';
  since?: string;
}

function useNewsAt(place: string, wish: NewsWish) {
  const path = (cursor: string): string => `/portal/${place}${query({ ...wish, cursor })}`;
  return useInfiniteQuery({
    queryKey: ['portal', place, wish],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => get<Page<News>>(path(pageParam), signal),
    initialData: () => firstPageOf(answered<Page<News>>(path(''))),
    getNextPageParam: (page) => page.next_cursor,
  });
}

export function useNews(wish: NewsWish) {
  return useNewsAt('changes', wish);
}

export function useNewsOf(service: string) {
  return useNewsAt(`services/${encodeURIComponent(service)}/changes`, {});
}

/** With the schemas of their bodies, which may be long. */
export function usePortalOperations(key: string, isWanted: boolean) {
  return useQuery({
    queryKey: ['portal', 'operations', key],
    enabled: isWanted,
    queryFn: ({ signal }) => get<{ operations: unknown[]; schemas: Record<string, unknown>; prefix: string }>(`/portal/services/${encodeURIComponent(key)}/operations`, signal),
  });
}

export function useApplications() {
  return useOne<{ items: Application[] }>('applications');
}

export function useApplication(key: string) {
  return useOne<Application & { credentials: Credential[] }>(`applications/${encodeURIComponent(key)}`);
}

export function useQuota(subscription: string) {
  return useOne<{ is_served: boolean; limits: Limit[] }>(`subscriptions/${encodeURIComponent(subscription)}/usage`);
}

/** A change of one's own things. */
export function usePortalChange<Args, Result>(change: (args: Args) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['portal'] }) });
}

/** What is empty is not said. */
export function register(wish: { name: string; password: string; display_name: string; email: string; reason: string }): Promise<void> {
  return post('/portal/registrations', Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== '')));
}

/** `team`: one of one's own that it is to belong to; empty: none. */
export function makeApplication(name: string, team = ''): Promise<Application> {
  return post('/portal/applications', { name, ...(team === '' ? {} : { team }) });
}

export function subscribe(wish: { application: string; service: string; plan: string; reason: string }): Promise<Subscription> {
  return post('/portal/subscriptions', wish);
}

/** `expires`: RFC 3339; never, when left out. Without a key or URL of one's own a secret is made. */
export interface CredentialWish {
  name: string;
  type: Kind;
  expires?: string;
  username?: string;
  public_key?: string;
  jwks_url?: string;
  key_id?: string;
}

export function makeCredential(application: string, wish: CredentialWish): Promise<Credential> {
  return post(`/portal/applications/${encodeURIComponent(application)}/credentials`, wish);
}

export function actOnKey(key: string, action: 'rotate' | 'disable', body = {}): Promise<Credential> {
  return post(`/portal/credentials/${encodeURIComponent(key)}/${action}`, body);
}

export async function removeKey(key: string): Promise<void> {
  await request(`/portal/credentials/${encodeURIComponent(key)}`, { method: 'DELETE' });
}

export function endSubscription(key: string): Promise<Subscription> {
  return post(`/portal/subscriptions/${encodeURIComponent(key)}/end`);
}
