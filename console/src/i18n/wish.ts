/** The language that the visitor wishes, which this program may not have: the one that was chosen, else the browser's. */
const stored = 'sluice.language';

export const wished = (): string => localStorage.getItem(stored) ?? navigator.language;

export function keepWish(language: string): void {
  localStorage.setItem(stored, language);
}
