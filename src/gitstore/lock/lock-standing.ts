import { isTaken } from '../../model/lease/lease.js';
import type { LockPlace } from '../../model/lease/lock-place.js';
import type { BrokenLock, LockStray, LockTip } from '../../store/port/lease-store.js';
import { versionParts } from './lock-commits.js';
import { LOCK_FOLDERS } from './lock-folders.js';

/** The lock tips under one name, by place. */
export type TipsByPlace = Readonly<Partial<Record<LockPlace, LockTip>>>;

/**
 * The place where a lock of this name belongs.
 * @param decided the place that the settings name. Before there was a setting, kgit fell back to the branches lock by
 * lock, and looked there first; if nothing is decided, this does the same.
 */
function homeOf(tips: TipsByPlace, decided: LockPlace | null): LockPlace {
  return decided ?? (tips.branches ? 'branches' : 'refs');
}

/** The lock that the refs under one name amount to; null if there are none. A lease counts in either place. */
export function standingOf(tips: TipsByPlace, decided: LockPlace | null): LockTip | null {
  const home = homeOf(tips, decided);
  const away: LockPlace = home === 'refs' ? 'branches' : 'refs';
  const [own, other] = [tips[home], tips[away]];
  if (!other) return own ?? null;
  if (!own || (isTaken(other.record) && !isTaken(own.record)))
    return astray(other, away, true, own && { tip: own, place: LOCK_FOLDERS[home] });
  return astray(own, home, false, { tip: other, place: LOCK_FOLDERS[away] });
}

function astray(
  tip: LockTip,
  place: LockPlace,
  isMisplaced: boolean,
  other: LockStray['other'] | undefined,
): LockTip {
  return { ...tip, stray: { place: LOCK_FOLDERS[place], isMisplaced, other: other ?? null } };
}

/** What to report of a lock that holds a lease in the wrong place; null if it holds none there. */
export function strayLease({ record, stray, ...tip }: LockTip): BrokenLock | null {
  if (!stray) return null;
  const { name } = record;
  const end = `End it once you are sure that its holder is gone: kgit unlock ${name} --force --reason WHY`;
  const other = stray.other && isTaken(stray.other.tip.record) ? stray.other : null;
  if (isTaken(record) && other) {
    const { ref } = versionParts(other.tip);
    const problem = `lock ${name} is held twice, in ${stray.place} and in ${other.place}: nobody can write under it`;
    return {
      where: ref,
      name,
      problem,
      suggestions: [`${end}; run it again until 'kgit locks' shows no second one`],
    };
  }
  if (!isTaken(record) || !stray.isMisplaced) return null;
  const { ref } = versionParts({ ...tip, record });
  const problem = `lock ${name} is held in ${stray.place}, where this repository keeps no locks`;
  return {
    where: ref,
    name,
    problem,
    suggestions: [`Wait until it is released; or ${end[0]?.toLowerCase()}${end.slice(1)}`],
  };
}
