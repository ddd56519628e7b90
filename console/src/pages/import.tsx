import { Link } from 'wouter';
import { ImportOpenApi } from '../components/import-openapi.tsx';
import { useTitles } from '../components/shell.tsx';
import { useLanguage } from '../i18n/index.tsx';

export default function ImportPage() {
  const { t } = useLanguage();
  const title = useTitles();
  return (
    <>
      <p className="crumbs">
        <Link href="/services">{title('services')}</Link>
      </p>
      <h1>{t('import.title')}</h1>
      <p className="faint">{t('import.lead')}</p>
      <section className="card">
        <ImportOpenApi />
      </section>
    </>
  );
}
