/** Every single request of the gateway. */
import { RequestLog } from '../components/request-log.tsx';
import { useLanguage } from '../i18n/index.tsx';

export default function RequestsPage() {
  const { t } = useLanguage();
  return (
    <>
      <h1>{t('nav.requests')}</h1>
      <RequestLog />
    </>
  );
}
