/**
 * A running mockllm (tests/mockllm): the vendor of two dialects and the REST service behind the
 * gateway. Scenarios ride in the model name: `mock-1!chunks=3,fault=reset@2`.
 */
import { mockPath, Program } from './program.ts';
import { eventually } from './wait.ts';

/** One AI request as the vendor counts it. */
export interface Claim {
  request_id: string;
  path: string;
  key: string;
  model: string;
  marker: string;
  prompt: number;
  cached: number;
  cache_write: number;
  completion: number;
  reasoning: number;
  status: number;
  events: number;
  started_ms: number;
  ended_ms: number;
  stream: boolean;
  outcome: 'completed' | 'refused' | 'faulted' | 'aborted';
}

export interface Stats {
  requests: number;
  completed: number;
  refused: number;
  faulted: number;
  aborted: number;
  connections_accepted: number;
  connections_open: number;
  by_path: Record<string, number>;
  by_key: Record<string, number>;
  ledger: Claim[];
}

export interface Seen {
  head: string;
  body: string;
}

export class Mock {
  private constructor(
    readonly program: Program,
    readonly port: number,
  ) {}

  static async start(...args: string[]): Promise<Mock> {
    const program = new Program(mockPath, ['--port', '0', ...args]);
    const line = await eventually(() => /listening 127\.0\.0\.1:(\d+)/.exec(program.stdout), {
      what: `${mockPath} to listen (${program.stderr})`,
    });
    return new Mock(program, Number(line[1]));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/_mock/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`mockllm: ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  stats(): Promise<Stats> {
    return this.control('GET', 'stats');
  }

  /** Requests that came, other than this harness' own to /_mock. */
  async requests(): Promise<number> {
    const { by_path } = await this.stats();
    return Object.entries(by_path).reduce((n, [path, count]) => (path.startsWith('/_mock/') ? n : n + count), 0);
  }

  /** Heads and bodies as received, oldest first, without those to /_mock. */
  async seen(): Promise<Seen[]> {
    const rows = await this.control<{ head: string; body_base64: string }[]>('GET', 'requests');
    return rows
      .filter((row) => !/^\S+ \/_mock\//.test(row.head))
      .map((row) => ({ head: row.head, body: Buffer.from(row.body_base64, 'base64').toString() }));
  }

  /** The newest request. */
  async lastSeen(): Promise<Seen> {
    const rows = await this.seen();
    const last = rows.at(-1);
    if (last === undefined) throw new Error('nothing reached the mock');
    return last;
  }

  async script(behaviour: { key?: string; path?: string; next?: string[]; always?: string }): Promise<void> {
    await this.control('POST', 'script', behaviour);
  }

  async reset(): Promise<void> {
    await this.control('POST', 'reset');
  }

  async stop(): Promise<void> {
    const exit = await this.program.end();
    if (exit.code !== 0) throw new Error(`mockllm ended with ${JSON.stringify(exit)}: ${this.program.stderr}`);
  }
}
