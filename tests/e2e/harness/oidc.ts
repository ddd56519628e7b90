/**
 * OpenID Connect for tests: a real provider (oidc-provider, certified) that lets in whom it is told, a forger that is
 * a provider in everything but the truth, and a browser that is only a cookie jar.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as jose from 'jose';
import Provider from 'oidc-provider';

export interface Person {
  sub: string;
  name?: string;
  preferred_username?: string;
  email?: string;
  email_verified?: boolean;
  groups?: string[];
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function stop(server: Server): void {
  server.close();
  server.closeAllConnections();
}

export class RealProvider {
  /** Who sits at the browser; undefined: somebody who presses "cancel". */
  person: Person | undefined;
  private handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  private readonly server = createServer((request, response) => this.handler(request, response));
  issuer = '';

  static async start(redirectUri: string, client: Record<string, unknown> = {}): Promise<RealProvider> {
    const real = new RealProvider();
    // another site than the gateway's, which browsers know as 127.0.0.1
    real.issuer = `http://localhost:${await listen(real.server)}`;
    const people = new Map<string, Person>();
    const provider = new Provider(real.issuer, {
      clients: [{ client_id: 'sluice', client_secret: 'top~secret&more', redirect_uris: [redirectUri], ...client } as any],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
      scopes: ['openid', 'profile', 'email', 'groups'],
      pkce: { required: () => true },
      cookies: { keys: ['only for tests'] },
      jwks: { keys: [{ ...(await jose.exportJWK((await jose.generateKeyPair('RS256', { extractable: true })).privateKey)), use: 'sig', alg: 'RS256' }] } as any,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => Promise.resolve({ ...people.get(id), sub: id }) }),
      loadExistingGrant: async (ctx: any) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope('openid profile email groups');
        await grant.save();
        return grant;
      },
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    });
    const callback = provider.callback();
    real.handler = (request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) return void callback(request, response);
      const { person } = real;
      if (person !== undefined) people.set(person.sub, person);
      const result = person === undefined ? { error: 'access_denied', error_description: 'cancelled' } : { login: { accountId: person.sub } };
      void provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    };
    return real;
  }

  stop(): void {
    stop(this.server);
  }
}

/** Says whatever a test wants it to say. */
export class Forger {
  readonly keys = jose.generateKeyPair('RS256', { extractable: true });
  /** Requests by path. */
  readonly asked: string[] = [];
  metadata: Record<string, unknown> = {};
  /** The keys that are published; undefined: the one that signs. */
  published: jose.JWK[] | undefined;
  claims: Record<string, unknown> = {};
  /** Makes the token from the claims; undefined: RS256 with the key. */
  sign: ((claims: jose.JWTPayload) => Promise<string>) | undefined;
  /** In place of the answer at a path. */
  readonly instead = new Map<string, (response: ServerResponse) => void>();
  private nonce = '';
  private readonly server = createServer((request, response) => void this.answer(request, response));
  issuer = '';

  static async start(): Promise<Forger> {
    const forger = new Forger();
    forger.issuer = `http://127.0.0.1:${await listen(forger.server)}`;
    return forger;
  }

  stop(): void {
    stop(this.server);
  }

  /** As a browser that comes from the gateway: what it comes back with. */
  authorize(location: string): URLSearchParams {
    const asked = new URL(location).searchParams;
    this.nonce = asked.get('nonce') ?? '';
    return new URLSearchParams({ code: 'code', state: asked.get('state') ?? '' });
  }

  async jwk(): Promise<jose.JWK> {
    return { ...(await jose.exportJWK((await this.keys).publicKey)), kid: 'k1', use: 'sig' };
  }

  private async token(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, aud: 'sluice', sub: 's-1', preferred_username: 'mallory', nonce: this.nonce, iat: now, exp: now + 300, ...this.claims };
    const sign = this.sign ?? (async (c) => new jose.SignJWT(c).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign((await this.keys).privateKey));
    return sign(claims);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.asked.push(path);
    const instead = this.instead.get(path);
    if (instead !== undefined) return instead(response);
    const json = (body: unknown): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    switch (path) {
      case '/.well-known/openid-configuration':
        return json({
          issuer: this.issuer, authorization_endpoint: `${this.issuer}/authorize`, token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/keys`, ...this.metadata,
        });
      case '/keys':
        return json({ keys: this.published ?? [await this.jwk()] });
      case '/token':
        return json({ access_token: 'a', token_type: 'Bearer', id_token: await this.token() });
      default:
        response.writeHead(404).end();
    }
  }
}

/** A browser without a screen: cookies by origin and path, and redirects one by one. */
export class Jar {
  private readonly cookies = new Map<string, { value: string; path: string }>();

  async get(url: string): Promise<Response> {
    const { origin, pathname } = new URL(url);
    const sent = [...this.cookies]
      .filter(([key, cookie]) => key.startsWith(`${origin} `) && pathname.startsWith(cookie.path))
      .map(([key, cookie]) => `${key.split(' ')[1]}=${cookie.value}`);
    const response = await fetch(url, { redirect: 'manual', headers: sent.length === 0 ? {} : { cookie: sent.join('; ') } });
    for (const line of response.headers.getSetCookie()) this.take(origin, line);
    return response;
  }

  cookie(origin: string, name: string): string | undefined {
    return this.cookies.get(`${origin} ${name}`)?.value;
  }

  private take(origin: string, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((s) => s.trim());
    const at = pair.indexOf('=');
    const key = `${origin} ${pair.slice(0, at)}`;
    const path = attributes.find((s) => s.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    const isOver = attributes.some((s) => /^max-age=0$/i.test(s) || /^expires=thu, 01 jan 1970/i.test(s));
    if (isOver) this.cookies.delete(key);
    else this.cookies.set(key, { value: pair.slice(at + 1), path });
  }

  /** Follow redirects until one leads to `until`, and return where to: that is not gone to any more. */
  async follow(url: string, until: (location: URL) => boolean): Promise<URL> {
    for (let at = url, i = 0; i < 10; i++) {
      const response = await this.get(at);
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${at}: ${response.status} ${await response.text()}`);
      const next = new URL(location, at);
      if (until(next)) return next;
      at = next.href;
    }
    throw new Error(`${url}: too many redirects`);
  }
}
