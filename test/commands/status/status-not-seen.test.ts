import { describe, expect, it } from 'vitest';
import { sample } from '../../k0rdent/support.js';
import { BESIDE, besideClusters, ingress, isFor } from '../../support/beside-clusters.js';

const { holds, status, server, told, health } = besideClusters();

describe('kgit status, where a kind cannot be read', () => {
  it('denied: it is told once, and nothing else suffers', async () => {
    for (const plural of BESIDE) server().inject({ kind: 'forbidden', when: isFor(plural) });
    expect(await told()).toEqual([
      'not seen: Region, Credential, MultiClusterService, SveltosCluster, AccessManagement (denied)',
    ]);
    const { k0rdent, clusters } = await health();
    expect(k0rdent.notSeen.map(({ cause }: { cause: string }) => cause)).toEqual(Array(5).fill('forbidden'));
    expect(clusters).toHaveLength(1);
  });

  it('a user who may list clusters alone is told that nothing of it was seen, and not that it is ready', async () => {
    const { stdout, code } = await status('--context', 'reader');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'not seen: Management, Region, Credential, MultiClusterService, SveltosCluster, AccessManagement (denied)',
    );
    expect(stdout).not.toContain('ready on');
    expect(stdout).not.toMatch(/k0rdent .*ready/);
  });

  it('not served, as Region by an older kcm', async () => {
    holds([], { versions: ['v1alpha1'] });
    expect(await told()).toEqual(['not seen: Region (not served)']);
    expect((await health()).k0rdent.notSeen).toEqual([{ kind: 'Region', cause: 'not-found' }]);
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
      const contexts = order.flatMap((name) => ['--context', name]);
      const { stdout, code } = await status(...contexts);
      expect(code).toBe(0);
      expect(stdout).toContain('! region eu-dc1 is paused\n');
      expect(stdout.match(/MultiClusterService ingress covers/g)).toHaveLength(1);
      expect(stdout).not.toContain('not seen');
      expect((await status(...contexts, '--fail-on', 'not-seen')).code).toBe(0);
    }
  });

  it('asks many at a time without a word of Node about who listens to a signal', async () => {
    const { stderr } = await status(
      ...['admin', 'viewer', 'reader', 'team', 'nobody'].flatMap((name) => ['--context', name]),
    );
    expect(stderr).not.toContain('Warning');
  });

  it('says nothing of one that cannot be asked, beside one that can', async () => {
    const { json, code } = await status('--context', 'admin', '--context', 'nobody', '--json');
    expect(code).toBe(17);
    expect(json.contexts.map(({ k0rdent }: { k0rdent: object | null }) => k0rdent === null)).toEqual([
      false,
      true,
    ]);
  });
});

describe('what scripts ask for', () => {
  const exit = async (...args: string[]) => (await status(...args)).code;

  it('--fail-on k0rdent, unreachable, services-missing, not-seen', async () => {
    const words = ['k0rdent', 'unreachable', 'services-missing', 'not-seen'];
    const codes = async () => Promise.all(words.map((word) => exit('--fail-on', word)));
    expect(await codes()).toEqual([0, 0, 0, 0]);
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    expect(await codes()).toEqual([3, 0, 3, 0]);
    holds([sample('sveltos-01-down.yaml')], { clusters: [sample('adopted-i953-bad-kubeconfig.yaml')] });
    expect(await codes()).toEqual([0, 3, 0, 0]);
    expect(await exit('kcm-system/i953-adopted-bad-kubeconfig', '--fail-on', 'unreachable')).toBe(3);
    server().inject({ kind: 'forbidden', when: isFor('regions') });
    expect(await exit('--fail-on', 'not-seen')).toBe(3);
    server().reset();
    holds([], { versions: ['v1alpha1'] });
    expect(await exit('--fail-on', 'not-seen')).toBe(0);
  });

  it('metrics of it, and none of what was not seen', async () => {
    holds([sample('rgn-01-paused.yaml'), ingress()]);
    const { stdout } = await status('-o', 'prometheus');
    expect(stdout).toContain('kgit_k0rdent_ready{management="default"} 1\n');
    expect(stdout).toContain('kgit_k0rdent_problems{management="default",kind="region"} 1\n');
    expect(stdout).toContain('kgit_cluster_findings{management="default",kind="services-missing"} 1\n');
    const reader = (await status('-o', 'prometheus', '--context', 'reader')).stdout;
    expect(reader).not.toContain('kgit_k0rdent_ready{');
    // The clusters themselves tell what kcm has not looked at.
    expect(reader.match(/^kgit_k0rdent_problems.*$/gm)).toEqual([
      'kgit_k0rdent_problems{management="default",kind="not-seen-by-kcm"} 0',
    ]);
    expect(reader).not.toContain('kgit_cluster_findings{');
    expect(reader).toContain('kgit_k0rdent_kinds_not_seen{management="default"} 6\n');
  });
});
