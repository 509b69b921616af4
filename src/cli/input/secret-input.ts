/** Reads secrets from where no other user and no shell history sees them: never from the command line. */
import { UsageError } from '../../errors.js';
import { formatStatePath, parseStatePath } from '../../model/state/state-path.js';
import { canAsk } from './ask.js';
import { readFileBounded } from './input.js';

/** Largest secret, in bytes. */
const MAX_BYTES = 256 * 1024;

const HOW = [
  'From the standard input: kgit set --secret PATH=- < FILE',
  'From a file: kgit set --secret PATH=@FILE',
  'Asked for on a terminal: kgit set --secret PATH=-',
];

/**
 * Reads the secrets that `PATH=-` and `PATH=@FILE` name, by path. One line break at the end is left out, as `$(…)` does. Throws
 * UsageError, also for a value given on the command line, which is not repeated.
 */
export async function readSecrets(words: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const sources = words.map(sourceOf);
  if (sources.filter(({ from }) => from === '-').length > 1 && !canAsk())
    throw new UsageError('the standard input can hold one secret only', { suggestions: HOW.slice(1, 2) });
  const found = new Map<string, string>();
  for (const { path, from } of sources) {
    const text =
      from === '-' && canAsk() ? await hidden(path) : await readFileBounded(from, process.stdin, MAX_BYTES);
    const value = text.replace(/\r?\n$/, '');
    if (value === '') throw new UsageError(`the secret for ${path} is empty`, { data: { path } });
    found.set(path, value);
  }
  return found;
}

function sourceOf(word: string): { readonly path: string; readonly from: string } {
  const at = word.lastIndexOf('=');
  const [name, source] = [word.slice(0, at), word.slice(at + 1)];
  if (at > 0 && (source === '-' || /^@./.test(source)))
    return { path: formatStatePath(parseStatePath(name)), from: source.replace(/^@/, '') };
  throw new UsageError('--secret takes PATH=- or PATH=@FILE: others could read a value on the command line', {
    suggestions: HOW,
  });
}

/** Asks on the terminal without showing what is typed. Throws UsageError if the user cancels. */
async function hidden(path: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(`secret for ${path}: `);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  try {
    return await typed(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

const ENTER = /[\r\n]/;
const CANCEL = ['\u0003', '\u0004'];
const ERASE = ['\u007f', '\b'];

function typed(stdin: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (keys: string) => {
      for (const key of keys) {
        if (CANCEL.includes(key)) return end(() => reject(new UsageError('no secret was given')));
        if (ENTER.test(key)) return end(() => resolve(text));
        if (ERASE.includes(key)) text = [...text].slice(0, -1).join('');
        else text += key;
      }
    };
    const end = (settle: () => void) => {
      stdin.removeListener('data', take);
      settle();
    };
    stdin.on('data', take);
  });
}
