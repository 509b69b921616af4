/** The subjects of the repository as resources, each as the document of a command. */
import {
  type ListResourcesResult,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { pageSubjects } from '../../app/read/list-subjects.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { type ClusterSubject, cluster, formatSubject, type Subject } from '../../model/subject/subject.js';
import { isMap } from '../../model/value/value.js';
import { listSubjects } from '../../store/read/records.js';
import type { Json } from '../answers/document.js';
import { fitted } from '../answers/fitted.js';
import { failureDocument } from '../answers/tool-result.js';
import type { Calls, Turn } from '../calls.js';
import type { McpParts } from '../parts.js';
import { listTool, logTool } from '../tools/record-tools.js';
import { readMasked } from '../tools/state-tools.js';
import type { Answer } from '../tools/tool.js';

const ALL = 'kgit://subjects';
const DEPLOYMENT = `${ALL}/deployment/{id}`;
const CLUSTER = `${ALL}/cluster/{management}/{namespace}/{name}`;
const MIME_TYPE = 'application/json';
/** How many resources a page lists. */
const PAGE = 100;
/** Maximum number of names that are completed. */
const MAX_COMPLETED = 100;
/** Resources need nothing of who reads them. */
const NOBODY = { name: '', client: null };

/** What the agent can do about a resource that takes too long. */
const IF_LATE = 'Call the tool list, get or log, which can ask for less';

interface Served {
  readonly parts: McpParts;
  readonly calls: Calls;
}

/** Registers the resources. */
export function registerSubjects(server: McpServer, served: Served): void {
  const { parts } = served;
  const read = (uri: URL, request: ServerContext, answer: (turn: Turn) => Promise<Answer>) =>
    readResource(served, uri, request, answer);
  const about = { mimeType: MIME_TYPE };
  server.registerResource(
    'subjects',
    ALL,
    {
      ...about,
      title: 'Subjects',
      description: 'The first deployments and clusters, as kgit list shows them.',
    },
    (uri, request) => read(uri, request, (turn) => listTool.run(parts, {}, { agent: NOBODY, turn })),
  );
  server.registerResource(
    'deployment',
    new ResourceTemplate(DEPLOYMENT, { list: undefined, complete: { id: (text) => ids(served, text) } }),
    { ...about, title: 'State of a deployment', description: 'The whole state, as kgit get shows it.' },
    (uri, { id }, request) =>
      read(uri, request, async (turn) => {
        const query = { deployment: String(id), path: undefined, at: undefined };
        return readMasked(await parts.repository.read(turn), query, parts.now());
      }),
  );
  server.registerResource(
    'cluster',
    new ResourceTemplate(CLUSTER, {
      list: undefined,
      complete: {
        management: (text) => clusterParts(served, 'management', text),
        namespace: (text, context) => clusterParts(served, 'namespace', text, context?.arguments),
        name: (text, context) => clusterParts(served, 'name', text, context?.arguments),
      },
    }),
    { ...about, title: 'Events of a cluster', description: 'The newest events, as kgit log shows them.' },
    (uri, { management, namespace, name }, request) =>
      read(uri, request, async (turn) => {
        const subject = cluster(String(management), String(namespace), String(name));
        return logTool.run(parts, { subject: formatSubject(subject) }, { agent: NOBODY, turn });
      }),
  );
  // In place of the SDK's, which knows no pages.
  server.server.setRequestHandler('resources/list', ({ params }, request) =>
    answered(served, request, (turn) => listResources(served, turn, params?.cursor)),
  );
}

/** Lists a page of the subjects. @param cursor the last subject of the page before */
async function listResources(
  { parts }: Served,
  turn: Turn,
  cursor: string | undefined,
): Promise<ListResourcesResult> {
  const { reading } = await parts.repository.read(turn);
  const page = { after: cursor, limit: PAGE };
  const { items, next } = await pageSubjects(reading.view, undefined, page, new SkippedEvents());
  const first = { uri: ALL, name: 'subjects', title: 'Subjects', mimeType: MIME_TYPE };
  const rest = items.map(({ subject }) => ({
    uri: `${ALL}/${subject}`,
    name: subject,
    mimeType: MIME_TYPE,
  }));
  return {
    resources: [...(cursor === undefined ? [first] : []), ...rest],
    ...(next && { nextCursor: next }),
  };
}

async function readResource(
  served: Served,
  { href: uri }: URL,
  request: ServerContext,
  answer: (turn: Turn) => Promise<Answer>,
): Promise<ReadResourceResult> {
  const document = await answered(served, request, async (turn): Promise<Json> => {
    const { document: whole, rows } = await answer(turn);
    return fitted(whole, rows);
  });
  return { contents: [{ uri, mimeType: MIME_TYPE, text: JSON.stringify(document) }] };
}

/** Runs a call. Throws ProtocolError, with the `Error` document of the failure. */
async function answered<T>(
  { calls, parts }: Served,
  { mcpReq: { signal: cancelled } }: ServerContext,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  try {
    return await calls.run(work, { ifLate: IF_LATE, cancelled });
  } catch (error) {
    const document = failureDocument(error, (bug) => parts.note(`a call failed: ${bug.message}`));
    const { code, message } = isMap(document['error']) ? document['error'] : {};
    const isAsked = code === 'NOT_FOUND' || code === 'USAGE';
    throw new ProtocolError(
      isAsked ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
      String(message),
      document,
    );
  }
}

async function subjects({ parts, calls }: Served, kind: Subject['kind']): Promise<Subject[]> {
  return calls.run(async (turn) => listSubjects((await parts.repository.read(turn)).reading.view, kind), {
    ifLate: IF_LATE,
  });
}

const begins = (text: string) => (name: string) => name.startsWith(text);

async function ids(served: Served, text: string): Promise<string[]> {
  const known = await subjects(served, 'deployment');
  return known
    .flatMap((one) => (one.kind === 'deployment' ? [one.id] : []))
    .filter(begins(text))
    .slice(0, MAX_COMPLETED);
}

/** Completes one part of the name of a cluster; the parts that the client knows already narrow it. */
async function clusterParts(
  served: Served,
  part: 'management' | 'namespace' | 'name',
  text: string,
  given: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const known = await subjects(served, 'cluster');
  const { management, namespace } = given;
  const isMeant = (one: ClusterSubject) =>
    (management === undefined || part === 'management' || one.management === management) &&
    (namespace === undefined || part !== 'name' || one.namespace === namespace);
  const names = known.flatMap((one) => (one.kind === 'cluster' && isMeant(one) ? [one[part]] : []));
  return [...new Set(names)].filter(begins(text)).slice(0, MAX_COMPLETED);
}
