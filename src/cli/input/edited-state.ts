/** A state document that the user changes in an editor. */
import { errorFromJson, InvalidStateError, KgitError, UsageError } from '../../errors.js';
import { parseState, typedState } from '../../model/state/state-document.js';
import { formatStatePath } from '../../model/state/state-path.js';
import type { ValueMap } from '../../model/value/value.js';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { commandText } from './command-text.js';
import { EditedFile } from './editor.js';

/** Blank lines and comments alone. */
const EMPTY = /^(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|$))*$/;

/** The document as it is before it is edited. */
export interface StateText {
  /** Path of the document, for messages. */
  readonly path: string;
  readonly text: string;
  readonly data: ValueMap;
}

/** A state document to be edited. Throws InvalidStateError. */
export function stateText(path: string, text: string): StateText {
  return { path, text, data: parseState(text, path) };
}

/** Where and how a document is edited. */
export interface EditOptions {
  /** Name of the file that the user sees in the editor. */
  readonly name: string;
  /** A line of shell. */
  readonly editor: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly note: (message: string) => void;
}

/**
 * Has the user edit a state document, and hands the result to `use`. The user's text is kept when anything fails after it
 * was opened: the error says where. Throws InvalidStateError, UsageError, EnvironmentError, and what `use` throws.
 */
export async function editState<T>(
  before: StateText,
  options: EditOptions,
  use: (data: ValueMap) => Promise<T>,
): Promise<T> {
  const file = await EditedFile.create(options.name, before.text);
  try {
    const result = await use(await edited(file, before, options));
    await file.remove();
    return result;
  } catch (error) {
    if (!(error instanceof KgitError)) throw error;
    throw errorFromJson({
      ...error.toJSON(),
      suggestions: [...error.suggestions, `Your text is kept: ${file.path}`],
      data: { ...error.data, kept: false, file: file.path },
    });
  }
}

/** What the user made of the document. While it is not a valid one, and the user goes on changing it, it is opened again. */
async function edited(
  file: EditedFile,
  { path, text: before, data }: StateText,
  { editor, environment, note }: EditOptions,
): Promise<ValueMap> {
  for (let last: Buffer | null = null; ; ) {
    const bytes = await file.edit(editor, environment);
    try {
      const text = typedText(bytes, path);
      // An editor that was given up, or that failed to save, must not take the state away.
      if (before.trim() !== '' && EMPTY.test(text)) throw emptied(data);
      return typedState(text, path, before);
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      const isAgain = process.stdin.isTTY === true && (last === null || !bytes.equals(last));
      if (!isAgain) throw unreadable(error);
      note(`${error.message}: opened again; leave it unchanged to give up`);
      last = bytes;
    }
  }
}

/** The text that the user saved. Throws InvalidStateError where the editor did not save it as UTF-8. */
function typedText(bytes: Buffer, path: string): string {
  const text = decodeText(bytes);
  if (typeof text === 'string') return text;
  const { message, line, column } = text;
  throw new InvalidStateError(`${path}:${line}:${column}: your text ${message}: save it as UTF-8`, {
    data: { path, line, column },
  });
}

function emptied(data: ValueMap): UsageError {
  const keys = Object.keys(data).map((key) => commandText([formatStatePath([key])]));
  return new UsageError('the document was left empty: nothing was changed', {
    suggestions: [`To take all of it away: kgit unset ${keys.join(' ')}`],
  });
}

/** What is wrong with the user's text, which is in no repository yet. */
function unreadable({ message, data, cause }: InvalidStateError): InvalidStateError {
  const suggestions = ['Nothing was changed: run kgit edit again'];
  return new InvalidStateError(message, { data, cause, suggestions });
}
