/** The log of all webhooks, or of one, in all states or in one: the address says which. */
import { Deliveries, deliveryStates } from '../components/deliveries.tsx';
import { Select } from '../components/ui.tsx';
import { ReferenceInput } from '../forms/reference-input.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { useAddress } from '../lib/address.ts';
import { useSettled } from '../lib/use-settled.ts';

export default function DeliveriesPage() {
  const { t } = useLanguage();
  const [asked, setWebhook] = useAddress('webhook');
  const [state, setState] = useAddress('state');
  const webhook = useSettled(asked); // while it is typed
  const states = [{ id: '', text: t('list.states.all') }, ...deliveryStates.map((id) => ({ id, text: t(`deliveries.state.${id}`) }))];
  return (
    <>
      <div className="head">
        <h1>{t('deliveries.title')}</h1>
        <span className="grow" />
        <Select label={t('list.state')} value={state} choices={states} onChange={setState} />
        <ReferenceInput plural="webhooks" label={t('deliveries.webhook')} help="" error={undefined} isRequired={false} value={asked} onChange={(name) => setWebhook(name ?? '')} />
      </div>
      <p className="faint">{t('deliveries.what')}</p>
      <Deliveries webhook={webhook} state={state} />
    </>
  );
}
