/** A report as a query. */
import { useQuery } from '@tanstack/react-query';
import { askedEvery } from '../lib/failures.ts';
import { answered, get } from './client.ts';
import { type Report, reportPath, type ReportQuery } from './reports.ts';

/** Asked for anew every few seconds, so that traffic is seen as it comes. */
export function useReport(q: ReportQuery, isEnabled = true) {
  const path = reportPath(q);
  return useQuery({
    queryKey: ['report', path],
    enabled: isEnabled,
    queryFn: ({ signal }) => get<Report>(path, signal),
    initialData: () => answered<Report>(path),
    refetchInterval: askedEvery(5000),
  });
}
