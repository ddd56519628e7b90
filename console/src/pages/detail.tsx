/** One resource: what can be done with it, and its tabs (../tabs.ts). */
import { Suspense, useEffect, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Link, useSearchParams } from 'wouter';
import { Problem } from '../api/client.ts';
import { may, useMe, useNouns, useOne } from '../api/resources.ts';
import { Actions } from '../components/actions.tsx';
import { OnOff } from '../components/on-off.tsx';
import { screen } from '../components/screen.tsx';
import { useTitles } from '../components/shell.tsx';
import { ResourceState } from '../components/state.tsx';
import { Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { asSentence } from '../lib/failures.ts';
import { type TabOf, type TabProps, tabsOf } from '../tabs.ts';

/** Of a row of tabs that does not fit, to the one that is open. */
function scrollToTab(): void {
  const open = document.querySelector<HTMLElement>('.tab[data-selected]');
  const row = open?.parentElement;
  if (open !== null && row) row.scrollLeft += open.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 2;
}

function Content({ tab, ...shown }: TabProps & { tab: TabOf }) {
  const [Screen] = useState(() => screen(tab.file));
  useEffect(() => void requestAnimationFrame(scrollToTab), []); // when it is drawn
  return (
    <Suspense fallback={<Spinner />}>
      <Screen {...shown} />
    </Suspense>
  );
}

/** What is not there (any more): its list is the way on, asking again is none. */
function Missing({ plural, what }: { plural: string; what: string }) {
  const { t } = useLanguage();
  const title = useTitles();
  return (
    <Empty isPage title={asSentence(what)} hint={t('detail.missing')}>
      <Link className="button button-primary" href={`/${plural}`}>
        {title(plural)}
      </Link>
    </Empty>
  );
}

export default function DetailPage({ plural, name }: { plural: string; name: string }) {
  const { t } = useLanguage();
  const title = useTitles();
  const { data: me } = useMe();
  const noun = useNouns().find((n) => n.plural === plural);
  const one = useOne(plural, name);
  const [search, setSearch] = useSearchParams();
  const tabs = tabsOf(plural).filter((x) => x.permission === undefined || may(me, x.permission, x.isEverywhere));
  const tab = (tabs.find((x) => x.id === search.get('tab')) ?? tabs[0])?.id ?? '';
  if (one.error instanceof Problem && one.error.status === 404) return <Missing plural={plural} what={one.error.message} />;
  if (one.error !== null) return <ErrorNote error={one.error} onRetry={() => void one.refetch()} />;
  if (one.data === undefined || noun === undefined) return <Spinner />;
  const { body: resource, etag } = one.data;
  const isSwitched =
    noun.verbs.has('patch') && noun.schema.properties?.['disabled']?.type === 'boolean' && resource['origin'] === undefined && may(me, `${plural}:update`) && !(plural === 'users' && me?.user === name);
  return (
    <>
      <p className="crumbs">
        <Link href={`/${plural}`}>{title(plural)}</Link>
      </p>
      <div className="head">
        <h1>{resource.key}</h1>
        <ResourceState resource={resource} />
        <span className="grow" />
        {isSwitched && <OnOff plural={plural} resource={resource} isPlain />}
        <Actions noun={noun} resource={resource} etag={etag} />
      </div>
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(id) => setSearch({ tab: String(id) }, { replace: true })}>
        <TabList aria-label={resource.key} className="tab-list">
          {tabs.map((x) => (
            <Tab key={x.id} id={x.id} className="tab">
              {t(x.title)}
            </Tab>
          ))}
        </TabList>
        {tabs.map((x) => (
          <TabPanel key={x.id} id={x.id} className="tab-panel">
            <Content tab={x} noun={noun} resource={resource} etag={etag} />
          </TabPanel>
        ))}
      </Tabs>
    </>
  );
}
