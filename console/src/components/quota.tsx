/** What of a limit is used, as a bar, and when it begins anew. */
import type { Limit } from '../api/portal.ts';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import { isCounted } from '../lib/limits.ts';
import { useLimitName } from '../portal/subscription-state.tsx';
import { Badge } from './ui.tsx';

/** How full it is: from there on it is shown as what will soon be used up. */
const nearlyShare = 0.8;

export function Quota({ limit }: { limit: Limit }) {
  const { t, locale } = useLanguage();
  const name = useLimitName()(limit.type);
  const text = t('portal.used.of', { what: name, used: String(limit.used ?? '—'), limit: String(limit.limit) });
  const share = Number(limit.used ?? 0) / Number(limit.limit);
  const isUsedUp = limit.used !== undefined && share >= 1;
  const resets = limit.resets_at === undefined ? undefined : ago(limit.resets_at, Date.now(), locale);
  return (
    <div>
      <p>
        {text} {!isCounted(limit.type) && <span className="faint">{limit.unit}</span>}{' '}
        {isUsedUp && <Badge tone="bad">{t('portal.used.up')}</Badge>} {resets !== undefined && <span className="faint">{t('portal.resets', { when: resets })}</span>}
      </p>
      {limit.used !== undefined && (
        <meter className={share >= nearlyShare ? 'bar bar-warn' : 'bar'} aria-label={name} min={0} max={Number(limit.limit)} value={Number(limit.used)} title={text} />
      )}
      {isUsedUp && <p className="faint">{t('portal.used.up.why')}</p>}
    </div>
  );
}
