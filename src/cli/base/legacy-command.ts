import type { Command } from '@oclif/core';
import type { Configured } from '../../app/configured.js';
import { defaultManagement } from '../../app/subjects.js';
import type { ErrorCode } from '../../errors.js';
import type { Operation } from '../../model/operation/operation.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import { guardSecrets } from '../../model/secret/guard-secrets.js';
import { shownPath } from '../../model/secret/shown-path.js';
import { systemClock, thisHost } from '../../setup/this-host.js';
import { BackgroundPublishing } from '../../store/publish/background-publishing.js';
import type { MergeHost } from '../../sync/apply/merge-files.js';
import type { CommandClass } from './base-command.js';
import { WriteCommand } from './write-command.js';

/** How long after its first write of a row it publishes, so that a row goes in one push, in ms. */
const PUBLISH_AFTER_MS = 1_000;
export const SECRET_GUARD = { find: findSecrets, show: shownPath };

/** Base of the commands that follow legacy files in the background: durable at once, published soon, never failing for the network. */
export abstract class LegacyCommand<T extends CommandClass = typeof Command> extends WriteCommand<T> {
  static override get exits(): readonly ErrorCode[] {
    return ['USAGE', 'NO_REPO', 'INVALID_STATE', 'NOT_FOUND', 'ENVIRONMENT'];
  }

  #publishing: BackgroundPublishing | null = null;

  /** Keeps an operation durably and has it published soon. */
  protected async keep({ opened, settings }: Configured, operation: Operation): Promise<void> {
    const { repository, scheduled } = opened;
    await repository.keep(operation);
    if (this.isOffline) return;
    const { store, outbox } = repository;
    this.#publishing ??= new BackgroundPublishing(
      { store, outbox, scheduled, clock: systemClock },
      {
        afterMs: Math.max(settings.publishInterval, PUBLISH_AFTER_MS),
        timeoutMs: settings.timeout,
        note: (message) => this.note(message),
      },
    );
    this.#publishing.kept(operation.id);
  }

  /** Publishes what waits still, before the command ends. */
  protected async publishRest(): Promise<void> {
    await this.#publishing?.rest();
  }

  /** What merging legacy files needs. */
  protected mergeHost(context: Configured): MergeHost {
    const { opened, settings } = context;
    const { namespace, deployment } = settings;
    const actor = this.actor(context);
    return {
      read: (subjects) =>
        subjects ? opened.repository.readAbout(subjects) : opened.repository.read('never', settings.timeout),
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
