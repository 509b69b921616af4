import { UsageError } from '../../errors.js';
import { subjectFolder } from '../../model/subject/layout.js';
import { type ClusterSubject, type DeploymentSubject, formatSubject } from '../../model/subject/subject.js';
import { listDeployments } from '../../store/read/records.js';
import { type Naming, namedDeployment, resolveCluster, resolveSubject } from '../open/subjects.js';
import { requireDeployment } from './known-names.js';

/** How a user names the subject of a new event: in one word, or by a flag; the deployment of the settings if in neither way. */
export interface NamedSubject {
  /** `cluster/…`, `deployment/ID`, or the name of a cluster. */
  readonly word?: string | undefined;
  /** The value of --cluster. */
  readonly cluster?: string | undefined;
  /** The value of --deployment, which is one of the settings, too. */
  readonly deployment?: string | undefined;
  /** Whether the event may be the first of a deployment. */
  readonly create?: boolean | undefined;
}

/** The subject of a new event. Throws UsageError, NotFoundError. */
export async function eventSubject(
  { word, cluster, deployment, create = false }: NamedSubject,
  naming: Naming,
): Promise<ClusterSubject | DeploymentSubject> {
  if (word !== undefined) refuseTwoNames({ cluster, deployment });
  else if (cluster !== undefined) return resolveCluster(cluster, naming);
  const subject = word === undefined ? await settingsSubject(naming) : await subjectOfWord(word, naming);
  if (subject.kind === 'deployment') await requireDeployment(naming.view, subject.id, create);
  return subject;
}

async function settingsSubject({ settings, view }: Naming): Promise<DeploymentSubject> {
  if (settings.deployment !== undefined) return namedDeployment(settings.deployment, view);
  throw new UsageError('what did it happen to? Neither --cluster nor --deployment is given', {
    suggestions: ['Add --cluster [[MANAGEMENT/]NAMESPACE/]NAME or --deployment ID'],
  });
}

function refuseTwoNames(flags: Readonly<Record<string, string | undefined>>): void {
  const flag = Object.keys(flags).find((name) => flags[name] !== undefined);
  if (flag === undefined) return;
  throw new UsageError(`SUBJECT and --${flag} both name what it happened to`, {
    suggestions: [`Leave one of them out: SUBJECT or --${flag}`],
  });
}

/** A word that is the id of a deployment and not the name of a known cluster is refused, since either may be meant. */
async function subjectOfWord(text: string, naming: Naming): Promise<ClusterSubject | DeploymentSubject> {
  const subject = await resolveSubject(text, naming);
  if (subject.kind === 'lock' || subject.kind === 'management') {
    const by = subject.kind === 'lock' ? 'kgit lock and kgit unlock' : 'kgit identify';
    throw new UsageError(`the events of ${formatSubject(subject)} are recorded by ${by}`, {
      suggestions: subject.kind === 'lock' ? [] : [`If it is a cluster, name it cluster/${text}`],
    });
  }
  if (subject.kind === 'deployment' || text.startsWith('cluster/')) return subject;
  const isKnown = (await naming.view.kindOf(subjectFolder(subject))) !== null;
  if (!isKnown && (await listDeployments(naming.view)).includes(text)) {
    throw new UsageError(`is ${text} a deployment or a cluster?`, {
      suggestions: [`Name the deployment: deployment/${text}`, `Or the cluster: cluster/${text}`],
    });
  }
  return subject;
}
