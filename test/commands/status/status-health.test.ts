import { describe, expect, it } from 'vitest';
import { sample } from '../../k0rdent/support.js';
import { BESIDE, besideClusters, ingress } from '../../support/beside-clusters.js';

const { holds, run, status, asked } = besideClusters();

describe('kgit status, of what lies beside the clusters', () => {
  it('says in the last line that all is well, and above it what is not', async () => {
    const well = (await status()).stdout.trimEnd().split('\n');
    expect(well.at(-1)).toMatch(/^main@.*, k0rdent kcm-1-11-0 ready$/);
    holds([sample('rgn-01-paused.yaml')]);
    expect((await status()).stdout).toContain('\n! region eu-dc1 is paused\n');
  });

  it('asks for none of it for one cluster, unless --fail-on has a word of it; nor do backfill and wait', async () => {
    await run('backfill', '--dry-run');
    await run('wait', 'kcm-system/azure-prod-weu', '--for', 'ready');
    const { json } = await status('kcm-system/azure-prod-weu', '--json');
    expect(json.contexts[0].k0rdent).toBeNull();
    expect(asked().filter((one) => BESIDE.includes(one))).toEqual([]);
    holds([ingress()]);
    const found = await status('kcm-system/azure-prod-weu', '--fail-on', 'services-missing');
    expect([found.code, found.stderr]).toEqual([3, '--fail-on: services-missing\n']);
  });

  it('asks many contexts at a time, and exits 17 where one does not answer', async () => {
    const names = ['admin', 'viewer', 'reader', 'team', 'nobody'];
    const { code, stderr } = await status(...names.flatMap((name) => ['--context', name]));
    expect(code).toBe(17);
    // Of listeners to a signal, Node warns from the eleventh on.
    expect(stderr).not.toContain('Warning');
  });

  it('prints metrics of it', async () => {
    const { stdout } = await status('-o', 'prometheus');
    expect(stdout).toContain('kgit_k0rdent_ready{management="default"} 1\n');
  });
});
