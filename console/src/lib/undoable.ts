/** Whether what is deleted can be made again as it was. No DOM in here. */

/** Nouns that are all in what people wrote of them: no hash, no release, nothing that counts goes with one. */
const whole: ReadonlySet<string> = new Set(['alerts', 'budgets', 'models', 'plans', 'policies', 'prices', 'roles', 'teams', 'upstreams', 'views']);

/** A secret is shown as its handle, which ends with the resource. */
export function isUndoable(plural: string, spec: Record<string, unknown>): boolean {
  return whole.has(plural) && !JSON.stringify(spec).includes('"sealed:');
}
