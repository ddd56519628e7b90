/** Which actions are buttons and which wait in a menu. No DOM in here. */
import type { Choice } from '../api/resources.ts';

const buttonsMax = 2;

/** In the server's order. What the state waits for comes first; where that is nothing and there is little, all do. */
export function arranged(choices: readonly Choice[]): { first: Choice[]; rest: Choice[]; refused: Choice[] } {
  const possible = choices.filter((c) => c.refused === undefined);
  const refused = choices.filter((c) => c.refused !== undefined);
  const awaited = possible.filter((c) => c.is_awaited === true).slice(0, buttonsMax);
  const first = awaited.length > 0 ? awaited : choices.length <= buttonsMax ? possible : [];
  return { first, rest: possible.filter((c) => !first.includes(c)), refused };
}
