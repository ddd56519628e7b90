/** How a service is released: what waits to be published and whether it may be, who tries what, and all that was before. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { post } from '../api/client.ts';
import { may, type Resource, specOf, useList, useMe, useNouns } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { ago } from '../lib/format.ts';
import type { Comparison } from '../lib/import.ts';
import { operationsOf } from '../lib/operations.ts';
import { isPlainObject, listOf } from '../lib/schema.ts';
import { isFlawless } from '../lib/steps.ts';
import { useRelease } from '../lib/use-release.ts';
import { toYaml } from '../lib/yaml.ts';
import type { TabProps } from '../tabs.ts';
import { ActionButtons, useActionWindow } from './actions.tsx';
import { CanaryCompared } from './canary-compared.tsx';
import { StepList } from './steps.tsx';
import { ResourceState } from './state.tsx';
import { LongList } from './long.tsx';
import { useTitles } from './shell.tsx';
import { Badge, Button, Empty, ErrorNote, Note, Select, Spinner, TextField, Window } from './ui.tsx';

interface Change {
  path: string;
  before: unknown;
  after: unknown;
}

function Diff({ changes }: { changes: Change[] }) {
  const { t } = useLanguage();
  if (changes.length === 0) return <p className="faint">{t('releases.same')}</p>;
  return (
    <table className="diff">
      <thead>
        <tr>
          <th scope="col">{t('releases.member')}</th>
          <th scope="col">{t('audit.before')}</th>
          <th scope="col">{t('audit.after')}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((c) => (
          <tr key={c.path}>
            <th scope="row">
              <code>{c.path}</code>
            </th>
            <td>{c.before !== undefined && c.before !== null && <del>{toYaml(c.before)}</del>}</td>
            <td>{c.after !== undefined && c.after !== null && <ins>{toYaml(c.after)}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Rollback({ service, number }: { service: string; number: number }) {
  const { t } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const { progress, isDone, run } = useRelease(service, 'rollback', t('releases.rollback'));
  const submit = async (e: FormEvent): Promise<void> => {
    e.preventDefault();
    if (isFlawless(await run({ release: number, reason }))) setOpen(false);
  };
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t('releases.rollback')}</Button>
      <Window title={t('releases.rollback.title', { n: number })} isOpen={isOpen} onClose={() => setOpen(false)}>
        <form onSubmit={(e) => void submit(e)}>
          <p>{t('releases.rollback.text')}</p>
          <TextField label={t('releases.reason')} value={reason} onChange={setReason} autoFocus />
          <StepList label={t('steps.of', { what: t('releases.rollback') })} progress={progress} isRetried={isDone} />
          <div className="actions">
            <Button look="primary" type="submit" isPending={progress.isRunning} isDisabled={isDone}>
              {t('releases.rollback')}
            </Button>
            <Button onPress={() => setOpen(false)}>{t('common.cancel')}</Button>
          </div>
        </form>
      </Window>
    </>
  );
}

interface Finding {
  rule: string;
  severity: 'error' | 'warning' | 'info';
  where: string;
  detail: string;
}

interface Checks {
  errors: number;
  warnings: number;
  findings?: Finding[];
}

const severities = { error: 'bad', warning: 'warn', info: 'plain' } as const;

/** What the rules of releases say. */
function Findings({ checks }: { checks: Checks }) {
  const { t, maybe } = useLanguage();
  const findings = checks.findings ?? [];
  if (findings.length === 0) return <Note kind="good">{t('checks.none')}</Note>;
  return (
    <ul className="plain-list" aria-label={t('checks.title')}>
      {findings.map((f) => (
        <li key={`${f.rule} ${f.where} ${f.detail}`}>
          <Badge tone={severities[f.severity]}>{maybe(`checks.${f.severity}`) ?? f.severity}</Badge> <strong>{f.rule}</strong> {f.detail} <code>{f.where}</code>
        </li>
      ))}
    </ul>
  );
}

/** Asked anew when the service has changed. */
function useAsked<T>(service: Resource, action: string, body: unknown, isEnabled: boolean) {
  return useQuery({
    queryKey: ['one', 'services', service.key, action, JSON.stringify(body), service.revision, JSON.stringify(service.status)],
    enabled: isEnabled,
    queryFn: () => post<T>(`/services/${encodeURIComponent(service.key)}/${action}`, body),
  });
}

function Compared({ comparison }: { comparison: Comparison }) {
  const { t } = useLanguage();
  return (
    <>
      <p>
        {comparison.breaking > 0 ? <Badge tone="bad">{t('compare.breaking', { n: comparison.breaking })}</Badge> : <Badge tone="good">{t('compare.safe')}</Badge>}{' '}
        <span className="faint">{t('compare.total', { n: comparison.total })}</span>
      </p>
      {comparison.total > 0 && comparison.text !== undefined && <pre className="said-changes" tabIndex={0}>{comparison.text}</pre>}
    </>
  );
}

/** Members of which the draft says something else than what is live. */
function changesOf(service: Resource, config: unknown): Change[] {
  const [draft, live] = [specOf(service), isPlainObject(config) ? config : {}];
  const names = Object.keys({ ...live, ...draft }).filter((name) => !['workspace', 'name', 'version'].includes(name));
  return names.filter((name) => JSON.stringify(draft[name]) !== JSON.stringify(live[name])).map((path) => ({ path, before: live[path], after: draft[path] }));
}

interface Shown {
  service: Resource;
  onChoose: (action: string) => void;
}

/** The draft: what it would change for callers, what the rules say, and what can be done with it. */
function Draft({ service, onChoose }: Shown) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const hasLive = typeof service.status?.['live_release'] === 'number' && service.status['live_release'] !== 0;
  const isDescribed = operationsOf(service).length > 0;
  const comparison = useAsked<Comparison>(service, 'compare', {}, hasLive && isDescribed && may(me, 'services:compare'));
  const checks = useAsked<Checks>(service, 'check', {}, may(me, 'services:check'));
  const releases = useReleases(service);
  const live = releases.releases.find((r) => r['number'] === service.status?.['live_release']);
  const isChanged = service.status?.['has_draft'] === true || !hasLive;
  return (
    <section className="card" aria-label={t('releases.draft')}>
      <div className="head">
        <h2 className="section-title">{t('releases.draft')}</h2>
        {isChanged ? <Badge tone="warn">{t('list.draft')}</Badge> : <Badge>{t('releases.draft.same')}</Badge>}
        <span className="grow" />
        <ActionButtons resource={service} onChoose={onChoose} names={isChanged ? ['publish', 'canary'] : ['canary']} />
      </div>
      <p className="faint">{t('releases.draft.hint')}</p>
      {comparison.error !== null && <ErrorNote error={comparison.error} />}
      {comparison.data !== undefined && <Compared comparison={comparison.data} />}
      {hasLive && isChanged && !isDescribed && <p className="faint">{t('compare.unknown')}</p>}
      {isChanged && live !== undefined && (
        <details className="more">
          <summary>{t('releases.draft.diff')}</summary>
          <Diff changes={changesOf(service, live['config'])} />
        </details>
      )}
      {checks.error !== null && <ErrorNote error={checks.error} />}
      {checks.data !== undefined && (
        <>
          <h3 className="section-title">{t('checks.title')}</h3>
          <Findings checks={checks.data} />
        </>
      )}
    </section>
  );
}

const textOf = (value: unknown, name: string): string => (isPlainObject(value) && value[name] !== undefined ? String(value[name]) : '');

/** What somebody asked for, what comes by itself, and what some callers see. */
function Waiting({ service, onChoose }: Shown) {
  const { t, locale } = useLanguage();
  const { pending, scheduled, canary, canary_release: tried } = service.status ?? {};
  const when = (iso: string): string => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
  if (!isPlainObject(pending) && !isPlainObject(scheduled) && typeof tried !== 'number') return null;
  return (
    <section className="card" aria-label={t('releases.waiting')}>
      <h2>{t('releases.waiting')}</h2>
      {isPlainObject(pending) && (
        <div className="model-row">
          <p className="grow">
            <Badge tone="warn">{t('releases.pending')}</Badge> {t('releases.pending.text', { who: textOf(pending, 'requested_by') })} <span className="faint">{textOf(pending, 'reason')}</span>
          </p>
          <ActionButtons resource={service} onChoose={onChoose} names={['approve', 'withdraw']} />
        </div>
      )}
      {isPlainObject(scheduled) && (
        <div className="model-row">
          <p className="grow">
            <Badge tone="warn">{t('releases.scheduled')}</Badge> {t('releases.scheduled.text', { when: when(textOf(scheduled, 'at')), who: textOf(scheduled, 'by') })}
          </p>
          <ActionButtons resource={service} onChoose={onChoose} names={['withdraw']} />
        </div>
      )}
      {typeof tried === 'number' && (
        <div className="model-row">
          <p className="grow">
            <Badge tone="warn">{t('releases.canary')}</Badge> {t('releases.canary.text', { n: tried, percent: textOf(canary, 'percent') || '0' })}{' '}
            <code>{[textOf(canary, 'header'), textOf(canary, 'value')].filter(Boolean).join(': ')}</code>
          </p>
          <ActionButtons resource={service} onChoose={onChoose} names={['promote', 'canary', 'abandon']} />
        </div>
      )}
      {typeof tried === 'number' && <CanaryCompared service={service} />}
    </section>
  );
}

/** Versions stand side by side; one is compared with any other. */
function Versions({ service }: { service: Resource }) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const [other, setOther] = useState<string | null>(null);
  const list = useList('services', { filter: { name: String(service['name']) } });
  const others = (list.data?.pages.flatMap((p) => p.items) ?? []).filter((s) => s.key !== service.key);
  const comparison = useAsked<Comparison>(service, 'compare', { with: other }, other !== null);
  if (others.length === 0) return null;
  return (
    <section className="card" aria-label={t('versions.title')}>
      <h2>{t('versions.title')}</h2>
      <ul className="plain-list">
        {others.map((s) => (
          <li className="model-row" key={s.id}>
            <Link className="grow" href={`/services/${encodeURIComponent(s.key)}?tab=releases`}>
              {s.key}
            </Link>
            <ResourceState resource={s} />
          </li>
        ))}
      </ul>
      {may(me, 'services:compare') && (
        <Select label={t('versions.compare')} value={other} placeholder={t('form.unset')} choices={others.map((s) => ({ id: s.key, text: s.key }))} onChange={setOther} />
      )}
      {comparison.error !== null && <ErrorNote error={comparison.error} />}
      {comparison.data !== undefined && <Compared comparison={comparison.data} />}
    </section>
  );
}

/** The newest first; the first page has the live one, but for one that was gone back to long ago. */
function useReleases(service: Resource) {
  const list = useList('releases', { sort: '-created_at', filter: { service: service.key } });
  return { list, releases: list.data?.pages.flatMap((p) => p.items) ?? [] };
}

function Past({ service }: { service: Resource }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const title = useTitles();
  const { list, releases } = useReleases(service);
  const live = service.status?.['live_release'];
  if (list.isPending) return <Spinner />;
  if (list.error !== null) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (releases.length === 0) return <Empty title={t('releases.none')} hint={t('releases.none.hint')} />;
  return (
    <LongList
      label={title('releases')}
      isOfPage
      rows={releases}
      list={list}
      row={(r, seen) => (
        <section className="card" key={r.id} {...seen} aria-label={t('releases.one', { n: String(r['number']) })}>
          <div className="head">
            <h2 className="section-title">{t('releases.one', { n: String(r['number']) })}</h2>
            {r['number'] === live && <Badge tone="good">{t('releases.live')}</Badge>}
            <span className="faint" title={r.created_at}>
              {ago(r.created_at, Date.now(), locale)} · {r.created_by}
            </span>
            <span className="grow" />
            {r['number'] !== live && may(me, 'services:rollback') && <Rollback service={service.key} number={Number(r['number'])} />}
          </div>
          {typeof r['reason'] === 'string' && <p>{r['reason']}</p>}
          {isPlainObject(r['checks']) && (
            <details className="more">
              <summary>{t('checks.summary', { errors: Number(r['checks']['errors'] ?? 0), warnings: Number(r['checks']['warnings'] ?? 0) })}</summary>
              <Findings checks={r['checks'] as unknown as Checks} />
            </details>
          )}
          <details className="more">
            <summary>{t('releases.diff')}</summary>
            <Diff changes={listOf(r['diff']).filter(isPlainObject) as unknown as Change[]} />
          </details>
        </section>
      )}
    />
  );
}

export function Releases({ resource: service }: Pick<TabProps, 'resource'>) {
  const noun = useNouns().find((n) => n.plural === 'services');
  const [choose, window] = useActionWindow(noun, service);
  if (noun === undefined) return <Spinner />;
  return (
    <>
      {window}
      <Draft service={service} onChoose={choose} />
      <Waiting service={service} onChoose={choose} />
      <Versions service={service} />
      <Past service={service} />
    </>
  );
}
