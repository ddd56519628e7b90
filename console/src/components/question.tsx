/** A card that asks the server something: what is asked goes inside, the answer below. */
import type { ReactNode } from 'react';
import { type TextKey, useLanguage } from '../i18n/index.tsx';
import { Button, ErrorNote } from './ui.tsx';

export interface QuestionProps {
  title: TextKey;
  submit: TextKey;
  ask: { mutate: () => void; isPending: boolean; error: unknown };
  children: ReactNode;
}

export function Question({ title, submit, ask, children }: QuestionProps) {
  const { t } = useLanguage();
  return (
    <>
      <form
        className="card"
        onSubmit={(e) => {
          e.preventDefault();
          ask.mutate();
        }}
      >
        <h2>{t(title)}</h2>
        <p className="faint">{t('way.text')}</p>
        {children}
        <div className="actions">
          <Button look="primary" type="submit" isPending={ask.isPending}>
            {t(submit)}
          </Button>
        </div>
      </form>
      {ask.error !== null && <ErrorNote error={ask.error} />}
    </>
  );
}
