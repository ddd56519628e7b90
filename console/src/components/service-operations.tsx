/** The operations of a service. */
import { may, useMe } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { callGateway, useGatewayAddress } from '../lib/gateway.ts';
import { useGatewayKey } from '../lib/key.ts';
import { operationsOf, schemasOf } from '../lib/operations.ts';
import { examplesOf } from '../lib/routes.ts';
import type { TabProps } from '../tabs.ts';
import { KeyInput } from './key-input.tsx';
import { ApiReference } from './openapi.tsx';

/** The API as its document describes it, tried with a consumer's key. */
export function Operations({ resource: service }: Pick<TabProps, 'resource'>) {
  const { t } = useLanguage();
  const { data: me } = useMe();
  const key = useGatewayKey();
  const address = useGatewayAddress();
  const mayCall = may(me, 'playground:call');
  const host = examplesOf(service)[0]?.host ?? '';
  const api = {
    operations: operationsOf(service),
    schemas: schemasOf(service),
    prefix: String(service['prefix'] ?? ''),
    address,
    keyText: key === '' ? t('key.placeholder') : key,
    ...(mayCall ? { call: (call: Parameters<typeof callGateway>[0]) => callGateway({ ...call, host, key }) } : {}),
  };
  return (
    <>
      {mayCall && api.operations.length > 0 && <KeyInput me={me} />}
      <ApiReference api={api} />
    </>
  );
}
