import { execFileSync } from 'node:child_process';
import { git } from '../git-fixtures.js';
import { MARKER, STATE } from '../state-repository.js';
import { plainRepository } from './place.js';

/** A tree as git stores it, also one that no work tree could hold: names to texts, folders or links. */
export interface Tree {
  readonly [name: string]:
    | string
    | Tree
    | { readonly mode: string; readonly oid?: string; readonly text?: string };
}

function isEntry(value: unknown): value is { mode: string; oid?: string; text?: string } {
  return typeof value === 'object' && value !== null && 'mode' in value;
}

function store(path: string, type: string, data: Buffer): string {
  const args = ['hash-object', '-w', '--literally', '-t', type, '--stdin'];
  return execFileSync('git', args, { cwd: path, input: data, encoding: 'utf8' }).trim();
}

/** Stores a tree, whatever its names, and returns its id. */
function storeTree(path: string, tree: Tree): string {
  const entries = Object.entries(tree).map(([name, value]) => {
    if (typeof value === 'string')
      return { name, mode: '100644', oid: store(path, 'blob', Buffer.from(value)) };
    if (!isEntry(value)) return { name, mode: '40000', oid: storeTree(path, value) };
    return { name, mode: value.mode, oid: value.oid ?? store(path, 'blob', Buffer.from(value.text ?? '')) };
  });
  const sortKey = ({ name, mode }: { name: string; mode: string }) => (mode === '40000' ? `${name}/` : name);
  entries.sort((a, b) => Buffer.compare(Buffer.from(sortKey(a)), Buffer.from(sortKey(b))));
  const parts = entries.flatMap(({ name, mode, oid }) => [
    Buffer.from(`${mode} ${name}\0`),
    Buffer.from(oid, 'hex'),
  ]);
  return store(path, 'tree', Buffer.concat(parts));
}

/** A bare-handed commit of `tree` as the branch main of a repository without a checkout of it. */
export function treeRepository(tree: Tree): string {
  const path = plainRepository();
  git(path, 'checkout', '--quiet', '--detach');
  const commit = git(path, 'commit-tree', storeTree(path, tree), '-m', 'by hand');
  git(path, 'update-ref', 'refs/heads/main', commit);
  return path;
}

const link = (text: string) => ({ mode: '120000', text });
const submodule = { mode: '160000', oid: '1234567890123456789012345678901234567890' };
const ID = '01JZXK5B7Q3M8N2V4C6D9F0G1H';
const EVENT = `id: ${ID}\ntimestamp: "2025-07-11T14:30:00Z"\naction: upgraded\n`;

const whole = (files: Tree): Tree => ({
  'kgit.yaml': MARKER,
  deployments: { 'dep-a': { 'state.yaml': STATE } },
  ...files,
});
const deploymentOf = (value: Tree[string]) => whole({ deployments: { 'dep-a': value } });
const eventsOf = (events: Tree) => whole({ clusters: { default: { 'kcm-system': { prod: { events } } } } });

/** Trees that the repository of a hostile or careless writer may hold. */
export const TREES: Readonly<Record<string, () => Tree>> = {
  'marker-link': () => whole({ 'kgit.yaml': link('apiVersion: kgit/v1') }),
  'marker-folder': () => whole({ 'kgit.yaml': { x: 'x' } }),
  'state-link': () => deploymentOf({ 'state.yaml': link('a: {b: 1}') }),
  'state-folder': () => deploymentOf({ 'state.yaml': { x: 'x' } }),
  'state-submodule': () => deploymentOf({ 'state.yaml': submodule }),
  'deployments-file': () => whole({ deployments: 'x' }),
  'deployment-submodule': () => deploymentOf(submodule),
  'clusters-link': () => whole({ clusters: link('/etc') }),
  'cluster-file': () => whole({ clusters: { default: { 'kcm-system': { prod: 'x' } } } }),
  'month-file': () => eventsOf({ '2025-07': 'x' }),
  'event-folder': () => eventsOf({ '2025-07': { [`${ID}-upgraded.yaml`]: { x: 'x' } } }),
  dots: () =>
    whole({ deployments: { '..': { x: 'x' }, '.git': { config: 'x' }, 'dep-a': { 'state.yaml': STATE } } }),
  'event-line-end': () => eventsOf({ '2025-07': { [`${ID}-up\ngraded.yaml`]: EVENT } }),
  'event-types': () =>
    eventsOf({ '2025-07': { [`${ID}-upgraded.yaml`]: `${EVENT}user: {a: b}\nmessage: [1]\n` } }),
  'event-broken': () => eventsOf({ '2025-07': { [`${ID}-upgraded.yaml`]: 'id: [1\n' } }),
};
