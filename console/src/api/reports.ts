/** Sums of requests (GET /reports), as analytics and the home page ask for them. */
import { query } from './client.ts';

export const dimensions = ['service', 'version', 'route', 'consumer', 'team', 'model', 'target', 'vendor', 'status', 'outcome'] as const;
export type Dimension = (typeof dimensions)[number];

export interface Sums {
  requests: number;
  errors: number;
  failures: number; // errors that are not the clients'
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: string;
  mean_ms: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

export type Step = Sums & { time: string };
export type Row = Sums & { [D in Dimension]?: string | number | null } & { steps?: Step[] };

export interface Report {
  since: string;
  until: string;
  step?: string;
  row_count: number;
  rows: Row[];
  total: Sums & { steps?: Step[] };
}

export interface ReportQuery {
  /** Where it is asked for: all of it, when left out, or what is one's own in the portal. */
  path?: '/reports' | '/portal/usage';
  application?: string;
  group?: readonly Dimension[];
  since: string;
  step?: string;
  order?: string;
  limit?: number;
  fields?: string; // only these numbers
  filters?: Partial<Record<Dimension, string>>;
}

export function reportPath(q: ReportQuery, format?: 'csv'): string {
  return `${q.path ?? '/reports'}${query({
    application: q.application,
    group: q.group?.join(','),
    since: q.since,
    step: q.step,
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    order: q.order,
    limit: q.limit,
    fields: q.fields,
    ...q.filters,
    format,
  })}`;
}

/** What a row is of: "orders · shop". */
export function nameOf(row: Row, group: readonly Dimension[], nobody: string): string {
  return group.map((d) => (row[d] === null || row[d] === undefined || row[d] === '' ? nobody : String(row[d]))).join(' · ');
}
