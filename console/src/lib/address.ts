/** What a page shows stands in its address, so that it can be sent to somebody, and the way back leads to it. */
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useSettled } from './use-settled.ts';

/** One parameter of the address; empty: it is not there. The others stay. */
export function useAddress(name: string): [string, (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = (value: string): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return [search.get(name) ?? '', set];
}

/** What is typed, and what of it stands in the address once it has not changed for a moment. */
export function useSearchText(name = 'q'): { typed: string; type: (text: string) => void; q: string } {
  const [q, setQ] = useAddress(name);
  const [typed, type] = useState(q);
  const settled = useSettled(typed, 200);
  useEffect(() => {
    if (settled !== q) setQ(settled);
  }, [settled]); // an address that changes otherwise is not overwritten
  return { typed, type, q };
}
