import { resolve } from 'node:path';
import { UsageError } from '../../errors.js';
import type { DriverContext } from '../../store/port/driver.js';

/**
 * Returns the absolute path of a store that needs no server: after the scheme of the place, else the setting `path`.
 * Throws UsageError if neither names one.
 * @param example a valid place, for the message
 */
export function pathOf({ place, path, cwd }: DriverContext, driver: string, example: string): string {
  const named = place === undefined ? path : place.slice(`${driver}:`.length);
  if (named) return resolve(cwd, named);
  throw new UsageError(`backend: ${driver} needs a path`, {
    suggestions: [`Set path: beside backend:, or name it: --repo ${example}`],
    data: { setting: 'path' },
  });
}
