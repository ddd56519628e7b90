/** How a service stands, from what is known of its endpoints and its requests. No DOM in here. */
import type { ReportQuery, Sums } from '../api/reports.ts';

/** What went through each in the last day. */
export const servicesTraffic: ReportQuery = { group: ['service', 'version'], since: '24h', step: '1h', order: '-requests', limit: 1000, fields: 'requests,failures' };

export interface Health {
  id: 'good' | 'idle' | 'partly' | 'down' | 'failing';
  tone: 'good' | 'warn' | 'bad' | 'plain';
  up: number;
  all: number;
  percent: number;
  [name: string]: string | number; // for texts
}

const failingPercent = 5;

/** One that is drained on purpose is not missing. */
export function healthOf(endpoints: readonly { state: string }[], traffic: Pick<Sums, 'requests' | 'failures'> | undefined): Health {
  const used = endpoints.filter((e) => e.state !== 'drained');
  const up = used.filter((e) => e.state === 'up').length;
  const requests = traffic?.requests ?? 0;
  const percent = requests === 0 ? 0 : Math.round((100 * (traffic?.failures ?? 0)) / requests);
  const numbers = { up, all: used.length, percent };
  if (used.length > 0 && up === 0) return { id: 'down', tone: 'bad', ...numbers };
  if (percent >= failingPercent) return { id: 'failing', tone: 'bad', ...numbers };
  if (up < used.length) return { id: 'partly', tone: 'warn', ...numbers };
  return used.length === 0 && requests === 0 ? { id: 'idle', tone: 'plain', ...numbers } : { id: 'good', tone: 'good', ...numbers };
}

/** Points of a line in a box of 100 by 24, the greatest value at its top. */
export function sparkOf(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  return values.map((v, i) => `${(i * step).toFixed(1)},${(23 - (22 * v) / most).toFixed(1)}`).join(' ');
}
