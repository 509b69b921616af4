import type { Context } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { StateCommand } from '../cli/base/state-command.js';
import { commandText } from '../cli/input/command-text.js';
import { EditedFile, editorOf } from '../cli/input/editor.js';
import { errorFromJson, InvalidStateError, KgitError, UsageError } from '../errors.js';
import type { Precondition } from '../model/operation/operation.js';
import type { Edit as PathEdit } from '../model/state/edit.js';
import { diffEdits } from '../model/state/merge-state.js';
import { parseState, typedState } from '../model/state/state-document.js';
import { formatStatePath, lookUp } from '../model/state/state-path.js';
import { statePath } from '../model/subject/layout.js';
import type { Value } from '../model/value/value.js';
import { decodeText } from '../model/yaml/decoded-text.js';
import type { Settings } from '../setup/settings.js';
import type { CommandResult } from '../terminal/output.js';

type Data = Record<string, Value>;

export default class Edit extends StateCommand {
  static override summary = "Change a deployment's state in your editor.";
  static override description = helpText(
    StateCommand,
    `Opens state.yaml in your editor (GIT_EDITOR, core.editor, VISUAL, EDITOR, as git does). When it is saved, each path that differs is set or removed, all at once, only if it still is what it was when the editor was opened. What is no valid document is opened again; where it cannot be, and after every other failure, your text is kept and the error says where. Comments and layout are not taken over: the state is what the events say.`,
  );
  static override examples = [
    '<%= config.bin %> edit',
    '<%= config.bin %> edit --deployment k0rdent-abc123 --propose --reason "new region"',
    'EDITOR="code --wait" <%= config.bin %> edit',
  ];

  /** The editor may have been open for long: the time for the network begins when it is closed. */
  protected override deadline(settings: Settings): number {
    return this.now() + settings.timeout;
  }

  protected async execute(): Promise<CommandResult> {
    const context = await this.open();
    const id = await this.target(context);
    const path = statePath(id);
    const before = (await context.reading.view.read(path)) ?? '';
    const data = parseState(before, path) as Data;
    const file = await EditedFile.create(`${id}.state.yaml`, before);
    try {
      const edits = diffEdits(data, await this.#edited(context, file, { path, before, data }));
      const preconditions = edits.map((edit) => unchanged(edit, data));
      const fields = { action: 'state_changed' };
      const result = await this.change(context, id, { fields, edits, preconditions, withdraw: true });
      await file.remove();
      return result;
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      const kept = `Your text is kept: ${file.path}`;
      throw errorFromJson({
        ...error.toJSON(),
        suggestions: [...error.suggestions, kept],
        data: { ...error.data, kept: false, file: file.path },
      });
    }
  }

  /** What the user made of the document; opened again while it is none, as long as he changes it. */
  async #edited(
    { opened }: Context,
    file: EditedFile,
    { path, before, data }: { readonly path: string; readonly before: string; readonly data: Data },
  ): Promise<Data> {
    const editor = editorOf(this.environment, opened.identity.editor);
    for (let last: Buffer | null = null; ; ) {
      const bytes = await file.edit(editor, this.environment);
      try {
        const text = typedText(bytes, path);
        // An editor that was given up, or failed to save, must not take the state away.
        if (before.trim() !== '' && EMPTY.test(text)) throw emptied(data);
        return typedState(text, path, before) as Data;
      } catch (error) {
        const isAgain = process.stdin.isTTY === true && (last === null || !bytes.equals(last));
        if (!(error instanceof InvalidStateError)) throw error;
        if (!isAgain) throw unreadable(error);
        this.note(`${error.message}: opened again; leave it unchanged to give up`);
        last = bytes;
      }
    }
  }
}

/** What the user has saved as text. Throws InvalidStateError for what an editor wrote in another encoding than UTF-8. */
function typedText(bytes: Buffer, path: string): string {
  const text = decodeText(bytes);
  if (typeof text === 'string') return text;
  const { message, line, column } = text;
  throw new InvalidStateError(`${path}:${line}:${column}: your text ${message}: save it as UTF-8`, {
    data: { path, line, column },
  });
}

/** Blank lines and comments alone. */
const EMPTY = /^(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|$))*$/;

function emptied(data: Data): UsageError {
  const all = Object.keys(data).map((key) => formatStatePath([key]));
  return new UsageError('the document was left empty: nothing was changed', {
    suggestions: [`To take all of it away: kgit unset ${all.map((key) => commandText([key])).join(' ')}`],
  });
}

/** What is wrong with the user's text, which lies in no repository yet. */
function unreadable({ message, data, cause }: InvalidStateError): InvalidStateError {
  const suggestions = ['Nothing was changed: run kgit edit again'];
  return new InvalidStateError(message, { data, cause, suggestions });
}

/** That the path of an edit still is what it was. */
function unchanged({ path }: PathEdit, data: Data): Precondition {
  const { found, value } = lookUp(data, path);
  const isImplied = true;
  if (!found) return { check: 'absent', path, isImplied };
  return { check: 'equals', path, value: value as Value, isImplied };
}
