import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { beginDeployment } from '../app/init/begin-deployment.js';
import { initLayout, requireManagement } from '../app/init/init-layout.js';
import { initRepository, needsPlace, planInit } from '../app/init/init-repository.js';
import { CI_SYSTEMS } from '../app/init/template-files.js';
import { remoteAddress } from '../app/open/remote-address.js';
import { checkAdded, listRecipients } from '../app/secret/change-recipients.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { initResult, plannedInitResult } from '../cli/render/init-result.js';
import { UsageError } from '../errors.js';
import { deployment } from '../model/subject/subject.js';
import { ageRecipient, lacking } from '../model/team-secret/recipients.js';
import { SOPS_FILE } from '../model/team-secret/secret-name.js';
import { chosenDriver } from '../setup/drivers.js';
import { systemClock } from '../setup/this-host.js';
import type { CommandResult } from '../terminal/output.js';

export default class Init extends WriteCommand<typeof Init> {
  static override summary = 'Set up a state repository.';
  static override description = helpText(
    WriteCommand,
    `Makes DIR a state repository with a first commit, and publishes it to the remote if there is one. In an existing repository it adds the files that are missing and changes nothing else. If the remote is a folder, it is created if missing and set up so that a power cut loses nothing that was acknowledged (core.fsync), unless core.fsync is set already. With another back end the store is where --repo or the settings say, and gets kgit.yaml. A test with a lock of its own shows where the remote accepts locks; if that is only among the branches, kgit.yaml records it (locks). With --age the team shares secrets, encrypted for these recipients (docs/secrets.md); later ones are added by kgit secrets recipients add. With --propose nothing is set up; the deployment is proposed.`,
  );
  static override examples = [
    '<%= config.bin %> init state --deployment k0rdent-abc123',
    '<%= config.bin %> init state --remote git@github.com:team/state.git --ci github',
    '<%= config.bin %> init . --management eu-hub',
    '<%= config.bin %> init state --age age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    '<%= config.bin %> init . --deployment k0rdent-def456 --propose',
    '<%= config.bin %> init --repo redis://localhost:6379/0#prod --deployment k0rdent-abc123',
  ];
  static override args = { dir: Args.string({ description: 'The folder (default: the current one).' }) };
  static override flags = {
    ...PROPOSE_FLAGS,
    remote: Flags.string({ helpValue: 'URL', summary: 'Where to publish it.' }),
    deployment: Flags.string({ helpValue: 'ID', summary: 'Create a deployment, too.' }),
    management: Flags.string({
      helpValue: 'NAME',
      summary: 'Name of the k0rdent management cluster (default).',
    }),
    age: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['propose'],
      helpValue: 'RECIPIENT',
      summary: 'Who can read the secrets that the team shares: an age recipient, as age-keygen prints it.',
    }),
    ci: Flags.option({
      options: CI_SYSTEMS,
      default: 'none' as (typeof CI_SYSTEMS)[number],
      summary: 'Add a CI job of this forge that checks proposals.',
    })(),
  };

  protected async execute(): Promise<CommandResult> {
    const { flags, environment, ids } = this;
    const cwd = process.cwd();
    requireManagement(flags.management);
    const remote = this.#remote(cwd);
    if (flags.queue) throw new UsageError('init is not queued: others need the repository now');
    const subject = flags.deployment === undefined ? null : deployment(flags.deployment);
    if (flags.propose && subject === null) {
      throw new UsageError('only a deployment can be proposed, not the repository itself', {
        suggestions: ['Name it with --deployment, or leave --propose out'],
      });
    }
    const settings = await this.settingsOnly();
    const folder = (await needsPlace(settings)) ? resolve(this.args.dir ?? '.') : null;
    if (folder === null) this.#refusePlace(chosenDriver(settings));
    const ci = folder === null ? null : flags.ci;
    const readers = (flags.age ?? []).map(ageRecipient);
    checkAdded(readers);
    const layout = await initLayout(this.config.root, { management: flags.management, ci, readers });
    const intent = { folder, remote, layout };
    const host = { settings, cwd, environment, clock: systemClock, ids, waits: this.notes };
    if (flags['dry-run'] && !flags.propose)
      return plannedInitResult(intent, await planInit(intent, host), subject);
    const laid = flags.propose ? null : await initRepository(intent, host);
    for (const note of laid?.notes ?? []) this.note(note);
    if (folder !== null) this.flags = { ...flags, repo: folder };
    const context = await this.open('never');
    const without = lacking(readers, (await listRecipients(context.reading)) ?? []);
    if (without.length > 0)
      this.note(
        `${SOPS_FILE} was there and is left as it is; to share secrets with more people: kgit secrets recipients add ${without.map(({ id }) => id).join(' ')}`,
      );
    const begun =
      subject &&
      (await this.write(context, (writing) => beginDeployment(writing, subject, this.eventFields)));
    const { opened } = context;
    const { revision } = await opened.repository.store.head();
    const server = opened.repository.store.isRemote ? opened.path : null;
    const address = opened.git === null ? server : opened.git.address;
    return initResult({ path: opened.path, name: opened.name, revision, address, laid, subject, begun });
  }

  /** Throws UsageError if the line names a place: other drivers than git take it from the settings. */
  #refusePlace(backend: string): void {
    const { remote, ci } = this.flags;
    if (this.args.dir === undefined && remote === undefined && ci === 'none') return;
    throw new UsageError(`with backend: ${backend}, kgit init takes no folder, --remote or --ci`, {
      suggestions: [
        'Name the store with --repo or in your settings',
        'Or, for a git repository: --repo FOLDER',
      ],
      data: { feature: 'init DIR', backend },
    });
  }

  #remote(cwd: string): string | undefined {
    if (this.flags.remote === undefined) return undefined;
    const { address, branch } = remoteAddress(this.flags.remote, cwd);
    if (branch !== undefined) throw new UsageError('--remote takes no branch: the state branch is main');
    return address;
  }
}
