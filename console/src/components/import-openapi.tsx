/** An OpenAPI document, by file, address or text: what it would make is shown before anything is made. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button as AriaButton, FileTrigger } from 'react-aria-components';
import { Link } from 'wouter';
import { may, useMe } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { size } from '../lib/format.ts';
import { documentBytesMax, type Imported, importSteps, type Source } from '../lib/import.ts';
import { useSteps } from '../lib/use-steps.ts';
import { StepList } from './steps.tsx';
import { Badge, Button, Note, TextField } from './ui.tsx';

function Preview({ found, isMade }: { found: Imported; isMade: boolean }) {
  const { t } = useLanguage();
  const { comparison } = found;
  return (
    <Note kind={isMade ? 'good' : 'info'}>
      <p>
        <strong>{t(isMade ? 'import.made' : 'import.would', { service: found.service })}</strong>{' '}
        <Badge tone={found.is_new ? 'good' : 'warn'}>{t(found.is_new ? 'import.new' : 'import.replaces')}</Badge>
      </p>
      <p>{t('import.counts', { format: found.format, operations: found.operations, schemas: found.schemas })}</p>
      {comparison !== undefined && comparison.total > 0 && (
        <details className="more">
          <summary>{t('import.changes', { n: comparison.total, breaking: comparison.breaking })}</summary>
          <pre className="said-changes" tabIndex={0}>
            {comparison.text}
          </pre>
        </details>
      )}
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

/** A file is not put into the field: it may have megabytes. */
function Document({ file, onFile, text, onText }: { file: File | undefined; onFile: (file: File | undefined) => void; text: string; onText: (text: string) => void }) {
  const { t, locale } = useLanguage();
  return (
    <>
      <div className="actions">
        <FileTrigger acceptedFileTypes={['.json', '.yaml', '.yml', 'application/json']} onSelect={(files) => onFile(files?.[0])}>
          <AriaButton className="button button-plain">{t('import.file')}</AriaButton>
        </FileTrigger>
        {file !== undefined && (
          <span>
            {file.name} <span className="faint">{size(file.size, locale)}</span>
            <Button look="quiet" aria-label={t('form.remove', { what: file.name })} onPress={() => onFile(undefined)}>
              ✕
            </Button>
          </span>
        )}
      </div>
      {file === undefined && <TextField label={t('import.source')} help={t('import.source.help')} lines={6} isMono value={text} onChange={onText} isRequired />}
      {file !== undefined && file.size > documentBytesMax && <Note kind="error">{t('import.large', { max: size(documentBytesMax, locale) })}</Note>}
    </>
  );
}

export function ImportOpenApi() {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const client = useQueryClient();
  const progress = useSteps();
  const [file, setFile] = useState<File>();
  const [text, setText] = useState('');
  const [url, setUrl] = useState('');
  const [prefix, setPrefix] = useState('');
  const [name, setName] = useState('');
  const [found, setFound] = useState<Imported>();
  const [made, setMade] = useState<Imported>();
  const begin = (): void => {
    setFound(undefined);
    setMade(undefined);
    progress.reset();
  };
  const change =
    <T,>(put: (value: T) => void) =>
    (value: T): void => {
      put(value);
      begin();
    };
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    begin();
    const source: Source = { ...(file === undefined ? { text } : { file }), options: { url, prefix, name } };
    const onMade = (service: Imported): void => {
      setMade(service);
      void client.invalidateQueries({ queryKey: ['list'] });
    };
    void progress.begin(importSteps(source, { t, locale, mayCheck: may(me, 'services:check'), onFound: setFound, onMade }));
  };
  return (
    <form onSubmit={submit} aria-label={t('import.title')} aria-busy={progress.isRunning}>
      <Document file={file} onFile={change(setFile)} text={text} onText={change(setText)} />
      <div className="columns">
        <TextField label={t('import.name')} help={t('import.name.help')} value={name} onChange={change(setName)} />
        <TextField label={t('import.prefix')} help={t('import.prefix.help')} value={prefix} onChange={change(setPrefix)} placeholder="/shop" />
        <TextField label={t('import.url')} help={t('import.url.help')} value={url} onChange={change(setUrl)} placeholder="https://" />
      </div>
      <StepList label={t('import.progress')} progress={progress} />
      {found !== undefined && made === undefined && <Preview found={found} isMade={false} />}
      {made !== undefined && <Preview found={made} isMade />}
      <div className="actions">
        <Button
          look={found === undefined ? 'primary' : 'plain'}
          type="submit"
          isPending={progress.isRunning && found === undefined}
          isDisabled={progress.isRunning || (file?.size ?? 0) > documentBytesMax}
        >
          {t('import.preview')}
        </Button>
        {progress.isAsking && made === undefined && (
          <Button look="primary" onPress={() => void progress.goOn()}>
            {t('import.make')}
          </Button>
        )}
      </div>
    </form>
  );
}
