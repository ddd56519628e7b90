/** The log of one service. */
import type { TabProps } from '../tabs.ts';
import { RequestLog } from './request-log.tsx';

/** Its requests, as the log has them: of its own version only. */
export function ServiceLog({ resource: service }: Pick<TabProps, 'resource'>) {
  const version = service['version'];
  return <RequestLog fixed={{ service: String(service['name']), ...(typeof version === 'string' ? { version } : {}) }} />;
}
