/** Certificates that sign themselves, made by openssl; told apart by their subject. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './program.ts';

export interface Pair {
  certificate: string;
  key: string;
  files: { cert: string; key: string };
}

/** `alt` as in openssl: "DNS:a.example,IP:127.0.0.1". The files are in `dir`. */
export function issue(dir: string, subject: string, alt: string, more: { days?: number; key?: string[] } = {}): Pair {
  const files = { cert: join(dir, `${subject}.pem`), key: join(dir, `${subject}.key`) };
  const key = more.key ?? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const made = run('openssl', [
    'req', '-x509', '-newkey', ...key, '-nodes', '-days', String(more.days ?? 90),
    '-keyout', files.key, '-out', files.cert, '-subj', `/CN=${subject}`, '-addext', `subjectAltName=${alt}`,
  ]);
  if (made.code !== 0) throw new Error(made.stderr);
  return { certificate: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8'), files };
}
