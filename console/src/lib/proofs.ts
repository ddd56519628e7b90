/**
 * What callers of a service prove themselves with, as the service tells it, and how that looks in each language of the
 * samples: lines before the request, and header fields as expressions. No DOM in here.
 */
export const kinds = ['api_key', 'basic', 'jwt', 'hmac'] as const;
export type Kind = (typeof kinds)[number];

/** One of `credentials` of a service: members of its policy that callers must know. */
export interface Taken {
  type: Kind;
  headers?: string[];
  key_claim?: string;
  issuers?: string[];
  audiences?: string[];
  signed?: string[];
  requires_digest?: boolean;
}

/** `id`: the user name, or what tokens and signatures name the credential by; none of an API key. */
export interface Proof {
  taken: Taken;
  id: string;
  secret: string;
}

export const plainKey: Taken = { type: 'api_key', headers: ['authorization'] };

/** The field that an API key stands in, with its value. */
export function keyField({ headers }: Taken, key: string): [name: string, value: string] {
  const name = headers?.find((h) => h.toLowerCase() === 'authorization') ?? headers?.[0] ?? 'authorization';
  return name.toLowerCase() === 'authorization' ? ['Authorization', `Bearer ${key}`] : [name, key];
}

/** What a token of this credential says, beside its times. */
export function claimsOf({ taken, id }: Proof): Record<string, string> {
  const [issuer] = taken.issuers ?? [];
  const [audience] = taken.audiences ?? [];
  return { ...(issuer === undefined ? {} : { iss: issuer }), [taken.key_claim ?? 'iss']: id, ...(audience === undefined ? {} : { aud: audience }) };
}

const times = ['x-date', 'date', '(created)'];
const digests = ['digest', 'content-digest'];

/** What is signed, in this order: what the service wants, a time, something that differs each time, and the body. */
export function signedNames({ signed = ['(request-target)'] }: Taken, hasBody: boolean): string[] {
  const wanted = signed.map((name) => name.toLowerCase()).filter((name) => !times.includes(name) && !digests.includes(name));
  return [...new Set([...wanted, 'x-date', 'x-nonce', ...(hasBody ? ['digest'] : [])])];
}

export interface Request {
  method: string;
  url: string;
  body?: unknown;
}

/** `body`: what names the text of the body, which was signed. */
export interface Proven {
  imports: string[];
  before: string[];
  headers: [name: string, expression: string][];
  body?: string;
}

export type Language = 'curl' | 'python' | 'javascript' | 'go' | 'java';

const json = (value: unknown): string => JSON.stringify(value);
const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const nothing: Proven = { imports: [], before: [], headers: [] };
const signature = (id: string, names: string[]): string => `Signature keyId="${id}",algorithm="hmac-sha256",headers="${names.join(' ')}",signature="`;

function target({ method, url }: Request): string {
  const { pathname, search } = new URL(url);
  return `${method.toLowerCase()} ${pathname}${search}`;
}

/** The lines that are signed; `field` writes the value of a field in the language. */
function signedLines(rq: Request, names: string[], field: (name: string) => string): string[] {
  const fixed: Record<string, string> = { '(request-target)': target(rq), host: new URL(rq.url).host };
  return names.map((name) => `${name}: ${fixed[name] ?? field(name)}`);
}

const sent = (names: string[]): string[] => names.filter((name) => name !== '(request-target)' && name !== 'host');

/* ------------------------------------------------------------------ signatures */

function hmacPython(proof: Proof, rq: Request): Proven {
  const names = signedNames(proof.taken, rq.body !== undefined);
  const values: Record<string, string> = {
    'x-date': 'formatdate(usegmt=True)',
    digest: '"SHA-256=" + base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()',
  };
  return {
    imports: ['import base64', 'import hashlib', 'import hmac', 'import uuid', 'from email.utils import formatdate'],
    before: [
      ...(rq.body === undefined ? [] : [`body = ${json(json(rq.body))}`]),
      'signed = {',
      ...sent(names).map((name) => `    ${json(name)}: ${values[name] ?? 'str(uuid.uuid4())'},`),
      '}',
      `lines = "\\n".join([${signedLines(rq, names, () => '').map((line, i) => (line.endsWith(': ') ? `f"${names[i] ?? ''}: {signed['${names[i] ?? ''}']}"` : json(line))).join(', ')}])`,
      `mac = hmac.new(${json(proof.secret)}.encode(), lines.encode(), hashlib.sha256).digest()`,
    ],
    headers: [
      ...sent(names).map((name): [string, string] => [name, `signed[${json(name)}]`]),
      ['Authorization', `${json(signature(proof.id, names))} + base64.b64encode(mac).decode() + "\\""`],
    ],
    ...(rq.body === undefined ? {} : { body: 'body' }),
  };
}

function hmacJavascript(proof: Proof, rq: Request): Proven {
  const names = signedNames(proof.taken, rq.body !== undefined);
  const values: Record<string, string> = {
    'x-date': 'new Date().toUTCString()',
    digest: "`SHA-256=${createHash('sha256').update(body).digest('base64')}`",
  };
  return {
    imports: [`import { ${rq.body === undefined ? '' : 'createHash, '}createHmac, randomUUID } from 'node:crypto';`],
    before: [
      ...(rq.body === undefined ? [] : [`const body = ${json(json(rq.body))};`]),
      'const signed = {',
      ...sent(names).map((name) => `  ${json(name)}: ${values[name] ?? 'randomUUID()'},`),
      '};',
      `const lines = [${signedLines(rq, names, () => '').map((line, i) => (line.endsWith(': ') ? `\`${names[i] ?? ''}: \${signed[${json(names[i] ?? '')}]}\`` : json(line))).join(', ')}];`,
      `const mac = createHmac('sha256', ${json(proof.secret)}).update(lines.join('\\n')).digest('base64');`,
    ],
    headers: [...sent(names).map((name): [string, string] => [name, `signed[${json(name)}]`]), ['Authorization', `${json(signature(proof.id, names))} + mac + '"'`]],
    ...(rq.body === undefined ? {} : { body: 'body' }),
  };
}

/** Names of variables in the languages that have one for each value. */
const variable = (name: string): string => name.replaceAll(/[^a-z]+(.)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase());

function hmacGo(proof: Proof, rq: Request): Proven {
  const names = signedNames(proof.taken, rq.body !== undefined);
  const values: Record<string, string[]> = {
    'x-date': ['xDate := time.Now().UTC().Format(http.TimeFormat)'],
    digest: ['sum := sha256.Sum256([]byte(body))', 'digest := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])'],
  };
  const parts = signedLines(rq, names, () => '').map((line, i) => (line.endsWith(': ') ? `${json(line)} + ${variable(names[i] ?? '')}` : json(line)));
  return {
    imports: ['crypto/hmac', 'crypto/rand', 'crypto/sha256', 'encoding/base64', 'time'],
    before: [
      ...(rq.body === undefined ? [] : [`body := ${json(json(rq.body))}`]),
      ...sent(names).flatMap((name) => values[name] ?? [`${variable(name)} := rand.Text()`]),
      `mac := hmac.New(sha256.New, []byte(${json(proof.secret)}))`,
      `mac.Write([]byte(${parts.join(' + "\\n" + ')}))`,
    ],
    headers: [
      ...sent(names).map((name): [string, string] => [name, variable(name)]),
      ['Authorization', `${json(signature(proof.id, names))} + base64.StdEncoding.EncodeToString(mac.Sum(nil)) + "\\""`],
    ],
    ...(rq.body === undefined ? {} : { body: 'body' }),
  };
}

function hmacJava(proof: Proof, rq: Request): Proven {
  const names = signedNames(proof.taken, rq.body !== undefined);
  const values: Record<string, string> = {
    'x-date': `var xDate = DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US).format(ZonedDateTime.now(ZoneOffset.UTC));`,
    digest: 'var digest = "SHA-256=" + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));',
  };
  const parts = signedLines(rq, names, () => '').map((line, i) => (line.endsWith(': ') ? `${json(line)} + ${variable(names[i] ?? '')}` : json(line)));
  return {
    imports: [],
    before: [
      ...(rq.body === undefined ? [] : [`var body = ${json(json(rq.body))};`]),
      ...sent(names).map((name) => values[name] ?? `var ${variable(name)} = UUID.randomUUID().toString();`),
      'var mac = Mac.getInstance("HmacSHA256");',
      `mac.init(new SecretKeySpec(${json(proof.secret)}.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));`,
      `var lines = String.join("\\n", ${parts.join(', ')});`,
    ],
    headers: [
      ...sent(names).map((name): [string, string] => [name, variable(name)]),
      ['Authorization', `${json(signature(proof.id, names))} + Base64.getEncoder().encodeToString(mac.doFinal(lines.getBytes(StandardCharsets.UTF_8))) + "\\""`],
    ],
    ...(rq.body === undefined ? {} : { body: 'body' }),
  };
}

function hmacShell(proof: Proof, rq: Request): Proven {
  const names = signedNames(proof.taken, rq.body !== undefined);
  const name = (field: string): string => field.replaceAll(/[^a-z0-9]/g, '_');
  const values: Record<string, string> = {
    'x-date': `x_date=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')`,
    digest: `digest="SHA-256=$(printf %s "$body" | openssl dgst -sha256 -binary | openssl base64 -A)"`,
  };
  const lines = signedLines(rq, names, () => '').map((line, i) => (line.endsWith(': ') ? `${shell(line)}"$${name(names[i] ?? '')}"` : shell(line)));
  return {
    imports: [],
    before: [
      `secret=${shell(proof.secret)}`,
      ...(rq.body === undefined ? [] : [`body=${shell(json(rq.body))}`]),
      ...sent(names).map((field) => values[field] ?? `${name(field)}=$(openssl rand -hex 16)`),
      `mac=$(printf ${shell(lines.map(() => '%s').join('\\n'))} ${lines.join(' ')} | openssl dgst -sha256 -hmac "$secret" -binary | openssl base64 -A)`,
    ],
    headers: [
      ...sent(names).map((field): [string, string] => [field, `${shell(`${field}: `)}"$${name(field)}"`]),
      ['Authorization', `${shell(`Authorization: ${signature(proof.id, names)}`)}"$mac"'"'`],
    ],
    ...(rq.body === undefined ? {} : { body: '"$body"' }),
  };
}

/* ------------------------------------------------------------------ tokens */

const lifeSeconds = 300;

function jwtPython(proof: Proof): Proven {
  const claims = Object.entries(claimsOf(proof)).map(([name, value]) => `${json(name)}: ${json(value)}, `);
  return {
    imports: ['import time', 'import jwt  # PyJWT'],
    before: ['now = int(time.time())', `token = jwt.encode({${claims.join('')}"iat": now, "exp": now + ${lifeSeconds}}, ${json(proof.secret)}, algorithm="HS256")`],
    headers: [['Authorization', '"Bearer " + token']],
  };
}

function jwtJavascript(proof: Proof): Proven {
  return {
    imports: [`import { SignJWT } from 'jose';`],
    before: [
      `const token = await new SignJWT(${json(claimsOf(proof))})`,
      `  .setProtectedHeader({ alg: 'HS256' })`,
      '  .setIssuedAt()',
      `  .setExpirationTime('${lifeSeconds}s')`,
      `  .sign(new TextEncoder().encode(${json(proof.secret)}));`,
    ],
    headers: [['Authorization', "'Bearer ' + token"]],
  };
}

function jwtGo(proof: Proof): Proven {
  const claims = Object.entries(claimsOf(proof)).map(([name, value]) => `\t${json(name)}: ${json(value)},`);
  return {
    imports: ['time', 'github.com/golang-jwt/jwt/v5'],
    before: [
      'now := time.Now().Unix()',
      'token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{',
      ...claims,
      `\t"iat": now, "exp": now + ${lifeSeconds},`,
      `}).SignedString([]byte(${json(proof.secret)}))`,
      'if err != nil {',
      '\tlog.Fatal(err)',
      '}',
    ],
    headers: [['Authorization', '"Bearer " + token']],
  };
}

function jwtJava(proof: Proof): Proven {
  const claims = Object.entries(claimsOf(proof)).map(([name, value]) => `    .withClaim(${json(name)}, ${json(value)})`);
  return {
    imports: [],
    before: [
      '// com.auth0:java-jwt',
      'var now = Instant.now();',
      'var token = JWT.create()',
      ...claims,
      `    .withIssuedAt(now).withExpiresAt(now.plusSeconds(${lifeSeconds}))`,
      `    .sign(Algorithm.HMAC256(${json(proof.secret)}));`,
    ],
    headers: [['Authorization', '"Bearer " + token']],
  };
}

function jwtShell(proof: Proof): Proven {
  const claims = json(claimsOf(proof)).slice(0, -1);
  return {
    imports: [],
    before: [
      `secret=${shell(proof.secret)}`,
      `text() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }`,
      'now=$(date +%s)',
      `unsigned=$(printf %s '{"alg":"HS256"}' | text).$(printf '%s,"iat":%d,"exp":%d}' ${shell(claims)} "$now" $((now + ${lifeSeconds})) | text)`,
      'token=$unsigned.$(printf %s "$unsigned" | openssl dgst -sha256 -hmac "$secret" -binary | text)',
    ],
    headers: [['Authorization', '"Authorization: Bearer $token"']],
  };
}

/* ------------------------------------------------------------------ keys and passwords */

function basic(language: Language, { id, secret }: Proof): Proven {
  const pair = json(`${id}:${secret}`);
  const header: Record<Language, string> = {
    curl: '', // it has an option for it
    python: `"Basic " + base64.b64encode(${pair}.encode()).decode()`,
    javascript: `'Basic ' + Buffer.from(${pair}).toString('base64')`,
    go: `"Basic " + base64.StdEncoding.EncodeToString([]byte(${pair}))`,
    java: `"Basic " + Base64.getEncoder().encodeToString(${pair}.getBytes(StandardCharsets.UTF_8))`,
  };
  const imports: Partial<Record<Language, string[]>> = { python: ['import base64'], go: ['encoding/base64'] };
  return { imports: imports[language] ?? [], before: [], headers: language === 'curl' ? [] : [['Authorization', header[language]]] };
}

function apiKey(language: Language, { taken, secret }: Proof): Proven {
  const [name, value] = keyField(taken, secret);
  if (secret === '') return nothing;
  return { ...nothing, headers: [[name, language === 'curl' ? shell(`${name}: ${value}`) : json(value)]] };
}

type Prove = (proof: Proof, rq: Request) => Proven;
const hmac: Record<Language, Prove> = { curl: hmacShell, python: hmacPython, javascript: hmacJavascript, go: hmacGo, java: hmacJava };
const jwt: Record<Language, Prove> = { curl: jwtShell, python: jwtPython, javascript: jwtJavascript, go: jwtGo, java: jwtJava };

export function proven(language: Language, proof: Proof, rq: Request): Proven {
  switch (proof.taken.type) {
    case 'hmac':
      return hmac[language](proof, rq);
    case 'jwt':
      return jwt[language](proof, rq);
    case 'basic':
      return basic(language, proof);
    case 'api_key':
      return apiKey(language, proof);
  }
}
