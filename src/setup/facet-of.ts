import { UsageError } from '../errors.js';
import type { OpenRepository } from './composition.js';

/** What not every driver has. */
type Optional = 'git' | 'review';

/**
 * A part of an open repository that not every driver has.
 * Throws UsageError where this one lacks it.
 * @param feature what needs it, as the subject of a sentence: `kgit backup`
 */
export function facetOf<F extends Optional>(
  opened: OpenRepository,
  facet: F,
  feature: string,
): NonNullable<OpenRepository[F]> {
  const found = opened[facet];
  if (found !== null) return found;
  throw new UsageError(`${feature} does not work with backend: ${opened.backend}`, {
    suggestions: ['Use a git repository for it: --repo PATH|URL'],
    data: { feature, backend: opened.backend },
  });
}
