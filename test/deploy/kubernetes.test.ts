import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Interfaces } from '@oclif/core';
import { validate } from 'dockerfile-utils';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import Serve from '../../src/commands/serve.js';
import { temporaryFolder } from '../support/git-fixtures.js';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy/kubernetes');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: the compiler checks its shape below.
  readonly spec?: any;
  readonly rules?: unknown;
}

/** The module of kubernetes-types that declares the kinds of a group and version. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'rbac.authorization.k8s.io/v1': 'rbac/v1',
};

let manifests: readonly Manifest[];

function only(kind: string): Manifest {
  const [found, ...more] = manifests.filter((manifest) => manifest.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} manifests of kind ${kind}`);
  return found;
}

function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What the type checker says of manifests that are written as literals: missing, unknown and wrong fields. */
function faultsOf(checked: readonly Manifest[]): string[] {
  const file = join(temporaryFolder(), 'manifests.ts');
  const lines = checked.map((manifest, i) => {
    const from = join(root, 'node_modules/kubernetes-types', `${MODULES[manifest.apiVersion]}.js`);
    return `import type { ${manifest.kind} as K${i} } from ${JSON.stringify(from)};\nexport const m${i}: K${i} = ${JSON.stringify(manifest, null, 1)};`;
  });
  writeFileSync(file, lines.join('\n'));
  const options = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: false,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const program = ts.createProgram([file], options);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

beforeAll(() => {
  const { stdout, stderr, status } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`kubectl kustomize: ${stderr}`);
  manifests = manifestsOf(stdout);
});

describe('the manifests of kgit serve', () => {
  it('have the fields that Kubernetes knows, each of its type', () => {
    expect(manifests.length).toBeGreaterThan(7);
    expect(faultsOf(manifests)).toEqual([]);
  });

  it('would be refused with an unknown field, or one of another type', () => {
    const deployment = only('Deployment');
    const unknown = { ...deployment, spec: { ...deployment.spec, replica: 1 } };
    const wrong = { ...deployment, spec: { ...deployment.spec, replicas: 'one' } };
    expect(faultsOf([unknown, wrong])).toEqual([
      expect.stringContaining('\'"replica"\' does not exist'),
      expect.stringContaining("'string' is not assignable to type 'number'"),
    ]);
  });

  it('run without rights that the pod security standard "restricted" refuses', () => {
    const { template } = only('Deployment').spec;
    const [container, ...more] = template.spec.containers;
    expect(more).toEqual([]);
    expect(template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('take over the locks of a pod that was lost: one pod at a time, and each of the same host name', () => {
    const { replicas, strategy, template } = only('Deployment').spec;
    expect({ replicas, strategy }).toEqual({ replicas: 1, strategy: { type: 'Recreate' } });
    // By itself it would be the name of the pod, and a lock of another host is never broken.
    expect(template.spec.hostname).toBe('kgit-serve');
  });

  it('name each other: labels, ports, volumes and the configuration', () => {
    const { selector, template } = only('Deployment').spec;
    const [container] = template.spec.containers;
    const service = only('Service').spec;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(template.metadata.labels).toMatchObject(service.selector);
    const ports = container.ports.map(({ name }: { name: string }) => name);
    expect(ports).toContain(service.ports[0].targetPort);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(ports).toContain(container[probe].httpGet.port);
    const volumes = template.spec.volumes.map(({ name }: { name: string }) => name).sort();
    expect(container.volumeMounts.map(({ name }: { name: string }) => name).sort()).toEqual(volumes);
    const config = template.spec.volumes.find(({ name }: { name: string }) => name === 'config');
    expect(config.configMap.name).toBe(only('ConfigMap').metadata.name);
    expect(template.spec.serviceAccountName).toBe(only('ServiceAccount').metadata.name);
    expect(only('PersistentVolumeClaim').metadata.name).toBe(
      template.spec.volumes.find(({ name }: { name: string }) => name === 'data').persistentVolumeClaim
        .claimName,
    );
  });

  it('start the server with flags that it has', () => {
    const [command, ...args]: string[] = only('Deployment').spec.template.spec.containers[0].args;
    expect(command).toBe('serve');
    const flags: Interfaces.FlagInput = { ...Serve.baseFlags, ...Serve.flags };
    const known = Object.entries(flags).flatMap(([name, flag]) =>
      flag.type === 'boolean' && flag.allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`],
    );
    expect(args.map((arg) => arg.split('=')[0]).filter((flag) => !known.includes(flag ?? ''))).toEqual([]);
  });

  it('give the rights of docs/rbac.yaml, which only read', () => {
    const documented = manifestsOf(readFileSync(join(root, 'docs/rbac.yaml'), 'utf8'));
    const { rules } = only('ClusterRole');
    expect(rules).toEqual(documented.find(({ kind }) => kind === 'ClusterRole')?.rules);
    const verbs = (rules as { verbs: string[] }[]).flatMap((rule) => rule.verbs);
    expect(new Set(verbs)).toEqual(new Set(['get', 'list', 'watch']));
  });
});

it('the Dockerfile is valid, compiles kgit for all users, and its last stage runs as another user than root', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  expect(validate(text).map(({ message }) => message)).toEqual([]);
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const [, user] = /^USER (\d+):\d+$/m.exec(last) ?? [];
  expect(Number(user)).toBe(only('Deployment').spec.template.spec.securityContext.runAsUser);
  // As root: the user of the image could not write beside the program.
  expect(last.slice(0, last.indexOf('\nUSER '))).toContain('/kgit/bin/keep-code.sh"');
});
