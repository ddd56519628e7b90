/** What a service is, on one page: its facts, its routes and what its owners wrote about it. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get, query } from '../api/client.ts';
import type { Resource } from '../api/resources.ts';
import { useFormTexts } from '../i18n/forms.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { listOf } from '../lib/schema.ts';
import type { TabProps } from '../tabs.ts';
import { Routes } from './service-routes.tsx';
import { ErrorNote } from './ui.tsx';

/** The server renders it, and lets nothing through but text, lists, tables, code and harmless links. */
function Readme({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const path = `/readme${query({ service: service.key })}`;
  const page = useQuery({ queryKey: ['one', 'services', path], queryFn: ({ signal }) => get<{ html: string }>(path, signal) });
  return (
    <section className="card">
      <h2>{t('service.readme')}</h2>
      {page.error !== null && <ErrorNote error={page.error} onRetry={() => void page.refetch()} />}
      {page.data !== undefined && <div className="readme" dangerouslySetInnerHTML={{ __html: page.data.html }} />}
    </section>
  );
}

export function Overview({ resource: service }: Pick<TabProps, 'resource'>) {
  const { t, maybe } = useLanguage();
  const texts = useFormTexts();
  const told: Readonly<Record<string, (value: string) => string>> = {
    kind: (value) => maybe(`kind.${value}`) ?? value,
    visibility: (value) => texts.meaning('visibility', value),
  };
  const shown = ['title', 'summary', 'kind', 'version', 'upstream', 'hosts', 'path', 'prefix', 'team', 'domain', 'tags', 'visibility'];
  const facts = shown.filter((name) => service[name] !== undefined && service[name] !== null);
  const readme = service['readme'];
  return (
    <div className="cards">
      <section className="card">
        <dl className="facts">
          {facts.map((name) => (
            <div key={name}>
              <dt>{maybe(`field.${name}`) ?? titleOf(name)}</dt>
              <dd>{listOf(service[name]).map((value) => told[name]?.(String(value)) ?? String(value)).join(', ')}</dd>
            </div>
          ))}
        </dl>
        <p>
          <Link href={`/requests?service=${encodeURIComponent(String(service['name']))}`}>{t('service.requests')}</Link>
        </p>
      </section>
      <Routes service={service} />
      {typeof readme === 'string' && readme !== '' && <Readme service={service} />}
    </div>
  );
}
