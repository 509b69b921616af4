import type { ExplainedCluster } from '../../../app/observe/observer.js';

/** Formats an explained cluster for JSON; its events are in the time line. */
export function explainedJson({ detail, timeLine }: ExplainedCluster) {
  const { events, ...shown } = detail;
  return { detail: { ...shown, eventsSeen: events !== null }, timeLine };
}
