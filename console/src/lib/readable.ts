/** JSON in lines, for people; what is none, or would not be the same afterwards (numbers that have no exact value here), stays as it came. */
export function readable(text: string): string {
  try {
    const lines = JSON.stringify(JSON.parse(text), null, 2);
    return bare(lines) === bare(text) ? lines : text;
  } catch {
    return text;
  }
}

const bare = (text: string): string => text.replaceAll(/\s/g, '');
