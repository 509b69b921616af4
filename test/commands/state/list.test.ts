import { describe, expect, it } from 'vitest';
import { legacySlug } from '../../../src/model/subject/subject.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, expectResult, stateRepository } from '../../support/state-repository.js';

const slug = legacySlug('My_Cluster');
const event = (action: string) =>
  `id: 01JZXK5B7Q3M8N2V4C6D9F0G1H\ntimestamp: "2025-07-11T14:30:00Z"\naction: ${action}\nsource: {name: My_Cluster}\n`;
const legacy = () =>
  stateRepository({
    [`clusters/default/kcm-system/${slug}/events/2025-07/01JZXK5B7Q3M8N2V4C6D9F0G1H-made.yaml`]:
      event('made'),
    [`deployments/${legacySlug('My_Dep')}/state.yaml`]: 'phase: x\n',
  });

describe('kgit list', () => {
  it('lists subjects in order, with the number of their events and the last one', async () => {
    const path = stateRepository();
    await kgitJson(path, ['push-event', 'first', '--cluster', 'prod']);
    const last = await kgitJson(path, ['push-event', 'second', '--cluster', 'prod']);
    const json = await kgitJson(path, ['list']);
    expectResult(json, 'List');
    expect(json.items).toEqual([
      {
        subject: 'cluster/default/kcm-system/prod',
        events: 2,
        lastEvent: expect.objectContaining({ id: last.id }),
      },
      { subject: 'deployment/dep-a', events: 0, lastEvent: null },
    ]);
    expect(json.items[0].lastEvent.subject).toBe('cluster/default/kcm-system/prod');
    const { stdout } = await kgit(path, ['list', 'clusters', '-o', 'name']);
    expect(stdout).toBe('cluster/default/kcm-system/prod\n');
    expectFailure(await kgit(path, ['list', 'pods', '--json']), 'USAGE', 2);
  });

  it('accepts a legacy name wherever its slug is recorded, and nowhere else', async () => {
    const path = legacy();
    const [log, qualified, push, get, set, events, none] = await inTurn([
      () => kgitJson(path, ['log', 'My_Cluster']),
      () => kgitJson(path, ['log', 'cluster/default/kcm-system/My_Cluster']),
      () => kgitJson(path, ['push-event', 'x', '--cluster', 'My_Cluster', '--dry-run']),
      () => kgit(path, ['get', 'phase', '--deployment', 'My_Dep']),
      () =>
        kgitJson(path, ['set', '--create-key', 'a=1', '--dry-run'], { env: { KGIT_DEPLOYMENT: 'My_Dep' } }),
      () =>
        kgitJson(path, ['push-event', '--stdin', '--dry-run'], {
          input: '{"subject":"deployment/My_Dep","action":"x"}',
        }),
      () => kgit(path, ['log', 'Your_Cluster', '--json']),
    ]);
    for (const json of [log, qualified]) expect(json.events).toMatchObject([{ action: 'made' }]);
    expect(push.subject).toBe(`cluster/default/kcm-system/${slug}`);
    expect(get.stdout).toBe('x\n');
    expect(set.subject).toBe(`deployment/${legacySlug('My_Dep')}`);
    expect(events.accepted).toBe(1);
    expectFailure(none, 'USAGE', 2);
  });
});
