/** What a report's steps are as lines of a chart. */
import type { Line } from '../components/chart.tsx';
import type { Step, Sums } from '../api/reports.ts';

export function timesOf(steps: readonly Step[] | undefined): number[] {
  return (steps ?? []).map((s) => Date.parse(s.time) / 1000);
}

export function lineOf(name: string, steps: readonly Step[] | undefined, of: (sums: Sums) => number | null): Line {
  return { name, values: (steps ?? []).map(of) };
}
