/** The portal at /portal: for people who use services, signed in or, where a workspace lets them, as guests. */
import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';
import { Problem } from '../api/client.ts';
import { usePortalServices } from '../api/portal.ts';
import { useMe } from '../api/resources.ts';
import { screen } from '../components/screen.tsx';
import { Empty, ErrorNote, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { seeAll, seenUntil } from '../lib/news.ts';
import { useScrollPlaces } from '../lib/scroll-place.ts';
import { LoginPage, PasswordPage } from '../pages/login.tsx';
import { CataloguePage } from './catalogue.tsx';
import { Frame } from './frame.tsx';
import { LoginFoot } from './login-foot.tsx';
import { Looks } from './look.tsx';
import { pages } from './pages.ts';
import { BackFromSignIn, OwnPage } from './sign-in.tsx';

const ServicePage = screen(pages.service);
const ApplicationsPage = screen(pages.applications);
const RegisterPage = screen(pages.register);
const UsagePage = screen(pages.usage);
const NewsPage = screen(pages.news);
const ApplicationPage = screen(pages.application);

/** What is looked at is new once more, and no longer afterwards. */
function Seeing({ isGuest }: { isGuest: boolean }) {
  const [seen] = useState(seenUntil);
  useEffect(seeAll, []);
  return <NewsPage isGuest={isGuest} seen={seen} />;
}

function Pages({ isGuest }: { isGuest: boolean }) {
  const { t } = useLanguage();
  const own = (page: ReactNode): ReactNode => <OwnPage isGuest={isGuest}>{page}</OwnPage>;
  return (
    <Switch>
      <Route path="/">{() => <CataloguePage />}</Route>
      <Route path="/services/:key">{({ key }) => <ServicePage key={key} name={decodeURIComponent(key)} isGuest={isGuest} />}</Route>
      <Route path="/changes">{() => <Seeing isGuest={isGuest} />}</Route>
      <Route path="/applications">{() => own(<ApplicationsPage />)}</Route>
      <Route path="/applications/:key">{({ key }) => own(<ApplicationPage key={key} name={decodeURIComponent(key)} />)}</Route>
      <Route path="/usage">{() => own(<UsagePage />)}</Route>
      <Route path="/password">{() => own(<PasswordPage isForced={false} />)}</Route>
      <Route path="/login">
        <BackFromSignIn />
      </Route>
      <Route path="/register">
        <Redirect to="/" />
      </Route>
      <Route>
        <Empty isPage title={t('error.notfound')} />
      </Route>
    </Switch>
  );
}

/** Whether there is nothing that one may find; what one may not find is looked through first, page by page. Undefined: not known yet. */
function useIsEmpty(): boolean | undefined {
  const { data, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = usePortalServices();
  const hasNone = data?.pages.every((p) => p.items.length === 0) ?? true;
  const isOn = hasNone && hasNextPage;
  useEffect(() => {
    if (isOn && !isFetchingNextPage) void fetchNextPage();
  }, [isOn, isFetchingNextPage, fetchNextPage]);
  return isPending || isOn ? undefined : hasNone;
}

/** A guest who may find nothing is asked who they are. */
function ForGuests() {
  const isEmpty = useIsEmpty();
  if (isEmpty === undefined) return <Spinner />;
  const login = <LoginPage isPortal foot={<LoginFoot />} />;
  return (
    <Switch>
      <Route path="/register">{() => <RegisterPage />}</Route>
      {isEmpty && <Route>{() => login}</Route>}
      <Route path="/login">{() => login}</Route>
      <Route>
        <Frame>
          <Pages isGuest />
        </Frame>
      </Route>
    </Switch>
  );
}

function Visitor() {
  const me = useMe();
  if (me.isPending) return <Spinner />;
  if (me.error instanceof Problem && me.error.status === 401) return <ForGuests />;
  if (me.error !== null) return <ErrorNote error={me.error} onRetry={() => void me.refetch()} />;
  if (me.data.must_change_password === true) return <PasswordPage isForced />;
  return (
    <Frame me={me.data}>
      <Pages isGuest={false} />
    </Frame>
  );
}

export function Portal() {
  useScrollPlaces();
  return (
    <Router base="/portal">
      <Suspense fallback={<Spinner />}>
        <Looks>
          <Visitor />
        </Looks>
      </Suspense>
    </Router>
  );
}
