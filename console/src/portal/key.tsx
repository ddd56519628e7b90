/** The key that one tries a service with: one of one's own, or one that is made for a day; and the host that it is called by. */
import { useState } from 'react';
import { makeKey, type OfferedService, useApplications, usePortalChange } from '../api/portal.ts';
import { Button, ErrorNote, Select, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { setGatewayKey, useGatewayKey } from '../lib/key.ts';

const lifeMs = 24 * 3600 * 1000;

/** Applications that may call it stand first. */
function useCallers(service: string): string[] {
  const own = useApplications().data?.items ?? [];
  const name = service.split('@')[0];
  const may = (subscriptions: { service: string; state?: string }[]): boolean => subscriptions.some((s) => s.service === name && s.state === 'approved');
  return own.toSorted((a, b) => Number(may(b.subscriptions)) - Number(may(a.subscriptions))).map((a) => a.key);
}

function TemporaryKey({ service }: { service: string }) {
  const { t } = useLanguage();
  const callers = useCallers(service);
  const [chosen, setChosen] = useState<string>();
  const application = chosen ?? callers[0];
  const make = usePortalChange(async (of: string) => {
    const now = Date.now();
    const made = await makeKey(of, `try-${now.toString(36)}`, new Date(now + lifeMs).toISOString());
    setGatewayKey(made.secret ?? '');
  });
  if (application === undefined) return null;
  return (
    <>
      <Select label={t('portal.application')} value={application} choices={callers.map((id) => ({ id, text: id }))} onChange={setChosen} />
      <Button isPending={make.isPending} onPress={() => make.mutate(application)}>
        {t('key.make')}
      </Button>
      {make.error !== null && <ErrorNote error={make.error} />}
    </>
  );
}

export function KeyOfOne({ service }: { service: string }) {
  const { t } = useLanguage();
  const key = useGatewayKey();
  return (
    <section className="card" aria-label={t('portal.try')}>
      <h2>{t('portal.try')}</h2>
      <div className="beside">
        <TextField label={t('portal.key.secret')} help={t('portal.try.help')} type="password" autoComplete="off" value={key} onChange={setGatewayKey} placeholder="sl-…" />
        {key === '' && <TemporaryKey service={service} />}
      </div>
    </section>
  );
}

/** The name under which it is called: one of its own, or the gateway's. */
export function hostOf({ hosts = [], url }: OfferedService): string {
  return hosts.find((h) => !h.includes('*')) ?? (URL.canParse(url) ? new URL(url).host : '');
}
