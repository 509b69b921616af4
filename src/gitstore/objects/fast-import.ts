import { EnvironmentError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { removeFile } from '../../store/local/durable-files.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { type Git, gitFailed } from '../process/git.js';

/** Never created: fast-import needs a branch to build on, and the stream resets it before it ends. */
const SCRATCH = 'refs/kgit/candidate';

/** A name or address in a form that a commit header can hold. */
function headerText(text: string): string {
  // git itself drops these: they would end or nest the header's fields.
  return text.replace(/[<>\n\r\0]/g, ' ').trim() || 'kgit';
}

/** The line of a commit's header for its author or committer. */
export function personLine(role: string, { name, email }: Actor, seconds: number): string {
  return `${role} ${headerText(name)} <${headerText(email).replaceAll(' ', '')}> ${seconds} +0000\n`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** Quotes a path as git reads it. */
export function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Characters that are written to git at once. */
const CHUNK = 64 * 1024;

/**
 * Has the C library of Linux keep the memory that git frees after each object, instead of giving it back to the system
 * and asking for it again (ADR 74). Other systems ignore these variables.
 */
const KEEPS_MEMORY = { MALLOC_TRIM_THRESHOLD_: '16777216', MALLOC_MMAP_THRESHOLD_: '4194304' };

const CRASH_REPORT = /^fast-import: dumping crash report to (.+)$/m;

/** What a chain of commits needs besides the commits. */
export interface Chain {
  readonly base: Revision | null;
  readonly committer: Actor;
  /** When each commit is made, in seconds since the epoch; dates do not go backwards along the branch. */
  readonly committed: readonly number[];
}

function* stream(commits: readonly Commit[], chain: Chain, oidLength: number): Generator<string> {
  for (const [i, commit] of commits.entries()) {
    const parent = i > 0 ? `from :${i}\n` : chain.base ? `from ${chain.base}\n` : '';
    const author = personLine('author', commit.author, Math.floor(commit.time / 1000));
    yield `commit ${SCRATCH}\nmark :${i + 1}\n${author}${personLine('committer', chain.committer, chain.committed[i] ?? 0)}`;
    yield `${data(commit.message)}${parent}`;
    for (const [path, text] of commit.files) if (text === null) yield `D ${quoted(path)}\n`;
    for (const [path, text] of commit.files)
      if (text !== null) yield `M 100644 inline ${quoted(path)}\n${data(text)}`;
  }
  const marks = Array.from(commits, (_, i) => `get-mark :${i + 1}\n`).join('');
  const back = `reset ${SCRATCH}\nfrom ${'0'.repeat(oidLength)}\n\n`;
  yield `${marks}${back}done\n`;
}

/** Joins short texts to longer ones: each write to a pipe takes as long as making the text of an event. */
function* inChunks(texts: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const text of texts) {
    chunk += text;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

/**
 * Builds a chain of commits with one `git fast-import`: no index, no checkout, at the same cost in a repository of any
 * size. No ref points to them yet. Throws EnvironmentError (disk full, read-only).
 */
export async function buildCommits(git: Git, commits: readonly Commit[], chain: Chain): Promise<Revision[]> {
  const args = ['-c', 'fastimport.unpackLimit=1', 'fast-import', '--quiet', '--done', '--date-format=raw'];
  const oidLength = chain.base?.length ?? 40;
  const { code, stdout, stderr } = await git.run(args, {
    input: inChunks(stream(commits, chain, oidLength)),
    env: KEEPS_MEMORY,
  });
  if (code !== 0) {
    // The error below says what went wrong; without this, git's own report would stay in the repository.
    const report = CRASH_REPORT.exec(stderr);
    if (report) await removeFile(report[1] as string);
    throw gitFailed(['fast-import'], code, stderr.replace(CRASH_REPORT, ''));
  }
  const revisions = stdout.toString('utf8').split('\n').filter(Boolean);
  if (revisions.length !== commits.length) {
    throw new EnvironmentError(`git fast-import made ${revisions.length} of ${commits.length} commits`, {
      suggestions: ["Check the repository with 'git fsck'"],
    });
  }
  return revisions;
}
