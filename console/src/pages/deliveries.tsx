/** The log of all webhooks, or of one: the address says which. */
import { useSearchParams } from 'wouter';
import { useList } from '../api/resources.ts';
import { Deliveries } from '../components/deliveries.tsx';
import { Select } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';

export default function DeliveriesPage() {
  const { t } = useLanguage();
  const [search, setSearch] = useSearchParams();
  const webhook = search.get('webhook') ?? '';
  const known = useList('webhooks').data?.pages.flatMap((p) => p.items.map((w) => w.key)) ?? [];
  const choices = [{ id: '', text: t('deliveries.all') }, ...known.map((key) => ({ id: key, text: key }))];
  return (
    <>
      <div className="head">
        <h1>{t('deliveries.title')}</h1>
        <span className="grow" />
        <Select label={t('deliveries.webhook')} isLabelHidden value={webhook} choices={choices} onChange={(id) => setSearch(id === '' ? {} : { webhook: id }, { replace: true })} />
      </div>
      <p className="faint">{t('deliveries.what')}</p>
      <Deliveries webhook={webhook} />
    </>
  );
}
