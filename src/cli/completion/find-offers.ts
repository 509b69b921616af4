import type { Command } from '@oclif/core';
import { defaultManagement, resolveDeployment } from '../../app/open/subjects.js';
import type { Settings } from '../../setup/settings.js';
import type { Leases } from '../../store/lease/leases.js';
import type { StateView } from '../../store/port/state-store.js';
import { listDeployments, listSubjects, readState } from '../../store/read/records.js';
import type { StateRepository } from '../../store/state-repository.js';
import { GLOBAL } from '../flags/output-flag.js';
import { matching, NOTHING, type Offer, type Offers } from './offer.js';
import {
  assignmentOffers,
  clusterOffers,
  lockOffers,
  pathOffers,
  phaseOffers,
  subjectOffers,
} from './recorded.js';
import { argumentSource, flagSource, type Source } from './sources.js';
import type { TypedLine } from './typed-line.js';

/** The local repository, read without the network. */
export interface Recorded {
  readonly opened: { readonly leases: Leases; readonly repository: StateRepository };
  readonly view: StateView;
  readonly settings: Settings;
  readonly managements: ReadonlyMap<string, unknown>;
  readonly now: number;
}

/**
 * Finds the completions for the word at the cursor.
 * @param recorded opens the repository without the network; null if there is none that can be read that way
 */
export async function findOffers(
  line: TypedLine,
  commands: readonly Command.Loadable[],
  recorded: () => Promise<Recorded | null>,
): Promise<Offers> {
  const { place, typed, command } = line;
  const listed = (list: readonly Offer[]): Offers => ({ ...NOTHING, list: matching(typed, list) });
  if (place.kind === 'command')
    return listed(
      commands.map(({ id, summary, hidden }) => ({ value: id, description: hidden ? '' : (summary ?? '') })),
    );
  if (place.kind === 'flag') return listed(flagOffers(command?.flags ?? sharedFlags(commands)));
  if (place.kind === 'value') {
    const flag = (command?.flags ?? sharedFlags(commands))[place.flag];
    const offers =
      flag?.type === 'option' && flag.options
        ? listed(flag.options.map((value) => ({ value, description: '' })))
        : await fromSource(flagSource(command?.id ?? '', place.flag), line, recorded);
    const list = offers.list.map((offer) => ({ ...offer, value: place.before + offer.value }));
    return { ...offers, list };
  }
  // The command of `kgit run -- COMMAND`.
  if (place.kind === 'other' || command === null) return { ...NOTHING, takesFiles: true };
  const arg = Object.values(command.args)[place.index];
  if (arg?.options) return listed(arg.options.map((value) => ({ value, description: '' })));
  return fromSource(argumentSource(command.id, arg?.name), line, recorded);
}

/** oclif's own flag, which no command lists. */
const HELP: Offer = { value: '--help', description: 'Show help.' };

type Flags = Command.Loadable['flags'];

/** Returns the flags that may come before the command. */
function sharedFlags([some]: readonly Command.Loadable[]): Flags {
  return Object.fromEntries(
    Object.entries(some?.flags ?? {}).filter(([, { helpGroup }]) => helpGroup === GLOBAL),
  );
}

function flagOffers(flags: Flags): Offer[] {
  const own = Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .flatMap(([name, flag]) => {
      const description = flag.summary ?? flag.description ?? '';
      const hasNo = flag.type === 'boolean' && flag.allowNo === true;
      return (hasNo ? [name, `no-${name}`] : [name]).map((one) => ({ value: `--${one}`, description }));
    });
  return [...own, HELP].sort((a, b) => (a.value < b.value ? -1 : 1));
}

async function fromSource(
  source: Source | undefined,
  { typed }: TypedLine,
  open: () => Promise<Recorded | null>,
): Promise<Offers> {
  if (source === undefined) return NOTHING;
  if (source === 'files') return { ...NOTHING, takesFiles: true };
  const recorded = await open();
  if (recorded === null) return NOTHING;
  const list = await offersOf(source, typed, recorded);
  return { ...NOTHING, list: matching(typed, list), isPartial: source === 'assignments' };
}

async function offersOf(
  source: Exclude<Source, 'files'>,
  typed: string,
  recorded: Recorded,
): Promise<Offer[]> {
  const { view, settings, opened, managements, now } = recorded;
  const defaults = { management: defaultManagement(recorded), namespace: settings.namespace };
  switch (source) {
    case 'subjects':
      return subjectOffers(await listSubjects(view), defaults, typed);
    case 'clusters':
      return clusterOffers(await listSubjects(view, 'cluster'), defaults, typed);
    case 'deployments':
      return (await listDeployments(view)).map((value) => ({ value, description: 'deployment' }));
    case 'managements':
      return [...managements.keys()].map((value) => ({ value, description: 'management cluster' }));
    case 'locks':
      return lockOffers((await opened.leases.list(null)).standings, now);
    case 'operations':
      return (await opened.repository.outbox.list()).flatMap(({ operation }) =>
        operation === null ? [] : { value: operation.id, description: operation.title },
      );
    case 'phases':
      return phaseOffers(await readState(view, await resolveDeployment(recorded)), settings.phaseSequence);
    case 'paths':
      return pathOffers(await readState(view, await resolveDeployment(recorded)), typed);
    case 'assignments':
      return assignmentOffers(await readState(view, await resolveDeployment(recorded)), typed);
  }
}
