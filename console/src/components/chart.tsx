/** Lines over time. The numbers stand in a table beside each chart, so that nothing is told by a picture alone. */
import { type RefObject, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useLanguage } from '../i18n/index.tsx';
import { axisTimes } from '../lib/format.ts';

export interface Line {
  name: string;
  values: (number | null)[];
}

export const lineColours = 8;

const system = matchMedia('(prefers-color-scheme: dark)');
const known = new Map<string, string>(); // by the theme, too: each costs the page its styles anew

/** A canvas knows no variables and no light-dark(): what a colour comes to is asked of an element. */
function colourOf(element: HTMLElement, variable: string): string {
  const key = `${document.documentElement.dataset['theme']} ${system.matches} ${variable}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const probe = document.createElement('span');
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  known.set(key, color);
  return color;
}

/** Counts up when the colours of the page change. */
function useColours(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = (): void => setChanges((n) => n + 1);
    const chosen = new MutationObserver(changed);
    system.addEventListener('change', changed);
    chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      system.removeEventListener('change', changed);
      chosen.disconnect();
    };
  }, []);
  return changes;
}

function optionsOf(element: HTMLElement, lines: Line[], height: number, locale: string, text: (value: number | null) => string): uPlot.Options {
  const axis = {
    stroke: colourOf(element, '--faint'),
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { stroke: colourOf(element, '--line'), width: 1 },
    font: '12px system-ui',
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { points: { size: 7 } },
    scales: { y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [{ ...axis, space: 64, values: (_u, ticks, _axis, _space, step) => axisTimes(ticks, step, locale) }, { ...axis, size: 72, values: (_u, ticks) => ticks.map((v) => text(v)) }],
    series: [
      {},
      ...lines.map((line, i) => ({
        label: line.name,
        stroke: colourOf(element, `--line-${(i % lineColours) + 1}`),
        width: 2,
        spanGaps: true,
        points: { show: line.values.filter((v) => v !== null).length < 3 }, // a line of one point is none
      })),
    ],
  };
}

/** Whether the element is, or was, within sight: a page is there before all of its charts are drawn. */
function useSeen(place: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null) return undefined;
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((e) => e.isIntersecting)) setSeen(true);
    });
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [place]);
  return isSeen;
}

export function Chart({
  label,
  times,
  lines,
  text,
  height = 220,
  onPick,
}: {
  label: string;
  times: number[]; // seconds
  lines: Line[];
  text: (value: number | null) => string;
  height?: number;
  onPick?: (index: number) => void; // a step was clicked
}) {
  const { locale } = useLanguage();
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const colours = useColours();
  const isSeen = useSeen(place);
  const names = lines.map((l) => l.name).join('\n');
  const plot = useRef<uPlot>(undefined);
  const current = useRef({ times, lines, text, onPick });
  current.current = { times, lines, text, onPick };
  const drawn = useRef<Line[]>(undefined);
  const dataOf = (): uPlot.AlignedData => {
    drawn.current = current.current.lines;
    return [current.current.times, ...current.current.lines.map((l) => l.values)];
  };
  useEffect(() => {
    const element = place.current;
    if (element === null || !isSeen) return undefined;
    const options = optionsOf(element, current.current.lines, height, locale, (v) => current.current.text(v));
    options.hooks = { setCursor: [(u) => setAt(u.cursor.idx ?? null)] };
    const made = new uPlot(options, dataOf(), element);
    made.over.addEventListener('click', () => {
      const { idx } = made.cursor;
      if (idx !== null && idx !== undefined) current.current.onPick?.(idx);
    });
    const watcher = new ResizeObserver(() => {
      if (element.clientWidth !== made.width) made.setSize({ width: element.clientWidth, height });
    });
    plot.current = made;
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
  }, [names, height, locale, colours, isSeen]);
  useEffect(() => {
    if (lines !== drawn.current) plot.current?.setData(dataOf());
  }, [times, lines]);
  const time = at === null ? undefined : times[at];
  return (
    <figure className={onPick === undefined ? 'chart' : 'chart chart-pick'}>
      <div ref={place} role="img" aria-label={label} style={{ minHeight: height }} />
      <figcaption className="legend">
        {lines.map((line, i) => (
          <span key={line.name}>
            <i className={`dot dot-${(i % lineColours) + 1}`} /> {line.name}
            {at !== null && <strong> {text(line.values[at] ?? null)}</strong>}
          </span>
        ))}
        {time !== undefined && (
          <span className="faint">
            {new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(time * 1000)}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
