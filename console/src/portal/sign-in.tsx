/** The way to signing in, and from there back to what one looked at. */
import type { ReactNode } from 'react';
import { Link, Redirect, useLocation, useSearch } from 'wouter';
import { useLanguage } from '../i18n/index.tsx';
import { placeBack, placeToSignIn } from '../lib/offered-places.ts';

function useSignIn(): string {
  const [path] = useLocation();
  const search = useSearch();
  return placeToSignIn(search === '' ? path : `${path}?${search}`);
}

export function SignInLink() {
  const { t } = useLanguage();
  return <Link href={useSignIn()}>{t('portal.sign.in')}</Link>;
}

/** What only they see who are signed in. */
export function OwnPage({ isGuest, children }: { isGuest: boolean; children: ReactNode }) {
  const place = useSignIn();
  return isGuest ? <Redirect to={place} /> : children;
}

export function BackFromSignIn() {
  return <Redirect to={placeBack(useSearch())} replace />;
}
