import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InterruptedError } from '../../../src/errors.js';
import type { FailureCause } from '../../../src/k0rdent/kubectl/failure.js';
import type { Kubectl } from '../../../src/k0rdent/kubectl/kubectl.js';
import { observe } from '../../../src/k0rdent/observe/observe.js';
import type { Fault, FaultKind } from '../../support/api-server/faults.js';
import { SAMPLES_NOW } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { until } from '../../support/patience.js';
import { clusterErrorOf, kubectlFor, requireKubectl, samples } from '../support.js';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ clusters: samples() });
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

const look = (kubectl: Kubectl) =>
  observe({ kubectl, managements: [{ name: 'default', identities: [] }], now: () => SAMPLES_NOW });
const onGroup: Fault['when'] = ({ path }) => path === '/apis/k0rdent.mirantis.com';
const onList: Fault['when'] = ({ path }) => path.endsWith('/clusterdeployments');

/** A program in kubectl's place. */
function script(body: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'kgit-kubectl-')), 'kubectl');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('a failing API server', () => {
  it.each<[FaultKind, FailureCause, FailureCause]>([
    ['unauthorized', 'unauthorized', 'unauthorized'],
    ['forbidden', 'forbidden', 'forbidden'],
    ['no-group', 'no-k0rdent', 'not-found'],
    ['throttled', 'throttled', 'throttled'],
    ['internal-error', 'server-error', 'server-error'],
    ['unavailable', 'server-error', 'server-error'],
    ['garbage', 'unexpected-answer', 'unexpected-answer'],
    ['login-page', 'unexpected-answer', 'unexpected-answer'],
    ['cut', 'connection-cut', 'connection-cut'],
    ['hang', 'timeout', 'timeout'],
  ])('%s: %s at discovery, %s in the list, never an empty list', async (kind, atGroup, inList) => {
    const kubectl = kubectlFor(server, undefined, { requestTimeoutMs: 400 });
    server.inject({ kind, when: onGroup });
    const early = await clusterErrorOf(look(kubectl));
    server.reset();
    server.inject({ kind, when: onList });
    const late = await clusterErrorOf(look(kubectl));
    expect([early.data['cause'], late.data['cause']]).toEqual([atGroup, inList]);
    for (const error of [early, late]) {
      expect(error.exitCode).toBe(17);
      expect(error.message).toMatch(/^context "admin": /);
      expect(error.message).not.toMatch(/[\u0000-\u001f]/);
      expect(error.suggestions).toHaveLength(1);
    }
  });

  const GROUP = '{"kind":"APIGroup","versions":[{"version":"v1beta1"}]}';
  it.each([
    ['{}', ''],
    ['{"kind":"Status"}', ''],
    [GROUP, '{}'],
    [GROUP, '{"items":[]}'],
    [GROUP, '{"kind":"ClusterDeploymentList","items":{}}'],
    [GROUP, '{"kind":"Status","items":[]}'],
  ])('answers with JSON that is not what was asked for: %s %s', async (group, list) => {
    const program = script(`case "$*" in
      *"config view"*) echo '{"current-context":"x","clusters":[{"cluster":{"server":"https://u:p@s/"}}]}';;
      */apis/k0rdent.mirantis.com) echo '${group}';;
      */clusterdeployments*) echo '${list}';;
      *) echo 'Error from server (Forbidden): no' >&2; exit 1;; esac`);
    const error = await clusterErrorOf(look(kubectlFor(server, undefined, { program })));
    expect(error.data['cause']).toBe('unexpected-answer');
  });
});

describe('a kubeconfig that does not work', () => {
  const withKubeconfig = (kubeconfig: string, context?: string) =>
    clusterErrorOf(look(kubectlFor(server, context, { kubeconfig })));
  const cause = async (...args: Parameters<typeof withKubeconfig>) =>
    (await withKubeconfig(...args)).data['cause'];

  it('has no such context, or none at all', async () => {
    expect(await cause(server.kubeconfig, 'nope')).toBe('unknown-context');
    expect(await cause(server.kubeconfig, '--server=https://evil')).toBe('unknown-context');
    expect(await cause(server.writeKubeconfig([]))).toBe('no-context');
    expect(server.requests).toEqual([]);
  });

  it('is missing or no YAML', async () => {
    expect(await cause('/nonexistent/kubeconfig')).toBe('kubeconfig');
    const broken = join(mkdtempSync(join(tmpdir(), 'kgit-kubeconfig-')), 'config');
    writeFileSync(broken, '{{{');
    expect(await cause(broken)).toBe('kubeconfig');
  });

  it('has bad credentials or none; the token is in no message', async () => {
    const contexts = [{ name: 'expired', token: 'a-secret-token' }, { name: 'empty' }];
    const kubeconfig = server.writeKubeconfig(contexts);
    const error = await withKubeconfig(kubeconfig, 'expired');
    expect(error.data['cause']).toBe('unauthorized');
    expect(JSON.stringify(error)).not.toContain('a-secret-token');
    expect(['no-credentials', 'unauthorized']).toContain(await cause(kubeconfig, 'empty'));
  });

  it('leads to no server, a name that does not resolve, or a certificate that is not trusted', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => unused.once('listening', listening));
    const { port } = unused.address() as AddressInfo;
    await new Promise((closed) => unused.close(closed));
    const kubeconfig = server.writeKubeconfig([
      { name: 'refused', token: 'x', server: `https://127.0.0.1:${port}` },
      { name: 'untrusted', token: 'admin', trusted: false },
      { name: 'unresolved', token: 'x', server: 'https://no-such-host.invalid' },
    ]);
    expect(await cause(kubeconfig, 'refused')).toBe('refused');
    expect(await cause(kubeconfig, 'untrusted')).toBe('tls');
    expect(await cause(kubeconfig, 'unresolved')).toBe('dns');
  });
});

describe('the kubectl program', () => {
  const causeWith = async (more: Parameters<typeof kubectlFor>[2]) =>
    (await clusterErrorOf(kubectlFor(server, 'admin', more).get('/version'))).data['cause'];

  it('is missing, or cannot be started', async () => {
    expect(await causeWith({ program: '/nonexistent/kubectl' })).toBe('kubectl-missing');
    expect(await causeWith({ environment: { PATH: '/nonexistent' } })).toBe('kubectl-missing');
    const program = script('');
    chmodSync(program, 0o644);
    expect(await causeWith({ program })).toBe('kubectl-failed');
  });

  it('is killed when it takes too long, and an auth plugin that outlives it is let go of', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kgit-killed-'));
    const [pid, letGo] = [join(folder, 'pid'), join(folder, 'let-go')];
    const program = script(`echo $$ > ${pid}
      (trap '' PIPE; while echo x; do sleep 0.05; done; touch ${letGo}) 2>/dev/null & wait; sleep 60`);
    expect(await causeWith({ program, timeoutMs: 2_000 })).toBe('timeout');
    await until(() => existsSync(letGo));
    expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
  });

  it('is killed when it says too much', async () => {
    expect(await causeWith({ program: script('yes'), maxOutputBytes: 100_000 })).toBe('too-large');
  });

  it("is killed when the command's time is up, or the user ends it", async () => {
    const program = script('sleep 600');
    expect(await causeWith({ program, signal: AbortSignal.timeout(50) })).toBe('timeout');
    const interrupted = kubectlFor(server, 'admin', { program, signal: AbortSignal.abort() });
    await expect(interrupted.get('/version')).rejects.toThrow(InterruptedError);
  });

  it("gets the user's environment, and values that cannot become flags", async () => {
    const program = script('printf \'{"plugin":"%s","args":"%s"}\' "$MY_PLUGIN" "$*"');
    const environment = { ...process.env, MY_PLUGIN: 'works' };
    const kubectl = kubectlFor(server, '--help', {
      program,
      environment,
      kubeconfig: '-x',
      requestTimeoutMs: 5000,
    });
    expect(await kubectl.get('/version')).toEqual({
      plugin: 'works',
      args: '--kubeconfig=-x --context=--help --request-timeout=5000ms get --raw /version',
    });
  });

  it('runs in a pod by its service account, where no context is chosen', async () => {
    const program = script(`case "$*" in
      *"config view"*) echo 'error: current-context must exist in order to minify' >&2; exit 1;;
      *--context*) echo 'error: context "in-cluster" does not exist' >&2; exit 1;;
      */apis/k0rdent.mirantis.com) echo '{"kind":"APIGroup","versions":[{"version":"v1beta1"}]}';;
      */clusterdeployments*) echo '{"kind":"ClusterDeploymentList","items":[]}';;
      *) echo 'Error from server (Forbidden): no' >&2; exit 1;; esac`);
    const environment = {
      ...process.env,
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '443',
    };
    const { contexts } = await look(kubectlFor(server, undefined, { program, environment }));
    expect(contexts[0]).toMatchObject({ context: 'in-cluster', identity: 'server:https://10.0.0.1:443' });
  });
});
