/** The consumer's key that pages try the gateway with: kept in this page's memory only, gone with a reload. */
import { useSyncExternalStore } from 'react';

let current = '';
const listeners = new Set<() => void>();

export function setGatewayKey(key: string): void {
  current = key;
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useGatewayKey(): string {
  return useSyncExternalStore(subscribe, () => current);
}
