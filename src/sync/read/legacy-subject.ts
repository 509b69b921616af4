import { type KgitError, UsageError } from '../../errors.js';
import { cluster, deployment, isLabel, legacySlug, type Subject } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';
import { clusterOfFileName, type Family } from './legacy-family.js';

/** The user's settings for files that do not name their subject. */
export interface SubjectSettings {
  readonly management: string;
  readonly namespace: string;
  /** Namespaces of clusters known from elsewhere, by the name used in the repository. */
  readonly namespaces?: ReadonlyMap<string, string>;
  /** Deployment of the files that name none; files that name another are rejected. */
  readonly deployment?: string | undefined;
}

/** A subject under its name in the repository, and its legacy name if that differs. */
export interface NamedSubject {
  readonly subject: Subject;
  readonly name?: string;
}

/** Reads a name from a legacy key; null if there is none. */
export function legacyName(value: Value | undefined): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function named(name: string, make: (slug: string) => Subject): NamedSubject {
  const slug = legacySlug(name);
  return slug === name ? { subject: make(slug) } : { subject: make(slug), name };
}

function deploymentSubject(own: string | null, folder: ReadonlySet<string>, settings: SubjectSettings) {
  const wanted = settings.deployment;
  if (own !== null && wanted !== undefined && ![own, legacySlug(own)].includes(wanted)) {
    return new UsageError(`belongs to deployment ${own}, not to ${wanted}`, {
      suggestions: ['Leave --deployment out, or import this file on its own'],
    });
  }
  const name = own ?? wanted ?? (folder.size === 1 ? [...folder][0] : undefined);
  if (name !== undefined) return named(name, deployment);
  const why = folder.size > 1 ? 'the files beside it name several' : 'no file beside it names one';
  return new UsageError(`names no deployment, and ${why}`, {
    suggestions: ['Name the deployment that it belongs to: --deployment ID'],
  });
}

/** What is needed to find the subject of a file. */
export interface NamedFile {
  readonly family: Family;
  readonly fileName: string;
  readonly data: Readonly<Record<string, Value>>;
  /** The deployment's name according to the file's place. */
  readonly placeName?: string | null;
}

/** The name of the cluster of a file. */
export function clusterName({ data, fileName }: Pick<NamedFile, 'data' | 'fileName'>): string {
  return legacyName(data['cluster_name']) ?? clusterOfFileName(fileName);
}

/**
 * Finds the subject of a file. A deployment's files name it themselves; azure and kof files do not, and belong to the
 * deployment that the user named, else to the one named by the files in the same folder (`names`). A cluster's
 * namespace is the known one, else that from a file in the same folder (`namespaces`, by name).
 */
export function subjectOf(
  file: NamedFile,
  names: ReadonlySet<string>,
  namespaces: ReadonlyMap<string, string>,
  settings: SubjectSettings,
): NamedSubject | KgitError {
  if (file.family !== 'cluster-events' && file.family !== 'cluster-state') {
    const own = legacyName(file.data['deployment_id']) ?? file.placeName ?? null;
    return deploymentSubject(own, names, settings);
  }
  const name = clusterName(file);
  const told = namespaces.get(name);
  const namespace =
    settings.namespaces?.get(legacySlug(name)) ??
    (told !== undefined && isLabel(told) ? told : settings.namespace);
  return named(name, (slug) => cluster(settings.management, namespace, slug));
}
