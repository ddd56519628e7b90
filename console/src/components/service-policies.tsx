/** The policies of a service, in the order in which they run, changed in place; traffic sees them with the next release. */
import { useState } from 'react';
import { Problem } from '../api/client.ts';
import { may, useDescription, useMe, usePatch } from '../api/resources.ts';
import { PoliciesInput } from '../forms/policies-input.tsx';
import { useLanguage } from '../i18n/index.tsx';
import type { TabProps } from '../tabs.ts';
import { Button, ErrorNote, Note, Spinner } from './ui.tsx';

export function ServicePolicies({ resource: service, etag }: Pick<TabProps, 'resource' | 'etag'>) {
  const { t } = useLanguage();
  const { data: doc } = useDescription();
  const { data: me } = useMe();
  const [draft, setDraft] = useState<unknown>(service['policies']);
  const [base, setBase] = useState(service['policies']);
  const save = usePatch('services', service.key);
  const isChanged = JSON.stringify(draft ?? []) !== JSON.stringify(base ?? []);
  if (doc === undefined) return <Spinner />;
  return (
    <form
      className="form"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate({ patch: { policies: draft ?? [] }, etag }, { onSuccess: () => setBase(draft) });
      }}
    >
      <fieldset disabled={!may(me, 'services:update')} className="bare">
        <PoliciesInput
          doc={doc}
          at="/policies"
          label={t('policies.title')}
          help={t('policies.help')}
          value={draft}
          onChange={setDraft}
          errors={save.error instanceof Problem ? save.error.errors : []}
        />
      </fieldset>
      {save.error !== null && <ErrorNote error={save.error} />}
      {save.isSuccess && !isChanged && <Note kind="good">{t('policies.saved')}</Note>}
      <div className="actions sticky">
        <Button look="primary" type="submit" isPending={save.isPending} isDisabled={!isChanged}>
          {t('detail.save')}
        </Button>
        <Button isDisabled={!isChanged} onPress={() => setDraft(base)}>
          {t('detail.discard')}
        </Button>
      </div>
    </form>
  );
}
