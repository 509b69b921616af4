import { UsageError } from '../errors.js';
import type { DriverAbilities } from '../store/port/abilities.js';
import type { OpenRepository } from './composition.js';
import { chosenDriver, DRIVERS, EMBEDDED } from './drivers.js';
import type { Settings } from './settings.js';

/** Parts of an open repository that not every driver has. */
type Optional = 'git' | 'review' | 'backup' | 'restore' | 'proposals';

/**
 * Returns a part of an open repository that not every driver has.
 * Throws UsageError if this one lacks it.
 * @param feature what needs it, as the subject of a sentence: `kgit backup`
 */
export function facetOf<F extends Optional>(
  opened: Pick<OpenRepository, F | 'backend'>,
  facet: F,
  feature: string,
): NonNullable<OpenRepository[F]> {
  const found = opened[facet];
  if (found !== null && found !== undefined) return found;
  throw needsGit(feature, opened.backend);
}

/**
 * Loads an ability of the driver that the settings choose.
 * Throws UsageError if this one lacks it.
 * @param feature as in `facetOf`
 */
export async function abilityOf<A extends keyof DriverAbilities>(
  settings: Pick<Settings, 'repo' | 'backend'>,
  ability: A,
  feature: string,
): Promise<DriverAbilities[A]> {
  const found = await abilityIfAny(settings, ability);
  if (found !== undefined) return found;
  throw needsGit(feature, chosenDriver(settings));
}

/** Loads an ability of the driver that the settings choose; undefined if this one lacks it. */
export async function abilityIfAny<A extends keyof DriverAbilities>(
  settings: Pick<Settings, 'repo' | 'backend'>,
  ability: A,
): Promise<DriverAbilities[A] | undefined> {
  return (await DRIVERS.get(chosenDriver(settings))?.abilities?.())?.[ability];
}

function needsGit(feature: string, backend: string): UsageError {
  const suggestions =
    backend === EMBEDDED
      ? ['Install git, and leave backend: git-embedded out: kgit then uses it for this repository']
      : [
          'Use a git repository for it: backend: git, and --repo PATH|URL',
          'Or keep a git copy of this store for reading and review: kgit mirror --to GIT',
        ];
  return new UsageError(`${feature} does not work with backend: ${backend}`, {
    suggestions,
    data: { feature, backend },
  });
}
