/** Put text on the clipboard. Browsers have one for pages of https and of this machine only; elsewhere an old command does it. */
export async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hidden';
  const before = document.activeElement;
  (before?.closest('[role=dialog]') ?? document.body).append(field); // a window keeps the focus inside
  field.select();
  const isDone = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!isDone) throw new Error('the browser did not copy');
}
