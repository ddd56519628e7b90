/** What is known of who was here, forgotten. */
import { notifyManager, type QueryClient, type QueryKey, type QueryState } from '@tanstack/react-query';

/** Of a query that was never asked. */
const unasked: QueryState<unknown, Error> = {
  data: undefined,
  dataUpdateCount: 0,
  dataUpdatedAt: 0,
  error: null,
  errorUpdateCount: 0,
  errorUpdatedAt: 0,
  fetchFailureCount: 0,
  fetchFailureReason: null,
  fetchMeta: null,
  fetchStatus: 'idle',
  isInvalidated: false,
  status: 'pending',
};

/**
 * Ask anew what is shown, and know nothing meanwhile. resetQueries() would bring back what a query began with: what was asked ahead
 * of the program (api/client.ts), when somebody else may have been here.
 */
export async function forget(client: QueryClient, queryKey: QueryKey = []): Promise<void> {
  client.removeQueries({ queryKey, type: 'inactive' });
  notifyManager.batch(() => {
    for (const query of client.getQueryCache().findAll({ queryKey })) {
      query.reset();
      query.setState(unasked);
    }
  });
  await client.refetchQueries({ queryKey, type: 'active' });
}
