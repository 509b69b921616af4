import { Observer } from '../../../src/app/observe/observer.js';
import { reportStatus } from '../../../src/app/observe/report-status.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { serveApp } from '../../../src/serve/app.js';
import type { ServeParts } from '../../../src/serve/parts.js';
import { kubectlFor } from '../../k0rdent/support.js';
import { SAMPLES_NOW } from '../api-server/objects.js';
import type { ApiServer } from '../api-server/server.js';
import { memoryWriting } from '../memory-writing.js';
import { until } from '../patience.js';
import { MemoryMonitor } from './memory-monitor.js';
import { testParts } from './serve-parts.js';

/** The API over a repository in memory and the clusters of an API server. */
export async function servedApi(server: ApiServer, more: Partial<ServeParts> = {}) {
  const memory = memoryWriting();
  const observer: ServeParts['observer'] = (context, contexts) =>
    new Observer(context, {
      kubectl: () => kubectlFor(server),
      contexts,
      learnsNot: 'the server only reads',
      actor: memory.writer().actor,
      ids: memory.ids,
      now: () => SAMPLES_NOW.getTime(),
      note: () => undefined,
      asking: (work) => work,
      broken: new SkippedEvents(),
    });
  const monitor = new MemoryMonitor(await memory.read());
  const parts = { ...(await testParts()), now: () => SAMPLES_NOW.getTime(), observer, ...more, monitor };
  const app = serveApp(parts);
  const push = async (word: string, fields: Record<string, unknown>, terms = {}) =>
    writeEvent(await memory.writing({ terms }), { word }, fields);
  /** Has the monitor read what the repository and the clusters hold now. */
  const reread = async () => {
    monitor.context = await memory.read();
    const query = { one: null, namespace: undefined, health: true };
    const { report } = await reportStatus(observer(monitor.context, []), query, {
      limit: 1,
      withParts: false,
    });
    monitor.fleet = { ...monitor.fleet, report };
    monitor.change('fleet');
    // The first revision of an empty repository has all events read anew.
    await until(async () => (await app.request('/api/v1/activity')).status !== 503);
  };
  const json = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await app.request(path, { headers });
    return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
  };
  return { ...memory, parts, app, monitor, push, reread, json };
}
