/** That a service ends, or has ended: when, what comes after it, and where that is explained. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { CatalogueEntry } from '../api/portal.ts';
import { Badge, Note } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { placeOfService } from '../lib/offered-places.ts';

export type Ending = Pick<CatalogueEntry, 'key' | 'lifecycle' | 'sunset_at' | 'successor' | 'documentation'>;

/** The server lets through only what is harmless in a link of a readme; this one is not from a readme. */
function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text);
}

export function day(time: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(time));
}

export function isEnding({ lifecycle }: Pick<Ending, 'lifecycle'>): boolean {
  return lifecycle === 'deprecated' || lifecycle === 'retired';
}

export function EndingBadge({ service: { lifecycle, sunset_at: sunset } }: { service: Pick<Ending, 'lifecycle' | 'sunset_at'> }) {
  const { t, locale } = useLanguage();
  if (lifecycle === 'retired') return <Badge tone="bad">{t('portal.retired')}</Badge>;
  if (lifecycle !== 'deprecated') return null;
  return <Badge tone="warn">{sunset === undefined ? t('catalogue.deprecated') : t('portal.ends', { date: day(sunset, locale) })}</Badge>;
}

/** A service of the portal, a path of the gateway, or an address of anywhere. */
function Successor({ of }: { of: string }): ReactNode {
  if (isWebAddress(of)) return <ElsewhereLink to={of} />;
  return of.startsWith('/') ? <code>{of}</code> : <Link href={placeOfService(of)}>{of}</Link>;
}

function ElsewhereLink({ to }: { to: string }) {
  return (
    <a href={to} rel="noreferrer">
      {to}
    </a>
  );
}

/** `name`: what it is about, where that does not stand above. */
export function EndingNote({ service, name }: { service: Ending; name?: string }) {
  const { t, locale } = useLanguage();
  if (!isEnding(service)) return null;
  const isOver = service.lifecycle === 'retired';
  const { sunset_at: sunset, successor, documentation } = service;
  return (
    <Note kind={isOver ? 'error' : 'warn'}>
      <strong>
        {name !== undefined && `${name}: `}
        {t(isOver ? 'portal.retired.note' : 'portal.deprecated')}
      </strong>{' '}
      {!isOver && sunset !== undefined && t('portal.sunset', { date: day(sunset, locale) })}{' '}
      {successor !== undefined && (
        <>
          {t('portal.successor')} <Successor of={successor} />{' '}
        </>
      )}
      {documentation !== undefined && isWebAddress(documentation) && (
        <>
          {t('portal.how')} <ElsewhereLink to={documentation} />
        </>
      )}
    </Note>
  );
}
