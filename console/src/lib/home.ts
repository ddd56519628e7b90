/** What the home page asks for. */
import type { ReportQuery } from '../api/reports.ts';
import type { Range } from './ranges.ts';

export const homeTops = ['model', 'consumer', 'service'] as const;
export type HomeTop = (typeof homeTops)[number];

/** It wants little of a report, often. */
export const homeTotals = (range: Range): ReportQuery => ({ since: range.id, step: range.step });

export const homeTop = (group: HomeTop, range: Range): ReportQuery => ({ group: [group], since: range.id, order: '-requests', limit: 8 });
