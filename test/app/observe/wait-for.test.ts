import { expect, it } from 'vitest';
import { waitFor } from '../../../src/app/observe/wait-for.js';
import { ClusterError, FindingsError } from '../../../src/errors.js';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import type { KeptObject, Observation } from '../../../src/k0rdent/observe/observation.js';
import type { WaitGoal } from '../../../src/k0rdent/watch/wait-verdict.js';
import { cluster, formatSubject } from '../../../src/model/subject/subject.js';
import { fakeClock } from '../../support/store-fixtures.js';

const one = cluster('default', 'team-a', 'one');
const two = cluster('default', 'team-a', 'two');

type Seen = readonly [subject: typeof one, state: 'Ready' | 'Provisioning'][];

function kept(subject: typeof one, isReady: boolean): KeptObject {
  const object = {
    metadata: { name: subject.name, namespace: subject.namespace, uid: `uid-${subject.name}`, generation: 1 },
    spec: { template: 'aws' },
    status: {
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown', reason: 'Succeeded', message: '' }],
    },
  };
  return { object, cluster: readClusterDeployment(object) } as unknown as KeptObject;
}

/** Waits for what `looks` show one after the other, the last one again and again; an error is thrown. */
async function waiting(goal: WaitGoal, looks: readonly (Seen | Error)[], limit = 60_000) {
  const clock = fakeClock();
  const notes: string[] = [];
  let asked = 0;
  const wanted: string[][] = [];
  const look = async (clusters: readonly (typeof one)[]) => {
    wanted.push(clusters.map(({ name }) => name));
    const next = looks[Math.min(asked++, looks.length - 1)] ?? [];
    if (next instanceof Error) throw next;
    const objects = new Map(
      next.map(([subject, state]) => [formatSubject(subject), kept(subject, state === 'Ready')]),
    );
    return { contexts: [], objects } as Pick<Observation, 'contexts' | 'objects'>;
  };
  const options = { goal, limit, contexts: ['eu'], clock, look, note: (text: string) => notes.push(text) };
  const ended = await waitFor([one, two, one], options).catch((error: unknown) => error);
  return { ended, notes, asked, wanted };
}

it('ends when each cluster was as wanted at one look, and asks for the others alone from then on', async () => {
  const { ended, wanted } = await waiting('Ready', [[], [[one, 'Ready']], [[two, 'Ready']]]);
  expect(ended).toMatchObject([
    { subject: formatSubject(one), state: 'Ready' },
    { subject: formatSubject(two) },
  ]);
  expect(wanted).toEqual([['one', 'two'], ['one', 'two'], ['two']]);
});

it('fails at the limit, with what it saw last', async () => {
  const { ended, notes } = await waiting('Ready', [[[one, 'Ready']]], 10_000);
  expect(ended).toBeInstanceOf(FindingsError);
  expect(ended).toMatchObject({ data: { subject: formatSubject(two), state: null, reason: 'timeout' } });
  expect((ended as FindingsError).suggestions[0]).toContain('kgit status -n team-a --context eu');
  expect(notes).toContain(`${formatSubject(two)}: not there`);
});

it('fails when a cluster that was there is gone', async () => {
  const { ended } = await waiting('Ready', [[[one, 'Provisioning']], []]);
  expect(ended).toMatchObject({ data: { subject: formatSubject(one), state: null, reason: 'failed' } });
});

it('goes on while a failure passes, and tells each cause once', async () => {
  const away = new ClusterError('away', { data: { cause: 'unreachable' } });
  const there: Seen = [
    [one, 'Ready'],
    [two, 'Ready'],
  ];
  const { ended, notes } = await waiting('Ready', [away, away, away, there]);
  expect(ended).toHaveLength(2);
  expect(notes.filter((text) => text.includes('keeps trying'))).toHaveLength(1);
  expect(notes).toContain('the cluster answers again');
});

it('throws at once what only the user can mend', async () => {
  const denied = new ClusterError('denied', { data: { cause: 'no-kubectl' } });
  const { ended, asked } = await waiting('Ready', [denied]);
  expect(ended).toBe(denied);
  expect(asked).toBe(1);
});

it('fails at the limit with the last failure, where the cluster never answers', async () => {
  const away = new ClusterError('away', { data: { cause: 'unreachable' } });
  const { ended, asked } = await waiting('Ready', [away], 10_000);
  expect(ended).toBe(away);
  expect(asked).toBeGreaterThan(1);
});

it('goes on while a server that has just come back refuses access, and not for long', async () => {
  const away = new ClusterError('away', { data: { cause: 'refused' } });
  const denied = new ClusterError('denied', { data: { cause: 'forbidden' } });
  const there: Seen = [
    [one, 'Ready'],
    [two, 'Ready'],
  ];
  expect((await waiting('Ready', [away, denied, denied, denied, there])).ended).toHaveLength(2);
  const refused = await waiting('Ready', [away, denied], 3_600_000);
  expect(refused.ended).toBe(denied);
  expect(refused.asked).toBeGreaterThan(5);
  expect((await waiting('Ready', [denied, there])).ended).toBe(denied);
});
