/** What became of a wish to have a service, and what its limits are called. */
import type { SubscriptionState as State } from '../api/portal.ts';
import { Badge } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { isCounted } from '../lib/limits.ts';

/** What a limit of that type limits. */
export function useLimitName(): (type: string) => string {
  const { t } = useLanguage();
  return (type) => (isCounted(type) ? t(`portal.limit.${type}`) : titleOf(type));
}

const tones = { requested: 'warn', approved: 'good', rejected: 'bad', suspended: 'warn', ended: 'plain' } as const;

export function SubscriptionState({ state = 'approved' }: { state: State | undefined }) {
  const { t } = useLanguage();
  return <Badge tone={tones[state]}>{t(`portal.state.${state}`)}</Badge>;
}
