/** On and off in place, for whatever has the member `disabled`: shown at once, put back when the server refuses. */
import { type Answer, request } from '../api/client.ts';
import type { Resource } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { useOptimistic } from '../lib/use-optimistic.ts';
import { Button } from './ui.tsx';

function patchOf(plural: string, key: string, isOff: boolean, etag: string | null): Promise<Answer<Resource>> {
  return request<Resource>(`/${plural}/${encodeURIComponent(key)}`, { method: 'PATCH', body: { disabled: isOff ? true : null }, etag });
}

export function OnOff({ plural, resource, isPlain = false }: { plural: string; resource: Resource; isPlain?: boolean }) {
  const { t } = useLanguage();
  const { key } = resource;
  const isOff = resource['disabled'] === true;
  const text = t(isOff ? 'members.enable' : 'members.disable');
  const flip = useOptimistic({
    plural,
    key,
    change: (off: boolean) => (r) => ({ ...r, disabled: off }),
    run: (off: boolean) => patchOf(plural, key, off, `"${resource.revision}"`),
    said: (off: boolean) => t(off ? 'undo.disabled' : 'undo.enabled', { name: key }),
    undo: (off, answer) => patchOf(plural, key, !off, answer.etag),
  });
  return (
    <Button look={isPlain ? 'plain' : 'quiet'} aria-label={`${text}: ${key}`} isPending={flip.isPending} onPress={() => flip.mutate(!isOff)}>
      {text}
    </Button>
  );
}
