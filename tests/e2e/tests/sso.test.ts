/** Single sign-on: with a real OpenID Connect provider, in a browser, and with one that lies. */
import * as jose from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Admin, adminPassword } from '../harness/admin.ts';
import { openBrowser, openPage } from '../harness/browser.ts';
import { expectAccessible, leave, signIn as signInToConsole } from '../harness/console.ts';
import { Forger, Jar, RealProvider } from '../harness/oidc.ts';
import { Sluice } from '../harness/sluice.ts';
import { eventually } from '../harness/wait.ts';

vi.setConfig({ testTimeout: 60_000 });

const secret = 'a secret of the client, long enough';
let gateway: Sluice;
let admin: Admin;
let real: RealProvider;
let forger: Forger;

const start = (provider: string, returnTo = '/'): string => `${gateway.adminUrl}/api/v1/sso/${provider}/start?return_to=${encodeURIComponent(returnTo)}`;
const callback = (provider: string, query: URLSearchParams): string => `${gateway.adminUrl}/api/v1/sso/${provider}/callback?${query.toString()}`;
const isOurs = (url: URL): boolean => url.origin === gateway.adminUrl && !url.pathname.startsWith('/api/');

/** From the button to where the browser ends up. */
const signIn = (jar: Jar, provider = 'corp', returnTo = '/'): Promise<URL> => jar.follow(start(provider, returnTo), isOurs);

const me = async (jar: Jar): Promise<any> => {
  const response = await jar.get(`${gateway.adminUrl}/api/v1/me`);
  return response.status === 200 ? response.json() : undefined;
};

const configure = async (change: Record<string, any>): Promise<void> => {
  const answer = await admin.patch('/identity-providers/corp', change);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
};

beforeAll(async () => {
  gateway = await Sluice.start(
    { gateway: { admin: { fetch_from: ['127.0.0.0/8', '::1/128'] } } },
    { env: { SLUICE_ADMIN_PASSWORD: adminPassword } },
  );
  admin = await Admin.login(gateway);
  real = await RealProvider.start(`${gateway.adminUrl}/api/v1/sso/corp/callback`);
  forger = await Forger.start();
  await admin.create('teams', { name: 'payments' });
  await admin.create('identity-providers', {
    name: 'corp', title: 'Example Corp.', issuer: real.issuer, client_id: 'sluice', client_secret: 'top~secret&more',
    scopes: ['profile', 'email', 'groups'], create_users: true,
    grants: [
      { group: 'gateway-editors', role: 'editor' },
      { group: 'payments', role: 'developer', team: 'payments' },
    ],
  });
  await admin.create('identity-providers', { name: 'forged', issuer: forger.issuer, client_id: 'sluice', client_secret: secret, create_users: true });
});
afterAll(async () => {
  await gateway.stop();
  real.stop();
  forger.stop();
});

test('01 sign-in pages learn which providers there are, and nothing else of them', async () => {
  await admin.create('identity-providers', { name: 'old', issuer: 'https://old.example.com', client_id: 'x', disabled: true });
  const answer = await new Admin(gateway.adminUrl).get('/sso');
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    items: [
      { name: 'corp', title: 'Example Corp.', start: '/api/v1/sso/corp/start' },
      { name: 'forged', title: 'forged', start: '/api/v1/sso/forged/start' },
    ],
  });
  expect((await new Admin(gateway.adminUrl).get('/sso/old/start')).status).toBe(404);
  expect((await new Admin(gateway.adminUrl).get('/sso/none/start')).status).toBe(404);
  const shown = await admin.get('/identity-providers/corp');
  expect(JSON.stringify(shown.body)).not.toContain('top~secret');
});

test('02 who comes for the first time becomes a user, with the grants of their groups, and the trail says so', async () => {
  const jar = new Jar();
  real.person = { sub: 'u-1', name: 'Ann Example', preferred_username: 'ann', email: 'ann@example.com', email_verified: true, groups: ['gateway-editors'] };
  expect((await signIn(jar, 'corp', '/services?q=a')).href).toBe(`${gateway.adminUrl}/services?q=a`);
  const who = await me(jar);
  expect(who).toMatchObject({ user: 'ann', grants: [{ role: 'editor' }] });
  expect(who.csrf_token).toMatch(/^[\w-]{43}$/);
  expect((await admin.get('/users/ann')).body).toMatchObject({ display_name: 'Ann Example', email: 'ann@example.com' });
  const { items } = (await admin.get('/audit')).body;
  expect(items.slice(0, 2)).toMatchObject([
    { action: 'session.login', actor: 'user:ann', after: { identity_provider: 'corp' } },
    { action: 'user.create', actor: 'sso:corp', subject: 'ann' },
  ]);
  // what belonged to the sign-in is gone from the browser
  expect(jar.cookie(gateway.adminUrl, 'sluice_sso')).toBeUndefined();
});

test('03 a user is known by the subject, not by the name, and has what the groups of today give', async () => {
  real.person = { sub: 'u-1', preferred_username: 'ann-married', groups: ['payments'] };
  const jar = new Jar();
  await signIn(jar);
  expect(await me(jar)).toMatchObject({ user: 'ann', grants: [{ role: 'developer', teams: ['payments'] }] });
  real.person = { sub: 'u-1', groups: [] };
  const later = new Jar();
  await signIn(later);
  expect((await me(later)).grants).toEqual([]);
  await configure({ keep_grants: true });
  real.person = { sub: 'u-1', groups: ['gateway-editors'] };
  const kept = new Jar();
  await signIn(kept);
  expect((await me(kept)).grants).toEqual([]);
  await configure({ keep_grants: null });
});

test('04 somebody else of a name that is taken is refused, unless names are to be trusted', async () => {
  await admin.create('users', { name: 'bob' });
  real.person = { sub: 'u-2', preferred_username: 'bob' };
  expect((await signIn(new Jar())).search).toBe('?sso_error=name_taken');
  await configure({ link_users: true });
  const jar = new Jar();
  await signIn(jar, 'corp', '/portal/applications');
  expect(await me(jar)).toMatchObject({ user: 'bob' });
  await configure({ link_users: null });
  const again = new Jar();
  await signIn(again);
  expect(await me(again)).toMatchObject({ user: 'bob' }); // the link stays
});

test('05 a user who is disabled, not to be made, or in no group that may, is refused with a code for the page', async () => {
  await admin.patch('/users/bob', { disabled: true });
  const jar = new Jar();
  expect((await signIn(jar, 'corp', '/portal/x')).href).toBe(`${gateway.adminUrl}/portal/login?sso_error=disabled`);
  expect(await me(jar)).toBeUndefined();
  real.person = { sub: 'u-3', preferred_username: 'carol', email: 'carol@Example.com', email_verified: false };
  const refusals: [Record<string, any>, string][] = [
    [{ create_users: false }, 'unknown_user'],
    [{ allowed_groups: ['staff'] }, 'not_allowed'],
    [{ email_domains: ['example.com'] }, 'not_allowed'],
    [{ username_claim: 'nickname' }, 'claims'],
    [{ username_claim: 'email' }, 'claims'],
  ];
  for (const [change, code] of refusals) {
    await configure(change);
    expect((await signIn(new Jar())).search, JSON.stringify(change)).toBe(`?sso_error=${code}`);
    await configure(Object.fromEntries(Object.keys(change).map((k) => [k, k === 'create_users' ? true : null])));
  }
  real.person = { ...real.person, email_verified: true, groups: ['staff'] };
  await configure({ allowed_groups: ['staff', 'others'], email_domains: ['example.com'] });
  expect((await signIn(new Jar())).search).toBe('');
  await configure({ allowed_groups: null, email_domains: null });
  real.person = undefined;
  expect((await signIn(new Jar())).search).toBe('?sso_error=refused');
});

test('06 only who may do everything says who vouches for users', async () => {
  await admin.create('roles', { name: 'helper', permissions: ['identity-providers:*', 'users:*'] });
  await admin.create('users', { name: 'helper', grants: [{ role: 'helper' }] });
  expect((await admin.post('/users/helper/set-password', { password: 'helper password' })).status).toBe(200);
  const helper = await Admin.login(gateway, 'helper', 'helper password');
  expect((await helper.get('/identity-providers/corp')).status).toBe(200);
  expect((await helper.patch('/identity-providers/corp', { issuer: forger.issuer })).status).toBe(403);
  expect((await helper.post('/identity-providers', { name: 'mine', issuer: forger.issuer, client_id: 'x' })).status).toBe(403);
  expect((await helper.delete('/identity-providers/forged')).status).toBe(403);
});

test('07 what is no provider is refused at its creation, with the place', async () => {
  const wrong: [Record<string, any>, string][] = [
    [{ issuer: 'http://login.example.com' }, '/issuer'],
    [{ issuer: 'javascript:alert(1)' }, '/issuer'],
    [{ name: 'a/b' }, '/name'],
    [{ public_url: 'https://gw.example.com/console' }, '/public_url'],
    [{ scopes: ['a b'] }, '/scopes/0'],
    [{ grants: [{ role: 'nobody' }] }, '/grants/0/role'],
  ];
  for (const [change, pointer] of wrong) {
    const answer = await admin.post('/identity-providers', { name: 'x', issuer: 'https://login.example.com', client_id: 'x', ...change });
    expect([answer.status, answer.body.errors?.[0]?.pointer], JSON.stringify(change)).toEqual([422, pointer]);
  }
});

test('08 one is sent to no other site, before or after', async () => {
  for (const path of ['//evil.example', 'https://evil.example', '/\\evil.example', '/\t/evil.example', 'x', `/${'a'.repeat(600)}`])
    expect((await new Jar().get(start('corp', path))).status, path).toBe(400);
});

/* ------------------------------------------------------------------ what may be tried */

const begin = async (jar: Jar, provider = 'forged', by = forger): Promise<URLSearchParams> => {
  const response = await jar.get(start(provider));
  expect(response.status).toBe(303);
  return by.authorize(response.headers.get('location')!);
};
const codeOf = (response: Response): string | null => new URL(response.headers.get('location') ?? '', gateway.adminUrl).searchParams.get('sso_error');
const finish = async (jar: Jar, query: URLSearchParams, provider = 'forged'): Promise<string | null> => codeOf(await jar.get(callback(provider, query)));
const attempt = async (provider = 'forged', by = forger): Promise<string | null> => {
  const jar = new Jar();
  return finish(jar, await begin(jar, provider, by), provider);
};

beforeEach(() => {
  forger.claims = {};
  forger.metadata = {};
  forger.sign = undefined;
});
afterEach(() => forger.instead.clear());

test('10 what is asked is the code flow with PKCE, and every sign-in has values of its own', async () => {
  const asked = await Promise.all([0, 1].map(async () => new URL((await new Jar().get(start('forged'))).headers.get('location')!)));
  const [one, two] = asked.map((u) => Object.fromEntries(u.searchParams));
  expect(asked[0]!.href.startsWith(`${forger.issuer}/authorize?`)).toBe(true);
  expect(one).toMatchObject({
    response_type: 'code', client_id: 'sluice', scope: 'openid profile email', code_challenge_method: 'S256',
    redirect_uri: `${gateway.adminUrl}/api/v1/sso/forged/callback`,
  });
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(one![name]).toMatch(/^[\w-]{43}$/);
    expect(one![name]).not.toBe(two![name]);
  }
});

test('11 a state is good in the browser that it was made for, at the provider that it was made for, once', async () => {
  const jar = new Jar();
  const query = await begin(jar);
  expect(await finish(new Jar(), query)).toBe('expired'); // login CSRF: no cookie
  const other = new Jar();
  await begin(other);
  expect(await finish(other, query)).toBe('expired'); // another one's cookie
  forger.authorize((await jar.get(start('forged'))).headers.get('location')!);
  expect(await finish(jar, query)).toBe('expired'); // an older state; and now the cookie is gone
  const good = new Jar();
  const answer = await begin(good);
  const crossed = await good.get(callback('corp', answer));
  expect(codeOf(crossed)).toBe('expired');
  const once = new Jar();
  const used = await begin(once);
  expect(await finish(once, used)).toBeNull();
  expect(await finish(once, used)).toBe('expired');
});

test('12 an honest token is taken, also one that is signed with a key of today', async () => {
  const rotating = await Forger.start();
  await admin.create('identity-providers', { name: 'rotating', issuer: rotating.issuer, client_id: 'sluice', create_users: true });
  rotating.claims = { preferred_username: 'rob' };
  expect(await attempt('rotating', rotating)).toBeNull();
  const next = await jose.generateKeyPair('ES256', { extractable: true });
  rotating.published = [{ ...(await jose.exportJWK(next.publicKey)), kid: 'k2' }];
  rotating.sign = (c) => new jose.SignJWT(c).setProtectedHeader({ alg: 'ES256', kid: 'k2' }).sign(next.privateKey);
  expect(await attempt('rotating', rotating)).toBeNull(); // the keys were asked for again, for one was not known
  rotating.published = [];
  rotating.sign = undefined;
  const before = rotating.asked.filter((p) => p === '/keys').length;
  for (let i = 0; i < 3; i++) expect(await attempt('rotating', rotating)).toBe('token');
  expect(rotating.asked.filter((p) => p === '/keys').length).toBeLessThanOrEqual(before + 1); // but not all the time
  rotating.stop();
});

const inSeconds = (n: number): number => Math.floor(Date.now() / 1000) + n;
test.each<[string, string, () => void | Promise<void>]>([
  ['alg none', "the token is not three parts", () => void (forger.sign = async (c) => new jose.UnsecuredJWT(c).encode())],
  ['alg none and a signature', "the token's algorithm is none that is taken", () => void (forger.sign = async (c) => `${new jose.UnsecuredJWT(c).encode()}AAAA`)],
  ['HS256 with the public key', 'not signed with a key of the issuer', async () => {
    const pem = await jose.exportSPKI((await forger.keys).publicKey);
    forger.sign = (c) => new jose.SignJWT(c).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(Buffer.from(pem));
  }],
  ['HS256 with the client secret', 'not signed with a key of the issuer', () => void (forger.sign = (c) => new jose.SignJWT(c).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret)))],
  ['a key of somebody else', 'not signed with a key of the issuer', async () => {
    const { privateKey } = await jose.generateKeyPair('RS256');
    forger.sign = (c) => new jose.SignJWT(c).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
  }],
  ['another nonce', '(nonce)', () => void (forger.claims = { nonce: 'of yesterday' })],
  ['no nonce', '(nonce)', () => void (forger.claims = { nonce: undefined })],
  ['another audience', '(aud)', () => void (forger.claims = { aud: 'other' })],
  ['two audiences, made for the other one', '(azp)', () => void (forger.claims = { aud: ['sluice', 'other'], azp: 'other' })],
  ['two audiences, made for nobody', '(azp)', () => void (forger.claims = { aud: ['sluice', 'other'] })],
  ['another issuer', '(iss)', () => void (forger.claims = { iss: 'https://login.example.com' })],
  ['no subject', '(sub)', () => void (forger.claims = { sub: '' })],
  ['a long subject', '(sub)', () => void (forger.claims = { sub: 'x'.repeat(256) })],
  ['an end that has come', 'has expired', () => void (forger.claims = { exp: inSeconds(-120) })],
  ['no end', '(exp)', () => void (forger.claims = { exp: undefined })],
  ['a beginning that has not', '(nbf)', () => void (forger.claims = { nbf: inSeconds(300) })],
])('13 a token with %s is refused, and the log says why', async (_what, why, arrange) => {
  await arrange();
  const before = gateway.log.length;
  expect(await attempt()).toBe('token');
  await eventually(() => gateway.log.slice(before).includes(why), { within: 15_000, what: `the log to say ${why}` });
});

test('14 clocks may differ a little', async () => {
  forger.claims = { exp: inSeconds(-20), nbf: inSeconds(20), iat: inSeconds(20) };
  expect(await attempt()).toBeNull();
});

test('15 an answer that names another issuer is not redeemed', async () => {
  const jar = new Jar();
  const query = await begin(jar);
  query.set('iss', 'https://evil.example');
  const before = forger.asked.length;
  expect(await finish(jar, query)).toBe('token');
  expect(forger.asked.slice(before)).not.toContain('/token');
});

test.each<[string, (response: import('node:http').ServerResponse) => void]>([
  ['an error', (r) => r.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')],
  ['no JSON', (r) => r.end('<html>')],
  ['no id_token', (r) => r.end('{"access_token":"a"}')],
  ['a document without end', (r) => r.end(`{"id_token":"${'a'.repeat(2 << 20)}"}`)],
  ['a redirect', (r) => r.writeHead(302, { location: '/elsewhere' }).end()],
  ['a closed connection', (r) => r.destroy()],
])('16 a token endpoint that answers with %s is told as such', async (_what, answer) => {
  forger.instead.set('/token', answer);
  expect(await attempt()).toBe('provider');
});

test('17 providers that do not answer hold nobody else up', async () => {
  expect(await attempt()).toBeNull();
  const held: import('node:http').ServerResponse[] = [];
  forger.instead.set('/token', (r) => void held.push(r));
  const codes: (string | null)[] = [];
  const all = Promise.all([0, 1, 2, 3, 4, 5].map(async () => void codes.push(await attempt())));
  await eventually(() => codes.includes('busy'), { within: 30_000, what: 'a sign-in that is told to come back' });
  expect((await admin.get('/me')).status).toBe(200);
  forger.instead.set('/token', (r) => r.destroy());
  for (const response of held) response.destroy();
  await all;
  expect(new Set(codes)).toEqual(new Set(['busy', 'provider']));
  forger.instead.clear();
  expect(await attempt()).toBeNull();
});

test('20 in a browser: the button, the way there and back, and what went wrong', async () => {
  const browser = await openBrowser();
  const { page } = await openPage(browser, gateway.adminUrl);
  try {
    real.person = undefined;
    await page.goto('/services');
    await page.getByRole('link', { name: 'Sign in with Example Corp.' }).click();
    await page.getByText('The identity provider refused.').waitFor();
    await expectAccessible(page, 'sign-in');
    real.person = { sub: 'u-9', preferred_username: 'zoe', groups: ['gateway-editors'] };
    await page.goto('/services');
    await page.getByRole('link', { name: 'Sign in with Example Corp.' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/services');
    await page.getByRole('button', { name: 'zoe' }).waitFor();
    const chinese = await openPage(browser, gateway.adminUrl, { locale: 'zh-CN' });
    await chinese.page.goto('/portal/login?sso_error=name_taken');
    await chinese.page.getByRole('link', { name: '使用 Example Corp. 登录' }).waitFor();
    await chinese.page.getByText('已有同名用户').waitFor();
  } finally {
    await browser.close();
  }
});

test('21 a provider is tried before it is saved: in its form, with what it says of itself and whom claims would make', async () => {
  const browser = await openBrowser();
  const watched = await signInToConsole(browser, gateway, '/identity-providers/new');
  const { page } = watched;
  const trial = page.getByRole('region', { name: 'Try it' });
  await page.getByLabel(/^Name/).first().fill('fresh');
  await page.getByLabel(/^Issuer/).fill('http://127.0.0.1:9');
  await page.getByLabel(/^Client id/).fill('sluice');
  await trial.getByRole('button', { name: 'Ask the provider' }).click();
  await trial.getByText('cannot be used').waitFor();
  await page.getByLabel(/^Issuer/).fill(real.issuer);
  await trial.getByRole('button', { name: 'Ask the provider' }).click();
  await trial.getByText('answers', { exact: true }).waitFor();
  await trial.getByText(`${real.issuer}/token`, { exact: true }).waitFor();
  await trial.getByText(`${gateway.adminUrl}/api/v1/sso/fresh/callback`).waitFor();
  await trial.getByLabel('Claims of somebody').fill('{"sub":"77","preferred_username":"newcomer"}');
  await trial.getByRole('button', { name: 'Try these claims' }).click();
  await trial.getByText('is refused').waitFor();
  await trial.getByText('create_users is not set').waitFor();
  await expectAccessible(page, 'the trial of a provider');
  const answer = await admin.post('/sso/check', {
    provider: { name: 'fresh', issuer: real.issuer, client_id: 'sluice', create_users: true, grants: [{ role: 'viewer' }] },
    claims: { sub: '77', preferred_username: 'newcomer' },
  });
  expect(answer.body).toMatchObject({ discovery: { is_good: true }, sign_in: { is_admitted: true, is_new: true, user: 'newcomer', grants: [{ role: 'viewer' }] } });
  expect((await admin.get('/users/newcomer')).status).toBe(404);
  await leave(watched);
  await browser.close();
});

test('22 why a provider cannot be reached is said in Chinese, at once and when it was looked at just before', async () => {
  const provider = { name: 'away', issuer: 'http://127.0.0.1:9', client_id: 'sluice' };
  for (let i = 0; i < 2; i++) {
    const { discovery } = (await admin.post('/sso/check', { provider })).body;
    expect(discovery).toMatchObject({ is_good: false, detail: 'cannot be fetched: no address accepted the connection', code: 'fetch_failed', params: { done: 'fetched', why: 'no address accepted the connection' } });
  }
  const browser = await openBrowser();
  const watched = await signInToConsole(browser, gateway, '/identity-providers/new', { locale: 'zh-CN' });
  const trial = watched.page.getByRole('region', { name: '试一试' });
  await watched.page.getByLabel(/^名称/).first().fill(provider.name);
  await watched.page.getByLabel(/^签发方/).fill(provider.issuer);
  await watched.page.getByLabel(/^客户端 ID/).fill(provider.client_id);
  await trial.getByRole('button', { name: '查询提供方' }).click();
  await trial.getByText('无法获取：没有地址接受连接').waitFor();
  await leave(watched);
  await browser.close();
});
