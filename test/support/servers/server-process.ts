import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { until } from '../patience.js';

/** A port of the loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** How to start a server. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What to say if the program is missing: the package that has it. */
  readonly from: string;
  /** What it prints once it serves, or whether it does. */
  readonly ready: RegExp | (() => Promise<boolean>);
}

/** A server of a test, on a port of its own. */
export interface ServerProcess {
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, with the data that it has. */
  start(): Promise<void>;
  /** Stops it from answering, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Id of its process; null while it does not run. */
  pid(): number | null;
  /** Where its data is. */
  readonly folder: string;
}

/** Whether all threads of a process are stopped, or it is gone. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).every((task) =>
      /^State:\s[TtZ]/m.test(readFileSync(`${tasks}/${task}/status`, 'utf8')),
    );
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return true;
    throw error;
  }
}

/** Starts a server. Fails with what it printed if it ends by itself. */
export async function startProcess(command: ServerCommand): Promise<ServerProcess> {
  let child: ChildProcess | null = null;
  const kill = async () => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    let output = '';
    // It ends with this process, however that ends.
    const args = ['--pdeathsig', 'KILL', command.program, ...command.args];
    const started = spawn('setpriv', args, {
      cwd: command.cwd,
      env: { PATH: process.env['PATH'], HOME: command.cwd },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let failure: string | null = null;
    started.once('error', ({ message }) => {
      failure = `${command.program} cannot be started (Debian: util-linux): ${message}`;
    });
    started.once('exit', (code) => {
      failure ??= `${command.program} (${command.from}) ended (${code}): ${output}`;
    });
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString('utf8')).slice(-20_000);
      });
    const { ready } = command;
    await until(
      () => {
        if (failure !== null) throw new Error(failure);
        return ready instanceof RegExp ? ready.test(output) : ready();
      },
      () => output,
    );
  };
  await start();
  return {
    kill,
    start,
    pause: () => {
      if (child?.pid === undefined) return;
      child.kill('SIGSTOP');
      // Threads on other processors stop a moment later, and could still answer.
      while (!isStopped(child.pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    },
    resume: () => child?.kill('SIGCONT'),
    pid: () => child?.pid ?? null,
    folder: command.cwd,
  };
}
