import { Args, Flags } from '@oclif/core';
import { planIdentification, writeIdentification } from '../app/observe/identify-management.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { mustAgree, yesFlag } from '../cli/input/ask.js';
import { commandText } from '../cli/input/command-text.js';
import { identifyResult } from '../cli/render/write/identify-result.js';
import { openKubectl } from '../k0rdent/kubectl/kubectl.js';
import { identifyContext } from '../k0rdent/management/identify-context.js';
import { endOfProcess } from '../process/end-signals.js';
import type { CommandResult } from '../terminal/output.js';
import { oneLine } from '../terminal/terminal-text.js';

export default class Identify extends WriteCommand<typeof Identify> {
  static override summary = 'Say which management cluster a kubeconfig context is.';
  static override description = helpText(
    WriteCommand,
    `Reads what identifies the management cluster of a context (the UID of its Management object, the UID of its namespace kube-system, its address; as far as you may read them) and notes it in kgit.yaml under NAME, which may be new. An event of management/NAME records who did it, and what was noted before. Where NAME is recorded as another cluster, it asks first. Use it where one repository holds the history of several management clusters, after a management cluster was built anew, and where your rights do not show that a context is the recorded cluster.`,
    'CLUSTER',
  );
  static override examples = [
    '<%= config.bin %> identify',
    '<%= config.bin %> identify eu-hub --context eu',
    '<%= config.bin %> identify eu-hub --context eu-rebuilt --yes --reason "built anew"',
    '<%= config.bin %> log management/eu-hub',
  ];
  static override args = {
    name: Args.string({
      description: 'The management cluster, as kgit.yaml calls it (the only one that is listed).',
    }),
  };
  static override flags = {
    ...PROPOSE_FLAGS,
    context: Flags.string({ helpValue: 'NAME', summary: 'kubeconfig context (the current one).' }),
    kubeconfig: Flags.string({ helpValue: 'FILE', summary: 'kubeconfig file.' }),
    yes: yesFlag('Identify without asking, also where another cluster is recorded.'),
  };

  protected async execute(): Promise<CommandResult> {
    const context = await this.open();
    const wait = this.notes.begin('asking the cluster', true);
    const seen = await identifyContext(this.#kubectl(context.settings.timeout)).finally(wait.end);
    const plan = planIdentification(context, this.args.name, seen);
    if (plan.question !== null && this.flags['dry-run'] !== true)
      await this.#ask(plan.name, oneLine(plan.question));
    const written =
      plan.learned === null
        ? null
        : await this.write(context, (writing) => writeIdentification(writing, plan, this.eventFields));
    return identifyResult(plan, seen.name, written, context.reading.revision);
  }

  #kubectl(timeoutMs: number) {
    return openKubectl({
      environment: this.environment,
      kubeconfig: this.flags.kubeconfig,
      context: this.flags.context,
      timeoutMs,
      requestTimeoutMs: timeoutMs,
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), endOfProcess()]),
    });
  }

  async #ask(name: string, text: string): Promise<void> {
    const withYes = commandText(['kgit', 'identify', name, ...this.#flagWords(), '--yes']);
    await mustAgree({ text, declined: `${name} stays as it is`, withYes }, this.flags.yes === true);
  }

  #flagWords(): string[] {
    const { context, kubeconfig } = this.flags;
    return Object.entries({ context, kubeconfig }).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`, value],
    );
  }
}
