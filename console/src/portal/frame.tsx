/** What stands around every screen of the portal: whose it is, where to go, who is here. */
import { type ReactNode, Suspense } from 'react';
import { Link, useLocation } from 'wouter';
import { useNews, usePortalServices } from '../api/portal.ts';
import { type Me } from '../api/resources.ts';
import { useBrand } from '../components/brand.tsx';
import { AccountMenu, LanguageMenu, ThemeMenu } from '../components/choice-menu.tsx';
import { Badge, Spinner } from '../components/ui.tsx';
import { useLanguage } from '../i18n/index.tsx';
import { seenUntil } from '../lib/news.ts';
import { Foot } from './look.tsx';
import { SignInLink } from './sign-in.tsx';

/** The portal's own, or the workspace's name where all that one finds is of one workspace; the first one's says nothing. */
function useTitle(): string {
  const { t } = useLanguage();
  const own = useBrand().title;
  const names = new Set(usePortalServices().data?.pages.flatMap((p) => p.items.map((s) => s.workspace)));
  const [name] = names;
  if (own !== undefined) return own;
  return names.size === 1 && name !== undefined && name !== 'default' ? t('portal.title.of', { name }) : t('portal.title');
}

function Place({ to, children }: { to: string; children: ReactNode }) {
  const [location] = useLocation();
  const isCurrent = to === '/' ? location === '/' || location.startsWith('/services') : location.startsWith(to);
  return (
    <Link href={to} className="nav-link" {...(isCurrent ? { 'aria-current': 'page' as const } : {})}>
      {children}
    </Link>
  );
}

/** How much was new since one looked last; what one's applications have counts for more. */
function Unseen() {
  const { t } = useLanguage();
  const [location] = useLocation();
  const list = useNews({ since: seenUntil() });
  const items = list.data?.pages[0]?.items ?? [];
  if (items.length === 0 || location === '/changes') return null;
  const isMine = items.some((n) => n.is_subscribed === true);
  const n = `${items.length}${list.hasNextPage ? '+' : ''}`;
  return (
    <Badge tone={isMine ? 'warn' : 'plain'}>
      {n} <span className="hidden">{t(isMine ? 'news.unseen.mine' : 'news.unseen')}</span>
    </Badge>
  );
}

export function Frame({ me, children }: { me?: Me; children: ReactNode }) {
  const { t } = useLanguage();
  const title = useTitle();
  const { logo } = useBrand();
  return (
    <div className="portal">
      <a className="skip" href="#content">
        {t('app.skip')}
      </a>
      <header className="top portal-top">
        <Link href="/" className="brand">
          <img src={logo} alt="" className="logo" width="22" height="22" /> {title}
        </Link>
        <nav aria-label={t('nav.main')} className="chips">
          <Place to="/">{t('portal.catalogue')}</Place>
          {me !== undefined && <Place to="/applications">{t('portal.applications')}</Place>}
          {me !== undefined && <Place to="/usage">{t('portal.usage')}</Place>}
          <Place to="/changes">
            {t('news.title')} <Unseen />
          </Place>
        </nav>
        <span className="grow" />
        <LanguageMenu />
        <ThemeMenu />
        {me === undefined ? <SignInLink /> : <AccountMenu me={me} />}
      </header>
      <main id="content" className="portal-content" tabIndex={-1}>
        <Suspense fallback={<Spinner />}>{children}</Suspense>
      </main>
      <Foot />
    </div>
  );
}
