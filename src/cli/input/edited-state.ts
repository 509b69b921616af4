/** Edits a state document in the user's editor. */
import { errorFromJson, InvalidStateError, KgitError, UsageError } from '../../errors.js';
import { parseState, typedState } from '../../model/state/state-document.js';
import { formatStatePath } from '../../model/state/state-path.js';
import type { ValueMap } from '../../model/value/value.js';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { commandText } from './command-text.js';
import { EditedFile } from './editor.js';

/** Text of only blank lines and comments. */
const EMPTY = /^(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|$))*$/;

/** The document before it is edited. */
export interface StateText {
  /** Path of the document, for messages. */
  readonly path: string;
  readonly text: string;
  readonly data: ValueMap;
}

/** Parses a state document for editing. Throws InvalidStateError. */
export function stateText(path: string, text: string): StateText {
  return { path, text, data: parseState(text, path) };
}

/** Where and how a document is edited. */
export interface EditOptions {
  /** File name that the user sees in the editor. */
  readonly name: string;
  /** A shell command line. */
  readonly editor: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly note: (message: string) => void;
}

/**
 * Lets the user edit a state document, and passes the result to `use`. If anything fails after the editor was opened,
 * the user's text is kept and the error says where. Throws InvalidStateError, UsageError, EnvironmentError, and what
 * `use` throws.
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

/** Returns the edited document. While it is invalid and the user keeps changing it, the editor is opened again. */
async function edited(
  file: EditedFile,
  { path, text: before, data }: StateText,
  { editor, environment, note }: EditOptions,
): Promise<ValueMap> {
  for (let last: Buffer | null = null; ; ) {
    const bytes = await file.edit(editor, environment);
    try {
      const text = typedText(bytes, path);
      // An editor that was abandoned or failed to save must not erase the state.
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

/** Decodes the text that the user saved. Throws InvalidStateError if it is not UTF-8. */
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

/** Returns the error for the user's text, which is not in a repository yet. */
function unreadable({ message, data, cause }: InvalidStateError): InvalidStateError {
  const suggestions = ['Nothing was changed: run kgit edit again'];
  return new InvalidStateError(message, { data, cause, suggestions });
}
