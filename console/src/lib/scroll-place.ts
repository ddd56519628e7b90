/** How far a page was scrolled, and each list in a box of its own, and how high its rows were, for who comes back to it; a page that one goes to begins at its top. */
import type { VirtualItem } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';

interface Place {
  scrolled: number;
  boxes: Readonly<Record<string, number>>; // the same of lists that scroll by themselves, by name
  rows: Readonly<Record<string, VirtualItem[]>>; // of its long lists, by name
}

const places = new Map<string, Place>(); // by what stands in the address
const placesMax = 50;

const here = (): string => window.location.pathname + window.location.search;

function remember(change: Partial<Place>): void {
  const key = here();
  const place = { scrolled: 0, boxes: {}, rows: {}, ...places.get(key), ...change };
  places.delete(key); // the one that was there last is the last to be forgotten
  places.set(key, place);
  for (const [oldest] of places) if (places.size > placesMax) places.delete(oldest);
}

/** How far the window was scrolled when one was here last. */
export const scrolledHere = (): number => places.get(here())?.scrolled ?? 0;

/** Where the window scrolls: for what stands around all pages and their router, whose listeners have to come after these. */
export function useScrollPlaces(): void {
  const [path] = useLocation();
  const isBack = useRef(true); // a page that is loaded anew is where the browser puts it
  useLayoutEffect(() => {
    const before = history.scrollRestoration;
    const goBack = (): void => void (isBack.current = true);
    const scroll = (): void => remember({ scrolled: window.scrollY });
    history.scrollRestoration = 'manual';
    window.addEventListener('popstate', goBack);
    window.addEventListener('scroll', scroll, { passive: true });
    return () => {
      history.scrollRestoration = before;
      window.removeEventListener('popstate', goBack);
      window.removeEventListener('scroll', scroll);
    };
  }, []);
  useLayoutEffect(() => {
    window.scrollTo(0, isBack.current ? scrolledHere() : 0);
    isBack.current = false;
  }, [path]);
}

let isBack = true; // of the address that is open: it was gone back (or forward) to
window.addEventListener('popstate', () => void (isBack = true));
window.addEventListener('pushState', () => void (isBack = false)); // an event of the router

/** How far a list was scrolled in its box; one that is gone to, not back to, begins at its top. */
export const scrolledIn = (list: string): number => (isBack ? (places.get(here())?.boxes[list] ?? 0) : 0);

export const rememberScrolled = (list: string, scrolled: number): void => remember({ boxes: { ...places.get(here())?.boxes, [list]: scrolled } });

/** How high the rows of a list were that one has seen here. */
export const rowsHere = (list: string): VirtualItem[] => places.get(here())?.rows[list] ?? [];

export const rememberRows = (list: string, rows: VirtualItem[]): void => remember({ rows: { ...places.get(here())?.rows, [list]: rows } });
