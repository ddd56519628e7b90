/** What the entries have in common: queries, languages, looks. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { allAhead } from './ahead.ts';
import { Problem, whenLoggedOut } from './api/client.ts';
import { forget } from './api/forget.ts';
import { LanguageProvider } from './i18n/index.tsx';
import './theme.css';

/** What the server refused will be refused again; only what did not arrive is tried once more. */
const client = new QueryClient({
  defaultOptions: {
    queries: { retry: (failures, error) => !(error instanceof Problem) && failures < 1, staleTime: 2000 },
  },
});
whenLoggedOut(() => void forget(client, ['me']));

/** What is here in a moment is shown at once, and nothing that would be gone again before it is seen. */
const momentMs = 300;

export async function start(app: ReactNode): Promise<void> {
  await Promise.race([allAhead, new Promise((resolve) => setTimeout(resolve, momentMs))]);
  const root = document.getElementById('root');
  if (root === null) throw new Error('no #root');
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <LanguageProvider>
          {app}
        </LanguageProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
