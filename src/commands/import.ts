import { Flags } from '@oclif/core';
import { importFiles } from '../app/legacy/import-files.js';
import { writeImport } from '../app/legacy/write-import.js';
import { notFoundTexts } from '../app/observe/live-clusters.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { yesFlag } from '../cli/input/ask.js';
import { ImportConversation } from '../cli/input/import-talk.js';
import { importResult } from '../cli/render/import-plan.js';
import { UsageError } from '../errors.js';
import { CONFLICT_RULES } from '../sync/plan/import-plan.js';
import { readLegacyFiles } from '../sync/read/read-legacy-files.js';
import type { CommandResult } from '../terminal/output.js';

/** How old the last fetch may be when the plan is made again, in ms. */
const FETCHED_MS = 5_000;

export default class Import extends WriteCommand<typeof Import> {
  static override summary = 'Merge the local state of deployment scripts into the repository.';
  static override description = helpText(
    WriteCommand,
    `Reads the state files of k0rdent's setup scripts and records what is new in them: the events, in order, and the
deployment's state, merged path by path with the last import. Importing the same files again changes nothing, and two
people who import them create the same events. Values that look secret are encrypted for the team if it shares secrets, and otherwise stay on this machine; kgit lists their paths. On a
terminal, it shows the plan first.`.replaceAll('\n', ' '),
    'NOT_FOUND',
    'CLUSTER',
  );
  static override examples = [
    '<%= config.bin %> import ./state',
    '<%= config.bin %> import ~/k0rdent-azure-setup --dry-run',
    '<%= config.bin %> import ~/k0rdent-azure-setup/state --management eu-hub --on-conflict repository',
    '<%= config.bin %> import ./state --live',
  ];
  static override strict = false;
  static override usage = 'import PATH… [FLAGS]';
  static override flags = {
    ...PROPOSE_FLAGS,
    management: Flags.string({
      helpValue: 'NAME',
      summary: 'The management cluster of the imported clusters.',
    }),
    namespace: Flags.string({
      helpValue: 'NS',
      summary: 'The namespace of the imported clusters (kcm-system).',
    }),
    live: Flags.boolean({
      summary: 'Ask k0rdent for the namespace of each cluster, and list the clusters that it does not find.',
    }),
    deployment: Flags.string({
      helpValue: 'ID',
      summary: 'The deployment of files that do not name one.',
    }),
    'on-conflict': Flags.option({
      options: CONFLICT_RULES,
      default: 'fail' as const,
      summary: 'What to do if file and repository have both changed since the last import.',
    })(),
    yes: yesFlag('Import without asking, even on a terminal.'),
    'skip-invalid': Flags.boolean({
      summary: 'Skip files and entries that cannot be read, and import the rest.',
    }),
  };

  protected async execute(): Promise<CommandResult> {
    if (this.words.length === 0)
      throw new UsageError('what to import? PATH is missing', {
        suggestions: ['Name the state folder: kgit import ./state'],
      });
    const { namespace, deployment, live, queue, message, reason, ...flags } = this.flags;
    const isDryRun = flags['dry-run'];
    const isText = this.format === 'text';
    const talk = new ImportConversation(this.notes, { isText, isDryRun, isYes: flags.yes });
    const files = await readLegacyFiles(this.words, (done, all) => talk.onRead(done, all));
    const result = await importFiles(
      {
        files,
        namespace,
        deployment,
        isLive: live,
        onConflict: flags['on-conflict'],
        skipInvalid: flags['skip-invalid'],
        isDryRun,
        ...(message === undefined ? {} : { message }),
        ...(reason === undefined ? {} : { reason }),
        allowSecret: flags['allow-secret'],
      },
      {
        environment: this.environment,
        now: () => this.now(),
        open: (anew) => (anew ? this.open({ olderThan: FETCHED_MS }) : this.open()),
        writer: (context) => this.writer(context),
        write: async (context, operations) =>
          operations.length === 0 && queue
            ? []
            : this.write(context, (writing) => writeImport(writing, operations)),
        talk,
      },
    );
    for (const text of result.live ? notFoundTexts(result.live) : []) this.note(text);
    return importResult(result, talk.isShown);
  }
}
