import type { ExplainedCluster } from '../../../app/observe/observer.js';
import type { StatusReport } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../../model/event/event.js';

/** Formats an explained cluster for JSON; its events are in the time line. */
export function explainedJson({ detail, timeLine }: ExplainedCluster) {
  const { events, ...shown } = detail;
  return { detail: { ...shown, eventsSeen: events !== null }, timeLine };
}

/** Formats live clusters beside what is recorded; `explained` is that of the only cluster that was asked for. */
export function statusJson(
  { contexts, clusters, divergence }: StatusReport<KgitEvent>,
  explained: ExplainedCluster | null = null,
) {
  return { contexts, clusters, divergence, ...(explained && explainedJson(explained)) };
}
