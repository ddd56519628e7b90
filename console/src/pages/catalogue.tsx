/** The models that the program knows of a vendor: searched, filtered by ability, compared side by side. */
import { useState } from 'react';
import { Checkbox } from 'react-aria-components';
import { Link, useSearchParams } from 'wouter';
import { type CatalogueModel, useCatalogue, useVendors } from '../api/catalogue.ts';
import { query } from '../api/client.ts';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { Badge, Empty, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { count, dollars } from '../lib/format.ts';

const comparedMax = 4;
const any = 'any';
const ownMax = 500; // prices of one vendor

function Comparison({ models }: { models: CatalogueModel[] }) {
  const { t, locale } = useLanguage();
  const abilities = [...new Set(models.flatMap((m) => m.abilities))].sort();
  const tokens = (n: number): string => (n === 0 ? '—' : count(n, locale));
  const price = (usd: string | undefined): string => dollars(usd ?? null, locale);
  const rows: { title: string; of: (m: CatalogueModel) => string }[] = [
    { title: t('catalogue.mode'), of: (m) => m.mode },
    { title: t('catalogue.context'), of: (m) => tokens(m.context_tokens) },
    { title: t('catalogue.output'), of: (m) => tokens(m.max_output_tokens) },
    { title: t('catalogue.price.input'), of: (m) => price(m.prices?.input) },
    { title: t('catalogue.price.cached'), of: (m) => price(m.prices?.cache_read) },
    { title: t('catalogue.price.output'), of: (m) => price(m.prices?.output) },
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

/** What it costs: the operator's own price where there is one, else that of the catalogue; and the way to change it. */
function Price({ vendor, model, own }: { vendor: string; model: CatalogueModel; own: Resource | undefined }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const usd = (of: unknown): string => dollars(of === undefined || of === null ? null : String(of), locale);
  const known = model.prices?.input ?? model.prices?.output;
  const shown = own ?? (known === undefined ? undefined : model.prices);
  return (
    <span className="catalogue-price">
      {shown !== undefined && (
        <span title={t('catalogue.price.unit')}>
          {t('catalogue.price', { input: usd(shown['input']), output: usd(shown['output']) })} {own === undefined && model.has_price_rules === true && <abbr title={t('catalogue.price.rules')}>*</abbr>}
        </span>
      )}{' '}
      {own !== undefined && <Link href={`/prices/${encodeURIComponent(own.key)}`}>{t('catalogue.price.own')}</Link>}
      {own === undefined && may(me, 'prices:create') && (
        <Link aria-label={`${t('catalogue.price.set')}: ${model.name}`} href={`/prices/new${query({ vendor, model: model.name })}`}>
          {t('catalogue.price.set')}
        </Link>
      )}
    </span>
  );
}

interface ModelRowProps {
  vendor: string;
  model: CatalogueModel;
  own: Resource | undefined;
  isCompared: boolean;
  onCompare: (is: boolean) => void;
}

function ModelRow({ vendor, model, own, isCompared, onCompare }: ModelRowProps) {
  const { t, locale } = useLanguage();
  return (
    <li className="model-row">
      <Checkbox className="checkbox" isSelected={isCompared} onChange={onCompare} aria-label={t('catalogue.compare.one', { name: model.name })}>
        <span className="box" aria-hidden="true" />
      </Checkbox>
      <div className="grow">
        <strong>{model.name}</strong> <span className="faint">{model.mode}</span>{' '}
        {model.is_deprecated && <Badge tone="warn">{t('catalogue.deprecated')}</Badge>}{' '}
        {!model.has_price && own === undefined && <Badge>{t('catalogue.no.price')}</Badge>}
        <Price vendor={vendor} model={model} own={own} />
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
  const { data: me } = useMe();
  const prices = useList('prices', { filter: { vendor }, limit: ownMax }, may(me, 'prices:read'));
  const own = prices.data?.pages.flatMap((p) => p.items) ?? [];
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
              vendor={vendor}
              model={m}
              own={own.find((p) => p['model'] === m.name)}
              isCompared={compared.includes(m.name)}
              onCompare={(is) => setCompared(is ? [...compared, m.name].slice(-comparedMax) : compared.filter((c) => c !== m.name))}
            />
          ))}
        </ul>
      )}
    </>
  );
}
