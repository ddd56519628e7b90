/** How a backup is made, in steps: written, which is looked at meanwhile, and found whole. */
import { get, post } from '../api/client.ts';
import type { TextKey } from '../i18n/index.tsx';
import { count, size } from './format.ts';
import type { Outcome, Planned } from './steps.ts';
import { wait } from './wait.ts';

export interface Backup {
  name: string;
  bytes: number;
  is_whole: boolean;
  created_at?: string;
  program?: string;
  schema?: number;
  rows?: number;
  by?: string;
}

export interface Backups {
  items: Backup[];
  directory: string;
  in_progress_since?: string;
  in_progress_bytes?: number;
  restore_command: string;
  master_key: string;
}

interface Desk {
  t: (key: TextKey, values?: Record<string, string | number>) => string;
  locale: string;
  last: number | undefined; // bytes of the one before: about as much is to be written
  onMade: (backup: Backup) => void;
}

const lookEveryMs = 1000;

export function backupSteps({ t, locale, last, onMade }: Desk): Planned[] {
  let made: Backup | undefined;
  const write: Planned = {
    id: 'write',
    title: t('backups.step.write'),
    run: async (tell): Promise<Outcome> => {
      const ended = new AbortController();
      const watch = async (): Promise<void> => {
        for (;;) {
          await wait(lookEveryMs, ended.signal);
          const { in_progress_bytes: done } = await get<Backups>('/backups', ended.signal);
          if (done !== undefined) tell({ note: t('backups.written', { size: size(done, locale) }), ...(last === undefined ? {} : { done: Math.min(done, last), of: last }) });
        }
      };
      tell({ isFinal: true });
      watch().catch(() => undefined); // it only tells; what goes wrong, the request itself says
      made = await post<Backup>('/backups').finally(() => ended.abort());
      return { note: t('backups.step.rows', { rows: count(made.rows ?? 0, locale), size: size(made.bytes, locale) }) };
    },
  };
  const look: Planned = {
    id: 'look',
    title: t('backups.step.look'),
    run: async (_tell, signal): Promise<Outcome> => {
      const found = await get<Backup>(`/backups/${encodeURIComponent(made?.name ?? '')}`, signal);
      if (!found.is_whole) return { note: t('backups.step.broken'), isWarned: true };
      onMade(found);
      return {};
    },
  };
  return [write, look];
}
