/** An OpenAPI document, by file, address or text: what it would make is shown before anything is made. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button as AriaButton, FileTrigger } from 'react-aria-components';
import { Link } from 'wouter';
import { post } from '../api/client.ts';
import { useLanguage } from '../i18n/index.tsx';
import { Badge, Button, ErrorNote, Note, TextField } from './ui.tsx';

interface Imported {
  service: string;
  format: string;
  operations: number;
  schemas: number;
  is_new: boolean;
  warnings: { pointer: string; detail: string }[];
}

function Preview({ found, isMade }: { found: Imported; isMade: boolean }) {
  const { t } = useLanguage();
  return (
    <Note kind={isMade ? 'good' : 'info'}>
      <p>
        <strong>{t(isMade ? 'import.made' : 'import.would', { service: found.service })}</strong>{' '}
        <Badge tone={found.is_new ? 'good' : 'warn'}>{t(found.is_new ? 'import.new' : 'import.replaces')}</Badge>
      </p>
      <p>{t('import.counts', { format: found.format, operations: found.operations, schemas: found.schemas })}</p>
      {found.warnings.length > 0 && (
        <details className="more">
          <summary>{t('import.warnings', { n: found.warnings.length })}</summary>
          <ul>
            {found.warnings.map((w) => (
              <li key={w.pointer + w.detail}>
                <code>{w.pointer}</code> {w.detail}
              </li>
            ))}
          </ul>
        </details>
      )}
      {isMade && <Link href={`/services/${encodeURIComponent(found.service)}?tab=operations`}>{t('import.open')}</Link>}
    </Note>
  );
}

export function ImportOpenApi() {
  const { t } = useLanguage();
  const client = useQueryClient();
  const [source, setSource] = useState(''); // an address, or the text itself
  const [url, setUrl] = useState('');
  const [prefix, setPrefix] = useState('');
  const isAddress = /^https?:\/\/\S+$/.test(source.trim());
  const [name, setName] = useState('');
  const body = (): Record<string, unknown> => ({
    ...(isAddress ? { document_url: source.trim() } : { document: source }),
    ...(url === '' ? {} : { url }),
    ...(prefix === '' ? {} : { prefix }),
    ...(name === '' ? {} : { name }),
    replace: true,
  });
  const look = useMutation({ mutationFn: () => post<Imported>('/import/openapi?dry_run=true', body()) });
  const make = useMutation({
    mutationFn: () => post<Imported>('/import/openapi', body()),
    onSuccess: () => client.invalidateQueries({ queryKey: ['list'] }),
  });
  const change = (put: (text: string) => void) => (text: string): void => {
    put(text);
    look.reset();
    make.reset();
  };
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    look.mutate();
  };
  const isBusy = look.isPending || make.isPending;
  return (
    <form onSubmit={submit} aria-label={t('import.title')} aria-busy={isBusy}>
      <div className="actions">
        <FileTrigger
          acceptedFileTypes={['.json', '.yaml', '.yml', 'application/json']}
          onSelect={(files) => void files?.[0]?.text().then(change(setSource))}
        >
          <AriaButton className="button button-plain">{t('import.file')}</AriaButton>
        </FileTrigger>
      </div>
      <TextField label={t('import.source')} help={t('import.source.help')} lines={6} isMono value={source} onChange={change(setSource)} isRequired />
      <div className="columns">
        <TextField label={t('import.name')} help={t('import.name.help')} value={name} onChange={change(setName)} />
        <TextField label={t('import.prefix')} help={t('import.prefix.help')} value={prefix} onChange={change(setPrefix)} placeholder="/shop" />
        <TextField label={t('import.url')} help={t('import.url.help')} value={url} onChange={change(setUrl)} placeholder="https://" />
      </div>
      {isBusy && <progress aria-label={t('import.busy')} />}
      {look.error !== null && <ErrorNote error={look.error} />}
      {make.error !== null && <ErrorNote error={make.error} />}
      {look.data !== undefined && make.data === undefined && <Preview found={look.data} isMade={false} />}
      {make.data !== undefined && <Preview found={make.data} isMade />}
      <div className="actions">
        <Button look={look.data === undefined ? 'primary' : 'plain'} type="submit" isPending={look.isPending}>
          {t('import.preview')}
        </Button>
        {look.data !== undefined && make.data === undefined && (
          <Button look="primary" isPending={make.isPending} onPress={() => make.mutate()}>
            {t('import.make')}
          </Button>
        )}
      </div>
    </form>
  );
}
