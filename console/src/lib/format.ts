/** Numbers and times for people; exact values stay in titles. */
export function count(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, {
    notation: value >= 10000 ? 'compact' : 'standard',
    maximumFractionDigits: 1,
  }).format(value);
}

/** Money comes as a decimal string or a number of dollars; small amounts keep their digits. */
export function dollars(value: string | number | null | undefined, locale: string): string {
  if (value === null || value === undefined || value === '') return '—';
  const amount = Number(value);
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: amount !== 0 && Math.abs(amount) < 1 ? 6 : 2,
  }).format(amount);
}

export function milliseconds(value: number | null | undefined, locale: string): string {
  if (value === null || value === undefined) return '—';
  const isLong = value >= 1000;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: isLong || value < 0.1 ? 2 : 1 });
  return isLong ? `${number.format(value / 1000)} s` : `${number.format(value)} ms`;
}

const dayS = 86400;
const hourS = 3600;

/** Below an axis of time whose ticks (seconds) are `step` apart: hours, with the day below where it begins; or days alone. */
export function axisTimes(ticks: readonly number[], step: number, locale: string): string[] {
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });
  const hour = new Intl.DateTimeFormat(locale, step < hourS ? { hour: 'numeric', minute: '2-digit' } : { hour: 'numeric' });
  const days = ticks.map((s) => day.format(s * 1000));
  if (step >= dayS) return days;
  return ticks.map((s, i) => hour.format(s * 1000) + (days[i] === days[i - 1] ? '' : `\n${days[i]}`));
}

const units = [
  ['year', 31536000],
  ['month', 2592000],
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** "3 minutes ago", as of `now`. */
export function ago(time: string, now: number, locale: string): string {
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  if (Number.isNaN(seconds)) return time;
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? units[5];
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return format.format(Math.round(seconds / size), unit);
}

/** "0:07", "4:59", "1:00:00": what is left of a time; "" when it is over. */
export function countdown(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  if (seconds <= 0) return '';
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((n, i) => (i === 0 ? String(n) : String(n).padStart(2, '0'))).join(':');
}

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** "6.3 kB". */
export function size(bytes: number, locale: string): string {
  const step = bytes < 1000 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(bytes) / 3));
  if (step === 0) return `${new Intl.NumberFormat(locale).format(bytes)} B`; // what Intl says is "6 byte"
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit: sizes[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: 1 });
  return format.format(bytes / 1000 ** step);
}
