/**
 * What a screen needs, asked for while the program itself is still coming: this file is small and comes first
 * (vite.config.ts), and what it asks waits for the program (api/client.ts). Before it stood here, a page waited for its
 * program, then for who is there, then for its own file, and then for what it shows.
 */
import { askAhead } from './api/client.ts';
import { languageOf, wished } from './i18n/languages.ts';
import { filesAt, questionsAt } from './pages.ts';
import * as portal from './portal/pages.ts';

const portalRoot = '/portal';
const { pathname, search } = window.location;

async function askOfPortal(path: string): Promise<unknown> {
  const page = portal.pageAt(path);
  return Promise.all([page === undefined ? undefined : portal.pages[page].fetch(), ...portal.questionsAt(path).map(askAhead)]);
}

async function askOfConsole(): Promise<unknown> {
  const asked = new URLSearchParams(search);
  return Promise.all([...filesAt(pathname, asked).map((file) => file.fetch()), ...questionsAt(pathname, asked).map(askAhead)]);
}

/** Nothing in the console is for guests: what they see is asked for when it is known that they are. */
async function begin(): Promise<void> {
  const isPortal = pathname === portalRoot || pathname.startsWith(`${portalRoot}/`);
  const me = askAhead('/me');
  const forConsole = (): Promise<unknown>[] => [askAhead('/openapi.json'), me.then((isKnown) => (isKnown ? askOfConsole() : undefined))];
  const screen = isPortal ? [askOfPortal(pathname.slice(portalRoot.length))] : forConsole();
  await Promise.all([me, ...screen, languageOf(wished()).file?.fetch()]);
}

/** Is over when all of it is here, or some of it is not to be had: the page asks that again, and says what is wrong. */
export const allAhead: Promise<void> = begin().catch(() => undefined);
