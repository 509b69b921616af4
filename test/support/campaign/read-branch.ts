import { execFileSync } from 'node:child_process';
import { parseLeaseMessage } from '../../../src/gitstore/lock/lease-message.js';
import { parseEvent } from '../../../src/model/event/event-file.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { parseEventPath } from '../../../src/model/subject/layout.js';
import { formatSubject } from '../../../src/model/subject/subject.js';
import { git } from '../git-fixtures.js';
import type { ChainStep, PublishedCommit, PublishedEvent } from './history.js';

/** The state document of a deployment. */
export const STATE = /^deployments\/([^/]+)\/state\.yaml$/;
const BIG = 1024 * 1024 * 1024;

/** The texts of objects, by `<revision>:<path>`. */
function readAll(repository: string, names: readonly string[]): Map<string, string> {
  const input = names.map((name) => `${name}\n`).join('');
  const bytes = execFileSync('git', ['cat-file', '--batch'], { cwd: repository, input, maxBuffer: BIG });
  const texts = new Map<string, string>();
  let at = 0;
  for (const name of names) {
    const end = bytes.indexOf(10, at);
    const size = Number(bytes.toString('latin1', at, end).split(' ')[2]);
    if (Number.isNaN(size)) throw new Error(`${name} cannot be read`);
    texts.set(name, bytes.toString('utf8', end + 1, end + 1 + size));
    at = end + size + 2;
  }
  return texts;
}

/** What an event's file says. */
export function eventOf(revision: string, path: string, text: string): PublishedEvent {
  const place = parseEventPath(path);
  if (!place) throw new Error(`${path} is no event's`);
  const event = parseEvent(text, path);
  const [subject, runId] = [formatSubject(place.subject), event.run_id ?? null];
  const ended = event.action === 'lock_broken' ? { ended: Number(event.parameters?.['token']) } : {};
  return { revision, path, id: place.id, subject, runId, changes: event.changes ?? [], ...ended };
}

/** Reads the chains of a repository's locks. */
export function readChains(repository: string): Map<string, ChainStep[]> {
  const refs = git(repository, 'for-each-ref', '--format=%(refname)', 'refs/kgit/locks')
    .split('\n')
    .filter(Boolean);
  return new Map(
    refs.map((ref) => {
      const log = git(repository, 'log', '--reverse', '-z', '--format=%B', ref, '--')
        .split('\0')
        .filter(Boolean);
      const chain = log.map((message) => {
        const link = parseLeaseMessage(message);
        if (!link) throw new Error(`${ref} holds what is no lease: ${message}`);
        return link.record;
      });
      return [chain[0]?.name ?? ref, chain];
    }),
  );
}

/** Reads what every commit of a branch did, oldest first, with only git and the parsers. */
export function readBranch(repository: string, branch = 'main'): PublishedCommit[] {
  const trailer = '%(trailers:key=Kgit-Op,valueonly,separator=%x20)';
  const format = [`--format=commit %H %ct ${trailer}`, '--name-status', '--no-renames', '--root'];
  const log = git(repository, 'log', '--reverse', '--first-parent', ...format, branch, '--');
  const blocks = log
    .split(/^commit /m)
    .slice(1)
    .map((block) => block.split('\n').filter(Boolean));
  const touched = blocks.map(([head = '', ...files]) => {
    const [revision = '', committed, operation] = head.split(' ');
    const paths = files.map((line) => line.split('\t') as [status: string, path: string]);
    return { revision, committed: Number(committed), operation: operation || null, paths };
  });
  const wanted = touched.flatMap(({ revision, paths }) =>
    paths
      .filter(([status, path]) => status !== 'D' && (parseEventPath(path) || STATE.test(path)))
      .map(([, path]) => `${revision}:${path}`),
  );
  const texts = readAll(repository, wanted);
  return touched.map(({ revision, committed, operation, paths }) => {
    const text = (path: string) => texts.get(`${revision}:${path}`) ?? '';
    const events = paths.filter(([status, path]) => status === 'A' && parseEventPath(path));
    const states = paths.flatMap(([status, path]) => {
      const id = STATE.exec(path)?.[1];
      return id && status !== 'D' ? [[id, parseState(text(path), path)] as const] : [];
    });
    return {
      revision,
      committed,
      operation,
      isEmpty: paths.length === 0,
      events: events.map(([, path]) => eventOf(revision, path, text(path))),
      states: new Map(states),
      rewritten: paths
        .filter(([status, path]) => status !== 'A' && parseEventPath(path))
        .map(([, path]) => path),
    };
  });
}
