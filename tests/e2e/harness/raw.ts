/** HTTP over bare sockets: what a client library would never send, and bytes as they came. */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  reason: string;
  /** Names in lower case, in order. */
  fields: [string, string][];
  body: Buffer;
  /** The message ended as its framing says. */
  complete: boolean;
  trailers: [string, string][];
}

export const field = (answer: Answer, name: string): string | undefined =>
  answer.fields.find(([n]) => n === name.toLowerCase())?.[1];

function parseFields(lines: string[]): [string, string][] {
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

interface Parsed {
  answer: Answer;
  used: number;
}

function takeChunks(bytes: Buffer, at: number, isEnded: boolean, answer: Answer): number | undefined {
  const parts: Buffer[] = [];
  const incomplete = (): number | undefined => {
    answer.body = Buffer.concat(parts);
    return isEnded ? bytes.length : undefined;
  };
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return incomplete();
    const size = parseInt(bytes.toString('latin1', at, end), 16);
    const from = end + 2;
    if (size === 0) {
      const stop = bytes.indexOf('\r\n', from) === from ? from : bytes.indexOf('\r\n\r\n', from) + 2;
      if (stop < from || bytes.length < stop + 2) return incomplete();
      if (stop > from) answer.trailers = parseFields(bytes.toString('latin1', from, stop - 2).split('\r\n'));
      answer.body = Buffer.concat(parts);
      answer.complete = true;
      return stop + 2;
    }
    parts.push(bytes.subarray(from, Math.min(from + size, bytes.length)));
    at = from + size + 2;
    if (bytes.length < at) return incomplete();
  }
}

/** Take one response off the front; undefined while it is not all there. */
function takeAnswer(bytes: Buffer, isEnded: boolean, method: string): Parsed | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...rest] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, status = '0', reason = ''] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(line) ?? [];
  const answer: Answer = {
    status: Number(status),
    reason,
    fields: parseFields(rest),
    body: Buffer.alloc(0),
    complete: false,
    trailers: [],
  };
  const from = end + 4;
  const length = field(answer, 'content-length');
  if (method === 'HEAD' || answer.status < 200 || answer.status === 204 || answer.status === 304) {
    answer.complete = true;
    return { answer, used: from };
  }
  if (field(answer, 'transfer-encoding') !== undefined) {
    const used = takeChunks(bytes, from, isEnded, answer);
    return used === undefined ? undefined : { answer, used };
  }
  const want = length === undefined ? (isEnded ? bytes.length - from : Infinity) : Number(length);
  const have = bytes.length - from;
  if (have < want && !isEnded) return undefined;
  answer.body = bytes.subarray(from, from + Math.min(have, want));
  answer.complete = have >= want;
  return { answer, used: from + answer.body.length };
}

export class RawClient {
  received: Buffer = Buffer.alloc(0);
  /** How the peer ended: undefined while open. */
  ended: 'fin' | 'rst' | undefined;
  private wake: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (part: Buffer) => {
      this.received = Buffer.concat([this.received, part]);
      this.woken();
    });
    socket.on('end', () => this.finished('fin'));
    socket.on('error', () => this.finished('rst'));
    socket.on('close', () => this.finished('rst'));
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    return new Promise((done, failed) => {
      const socket = connect({ port, host, allowHalfOpen: true });
      socket.setNoDelay(true);
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        done(new RawClient(socket));
      });
    });
  }

  private finished(how: 'fin' | 'rst'): void {
    this.ended ??= how;
    this.woken();
  }

  private woken(): void {
    for (const one of this.wake.splice(0)) one();
  }

  send(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Wait until `test` returns something; undefined when time is up. */
  private until<T>(test: () => T | undefined, within: number): Promise<T | undefined> {
    return new Promise((done) => {
      const timer = setTimeout(() => done(undefined), within);
      const look = (): void => {
        const value = test();
        if (value === undefined) {
          this.wake.push(look);
          return;
        }
        clearTimeout(timer);
        done(value);
      };
      look();
    });
  }

  /** The next response (interim ones count); throws when none comes in time. */
  async answer(method = 'GET', within = 5000): Promise<Answer> {
    const taken = await this.until(() => {
      const parsed = takeAnswer(this.received, this.ended !== undefined, method);
      return parsed ?? (this.ended === undefined ? undefined : null);
    }, within);
    if (!taken) {
      const why = this.ended === undefined ? `within ${within} ms` : `before ${this.ended}`;
      throw new Error(`no response ${why}; received: ${JSON.stringify(this.received.toString('latin1'))}`);
    }
    this.received = this.received.subarray(taken.used);
    return taken.answer;
  }

  /** Wait for the peer to end; 'open' when it does not in time. */
  async end(within = 2000): Promise<'fin' | 'rst' | 'open'> {
    return (await this.until(() => this.ended, within)) ?? 'open';
  }

  /** Wait until `pattern` has come; returns what was received so far. */
  async text(pattern: string | RegExp, within = 5000): Promise<string> {
    const got = await this.until(() => {
      const text = this.received.toString('latin1');
      return (typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)) ? text : undefined;
    }, within);
    if (got === undefined) throw new Error(`${String(pattern)} did not come; received: ${this.received.toString('latin1')}`);
    return got;
  }

  /** Send FIN, keep reading. */
  finish(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** Send one request on its own connection and take the answer and the connection's fate. */
export async function exchange(
  port: number,
  request: string | Buffer,
  { method = 'GET', within = 5000, fate = 1000 } = {},
): Promise<{ answer: Answer; fate: 'fin' | 'rst' | 'open'; rest: Buffer }> {
  const client = await RawClient.open(port);
  try {
    client.send(request);
    const answer = await client.answer(method, within);
    const ended = await client.end(fate);
    return { answer, fate: ended, rest: client.received };
  } finally {
    client.close();
  }
}
