import type { Wait } from '../../store/port/host.js';
import type { AccessOptions } from './remote-access.js';

const VERBS: Readonly<Record<string, string>> = {
  clone: 'cloning',
  fetch: 'fetching from',
  push: 'publishing to',
};
/** A line of git's progress, which git rewrites repeatedly. */
const PROGRESS = /^(?:remote: )?([A-Z][a-z]+ [a-z]+): +(?:(\d+)% \(|\d+(?:, done\.)?$)/;

/** A git command with visible progress. */
export interface ToldTalk {
  readonly wait: Wait;
  /** git's arguments, with `--progress` if the command has it. */
  readonly args: readonly string[];
}

/**
 * Announces that a git command waits for a remote; null if nobody listens.
 * @param remote its name or URL, without credentials
 */
export function tellTalk(
  remote: string,
  args: readonly string[],
  { waits, isInteractive, config }: AccessOptions,
): ToldTalk | null {
  if (waits === undefined) return null;
  const at = args.findIndex((word, i) => !word.startsWith('-') && args[i - 1] !== '-c');
  const verb = args[at] ?? '';
  const url = config?.get(`remote.${remote}.url`) ?? remote;
  const isRewritten = [...(config?.keys() ?? [])].some((key) => /^url\..*insteadof$/i.test(key));
  // ssh prompts at the terminal itself.
  const asks = isInteractive === true && (isRewritten || !/^(https?:|git:|file:|\/)/.test(url));
  const wait = waits.begin(`${VERBS[verb] ?? 'asking'} ${remote}`, asks);
  return {
    wait,
    args: verb === 'fetch' ? [...args.slice(0, at + 1), '--progress', ...args.slice(at + 1)] : args,
  };
}

/** Reports progress from git's stderr. */
export function tellProgress(text: string, wait: Wait): void {
  for (const line of text.split(/[\r\n]/)) {
    const [, stage, percent] = PROGRESS.exec(line) ?? [];
    if (percent !== undefined) wait.progress(`${stage?.toLowerCase()} ${percent}%`);
  }
}

/** git's stderr without its progress. */
export function withoutProgress(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !PROGRESS.test(line.split('\r').at(-1) || line.split('\r').at(-2) || ''))
    .join('\n');
}
