/** Views of a page by name: its address behind '?', kept by this browser. */
import { useState } from 'react';

export type Views = Record<string, string>;

function read(place: string): Views {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Views) : {};
  } catch {
    return {};
  }
}

export function useViews(place: string): [Views, (name: string, query: string | undefined) => void] {
  const [views, setViews] = useState(() => read(place));
  const keep = (name: string, query: string | undefined): void => {
    const { [name]: _, ...others } = views;
    const next = query === undefined ? others : { ...others, [name]: query };
    localStorage.setItem(place, JSON.stringify(next));
    setViews(next);
  };
  return [views, keep];
}
