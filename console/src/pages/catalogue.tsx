/** The models that the program knows of a vendor: searched, filtered by ability, compared side by side. */
import { useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { Link, useSearchParams } from 'wouter';
import { type CatalogueModel, useCatalogue, useVendors } from '../api/catalogue.ts';
import { Badge, Empty, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { count } from '../lib/format.ts';

const comparedMax = 4;
const any = 'any';

function Comparison({ models }: { models: CatalogueModel[] }) {
  const { t, locale } = useLanguage();
  const abilities = [...new Set(models.flatMap((m) => m.abilities))].sort();
  const tokens = (n: number): string => (n === 0 ? '—' : count(n, locale));
  const rows: { title: string; of: (m: CatalogueModel) => string }[] = [
    { title: t('catalogue.mode'), of: (m) => m.mode },
    { title: t('catalogue.context'), of: (m) => tokens(m.context_tokens) },
    { title: t('catalogue.output'), of: (m) => tokens(m.max_output_tokens) },
    ...abilities.map((a) => ({ title: titleOf(a), of: (m: CatalogueModel) => (m.abilities.includes(a) ? '✓' : '—') })),
  ];
  return (
    <section className="card wide" tabIndex={0} aria-label={t('catalogue.compare')}>
      <h2>{t('catalogue.compare')}</h2>
      <table className="log">
        <thead>
          <tr>
            <th scope="col">{t('list.name')}</th>
            {models.map((m) => (
              <th scope="col" key={m.name}>
                {m.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.title}>
              <th scope="row">{row.title}</th>
              {models.map((m) => (
                <td key={m.name}>{row.of(m)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ModelRow({ model, isCompared, onCompare }: { model: CatalogueModel; isCompared: boolean; onCompare: (is: boolean) => void }) {
  const { t, locale } = useLanguage();
  return (
    <li className="model-row">
      <Checkbox className="checkbox" isSelected={isCompared} onChange={onCompare} aria-label={t('catalogue.compare.one', { name: model.name })}>
        <span className="box" aria-hidden="true" />
      </Checkbox>
      <div className="grow">
        <strong>{model.name}</strong> <span className="faint">{model.mode}</span>{' '}
        {model.is_deprecated && <Badge tone="warn">{t('catalogue.deprecated')}</Badge>}{' '}
        {!model.has_price && <Badge>{t('catalogue.no.price')}</Badge>}
        <p className="faint">{model.abilities.map((a) => a.replaceAll('_', ' ')).join(' · ')}</p>
      </div>
      <span className="faint">{model.context_tokens > 0 && t('catalogue.tokens', { n: count(model.context_tokens, locale) })}</span>
    </li>
  );
}

export default function CataloguePage() {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const vendor = search.get('vendor') ?? 'openai';
  const [q, setQ] = useState('');
  const [ability, setAbility] = useState(any);
  const [compared, setCompared] = useState<string[]>([]);
  const vendors = useVendors();
  const models = useCatalogue(vendor);
  const all = models.data ?? [];
  const abilities = [...new Set(all.flatMap((m) => m.abilities))].sort();
  const shown = all.filter((m) => m.name.toLowerCase().includes(q.toLowerCase()) && (ability === any || m.abilities.includes(ability)));
  const chosen = all.filter((m) => compared.includes(m.name));
  return (
    <>
      <div className="head">
        <h1>{t('nav.catalogue')}</h1>
        <span className="grow" />
        <Link className="button button-plain" href="/prices">
          {t('catalogue.prices')}
        </Link>
      </div>
      <p className="faint">{t('catalogue.lead')}</p>
      <div className="filters">
        <Select
          label={t('catalogue.vendor')}
          value={vendor}
          choices={(vendors.data ?? []).map((v) => ({ id: v.id, text: v.name }))}
          onChange={(id) => {
            setCompared([]);
            setSearch({ vendor: id }, { replace: true });
          }}
        />
        <TextField label={t('list.search')} type="search" value={q} onChange={setQ} />
        <Select
          label={t('catalogue.ability')}
          value={ability}
          choices={[{ id: any, text: t('catalogue.any') }, ...abilities.map((a) => ({ id: a, text: titleOf(a) }))]}
          onChange={setAbility}
        />
      </div>
      {models.isPending && <Spinner />}
      {models.error !== null && <ErrorNote error={models.error} />}
      {chosen.length > 1 && <Comparison models={chosen} />}
      {models.isSuccess && shown.length === 0 && <Empty title={t('catalogue.none')} hint={t('catalogue.none.hint')} />}
      {shown.length > 0 && (
        <ul className="card plain-list">
          {shown.map((m) => (
            <ModelRow
              key={m.name}
              model={m}
              isCompared={compared.includes(m.name)}
              onCompare={(is) => setCompared(is ? [...compared, m.name].slice(-comparedMax) : compared.filter((c) => c !== m.name))}
            />
          ))}
        </ul>
      )}
    </>
  );
}
