/** Who is here, and which screen: the login, a forced change of password, or the shell with a page. */
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Problem } from './api/client.ts';
import { useDescription, useMe } from './api/resources.ts';
import { Empty, ErrorNote, Spinner } from './components/ui.tsx';
import { Shell } from './components/shell.tsx';
import { UndoProvider } from './components/undo.tsx';
import { useLanguage } from './i18n/index.tsx';
import { LoginPage, PasswordPage } from './pages/login.tsx';

const home = () => import('./pages/home.tsx');
const HomePage = lazy(home);
const ListPage = lazy(() => import('./pages/list.tsx'));
const CreatePage = lazy(() => import('./pages/create.tsx'));
const DetailPage = lazy(() => import('./pages/detail.tsx'));
const AuditPage = lazy(() => import('./pages/audit.tsx'));
const PlaygroundPage = lazy(() => import('./pages/playground.tsx'));
const AnalyticsPage = lazy(() => import('./pages/analytics.tsx'));
const RequestsPage = lazy(() => import('./pages/requests.tsx'));
const AccountsPage = lazy(() => import('./pages/accounts.tsx'));
const ModelsPage = lazy(() => import('./pages/models.tsx'));
const ServicesPage = lazy(() => import('./pages/services.tsx'));
const BudgetsPage = lazy(() => import('./pages/budgets.tsx'));
const CataloguePage = lazy(() => import('./pages/catalogue.tsx'));
const AlertsPage = lazy(() => import('./pages/alerts.tsx'));
const SubscriptionsPage = lazy(() => import('./pages/subscriptions.tsx'));
const ImportPage = lazy(() => import('./pages/import.tsx'));
const NodesPage = lazy(() => import('./pages/nodes.tsx'));
const CertificatesPage = lazy(() => import('./pages/certificates.tsx'));
const BackupsPage = lazy(() => import('./pages/backups.tsx'));
const SettingsPage = lazy(() => import('./pages/settings.tsx'));
const MembersPage = lazy(() => import('./pages/members.tsx'));
const TokensPage = lazy(() => import('./pages/tokens.tsx'));
const SessionsPage = lazy(() => import('./pages/sessions.tsx'));
const DeliveriesPage = lazy(() => import('./pages/deliveries.tsx'));
const PortalLookPage = lazy(() => import('./pages/portal-look.tsx'));

function Pages() {
  const { t } = useLanguage();
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
      <Route path="/:plural">{({ plural }) => <ListPage key={plural} plural={plural} />}</Route>
      <Route path="/:plural/new">{({ plural }) => <CreatePage key={plural} plural={plural} />}</Route>
      <Route path="/:plural/:key">
        {({ plural, key }) => {
          const name = decodeURIComponent(key);
          return <DetailPage key={`${plural}/${name}`} plural={plural} name={name} />;
        }}
      </Route>
      <Route>
        <Empty isPage title={t('error.notfound')} />
      </Route>
    </Switch>
  );
}

/** What most people see first comes while it is asked who they are. */
if (window.location.pathname === '/') void home();

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
