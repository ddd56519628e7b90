/** The admin API of a running gateway, as a session, a token or the local socket sees it. */
import { Client } from 'undici';
import { join } from 'node:path';
import type { Json, Sluice } from './sluice.ts';

export const adminPassword = 'e2e admin password';

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

export class Admin {
  headers: Record<string, string> = {};

  constructor(readonly url: string) {}

  static async login(gateway: Sluice, name = 'admin', password = adminPassword): Promise<Admin> {
    const admin = new Admin(gateway.adminUrl);
    const answer = await admin.post('/login', { name, password });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`);
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    admin.headers = { cookie, 'x-csrf-token': answer.body.csrf_token };
    return admin;
  }

  withToken(token: string): Admin {
    const other = new Admin(this.url);
    other.headers = { authorization: `Bearer ${token}` };
    return other;
  }

  async call(method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...this.headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && !response.headers.get('content-type')?.includes('ndjson');
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
  }

  get = (path: string, headers = {}): Promise<Answer> => this.call('GET', path, undefined, headers);
  post = (path: string, body?: Json, headers = {}): Promise<Answer> => this.call('POST', path, body, headers);
  put = (path: string, body: Json, headers = { 'if-match': '*' }): Promise<Answer> => this.call('PUT', path, body, headers);
  patch = (path: string, body: Json, headers = { 'if-match': '*' }): Promise<Answer> => this.call('PATCH', path, body, headers);
  delete = (path: string, headers = { 'if-match': '*' }): Promise<Answer> => this.call('DELETE', path, undefined, headers);

  /** Create, or fail the test. */
  async create(noun: string, body: Json): Promise<any> {
    const answer = await this.post(`/${noun}`, body);
    if (answer.status !== 201) throw new Error(`${noun}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async publish(service: string, reason = 'e2e'): Promise<any> {
    const answer = await this.post(`/services/${service}/publish`, { reason });
    if (answer.status !== 200) throw new Error(`publish: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

/** GET through the socket that only the owner of the process can open. */
export async function local(gateway: Sluice, path: string): Promise<{ status: number; body: any }> {
  const client = new Client('http://localhost', { socketPath: join(gateway.dataDir, 'admin.sock') });
  const { statusCode, body } = await client.request({ method: 'GET', path: `/api/v1${path}` });
  const json = await body.json();
  await client.close();
  return { status: statusCode, body: json };
}
