import { describe, expect, it } from 'vitest';
import { sample } from '../../k0rdent/support.js';
import { BESIDE, besideClusters, ingress, isFor } from '../../support/beside-clusters.js';

const { holds, shown, reported, failed, server, told, health } = besideClusters();

describe('kgit status, where a kind cannot be read', () => {
  it('denied: it is told once, and nothing else suffers', async () => {
    for (const plural of BESIDE) server().inject({ kind: 'forbidden', when: isFor(plural) });
    expect(await told()).toEqual([
      'not seen: Region, Credential, MultiClusterService, SveltosCluster, AccessManagement (denied)',
    ]);
    const { k0rdent, clusters } = await health();
    expect(k0rdent?.notSeen.map(({ cause }) => cause)).toEqual(Array(5).fill('forbidden'));
    expect(clusters).toHaveLength(1);
  });

  it('a user who may list clusters alone is told that nothing of it was seen, and not that it is ready', async () => {
    const stdout = (await shown('text', ['reader'])).join('\n');
    expect(stdout).toContain(
      'not seen: Management, Region, Credential, MultiClusterService, SveltosCluster, AccessManagement (denied)',
    );
    expect(stdout).not.toContain('ready on');
    expect(stdout).not.toMatch(/k0rdent .*ready/);
  });

  it('not served, as Region by an older kcm', async () => {
    holds([], { versions: ['v1alpha1'] });
    expect(await told()).toEqual(['not seen: Region (not served)']);
    expect((await health()).k0rdent?.notSeen).toEqual([{ kind: 'Region', cause: 'not-found' }]);
  });

  it('failed: an error of the server, or an answer that is none', async () => {
    server().inject({ kind: 'internal-error', when: isFor('credentials') });
    server().inject({ kind: 'garbage', when: isFor('regions') });
    expect(await told()).toEqual([
      'not seen: Region (failed, unexpected-answer); Credential (failed, server-error)',
    ]);
  });
});

describe('kgit status, of several contexts of one management cluster', () => {
  it('tells what the one of them sees that may read most', async () => {
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    for (const order of [
      ['reader', 'admin'],
      ['admin', 'reader'],
    ]) {
      const lines = await told('text', order);
      expect(lines).toContain('! region eu-dc1 is paused');
      expect(lines.filter((line) => line.includes('MultiClusterService ingress covers'))).toHaveLength(1);
      expect(lines.filter((line) => line.startsWith('not seen'))).toEqual([]);
    }
  });

  it('says nothing of one that cannot be asked, beside one that can', async () => {
    const { contexts } = await reported(['admin', 'nobody']);
    expect(contexts.map(({ k0rdent, error }) => [k0rdent === null, error === null])).toEqual([
      [false, true],
      [true, false],
    ]);
  });
});

describe('what scripts ask for', () => {
  it('--fail-on k0rdent, unreachable, services-missing, not-seen', async () => {
    const found = () => failed('k0rdent', 'unreachable', 'services-missing', 'not-seen');
    expect(await found()).toEqual([]);
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    expect(await found()).toEqual(['k0rdent', 'services-missing']);
    holds([sample('sveltos-01-down.yaml')], { clusters: [sample('adopted-i953-bad-kubeconfig.yaml')] });
    expect(await found()).toEqual(['unreachable']);
    server().inject({ kind: 'forbidden', when: isFor('regions') });
    expect(await found()).toContain('not-seen');
    server().reset();
    holds([], { versions: ['v1alpha1'] });
    expect(await found()).toEqual([]);
  });

  it('metrics of it, and none of what was not seen', async () => {
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    const metrics = await shown('prometheus');
    expect(metrics).toContain('kgit_k0rdent_ready{management="default"} 1');
    expect(metrics).toContain('kgit_k0rdent_problems{management="default",kind="region"} 1');
    expect(metrics).toContain('kgit_cluster_findings{management="default",kind="services-missing"} 1');
    const reader = await shown('prometheus', ['reader']);
    // The clusters themselves tell what kcm has not looked at.
    expect(reader.filter((line) => line.startsWith('kgit_k0rdent_'))).toEqual([
      'kgit_k0rdent_problems{management="default",kind="not-seen-by-kcm"} 0',
      'kgit_k0rdent_kinds_not_seen{management="default"} 6',
    ]);
    expect(reader.filter((line) => line.startsWith('kgit_cluster_findings{'))).toEqual([]);
  });
});
