import { NotFoundError, UsageError } from '../../errors.js';
import { subjectFolder } from '../../model/subject/layout.js';
import {
  type ClusterSubject,
  cluster,
  type DeploymentSubject,
  deployment,
  formatSubject,
  isLabel,
  legacySlug,
  lockSubject,
  managementSubject,
  parseCluster,
  type Subject,
} from '../../model/subject/subject.js';
import type { Settings } from '../../setup/settings.js';
import type { StateView } from '../../store/port/state-store.js';
import { ABOUT_DEPLOYMENTS, type About, aboutNamed } from '../../store/read/entries-about.js';
import { listDeployments } from '../../store/read/records.js';

/** The context in which names of subjects are resolved. */
export interface Naming {
  readonly view: StateView;
  readonly settings: Settings;
  /** The management clusters that kgit.yaml lists. */
  readonly managements: ReadonlyMap<string, unknown>;
}

/** Returns the context for names in an open repository. */
export function namingOf({
  reading,
  settings,
  managements,
}: Omit<Naming, 'view'> & { readonly reading: { readonly view: StateView } }): Naming {
  return { view: reading.view, settings, managements };
}

/** Returns the management cluster for names without one: the setting, else the only one that kgit.yaml lists. */
export function defaultManagement({
  settings,
  managements,
}: Pick<Naming, 'settings' | 'managements'>): string {
  const [only] = managements.size === 1 ? [...managements.keys()] : [];
  return settings.management ?? only ?? 'default';
}

/**
 * Resolves `[[MANAGEMENT/]NAMESPACE/]NAME`. A name that breaks today's rules is accepted if the repository has its slug.
 * Throws UsageError.
 */
export async function resolveCluster(text: string, naming: Naming): Promise<ClusterSubject> {
  const defaults = { management: defaultManagement(naming), namespace: naming.settings.namespace };
  try {
    return parseCluster(text, defaults);
  } catch (error) {
    const legacy = await legacyCluster(text, defaults, naming.view);
    if (legacy) return legacy;
    throw error;
  }
}

async function legacyCluster(
  text: string,
  defaults: { management: string; namespace: string },
  view: StateView,
): Promise<ClusterSubject | null> {
  const [name = '', namespace = defaults.namespace, management = defaults.management, ...more] = text
    .split('/')
    .reverse();
  if (more.length > 0 || !isLabel(namespace) || !isLabel(management)) return null;
  const subject = cluster(management, namespace, legacySlug(name));
  return (await view.kindOf(subjectFolder(subject))) === null ? null : subject;
}

/**
 * Resolves the name of a deployment. A name that breaks today's rules is accepted if the repository has its slug.
 * Throws UsageError.
 */
export async function namedDeployment(text: string, view: StateView): Promise<DeploymentSubject> {
  const slug = legacySlug(text);
  if (slug !== text && (await view.kindOf(subjectFolder(deployment(slug)))) !== null) return deployment(slug);
  return deployment(text);
}

/** Resolves the name of a subject: `deployment/ID`, `cluster/…`, `lock/NAME`, `management/NAME`, or a cluster alone. Throws UsageError. */
export async function resolveSubject(text: string, naming: Naming): Promise<Subject> {
  if (text.startsWith('deployment/')) return namedDeployment(text.slice('deployment/'.length), naming.view);
  if (text.startsWith('lock/')) return lockSubject(text.slice('lock/'.length));
  // With two parts after it, it is a cluster of the management cluster named 'management'.
  if (/^management\/[^/]*$/.test(text)) return managementSubject(text.slice('management/'.length));
  return resolveCluster(text.replace(/^cluster\//, ''), naming);
}

/** Resolves a subject that the repository has records of. Throws UsageError, NotFoundError. */
export async function recordedSubject(text: string, naming: Naming): Promise<Subject> {
  const subject = await resolveSubject(text, naming);
  if ((await naming.view.kindOf(subjectFolder(subject))) !== null) return subject;
  const [shown, known] = [formatSubject(subject), await listDeployments(naming.view)];
  const meant = known.includes(text) ? [`The deployment of that name is deployment/${text}`] : [];
  throw new NotFoundError(`nothing is recorded of ${shown}`, {
    suggestions: [...meant, "'kgit list' shows what is recorded"],
    data: { subject: shown },
  });
}

/**
 * Returns the scope of a command that reads one deployment.
 * @param settings all settings except those of kgit.yaml
 */
export function aboutDeployment({ deployment: named }: Pick<Settings, 'deployment'>): About {
  return named === undefined ? ABOUT_DEPLOYMENTS : aboutNamed(named);
}

/** Returns the deployment to work on: that of the settings, else the only one. Throws UsageError, NotFoundError. */
export async function resolveDeployment({
  view,
  settings,
}: Pick<Naming, 'view' | 'settings'>): Promise<string> {
  if (settings.deployment !== undefined) return (await namedDeployment(settings.deployment, view)).id;
  const known = await listDeployments(view);
  if (known.length === 1) return known[0] as string;
  if (known.length === 0) {
    throw new NotFoundError('the repository has no deployment yet', {
      suggestions: ["Begin one with 'kgit init --deployment ID', or import one with 'kgit import PATH'"],
      data: { known },
    });
  }
  throw new UsageError(
    `the repository has ${known.length} deployments: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`,
    {
      suggestions: ['Name one with --deployment or KGIT_DEPLOYMENT'],
      data: { known: known.slice(0, 100) },
    },
  );
}
