/** A file of this program that is fetched when it is wanted, and then kept. No DOM in here. */
export interface Kept<T> {
  fetch: () => Promise<T>;
  here?: T; // once it has come
}

export function kept<T>(load: () => Promise<T>): Kept<T> {
  const file: Kept<T> = {
    fetch: async () => {
      file.here = await load();
      return file.here;
    },
  };
  return file;
}
