/** The form of a noun: made by hand where that says more, and of its schema everywhere else. */
import { lazy, type ReactNode, Suspense } from 'react';
import type { FieldError } from '../api/client.ts';
import type { Noun, OpenApi } from '../api/openapi.ts';
import { Spinner } from '../components/ui.tsx';
import { SchemaFields } from './schema-form.tsx';

export interface SpecFormProps {
  doc: OpenApi;
  noun: Noun;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  errors: readonly FieldError[];
}

interface Hand {
  form?: React.ComponentType<SpecFormProps>;
  /** What stands beside the form, and sees what is in it. */
  beside?: React.ComponentType<{ value: Record<string, unknown>; isNew: boolean }>;
}

const byHand: Record<string, Hand> = {
  services: { form: lazy(() => import('./service-form.tsx')) },
  models: { form: lazy(() => import('./model-form.tsx')) },
  prompts: { form: lazy(() => import('./prompt-form.tsx')), beside: lazy(() => import('../components/prompt-bench.tsx')) },
  'identity-providers': { beside: lazy(() => import('../components/sso-trial.tsx')) },
};

export function SpecForm(props: SpecFormProps) {
  const Form = byHand[props.noun.plural]?.form;
  if (Form === undefined) return <SchemaFields {...props} schema={props.noun.schema} />;
  return (
    <Suspense fallback={<Spinner />}>
      <Form {...props} />
    </Suspense>
  );
}

export function BesideForm({ plural, value, isNew, children }: { plural: string; value: Record<string, unknown>; isNew: boolean; children: ReactNode }) {
  const Beside = byHand[plural]?.beside;
  if (Beside === undefined) return children;
  return (
    <div className="bench">
      {children}
      <Suspense fallback={<Spinner />}>
        <Beside value={value} isNew={isNew} />
      </Suspense>
    </div>
  );
}
