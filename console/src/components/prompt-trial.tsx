/** A/B of a prompt: which versions share its operation, how each does, and which one is to stay. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { usePublishers, useVersions } from '../api/prompts.ts';
import type { Row } from '../api/reports.ts';
import { may, type Resource, specOf, useAction, useMe, usePatch, useReplace } from '../api/resources.ts';
import { useReport } from '../api/use-report.ts';
import { useLanguage } from '../i18n/index.tsx';
import { ago, count, dollars, milliseconds } from '../lib/format.ts';
import { type Arm, armsOf, perCall, routeOfArm } from '../lib/prompts.ts';
import { isPlainObject } from '../lib/schema.ts';
import type { TabProps } from '../tabs.ts';
import { Button, Empty, ErrorNote, Note, Select, TextField } from './ui.tsx';
import { useUndo } from './undo.tsx';

/** Offers to make the prompt again what it is now, unless somebody else changes it meanwhile. Counts of a trial begin anew. */
function useTakeBack(prompt: Resource): (changed: unknown) => void {
  const { t } = useLanguage();
  const offer = useUndo();
  const back = useReplace('prompts', prompt.key);
  const before = specOf(prompt);
  return (changed) => {
    const revision = isPlainObject(changed) ? changed['revision'] : undefined;
    if (typeof revision === 'number') offer({ text: t('undo.changed', { name: prompt.key }), undo: () => back.mutateAsync({ spec: before, etag: `"${revision}"` }) });
  };
}

function Start({ prompt, etag }: { prompt: Resource; etag: string | null }) {
  const { t } = useLanguage();
  const others = useVersions(prompt).filter((p) => p.key !== prompt.key);
  const patch = usePatch('prompts', prompt.key);
  const [other, setOther] = useState<string>();
  const [percent, setPercent] = useState('10');
  const [by, setBy] = useState('consumer');
  const takeBack = useTakeBack(prompt);
  const chosen = other ?? others[0]?.key;
  if (others.length === 0)
    return (
      <Empty title={t('trial.alone')} hint={t('trial.alone.hint')}>
        <Link className="button button-primary" href={`/prompts/new?from=${encodeURIComponent(prompt.key)}`}>
          {t('prompt.version.new')}
        </Link>
      </Empty>
    );
  return (
    <form
      className="form"
      onSubmit={(e) => {
        e.preventDefault();
        void patch.mutateAsync({ patch: { trial: { by, arms: [{ prompt: chosen, percent: Number(percent) }] } }, etag }).then((answer) => takeBack(answer.body), () => undefined); // the error is shown
      }}
    >
      <p>{t('trial.what')}</p>
      <div className="columns columns-top">
        <Select label={t('trial.other')} value={chosen ?? null} choices={others.map((o) => ({ id: o.key, text: o.key }))} onChange={setOther} />
        <TextField label={t('trial.percent')} inputMode="numeric" value={percent} onChange={setPercent} />
        <Select label={t('trial.by')} value={by} choices={['consumer', 'call'].map((id) => ({ id, text: t(id === 'call' ? 'trial.by.call' : 'trial.by.consumer') }))} onChange={setBy} />
      </div>
      {patch.error !== null && <ErrorNote error={patch.error} />}
      <div className="actions">
        <Button look="primary" type="submit" isPending={patch.isPending}>
          {t('trial.start')}
        </Button>
      </div>
    </form>
  );
}

function ArmNumbers({ row }: { row: Row | undefined }) {
  const { locale } = useLanguage();
  if (row === undefined) return Array.from({ length: 7 }, (_, i) => <td key={i}>—</td>);
  return (
    <>
      <td>{count(row.requests, locale)}</td>
      <td>{count(row.errors, locale)}</td>
      <td>{milliseconds(row.p50_ms, locale)}</td>
      <td>{milliseconds(row.p95_ms, locale)}</td>
      <td>{count(perCall(row, row.prompt_tokens + row.completion_tokens), locale)}</td>
      <td>{dollars(perCall(row, Number(row.cost_usd)), locale)}</td>
      <td>{dollars(row.cost_usd, locale)}</td>
    </>
  );
}

const columns = ['trial.share', 'home.requests', 'home.errors', 'analytics.p50', 'home.p95', 'trial.tokens', 'trial.cost', 'home.spend'] as const;

function Compared({ prompt, arms, service, since }: { prompt: Resource; arms: Arm[]; service: Resource; since: string }) {
  const { t } = useLanguage();
  const routes = arms.map((arm) => routeOfArm(service, prompt, arm));
  const report = useReport({ group: ['route'], since, filters: { service: String(service['name']), route: routes.join(',') } });
  const rows = new Map(report.data?.rows.map((row) => [row.route, row]));
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={t('trial.compared', { service: service.key })}>
      <table className="sums">
        <thead>
          <tr>
            <th scope="col">{service.key}</th>
            {columns.map((c) => (
              <th scope="col" key={c}>
                {t(c)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {arms.map((arm, i) => (
            <tr key={arm.prompt}>
              <th scope="row">
                <Link href={`/prompts/${encodeURIComponent(arm.prompt)}`}>{arm.prompt}</Link>
              </th>
              <td>{arm.percent} %</td>
              <ArmNumbers row={rows.get(routes[i])} />
            </tr>
          ))}
        </tbody>
      </table>
      {report.error !== null && <ErrorNote error={report.error} />}
    </div>
  );
}

function Shares({ arms, trial, prompt, etag }: { arms: Arm[]; trial: Record<string, unknown>; prompt: Resource; etag: string | null }) {
  const { t } = useLanguage();
  const patch = usePatch('prompts', prompt.key);
  const takeBack = useTakeBack(prompt);
  const [written, setWritten] = useState<Record<string, string>>({});
  const others = arms.slice(1);
  const changed = others.map((arm) => ({ ...arm, percent: Number(written[arm.prompt] ?? arm.percent) }));
  const isChanged = changed.some((arm, i) => arm.percent !== others[i]?.percent);
  return (
    <form
      className="beside spaced"
      onSubmit={(e) => {
        e.preventDefault();
        void patch.mutateAsync({ patch: { trial: { ...trial, arms: changed } }, etag }).then((answer) => takeBack(answer.body), () => undefined); // the error is shown
      }}
    >
      {others.map((arm) => (
        <TextField
          key={arm.prompt}
          label={t('trial.percent.of', { prompt: arm.prompt })}
          inputMode="numeric"
          value={written[arm.prompt] ?? String(arm.percent)}
          onChange={(text) => setWritten({ ...written, [arm.prompt]: text })}
        />
      ))}
      <Button type="submit" isDisabled={!isChanged} isPending={patch.isPending}>
        {t('trial.shares.save')}
      </Button>
      {patch.error !== null && <ErrorNote error={patch.error} />}
    </form>
  );
}

function Running({ prompt, etag, since }: { prompt: Resource; etag: string | null; since: string }) {
  const { t, locale } = useLanguage();
  const { data: me } = useMe();
  const publishers = usePublishers(prompt);
  const promote = useAction('prompts', prompt.key, 'promote');
  const end = useAction('prompts', prompt.key, 'end-trial');
  const takeBack = useTakeBack(prompt);
  const run = useMutation({ mutationFn: async (other: string) => takeBack(await (other === '' ? end.mutateAsync({}) : promote.mutateAsync({ prompt: other }))) });
  const trial = isPlainObject(prompt['trial']) ? prompt['trial'] : {};
  const arms = armsOf(prompt);
  const isRandom = trial['by'] === 'call';
  return (
    <>
      <p>
        {t(isRandom ? 'trial.by.call' : 'trial.by.consumer')} · {t('trial.since', { ago: ago(since, Date.now(), locale) })}
      </p>
      {publishers.length === 0 && <Note kind="info">{t('prompt.published.none')}</Note>}
      {publishers.map((s) => (
        <Compared key={s.id} prompt={prompt} arms={arms} service={s} since={since} />
      ))}
      {may(me, 'prompts:update') && <Shares key={JSON.stringify(arms)} arms={arms} trial={trial} prompt={prompt} etag={etag} />}
      {run.error !== null && <ErrorNote error={run.error} />}
      <div className="actions">
        {may(me, 'prompts:promote') &&
          arms.slice(1).map((arm, i) => (
            <Button key={arm.prompt} look={i === 0 ? 'primary' : 'plain'} isPending={run.isPending} onPress={() => run.mutate(arm.prompt)}>
              {t('trial.promote', { prompt: arm.prompt })}
            </Button>
          ))}
        {may(me, 'prompts:end-trial') && (
          <Button isPending={run.isPending} onPress={() => run.mutate('')}>
            {t('trial.end', { prompt: prompt.key })}
          </Button>
        )}
      </div>
      <p className="faint">{t('trial.promote.help', { prompt: prompt.key })}</p>
    </>
  );
}

export function PromptTrial({ resource: prompt, etag }: Pick<TabProps, 'resource' | 'etag'>) {
  const { t } = useLanguage();
  const since = prompt.status?.['trial_since'];
  return (
    <section className="card" aria-label={t('trial.title')}>
      {typeof since === 'string' ? <Running prompt={prompt} etag={etag} since={since} /> : <Start prompt={prompt} etag={etag} />}
    </section>
  );
}
