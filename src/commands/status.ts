import { Args, Flags } from '@oclif/core';
import { type Context, helpText, KgitCommand } from '../base-command.js';
import { FAIL_ON_WORDS, failing, parseFailOn } from '../cli/fail-on.js';
import type { CommandResult } from '../cli/output.js';
import { statusLines } from '../cli/status-lines.js';
import { resolveCluster } from '../cli/subjects.js';
import { oneLine } from '../cli/terminal-text.js';
import { formatAge } from '../cli/time.js';
import { EXIT_CODES, KgitError, UsageError } from '../errors.js';
import { actorOf } from '../identity.js';
import { openKubectl } from '../k0rdent/kubectl.js';
import type { Observation } from '../k0rdent/observation.js';
import { observe } from '../k0rdent/observe.js';
import { buildStatus } from '../k0rdent/status-report.js';
import type { KgitEvent } from '../model/event.js';
import type { Operation } from '../model/operation.js';
import { type ClusterSubject, formatSubject, isLabel } from '../model/subject.js';
import { monotonicIds } from '../model/ulid.js';
import { fetchPolicy, readFlags } from '../read-flags.js';
import { type ClusterRecord, readClusters } from '../store/cluster-records.js';
import { randomBytes } from '../store/random-bytes.js';

type Report = ReturnType<typeof buildStatus<KgitEvent>>;

export default class Status extends KgitCommand {
  static override summary = 'What k0rdent says of the clusters now, beside what is recorded.';
  static override description = helpText(
    `Asks k0rdent through kubectl for every cluster that you may read, joins the last recorded event and shows where the two diverge: untracked (live, no event), vanished (recorded, not live), lingering (recorded as deleted, still live). At the first status the identity of the management cluster is noted in kgit.yaml.`,
    'USAGE',
    'FINDINGS',
    'NO_REPO',
    'CLUSTER',
  );
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status -n team-a -l env=prod -o wide',
    '<%= config.bin %> status --context eu-hub --context us-hub',
    '<%= config.bin %> status --fail-on failed,divergence',
  ];
  static override args = { subject: Args.string({ description: 'One cluster: [[MGMT/]NS/]NAME.' }) };
  static override flags = {
    ...readFlags,
    namespace: Flags.string({ char: 'n', helpValue: 'NS', summary: 'Of this namespace alone.' }),
    selector: Flags.string({
      char: 'l',
      helpValue: 'SELECTOR',
      summary: 'With these labels, as kubectl takes them.',
    }),
    context: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
      summary: 'kubeconfig context; may be repeated.',
    }),
    kubeconfig: Flags.string({ helpValue: 'FILE', summary: 'kubeconfig file.' }),
    'fail-on': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'WORDS',
      summary: `Exit 3 on any of: ${FAIL_ON_WORDS.join(', ')}.`,
    }),
    offline: Flags.boolean({
      exclusive: ['context', 'kubeconfig', 'selector', 'fail-on'],
      summary: 'Ask no cluster: show what is recorded.',
    }),
  };

  protected override get readsHistory(): boolean {
    return true;
  }

  protected async execute(): Promise<CommandResult> {
    const words = parseFailOn((this.flags['fail-on'] as string[] | undefined) ?? []);
    const policy = fetchPolicy(this.flags);
    const context = await this.open(policy === 'default' ? 'try' : policy);
    const one = await this.#subject(context);
    const namespace = one?.namespace ?? this.#namespace();
    const records = (await readClusters(context.reading.view)).filter(
      ({ subject }) => !one || formatSubject(subject) === formatSubject(one),
    );
    if (this.flags['offline']) return this.#offline(context, records, namespace);
    const observation = await this.#observe(context, records, namespace);
    await this.#learn(context, observation);
    const seen = {
      ...observation,
      clusters: observation.clusters.filter(
        ({ management, name }) => !one || (management === one.management && name === one.name),
      ),
    };
    return this.#result(context, buildStatus<KgitEvent>(seen, records), words);
  }

  async #subject(context: Context): Promise<ClusterSubject | null> {
    const name = this.args['subject'];
    if (name === undefined) return null;
    if (name.startsWith('deployment/'))
      throw new UsageError('k0rdent has a status of clusters only', {
        suggestions: ["A deployment's state: kgit get, kgit phase"],
      });
    return resolveCluster(name.replace(/^cluster\//, ''), { ...context, view: context.reading.view });
  }

  #namespace(): string | undefined {
    const namespace = this.flags['namespace'] as string | undefined;
    if (namespace === undefined || isLabel(namespace)) return namespace;
    throw new UsageError(`--namespace ${JSON.stringify(namespace.slice(0, 80))} is not a DNS-1123 label`);
  }

  #observe(
    context: Context,
    records: readonly ClusterRecord[],
    namespace: string | undefined,
  ): Promise<Observation> {
    const known = [...context.managements].map(([name, identity]) => ({ name, identity }));
    return observe({
      kubectl: openKubectl({
        // The token is for git's remote; kubectl and its plugins have no use of it.
        environment: { ...this.environment, KGIT_TOKEN: undefined },
        kubeconfig: this.flags['kubeconfig'] as string | undefined,
        timeoutMs: context.settings.timeout,
        requestTimeoutMs: context.settings.timeout,
        signal: AbortSignal.timeout(context.settings.timeout),
      }),
      contexts: (this.flags['context'] as string[] | undefined) ?? [],
      managements: known.length > 0 ? known : [{ name: 'default', identity: null }],
      namespace,
      selector: this.flags['selector'] as string | undefined,
      namespaces: [...new Set(records.map(({ subject }) => subject.namespace))],
      now: () => new Date(this.now()),
    });
  }

  /** Notes the identity of a management cluster that was seen for the first time; that it cannot is no failure of status. */
  async #learn(context: Context, { contexts }: Observation): Promise<void> {
    const { opened, settings } = context;
    const ids = monotonicIds(
      () => this.now(),
      () => randomBytes(10),
    );
    for (const { management, identity, match } of contexts) {
      if (match !== 'new' || management === null || identity === null) continue;
      const operation: Operation = {
        id: ids.next(),
        time: this.now(),
        actor: actorOf(settings, this.environment, opened.layout.config),
        title: `management: ${management} identified`,
        events: [],
        learned: { name: management, identity },
      };
      const deadline = this.deadline(settings);
      const options = { queue: false, requirePublish: false, dryRun: false, withdraw: true, deadline };
      try {
        await opened.repository.write(operation, options);
      } catch (error) {
        if (!(error instanceof KgitError)) throw error;
        this.note(`the identity of ${management} could not be noted in kgit.yaml: ${error.message}`);
      }
    }
  }

  #footer({ opened, reading }: Context): string {
    const { revision, fetchedAt, pending } = reading;
    const waiting = pending.length > 0 ? `, ${pending.length} pending` : '';
    const fetched =
      fetchedAt === null
        ? ''
        : `, fetched ${fetchedAt === 0 ? 'never' : `${formatAge(this.now() - fetchedAt)} ago`}`;
    return `${oneLine(opened.branch)}@${revision?.slice(0, 7) ?? 'empty'}${waiting}${fetched}`;
  }

  #result(context: Context, report: Report, words: readonly string[]): CommandResult {
    const { contexts, clusters, divergence } = report;
    const found = failing(words, report);
    const failed = contexts.some(({ error }) => error !== null);
    if (found.length > 0) this.note(`--fail-on: ${found.join(', ')}`);
    const exitCode = failed ? EXIT_CODES.CLUSTER : found.length > 0 ? EXIT_CODES.FINDINGS : undefined;
    return {
      json: { contexts, clusters, divergence },
      rows: clusters,
      names: clusters.map(({ management, namespace, name }) => `cluster/${management}/${namespace}/${name}`),
      lines: (screen, wide) =>
        statusLines(
          { contexts, clusters, divergence, now: this.now(), footer: this.#footer(context) },
          screen,
          wide,
        ),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  }

  #offline(
    context: Context,
    records: readonly ClusterRecord[],
    namespace: string | undefined,
  ): CommandResult {
    this.note('not live: no cluster was asked, this is what is recorded');
    const clusters = records
      .filter(({ subject }) => namespace === undefined || subject.namespace === namespace)
      .map(({ subject, lifecycle, lastEvent }) => ({
        ...subject,
        kind: undefined,
        recorded: lifecycle,
        state: null,
        lastEvent,
      }));
    const lines = clusters.map(({ management, namespace: ns, name, recorded, lastEvent }) => {
      const event = lastEvent
        ? `${lastEvent.action} ${lastEvent.timestamp}${lastEvent.user ? ` by ${lastEvent.user}` : ''}`
        : '';
      return oneLine(
        `${management}/${ns}/${name}  recorded: ${recorded ?? 'no word of its life'}  last event: ${event}`,
      );
    });
    return {
      json: { contexts: [], clusters, divergence: [], live: false },
      rows: clusters,
      lines: () => [...lines, this.#footer(context)],
    };
  }
}
