import { KgitError } from '../../errors.js';
import type { NotifyConfig, Target } from '../../notify/config/notify-config.js';
import { type Place, PlaceFile, placeBehind } from '../../notify/delivery/place.js';

/** A target of the configuration, and what a server on this machine has kept of it. */
export interface ListedTarget {
  readonly target: Target;
  /** `new`: no server has had it yet. `damaged`: the server sets it aside when it starts. */
  readonly kept: 'kept' | 'new' | 'damaged';
  readonly place: Place;
}

async function kept(target: Target, folder: string): Promise<ListedTarget> {
  try {
    const found = await new PlaceFile(folder, target.name).read();
    if (typeof found !== 'string') return { target, kept: 'kept', place: found };
    return { target, kept: found === 'absent' ? 'new' : 'damaged', place: placeBehind(null) };
  } catch (error) {
    if (error instanceof KgitError) throw error;
    return { target, kept: 'damaged', place: placeBehind(null) };
  }
}

/**
 * Lists the targets in the order of the configuration.
 * @param folder the folder for data of this machine
 */
export function listTargets({ targets }: NotifyConfig, folder: string): Promise<readonly ListedTarget[]> {
  return Promise.all(targets.map((target) => kept(target, folder)));
}
