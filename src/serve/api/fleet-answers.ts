import type { Observer } from '../../app/observe/observer.js';
import { reportStatus } from '../../app/observe/report-status.js';
import { recordedTimeLine } from '../../app/observe/time-line.js';
import { statusJson } from '../../cli/render/json/status-json.js';
import { type ErrorJson, KgitError, NotFoundError } from '../../errors.js';
import type { StatusReport } from '../../k0rdent/observe/status-report.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import type { KgitEvent } from '../../model/event/event.js';
import { maskedEvent } from '../../model/event/masked-event.js';
import { type ClusterSubject, cluster, formatSubject } from '../../model/subject/subject.js';
import { readClusters } from '../../store/read/cluster-records.js';
import { type Answering, type ApiParts, type Document, documentOf } from './api-parts.js';

/** Maximum number of recorded events, and of the cluster's own, in a time line. */
const TIME_LINE = 50;
/** How long k0rdent may take to answer about one cluster, in ms. */
const ASK_MS = 10_000;

type Report = StatusReport<KgitEvent>;

const known = new WeakMap<KgitEvent, KgitEvent>();

/** Masks an event; one that was masked before is not scanned again. */
function maskedOnce(event: KgitEvent): KgitEvent {
  const shown = known.get(event) ?? maskedEvent(event);
  known.set(event, shown);
  return shown;
}

function maskedReport({ contexts, clusters, divergence }: Report): Report {
  return {
    contexts,
    clusters: clusters.map((one) => ({ ...one, lastEvent: one.lastEvent && maskedOnce(one.lastEvent) })),
    divergence,
  };
}

/** The live fleet. */
export const statusAnswer = async (parts: ApiParts): Promise<Document> =>
  documentOf(parts, 'StatusResult', statusJson(maskedReport(parts.monitor.fleet.report)));

/** The part of a report that is about one cluster, and the contexts that can show it. */
function aboutOne({ contexts, clusters, divergence }: Report, one: ClusterSubject): Report {
  const isOne = (place: { management: string; namespace: string | null; name: string | null }) =>
    place.management === one.management && place.namespace === one.namespace && place.name === one.name;
  return {
    contexts: contexts.filter(({ management }) => management === one.management),
    clusters: clusters.filter(isOne),
    divergence: divergence.filter(isOne),
  };
}

/**
 * One cluster, asked of k0rdent. If k0rdent cannot be asked, what was last known of it and its record, with the error of
 * the context. Throws NotFoundError, without asking, for a cluster that is neither live nor recorded.
 */
export const clusterAnswer: Answering = async (parts, { names }) => {
  const one = cluster(names['management'] ?? '', names['namespace'] ?? '', names['name'] ?? '');
  const { context, fleet } = parts.monitor;
  const { view } = context.reading;
  const skipped = new SkippedEvents();
  const seen = aboutOne(fleet.report, one);
  const [record] = await readClusters(view, skipped, one);
  if (record === undefined && seen.clusters.length === 0)
    throw new NotFoundError(`${formatSubject(one)} is neither live nor recorded`, {
      data: { subject: formatSubject(one) },
    });
  const observer = parts.observer?.(
    { ...context, settings: { ...context.settings, timeout: Math.min(ASK_MS, context.settings.timeout) } },
    seen.contexts.map((asked) => asked.context),
  );
  const asked = observer && seen.contexts.length > 0 ? await ask(observer, one) : null;
  const recorded = record?.lifecycle ?? null;
  if (asked !== null && 'report' in asked) {
    const report = maskedReport(aboutOne(asked.report, one));
    const timeLine = asked.explained?.timeLine ?? (await recordedTimeLine(view, one, TIME_LINE, skipped));
    const json = { ...statusJson(report, asked.explained), timeLine, recorded };
    return documentOf(parts, 'StatusResult', json, skipped);
  }
  const error = asked?.error ?? null;
  const report = {
    ...maskedReport(seen),
    contexts: seen.contexts.map((each) => ({ ...each, error: each.error ?? error })),
  };
  const timeLine = await recordedTimeLine(view, one, TIME_LINE, skipped);
  return documentOf(parts, 'StatusResult', { ...statusJson(report), timeLine, recorded }, skipped);
};

/** Asks k0rdent for one cluster; or why it cannot be asked. */
async function ask(observer: Observer, one: ClusterSubject) {
  try {
    const { report, explained } = await reportStatus(
      observer,
      { one, namespace: one.namespace },
      { limit: TIME_LINE, withParts: false },
    );
    const failed = report.contexts.find(({ error }) => error !== null)?.error ?? null;
    return failed === null || explained ? { report, explained } : { error: failed };
  } catch (error) {
    if (!(error instanceof KgitError)) throw error;
    const told: ErrorJson = error.toJSON();
    return { error: told };
  }
}
