import type { ServerResponse } from 'node:http';
import type { Change, Journal, Signal } from './journal.js';
import { isSelected } from './lists.js';
import type { ReceivedRequest } from './routes.js';
import { expired } from './status.js';

/** Streams the changes of ClusterDeployments from the version of the query on. */
export function serveWatch(
  journal: Journal,
  { path, query }: ReceivedRequest,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
  const begin = journal.since(Number(query.get('resourceVersion')));
  if (begin === null) {
    response.end(line('ERROR', expired().body));
    return;
  }
  const namespace = path.match(/\/namespaces\/([^/]+)\//)?.[1];
  const tell = (news: Change | Signal) => {
    if (news === 'end') response.end();
    else if (news === 'cut') {
      response.write('{"type":"MODIFIED","object":{"metadata":{"na', () => response.destroy());
    } else if (news === 'bookmark') {
      if (query.get('allowWatchBookmarks') !== 'true') return;
      const metadata = { resourceVersion: String(journal.version) };
      response.write(
        line('BOOKMARK', { apiVersion: 'k0rdent.mirantis.com/v1beta1', kind: 'ClusterDeployment', metadata }),
      );
    } else if (
      (namespace === undefined || news.object.metadata.namespace === namespace) &&
      isSelected(news.object, query)
    )
      response.write(line(news.type, news.object));
  };
  response.flushHeaders();
  for (const change of begin) tell(change);
  response.on('close', journal.listen(tell));
}
