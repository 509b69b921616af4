import { UsageError } from '../errors.js';
import type { OpenRepository } from './composition.js';
import { chosenDriver } from './drivers.js';
import type { Settings } from './settings.js';

/** Parts of an open repository that not every driver has. */
type Optional = 'git' | 'review';

/**
 * Returns a part of an open repository that not every driver has.
 * Throws UsageError if this one lacks it.
 * @param feature what needs it, as the subject of a sentence: `kgit backup`
 */
export function facetOf<F extends Optional>(
  opened: OpenRepository,
  facet: F,
  feature: string,
): NonNullable<OpenRepository[F]> {
  const found = opened[facet];
  if (found !== null) return found;
  throw needsGit(feature, opened.backend);
}

/**
 * Throws UsageError if the settings name another driver than git.
 * @param feature as in `facetOf`
 */
export function requireGitBackend(feature: string, settings: Pick<Settings, 'repo' | 'backend'>): void {
  const backend = chosenDriver(settings);
  if (backend !== 'git') throw needsGit(feature, backend);
}

function needsGit(feature: string, backend: string): UsageError {
  return new UsageError(`${feature} does not work with backend: ${backend}`, {
    suggestions: ['Use a git repository for it: backend: git, and --repo PATH|URL'],
    data: { feature, backend },
  });
}
