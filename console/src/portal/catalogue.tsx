/** What there is to subscribe to. */
import { useDeferredValue, useState } from 'react';
import { Link } from 'wouter';
import { type CatalogueEntry, usePortalServices } from '../api/portal.ts';
import { Mark } from '../components/mark.tsx';
import { Badge, Empty, ErrorNote, More, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { Welcome } from './look.tsx';

function Entry({ service }: { service: CatalogueEntry }) {
  const { t } = useLanguage();
  const title = service.title ?? service.name;
  return (
    <li className="card">
      <div className="titled">
        <Mark name={title} />
        <div>
          <h2>
            <Link href={`/services/${encodeURIComponent(service.key)}`}>{title}</Link>
          </h2>
          <p className="faint">{service.key}</p>
        </div>
      </div>
      {service.summary !== undefined && <p>{service.summary}</p>}
      <p className="chips">
        {service.lifecycle === 'deprecated' && <Badge tone="warn">{t('catalogue.deprecated')}</Badge>}
        {service.version !== undefined && <Badge>{service.version}</Badge>}
        {(service.tags ?? []).map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
      </p>
    </li>
  );
}

function Found({ q }: { q: string }) {
  const { t } = useLanguage();
  const found = usePortalServices(q);
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  if (found.isPending) return <Spinner />;
  if (found.error !== null) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />;
  if (items.length === 0) return q === '' ? <Empty title={t('portal.empty')} hint={t('portal.empty.hint')} /> : <Empty title={t('list.none', { q })} />;
  return (
    <>
      <ul className="cards plain-list">
        {items.map((s) => (
          <Entry key={s.key} service={s} />
        ))}
      </ul>
      <More list={found} />
    </>
  );
}

export function CataloguePage() {
  const { t } = useLanguage();
  const [q, setQ] = useState('');
  return (
    <>
      <Welcome />
      <h1>{t('portal.catalogue')}</h1>
      <TextField label={t('portal.search')} type="search" value={q} onChange={setQ} maxLength={100} />
      <Found q={useDeferredValue(q.trim())} />
    </>
  );
}
