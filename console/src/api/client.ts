/**
 * The admin API as this page talks to it: JSON over fetch, the session's cookie, its token on whatever
 * changes something (X-CSRF-Token), and problems (RFC 9457) as exceptions that forms can read.
 */
import { english, messageOf, type Translator } from '../lib/refusals.ts';

export interface FieldError {
  pointer: string;
  detail: string;
  code?: string;
  params?: Record<string, string>;
}

let translator: Translator = english;

/** Problems say from now on what they say in this language. */
export function sayIn(next: Translator): void {
  translator = next;
}

const saidIn = (e: FieldError): FieldError => ({ ...e, detail: translator.sentence(e.code, e.params) ?? e.detail });

const permissionOf = ({ params }: Readonly<Record<string, unknown>>): string => (params as Partial<Record<string, string>> | undefined)?.['permission'] ?? '';

export class Problem extends Error {
  readonly status: number;
  readonly reason: string;
  readonly permission: string; // the one that is missing, where that is what is wrong
  readonly errors: readonly FieldError[];
  readonly requestId: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, body: Record<string, unknown>, retryAfter: string | null) {
    super(messageOf(body, translator) ?? `HTTP ${status}`);
    this.status = status;
    this.reason = String(body['reason'] ?? '');
    this.permission = permissionOf(body);
    this.errors = Array.isArray(body['errors']) ? (body['errors'] as FieldError[]).map(saidIn) : [];
    this.requestId = String(body['request_id'] ?? '');
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

export interface Answer<T> {
  body: T;
  etag: string | null;
}

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  etag?: string | null;
  signal?: AbortSignal | undefined;
  isKept?: boolean; // is sent even when the page goes away meanwhile
}

/** Whose 401 is an answer, not news. */
const asksWho = new Set(['/login', '/me']);

let csrfToken = '';
let onLoggedOut: () => void = () => undefined;

/** What every change carries, for requests that are made elsewhere (lib/gateway.ts). */
export function sessionToken(): string {
  return csrfToken;
}

export function setSession(csrf: string): void {
  csrfToken = csrf;
}

/** Called when an answer says that nobody is logged in (any more). */
export function whenLoggedOut(handler: () => void): void {
  onLoggedOut = handler;
}

export function headersOf(options: Options): Headers {
  const headers = new Headers({ accept: 'application/json' });
  const method = options.method ?? 'GET';
  if (method !== 'GET' && csrfToken !== '') headers.set('x-csrf-token', csrfToken);
  if (method === 'POST') headers.set('idempotency-key', crypto.randomUUID());
  if (options.etag) headers.set('if-match', options.etag);
  if (options.body !== undefined)
    headers.set(
      'content-type',
      method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    );
  return headers;
}

export async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

function send(path: string, options: Options): Promise<Response> {
  return fetch(`/api/v1${path}`, {
    method: options.method ?? 'GET',
    headers: headersOf(options),
    credentials: 'same-origin',
    ...(options.body !== undefined ? { body: JSON.stringify(options.body) } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.isKept === true ? { keepalive: true } : {}),
  });
}

interface Heard {
  response: Response;
  body: unknown;
}

export async function hear(sent: Promise<Response>): Promise<Heard> {
  const response = await sent;
  return { response, body: await readBody(response) };
}

interface Ahead {
  coming: Promise<Heard>;
  come?: Heard;
  untilMs: number;
}

const aheadFreshMs = 5000;
const ahead = new Map<string, Ahead>();

/** Ask before the program is here that wants to know (src/ahead.ts): who asks for this path first gets the answer. False: it was refused. */
export async function askAhead(path: string): Promise<boolean> {
  const asked: Ahead = { coming: hear(send(path, {})), untilMs: performance.now() + aheadFreshMs };
  ahead.set(path, asked);
  asked.come = await asked.coming;
  return asked.come.response.ok;
}

function takeAhead(path: string): Ahead | undefined {
  const asked = ahead.get(path);
  ahead.delete(path);
  return asked !== undefined && performance.now() < asked.untilMs ? asked : undefined;
}

/** What was asked ahead and is here already, so that it can be shown at once. */
export function answered<T>(path: string): T | undefined {
  return ahead.get(path)?.come?.response.ok === true ? (takeAhead(path)?.come?.body as T | undefined) : undefined;
}

export async function request<T>(path: string, options: Options = {}): Promise<Answer<T>> {
  const isRead = (options.method ?? 'GET') === 'GET';
  if (!isRead) ahead.clear(); // what is asked after a change, or by who signs in now, is asked anew
  const asked = isRead ? takeAhead(path) : undefined;
  return answerOf<T>(path, await (asked?.coming ?? hear(send(path, options))));
}

/** What was answered, or the problem as an exception. */
export function answerOf<T>(path: string, { response, body }: Heard): Answer<T> {
  if (response.ok) return { body: body as T, etag: response.headers.get('etag') };
  if (response.status === 401 && !asksWho.has(path)) onLoggedOut();
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  throw new Problem(response.status, problem, response.headers.get('retry-after'));
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request<T>(path, { signal })).body;
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return (await request<T>(path, { method: 'POST', body })).body;
}

/** A query string of what is not empty: "?a=1&b=2", or nothing. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
