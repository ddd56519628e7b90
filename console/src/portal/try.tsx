/** A service's operations, to be read and, by who is signed in, tried with a key of one's own. */
import { useState } from 'react';
import { makeKey, type OfferedService, useApplications, usePortalChange, usePortalLook, usePortalOperations } from '../api/portal.ts';
import { type ApiCall, ApiReference } from '../components/openapi.tsx';
import { Button, ErrorNote, Select, Spinner, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { callGateway } from '../lib/gateway.ts';
import { setGatewayKey, useGatewayKey } from '../lib/key.ts';
import { operationsOf, schemasOf } from '../lib/operations.ts';

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

function KeyOfOne({ service }: { service: string }) {
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
function hostOf({ hosts = [], url }: OfferedService): string {
  return hosts.find((h) => !h.includes('*')) ?? (URL.canParse(url) ? new URL(url).host : '');
}

export function Operations({ service, isGuest }: { service: OfferedService; isGuest: boolean }) {
  const { t } = useLanguage();
  const key = useGatewayKey();
  const look = usePortalLook().data;
  const hasSome = service.operations.length > 0 || service.kind === 'prompt';
  const full = usePortalOperations(service.key, hasSome);
  if (!hasSome) return null;
  if (full.error !== null) return <ErrorNote error={full.error} onRetry={() => void full.refetch()} />;
  if (full.data === undefined) return <Spinner />;
  const mayTry = !isGuest && look?.try_disabled !== true;
  const call = (wish: ApiCall): Promise<Response> =>
    callGateway({ ...wish, host: hostOf(service), via: `/portal/services/${encodeURIComponent(service.key)}/call`, ...(key === '' ? {} : { key }) });
  return (
    <>
      {mayTry && <KeyOfOne service={service.key} />}
      <h2>{t('portal.operations')}</h2>
      <ApiReference
        api={{
          operations: operationsOf(full.data),
          schemas: schemasOf(full.data),
          prefix: full.data.prefix,
          address: service.url,
          keyText: key === '' ? t('key.placeholder') : key,
          ...(mayTry ? { call } : {}),
        }}
      />
    </>
  );
}
