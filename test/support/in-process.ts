import { Config } from '@oclif/core';
import type { KgitCommand } from '../../src/cli/base/base-command.js';
import { ownProgram } from '../../src/cli/start/plugin.js';
import { standardError, standardOutput } from '../../src/terminal/standard-streams.js';

/** How a command ended that ran in this process. */
export interface InProcessRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let config: Promise<Config> | null = null;

type CommandClass = (new (argv: string[], config: Config) => KgitCommand<never>) & { id: string };

/** Runs a command in this process, with its streams caught. Commands are run one after the other. */
export async function runInProcess(name: string, argv: readonly string[]): Promise<InProcessRun> {
  config ??= Config.load(ownProgram().options);
  const module = (await import(`../../src/commands/${name}.ts`)) as { default: CommandClass };
  module.default.id = name;
  const command = new module.default([...argv], await config);
  const said = { stdout: '', stderr: '' };
  // Otherwise text is written without Node's streams, to files and pipes.
  for (const stream of [standardOutput, standardError]) stream.open();
  const undo = (['stdout', 'stderr'] as const).map((stream) => {
    const { write } = process[stream];
    process[stream].write = ((text: string | Uint8Array, ...rest: unknown[]) => {
      said[stream] += String(text);
      const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined;
      done?.();
      return true;
    }) as typeof write;
    return () => {
      process[stream].write = write;
    };
  });
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await (command as unknown as { _run(): Promise<unknown> })._run();
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.exitCode = before;
    for (const back of undo) back();
  }
}
