/** What an application proves itself with: keys, passwords, secrets and public keys. What is made is shown once. */
import { type FormEvent, type ReactNode, useState } from 'react';
import { actOnKey, type Credential, type CredentialWish, makeCredential, removeKey, usePortalChange } from '../api/portal.ts';
import { Badge, Button, Code, ErrorNote, Select, TextField, Window } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import { dayMs, endOf, expiries, type Expiry as Days, isOver } from '../lib/expiry.ts';
import { type Kind, kinds } from '../lib/proofs.ts';

const soonMs = 7 * dayMs;

/** A change that is asked about first. */
export function Asked({ label, title, text, run, children }: { label: string; title: string; text: string; run: () => Promise<unknown>; children?: ReactNode }) {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  const change = usePortalChange(run);
  return (
    <>
      <Button onPress={() => setOpen(true)} aria-label={title}>
        {label}
      </Button>
      <Window title={title} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{text}</p>
        {children}
        {change.error !== null && <ErrorNote error={change.error} />}
        <div className="actions">
          <Button look="danger" isPending={change.isPending} onPress={() => change.mutate(undefined, { onSuccess: () => setOpen(false) })}>
            {label}
          </Button>
          <Button onPress={() => setOpen(false)}>{t('common.cancel')}</Button>
        </div>
      </Window>
    </>
  );
}

/** Whether the keys at a URL are there. */
function KeysAtUrl({ state: { keys = 0, problem } }: { state: NonNullable<Credential['key_set']> }) {
  const { t } = useLanguage();
  return problem === undefined ? <Badge tone={keys > 0 ? 'good' : 'warn'}>{t('proof.keys', { n: keys })}</Badge> : <Badge tone="bad">{problem}</Badge>;
}

/** A secret is made anew; a public key is given anew; keys at a URL are changed there. */
function Rotate({ credential, onSecret }: { credential: Credential; onSecret: (made: Credential) => void }) {
  const { t } = useLanguage();
  const [publicKey, setPublicKey] = useState('');
  const name = credential.key;
  const hasOwnKey = credential.has_public_key === true;
  if (credential.key_set !== undefined) return null;
  return (
    <Asked
      label={t('portal.key.rotate')}
      title={t('portal.key.rotate.of', { name })}
      text={t(hasOwnKey ? 'proof.rotate.public' : 'portal.key.rotate.text')}
      run={async () => onSecret(await actOnKey(name, 'rotate', hasOwnKey ? { public_key: publicKey } : {}))}
    >
      {hasOwnKey && <TextField label={t('proof.public')} lines={6} isMono value={publicKey} onChange={setPublicKey} />}
    </Asked>
  );
}

/** What is refused already, and what soon will be, so that there is time to make another one. */
function Expiry({ expires }: { expires: string | undefined }) {
  const { t } = useLanguage();
  const now = Date.now();
  if (isOver(expires, now)) return <Badge tone="bad">{t('tokens.expired')}</Badge>;
  return isOver(expires, now + soonMs) ? <Badge tone="warn">{t('proof.soon')}</Badge> : null;
}

function One({ credential, onSecret }: { credential: Credential; onSecret: (made: Credential) => void }) {
  const { t, locale } = useLanguage();
  const name = credential.key;
  const when = (time: string): string => ago(time, Date.now(), locale);
  const known = credential.username ?? credential.key_id;
  return (
    <li className="model-row">
      <div className="grow">
        <strong>{name}</strong> <Badge>{t(`proof.${credential.type}`)}</Badge> {credential.prefix !== undefined && <code>{credential.prefix}…</code>}{' '}
        {credential.disabled === true && <Badge tone="bad">{t('portal.key.disabled')}</Badge>} <Expiry expires={credential.expires} /> {credential.key_set !== undefined && <KeysAtUrl state={credential.key_set} />}
        <p className="faint">
          {known !== undefined && (
            <>
              {t(`proof.id.${credential.type}`)}: <code>{known}</code> ·{' '}
            </>
          )}
          {credential.audience !== undefined && (
            <>
              {t('proof.audience')}: <code>{credential.audience}</code> ·{' '}
            </>
          )}
          {when(credential.created_at)}
          {credential.expires !== undefined && ` · ${t(isOver(credential.expires, Date.now()) ? 'proof.ended' : 'proof.expires', { when: when(credential.expires) })}`}
          {credential.former_until !== undefined && Date.parse(credential.former_until) > Date.now() && ` · ${t('proof.former', { when: when(credential.former_until) })}`}
        </p>
      </div>
      {credential.disabled !== true && (
        <>
          <Rotate credential={credential} onSecret={onSecret} />
          <Asked label={t('portal.key.disable')} title={t('portal.key.disable.of', { name })} text={t('portal.key.disable.text')} run={() => actOnKey(name, 'disable')} />
        </>
      )}
      <Asked label={t('proof.remove')} title={t('proof.remove.of', { name })} text={t('proof.remove.text')} run={() => removeKey(name)} />
    </li>
  );
}

/** The secret, with what is sent or named beside it. */
function Secret({ made, onClose }: { made: Credential; onClose: () => void }) {
  const { t } = useLanguage();
  const known = made.username ?? made.key_id;
  return (
    <Window title={t('secret.title')} isOpen onClose={onClose} isDismissable={false}>
      <p>{t(made.type === 'api_key' || made.type === 'basic' ? 'secret.text' : 'proof.secret.text')}</p>
      {known !== undefined && <Code label={t(`proof.id.${made.type}`)} text={known} />}
      <Code label={made.type === 'api_key' ? t('portal.key.secret') : t(`proof.secret.${made.type}`)} text={made.secret ?? ''} />
      <div className="actions">
        <Button look="primary" onPress={onClose}>
          {t('secret.done')}
        </Button>
      </div>
    </Window>
  );
}

const sources = ['made', 'public', 'url'] as const;
type Source = (typeof sources)[number];

interface Draft {
  name: string;
  type: Kind;
  days: Days;
  username: string;
  source: Source;
  public_key: string;
  jwks_url: string;
  key_id: string;
}

const blank: Draft = { name: '', type: 'api_key', days: '', username: '', source: 'made', public_key: '', jwks_url: '', key_id: '' };

/** Only what is of its kind is said, and nothing that is empty. */
function wishOf({ name, type, days, username, source, public_key, jwks_url, key_id }: Draft): CredentialWish {
  const own: Partial<Record<Kind, Record<string, string>>> = { basic: { username }, jwt: source === 'public' ? { public_key } : source === 'url' ? { jwks_url, key_id } : {} };
  const expires = endOf(days, Date.now());
  return { name, type, ...(expires === undefined ? {} : { expires }), ...Object.fromEntries(Object.entries(own[type] ?? {}).filter(([, value]) => value !== '')) };
}

function OfKind({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const { t } = useLanguage();
  if (draft.type === 'basic') return <TextField label={t('proof.id.basic')} help={t('proof.username.help')} value={draft.username} onChange={(username) => set({ username })} maxLength={128} />;
  if (draft.type !== 'jwt') return null;
  return (
    <>
      <Select label={t('proof.source')} value={draft.source} choices={sources.map((id) => ({ id, text: t(`proof.source.${id}`) }))} onChange={(v) => set({ source: v as Source })} />
      {draft.source === 'public' && (
        <TextField label={t('proof.public')} help={t('proof.public.help')} lines={6} isMono value={draft.public_key} onChange={(public_key) => set({ public_key })} isRequired />
      )}
      {draft.source === 'url' && (
        <>
          <TextField label={t('proof.url')} help={t('proof.url.help')} type="url" value={draft.jwks_url} onChange={(jwks_url) => set({ jwks_url })} placeholder="https://login.example.com/.well-known/jwks.json" isRequired />
          <TextField label={t('proof.issuer')} help={t('proof.issuer.help')} value={draft.key_id} onChange={(key_id) => set({ key_id })} placeholder="https://login.example.com" />
        </>
      )}
    </>
  );
}

export function Credentials({ application, credentials }: { application: string; credentials: Credential[] }) {
  const { t } = useLanguage();
  const [draft, setDraft] = useState(blank);
  const [made, setMade] = useState<Credential>();
  const make = usePortalChange((wish: CredentialWish) => makeCredential(application, wish));
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change });
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    make.mutate(wishOf(draft), {
      onSuccess: (key) => {
        setMade(key);
        setDraft({ ...blank, type: draft.type, days: draft.days });
      },
    });
  };
  return (
    <section className="card" aria-label={t('portal.keys')}>
      <h2>{t('portal.keys')}</h2>
      {credentials.length === 0 && <p className="faint">{t('portal.keys.none')}</p>}
      <ul className="plain-list">
        {credentials.map((c) => (
          <One key={c.key} credential={c} onSecret={setMade} />
        ))}
      </ul>
      <form className="beside" onSubmit={submit}>
        <Select label={t('proof.kind')} value={draft.type} choices={kinds.map((id) => ({ id, text: t(`proof.${id}`) }))} onChange={(v) => set({ type: v as Kind })} />
        <TextField label={t('portal.key.name')} value={draft.name} onChange={(name) => set({ name })} maxLength={24} isRequired />
        <OfKind draft={draft} set={set} />
        <Select label={t('tokens.expiry')} value={draft.days} choices={expiries.map((id) => ({ id, text: id === '' ? t('tokens.never') : t('tokens.days', { days: id }) }))} onChange={(v) => set({ days: v as Days })} />
        <Button type="submit" isPending={make.isPending}>
          {t(draft.type === 'api_key' ? 'portal.key.make' : 'proof.make')}
        </Button>
      </form>
      {make.error !== null && <ErrorNote error={make.error} />}
      {made?.secret !== undefined && <Secret made={made} onClose={() => setMade(undefined)} />}
    </section>
  );
}
