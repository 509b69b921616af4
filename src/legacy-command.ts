import type { Context } from './base-command.js';
import { defaultManagement } from './cli/subjects.js';
import { KgitError } from './errors.js';
import type { Operation } from './model/operation.js';
import { findSecrets } from './model/secret/find-secrets.js';
import { guardSecrets } from './model/secret/guard-secrets.js';
import { shownPath } from './model/secret/shown-path.js';
import type { MergeHost } from './sync/merge-files.js';
import { systemClock, thisHost } from './this-host.js';
import { WriteCommand } from './write-command.js';

/** How long after its first write of a row it publishes, so that a row goes in one push, in ms. */
const PUBLISH_AFTER_MS = 1_000;
export const SECRET_GUARD = { find: findSecrets, show: shownPath };

/** Base of the commands that follow legacy files in the background: durable at once, published soon, never failing for the network. */
export abstract class LegacyCommand extends WriteCommand {
  #publishing: Promise<void> | null = null;
  #isWaiting = false;

  /** Keeps an operation durably and has it published soon. */
  protected async keep(context: Context, operation: Operation): Promise<void> {
    await context.opened.repository.keep(operation);
    if (this.isOffline) return;
    this.#isWaiting = true;
    this.#publishing ??= systemClock
      .sleep(Math.max(context.settings.publishInterval, PUBLISH_AFTER_MS))
      .then(() => this.#publish(context))
      .finally(() => {
        this.#publishing = null;
      });
  }

  /** Publishes what waits still, before the command ends. */
  protected async publishRest(context: Context): Promise<void> {
    await this.#publishing;
    if (this.#isWaiting) await this.#publish(context);
  }

  async #publish({ opened, settings }: Context): Promise<void> {
    this.#isWaiting = false;
    try {
      await opened.scheduled.run(0, settings.timeout);
    } catch (error) {
      // What could not be published waits durably; `kgit outbox` tells why.
      if (!(error instanceof KgitError)) throw error;
      this.note(`not published yet: ${error.message}`);
    }
  }

  /** What merging legacy files needs. */
  protected mergeHost(context: Context): MergeHost {
    const { opened, settings } = context;
    const { namespace, deployment } = settings;
    const actor = this.actor(context);
    return {
      read: () => opened.repository.read('never', settings.timeout),
      localFolder: opened.localFolder,
      settings: {
        management: defaultManagement(context),
        ...{ namespace, deployment, skipInvalid: true, secrets: SECRET_GUARD },
      },
      stamp: () => ({
        operationId: this.ids.next(),
        eventId: this.ids.next(),
        time: this.now(),
        ...{ actor, runId: this.ciRun.id },
        fields: { user: actor.name, host: thisHost.hostname },
      }),
      guard: (operation) => guardSecrets(operation, undefined),
      keep: (operation) => this.keep(context, operation),
    };
  }
}
