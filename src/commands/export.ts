import { lstat, mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { recordedSubject } from '../app/subjects.js';
import { type Context, KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { Unkept } from '../cli/render/unkept.js';
import { ConflictError, InvalidStateError, UsageError } from '../errors.js';
import type { Subject } from '../model/subject/subject.js';
import { counted } from '../model/value/counted.js';
import { sameValue } from '../model/value/value.js';
import { decodeText } from '../model/yaml/decoded-text.js';
import { parseSpelledYaml } from '../model/yaml/spelled-yaml.js';
import { formatYaml } from '../model/yaml/yaml.js';
import { scriptLocks } from '../setup/composition.js';
import { systemClock, thisHost } from '../setup/this-host.js';
import { FolderLock } from '../store/local/folder-lock.js';
import { ImportedFiles, textHash } from '../store/local/imported-files.js';
import { WithheldValues } from '../store/local/withheld-values.js';
import { listSubjects, readEvents, readState } from '../store/read/records.js';
import { readAll } from '../store/read/stored-events.js';
import type { ExportedFile, ExportedSubject } from '../sync/export/exported-subject.js';
import { planExport } from '../sync/export/plan-export.js';
import { recordStands } from '../sync/plan/import-stands.js';
import { STATE_FOLDER } from '../sync/read/legacy-family.js';
import { readBytes, replaceText, versionOf } from '../sync/script-api/script-file.js';
import { fittingTable } from '../terminal/fitting-table.js';
import type { CommandResult } from '../terminal/output.js';
import { terminalText } from '../terminal/terminal-text.js';

interface Planned extends ExportedFile {
  /** Absolute. */
  readonly target: string;
  readonly text: string;
  readonly isThere: boolean;
}

export default class Export extends KgitCommand {
  static override summary = "Write the deployment scripts' files again.";
  static override description = helpText(
    KgitCommand,
    `Writes the YAML files in which k0rdent's setup scripts keep their state, as the repository knows them: state/ and
old_deployments/ under DIR. On the machine that imported them they hold the same values in the same order; values that
were withheld are on that machine alone. A file that has changed since it was imported is not overwritten.`.replaceAll(
      '\n',
      ' ',
    ),
    'FINDINGS',
    'NO_REPO',
    'CONFLICT',
    'INVALID_STATE',
    'NOT_FOUND',
    'ENVIRONMENT',
  );
  static override examples = [
    '<%= config.bin %> export --to ~/k0rdent-azure-setup',
    '<%= config.bin %> export deployment/k0rdent-demo --to /tmp/demo',
  ];
  static override args = {
    subject: Args.string({
      description: 'A deployment or cluster; all that the repository knows without it.',
    }),
  };
  static override flags = {
    to: Flags.string({ helpValue: 'DIR', default: '.', summary: 'The checkout of the scripts.' }),
    force: Flags.boolean({ summary: 'Overwrite files that have changed since they were imported.' }),
  };

  readonly #unkept = new Unkept((message) => this.note(message));

  protected async execute(): Promise<CommandResult> {
    const context = await this.open();
    const { view } = context.reading;
    const named = this.args['subject'];
    const subjects =
      named === undefined ? await listSubjects(view) : [await recordedSubject(named, { ...context, view })];
    const known = new WithheldValues(context.opened.localFolder);
    const parts = await Promise.all(subjects.map((subject) => this.#part(context, subject, known)));
    const imported = new ImportedFiles(context.opened.localFolder, recordStands(view));
    const lock = new FolderLock(scriptLocks(this.environment, context.opened), thisHost, systemClock);
    // A script that writes the same files just now would lose what it writes.
    const planned = await lock.exclusively(resolve(String(this.flags['to']), STATE_FOLDER), async () => {
      const files = await this.#targets(planExport(parts), imported);
      for (const file of files) await this.#write(file, imported);
      return files;
    });
    const files = planned.map(({ path, family, subject, withheld, isThere }) => ({
      ...{ path, family, subject: subject || null, withheld },
      action: isThere ? 'unchanged' : 'written',
    }));
    return {
      json: { files },
      rows: files,
      names: files.map(({ path }) => path),
      lines: (screen) => [
        ...fittingTable(
          ['FILE', 'FROM', 'ACTION', 'WITHHELD'],
          files.map(({ path, subject, action, withheld }) =>
            [path, subject ?? '-', action, String(withheld.length)].map(terminalText),
          ),
          screen,
        ),
        `${screen.style('green', '✓')} ${counted(files.length, 'file')}`,
      ],
    };
  }

  async #write(file: Planned, imported: ImportedFiles): Promise<void> {
    const { subject, family, target: path, text } = file;
    if (!file.isThere) {
      await mkdir(dirname(path), { recursive: true });
      await replaceText(path, text);
    }
    const { mtimeMs } = await lstat(path);
    const noted = imported.note({
      path,
      subject: subject || null,
      family,
      sha256: textHash(text),
      mtimeMs,
      text,
    });
    await this.#unkept.unlessNoted('exported, but the next export takes the files for changed', noted);
  }

  async #part({ reading }: Context, subject: Subject, known: WithheldValues): Promise<ExportedSubject> {
    const events = readAll(await readEvents(reading.view, subject, this.skipped), this.skipped);
    const state = subject.kind === 'deployment' ? await readState(reading.view, subject.id) : null;
    return { subject, state, events, secrets: await known.all(subject) };
  }

  /** Where the files go, once nothing is in the way of any. Throws ConflictError, UsageError. */
  async #targets(files: readonly ExportedFile[], imported: ImportedFiles): Promise<Planned[]> {
    const folder = resolve(String(this.flags['to']));
    const planned: Planned[] = [];
    const blocked: string[] = [];
    for (const file of files) {
      const target = join(folder, file.path);
      const twin = planned.find((other) => other.target === target);
      if (twin)
        throw new UsageError(`${twin.subject} and ${file.subject} both have ${file.path}`, {
          suggestions: [`Export one of them: kgit export ${file.subject}`],
        });
      const problem = file.problem ?? nameProblem(target);
      if (problem !== null) {
        this.skipped.note(file.path, new InvalidStateError(problem));
        continue;
      }
      const here = (await versionOf(target)) === null ? null : await readBytes(target);
      const text = here === null ? null : decodeText(here);
      const isSame = typeof text === 'string' && says(text, file);
      const record = here === null || isSame ? null : await imported.last(target);
      if (here !== null && !isSame && record?.sha256 !== textHash(String(here))) blocked.push(file.path);
      planned.push({ ...file, target, text: isSame ? text : formatYaml(file.data), isThere: isSame });
    }
    if (blocked.length > 0 && this.flags['force'] !== true)
      throw new ConflictError(`changed since they were imported, or never imported: ${blocked.join(', ')}`, {
        suggestions: ['Import them first: kgit import', 'Overwrite them with --force'],
        data: { files: blocked },
      });
    return planned;
  }
}

/** Longest name of a file, in bytes, on every file system in use. */
const MAX_NAME = 255;

/** Why no file can have this name; null where one can. */
function nameProblem(path: string): string | null {
  const bytes = Buffer.byteLength(basename(path));
  return bytes > MAX_NAME ? `a file name of ${bytes} bytes is too long` : null;
}

/** Whether a file says what is to be written already, however it is laid out. */
function says(text: string, file: ExportedFile): boolean {
  try {
    return sameValue(parseSpelledYaml(text, file.path), file.data);
  } catch {
    // A file that is no YAML says something else.
    return false;
  }
}
