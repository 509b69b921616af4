import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ExamineHost, examine } from '../../../src/app/doctor/examine.js';
import { asKgitError } from '../../../src/cli/base/failure.js';
import { ClusterError, EnvironmentError, NoRepositoryError } from '../../../src/errors.js';
import type { Kubectl } from '../../../src/k0rdent/kubectl/kubectl.js';
import { finding, passed } from '../../../src/model/value/check.js';
import { DRIVERS } from '../../../src/setup/drivers.js';
import { DEFAULT_SETTINGS } from '../../../src/setup/settings.js';
import type { DriverDoctor } from '../../../src/store/port/abilities.js';
import type { OpenedStore } from '../../../src/store/port/driver.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { MemoryStore } from '../../support/memory-store.js';
import { commit } from '../../support/store-contract.js';
import { fakeClock } from '../../support/store-fixtures.js';

const MARKER = 'apiVersion: kgit/v1\nkind: StateRepository\nmanagements:\n  default: {}\n';

/** A kubectl that is not installed. */
const kubectl = {
  json: async () => {
    throw new ClusterError('kubectl is not installed');
  },
} as Partial<Kubectl> as Kubectl;

const DOCTOR: DriverDoctor = {
  programs: () => ({ name: 'program', look: async () => [passed('program', '1.0')] }),
  identity: async () => ({ name: 'Grace', email: 'grace@example.com' }),
  checkIdentity: ({ name }, { actor }) => passed('identity', `${name}, recorded as ${actor.name}`),
};

let store: MemoryStore;
let more: Partial<OpenedStore>;
let doctor: DriverDoctor | undefined;
let failure: Error | null;

async function examined(host: Partial<ExamineHost> = {}) {
  const home = temporaryFolder();
  const { checks, health } = await examine({
    settings: { ...DEFAULT_SETTINGS, backend: 'checked' },
    layers: [{}],
    cwd: '/',
    environment: { HOME: home, KGIT_USER: 'ada' },
    clock: fakeClock(),
    kubectl,
    asError: asKgitError,
    ...host,
  });
  const of = (name: string) => checks.find((check) => check.name === name);
  const names = checks.map(({ name }) => name);
  return { health, names, of, bad: checks.filter(({ ok }) => !ok).map(({ name }) => name) };
}

beforeEach(async () => {
  store = new MemoryStore();
  [more, doctor, failure] = [{}, DOCTOR, null];
  await store.swap(null, [commit({ 'kgit.yaml': MARKER })], 0);
  DRIVERS.set('checked', {
    schemes: [],
    options: {},
    load:
      async () =>
      async ({ localFolder }) => {
        if (failure) throw failure;
        const about = { path: 'memory', name: 'memory', where: 'memory', identity: {}, review: null };
        return { store, localFolder: await localFolder(store.target), ...about, ...more };
      },
    abilities: async () => (doctor ? { doctor } : {}),
  });
});
afterEach(() => DRIVERS.delete('checked'));

describe('an examination', () => {
  it('checks every store alike, with the checks of its driver in between', async () => {
    const check = (name: string) => ({ name, look: async () => [passed(name, '')] });
    more = { checks: async () => ({ files: [check('files')], store: [check('server')] }) };
    const { names, bad, health } = await examined();
    expect(names).toEqual([
      'program',
      'identity',
      'repository',
      'files',
      'local-files',
      'disk',
      'outbox',
      'pushes',
      'server',
      'kubectl',
    ]);
    expect(bad).toEqual(['kubectl']);
    expect(health).toEqual({ ...(await store.head()), waiting: [], pushes: [] });
  });

  it('needs no ability of the driver', async () => {
    doctor = undefined;
    const { names, of } = await examined();
    expect(names.slice(0, 2)).toEqual(['identity', 'repository']);
    expect(of('identity')?.ok).toBe(true);
  });

  it('opens no store if the programs have a fault', async () => {
    doctor = {
      ...DOCTOR,
      programs: () => ({ name: 'program', look: async () => [finding('program', 'old', 'Update')] }),
    };
    failure = new Error('opened');
    expect((await examined()).names).toEqual(['program', 'disk', 'kubectl']);
    const look = async () => {
      throw new EnvironmentError('program is not installed');
    };
    doctor = { ...DOCTOR, programs: () => ({ name: 'program', look }) };
    expect((await examined()).bad).toEqual(['program', 'kubectl']);
  });

  it('tells who is recorded where there is no repository', async () => {
    failure = new NoRepositoryError('there is none', { suggestions: ['kgit init'] });
    const { names, of, health } = await examined();
    expect(names).toEqual(['program', 'identity', 'repository', 'disk', 'kubectl']);
    expect(of('repository')).toMatchObject({ ok: false, detail: 'there is none', fix: 'kgit init' });
    expect(of('identity')?.detail).toBe('Grace, recorded as Grace');
    expect(health).toBeNull();
  });

  it.each([
    ['no YAML', 'a: ['],
    ['of another version', 'apiVersion: kgit/v9\n'],
    ['with a wrong setting', `${MARKER}settings: {timeout: x}\n`],
  ])('finds a kgit.yaml that is %s, and goes on', async (_what, text) => {
    await store.swap((await store.head()).revision, [commit({ 'kgit.yaml': text })], 0);
    const { bad, of } = await examined();
    expect(bad).toEqual(['repository', 'kubectl']);
    expect(of('repository')?.detail).toContain('kgit.yaml');
  });

  it('without valid settings reads kgit.yaml alone', async () => {
    expect((await examined({ layers: null })).bad).toEqual(['kubectl']);
    const text = `${MARKER}settings: {timeout: x}\n`;
    await store.swap((await store.head()).revision, [commit({ 'kgit.yaml': text })], 0);
    expect((await examined({ layers: null })).bad).toEqual(['kubectl']);
  });

  it('turns the failure of one check into its finding', async () => {
    const look = async () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC', path: '/srv' });
    };
    more = { checks: async () => ({ files: [{ name: 'files', look }], store: [] }) };
    const { bad, of } = await examined();
    expect(bad).toEqual(['files', 'kubectl']);
    expect(of('files')?.detail).toBe('/srv: the disk is full');
  });
});
