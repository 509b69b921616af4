import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { PRIVATE_FILE } from '../../platform/file-modes.js';
import { shellCommand } from '../../platform/shell.js';
import { runForUser } from '../../process/child-command.js';
import { EndSignals } from '../../process/end-signals.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the user's editor by git's rules; `configured` is core.editor. */
export function editorOf(environment: Environment, configured: string | undefined): string {
  const isDumb = (environment['TERM'] ?? 'dumb') === 'dumb';
  const visual = isDumb ? undefined : environment['VISUAL'];
  return environment['GIT_EDITOR'] || configured || visual || environment['EDITOR'] || 'vi';
}

/** A private file that the user edits. It is kept until it is removed explicitly. */
export class EditedFile {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.path = join(folder, name);
  }

  static async create(name: string, text: string): Promise<EditedFile> {
    const file = new EditedFile(await mkdtemp(join(tmpdir(), 'kgit-edit-')), name);
    await writeFile(file.path, text, { mode: PRIVATE_FILE });
    return file;
  }

  /**
   * Opens the file in the editor, waits for it to end, and returns the content. Throws EnvironmentError if the editor
   * fails.
   */
  async edit(editor: string, environment: Environment): Promise<Buffer> {
    const signals = new EndSignals();
    try {
      // An editor is a shell command line, as in git: 'code --wait'.
      const { program, args } = shellCommand(`${editor} "$@"`, editor, this.path);
      const end = await runForUser('kgit edit', [program, ...args], {
        environment,
        stdout: 'stderr',
        signals,
      });
      if (end.exitCode !== 0)
        throw new EnvironmentError(`the editor ended with ${end.exitCode}: nothing was changed`, {
          data: { exitCode: end.exitCode },
          suggestions: ['Check EDITOR, VISUAL and core.editor'],
        });
    } finally {
      signals.release();
    }
    return readFile(this.path).catch((cause: unknown) => {
      throw new EnvironmentError(`the editor left no file at ${this.path}: nothing was changed`, {
        cause,
        suggestions: ['Check EDITOR, VISUAL and core.editor'],
      });
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
