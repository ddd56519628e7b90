/** Waiting in tests: for time, for conditions, for ports. */
import { createServer, type AddressInfo } from 'node:net';

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Ask `probe` until it returns something truthy; the last error or value is in the message. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { within = 5000, every = 20, what = 'the condition' } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + within;
  for (let last: unknown; ; await sleep(every)) {
    try {
      const value = await probe();
      if (value) return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) throw new Error(`${what} did not hold within ${within} ms; last: ${String(last)}`);
  }
}

/** A port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

/** Run `work` for 0..n-1 with at most `width` at a time; results in order. */
export async function parallel<T>(n: number, width: number, work: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = new Array<T>(n);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < n; i = next++) results[i] = await work(i);
  };
  await Promise.all(Array.from({ length: Math.min(width, n) }, lane));
  return results;
}
