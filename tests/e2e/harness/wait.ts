/** Waiting in tests: for time, for conditions, for ports. */
import { createServer } from 'node:net';

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

/**
 * Ports for programs that are told where to listen: below those that the system gives out by itself, other ones
 * for each of the processes that run tests at the same time, and none twice in a row.
 */
const portsEach = 9000;
const firstPort = 10_500 + portsEach * (Number(process.env['VITEST_POOL_ID'] ?? 0) % 2);
let nextPort = Math.floor(Math.random() * portsEach);

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.on('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + (nextPort++ % portsEach);
    if (await isFree(port)) return port;
  }
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
