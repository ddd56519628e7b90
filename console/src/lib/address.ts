/** What a page shows stands in its address, so that it can be sent to somebody, and the way back leads to it. */
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useSettled } from './use-settled.ts';

/** The parameters of the address, and how to set one: empty: it is not there. The others stay. `isStep`: the way back leads to what was. */
export function useAddressOf(): { of: (name: string) => string; set: (name: string, value: string, isStep?: boolean) => void } {
  const [search, setSearch] = useSearchParams();
  const set = (name: string, value: string, isStep = false): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: !isStep },
    );
  return { of: (name) => search.get(name) ?? '', set };
}

/** One of them. */
export function useAddress(name: string): [string, (value: string) => void] {
  const { of, set } = useAddressOf();
  return [of(name), (value) => set(name, value)];
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
