import { type MirroredRevision, mirroredRevision } from '../../../src/model/operation/mirror-message.js';
import { FaultyStore } from '../../support/store-fixtures.js';

/** A store in memory that tells what it is a copy of, as the git driver does. */
export class MemoryMirror extends FaultyStore {
  async mirrored(): Promise<MirroredRevision | null> {
    const { revision } = await this.head();
    if (revision === null) return null;
    for await (const { message } of this.history.whole(await this.history.parentOf(revision), revision))
      return mirroredRevision(message);
    return null;
  }
}
