/** Where a service stands in the portal, or one of its operations. */
export function placeOfService(key: string, operation?: string): string {
  return `/services/${encodeURIComponent(key)}${operation === undefined ? '' : `?operation=${encodeURIComponent(operation)}`}`;
}
