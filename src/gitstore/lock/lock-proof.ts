import { acquired, isTaken, released, renewed } from '../../model/lease/lease.js';
import { LOCK_PLACES, type LockPlace } from '../../model/lease/lock-place.js';
import type {
  LockMove,
  LockOutcome,
  LockTip,
  LockTips,
  PlaceProof,
  PlaceProver,
} from '../../store/port/lease-store.js';
import { placeOfRef, versionParts } from './lock-commits.js';
import { LOCK_FOLDERS } from './lock-folders.js';
import type { TipsByPlace } from './lock-standing.js';

/** Name of the lock that the proof takes, renews, releases and removes. */
const NAME = 'kgit-init';
/** Lifetime of that lock, in ms: nobody waits for it. */
const TTL_MS = 60_000;

/** The operations of the proof at the remote. A failure that is not an outcome is thrown. */
export interface ProofTalk {
  readonly list: () => Promise<{ locks: LockTips; decided: LockPlace | null }>;
  readonly tips: (name: string) => Promise<TipsByPlace>;
  readonly move: (move: LockMove, place: LockPlace) => Promise<LockOutcome>;
  readonly remove: (tip: LockTip) => Promise<void>;
}

/** Why a lock does not work in a place. */
type Failure = Extract<LockOutcome, { error: unknown }>;

/** Takes, renews and releases a lock in a place; null if that works. */
async function whyNot(place: LockPlace, by: PlaceProver, talk: ProofTalk): Promise<Failure | null> {
  const { author, holder, lease } = by;
  const from = (await talk.tips(NAME))[place] ?? null;
  const wanted = { name: NAME, lease, holder, ttl: TTL_MS, reason: 'kgit init' };
  const record = acquired(from?.record ?? null, wanted, by.now());
  const taken = await talk.move({ name: NAME, from, records: [record], author }, place);
  // Another init is proving the same place, and its lock got there.
  if (taken.kind === 'moved') return null;
  if (taken.kind !== 'swapped') return taken;
  const renewal = renewed(record, by.now());
  const records = [renewal, released(renewal, by.now())];
  const freed = await talk.move({ name: NAME, from: taken.tip, records, author }, place);
  await talk.remove(freed.kind === 'swapped' ? freed.tip : taken.tip);
  return 'error' in freed ? freed : null;
}

/** All locks in a place. */
function locksIn({ tips }: LockTips, place: LockPlace): LockTip[] {
  const all = [...tips.values()].flatMap((tip) => (tip.stray?.other ? [tip, tip.stray.other.tip] : [tip]));
  return all.filter((tip) => placeOfRef(versionParts(tip).ref) === place);
}

/**
 * Proves where the repository's locks can live, and returns the place that its settings should name. That is the refs,
 * unless the server itself refuses them and accepts the same among the branches. A place that is decided already stays.
 */
export async function provePlace(by: PlaceProver, talk: ProofTalk): Promise<PlaceProof> {
  const { locks, decided } = await talk.list();
  if (decided !== null) return { place: null, notes: [] };
  const refused = await whyNot('refs', by, talk);
  if (refused === null) {
    // Before there was a setting, kgit put a lock among the branches as soon as one push to the refs failed.
    const strays = locksIn(locks, 'branches');
    return strays.length === 0 ? { place: null, notes: [] } : settled('refs', strays);
  }
  const { message } = refused.error;
  if (refused.kind !== 'refused' || refused.scope === 'locks')
    return { place: null, notes: [`locks were not proved to work: ${message}`] };
  const alsoRefused = await whyNot('branches', by, talk);
  // The first failure may have been temporary.
  const still = alsoRefused === null ? await whyNot('refs', by, talk) : refused;
  if (still === null) return { place: null, notes: [] };
  if (alsoRefused !== null) return { place: null, notes: [`no lock can be taken there: ${message}`] };
  return settled('branches', locksIn(locks, 'refs'));
}

/** The place to write into the settings, unless a lock in the other place is held. */
function settled(place: LockPlace, others: readonly LockTip[]): PlaceProof {
  const name = others.find(({ record }) => isTaken(record))?.record.name;
  if (name === undefined)
    return {
      place,
      notes:
        place === 'branches'
          ? [`the remote refuses ${LOCK_FOLDERS.refs}, so locks lie in ${LOCK_FOLDERS.branches}`]
          : [],
    };
  const other = LOCK_PLACES.find((known) => known !== place) ?? place;
  const notes = [
    `locks are to lie in ${LOCK_FOLDERS[place]}, but lock ${name} is held in ${LOCK_FOLDERS[other]}: ` +
      `run 'kgit init' again once it is released, or end it: kgit unlock ${name} --force --reason WHY`,
  ];
  return { place: null, notes };
}
