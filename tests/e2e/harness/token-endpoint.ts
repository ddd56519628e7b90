/**
 * A token endpoint of OAuth, as strict as Google's ("Using OAuth 2.0 for server to server applications") and
 * Microsoft's ("OAuth 2.0 client credentials flow") say. It gives out `tokens` in turn, the last one for ever.
 */
import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const email = 'robot@acme.iam.gserviceaccount.com';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export class TokenEndpoint {
  /** Forms that came, good or bad. */
  readonly asked: URLSearchParams[] = [];
  readonly publicKey: KeyObject = createPublicKey(privateKey);
  tokens: string[] = ['ya29.first'];
  expires = 3600;
  /** Answered in place of a token while it is set. */
  failure: Answer | undefined;
  delayMs = 0;
  private given = 0;
  private readonly server: Server = createServer((request, response) => {
    void this.answer(request).then(({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body)),
    );
  });

  static async start(): Promise<TokenEndpoint> {
    const endpoint = new TokenEndpoint();
    endpoint.server.listen(0, '127.0.0.1');
    await once(endpoint.server, 'listening');
    return endpoint;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/token`;
  }

  /** The file that Google makes for a service account. */
  serviceAccount(more: Record<string, unknown> = {}): string {
    return JSON.stringify({
      type: 'service_account', project_id: 'acme', private_key_id: 'kid-1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), client_email: email, token_uri: this.url, ...more,
    });
  }

  clientCredentials(more: Record<string, unknown> = {}): string {
    return JSON.stringify({ type: 'client_credentials', tenant_id: 't-1', client_id: 'app-1', client_secret: 'top~secret&more', token_uri: this.url, ...more });
  }

  copilot(more: Record<string, unknown> = {}): string {
    return JSON.stringify({ type: 'github_copilot', user: 'octocat', oauth_token: 'ghu_1', token_uri: this.url, ...more });
  }

  /** As GitHub: no form, a token that is not called an access token, and when to come again. */
  private answerCopilot(request: IncomingMessage): Answer {
    if (request.headers.authorization !== 'token ghu_1' || request.headers['user-agent'] === undefined) return { status: 401, body: { message: 'Bad credentials' } };
    return { status: 200, body: { token: this.next(), expires_at: Math.floor(Date.now() / 1000) + this.expires + 300, refresh_in: this.expires } };
  }

  private next(): string | undefined {
    return this.tokens[Math.min(this.given++, this.tokens.length - 1)];
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    this.asked.push(form);
    if (this.delayMs !== 0) await new Promise((done) => setTimeout(done, this.delayMs));
    if (this.failure !== undefined) return this.failure;
    if (request.method === 'GET') return this.answerCopilot(request);
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
    const wrong = request.method !== 'POST' || !isForm ? 'invalid_request' : this.check(form);
    if (wrong !== undefined) return { status: 400, body: { error: 'invalid_grant', error_description: wrong } };
    return { status: 200, body: { access_token: this.next(), expires_in: this.expires, token_type: 'Bearer' } };
  }

  /** What is wrong with it. */
  private check(form: URLSearchParams): string | undefined {
    switch (form.get('grant_type')) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
        return this.checkJwt(form.get('assertion') ?? '');
      case 'client_credentials':
        if (form.get('client_id') !== 'app-1' || form.get('client_secret') !== 'top~secret&more') return 'AADSTS7000215: Invalid client secret provided.';
        return form.get('scope') === 'https://cognitiveservices.azure.com/.default' ? undefined : 'AADSTS70011: The scope is not valid.';
      default:
        return 'Unsupported grant_type';
    }
  }

  private checkJwt(jwt: string): string | undefined {
    const [header = '', claims = '', signature = '', more] = jwt.split('.');
    if (more !== undefined || jwt.includes('=')) return 'Invalid JWT.';
    if (!verify('sha256', Buffer.from(`${header}.${claims}`), this.publicKey, Buffer.from(signature, 'base64url'))) return 'Invalid JWT Signature.';
    const read = (part: string): any => JSON.parse(Buffer.from(part, 'base64url').toString());
    const { alg, typ, kid } = read(header);
    const { iss, scope, aud, iat, exp } = read(claims);
    const now = Date.now() / 1000;
    if (alg !== 'RS256' || typ !== 'JWT' || kid !== 'kid-1') return 'Invalid JWT header.';
    if (iss !== email || scope !== 'https://www.googleapis.com/auth/cloud-platform' || aud !== this.url) return 'Invalid JWT claims.';
    if (!Number.isInteger(iat) || Math.abs(iat - now) > 60 || exp <= now || exp - iat > 3600)
      return 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.';
    return undefined;
  }
}
