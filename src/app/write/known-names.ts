/** Names that a user may have mistyped: refused where the repository does not know them, with near ones. */
import { NotFoundError } from '../../errors.js';
import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import type { StateView } from '../../store/port/state-store.js';
import { listDeployments, readState } from '../../store/read/records.js';

/** Throws NotFoundError for a deployment that the repository does not know, unless it may be new. */
export async function requireDeployment(view: StateView, id: string, mayBeNew: boolean): Promise<void> {
  const known = await listDeployments(view);
  if (mayBeNew || known.includes(id)) return;
  const { didYouMean } = await import('../../model/value/near-names.js');
  const near = didYouMean(id, known);
  throw new NotFoundError(`there is no deployment ${id}`, {
    suggestions: [
      ...near,
      'Add --create to begin it',
      ...(known.length > 0 && near.length === 0
        ? [`Known: ${known.slice(0, 5).join(', ')}${known.length > 5 ? ', …' : ''}`]
        : []),
    ],
    data: { deployment: id, known: known.slice(0, 50) },
  });
}

/** The sections that every deployment may have. */
const SECTIONS = ['deployment', 'kof', 'azure', 'aws'];

/**
 * Throws NotFoundError if a path begins with a key that is neither a usual section nor in the state of the deployment:
 * a mistyped key would otherwise begin a section that nobody reads.
 */
export async function requireKeys(view: StateView, id: string, paths: readonly StatePath[]): Promise<void> {
  if (paths.every(([key]) => SECTIONS.includes(String(key)))) return;
  const known = [...new Set([...Object.keys((await readState(view, id)) ?? {}), ...SECTIONS])];
  for (const [first] of paths) {
    const key = String(first);
    if (known.includes(key)) continue;
    const { didYouMean } = await import('../../model/value/near-names.js');
    const near = didYouMean(key, known);
    throw new NotFoundError(`the state of deployment ${id} has no top-level key ${formatStatePath([key])}`, {
      suggestions: [
        ...near,
        'Add --create-key to begin it',
        ...(near.length > 0
          ? []
          : [`Known: ${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}`]),
      ],
      data: { deployment: id, key, known: known.slice(0, 50) },
    });
  }
}

/** Throws NotFoundError for a phase that is not among the known ones. */
export async function requirePhase(phase: string, known: readonly string[]): Promise<void> {
  if (known.includes(phase)) return;
  const { didYouMean } = await import('../../model/value/near-names.js');
  const near = didYouMean(phase, known);
  throw new NotFoundError(`there is no phase ${phase}`, {
    suggestions: [
      ...near,
      'Add --create-key to begin it; the setting phaseSequence of kgit.yaml has the phases of the team',
      ...(near.length > 0 ? [] : ["'kgit phase' lists the phases"]),
    ],
    data: { phase, known: known.slice(0, 50) },
  });
}
