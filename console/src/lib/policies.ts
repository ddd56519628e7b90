/** Policies as they stand in a specification: a list, of which the types say the order of running. No DOM in here. */

export interface Policy {
  type: string;
  enabled?: boolean;
  [member: string]: unknown;
}

/** As they run: by the order of their types; those of the same as they are written. */
export function inOrder(policies: readonly Policy[], orderOf: (type: string) => number): { policy: Policy; index: number }[] {
  return policies
    .map((policy, index) => ({ policy, index }))
    .toSorted((a, b) => orderOf(a.policy.type) - orderOf(b.policy.type) || a.index - b.index);
}

/** A copy with another policy at a place, or without it. */
export function withPolicy(policies: readonly Policy[], at: number, policy: Policy | undefined): Policy[] {
  return policies.flatMap((old, i) => (i !== at ? [old] : policy === undefined ? [] : [policy]));
}
