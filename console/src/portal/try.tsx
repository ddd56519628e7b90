/** A service's operations, to be read and, by who is signed in, tried with a key of one's own. */
import { type OfferedService, usePortalLook, usePortalOperations } from '../api/portal.ts';
import { type ApiCall, ApiReference } from '../components/openapi.tsx';
import { ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { callGateway } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { operationsOf, schemasOf } from '../lib/operations.ts';
import { hostOf, KeyOfOne } from './key.tsx';

export function Operations({ service, isGuest }: { service: OfferedService; isGuest: boolean }) {
  const { t } = useLanguage();
  const key = useGatewayKey();
  const look = usePortalLook().data;
  const hasSome = service.operations.length > 0 || service.kind === 'prompt';
  const full = usePortalOperations(service.key, hasSome);
  if (!hasSome) return null;
  if (full.error !== null) return <ErrorNote error={full.error} onRetry={() => void full.refetch()} />;
  if (full.data === undefined) return <Spinner />;
  const mayTry = !isGuest && look?.try_disabled !== true;
  const call = (wish: ApiCall): Promise<Response> =>
    callGateway({ ...wish, host: hostOf(service), via: `/portal/services/${encodeURIComponent(service.key)}/call`, ...(key === '' ? {} : { key }) });
  return (
    <>
      {mayTry && <KeyOfOne service={service.key} />}
      <h2>{t('portal.operations')}</h2>
      <ApiReference
        api={{
          operations: operationsOf(full.data),
          schemas: schemasOf(full.data),
          prefix: full.data.prefix,
          address: service.url,
          keyText: key === '' ? t('key.placeholder') : key,
          ...(mayTry ? { call } : {}),
        }}
      />
    </>
  );
}
