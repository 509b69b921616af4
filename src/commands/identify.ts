import { Args, Flags } from '@oclif/core';
import { type Identification, identification, nameToIdentify } from '../app/observe/identification.js';
import { kindWords } from '../app/observe/learned-managements.js';
import { helpText } from '../cli/base/help-text.js';
import { WriteCommand } from '../cli/base/write-command.js';
import { PROPOSE_FLAGS } from '../cli/flags/propose-flags.js';
import { mustAgree, yesFlag } from '../cli/input/ask.js';
import { commandText } from '../cli/input/command-text.js';
import { clusterFailure } from '../k0rdent/kubectl/cluster-failure.js';
import { openKubectl } from '../k0rdent/kubectl/kubectl.js';
import { identifyContext } from '../k0rdent/management/identify-context.js';
import { managementSubject } from '../model/subject/subject.js';
import { endOfProcess } from '../process/end-signals.js';
import type { CommandResult } from '../terminal/output.js';
import { oneLine } from '../terminal/terminal-text.js';

/** The action of the recorded event, by outcome. */
const ACTIONS = { 're-identified': 'management_reidentified', extended: 'management_extended' } as const;

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
    const { settings, managements } = context;
    const wait = this.notes.begin('asking the cluster', true);
    const seen = await identifyContext(this.#kubectl(settings.timeout)).finally(wait.end);
    if (seen.identities.length === 0)
      throw clusterFailure({ cause: 'no-identity', detail: '' }, { context: seen.context });
    const naming = { given: this.args.name, chosen: settings.management };
    const name = nameToIdentify(naming, seen.identities, managements);
    const plan = identification(name, { seen: seen.identities, context: seen.name }, managements);
    if (plan.question !== null && this.flags['dry-run'] !== true)
      await this.#ask(name, oneLine(plan.question));
    const { learned, outcome, before, identities } = plan;
    const written =
      learned === null
        ? { operation: null, revision: context.reading.revision, delivery: 'unchanged', attempts: 0 }
        : this.writeJson(await this.submit(context, this.#operation(context, plan), true));
    return {
      json: { management: name, context: seen.name, outcome, identities, before, ...written },
      names: [name],
      rows: identities.map((identity) => ({ management: name, identity })),
      lines: ({ style }) => [
        `${style('green', '✓')} ${summary(plan, oneLine(seen.name))}${learned === null ? '' : `, ${String(written['delivery'])}`}`,
        ...identities.map((identity) => style('dim', `  ${oneLine(identity)}`)),
      ],
    };
  }

  #operation(context: Parameters<Identify['operation']>[0], plan: Identification) {
    const { name, outcome, before, identities, learned } = plan;
    const action =
      outcome === 'identified' || outcome === 'unchanged' ? 'management_identified' : ACTIONS[outcome];
    const event = this.event(context, { action, context: { identity: { before, after: identities } } });
    const more = learned === null ? {} : { learned };
    return this.operation(context, [{ subject: managementSubject(name), event }], more);
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

function summary({ name, outcome, identities }: Identification, context: string): string {
  const by = `known by ${kindWords(identities)}`;
  if (outcome === 'unchanged') return `management cluster ${name} is context ${context} already, ${by}`;
  return `management cluster ${name} is context ${context}, ${by}: ${outcome}`;
}
