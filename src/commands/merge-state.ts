import { writeFile } from 'node:fs/promises';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { readFileBounded } from '../cli/input/input.js';
import { conflictLine } from '../cli/render/conflict-lines.js';
import { EXIT_CODES, InvalidStateError } from '../errors.js';
import { mergeLines, mergeStateText } from '../gitstore/review/merge-state-text.js';
import { shownConflict } from '../model/state/merge-state.js';
import { MAX_YAML_BYTES } from '../model/yaml/yaml.js';
import { openGit } from '../setup/git-driver.js';
import type { CommandResult } from '../terminal/output.js';

export default class MergeState extends KgitCommand<typeof MergeState> {
  static override hidden = true;
  static override summary = 'Merge a state document for git.';
  static override description = helpText(
    KgitCommand,
    `git runs it as the merge driver 'kgit-state' for state.yaml, which kgit registers in each clone; you never need to run it. It merges path by path, keeps the comments of both sides, and writes the result to OURS. A path that both sides changed to different values is reported with its three values and gets conflict markers.`,
    'CONFLICT',
    'INVALID_STATE',
    'ENVIRONMENT',
  );
  static override examples = ['<%= config.bin %> merge-state %O %A %B %P'];
  static override args = {
    base: Args.string({ required: true, description: 'The common ancestor of both files.' }),
    ours: Args.string({ required: true, description: 'Our file, which receives the result.' }),
    theirs: Args.string({ required: true, description: 'Their file.' }),
    path: Args.string({ required: true, description: 'The path of the file in the repository.' }),
  };

  protected async execute(): Promise<CommandResult> {
    const { base = '', ours = '', theirs = '', path = '' } = this.args;
    const read = (file: string) => readFileBounded(file, process.stdin, MAX_YAML_BYTES);
    const sides = { base: await read(base), ours: await read(ours), theirs: await read(theirs) };
    const git = openGit(process.cwd(), this.environment);
    try {
      const { text, conflicts } = await mergeStateText(git, sides, path);
      await writeFile(ours, text);
      const shown = conflicts.map(shownConflict);
      return {
        json: { path, conflicts: shown },
        names: shown.map((conflict) => conflict.path),
        rows: shown,
        lines: (screen) => shown.map((conflict) => conflictLine(path, conflict, screen)),
        ...(conflicts.length > 0 ? { exitCode: EXIT_CODES.CONFLICT } : {}),
      };
    } catch (error) {
      // If a side cannot be read, git's own line merge is used, so that nothing of it is lost.
      if (error instanceof InvalidStateError) await writeFile(ours, (await mergeLines(git, sides)).text);
      throw error;
    }
  }
}
