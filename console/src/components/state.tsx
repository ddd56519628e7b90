/** In what state a resource is, in colour. */
import type { Resource } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { Badge } from './ui.tsx';

const tones: Record<string, 'good' | 'warn' | 'bad' | 'plain'> = {
  published: 'good',
  approved: 'good',
  active: 'good',
  draft: 'plain',
  requested: 'warn',
  deprecated: 'warn',
  suspended: 'warn',
  offline: 'bad',
  retired: 'bad',
  rejected: 'bad',
};

export function ResourceState({ resource }: { resource: Resource }) {
  const { t, maybe } = useLanguage();
  const state = resource.status?.['state'];
  return (
    <>
      {typeof state === 'string' && <Badge tone={tones[state] ?? 'plain'}>{maybe(`state.${state}`) ?? state}</Badge>}{' '}
      {resource.status?.['has_draft'] === true && state !== 'draft' && <Badge tone="warn">{t('list.draft')}</Badge>}{' '}
      {resource['disabled'] === true && <Badge tone="bad">{t('tokens.disabled')}</Badge>}
    </>
  );
}
