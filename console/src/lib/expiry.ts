/** How long something that is made now is good for. */
export const dayMs = 86_400_000;

export const expiries = ['7', '30', '90', '365', ''] as const;
export type Expiry = (typeof expiries)[number];

/** When it ends, for the API; undefined: never. */
export function endOf(days: Expiry, now: number): string | undefined {
  return days === '' ? undefined : new Date(now + Number(days) * dayMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function isOver(expires: unknown, now: number): boolean {
  return typeof expires === 'string' && Date.parse(expires) <= now;
}
