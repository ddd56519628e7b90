/** A resource as a file, and its state. */
import { specOf } from '../api/resources.ts';
import { useLanguage } from '../i18n/index.tsx';
import { toYaml } from '../lib/yaml.ts';
import type { TabProps } from '../tabs.ts';
import { Code } from './ui.tsx';

export function Source({ noun, resource }: TabProps) {
  const { t } = useLanguage();
  return (
    <>
      <p className="faint">{t('detail.apply.hint')}</p>
      <Code label={`${noun.plural}.yaml`} text={toYaml({ [noun.plural]: [specOf(resource)] })} />
      {resource.status !== undefined && resource.status !== null && (
        <Code label={t('detail.status')} text={toYaml(resource.status)} />
      )}
    </>
  );
}
