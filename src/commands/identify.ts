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
  static override summary = 'Record which management cluster a kubeconfig context reaches.';
  static override description = helpText(
    WriteCommand,
    `Reads the identity of a context's management cluster (the UIDs of its Management object and of its namespace kube-system, and its address, as far as you may read them) and records it in kgit.yaml under NAME, which may be new. An event of management/NAME records who did it and the earlier identity. If NAME is recorded as another cluster, kgit asks first. Use it if one repository holds the history of several management clusters, after a management cluster was rebuilt, or if your permissions do not let kgit recognise the recorded cluster.`,
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
      description: 'The name of the management cluster in kgit.yaml; if left out, the only one.',
    }),
  };
  static override flags = {
    ...PROPOSE_FLAGS,
    context: Flags.string({ helpValue: 'NAME', summary: 'kubeconfig context (the current one).' }),
    kubeconfig: Flags.string({ helpValue: 'FILE', summary: 'kubeconfig file.' }),
    yes: yesFlag('Do not ask, even if another cluster is recorded.'),
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
