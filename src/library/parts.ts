import type { OpenRepository } from '../setup/composition.js';
import type { LocalSettings } from '../setup/config.js';
import type { Environment } from '../setup/this-host.js';

/**
 * The parts that a store is built from.
 * @internal
 */
export interface StoreParts {
  readonly opened: OpenRepository;
  /** The settings from all places but the repository itself. */
  readonly local: LocalSettings;
  readonly environment: Environment;
  readonly runId: string | undefined;
}
