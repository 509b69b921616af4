import type { OpenRepository } from '../setup/composition.js';
import type { Layer } from '../setup/config.js';
import type { Environment } from '../setup/this-host.js';

/**
 * What a store is made of.
 * @internal
 */
export interface StoreParts {
  readonly opened: OpenRepository;
  /** The settings of everywhere but the repository. */
  readonly layers: readonly Layer[];
  readonly environment: Environment;
  readonly runId: string | undefined;
}
