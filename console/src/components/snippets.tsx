import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useLanguage } from '../i18n/index.tsx';
import type { Snippet } from '../lib/snippets.ts';
import { Code } from './ui.tsx';

/** The same request in several languages, one of them seen. */
export function Snippets({ snippets }: { snippets: Snippet[] }) {
  const { t } = useLanguage();
  return (
    <Tabs className="tabs">
      <TabList aria-label={t('snippets.title')} className="tab-list" items={snippets}>
        {(s) => (
          <Tab id={s.id} className="tab">
            {s.title}
          </Tab>
        )}
      </TabList>
      {snippets.map((s) => (
        <TabPanel key={s.id} id={s.id} className="tab-panel">
          <Code label={s.title} text={s.text} />
        </TabPanel>
      ))}
    </Tabs>
  );
}
