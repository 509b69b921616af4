import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Change, Journal, Signal } from './journal.js';
import { inOrder, isSelected } from './lists.js';
import type { KubeObject } from './objects.js';
import type { ReceivedRequest } from './routes.js';
import { tooOldVersion } from './status.js';

/** What a watch is served from. */
export interface Watched {
  readonly journal: Journal;
  /** The objects that exist now. */
  readonly clusters: readonly KubeObject[];
  /** Breaks the watch's connection, as when the server's process dies. */
  readonly cut: () => void;
}

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

/**
 * Streams the changes of ClusterDeployments from the query's version on; without a version, first the existing objects.
 */
export function serveWatch(
  { journal, clusters, cut }: Watched,
  { path, query }: ReceivedRequest,
  response: Http2ServerResponse & Partial<Pick<ServerResponse, 'flushHeaders'>>,
): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const version = query.get('resourceVersion') ?? '';
  const isWhole = version === '' || version === '0';
  const from = isWhole ? journal.version : Number(version);
  const begin = journal.since(from);
  if (begin === null) {
    response.end(line('ERROR', tooOldVersion(version, journal.oldest).body));
    return;
  }
  const namespace = path.match(/\/namespaces\/([^/]+)\//)?.[1];
  const isMeant = (object: KubeObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) && isSelected(object, query);
  const tell = (news: Change | Signal) => {
    // Changes between its end and the close of the connection are not reported.
    if (response.writableEnded || response.destroyed) return;
    if (news === 'end') response.end();
    else if (news === 'goaway') {
      // HTTP/1 has no such message.
      response.stream?.session?.goaway(0, response.stream.id);
    } else if (news === 'cut') {
      response.write('{"type":"MODIFIED","object":{"metadata":{"na', cut);
    } else if (news === 'bookmark') {
      if (query.get('allowWatchBookmarks') !== 'true') return;
      const metadata = { resourceVersion: String(journal.version) };
      response.write(
        line('BOOKMARK', { apiVersion: 'k0rdent.mirantis.com/v1beta1', kind: 'ClusterDeployment', metadata }),
      );
    } else if (news.version > from) {
      const told = asMeant(news, isMeant);
      if (told !== null) response.write(line(told.type, told.object));
    }
  };
  // HTTP/1 holds headers back until there is a body.
  response.flushHeaders?.();
  if (isWhole) for (const object of inOrder(clusters).filter(isMeant)) response.write(line('ADDED', object));
  for (const change of begin) tell(change);
  const deaf = journal.listen(tell);
  const seconds = Number(query.get('timeoutSeconds'));
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.on('close', () => {
    clearTimeout(timer);
    deaf();
  });
}

/**
 * Converts a change for a watch with a selection: an object that enters the selection is reported as added; one that
 * leaves it is reported as deleted, as it last was inside. Null if the change does not concern the watch.
 */
function asMeant(
  { type, object, before }: Change,
  isMeant: (object: KubeObject) => boolean,
): Pick<Change, 'type' | 'object'> | null {
  const was = before !== null && isMeant(before);
  if (type === 'DELETED') return was ? { type, object } : null;
  if (isMeant(object)) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return null;
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion } } };
}
