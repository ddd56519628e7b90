/** Targets of a model route or of a rule of it: who is asked first and in which shares, who stands in when they fail. */
import { useState } from 'react';
import { useList } from '../api/resources.ts';
import { ModelInput } from '../components/model-input.tsx';
import { Button, Select, TextField } from '../components/ui.tsx';
import { useCatalogue } from '../api/catalogue.ts';
import { useLanguage } from '../i18n/index.tsx';
import type { FieldError } from '../api/client.ts';
import { type Draft, draftOf, stepsOfDraft, targetsOf, withStep } from '../lib/targets.ts';

function TargetRow({
  draft,
  share,
  error,
  accounts,
  canMove,
  label,
  onChange,
}: {
  draft: Draft;
  share: number;
  error: string | undefined;
  accounts: { id: string; text: string; vendor: string }[];
  canMove: { up: boolean; down: boolean };
  label: string;
  onChange: (draft: Draft | undefined, by?: -1 | 1) => void;
}) {
  const { t } = useLanguage();
  const vendor = accounts.find((a) => a.id === draft.account)?.vendor;
  const { data } = useCatalogue(vendor ?? '');
  const isListed = vendor !== undefined || draft.account === '';
  const choices = isListed ? accounts : [...accounts, { id: draft.account, text: draft.account }];
  return (
    <li className="target-row" aria-label={label}>
      <Select label={t('target.account')} value={draft.account === '' ? null : draft.account} placeholder={t('form.unset')} choices={choices} onChange={(account) => onChange({ ...draft, account })} />
      <ModelInput label={t('field.model')} value={draft.model} offered={(data ?? []).map((m) => m.name)} onChange={(model) => onChange({ ...draft, model })} error={error} />
      <TextField label={t('target.weight')} inputMode="numeric" value={String(draft.weight)} onChange={(w) => onChange({ ...draft, weight: Number(w.replace(/\D/g, '')) })} />
      <span className="share">
        <meter className="bar" min={0} max={1} value={share} aria-label={`${label}: ${Math.round(share * 100)} %`} /> {Math.round(share * 100)} %
      </span>
      <span className="target-actions">
        {canMove.up && (
          <Button look="quiet" aria-label={t('target.sooner', { what: label })} onPress={() => onChange(draft, -1)}>
            ↑
          </Button>
        )}
        {canMove.down && (
          <Button look="quiet" aria-label={t('target.later', { what: label })} onPress={() => onChange(draft, 1)}>
            ↓
          </Button>
        )}
        <Button look="quiet" aria-label={t('form.remove', { what: label })} onPress={() => onChange(undefined)}>
          ✕
        </Button>
      </span>
    </li>
  );
}

export interface TargetsInputProps {
  value: unknown;
  at: string; // JSON pointer of the list
  errors: readonly FieldError[];
  onChange: (targets: Record<string, unknown>[] | undefined) => void;
}

export function TargetsInput({ value, at, errors, onChange }: TargetsInputProps) {
  const { t } = useLanguage();
  const list = useList('accounts', { limit: 100 });
  const accounts = (list.data?.pages.flatMap((p) => p.items) ?? []).map((a) => ({ id: a.key, text: a.key, vendor: String(a['vendor']) }));
  const [drafts, setDrafts] = useState<Draft[]>(() => draftOf(value));
  const steps = stepsOfDraft(drafts);
  const put = (next: Draft[]): void => {
    setDrafts(next);
    onChange(next.length === 0 ? undefined : targetsOf(next));
  };
  const add = (order: number): void => put([...drafts, { account: drafts.at(-1)?.account ?? accounts[0]?.id ?? '', model: '', weight: 1, order, rest: {} }]);
  const last = steps.at(-1)?.order ?? 0;
  const errorAt = (i: number): string | undefined => errors.find((e) => e.pointer.startsWith(`${at}/${i}`))?.detail;
  const own = errors.find((e) => e.pointer === at)?.detail;
  const change = (i: number, draft: Draft | undefined, by?: -1 | 1): void => {
    if (by !== undefined) put(withStep(drafts, i, by));
    else put(draft === undefined ? drafts.filter((_, k) => k !== i) : drafts.map((d, k) => (k === i ? draft : d)));
  };
  return (
    <>
      {own !== undefined && <p className="field-error">{own}</p>}
      <ol className="plain-list flow">
        {steps.map((step, k) => (
          <li className="flow-step" key={step.order} aria-label={k === 0 ? t('models.first') : t('models.fallback', { n: k })}>
            <p className="step-title">{k === 0 ? t('models.first') : t('models.fallback', { n: k })}</p>
            <ul className="plain-list">
              {step.targets.map(({ index, draft, share }, n) => (
                <TargetRow
                  key={index}
                  draft={draft}
                  share={share}
                  error={errorAt(index)}
                  accounts={accounts}
                  canMove={{ up: k > 0, down: k < steps.length - 1 || step.targets.length > 1 }}
                  label={draft.model === '' ? t('target.one', { n: n + 1 }) : `${draft.account}/${draft.model}`}
                  onChange={(d, by) => change(index, d, by)}
                />
              ))}
            </ul>
            <Button look="quiet" isDisabled={list.isPending} onPress={() => add(step.order)}>
              + {t('target.add')}
            </Button>
          </li>
        ))}
      </ol>
      <div className="actions">
        <Button isDisabled={list.isPending} onPress={() => add(steps.length === 0 ? 0 : last + 1)}>{t(steps.length === 0 ? 'target.add' : 'target.add.fallback')}</Button>
      </div>
    </>
  );
}
