import { Flags, type Interfaces } from '@oclif/core';
import { Observer } from '../../app/observe/observer.js';
import type { Context } from '../../app/open/configured.js';
import { resolveCluster } from '../../app/open/subjects.js';
import { type ErrorCode, UsageError } from '../../errors.js';
import { openKubectl } from '../../k0rdent/kubectl/kubectl.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { ClusterSubject } from '../../model/subject/subject.js';
import { monotonicIds } from '../../model/value/ulid.js';
import { endOfProcess } from '../../process/end-signals.js';
import { actorOf } from '../../setup/identity.js';
import { randomBytes } from '../../store/local/random-bytes.js';
import { repositoryLine } from '../render/status/repository-line.js';
import type { CommandClass } from './command-class.js';
import { ReadCommand } from './read-command.js';

/** Flags of every command that queries k0rdent. */
const CLUSTER_FLAGS = {
  context: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'kubeconfig context.',
  }),
  kubeconfig: Flags.string({ helpValue: 'FILE', summary: 'kubeconfig file.' }),
  learn: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Record new identities of management clusters in kgit.yaml.',
  }),
};

interface ObserverTerms {
  readonly aside?: readonly string[] | null;
  readonly cancelled?: AbortSignal;
  readonly broken?: BrokenEvents;
}

/** Base class of the commands that query k0rdent through kubectl. */
export abstract class ClusterCommand<T extends CommandClass> extends ReadCommand<T> {
  static override baseFlags: Interfaces.FlagInput = { ...ReadCommand.baseFlags, ...CLUSTER_FLAGS };

  static override get exits(): readonly ErrorCode[] {
    return [...ReadCommand.exits, 'FINDINGS', 'CLUSTER'];
  }

  /** Ends what kubectl does when this process ends. */
  #end: AbortSignal | null = null;

  declare protected flags: ReadCommand<T>['flags'] & Interfaces.InferredFlags<typeof CLUSTER_FLAGS>;

  protected override get readsHistory(): boolean {
    return true;
  }

  /** Resolves the cluster that the argument names. Throws UsageError. */
  protected async namedCluster(context: Context, name: string): Promise<ClusterSubject> {
    if (name.startsWith('deployment/'))
      throw new UsageError('k0rdent has a status of clusters only', {
        suggestions: ["A deployment's state: kgit get, kgit phase"],
      });
    return resolveCluster(name.replace(/^cluster\//, ''), { ...context, view: context.reading.view });
  }

  /**
   * Creates the observer that queries k0rdent for this command.
   * @param options.aside contexts that it asks instead, beside what the command does: it learns and tells nothing
   * @param options.cancelled ends its questions
   * @param options.broken how to handle events that cannot be read; by default, the command tells of them
   */
  protected observer(
    context: Context,
    { aside = null, cancelled, broken = this.skipped }: ObserverTerms = {},
  ): Observer {
    const { opened, settings } = context;
    const ends = cancelled ? [cancelled] : [];
    const isOffline = this.flags.fetch === false && opened.repository.store.isRemote;
    return new Observer(context, {
      kubectl: (timeout, stop) => {
        this.#end ??= endOfProcess();
        return openKubectl({
          environment: this.environment,
          kubeconfig: this.flags.kubeconfig,
          timeoutMs: timeout,
          requestTimeoutMs: timeout,
          signal: stop ?? AbortSignal.any([AbortSignal.timeout(timeout), this.#end, ...ends]),
        });
      },
      contexts: aside ?? this.flags.context ?? [],
      learnsNot: isOffline ? '--no-fetch' : this.flags.learn === false || aside ? '--no-learn' : null,
      actor: actorOf(settings, this.environment, opened.identity),
      ids: monotonicIds(
        () => this.now(),
        () => randomBytes(10),
      ),
      now: () => this.now(),
      note: (message) => (aside ? undefined : this.note(message)),
      // A kubectl login plugin may prompt at the terminal.
      asking: (work) => (aside ? work : work.finally(this.notes.begin('asking the cluster', true).end)),
      broken,
    });
  }

  /** Describes the repository in one line. */
  protected repositoryLine({ opened, reading }: Context): string {
    return repositoryLine(opened.name, reading, this.now());
  }
}
