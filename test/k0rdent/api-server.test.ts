import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { requireKubectl, samples } from './support.js';

describe('the API server as a program of its own', () => {
  it('prints a kubeconfig that works, serves the samples, and ends when told', async () => {
    requireKubectl();
    const program = spawn(process.execPath, ['test/support/api-server/serve.mjs', '--clusters', '3'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(program.stdout, 'data')) as [Buffer];
      const kubectl = (...args: string[]) =>
        execFileSync('kubectl', [`--kubeconfig=${line.toString().trim()}`, ...args], { encoding: 'utf8' });
      expect(kubectl('config', 'get-contexts', '-o', 'name').split('\n')).toContain('team');
      const list = kubectl('get', '--raw', '/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments');
      expect(JSON.parse(list).items).toHaveLength(samples().length + 3);
    } finally {
      program.kill('SIGTERM');
      expect(await once(program, 'exit')).toEqual([0, null]);
    }
  });
});
