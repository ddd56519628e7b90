/** Lists of any length: the server pages them as one scrolls on, and only the rows that can be seen are drawn. */
import { observeElementOffset, observeElementRect, observeWindowOffset, observeWindowRect, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type RefObject, type SyntheticEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { rememberRows, rememberScrolled, rowsHere, scrolledHere, scrolledIn } from '../lib/scroll-place.ts';
import { TableHead } from './ui.tsx';

/** What is asked for page by page, such as a query of react-query. */
export interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** What a row that is drawn has: its place, and the means to learn its height. */
export interface Seen {
  ref: (element: Element | null) => void;
  'data-index': number;
}

export interface Long {
  box: RefObject<HTMLDivElement | null>; // what has the rows
  seen: { index: number; start: number; row: Seen }[];
  before: number; // the height of what stands before those that are seen
  after: number;
  height: number; // of all of them
}

const rowsAhead = 20;

/** What the page scrolls in; null: in the window itself. */
function scrollerOf(box: HTMLElement | null): HTMLElement | null {
  let element = box?.parentElement ?? null;
  while (element !== null && !/auto|scroll/.test(getComputedStyle(element).overflowY)) element = element.parentElement;
  return element;
}

/** How far down in it a box begins. */
function useDepth(box: RefObject<HTMLDivElement | null>, isOfPage: boolean): number {
  const [depth, setDepth] = useState(0);
  useLayoutEffect(() => {
    const scroller = scrollerOf(box.current);
    if (!isOfPage || box.current === null) return;
    const gone = scroller === null ? window.scrollY : scroller.scrollTop - scroller.getBoundingClientRect().top;
    setDepth(Math.round(box.current.getBoundingClientRect().top + gone));
  });
  return depth;
}

type View = Virtualizer<Element, Element>; // or of the window, which its type cannot say
type ViewOfWindow = Virtualizer<Window, Element>;

const isOfWindow = (view: View): boolean => view.scrollElement === (window as unknown as Element);

/** The same, whether an element scrolls or the window. */
const scrolling = {
  observeElementRect: (view: View, tell: Parameters<typeof observeElementRect>[1]) => (isOfWindow(view) ? observeWindowRect(view as unknown as ViewOfWindow, tell) : observeElementRect(view, tell)),
  observeElementOffset: (view: View, tell: Parameters<typeof observeElementOffset>[1]) => (isOfWindow(view) ? observeWindowOffset(view as unknown as ViewOfWindow, tell) : observeElementOffset(view, tell)),
};

function whatScrolls(box: HTMLElement | null, isOfPage: boolean): Element | null {
  return isOfPage && box !== null ? (scrollerOf(box) ?? (window as unknown as Element)) : box;
}

/** What is scrolled is remembered for who comes back; that of the window is by itself. */
function useScrolled(box: RefObject<HTMLDivElement | null>, name: string, isOfPage: boolean): void {
  useEffect(() => {
    const element = whatScrolls(box.current, isOfPage);
    if (!(element instanceof Element)) return undefined;
    const scroll = (): void => rememberScrolled(name, element.scrollTop);
    element.addEventListener('scroll', scroll, { passive: true });
    return () => element.removeEventListener('scroll', scroll);
  }, [box, name, isOfPage]);
}

interface Of {
  name: string; // of the list, on its page
  list?: Paged | undefined; // where more rows come from, when these are not all
  isOfPage?: boolean; // it is the page that scrolls, not the box
}

/** `estimate`: how high a row is before it was seen. */
export function useLong(count: number, estimate: number, { name, list, isOfPage = false }: Of): Long {
  const box = useRef<HTMLDivElement>(null);
  const depth = useDepth(box, isOfPage);
  const view = useVirtualizer({
    count,
    getScrollElement: () => whatScrolls(box.current, isOfPage),
    estimateSize: () => estimate,
    overscan: isOfPage ? 4 : 12,
    scrollMargin: depth,
    initialMeasurementsCache: rowsHere(name),
    initialOffset: () => (isOfPage ? Math.max(scrolledHere(), scrolledIn(name)) : scrolledIn(name)),
    ...scrolling,
  });
  useEffect(() => {
    rememberRows(name, view.takeSnapshot());
  });
  useScrolled(box, name, isOfPage);
  const items = view.getVirtualItems();
  const last = items.at(-1);
  const isNearEnd = (last?.index ?? 0) >= count - rowsAhead;
  const mayFetch = list !== undefined && list.hasNextPage && !list.isFetchingNextPage;
  useEffect(() => {
    if (isNearEnd && mayFetch) void list.fetchNextPage();
  }, [isNearEnd, mayFetch, list]);
  return {
    box,
    seen: items.map(({ index, start }) => ({ index, start, row: { ref: view.measureElement, 'data-index': index } })),
    before: (items[0]?.start ?? depth) - depth,
    after: view.getTotalSize() - ((last?.end ?? depth) - depth),
    height: view.getTotalSize(),
  };
}

interface Rows<T> {
  label: string;
  rows: readonly T[];
  list?: Paged | undefined;
  row: (item: T, seen: Seen) => ReactNode;
}

/** Of how many rows a screen reader tells: -1 while that is not known. */
const rowCount = (rows: readonly unknown[], list: Paged | undefined): number => (list?.hasNextPage === true ? -1 : rows.length + 1);

function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" className="gap">
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}

/** Rows of facts, the last cell of each with what can be done. `look`: a class of the table. */
export function LongTable<T>({ label, rows, list, row, columns, look = 'log-plain', isActing = true }: Rows<T> & { columns: readonly string[]; look?: string; isActing?: boolean }) {
  const long = useLong(rows.length, 34, { name: label, list });
  const width = columns.length + (isActing ? 1 : 0);
  return (
    <div className="wide long" tabIndex={0} role="region" aria-label={label} ref={long.box}>
      <table className={`log ${look}`} aria-label={label} aria-rowcount={rowCount(rows, list)}>
        <TableHead columns={columns} isActing={isActing} />
        <tbody>
          <Gap height={long.before} columns={width} />
          {long.seen.map(({ index, row: seen }) => row(rows[index] as T, seen))}
          <Gap height={long.after} columns={width} />
        </tbody>
      </table>
    </div>
  );
}

const cardPx = 320; // as the class has it
const gapPx = 16;

function useColumns(box: RefObject<HTMLDivElement | null>): number {
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    if (box.current === null) return undefined;
    const fit = (width: number): void => setColumns(Math.max(1, Math.floor((width + gapPx) / (cardPx + gapPx))));
    const watch = new ResizeObserver(([entry]) => fit(entry?.contentRect.width ?? 0));
    fit(box.current.clientWidth); // before anything is drawn
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [box]);
  return columns;
}

/** Cards beside each other, as many as there is room for; the page scrolls. */
export function LongCards<T>({ label, rows, list, card }: { label: string; rows: readonly T[]; list?: Paged; card: (item: T) => ReactNode }) {
  const frame = useRef<HTMLDivElement>(null);
  const columns = useColumns(frame);
  const long = useLong(Math.ceil(rows.length / columns), 180, { name: label, list, isOfPage: true });
  return (
    <div ref={frame} role="group" aria-label={label}>
      <div ref={long.box}>
        <div style={{ height: long.before }} />
        {long.seen.map(({ index, row: seen }) => (
          <div className="cards cards-line" key={index} {...seen}>
            {rows.slice(index * columns, (index + 1) * columns).map(card)}
          </div>
        ))}
        <div style={{ height: long.after }} />
      </div>
    </div>
  );
}

/** Which entries are open: they are so still when one scrolls back to them. */
export function useOpen(): (id: string | number) => { open: boolean; onToggle: (event: SyntheticEvent<HTMLDetailsElement>) => void } {
  const [open, setOpen] = useState<ReadonlySet<string | number>>(new Set());
  return (id) => ({
    open: open.has(id),
    onToggle: ({ currentTarget: { open: isOpen } }) => {
      if (isOpen === open.has(id)) return;
      const next = new Set(open);
      if (isOpen) next.add(id);
      else next.delete(id);
      setOpen(next);
    },
  });
}

/** Entries below each other. */
export function LongList<T>({ label, rows, list, row, isOfPage = false }: Rows<T> & { isOfPage?: boolean }) {
  const long = useLong(rows.length, 42, { name: label, list, isOfPage });
  return (
    <div className={isOfPage ? '' : 'long'} {...(isOfPage ? {} : { tabIndex: 0 })} role="region" aria-label={label} ref={long.box}>
      <div style={{ height: long.before }} />
      {long.seen.map(({ index, row: seen }) => row(rows[index] as T, seen))}
      <div style={{ height: long.after }} />
    </div>
  );
}
