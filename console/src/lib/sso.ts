/** Single sign-on, as the sign-in page sees it: where one wanted to go, and why it came to nothing. */
interface Place {
  pathname: string;
  search: string;
}

/** The path to go to afterwards: this one, unless it is the sign-in page itself. */
export function returnTo({ pathname, search }: Place): string {
  const isDoor = /^(\/portal)?\/login\/?$/.test(pathname);
  if (isDoor) return pathname.startsWith('/portal') ? '/portal' : '/';
  const rest = new URLSearchParams(search);
  rest.delete('sso_error');
  return pathname + (rest.size === 0 ? '' : `?${rest.toString()}`);
}

/** The code of a sign-in that failed, from the address that it came back to. */
export function failureOf({ search }: Pick<Place, 'search'>): string | undefined {
  return new URLSearchParams(search).get('sso_error') ?? undefined;
}
