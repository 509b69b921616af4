/**
 * Gives a test file that runs in the process of earlier ones what a new process would give it: modules that nobody has
 * loaded, the environment, working folder and exit code of the start, and no listener of an earlier file.
 */
import { afterAll, vi } from 'vitest';

interface Start {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly exitCode: typeof process.exitCode;
}

/** Under which the start is kept in the process: modules are loaded again for every test file. */
const START = Symbol.for('start of the test process');
const kept: typeof globalThis & { [START]?: Start } = globalThis;
kept[START] ??= { env: { ...process.env }, folder: process.cwd(), exitCode: process.exitCode };
const { env, folder, exitCode } = kept[START];

vi.resetModules();
for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
Object.assign(process.env, env);
process.chdir(folder);
process.exitCode = exitCode;

const ofEarlier = new Set(process.listeners('exit'));
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const ofSignals = ENDS.map((signal) => ({ signal, earlier: new Set(process.listeners(signal)) }));
afterAll(() => {
  for (const { signal, earlier } of ofSignals)
    for (const listener of process.listeners(signal))
      if (!earlier.has(listener)) process.off(signal, listener);
  // What the file wants done at the end of its process is due at the end of the file.
  for (const listener of process.listeners('exit')) {
    if (ofEarlier.has(listener)) continue;
    process.off('exit', listener);
    listener(0);
  }
});
