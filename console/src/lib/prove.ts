/** A request that is sent from this page, proven by a credential: signed here, so that no secret leaves the page. */
import { claimsOf, keyField, type Proof, type Request, signedNames } from './proofs.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const base64 = (buffer: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const textBase64 = (text: string): string => base64(bytes(text).buffer);

async function macOf(secret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', bytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return base64(await crypto.subtle.sign('HMAC', key, bytes(text)));
}

async function token(proof: Proof, nowS: number): Promise<string> {
  const parts = [{ alg: 'HS256' }, { ...claimsOf(proof), iat: nowS, exp: nowS + 300 }].map((part) => urlSafe(textBase64(JSON.stringify(part))));
  return `${parts.join('.')}.${urlSafe(await macOf(proof.secret, parts.join('.')))}`;
}

async function signed(proof: Proof, { method, url, body }: Request & { body?: string }, now: Date): Promise<Record<string, string>> {
  const { host, pathname, search } = new URL(url);
  const names = signedNames(proof.taken, body !== undefined);
  const fields: Record<string, string> = {};
  for (const name of names) if (name !== '(request-target)' && name !== 'host') fields[name] = crypto.randomUUID();
  fields['x-date'] = now.toUTCString();
  if (body !== undefined) fields['digest'] = `SHA-256=${base64(await crypto.subtle.digest('SHA-256', bytes(body)))}`;
  const known: Record<string, string> = { ...fields, '(request-target)': `${method.toLowerCase()} ${pathname}${search}`, host };
  const mac = await macOf(proof.secret, names.map((name) => `${name}: ${known[name] ?? ''}`).join('\n'));
  return { ...fields, authorization: `Signature keyId="${proof.id}",algorithm="hmac-sha256",headers="${names.join(' ')}",signature="${mac}"` };
}

/** The header fields that prove it; none without a secret. A token that was made elsewhere is sent as it is. */
export async function proofHeaders(proof: Proof, request: Request & { body?: string }, now = new Date()): Promise<Record<string, string>> {
  if (proof.secret === '') return {};
  switch (proof.taken.type) {
    case 'api_key':
      return Object.fromEntries([keyField(proof.taken, proof.secret)].map(([name, value]) => [name.toLowerCase(), value]));
    case 'basic':
      return { authorization: `Basic ${textBase64(`${proof.id}:${proof.secret}`)}` };
    case 'jwt':
      return { authorization: `Bearer ${proof.secret.split('.').length === 3 ? proof.secret : await token(proof, Math.floor(now.getTime() / 1000))}` };
    case 'hmac':
      return signed(proof, request, now);
  }
}
