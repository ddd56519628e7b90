/** A service's operations, to be read and, by who is signed in, tried with a key of one's own. */
import { useSearchParams } from 'wouter';
import { type OfferedService, usePortalLook, usePortalOperations } from '../api/portal.ts';
import { type ApiCall, ApiReference } from '../components/openapi.tsx';
import { ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { callGateway } from '../lib/gateway.ts';
import { useProof } from '../lib/held-proof.ts';
import { operationsOf, schemasOf } from '../lib/operations.ts';
import { proofHeaders } from '../lib/prove.ts';
import { hostOf, KeyOfOne, useShown } from './key.tsx';

export function Operations({ service, isGuest }: { service: OfferedService; isGuest: boolean }) {
  const { t } = useLanguage();
  const [search] = useSearchParams();
  const proof = useProof(service.credentials);
  const shown = useShown(proof);
  const look = usePortalLook().data;
  const hasSome = service.operations.length > 0 || service.kind === 'prompt';
  const full = usePortalOperations(service.key, hasSome);
  if (!hasSome) return null;
  if (full.error !== null) return <ErrorNote error={full.error} onRetry={() => void full.refetch()} />;
  if (full.data === undefined) return <Spinner />;
  const mayTry = !isGuest && look?.try_disabled !== true && service.lifecycle !== 'retired';
  const host = hostOf(service);
  const call = async (wish: ApiCall): Promise<Response> => {
    const url = `http://${host === '' ? 'localhost' : host}${wish.path}`; // what is signed of it is path and host
    const headers = { ...wish.headers, ...(await proofHeaders(proof, { ...wish, url })) };
    return callGateway({ ...wish, headers, host, via: `/portal/services/${encodeURIComponent(service.key)}/call` });
  };
  return (
    <>
      {mayTry && <KeyOfOne service={service} />}
      <h2>{t('portal.operations')}</h2>
      <ApiReference
        opened={search.get('operation') ?? undefined}
        api={{
          operations: operationsOf(full.data),
          schemas: schemasOf(full.data),
          prefix: full.data.prefix,
          address: service.url,
          keyText: shown.secret,
          proof: shown,
          ...(mayTry ? { call } : {}),
        }}
      />
    </>
  );
}
