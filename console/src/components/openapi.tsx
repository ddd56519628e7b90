/** An API as its document describes it: operations with parameters, schemas and examples, each to be tried in place. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Schema } from '../api/openapi.ts';
import { useLanguage } from '../i18n/index.tsx';
import { boundsOf, grouped, headersOf, jsonContent, type Operation, type Parameter, sampleOf, type Schemas, searched, targetOf, typeOf, whole } from '../lib/operations.ts';
import type { Proof } from '../lib/proofs.ts';
import { readable } from '../lib/readable.ts';
import { httpSnippets } from '../lib/snippets.ts';
import { Snippets } from './snippets.tsx';
import { Badge, Button, Code, Empty, ErrorNote, Note, TextField } from './ui.tsx';

export interface ApiCall {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Api {
  operations: Operation[];
  schemas: Schemas;
  prefix: string;
  address: string; // of the gateway
  keyText: string; // what samples show as the key
  proof?: Proof; // or what else callers prove themselves with
  call?: (call: ApiCall) => Promise<Response>; // nothing can be tried without
}

const depthMax = 4;
const answerMax = 100_000;

function Members({ schema, schemas, depth = 0 }: { schema: Schema | undefined; schemas: Schemas; depth?: number }) {
  const { t } = useLanguage();
  const s = whole(schema, schemas);
  const inner = s.type === 'array' ? whole(s.items, schemas) : s;
  const members = Object.entries(inner.properties ?? {});
  const required = new Set(inner.required ?? []);
  if (members.length === 0 || depth > depthMax) return null;
  return (
    <ul className="members">
      {members.map(([name, member]) => {
        const full = whole(member, schemas);
        const isNested = (full.type === 'array' ? whole(full.items, schemas) : full).properties !== undefined;
        return (
          <li key={name}>
            <code>{name}</code> <span className="faint">{typeOf(member, schemas)}</span> {required.has(name) && <Badge tone="warn">{t('form.required')}</Badge>}{' '}
            <span className="faint">{boundsOf(member, schemas)}</span>
            {full.description !== undefined && <p className="faint">{full.description}</p>}
            {isNested && depth < depthMax && (
              <details className="more">
                <summary>{t('api.members', { name })}</summary>
                <Members schema={member} schemas={schemas} depth={depth + 1} />
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Body({ title, schema, schemas, note }: { title: string; schema: Schema | undefined; schemas: Schemas; note?: ReactNode }) {
  const { t } = useLanguage();
  return (
    <section aria-label={title}>
      <h3>
        {title} <span className="faint">{schema !== undefined && typeOf(schema, schemas)}</span>
      </h3>
      {note}
      <Members schema={schema} schemas={schemas} />
      {schema !== undefined && (
        <details className="more">
          <summary>{t('api.example')}</summary>
          <Code label={t('api.example')} text={JSON.stringify(sampleOf(schema, schemas), null, 2)} />
        </details>
      )}
    </section>
  );
}

function Parameters({ parameters, schemas }: { parameters: Parameter[]; schemas: Schemas }) {
  const { t } = useLanguage();
  return (
    <div className="wide" tabIndex={0} role="region" aria-label={t('api.parameters')}>
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col">{t('api.parameters')}</th>
            <th scope="col">{t('api.in')}</th>
            <th scope="col">{t('api.type')}</th>
            <th scope="col">{t('api.meaning')}</th>
          </tr>
        </thead>
        <tbody>
          {parameters.map((p) => (
            <tr key={`${p.in}.${p.name}`}>
              <th scope="row">
                <code>{p.name}</code> {p.required === true && <Badge tone="warn">{t('form.required')}</Badge>}
              </th>
              <td>{p.in}</td>
              <td>
                {typeOf(p.schema, schemas)} <span className="faint">{boundsOf(p.schema, schemas)}</span>
              </td>
              <td>{p.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function Try({ api, op }: { api: Api; op: Operation }) {
  const { t } = useLanguage();
  const schema = jsonContent(op.request?.content);
  const [values, setValues] = useState<Record<string, string>>({});
  const [body, setBody] = useState(() => (schema === undefined ? '' : JSON.stringify(sampleOf(schema, api.schemas), null, 2)));
  const path = targetOf(api.prefix, op, values);
  const hasBody = body.trim() !== '' && op.method !== 'GET' && op.method !== 'HEAD';
  const run = useMutation({
    mutationFn: async () => {
      const began = performance.now();
      const answer = await api.call?.({ method: op.method, path, headers: headersOf(op, values), ...(hasBody ? { body } : {}) });
      const text = (await answer?.text()) ?? '';
      return { status: answer?.status ?? 0, ms: Math.round(performance.now() - began), text: readable(text).slice(0, answerMax) };
    },
  });
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    run.mutate();
  };
  return (
    <form className="try" aria-label={t('api.try.of', { id: op.id })} onSubmit={submit}>
      <div className="columns">
        {(op.parameters ?? [])
          .filter((p) => p.in !== 'cookie')
          .map((p) => (
            <TextField
              key={`${p.in}.${p.name}`}
              label={p.name}
              help={p.in}
              value={values[`${p.in}.${p.name}`] ?? ''}
              onChange={(v) => setValues({ ...values, [`${p.in}.${p.name}`]: v })}
              placeholder={String(sampleOf(p.schema, api.schemas))}
            />
          ))}
      </div>
      {op.request !== undefined && <TextField label={t('try.body')} lines={7} isMono value={body} onChange={setBody} />}
      {api.call !== undefined && (
        <div className="actions">
          <Button look="primary" type="submit" isPending={run.isPending}>
            {t('try.send')}
          </Button>
        </div>
      )}
      {run.error !== null && <ErrorNote error={run.error} />}
      {run.data !== undefined && (
        <>
          <Note kind={run.data.status < 400 ? 'good' : 'error'}>{t('try.result', { status: run.data.status, ms: run.data.ms })}</Note>
          <Code label={t('try.answer')} text={run.data.text} />
        </>
      )}
      <Snippets snippets={httpSnippets({ method: op.method, url: `${api.address}${path}`, key: api.keyText, ...(api.proof === undefined ? {} : { proof: api.proof }), ...(hasBody ? { body: parsed(body) } : {}) })} />
    </form>
  );
}

/** `isWanted`: who comes here came for it. */
function OneOperation({ api, op, isWanted }: { api: Api; op: Operation; isWanted: boolean }) {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(isWanted);
  const place = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!isWanted) return;
    setOpen(true);
    place.current?.scrollIntoView();
    place.current?.querySelector('summary')?.focus({ preventScroll: true });
  }, [isWanted]);
  const request = op.request;
  return (
    <details className="operation" ref={place} open={isOpen} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>
        <span className={`method method-${op.method.toLowerCase()}`}>{op.method}</span> <code>{`${api.prefix}${op.path}`}</code>{' '}
        <span className="faint">{op.summary}</span> {op.deprecated === true && <Badge tone="warn">{t('catalogue.deprecated')}</Badge>}
      </summary>
      {isOpen && (
        <div className="operation-body">
          {op.description !== undefined && op.description !== op.summary && <p className="prose">{op.description}</p>}
          {(op.parameters ?? []).length > 0 && <Parameters parameters={op.parameters ?? []} schemas={api.schemas} />}
          {request !== undefined && <Body title={t('api.request')} schema={jsonContent(request.content)} schemas={api.schemas} note={<p className="faint">{Object.keys(request.content ?? {}).join(', ')}</p>} />}
          {Object.entries(op.responses ?? {}).map(([status, r]) => (
            <Body key={status} title={t('api.response', { status })} schema={jsonContent(r.content)} schemas={api.schemas} note={r.description !== undefined && <p className="faint">{r.description}</p>} />
          ))}
          <h3>{t('service.try')}</h3>
          <Try api={api} op={op} />
        </div>
      )}
    </details>
  );
}

const shownAtOnce = 100;

/** `opened`: the id of the operation that is shown at once. */
export function ApiReference({ api, opened }: { api: Api; opened?: string | undefined }) {
  const { t } = useLanguage();
  const [q, setQ] = useState('');
  const wanted = api.operations.findIndex((op) => op.id === opened);
  const [shown, setShown] = useState(Math.max(shownAtOnce, wanted + 1));
  const found = searched(api.operations, q);
  if (api.operations.length === 0) return <Empty title={t('api.none')} hint={t('api.none.hint')} />;
  return (
    <>
      <TextField aria-label={t('api.search')} label="" type="search" value={q} onChange={setQ} placeholder={t('api.search')} />
      {found.length === 0 && <Note kind="info">{t('list.none', { q })}</Note>}
      {grouped(found.slice(0, shown)).map((group) => (
        <section className="card" key={group.tag} aria-label={group.tag || t('api.others')}>
          <h2 className="section-title">{group.tag || t('api.others')}</h2>
          {group.operations.map((op) => (
            <OneOperation key={op.id} api={api} op={op} isWanted={op.id === opened} />
          ))}
        </section>
      ))}
      {found.length > shown && <Button onPress={() => setShown(shown + shownAtOnce)}>{t('requests.more')}</Button>}
    </>
  );
}
