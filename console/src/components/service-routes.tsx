/** The routes of a service. */
import type { Resource } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { examplesOf } from '../lib/routes.ts';
import { Badge } from './ui.tsx';

/** What a service takes, as it is written; the route named `taking` takes what was asked. */
export function Routes({ service, taking }: { service: Resource; taking?: string | undefined }) {
  const { t } = useLanguage();
  return (
    <section className="card">
      <h2>{t('service.routes')}</h2>
      <ul className="plain-list">
        {examplesOf(service).map((x, i) => (
          <li key={i}>
            <Badge>{x.methods}</Badge> <code>{x.pattern}</code>{' '}
            {x.conditions.map((condition) => (
              <Badge key={condition}>{condition}</Badge>
            ))}{' '}
            {x.name !== x.pattern && <span className="faint">{x.name}</span>}{' '}
            {taking === `${String(service['name'])}/${x.name}` && <Badge tone="good">{t('way.takes')}</Badge>}
          </li>
        ))}
      </ul>
    </section>
  );
}
