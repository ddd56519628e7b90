/** Where a service stands in the portal, or one of its operations. */
export function placeOfService(key: string, operation?: string): string {
  return `/services/${encodeURIComponent(key)}${operation === undefined ? '' : `?operation=${encodeURIComponent(operation)}`}`;
}

/** Where one signs in, to come back to what one looked at. */
export function placeToSignIn(from: string): string {
  return from === '/' || from.startsWith('/login') || from.startsWith('/register') ? '/login' : `/login?to=${encodeURIComponent(from)}`;
}

/** What one looked at before: a place of the portal and nowhere else. */
export function placeBack(search: string): string {
  const to = new URLSearchParams(search).get('to') ?? '';
  return /^\/(?![/\\])/.test(to) ? to : '/';
}
