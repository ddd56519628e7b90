/** A vendor or service as a coloured square with its initials: always the same one for the same name. */
const hues = 8;

export function initialsOf(name: string): string {
  const words = name.replaceAll(/\(.*?\)/g, '').split(/[\s./_-]+/).filter((w) => /\p{L}|\d/u.test(w));
  const letters = words.length > 1 ? words.slice(0, 2).map((w) => w.charAt(0)) : [(words[0] ?? name).slice(0, 2)];
  return letters.join('').toUpperCase();
}

export function hueOf(name: string): number {
  let sum = 0;
  for (const c of name) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 9973;
  return sum % hues;
}

export function Mark({ name }: { name: string }) {
  return (
    <span className={`mark mark-${hueOf(name)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
