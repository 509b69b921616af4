import { writeFile } from 'node:fs/promises';
import { Args } from '@oclif/core';
import { KgitCommand } from '../cli/base/base-command.js';
import { helpText } from '../cli/base/help-text.js';
import { readFileBounded } from '../cli/input/input.js';
import { mergeStateResult } from '../cli/render/conflict-lines.js';
import { ConflictError, InvalidStateError } from '../errors.js';
import { mergeSopsFile } from '../gitstore/review/merge-sops-file.js';
import { mergeLines, mergeStateText } from '../gitstore/review/merge-state-text.js';
import { secretConflictOf } from '../gitstore/review/secret-sides.js';
import { placeOfPath } from '../model/subject/place.js';
import { SOPS_FILE } from '../model/team-secret/secret-name.js';
import { MAX_YAML_BYTES } from '../model/yaml/yaml.js';
import { openGit } from '../setup/git-driver.js';
import type { CommandResult } from '../terminal/output.js';

export default class MergeState extends KgitCommand<typeof MergeState> {
  static override hidden = true;
  static override summary = 'Merge a state document for git.';
  static override description = helpText(
    KgitCommand,
    `git runs it as the merge driver 'kgit-state' for state.yaml, which kgit registers in each clone; you never need to run it. It merges path by path, keeps the comments of both sides, and writes the result to OURS. A path that both sides changed to different values is reported with its three values and gets conflict markers.

A secret that both sides changed is a conflict: OURS stays as it is, and who set it on each side is reported, and when. Recipients that both sides added to .sops.yaml are joined.`,
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
    if (placeOfPath(path).kind === 'secret')
      return mergeStateResult(path, [], await secretConflictOf(git, sides, path));
    if (path === SOPS_FILE) {
      const { text, isClean } = await mergeSopsFile(git, sides);
      await writeFile(ours, text);
      if (isClean) return mergeStateResult(path, []);
      throw new ConflictError(`${path}: the two sides do not agree on who reads the secrets`, {
        suggestions: [
          `Decide in ${path}, then: git add ${path}; kgit secrets recipients list shows the result`,
        ],
        data: { path },
      });
    }
    try {
      const { text, conflicts } = await mergeStateText(git, sides, path);
      await writeFile(ours, text);
      return mergeStateResult(path, conflicts);
    } catch (error) {
      // If a side cannot be read, git's own line merge is used, so that nothing of it is lost.
      if (error instanceof InvalidStateError) await writeFile(ours, (await mergeLines(git, sides)).text);
      throw error;
    }
  }
}
