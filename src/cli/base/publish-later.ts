import type { Context } from '../../app/open/configured.js';
import { startPublisher } from '../../process/start-publisher.js';
import type { CommonFlags } from './command-class.js';

/** Leaves publishing to a background process, which publishes all writes of the interval together. */
export async function publishLater(
  { opened, settings }: Pick<Context, 'opened' | 'settings'>,
  { repo, config }: Pick<CommonFlags, 'repo' | 'config'>,
  note: (message: string) => void,
): Promise<void> {
  if (!(await opened.scheduled.isRunning())) startPublisher({ repo, config });
  note(`queued: published with others in ${settings.publishInterval / 1000} s at most`);
}
