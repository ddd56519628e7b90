/** Certificates of listeners: which names each serves and until when; a new one, or a renewed one, pasted or as files. */
import { type FormEvent, useState } from 'react';
import { FileTrigger } from 'react-aria-components';
import { Link } from 'wouter';
import { may, type Resource, useCreate, useList, useMe, usePatch } from '../api/resources.ts';
import { LongTable, type Paged, type Seen } from '../components/long.tsx';
import { useTitles } from '../components/shell.tsx';
import { Badge, Button, Empty, ErrorNote, Note, Spinner, TextField, Window } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { daysLeft, namesOf, splitPem, toneOf } from '../lib/pem.ts';

const fileTypes = ['.pem', '.crt', '.cer', '.key', '.txt'];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Both texts; a file, or what is pasted, may have the certificate, its chain and the key in one. */
function PemFields({ certificate, keyText, onChange }: { certificate: string; keyText: string; onChange: (certificate: string, key: string) => void }) {
  const { t } = useLanguage();
  const take = (text: string, isKey: boolean): void => {
    const found = splitPem(text);
    const isBoth = found.certificate !== '' && found.key !== '';
    if (isBoth) onChange(found.certificate, found.key);
    else onChange(isKey ? certificate : text, isKey ? text : keyText);
  };
  const read = (files: FileList | null): void => {
    void Promise.all([...(files ?? [])].map((f) => f.text())).then((texts) => {
      const found = splitPem(texts.join('\n'));
      onChange(found.certificate === '' ? certificate : found.certificate, found.key === '' ? keyText : found.key);
    });
  };
  return (
    <>
      <div className="actions">
        <FileTrigger acceptedFileTypes={fileTypes} allowsMultiple onSelect={read}>
          <Button>{t('certificates.files')}</Button>
        </FileTrigger>
      </div>
      <TextField label={t('certificates.certificate')} help={t('certificates.certificate.help')} lines={5} isMono value={certificate} onChange={(text) => take(text, false)} isRequired />
      <TextField label={t('certificates.key')} help={t('certificates.key.help')} lines={4} isMono value={keyText} onChange={(text) => take(text, true)} isRequired autoComplete="off" />
    </>
  );
}

function Upload({ renewed, onClose }: { renewed: Resource | undefined; onClose: (name?: string) => void }) {
  const { t } = useLanguage();
  const [name, setName] = useState(renewed?.key ?? '');
  const [names, setNames] = useState('');
  const [pem, setPem] = useState({ certificate: '', key: '' });
  const create = useCreate('certificates');
  const patch = usePatch('certificates', renewed?.key ?? '');
  const error = create.error ?? patch.error;
  const done = { onSuccess: () => onClose(name) };
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    const texts = { certificate: pem.certificate, private_key: pem.key };
    const given = namesOf(names);
    if (renewed === undefined) create.mutate({ name, ...texts, ...(given.length === 0 ? {} : { server_names: given }) }, done);
    else patch.mutate({ patch: texts, etag: `"${renewed.revision}"` }, done);
  };
  return (
    <Window title={renewed === undefined ? t('certificates.add') : t('certificates.renew.title', { name })} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {renewed === undefined && <TextField label={t('certificates.name')} value={name} onChange={setName} isRequired autoFocus />}
        <PemFields certificate={pem.certificate} keyText={pem.key} onChange={(certificate, key) => setPem({ certificate, key })} />
        {renewed === undefined && <TextField label={t('certificates.names')} help={t('certificates.names.help')} value={names} onChange={setNames} placeholder="shop.example.com, *.shop.example.com" />}
        {error !== null && <ErrorNote error={error} />}
        <div className="actions">
          <Button look="primary" type="submit" isPending={create.isPending || patch.isPending}>
            {renewed === undefined ? t('certificates.add') : t('certificates.renew')}
          </Button>
          <Button onPress={() => onClose()}>{t('common.cancel')}</Button>
        </div>
      </form>
    </Window>
  );
}

function Expiry({ time }: { time: unknown }) {
  const { t, locale } = useLanguage();
  const days = daysLeft(time, Date.now());
  if (days === undefined) return <>—</>;
  const text = days < 0 ? t('certificates.expired') : t('certificates.days', { days });
  return (
    <>
      <Badge tone={toneOf(days)}>{text}</Badge> <span className="faint">{new Date(String(time)).toLocaleDateString(locale)}</span>
    </>
  );
}

function Row({ certificate, seen, onRenew }: { certificate: Resource; seen: Seen; onRenew: (() => void) | undefined }) {
  const { t } = useLanguage();
  const status = certificate.status ?? {};
  return (
    <tr {...seen}>
      <th scope="row">
        <Link href={`/certificates/${encodeURIComponent(certificate.key)}`}>{certificate.key}</Link>
      </th>
      <td className="mono">{listOf(status['served_names']).join(', ')}</td>
      <td>
        <Expiry time={status['not_after']} />
      </td>
      <td title={textOf(status['subject'])}>{textOf(status['issuer'])}</td>
      <td>{textOf(status['key_type'])}</td>
      <td className="actions">
        {certificate['origin'] !== undefined && <span className="faint">{t('certificates.filed')}</span>}
        {certificate['origin'] === undefined && onRenew !== undefined && (
          <Button look="quiet" aria-label={`${t('certificates.renew')}: ${certificate.key}`} onPress={onRenew}>
            {t('certificates.renew')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function Table({ items, list, onRenew }: { items: Resource[]; list: Paged; onRenew: ((certificate: Resource) => void) | undefined }) {
  const { t } = useLanguage();
  const title = useTitles();
  const columns = ['certificates.name', 'certificates.names', 'certificates.expiry', 'certificates.issuer', 'certificates.kind'] as const;
  return (
    <LongTable
      label={title('certificates')}
      columns={columns.map((c) => t(c))}
      rows={items}
      list={list}
      row={(c, seen) => <Row key={c.id} certificate={c} seen={seen} onRenew={onRenew && (() => onRenew(c))} />}
    />
  );
}

export default function CertificatesPage() {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: me } = useMe();
  const [chosen, setChosen] = useState<Resource | 'new'>();
  const [done, setDone] = useState<string>();
  const list = useList('certificates');
  const items = list.data?.pages.flatMap((p) => p.items) ?? [];
  const close = (name?: string): void => {
    setChosen(undefined);
    setDone(name);
  };
  return (
    <>
      <div className="head">
        <h1>{title('certificates')}</h1>
        <span className="grow" />
        {may(me, 'certificates:create', true) && (
          <Button look="primary" onPress={() => setChosen('new')}>
            {t('certificates.add')}
          </Button>
        )}
      </div>
      <p className="faint">{t('certificates.what')}</p>
      {done !== undefined && <Note kind="good">{t('certificates.done', { name: done })}</Note>}
      {list.isPending && <Spinner />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title={t('certificates.none')} hint={t('certificates.none.hint')} />}
      {items.length > 0 && <Table items={items} list={list} onRenew={may(me, 'certificates:update', true) ? setChosen : undefined} />}
      {chosen !== undefined && <Upload renewed={chosen === 'new' ? undefined : chosen} onClose={close} />}
    </>
  );
}
