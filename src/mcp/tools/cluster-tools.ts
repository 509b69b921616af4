/** The tools that ask k0rdent. */
import * as z from 'zod/mini';
import { reportStatus } from '../../app/observe/report-status.js';
import { namingOf, resolveCluster } from '../../app/open/subjects.js';
import { statusJson } from '../../cli/render/json/status-json.js';
import { UsageError } from '../../errors.js';
import type { StatusReport } from '../../k0rdent/observe/status-report.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import type { KgitEvent } from '../../model/event/event.js';
import { maskedEvent } from '../../model/event/masked-event.js';
import { masked } from '../../model/secret/masked.js';
import { isLabel } from '../../model/subject/subject.js';
import { documentOf } from '../answers/document.js';
import { ASKS } from './hints.js';
import * as inputs from './inputs.js';
import { pageOf } from './page-of.js';
import { defineTool } from './tool.js';

/** Maximum number of recorded events, and of the cluster's own, in a time line. */
const TIME_LINE = 50;
/** Maximum number of divergences that are listed. */
const MAX_DIVERGENCE = 200;

type Report = StatusReport<KgitEvent>;

const maskedClusters = (clusters: Report['clusters']) =>
  clusters.map((one) => ({ ...one, lastEvent: one.lastEvent && maskedEvent(one.lastEvent) }));

export const statusTool = defineTool({
  name: 'status',
  title: 'Show the live state of clusters',
  description:
    'Asks k0rdent for the live state of all clusters that the user may read, beside the last recorded event of each, and where the two diverge: untracked, vanished, lingering, drifted. `next` is the `skip` of the next page. For one cluster call explain.',
  kind: 'StatusResult',
  ifLate: 'Name a namespace or a selector; log has what was recorded',
  hints: ASKS,
  input: z.strictObject({
    namespace: z.optional(inputs.word('Only clusters in this namespace.')),
    selector: z.optional(inputs.word('Only clusters with these labels, in the syntax of kubectl.')),
    limit: inputs.limit(200, 50),
    skip: inputs.skip,
  }),
  answer: async ({ repository, observer }, { namespace, selector, ...page }, { turn }) => {
    if (namespace !== undefined && !isLabel(namespace))
      throw new UsageError('the namespace is not a DNS-1123 label', { data: { argument: 'namespace' } });
    const context = await repository.read(turn);
    const skipped = new SkippedEvents();
    const query = { one: null, namespace, selector, health: true };
    const { report } = await reportStatus(observer(context, turn.signal, skipped), query, {
      limit: 0,
      withParts: false,
    });
    const shown = pageOf('clusters', report.clusters, page, 'first');
    const json = {
      ...statusJson({
        contexts: report.contexts,
        clusters: maskedClusters(shown.items),
        divergence: report.divergence.slice(0, MAX_DIVERGENCE),
      }),
      next: shown.next,
      ...(report.divergence.length > MAX_DIVERGENCE ? { truncated: true } : {}),
    };
    return { document: documentOf(context, 'StatusResult', json, skipped), rows: shown.rows };
  },
});

export const explainTool = defineTool({
  name: 'explain',
  title: 'Explain the state of one cluster',
  description:
    'Asks k0rdent why one cluster is in its state: conditions with the cause first, services, upgrades, what blocks a deletion, the objects that it depends on and consists of, and the events of Kubernetes and of the record on one time line.',
  kind: 'StatusResult',
  ifLate: 'Call log for what was recorded of the cluster',
  hints: ASKS,
  input: z.strictObject({ cluster: inputs.word('The cluster: [[MANAGEMENT/]NAMESPACE/]NAME.') }),
  answer: async ({ repository, observer }, { cluster: name }, { turn }) => {
    const context = await repository.read(turn);
    const skipped = new SkippedEvents();
    const one = await resolveCluster(name.replace(/^cluster\//, ''), namingOf(context));
    const asks = observer(context, turn.signal, skipped);
    const { report, records, explained } = await reportStatus(
      asks,
      { one, namespace: one.namespace },
      { limit: TIME_LINE, withParts: true },
    );
    const json = {
      ...statusJson({ ...report, clusters: maskedClusters(report.clusters) }, explained),
      timeLine: masked(explained?.timeLine ?? (await asks.recordedTimeLine(one, TIME_LINE))),
      recorded: records[0]?.lifecycle ?? null,
    };
    const rows = { key: 'timeLine', keep: 'last' } as const;
    return { document: documentOf(context, 'StatusResult', json, skipped), rows };
  },
});
