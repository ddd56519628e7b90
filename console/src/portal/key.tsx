/** What one tries a service with: a credential of one's own, or one that is made for a day; and the host that it is called by. */
import { useState } from 'react';
import { type Credential, makeCredential, type OfferedService, useApplications, usePortalChange } from '../api/portal.ts';
import { Button, ErrorNote, Select, TextField } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { chooseKind, holdProof, useProof } from '../lib/held-proof.ts';
import { setGatewayKey } from '../lib/key.ts';
import type { Kind, Proof } from '../lib/proofs.ts';

const lifeMs = 24 * 3600 * 1000;

/** Applications that may call it stand first. */
function useCallers(service: string): string[] {
  const own = useApplications().data?.items ?? [];
  const name = service.split('@')[0];
  const may = (subscriptions: { service: string; state?: string }[]): boolean => subscriptions.some((s) => s.service === name && s.state === 'approved');
  return own.toSorted((a, b) => Number(may(b.subscriptions)) - Number(may(a.subscriptions))).map((a) => a.key);
}

function hold(kind: Kind, made: Pick<Credential, 'username' | 'key_id' | 'secret'>): void {
  if (kind === 'api_key') setGatewayKey(made.secret ?? '');
  else holdProof(kind, made.username ?? made.key_id ?? '', made.secret ?? '');
}

function TemporaryKey({ service, kind }: { service: string; kind: Kind }) {
  const { t } = useLanguage();
  const callers = useCallers(service);
  const [chosen, setChosen] = useState<string>();
  const application = chosen ?? callers[0];
  const make = usePortalChange(async (of: string) => {
    const now = Date.now();
    hold(kind, await makeCredential(of, { name: `try-${now.toString(36)}`, type: kind, expires: new Date(now + lifeMs).toISOString() }));
  });
  if (application === undefined) return null;
  return (
    <>
      <Select label={t('portal.application')} value={application} choices={callers.map((id) => ({ id, text: id }))} onChange={setChosen} />
      <Button isPending={make.isPending} onPress={() => make.mutate(application)}>
        {t(kind === 'api_key' ? 'key.make' : 'proof.make.day')}
      </Button>
      {make.error !== null && <ErrorNote error={make.error} />}
    </>
  );
}

/** The proof as samples show it: what one does not have yet stands there as a word. */
export function useShown(proof: Proof): Proof {
  const { t } = useLanguage();
  const kind = proof.taken.type;
  const [id, secret] = kind === 'api_key' ? ['', t('key.placeholder')] : [t(kind === 'basic' ? 'proof.placeholder.user' : 'proof.placeholder.id'), t('proof.placeholder.secret')];
  return { ...proof, id: proof.id || id, secret: proof.secret || secret };
}

function Fields({ proof: { taken, id, secret } }: { proof: Proof }) {
  const { t } = useLanguage();
  const kind = taken.type;
  const asPassword = { type: 'password', autoComplete: 'off', value: secret } as const;
  if (kind === 'api_key') return <TextField label={t('portal.key.secret')} help={t('portal.try.help')} {...asPassword} onChange={setGatewayKey} placeholder="sl-…" />;
  return (
    <>
      <TextField label={t(`proof.id.${kind}`)} value={id} onChange={(v) => holdProof(kind, v, secret)} autoComplete="off" />
      <TextField label={t(`proof.secret.${kind}`)} help={t(`proof.help.${kind}`)} {...asPassword} onChange={(v) => holdProof(kind, id, v)} />
    </>
  );
}

export function KeyOfOne({ service }: { service: OfferedService }) {
  const { t } = useLanguage();
  const proof = useProof(service.credentials);
  const kind = proof.taken.type;
  return (
    <section className="card" aria-label={t('portal.try')}>
      <h2>{t('portal.try')}</h2>
      <div className="beside">
        {service.credentials.length > 1 && (
          <Select label={t('proof.kind')} value={kind} choices={service.credentials.map((c) => ({ id: c.type, text: t(`proof.${c.type}`) }))} onChange={(v) => chooseKind(v as Kind)} />
        )}
        <Fields key={kind} proof={proof} />
        {proof.secret === '' && <TemporaryKey service={service.key} kind={kind} />}
      </div>
    </section>
  );
}

/** The name under which it is called: one of its own, or the gateway's. */
export function hostOf({ hosts = [], url }: OfferedService): string {
  return hosts.find((h) => !h.includes('*')) ?? (URL.canParse(url) ? new URL(url).host : '');
}
