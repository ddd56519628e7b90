/** What one tries a service with, by kind: kept in this page's memory only, gone with a reload. The key is that of lib/key.ts. */
import { useSyncExternalStore } from 'react';
import { useGatewayKey } from './key.ts';
import { type Kind, plainKey, type Proof, type Taken } from './proofs.ts';

type Held = Readonly<{ chosen?: Kind; ids: Partial<Record<Kind, string>>; secrets: Partial<Record<Kind, string>> }>;

let held: Held = { ids: {}, secrets: {} };
const listeners = new Set<() => void>();

function keep(next: Held): void {
  held = next;
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function chooseKind(chosen: Kind): void {
  keep({ ...held, chosen });
}

export function holdProof(kind: Kind, id: string, secret: string): void {
  keep({ ...held, ids: { ...held.ids, [kind]: id }, secrets: { ...held.secrets, [kind]: secret } });
}

/** Of the kinds that a service takes the one that was chosen, or its first. */
export function useProof(kinds: readonly Taken[]): Proof {
  const { chosen, ids, secrets } = useSyncExternalStore(subscribe, () => held);
  const key = useGatewayKey();
  const taken = kinds.find((k) => k.type === chosen) ?? kinds[0] ?? plainKey;
  return taken.type === 'api_key' ? { taken, id: '', secret: key } : { taken, id: ids[taken.type] ?? '', secret: secrets[taken.type] ?? '' };
}
