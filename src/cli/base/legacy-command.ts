import { BackgroundWriter } from '../../app/legacy/background-writer.js';
import { folderLock } from '../../app/legacy/merge-host.js';
import type { Context } from '../../app/open/configured.js';
import type { ErrorCode } from '../../errors.js';
import { systemClock, thisHost } from '../../setup/this-host.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import type { CommandClass } from './command-class.js';
import { WriteCommand } from './write-command.js';

/** Base class of the commands that take in the files that scripts write. */
export abstract class LegacyCommand<T extends CommandClass> extends WriteCommand<T> {
  static override get exits(): readonly ErrorCode[] {
    return ['USAGE', 'NO_REPO', 'INVALID_STATE', 'NOT_FOUND', 'ENVIRONMENT'];
  }

  protected backgroundWriter({ opened, settings }: Pick<Context, 'opened' | 'settings'>): BackgroundWriter {
    const note = (message: string) => this.note(message);
    return new BackgroundWriter(opened, settings, { clock: systemClock, isOffline: this.isOffline, note });
  }

  protected folderLock({ opened }: Pick<Context, 'opened'>): FolderLock {
    return folderLock(this.environment, opened.localFolder, thisHost, systemClock);
  }
}
