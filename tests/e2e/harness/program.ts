/** A child process whose output is kept, and whose end is awaited. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const sluicePath = process.env['SLUICE'] ?? `${root}build-asan/src/sluice`;
export const mockPath = process.env['MOCKLLM'] ?? `${root}build-asan/tests/mockllm/mockllm`;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  stdout = '';
  stderr = '';

  constructor(path: string, args: string[], env: Record<string, string | undefined> = {}, cwd?: string) {
    this.child = spawn(path, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...sanitizerOptions, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((done) => {
      this.child.on('error', (error) => {
        this.stderr += String(error);
        done((this.exit = { code: 127, signal: null }));
      });
      this.child.on('close', (code, signal) => done((this.exit = { code, signal })));
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Send `name` and wait for the end; a program that outlives `within` is killed, which the exit shows. */
  async end(name: NodeJS.Signals = 'SIGTERM', within = 15_000): Promise<Exit> {
    this.signal(name);
    const timer = setTimeout(() => this.signal('SIGKILL'), within);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

const sanitizerOptions = {
  ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0:exitcode=99',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1:exitcode=99',
};

/** What sanitizers and assertions print; none of it may ever appear. */
export const sanitizerReport = /ERROR: (Address|Leak|Undefined)\w*Sanitizer|runtime error:|SUMMARY: \w+Sanitizer/;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Run a program to its end. */
export function run(path: string, args: string[], options: { input?: string; cwd?: string } = {}): Ran {
  const done = spawnSync(path, args, {
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 64 << 20,
    env: { ...process.env, ...sanitizerOptions },
    ...options,
  });
  return { code: done.status ?? -1, stdout: done.stdout, stderr: done.stderr + (done.error ? String(done.error) : '') };
}

export const sluice = (...args: string[]): Ran => run(sluicePath, args);
