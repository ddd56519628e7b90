/** Which consumer calls: a key that one has, or one that is made here and forgotten tomorrow. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Problem, post } from '../api/client.ts';
import { type Me, may, type Resource } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { setGatewayKey, useGatewayKey } from '../lib/key.ts';
import { Button, ErrorNote, TextField } from './ui.tsx';

const consumer = 'playground';
const lifeMs = 24 * 3600 * 1000;

async function makeKey(): Promise<string> {
  try {
    await post('/consumers', { name: consumer });
  } catch (e) {
    if (!(e instanceof Problem) || e.status !== 409) throw e; // it is there since the last time
  }
  const now = Date.now();
  const made = await post<Resource>('/credentials', {
    name: `${consumer}-${now.toString(36)}`,
    consumer,
    expires: new Date(now + lifeMs).toISOString(),
  });
  return String(made['secret']);
}

export function KeyInput({ me }: { me: Me | undefined }) {
  const { t } = useLanguage();
  const key = useGatewayKey();
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: makeKey,
    onSuccess: (secret) => {
      setGatewayKey(secret);
      void client.invalidateQueries({ queryKey: ['list'] });
    },
  });
  return (
    <div className="beside">
      <TextField
        label={t('key.label')}
        help={make.isSuccess ? t('key.made') : t('key.help')}
        type="password"
        autoComplete="off"
        value={key}
        onChange={setGatewayKey}
        placeholder="sl-…"
      />
      {key === '' && may(me, 'credentials:create') && (
        <Button isPending={make.isPending} onPress={() => make.mutate()}>
          {t('key.make')}
        </Button>
      )}
      {make.error !== null && <ErrorNote error={make.error} />}
    </div>
  );
}
