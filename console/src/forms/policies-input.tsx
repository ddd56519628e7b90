/** Policies of a service, a route, a plan, a caller: taken from the library of types, in the order in which they run. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FieldError } from '../api/client.ts';
import { get } from '../api/client.ts';
import type { OpenApi, Schema } from '../api/openapi.ts';
import { Badge, Button, ErrorNote, TextField, Window } from '../components/ui.tsx';
import { useFormTexts } from '../i18n/forms.ts';
import { titleOf, useLanguage } from '../i18n/index.tsx';
import { inOrder, type Policy, withPolicy } from '../lib/policies.ts';
import { listOf, pointer, withMember } from '../lib/schema.ts';
import { SchemaFields } from './schema-form.tsx';

export interface PolicyType {
  name: string;
  summary: string;
  order: number;
  levels: string[];
  is_ai_only: boolean;
  schema: Schema;
}

export function usePolicyTypes() {
  return useQuery({
    queryKey: ['policy-types'],
    queryFn: async ({ signal }) => (await get<{ items: PolicyType[] }>('/policy-types', signal)).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function usePolicyTitle(): (type: string) => string {
  const texts = useFormTexts();
  return (type) => texts.policy(type) ?? titleOf(type);
}

function Library({ types, onChoose, onClose }: { types: PolicyType[]; onChoose: (type: string) => void; onClose: () => void }) {
  const { t } = useLanguage();
  const { help } = useFormTexts();
  const title = usePolicyTitle();
  const [q, setQ] = useState('');
  const low = q.toLowerCase();
  const fitting = types.filter((p) => [p.name, title(p.name), p.summary, help(p.summary)].some((text) => text.toLowerCase().includes(low)));
  return (
    <Window title={t('policies.add')} isOpen onClose={onClose}>
      <TextField aria-label={t('policies.search')} label="" type="search" value={q} onChange={setQ} placeholder={t('policies.search')} autoFocus />
      <ul className="plain-list library">
        {fitting.map((p) => (
          <li key={p.name}>
            <Button look="quiet" onPress={() => onChoose(p.name)}>
              {title(p.name)}
            </Button>{' '}
            {p.is_ai_only && <Badge>{t('policies.ai')}</Badge>}
            <p className="faint">{help(p.summary)}</p>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <p className="faint">{t('list.none', { q })}</p>}
    </Window>
  );
}

/** "limit: 1000 · window: 1m": what is set, in a line. */
const briefOf = (policy: Policy): string =>
  Object.entries(policy)
    .filter(([name]) => !['type', 'enabled', 'name'].includes(name))
    .map(([name, v]) => `${name}: ${typeof v === 'object' ? '…' : String(v)}`)
    .join(' · ');

interface OneProps {
  doc: OpenApi;
  policy: Policy;
  type: PolicyType | undefined;
  place: number;
  at: string;
  isOpen: boolean;
  errors: readonly FieldError[];
  onChange: (policy: Policy | undefined) => void;
  onMove: ((by: -1 | 1) => void) | undefined;
}

function One({ doc, policy, type, place, at, isOpen, errors, onChange, onMove }: OneProps) {
  const { t } = useLanguage();
  const { help } = useFormTexts();
  const title = usePolicyTitle()(policy.type);
  const own = errors.filter((e) => e.pointer.startsWith(`${at}/`) || e.pointer === at);
  return (
    <li className="policy" aria-label={title}>
      <details open={isOpen || own.length > 0}>
        <summary>
          <strong>
            {place}. {title}
          </strong>{' '}
          {policy.enabled === false && <Badge tone="warn">{t('policies.off')}</Badge>} <span className="faint">{briefOf(policy)}</span>
        </summary>
        <p className="faint">{help(type?.summary)}</p>
        {own
          .filter((e) => e.pointer === at)
          .map((e) => (
            <p className="field-error" key={e.detail}>
              {e.detail}
            </p>
          ))}
        {type !== undefined && <SchemaFields doc={doc} schema={type.schema} value={policy} onChange={(v) => onChange(v as Policy)} errors={errors} at={at} />}
      </details>
      <div className="policy-actions">
        {onMove !== undefined && (
          <>
            <Button look="quiet" aria-label={t('policies.earlier', { what: title })} onPress={() => onMove(-1)}>
              ↑
            </Button>
            <Button look="quiet" aria-label={t('policies.later', { what: title })} onPress={() => onMove(1)}>
              ↓
            </Button>
          </>
        )}
        <Button look="quiet" onPress={() => onChange(withMember(policy, 'enabled', policy.enabled === false ? undefined : false) as Policy)}>
          {t(policy.enabled === false ? 'policies.turn.on' : 'policies.turn.off')}
        </Button>
        <Button look="quiet" aria-label={t('form.remove', { what: title })} onPress={() => onChange(undefined)}>
          ✕
        </Button>
      </div>
    </li>
  );
}

export interface PoliciesInputProps {
  doc: OpenApi;
  at: string;
  label: string;
  help: string;
  value: unknown;
  onChange: (value: unknown) => void;
  errors: readonly FieldError[];
}

export function PoliciesInput({ doc, at, label, help, value, onChange, errors }: PoliciesInputProps) {
  const { t } = useLanguage();
  const types = usePolicyTypes();
  const [isChoosing, setChoosing] = useState(false);
  const [opened, setOpened] = useState<number>();
  const policies = listOf(value) as Policy[];
  const orderOf = (type: string): number => types.data?.find((p) => p.name === type)?.order ?? 0;
  const shown = inOrder(policies, orderOf);
  const put = (list: Policy[]): void => onChange(list.length === 0 ? undefined : list);
  const move = (k: number, by: -1 | 1): void => {
    const [a, b] = [shown[k]?.index, shown[k + by]?.index];
    if (a === undefined || b === undefined) return;
    put(policies.map((p, i) => (i === a ? (policies[b] as Policy) : i === b ? (policies[a] as Policy) : p)));
  };
  const isMovable = (k: number): boolean => [k - 1, k + 1].some((n) => shown[n] !== undefined && orderOf(shown[n].policy.type) === orderOf(shown[k]?.policy.type ?? ''));
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      <p className="help">{help}</p>
      {types.error !== null && <ErrorNote error={types.error} />}
      {policies.length === 0 && <p className="faint">{t('policies.none')}</p>}
      <ol className="plain-list">
        {shown.map(({ policy, index }, k) => (
          <One
            key={`${policy.type}-${index}`}
            doc={doc}
            policy={policy}
            type={types.data?.find((p) => p.name === policy.type)}
            place={k + 1}
            at={pointer(at, index)}
            isOpen={opened === index}
            errors={errors}
            onChange={(p) => put(withPolicy(policies, index, p))}
            onMove={isMovable(k) ? (by) => move(k, by) : undefined}
          />
        ))}
      </ol>
      <Button onPress={() => setChoosing(true)}>{t('policies.add')}</Button>
      {isChoosing && (
        <Library
          types={types.data ?? []}
          onChoose={(type) => {
            put([...policies, { type }]);
            setOpened(policies.length);
            setChoosing(false);
          }}
          onClose={() => setChoosing(false)}
        />
      )}
    </fieldset>
  );
}
