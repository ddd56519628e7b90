/** What there is to subscribe to; what is looked for stands in the address. */
import { useDeferredValue } from 'react';
import { Link } from 'wouter';
import { type CatalogueEntry, type CatalogueWish, type FoundOperation, usePortalServices } from '../api/portal.ts';
import { LongCards } from '../components/long.tsx';
import { Mark } from '../components/mark.tsx';
import { Badge, Button, Empty, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useAddressOf } from '../lib/address.ts';
import { placeOfService } from '../lib/offered-places.ts';
import { EndingBadge } from './ending.tsx';
import { Welcome } from './look.tsx';

const kinds = ['rest', 'ai', 'prompt'] as const;
const anyKind = 'any'; // of the choice

function useWish() {
  const { of, set } = useAddressOf();
  return {
    q: of('q'),
    kind: of('kind'),
    tag: of('tag'),
    set: (name: keyof CatalogueWish, value: string): void => set(name, value, name !== 'q'), // not a step back for each letter
  };
}

/** What was found inside of it leads there. */
function Found({ service }: { service: CatalogueEntry }) {
  const { t } = useLanguage();
  const { operations = [], operation_count: count = 0 } = service;
  if (operations.length === 0) return null;
  return (
    <ul className="found-operations" aria-label={t('portal.found', { name: service.title ?? service.name })}>
      {operations.map((op: FoundOperation) => (
        <li key={op.id}>
          <span className={`method method-${op.method.toLowerCase()}`}>{op.method}</span> <Link href={placeOfService(service.key, op.id)}>{op.summary ?? op.id}</Link>{' '}
          <code className="faint">{op.path}</code> {op.deprecated === true && <Badge tone="warn">{t('catalogue.deprecated')}</Badge>}
        </li>
      ))}
      {count > operations.length && <li className="faint">{t('portal.found.more', { count: count - operations.length })}</li>}
    </ul>
  );
}

function Entry({ service }: { service: CatalogueEntry }) {
  const { t } = useLanguage();
  const title = service.title ?? service.name;
  return (
    <article className="card" aria-label={title}>
      <div className="titled">
        <Mark name={title} />
        <div>
          <h2>
            <Link href={placeOfService(service.key)}>{title}</Link>
          </h2>
          <p className="faint">{service.key}</p>
        </div>
      </div>
      {service.summary !== undefined && <p>{service.summary}</p>}
      <p className="chips">
        <EndingBadge service={service} />
        {service.version !== undefined && <Badge>{service.version}</Badge>}
        {(service.tags ?? []).map((tag) => (
          <Badge key={tag}>
            <Link href={`/?tag=${encodeURIComponent(tag)}`} aria-label={t('portal.tag.only', { tag })}>
              {tag}
            </Link>
          </Badge>
        ))}
      </p>
      <Found service={service} />
    </article>
  );
}

function List({ wish }: { wish: CatalogueWish }) {
  const { t } = useLanguage();
  const found = usePortalServices(wish);
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  if (found.isPending) return <Spinner />;
  if (found.error !== null) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />;
  if (items.length === 0 && !found.hasNextPage) {
    const isAll = Object.values(wish).every((v) => v === '');
    return isAll ? <Empty title={t('portal.empty')} hint={t('portal.empty.hint')} /> : <Empty title={t('portal.none')} hint={t('portal.none.hint')} />;
  }
  return (
    <>
      <LongCards label={t('portal.catalogue')} rows={items} list={found} card={(s) => <Entry key={s.key} service={s} />} />
      {found.hasNextPage && <Spinner />}
    </>
  );
}

export function CataloguePage() {
  const { t } = useLanguage();
  const { q, kind, tag, set } = useWish();
  const words = useDeferredValue(q.trim());
  const choices = [{ id: anyKind, text: t('portal.kind.any') }, ...kinds.map((id) => ({ id, text: t(`portal.kind.${id}`) }))];
  return (
    <>
      <Welcome />
      <h1>{t('portal.catalogue')}</h1>
      <div className="portal-search">
        <TextField label={t('portal.search')} help={t('portal.search.help')} type="search" value={q} onChange={(v) => set('q', v)} maxLength={100} />
        <Select label={t('portal.kind')} value={kind === '' ? anyKind : kind} choices={choices} onChange={(id) => set('kind', id === anyKind ? '' : id)} />
      </div>
      {tag !== '' && (
        <p className="chips">
          <Button look="quiet" onPress={() => set('tag', '')}>
            {t('portal.tag')}: {tag} <span aria-hidden="true">✕</span>
            <span className="hidden">{t('analytics.without')}</span>
          </Button>
        </p>
      )}
      <List wish={{ q: words, kind, tag }} />
    </>
  );
}
