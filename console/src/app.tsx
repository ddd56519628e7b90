/** Who is here, and which screen: the login, a forced change of password, or the shell with a page. */
import { Suspense } from 'react';
import { Link, Redirect, Route, Switch } from 'wouter';
import { Problem } from './api/client.ts';
import { useDescription, useMe, useNouns } from './api/resources.ts';
import { Empty, ErrorNote, Spinner } from './components/ui.tsx';
import { screen } from './components/screen.tsx';
import { Shell } from './components/shell.tsx';
import { UndoProvider } from './components/undo.tsx';
import { useLanguage } from './i18n/index.tsx';
import { LoginPage, PasswordPage } from './pages/login.tsx';
import { pages } from './pages.ts';

const HomePage = screen(pages.home);
const ListPage = screen(pages.list);
const CreatePage = screen(pages.create);
const DetailPage = screen(pages.detail);
const AuditPage = screen(pages.audit);
const PlaygroundPage = screen(pages.playground);
const AnalyticsPage = screen(pages.analytics);
const RequestsPage = screen(pages.requests);
const AccountsPage = screen(pages.accounts);
const ModelsPage = screen(pages.models);
const ServicesPage = screen(pages.services);
const BudgetsPage = screen(pages.budgets);
const CataloguePage = screen(pages.catalogue);
const AlertsPage = screen(pages.alerts);
const SubscriptionsPage = screen(pages.subscriptions);
const ImportPage = screen(pages.import);
const NodesPage = screen(pages.nodes);
const CertificatesPage = screen(pages.certificates);
const BackupsPage = screen(pages.backups);
const SettingsPage = screen(pages.settings);
const MembersPage = screen(pages.members);
const TokensPage = screen(pages.tokens);
const SessionsPage = screen(pages.sessions);
const DeliveriesPage = screen(pages.deliveries);
const PortalLookPage = screen(pages.portalLook);

function Nowhere() {
  const { t } = useLanguage();
  return (
    <Empty isPage title={t('error.notfound')} hint={t('error.notfound.hint')}>
      <Link className="button button-primary" href="/">
        {t('nav.home')}
      </Link>
    </Empty>
  );
}

function Pages() {
  const nouns = useNouns();
  const isKnown = (plural: string): boolean => nouns.length === 0 || nouns.some((n) => n.plural === plural); // none: not told yet
  return (
    <Switch>
      <Route path="/">{() => <HomePage />}</Route>
      <Route path="/audit">{() => <AuditPage />}</Route>
      <Route path="/import">{() => <ImportPage />}</Route>
      <Route path="/nodes">{() => <NodesPage />}</Route>
      <Route path="/certificates">{() => <CertificatesPage />}</Route>
      <Route path="/backups">{() => <BackupsPage />}</Route>
      <Route path="/settings">{() => <SettingsPage />}</Route>
      <Route path="/portals">{() => <PortalLookPage />}</Route>
      <Route path="/analytics">{() => <AnalyticsPage />}</Route>
      <Route path="/requests">{() => <RequestsPage />}</Route>
      <Route path="/accounts">{() => <AccountsPage />}</Route>
      <Route path="/models">{() => <ModelsPage />}</Route>
      <Route path="/services">{() => <ServicesPage />}</Route>
      <Route path="/budgets">{() => <BudgetsPage />}</Route>
      <Route path="/catalogue">{() => <CataloguePage />}</Route>
      <Route path="/alerts">{() => <AlertsPage />}</Route>
      <Route path="/subscriptions">{() => <SubscriptionsPage />}</Route>
      <Route path="/playground">{() => <PlaygroundPage />}</Route>
      <Route path="/users">{() => <MembersPage />}</Route>
      <Route path="/tokens">{() => <TokensPage isOwn={false} />}</Route>
      <Route path="/my-tokens">{() => <TokensPage isOwn />}</Route>
      <Route path="/sessions">{() => <SessionsPage isOwn={false} />}</Route>
      <Route path="/my-sessions">{() => <SessionsPage isOwn />}</Route>
      <Route path="/deliveries">{() => <DeliveriesPage />}</Route>
      <Route path="/password">{() => <PasswordPage isForced={false} />}</Route>
      <Route path="/login">
        <Redirect to="/" />
      </Route>
      <Route path="/:plural">{({ plural }) => (isKnown(plural) ? <ListPage key={plural} plural={plural} /> : <Nowhere />)}</Route>
      <Route path="/:plural/new">{({ plural }) => (isKnown(plural) ? <CreatePage key={plural} plural={plural} /> : <Nowhere />)}</Route>
      <Route path="/:plural/:key">
        {({ plural, key }) => {
          const name = decodeURIComponent(key);
          if (!isKnown(plural)) return <Nowhere />;
          return <DetailPage key={`${plural}/${name}`} plural={plural} name={name} />;
        }}
      </Route>
      <Route>
        <Nowhere />
      </Route>
    </Switch>
  );
}

export function App() {
  const me = useMe();
  useDescription(); // the menu is made of it
  if (me.isPending) return <Spinner />;
  if (me.error instanceof Problem && me.error.status === 401) return <LoginPage />;
  if (me.error !== null) return <ErrorNote error={me.error} onRetry={() => void me.refetch()} />;
  if (me.data.must_change_password === true) return <PasswordPage isForced />;
  return (
    <UndoProvider>
      <Shell me={me.data}>
        <Suspense fallback={<Spinner />}>
          <Pages />
        </Suspense>
      </Shell>
    </UndoProvider>
  );
}
