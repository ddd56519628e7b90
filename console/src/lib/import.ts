/** How a document is imported, in steps: read, sent, checked, compared; and, when somebody says so, made. */
import { post } from '../api/client.ts';
import { type Sending, upload } from '../api/upload.ts';
import type { TextKey } from '../i18n/index.tsx';
import { size } from './format.ts';
import { readText } from './read-file.ts';
import type { News, Outcome, Planned } from './steps.ts';

/** As the server has it (control/apidoc.h): more need not be sent to be refused. */
export const documentBytesMax = 8 << 20;

export interface Comparison {
  breaking: number;
  total: number;
  text?: string;
}

export interface Imported {
  service: string;
  format: string;
  operations: number;
  schemas: number;
  is_new: boolean;
  warnings: { pointer: string; detail: string }[];
  comparison?: Comparison;
}

export interface Source {
  file?: File;
  text?: string; // or an address
  options: Record<string, string>; // what is empty is left out
}

interface Findings {
  errors: number;
  warnings: number;
}

interface Desk {
  t: (key: TextKey, values?: Record<string, string | number>) => string;
  locale: string;
  mayCheck: boolean;
  onFound: (found: Imported) => void;
  onMade: (made: Imported) => void;
}

export const isAddress = (text: string): boolean => /^https?:\/\/\S+$/.test(text.trim());

/** What is sent, but for `dry_run`. */
export function bodyOf(text: string, options: Record<string, string>): Record<string, unknown> {
  const given = Object.entries(options).filter(([, value]) => value !== '');
  return { ...(isAddress(text) ? { document_url: text.trim() } : { document: text }), ...Object.fromEntries(given), replace: true };
}

export function importSteps(source: Source, desk: Desk): Planned[] {
  const { t, locale } = desk;
  const { file } = source;
  let text = source.text ?? '';
  let sending: Sending<Imported> | undefined;
  let found: Imported | undefined;
  const bytes = (n: number): string => size(n, locale);
  const send = (path: string, tell: (news: News) => void, signal: AbortSignal): Sending<Imported> => {
    const started = upload<Imported>(path, bodyOf(text, source.options), signal, (done, of) => tell({ done, of, note: t('import.step.of', { done: bytes(done), of: bytes(of) }) }));
    started.answer.catch(() => undefined); // it is waited for by the step after this
    return started;
  };
  const read: Planned = {
    id: 'read',
    title: t('import.step.read'),
    run: async (tell, signal) => {
      if (file === undefined) return;
      text = await readText(file, signal, (done) => tell({ done, of: file.size }));
      return { note: bytes(file.size) };
    },
  };
  const sent: Planned = {
    id: 'send',
    title: t('import.step.send'),
    run: async (tell, signal) => {
      sending = send('/import/openapi?dry_run=true', tell, signal);
      await sending.sent;
    },
  };
  const checked: Planned = {
    id: 'check',
    title: t(isAddress(text) ? 'import.step.fetch' : 'import.step.check'),
    run: async (tell, signal): Promise<Outcome> => {
      sending ??= send('/import/openapi?dry_run=true', tell, signal);
      const asked = sending;
      sending = undefined; // tried again, it is sent again
      found = await asked.answer;
      const warned = found.warnings.length > 0 ? ` · ${t('import.warnings', { n: found.warnings.length })}` : '';
      return { note: t('import.counts', { format: found.format, operations: found.operations, schemas: found.schemas }) + warned, isWarned: warned !== '' };
    },
  };
  const compared: Planned = {
    id: 'compare',
    title: t('import.step.compare'),
    run: async (): Promise<Outcome> => {
      if (found === undefined) return {};
      desk.onFound(found);
      const { comparison } = found;
      if (comparison === undefined) return { note: t('import.step.new') };
      return { note: t('import.changes', { n: comparison.total, breaking: comparison.breaking }), isWarned: comparison.breaking > 0 };
    },
  };
  const made: Planned = {
    id: 'make',
    title: t('import.step.make'),
    isAsked: true,
    run: async (tell, signal): Promise<Outcome> => {
      const making = send('/import/openapi', tell, signal);
      await making.sent;
      tell({ isFinal: true, note: '' });
      const service = await making.answer;
      desk.onMade(service);
      return { note: service.service };
    },
  };
  const ruled: Planned = {
    id: 'rules',
    title: t('import.step.rules'),
    run: async (): Promise<Outcome> => {
      const { errors, warnings } = await post<Findings>(`/services/${encodeURIComponent(found?.service ?? '')}/check`);
      return { note: t('checks.summary', { errors, warnings }), isWarned: errors > 0 };
    },
  };
  return [...(file === undefined ? [] : [read]), sent, checked, compared, made, ...(desk.mayCheck ? [ruled] : [])];
}
