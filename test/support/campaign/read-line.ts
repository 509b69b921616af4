import type { KeySpace } from '../../../src/backends/keyed/key-space.js';
import {
  ADDED,
  fileKey,
  formerFolder,
  HEAD,
  LOCKS,
  NO_NUMBER,
  REVISIONS,
  revisionKey,
  TIP,
  valueKey,
} from '../../../src/backends/keyed/layout.js';
import { parseHead, parseRecord, type RevisionRecord } from '../../../src/backends/keyed/records.js';
import { leaseFromJson } from '../../../src/model/lease/lease.js';
import { parseState } from '../../../src/model/state/state-document.js';
import type { StatePath } from '../../../src/model/state/state-path.js';
import { parseEventPath } from '../../../src/model/subject/layout.js';
import { isMap } from '../../../src/model/value/value.js';
import type { ChainStep, PublishedCommit } from './history.js';
import { eventOf, STATE } from './read-branch.js';

const MS = 60_000;
const PAGE = 500;

/** What a store with keys holds, read key by key with nothing but its key space and the parsers. */
export interface Line {
  readonly commits: readonly PublishedCommit[];
  /** A lock keeps its newest move alone. */
  readonly chains: ReadonlyMap<string, readonly ChainStep[]>;
  /** Gaps, and keys that do not agree. */
  readonly wrong: readonly string[];
}

async function recordsOf(space: KeySpace, wrong: string[]): Promise<RevisionRecord[]> {
  const records: RevisionRecord[] = [];
  for (let from = ''; ; ) {
    const page = await space.range({ folder: REVISIONS, from, to: NO_NUMBER, limit: PAGE }, MS);
    for (const [key, text] of page) {
      const [seq, record] = [records.length + 1, parseRecord(key, text)];
      if (key !== revisionKey(seq)) wrong.push(`${key} stands where ${revisionKey(seq)} should`);
      if (record.parent !== (records.at(-1)?.revision ?? null))
        wrong.push(
          `${record.revision} follows ${records.at(-1)?.revision}, and its parent is ${record.parent}`,
        );
      if (!record.revision.startsWith(`${seq}-`)) wrong.push(`${record.revision} has the number ${seq}`);
      records.push(record);
    }
    if (page.length < PAGE) return records;
    from = `${page.at(-1)?.[0].slice(REVISIONS.length)}\u0001`;
  }
}

async function allBelow(space: KeySpace, folder: string): Promise<string[]> {
  const names = await space.names(folder, '', MS);
  const found = names.map((name) => (name.endsWith('/') ? allBelow(space, folder + name) : [folder + name]));
  return (await Promise.all(found)).flat();
}

/** The leaves of a state document, as the keys below `state/` have them: an empty mapping is one, too. */
function* leavesOf(value: unknown, at: StatePath = []): Generator<[path: StatePath, text: string]> {
  const below = isMap(value) ? Object.entries(value) : [];
  if (below.length > 0 || at.length === 0)
    for (const [name, each] of below) yield* leavesOf(each, [...at, name]);
  else yield [at, typeof value === 'string' ? value : JSON.stringify(value)];
}

/** Reads a whole store. Nobody may write meanwhile. */
export async function readLine(space: KeySpace): Promise<Line> {
  const wrong: string[] = [];
  const value = async (key: string) => (await space.get([key], MS))[0]?.value ?? null;
  const records = await recordsOf(space, wrong);
  const head = parseHead((await value(HEAD)) ?? '');
  if (head.revision !== records.at(-1)?.revision)
    wrong.push(`the head is ${head.revision}, and the last record another one`);
  const unfinished = (await allBelow(space, 'part/')).length;
  if (head.applied !== head.seq || unfinished > 0)
    wrong.push(`a large write is unfinished: ${unfinished} parts`);

  const rewritten = new Set(records.flatMap(({ changed, removed }) => [...changed, ...removed]));
  /** The text that a path had behind the revision `seq`. */
  const textAt = async (path: string, seq: number): Promise<string> => {
    const folder = formerFolder(path);
    const names = rewritten.has(path) ? await space.names(folder, '', MS) : [];
    const later = names.filter((name) => !name.endsWith(ADDED) && Number(name.slice(1)) > seq).sort()[0];
    const key = later === undefined ? fileKey(path) : folder + later;
    const text = await value(key);
    if (text === null) wrong.push(`${key} is not there`);
    return text ?? '';
  };
  const commits: PublishedCommit[] = [];
  const tip = new Set<string>();
  for (const [i, { revision, time, message, added, changed, removed }] of records.entries()) {
    for (const path of added) tip.add(path);
    for (const path of removed) tip.delete(path);
    const written = [...added, ...changed];
    const texts = new Map<string, string>();
    for (const path of written)
      if (parseEventPath(path) || STATE.test(path)) texts.set(path, await textAt(path, i + 1));
    commits.push({
      revision,
      committed: time / 1000,
      operation: /^Kgit-Op: (\S+)$/m.exec(message)?.[1] ?? null,
      isEmpty: written.length + removed.length === 0,
      events: added
        .filter((path) => parseEventPath(path))
        .map((path) => eventOf(revision, path, texts.get(path) ?? '')),
      states: new Map(
        written.flatMap((path) => {
          const id = STATE.exec(path)?.[1];
          return id ? [[id, parseState(texts.get(path) ?? '', path)] as const] : [];
        }),
      ),
      rewritten: [...changed, ...removed].filter((path) => parseEventPath(path)),
    });
  }

  const same = (what: string, found: readonly string[], expected: readonly string[]) => {
    const [one, other] = [[...found].sort().join('\n'), [...expected].sort().join('\n')];
    if (one !== other) wrong.push(`${what}: there is ${one}\n instead of ${other}`);
  };
  same('files', await allBelow(space, TIP), [...tip].map(fileKey));
  const last = new Map(commits.flatMap(({ states }) => [...states]));
  const leaves = [...last].flatMap(([deployment, document]) =>
    [...leavesOf(document)].map(([path, text]) => `${valueKey(deployment, path)} = ${text}`),
  );
  const values = await allBelow(space, 'state/');
  same('values', await Promise.all(values.map(async (key) => `${key} = ${await value(key)}`)), leaves);

  const chains = new Map<string, ChainStep[]>();
  for (const name of await space.names(LOCKS, '', MS)) {
    const record = leaseFromJson(JSON.parse((await value(LOCKS + name)) ?? 'null'));
    if (record === null) wrong.push(`${LOCKS}${name} holds no lease`);
    else chains.set(record.name, [record]);
  }
  return { commits, chains, wrong };
}
