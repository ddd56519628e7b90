/** One measure over time. The picture is uPlot's; the same numbers stand in the tables of the page. */
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useLanguage } from '../i18n/index.tsx';

/** Counts up when the colours change: a canvas does not follow style sheets. */
function useColours(): number {
  const [n, setN] = useState(0);
  useEffect(() => {
    const change = (): void => setN((old) => old + 1);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const watch = new MutationObserver(change);
    dark.addEventListener('change', change);
    watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      dark.removeEventListener('change', change);
      watch.disconnect();
    };
  }, []);
  return n;
}

/** The colour that a variable of the style sheet has here and now. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const colour = getComputedStyle(element).color;
  element.style.color = '';
  return colour;
}

interface ChartProps {
  title: string;
  times: number[];
  values: number[];
  format: (value: number) => string;
  isBad: boolean;
  height: number;
}

function optionsOf(element: HTMLElement, locale: string, props: ChartProps, show: (v: number) => string): uPlot.Options {
  const stroke = colourOf(element, props.isBad ? '--bad' : '--accent');
  const fill = colourOf(element, props.isBad ? '--bad-soft' : '--accent-soft');
  const axis: uPlot.Axis = {
    stroke: colourOf(element, '--faint'),
    grid: { stroke: colourOf(element, '--line'), width: 1 },
    ticks: { show: false },
  };
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  return {
    width: Math.max(element.clientWidth, 200),
    height: props.height,
    padding: [12, 8, 0, 0],
    cursor: { y: false },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [axis, { ...axis, size: 76, values: (_, ticks) => ticks.map(show) }],
    series: [
      { label: '', value: (_, v) => (v === null ? '' : time.format(v * 1000)) },
      { label: props.title, stroke, fill, width: 2, value: (_, v) => (v === null ? '' : show(v)) },
    ],
  };
}

export default function Chart(props: ChartProps) {
  const { title, times, values, isBad, height } = props;
  const { locale } = useLanguage();
  const box = useRef<HTMLDivElement>(null);
  const colours = useColours();
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const plot = new uPlot(optionsOf(element, locale, latest.current, (v) => latest.current.format(v)), [times, values], element);
    const resize = new ResizeObserver(() => plot.setSize({ width: Math.max(element.clientWidth, 200), height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [times, values, title, isBad, height, locale, colours]);
  return <div className="chart" ref={box} role="img" aria-label={title} />;
}
