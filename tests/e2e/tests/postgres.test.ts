/** The tests of the admin API once more, with PostgreSQL as the store. */
import { usePostgresStores } from '../harness/postgres.ts';

usePostgresStores();
await import('./admin.test.ts');
await import('./admin-subscriptions.test.ts');
