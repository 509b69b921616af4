import { NotFoundError, UsageError } from '../../errors.js';
import { formatStatePath, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { deployment, isLabel, isSubdomain } from '../../model/subject/subject.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import type { Value } from '../../model/value/value.js';
import { openSops } from '../../setup/open-sops.js';
import type { Environment } from '../../setup/this-host.js';
import { isStateKey } from '../../store/local/withheld-values.js';
import { isSecretWithin, secretFiles } from '../../store/read/secret-files.js';
import type { Context } from '../open/configured.js';
import { resolveDeployment } from '../open/subjects.js';
import { requireRecipients } from './encrypt-secrets.js';
import { revealed } from './stored-secrets.js';
import { sharedWith } from './team-values.js';

/** Largest content of a Secret, in bytes, as the API server has it. */
const MAX_BYTES = 1024 * 1024;
const MAX_KEY = 253;

/** Which secrets are exported, and as what. */
export interface SecretIntent {
  readonly name: string;
  readonly namespace: string;
  /** Secrets at or below these paths; all of the deployment if there are none. */
  readonly paths: readonly string[];
}

/** An encrypted `Secret`. */
export interface KubernetesSecret {
  readonly manifest: string;
  /** Each path with its key in the Secret. */
  readonly keys: readonly { readonly path: string; readonly key: string }[];
}

/**
 * Makes one `Secret` of the secrets of a deployment, encrypted for the team. It decrypts with the user's key; nothing readable is
 * written to a disk.
 * Throws UsageError for names that Kubernetes does not take and paths that meet in one key, NotFoundError, and SecretError if the
 * team shares no secrets or the user has no key.
 */
export async function kubernetesSecret(
  { reading: { view }, settings }: Pick<Context, 'reading' | 'settings'>,
  { name, namespace, paths }: SecretIntent,
  environment: Environment,
): Promise<KubernetesSecret> {
  if (!isSubdomain(name)) throw badName('--kubernetes', name, 'subdomain');
  if (!isLabel(namespace)) throw badName('--namespace', namespace, 'label');
  const wanted = paths.map(parseStatePath);
  const id = await resolveDeployment({ view, settings });
  const all = [...(await secretFiles(view, deployment(id)))].filter(([path]) => isStateKey(path));
  const missing = wanted.find((path) => !all.some(([secret]) => isSecretWithin(secret, path)));
  if (missing !== undefined || all.length === 0)
    throw new NotFoundError(
      `deployment ${id} has no secret${missing === undefined ? '' : ` at ${formatStatePath(missing)}`}`,
      { suggestions: [`See what it has: kgit get --deployment ${id}`], data: { deployment: id } },
    );
  const files = new Map(
    all.filter(([secret]) => wanted.length === 0 || wanted.some((path) => isSecretWithin(secret, path))),
  );
  const keys = [...files.keys()].map((path) => ({ path, key: secretKey(parseStatePath(path)) }));
  refuseClashes(keys);
  const recipients = requireRecipients(await sharedWith(view));
  const sops = openSops(settings, environment);
  sops.refuseKinds(recipients, SOPS_FILE);
  const values = await revealed(view, files, sops);
  const data = keys.map(({ path, key }) => [key, textOf(values.get(path) ?? null)] as const);
  const bytes = data.reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
  if (bytes > MAX_BYTES)
    throw new UsageError(`the Secret would have ${bytes} bytes, and Kubernetes takes ${MAX_BYTES}`, {
      suggestions: ['Name some of the paths, and make several Secrets'],
    });
  const manifest = await sops.encryptManifest(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
      stringData: Object.fromEntries(data),
    },
    recipients,
    `Secret ${namespace}/${name}`,
  );
  return { manifest, keys };
}

/**
 * The key of a path in a Secret: its parts joined by dots, and `-` for each character that Kubernetes does not allow there. Throws
 * UsageError if no key can be made of it.
 */
export function secretKey(path: StatePath): string {
  const key = path.map((part) => String(part).replace(/[^-._a-zA-Z0-9]/g, '-')).join('.');
  if (key.length <= MAX_KEY && !/^\.\.?$|^\.\./.test(key)) return key;
  throw new UsageError(`no key of a Secret can be made of ${formatStatePath(path).slice(0, 80)}`, {
    suggestions: [`A key has ${MAX_KEY} characters at most and does not begin with '..'`],
  });
}

function refuseClashes(keys: KubernetesSecret['keys']): void {
  const known = new Map<string, string>();
  for (const { path, key } of keys) {
    const other = known.get(key);
    if (other !== undefined)
      throw new UsageError(`${other} and ${path} would have the same key, ${key}`, {
        suggestions: ['Name the paths, and make two Secrets'],
        data: { key, paths: [other, path] },
      });
    known.set(key, path);
  }
}

/** A text as it is, anything else as JSON. */
function textOf(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function badName(flag: string, name: string, rule: 'label' | 'subdomain'): UsageError {
  return new UsageError(`${flag} ${JSON.stringify(name.slice(0, 80))} is not a DNS-1123 ${rule}`);
}
