/** The models that the program knows, of all vendors: searched, narrowed, put in order, compared side by side. */
import { Checkbox } from 'react-aria-components';
import { Link, useSearchParams } from 'wouter';
import { type CatalogueModel, modelKey, useCatalogueModels, useCatalogueSearch, useVendors } from '../api/catalogue.ts';
import { query } from '../api/client.ts';
import { may, type Resource, useList, useMe } from '../api/resources.ts';
import { LongList, type Seen } from '../components/long.tsx';
import { Mark } from '../components/mark.tsx';
import { Badge, Button, Empty, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { useAddressOf, useSearchText } from '../lib/address.ts';
import { count, dollars } from '../lib/format.ts';
import { modelAbilities, modelModes } from '../lib/models.ts';

const comparedMax = 4;
const any = 'any';
const ownMax = 500; // prices that are set here

/** What an ability or a kind of model is called; a newer server may know more of them. */
function useModelWords(): { ability: (name: string) => string; mode: (name: string) => string } {
  const { maybe } = useLanguage();
  return { ability: (name) => maybe(`ability.${name}`) ?? titleOf(name), mode: (name) => maybe(`mode.${name}`) ?? titleOf(name) };
}

function useVendorName(): (id: string) => string {
  const { data } = useVendors();
  return (id) => data?.find((v) => v.id === id)?.name ?? id;
}

function Comparison({ models, onDrop }: { models: CatalogueModel[]; onDrop: (key?: string) => void }) {
  const { t, locale } = useLanguage();
  const words = useModelWords();
  const nameOf = useVendorName();
  const abilities = [...new Set(models.flatMap((m) => m.abilities))].sort();
  const tokens = (n: number): string => (n === 0 ? '—' : count(n, locale));
  const price = (usd: string | undefined): string => dollars(usd ?? null, locale);
  const rows: { title: string; of: (m: CatalogueModel) => string }[] = [
    { title: t('catalogue.vendor'), of: (m) => nameOf(m.vendor) },
    { title: t('catalogue.mode'), of: (m) => words.mode(m.mode) },
    { title: t('catalogue.context'), of: (m) => tokens(m.context_tokens) },
    { title: t('catalogue.output'), of: (m) => tokens(m.max_output_tokens) },
    { title: t('catalogue.price.input'), of: (m) => price(m.prices?.input) },
    { title: t('catalogue.price.cached'), of: (m) => price(m.prices?.cache_read) },
    { title: t('catalogue.price.output'), of: (m) => price(m.prices?.output) },
    ...abilities.map((a) => ({ title: words.ability(a), of: (m: CatalogueModel) => (m.abilities.includes(a) ? '✓' : '—') })),
  ];
  return (
    <section className="card wide" tabIndex={0} aria-label={t('catalogue.compare')}>
      <div className="head">
        <h2>{t('catalogue.compare')}</h2>
        <span className="grow" />
        <Button look="quiet" onPress={() => onDrop()}>
          {t('catalogue.compare.end')}
        </Button>
      </div>
      <table className="log">
        <thead>
          <tr>
            <th scope="col">{t('list.name')}</th>
            {models.map((m) => (
              <th scope="col" key={modelKey(m)}>
                {m.name}{' '}
                <Button look="quiet" aria-label={t('form.remove', { what: m.name })} onPress={() => onDrop(modelKey(m))}>
                  ✕
                </Button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.title}>
              <th scope="row">{row.title}</th>
              {models.map((m) => (
                <td key={modelKey(m)}>{row.of(m)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What it costs: the operator's own price where there is one, else that of the catalogue; and the way to change it. */
function Price({ model, own }: { model: CatalogueModel; own: Resource | undefined }) {
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
        <Link aria-label={`${t('catalogue.price.set')}: ${model.name}`} href={`/prices/new${query({ vendor: model.vendor, model: model.name })}`}>
          {t('catalogue.price.set')}
        </Link>
      )}
    </span>
  );
}

interface ModelRowProps extends Seen {
  model: CatalogueModel;
  vendor: string; // what it is called
  own: Resource | undefined;
  isCompared: boolean;
  onCompare: (is: boolean) => void;
}

function ModelRow({ model, vendor, own, isCompared, onCompare, ...seen }: ModelRowProps) {
  const { t, locale } = useLanguage();
  const words = useModelWords();
  return (
    <article className="model-row" aria-label={`${model.name}, ${vendor}`} {...seen}>
      <Checkbox className="checkbox" isSelected={isCompared} onChange={onCompare} aria-label={t('catalogue.compare.one', { name: model.name })}>
        <span className="box" aria-hidden="true" />
      </Checkbox>
      <Mark name={vendor} />
      <div className="grow">
        <strong>{model.name}</strong> <span className="faint">{vendor}</span> <Badge>{words.mode(model.mode)}</Badge>{' '}
        {model.is_deprecated && <Badge tone="warn">{t('catalogue.deprecated')}</Badge>}{' '}
        {!model.has_price && own === undefined && <Badge>{t('catalogue.no.price')}</Badge>}
        <p className="faint">{model.abilities.map(words.ability).join(' · ')}</p>
      </div>
      <div className="model-facts">
        <Price model={model} own={own} />
        <span className="faint">{model.context_tokens > 0 && t('catalogue.tokens', { n: count(model.context_tokens, locale) })}</span>
      </div>
    </article>
  );
}

const orders = ['name', 'input', '-input', 'output', '-output', '-context_tokens'] as const;

function Filters({ typed, type }: { typed: string; type: (text: string) => void }) {
  const { t } = useLanguage();
  const words = useModelWords();
  const { of, set } = useAddressOf();
  const vendors = useVendors();
  const choose = (name: string) => (id: string) => set(name, id === any ? '' : id);
  const named = (names: readonly string[], text: (name: string) => string) => [{ id: any, text: t('catalogue.any') }, ...names.map((id) => ({ id, text: text(id) }))];
  return (
    <div className="filters">
      <TextField label={t('catalogue.search')} type="search" value={typed} onChange={type} placeholder={t('catalogue.search.hint')} />
      <Select
        label={t('catalogue.vendor')}
        value={of('vendor') || any}
        choices={[{ id: any, text: t('catalogue.all') }, ...(vendors.data ?? []).map((v) => ({ id: v.id, text: v.name }))]}
        onChange={choose('vendor')}
      />
      <Select label={t('catalogue.ability')} value={of('ability') || any} choices={named(modelAbilities, words.ability)} onChange={choose('ability')} />
      <Select label={t('catalogue.mode')} value={of('mode') || any} choices={named(modelModes, words.mode)} onChange={choose('mode')} />
      <Select label={t('catalogue.sort')} value={of('sort') || 'name'} choices={orders.map((id) => ({ id, text: t(`catalogue.sort.${id}`) }))} onChange={(id) => set('sort', id === 'name' ? '' : id)} />
    </div>
  );
}

/** Which are compared stands in the address: it can be sent to somebody. */
function useCompared(): { keys: string[]; set: (keys: readonly string[]) => void } {
  const [search, setSearch] = useSearchParams();
  const keys = search.getAll('compare').slice(0, comparedMax);
  const set = (next: readonly string[]): void =>
    setSearch(
      (before) => new URLSearchParams([...[...before].filter(([name]) => name !== 'compare'), ...next.slice(-comparedMax).map((key) => ['compare', key])]),
      { replace: true },
    );
  return { keys, set };
}

export default function CataloguePage() {
  const { t, locale } = useLanguage();
  const { of } = useAddressOf();
  const { typed, type, q } = useSearchText();
  const vendor = of('vendor');
  const list = useCatalogueSearch({ q, vendor, ability: of('ability'), mode: of('mode'), sort: of('sort') });
  const compared = useCompared();
  const chosen = useCatalogueModels(compared.keys);
  const nameOf = useVendorName();
  const { data: me } = useMe();
  const prices = useList('prices', { limit: ownMax, ...(vendor === '' ? {} : { filter: { vendor } }) }, may(me, 'prices:read'));
  const own = prices.data?.pages.flatMap((p) => p.items) ?? [];
  const models = list.data?.pages.flatMap((p) => p.items) ?? [];
  const total = list.data?.pages[0]?.total ?? 0;
  const drop = (key?: string): void => compared.set(key === undefined ? [] : compared.keys.filter((k) => k !== key));
  return (
    <>
      <div className="head">
        <h1>{t('nav.catalogue')}</h1> {list.isSuccess && <span className="faint">{t('catalogue.found', { n: total.toLocaleString(locale) })}</span>}
        <span className="grow" />
        <Link className="button button-plain" href="/prices">
          {t('catalogue.prices')}
        </Link>
      </div>
      <p className="faint">{t('catalogue.lead')}</p>
      <Filters typed={typed} type={type} />
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {compared.keys.length === 1 && <p className="faint">{t('catalogue.compare.more', { n: comparedMax })}</p>}
      {chosen.length > 1 && <Comparison models={chosen} onDrop={drop} />}
      {list.isSuccess && models.length === 0 && <Empty title={t('catalogue.none')} hint={t('catalogue.none.hint')} />}
      {models.length > 0 && (
        <div className="card plain-list">
          <LongList
            label={t('catalogue.models')}
            rows={models}
            list={list}
            isOfPage
            row={(m, seen) => (
              <ModelRow
                key={modelKey(m)}
                model={m}
                vendor={nameOf(m.vendor)}
                own={own.find((p) => p['vendor'] === m.vendor && p['model'] === m.name)}
                isCompared={compared.keys.includes(modelKey(m))}
                onCompare={(is) => (is ? compared.set([...compared.keys, modelKey(m)]) : drop(modelKey(m)))}
                {...seen}
              />
            )}
          />
        </div>
      )}
    </>
  );
}
