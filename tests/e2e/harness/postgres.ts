/**
 * A PostgreSQL server of a test's own: in a directory under /tmp, on a socket there and nowhere else.
 * It refuses to run as root, so root runs it as the user "postgres".
 */
import { chownSync, copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Program, run } from './program.ts';
import { shared } from './sluice.ts';
import { eventually } from './wait.ts';

const number = (version: string): number => Number.parseInt(version, 10);

function binaries(): string {
  const base = '/usr/lib/postgresql';
  const newest = readdirSync(base).sort((a, b) => number(b) - number(a))[0];
  return join(base, newest ?? '', 'bin');
}

const idOf = (flag: string, user: string): number => Number(run('id', [flag, user]).stdout.trim());

export class Postgres {
  private server: Program | undefined;

  private constructor(
    readonly dir: string,
    private readonly as: string[],
  ) {}

  static async start(): Promise<Postgres> {
    const dir = mkdtempSync('/tmp/sluice-pg-');
    const as: string[] = [];
    if (process.getuid?.() === 0) {
      const [uid, gid] = [idOf('-u', 'postgres'), idOf('-g', 'postgres')];
      chownSync(dir, uid, gid);
      as.push('setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups');
    }
    const postgres = new Postgres(dir, as);
    const made = postgres.run('initdb', ['-D', `${dir}/data`, '-U', 'sluice', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
    if (made.code !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
    await postgres.up();
    return postgres;
  }

  private run(name: string, args: string[]): ReturnType<typeof run> {
    const [path = '', ...rest] = [...this.as, join(binaries(), name), ...args];
    return run(path, rest, { cwd: this.dir });
  }

  /** Start the server, and wait until it answers. */
  async up(): Promise<void> {
    const settings = ['listen_addresses=', 'fsync=off', 'max_connections=200', 'shared_buffers=32MB'];
    const [path = '', ...args] = [...this.as, join(binaries(), 'postgres'), '-D', `${this.dir}/data`, '-k', this.dir];
    const server = new Program(path, [...args, ...settings.flatMap((s) => ['-c', s])], {}, this.dir);
    this.server = server;
    await eventually(
      () => {
        if (server.exit) throw new Error(server.output);
        return this.run('pg_isready', ['-q', '-h', this.dir, '-U', 'sluice']).code === 0;
      },
      { within: 50_000, every: 50, what: 'PostgreSQL' },
    );
  }

  /** End the server and every connection to it. */
  async down(): Promise<void> {
    await this.server?.end('SIGINT');
  }

  /** The URL of a schema of its own, which is made when it is not there. */
  url(schema: string): string {
    this.sql(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    return `postgresql://sluice@/postgres?host=${this.dir}&options=-csearch_path%3D%22${schema}%22`;
  }

  /** What a statement prints: rows in lines, columns with '|' between. */
  sql(statement: string): string {
    const done = this.run('psql', ['-h', this.dir, '-U', 'sluice', '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-Atqc', statement]);
    if (done.code !== 0) throw new Error(`psql: ${done.stderr}`);
    return done.stdout.trim();
  }

  /** Run the statements of a file, such as a dump. */
  load(file: string): void {
    const here = join(this.dir, 'load.sql'); // where the server's user may read it
    copyFileSync(file, here);
    const done = this.run('psql', ['-h', this.dir, '-U', 'sluice', '-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-qf', here]);
    if (done.code !== 0) throw new Error(`psql: ${done.stderr}`);
  }

  async stop(): Promise<void> {
    await this.server?.end('SIGQUIT');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** All gateways of this file keep their resources in PostgreSQL, each in a schema of its own. */
export function usePostgresStores(): void {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    postgres = await Postgres.start();
    shared.storeUrl = (name) => postgres?.url(name) ?? '';
  }, 60_000);
  afterAll(async () => {
    await postgres?.stop();
  });
}
