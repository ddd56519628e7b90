/**
 * A running gateway with a configuration of its own, in a directory of its own.
 *
 * The configuration is written as JSON, which is YAML. The harness adds what every test needs:
 * a free port, an admin port, the data directory, two workers, and the access log on stdout.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Program, run, sanitizerReport, sluicePath, type Exit } from './program.ts';
import { eventually, freePort } from './wait.ts';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Config = { [name: string]: Json };

export interface AttemptRecord {
  target: string;
  key?: string;
  status: number;
  error?: string;
  started_us: number;
  duration_us: number;
  upstream_us?: number;
  tokens?: Record<string, number>;
  wasted_usd?: string;
}

/** A line of the access log. */
export interface AccessRecord {
  time: string;
  request_id: string;
  client_ip: string;
  method: string;
  path: string;
  service?: string;
  route?: string;
  consumer?: string;
  credential?: string;
  status: number;
  outcome: string;
  error?: string;
  reason?: string;
  request_bytes: number;
  response_bytes: number;
  duration_us: number;
  upstream_us?: number;
  first_byte_us?: number;
  stream?: boolean;
  model_asked?: string;
  vendor?: string;
  account?: string;
  model?: string;
  vendor_model?: string;
  key?: string;
  stop?: string;
  tokens?: Record<string, number>;
  usage_source?: string;
  usage_inconsistent?: boolean;
  cost_usd?: string | number | null;
  attempts?: AttemptRecord[];
}

export interface SluiceOptions {
  /** Take over the directory of an earlier one (its data and ports). */
  after?: Sluice;
  env?: Record<string, string>;
  /** How many files it may have open (hard limit). */
  openFiles?: number;
  /** Done while it starts, before it is ready. */
  meanwhile?: (gateway: Sluice) => Promise<void>;
}

const merged = (a: Config, b: Config): Config => {
  const out: Config = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const old = out[name];
    const isDeep = [old, value].every((v) => typeof v === 'object' && v !== null && !Array.isArray(v));
    out[name] = isDeep ? merged(old as Config, value as Config) : value;
  }
  return out;
};

/** What the gateways of a test file have in common; see harness/postgres.ts. */
export const shared: { storeUrl?: (name: string) => string } = {};

export class Sluice {
  private isStopped = false;

  private constructor(
    readonly program: Program,
    readonly dir: string,
    readonly port: number,
    readonly adminPort: number,
  ) {}

  static async start(config: Config, options: SluiceOptions = {}): Promise<Sluice> {
    const { after } = options;
    const dir = after?.dir ?? mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
    const port = after?.port ?? (await freePort());
    const adminPort = after?.adminPort ?? (await freePort());
    const file = join(dir, 'sluice.yaml');
    writeFileSync(file, complete(config, dir, port, adminPort));
    const command = [sluicePath, 'serve', file];
    if (options.openFiles !== undefined) command.unshift('prlimit', `--nofile=${options.openFiles}`);
    const [path = '', ...args] = command;
    const program = new Program(path, args, options.env ?? {});
    const gateway = new Sluice(program, dir, port, adminPort);
    await options.meanwhile?.(gateway);
    await gateway.ready();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.adminPort}`;
  }

  get file(): string {
    return join(this.dir, 'sluice.yaml');
  }

  get dataDir(): string {
    return join(this.dir, 'data');
  }

  get log(): string {
    return this.program.stderr;
  }

  private async ready(): Promise<void> {
    try {
      await eventually(
        async () => {
          if (this.program.exit) return true;
          return (await fetch(`${this.adminUrl}/readyz`)).ok;
        },
        { within: 20_000, what: '/readyz' },
      );
      if (this.program.exit) throw new Error(`sluice ended: ${JSON.stringify(this.program.exit)}`);
    } catch (error) {
      await this.program.end('SIGKILL');
      throw new Error(`${String(error)}\n--- sluice says ---\n${this.program.output}`);
    }
  }

  /** Replace the configuration file; the caller decides how it is noticed. */
  write(config: Config | string): void {
    const text = typeof config === 'string' ? config : complete(config, this.dir, this.port, this.adminPort);
    writeFileSync(this.file, text);
  }

  get published(): number {
    return this.log.split('configuration published').length - 1;
  }

  get refused(): number {
    return this.log.split('configuration refused').length - 1;
  }

  /** Write a configuration, send SIGHUP and wait until it is served. */
  async reload(config: Config): Promise<void> {
    const before = this.published;
    this.write(config);
    this.program.signal('SIGHUP');
    await eventually(() => this.published > before, { what: 'the reload' });
  }

  /** Lines of the access log so far. */
  get records(): AccessRecord[] {
    return this.program.stdout
      .slice(0, this.program.stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AccessRecord);
  }

  /** The access log's record of one request; waits for it. */
  record(requestId: string | null | undefined): Promise<AccessRecord> {
    return eventually(() => this.records.find((r) => r.request_id === requestId), {
      what: `an access log record of ${requestId}`,
    });
  }

  /** Wait until the access log has `n` records that match. */
  recordsOf(match: (r: AccessRecord) => boolean, n = 1): Promise<AccessRecord[]> {
    return eventually(
      () => {
        const found = this.records.filter(match);
        return found.length >= n ? found : false;
      },
      { what: `${n} matching access log records of ${this.records.length}` },
    );
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.adminUrl}/metrics`)).text();
  }

  /** Requests in the ledger (usage.db and nothing else). */
  ledger(): LedgerRow[] {
    return readLedger(this.dataDir);
  }

  /**
   * End it and fail unless it ended well: exit status 0 and nothing from sanitizers. The directory
   * goes with it unless kept for a successor.
   */
  async stop({ keep = false } = {}): Promise<Exit> {
    if (this.isStopped) return this.program.exited;
    this.isStopped = true;
    const exit = await this.program.end();
    this.assertHealthy();
    if (exit.code !== 0) throw new Error(`sluice ended with ${JSON.stringify(exit)}\n${tail(this.log)}`);
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
    return exit;
  }

  async kill(): Promise<void> {
    this.isStopped = true;
    await this.program.end('SIGKILL');
    this.assertHealthy();
  }

  /** No sanitizer has spoken and the process has not died on its own. */
  assertHealthy(): void {
    const report = sanitizerReport.exec(this.program.stderr);
    if (report) throw new Error(`sanitizer report:\n${this.program.stderr.slice(report.index, report.index + 6000)}`);
  }
}

const tail = (text: string): string => text.slice(-6000);

function complete(config: Config, dir: string, port: number, adminPort: number): string {
  const base: Config = {
    gateway: {
      listeners: [{ address: `127.0.0.1:${port}` }],
      admin: { address: `127.0.0.1:${adminPort}` },
      workers: 2,
      data_dir: join(dir, 'data'),
      watch: false,
    },
  };
  const store: Config = shared.storeUrl === undefined ? {} : { gateway: { store: shared.storeUrl(basename(dir)) } };
  return JSON.stringify(merged(merged(base, store), config), null, 2);
}

/** A request as the ledger has it. */
export interface LedgerRow {
  id: string;
  status: number;
  account: string;
  /** null: not known. */
  cost_usd: string | null;
}

/** The requests in the ledger, read from the database and nothing else. */
export function readLedger(dataDir: string): LedgerRow[] {
  const ran = run(sluicePath, ['requests', '--data-dir', dataDir, '--limit', '100000']);
  if (ran.code !== 0) throw new Error(`cannot read the ledger: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as LedgerRow[];
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
