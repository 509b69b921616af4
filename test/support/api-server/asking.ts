import { request } from 'node:https';
import type { KubeObject } from './objects.js';

/** A server that can be asked: the stand-in, or a real one. */
export interface AskedServer {
  readonly url: string;
  /** In PEM. */
  readonly certificate: string;
  /** Creates a ClusterDeployment, or changes it. */
  apply(object: KubeObject): void | Promise<void>;
  remove(object: KubeObject): void | Promise<void>;
  /** Makes the server forget all versions before the current one. */
  compact(): void | Promise<void>;
  /** Makes it send bookmarks, where it does not do so by itself. */
  bookmark(): void;
}

/** An answer without the parts that differ between runs. */
export interface RecordedAnswer {
  readonly status: number;
  readonly type: string;
  readonly retryAfter?: string;
  /** JSON; text where it is none; the lines of a watch. */
  readonly body: unknown;
}

export interface RawAnswer extends RecordedAnswer {
  readonly text: string;
}

type JsonValue = Record<string, unknown>;

const isObject = (value: unknown): value is JsonValue => typeof value === 'object' && value !== null;

const OF_ONE_RUN = ['managedFields', 'creationTimestamp'];

/** Replaces versions, tokens, times, uids and names of users: each run has its own. */
function normalised(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (key === 'resourceVersion') return /^\d+$/.test(value) ? 'VERSION' : value;
    if (key === 'continue') return value === '' ? '' : 'TOKEN';
    return value
      .replace(/User "[^"]*"/, 'User "USER"')
      .replace(/(current: |too old resource version: )\d+( \(\d+\))?/, (_, words) => `${words}VERSION`);
  }
  if (Array.isArray(value)) return value.map((item) => normalised(item));
  if (!isObject(value)) return value;
  const { kind, metadata } = value;
  if (isObject(metadata) && typeof metadata['name'] === 'string') return objectLine(kind, metadata);
  const entries = Object.entries(value).filter(([name]) => !OF_ONE_RUN.includes(name));
  return Object.fromEntries(entries.map(([name, one]) => [name, normalised(one, name)]));
}

/** The name of the object, and the metadata that kgit relies on. */
function objectLine(kind: unknown, metadata: JsonValue): string {
  const place = [metadata['namespace'], metadata['name']].filter(Boolean).join('/');
  const given = ['uid', 'resourceVersion', 'creationTimestamp'].filter(
    (key) => typeof metadata[key] === 'string',
  );
  const labels = Object.entries(isObject(metadata['labels']) ? metadata['labels'] : {})
    .filter(([key]) => !key.includes('/'))
    .map((entry) => entry.join('='))
    .sort();
  return [kind, place, ...labels, `(${given.join(', ')})`].join(' ');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks as the user of `token`, none where it is empty; `onStart` is called when the answer begins. */
export function ask(
  server: Pick<AskedServer, 'url' | 'certificate'>,
  token: string,
  path: string,
  more: { body?: object; onStart?: () => Promise<void> } = {},
): Promise<RawAnswer> {
  const { body, onStart } = more;
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
    };
    const method = body === undefined ? 'GET' : 'POST';
    const options = { ca: server.certificate, method, headers, agent: false };
    const call = request(`${server.url}${path}`, options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', reject);
      const { 'retry-after': retryAfter, 'content-type': type = '' } = answer.headers;
      const more = retryAfter === undefined ? {} : { retryAfter };
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, type, ...more, body: normalised(parsed(text)), text }),
      );
      onStart?.().catch(reject);
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const metadataOf = ({ text }: RawAnswer) => (parsed(text) as { metadata: JsonValue }).metadata;

/** The resourceVersion of a list. */
export const versionOf = (answer: RawAnswer) => String(metadataOf(answer)['resourceVersion']);

/** The continue token of a list, as a query takes it. */
export const continueOf = (answer: RawAnswer) => encodeURIComponent(String(metadataOf(answer)['continue']));

/** The lines of a watch: changes, or one bookmark; a real server sends bookmarks when it likes. */
export function lines(answer: RawAnswer, isOfBookmarks = false): RawAnswer {
  if (answer.status !== 200) return answer;
  const all = answer.text.split('\n').filter(Boolean).map(parsed) as JsonValue[];
  const found = all.filter(({ type }) => (type === 'BOOKMARK') === isOfBookmarks);
  return { ...answer, body: normalised(isOfBookmarks ? found.slice(0, 1) : found) };
}

/** Whether the versions of a watch that began at `version` rise with each change, and no bookmark is behind one. */
export function doVersionsRise(answer: RawAnswer, version: string): boolean {
  let last = Number(version);
  return answer.text
    .split('\n')
    .filter(Boolean)
    .every((text) => {
      const { type, object } = JSON.parse(text) as { type: string; object: KubeObject };
      const before = last;
      last = Number(object.metadata['resourceVersion']);
      return type === 'BOOKMARK' ? last >= before : last > before;
    });
}

/** Observations across several answers. */
export const finding = (body: string): RawAnswer => ({ status: 200, type: '', body, text: '' });
