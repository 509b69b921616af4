import { join } from 'node:path';
import type { KgitError } from '../../errors.js';
import { checkClusterAccess } from '../../k0rdent/doctor/doctor-cluster.js';
import type { Kubectl } from '../../k0rdent/kubectl/kubectl.js';
import { type Check, findingOf, passed } from '../../model/value/check.js';
import { type OpenRepository, openStateRepository } from '../../setup/composition.js';
import type { Layer } from '../../setup/config.js';
import { abilityIfAny } from '../../setup/facet-of.js';
import { actorOf, ciUser, committerOf } from '../../setup/identity.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import type { DriverDoctor, DriverHost } from '../../store/port/abilities.js';
import type { Identity } from '../../store/port/driver.js';
import type { Clock } from '../../store/port/host.js';
import { type Configured, configured } from '../open/configured.js';
import { type CheckHost, checkStore, diskCheck, type RepositoryHealth, runCheck } from './check-store.js';

export interface ExamineHost {
  /** The effective settings, except those of a kgit.yaml; presets if a source is invalid. */
  readonly settings: Settings;
  /** The settings by source, without those of a kgit.yaml; null if a source is invalid. */
  readonly layers: readonly Layer[] | null;
  readonly cwd: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly kubectl: Kubectl;
  /** Turns what a failing check throws into an error that can be told. */
  readonly asError: (thrown: unknown) => KgitError;
}

/** What `kgit doctor` found. */
export interface Examination {
  readonly checks: readonly Check[];
  /** Null if no repository could be opened. */
  readonly health: RepositoryHealth | null;
}

/** kgit's folders in the user's home. */
function ownFolders({
  HOME: home = '/',
  XDG_STATE_HOME: state,
  XDG_CACHE_HOME: cache,
}: Environment): string[] {
  return [state || join(home, '.local/state'), cache || join(home, '.cache')];
}

/** The driver's programs, and the repository; it is null if the programs have a fault. */
interface Opening {
  readonly programs: readonly Check[];
  readonly opened: OpenRepository | KgitError | null;
}

async function openChecked(host: ExamineHost, doctor: DriverDoctor | undefined): Promise<Opening> {
  const { settings, cwd, environment, asError } = host;
  const programs = doctor === undefined ? [] : await runCheck(doctor.programs(driverHost(host)), asError);
  if (programs.some(({ ok }) => !ok)) return { programs, opened: null };
  return { programs, opened: await openStateRepository(settings, cwd, environment).catch(asError) };
}

function driverHost({ settings: { timeout }, cwd, environment }: ExamineHost): DriverHost {
  return { cwd, environment, timeout };
}

/** The repository with the settings of its kgit.yaml, or why these cannot be read; null without valid settings. */
async function configure(
  { opened }: Opening,
  { layers, settings, asError }: ExamineHost,
): Promise<Configured | KgitError | null> {
  if (layers === null || opened === null || 'code' in opened) return null;
  const { store } = opened.repository;
  try {
    return await configured(opened, { layers, settings }, store.view((await store.head()).revision));
  } catch (thrown) {
    return asError(thrown);
  }
}

/** Checks who is recorded. */
function identityCheck(
  { settings, environment }: ExamineHost,
  doctor: DriverDoctor | undefined,
  identity: Identity,
): Check {
  const actor = actorOf(settings, environment, identity);
  const committer = committerOf(identity);
  const isNamed = Boolean(settings.user ?? ciUser(environment));
  return (
    doctor?.checkIdentity(identity, { actor, committer, isNamed }) ??
    passed('identity', `${actor.name} <${actor.email}>`)
  );
}

/** Runs the checks of the repository, or of what is there without one. */
async function localChecks(
  host: ExamineHost,
  doctor: DriverDoctor | undefined,
  { programs, opened }: Opening,
  settled: Configured | KgitError | null,
): Promise<Examination> {
  const { settings, environment, clock, asError } = host;
  const own: CheckHost = { clock, environment, asError, ownFolders: ownFolders(environment) };
  const disk = () => runCheck(diskCheck(own.ownFolders), asError);
  if (opened === null) return { checks: [...programs, ...(await disk())], health: null };
  if ('code' in opened) {
    const identity = identityCheck(host, doctor, (await doctor?.identity(driverHost(host))) ?? {});
    const checks = [...programs, identity, findingOf('repository', opened), ...(await disk())];
    return { checks, health: null };
  }
  const { checks, health } = await checkStore(opened, settled, settings.timeout, own);
  return { checks: [...programs, identityCheck(host, doctor, opened.identity), ...checks], health };
}

/**
 * Checks everything that kgit needs: the driver's programs, the user's identity, the repository, its remote, and the
 * cluster. It changes nothing, and what cannot be checked because of another finding is left out.
 */
export async function examine(host: ExamineHost): Promise<Examination> {
  const doctor = await abilityIfAny(host.settings, 'doctor');
  const opening = openChecked(host, doctor);
  const settling = opening.then((found) => configure(found, host));
  const cluster = {
    name: 'cluster',
    look: async () => {
      const settled = await settling;
      const managements = settled === null || 'code' in settled ? null : settled.managements;
      return checkClusterAccess(host.kubectl, managements);
    },
  };
  const { opened, programs } = await opening;
  try {
    const [{ checks, health }, ofCluster] = await Promise.all([
      settling.then((settled) => localChecks(host, doctor, { opened, programs }, settled)),
      runCheck(cluster, host.asError),
    ]);
    return { checks: [...checks, ...ofCluster], health };
  } finally {
    if (opened !== null && !('code' in opened)) await opened.repository.close();
  }
}
