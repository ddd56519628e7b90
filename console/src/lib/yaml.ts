/** Plain data as YAML, for people to copy: block style, quotes where YAML would read something else. */
const isBare = (text: string): boolean =>
  /^[A-Za-z_/.][\w ./@%+-]*$/.test(text) &&
  !/^(true|false|yes|no|on|off|null|y|n|~)$/i.test(text) &&
  !/\s$/.test(text) &&
  !/^[.\d]+$/.test(text);

function scalar(value: unknown): string {
  if (typeof value === 'string') return isBare(value) ? value : JSON.stringify(value);
  return value === null || value === undefined ? 'null' : JSON.stringify(value);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item) => {
      const inner = block(item, `${indent}  `);
      return inner === undefined
        ? [`${indent}- ${Array.isArray(item) ? '[]' : typeof item === 'object' && item !== null ? '{}' : scalar(item)}`]
        : [`${indent}- ${(inner[0] ?? '').trimStart()}`, ...inner.slice(1)];
    });
  return Object.entries(value as Record<string, unknown>).flatMap(([name, member]) => {
    const inner = block(member, `${indent}  `);
    if (inner !== undefined) return [`${indent}${scalar(name)}:`, ...inner];
    const text = Array.isArray(member) ? '[]' : typeof member === 'object' && member !== null ? '{}' : scalar(member);
    return [`${indent}${scalar(name)}: ${text}`];
  });
}

/** The lines of a map or list that has members; undefined for what fits behind the colon. */
function block(value: unknown, indent: string): string[] | undefined {
  if (typeof value !== 'object' || value === null || isEmpty(value)) return undefined;
  return lines(value, indent);
}

export function toYaml(value: unknown): string {
  return `${(block(value, '') ?? [scalar(value)]).join('\n')}\n`;
}
