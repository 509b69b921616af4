import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../git-fixtures.js';

/** The program with one deliberate bug that the checker must find. */
export interface Mutant {
  readonly what: string;
  readonly file: string;
  /** Replacements; each text occurs once in the file. */
  readonly edits: readonly (readonly [find: string, put: string])[];
  /** The test that must see it; the stress campaign if there is none. */
  readonly test?: string;
  /** Number of calls per process, if the small form shows the damage too rarely. */
  readonly calls?: number;
  /** What the test must say: the checker's finding, or the names of tests that fail. */
  readonly says: RegExp;
}

const [RACES, KILLS] = ['test/campaign/embedded-races.test.ts', 'test/campaign/embedded-kill.test.ts'];
const KEYED = 'test/backends/keyed/keyed-store.test.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    what: 'nobody looks whether an event is there already',
    file: 'src/store/plan/apply-operation.ts',
    edits: [['(await tip.events.find(subject, event.id))?.read()', 'null as never']],
    says: /has a commit already|changes nothing|is on the branch twice|was changed or removed/,
  },
  {
    what: 'the branch is pushed by force',
    file: 'src/gitstore/branch/git-remote.ts',
    edits: [['...leases];', "'--force'];"]],
    says: /was acknowledged and is nowhere/,
  },
  {
    what: 'a lost race is told as a success',
    file: 'src/gitstore/branch/push-outcome.ts',
    edits: [
      ["return lock ? { kind: 'busy', error: lockedThere(lock) } : { kind: 'moved' };", 'return null;'],
    ],
    says: /was acknowledged and is nowhere/,
  },
  {
    what: 'preconditions are not looked at',
    file: 'src/store/plan/apply-operation.ts',
    edits: [['await editsOf(change, text, tip)', 'change.edits']],
    says: /not linearizable/,
  },
  {
    what: 'after a lost race the files are made from the old tip',
    file: 'src/store/publish/publish-run.ts',
    edits: [
      [
        'planBatch(this.#store, revision, batch)',
        'planBatch(this.#store, this.#options.old ??= revision, batch)',
      ],
    ],
    says: /is not the fold of its events|was built on another tip|was changed or removed/,
  },
  {
    what: 'locks move by force, wherever they are',
    file: 'src/gitstore/branch/git-remote.ts',
    edits: [
      ['leases = updates.map(', "leases = updates.filter(({ ref }) => !ref.startsWith('refs/kgit/')).map("],
      [
        'refspecs = updates.map(({ ref, to }) => `',
        "refspecs = updates.map(({ ref, to }) => (ref.startsWith('refs/kgit/') ? '+' : '') + `",
      ],
    ],
    // A holder must write again after its lease was ended.
    calls: 40,
    says: /was told to be fenced, and is on the branch|was given to clones|ended its lease by force|after clone/,
  },
  {
    what: 'the event that a lease was ended lands, and the lock stays',
    file: 'src/store/lease/recorded-move.ts',
    edits: [['store.swap(revision, commits, talkMs(), [move])', 'store.swap(revision, commits, talkMs())']],
    calls: 20,
    says: /was ended, and the lock does not/,
  },
  {
    what: 'a store with keys compares no head',
    file: 'src/backends/keyed/keyed-store.ts',
    edits: [['[[HEAD, from?.version ?? null] as const]', '[]']],
    test: KEYED,
    says: /×.*sees a lock and a head that others move/,
  },
  {
    what: 'a store with keys compares locks before its transaction, not in it',
    file: 'src/backends/keyed/keyed-store.ts',
    edits: [
      ['      ...locks.map(lockExpected),\n', ''],
      [
        '    // The first transaction of all',
        `    const stale = await this.#staleLocks(locks, timeoutMs);
    if (stale.length > 0) return { kind: 'stale', keys: stale.map(lockKey) };
    // The first transaction of all`,
      ],
    ],
    test: KEYED,
    says: /×.*sees a lock and a head that others move/,
  },
  {
    what: 'nobody looks whether a large write is in its place',
    file: 'src/backends/keyed/key-reader.ts',
    edits: [['head === null || head.applied === head.seq', 'head !== undefined']],
    test: KEYED,
    says: /×.*shows all of it or nothing, wherever its process ends/,
  },
  {
    what: 'a large write is seen before it is published',
    file: 'src/backends/keyed/large-write.ts',
    edits: [
      [
        '    const text = formatParts(time, puts);',
        `    for (const some of inChunks(this.#space, putsOf(puts)))
      await this.#space.write({ expect: new Map(), puts: some }, timeoutMs);
    const text = formatParts(time, puts);`,
      ],
    ],
    test: KEYED,
    says: /×.*shows each reader one revision at every step of it/,
  },
  {
    what: 'a lock that is released is deleted, and its token begins anew',
    file: 'src/backends/keyed/keyed-leases.ts',
    edits: [
      [
        'return { key: lockKey(name), value, record };',
        "return { key: lockKey(name), value: record.action === 'release' ? null : value, record };",
      ],
    ],
    test: 'test/backends/keyed/key-spaces.test.ts',
    says: /×.*moves a lock only from where the move begins/,
  },
  {
    what: 'a lock of a store with keys is deleted when it is released: the checker sees it',
    file: 'src/backends/keyed/keyed-leases.ts',
    edits: [
      [
        'return { key: lockKey(name), value, record };',
        "return { key: lockKey(name), value: record.action === 'release' ? null : value, record };",
      ],
    ],
    test: 'test/campaign/keyed-stress.test.ts',
    calls: 20,
    says: /got token 1 after|token 1 was given/,
  },
  {
    what: 'a write whose answer was lost is told not to be there',
    file: 'src/backends/server/server-errors.ts',
    edits: [["remote === 'denied' || remote === 'unknown'", "remote === 'denied'"]],
    test: 'test/backends/keyed/no-answer.test.ts',
    says: /× it was carried out, and the server is gone/,
  },
  {
    what: 'the embedded git pushes wherever the branch is',
    file: 'src/gitstore/embedded/wire/receive-pack.ts',
    edits: [
      ['({ ref, from }: RefUpdate) => (refs.get(ref) ?? null) !== from;', '(_: RefUpdate) => false;'],
      ['{from ?? NOTHING} ', '{refs.get(ref) ?? NOTHING} '],
      ['sent.map(({ ref, from, to }, i)', 'sent.map(({ ref, to }, i)'],
    ],
    test: RACES,
    says: /×.*by a move of the branch after its fetch, publishes nothing/,
  },
  {
    what: 'the embedded git asks for no atomic push',
    file: 'src/gitstore/embedded/wire/receive-pack.ts',
    edits: [["...(isAtomic ? ['atomic'] : []), ", '']],
    test: RACES,
    says: /×.*by a move of the lock after the offer of the server, publishes nothing/,
  },
  {
    what: 'the embedded git takes the lock of a ref from whoever holds it',
    file: 'src/gitstore/embedded/lock-files.ts',
    edits: [['await this.removeLeftBehind();', 'await removeAt(this.#place.fs, path);']],
    test: RACES,
    says: /×.*and git itself, lose no commit and share no lock/,
  },
  {
    what: 'the embedded git records no lock before it takes it',
    file: 'src/gitstore/embedded/lock-files.ts',
    edits: [
      ['files, await record(false), () => record(true)', 'files, async () => undefined, () => record(true)'],
    ],
    test: KILLS,
    says: /×.*leaves branch and lock moved together or not at all, and blocks nobody/,
  },
  {
    what: 'the embedded git moves the refs of one write one by one',
    file: 'src/gitstore/embedded/file-refs.ts',
    edits: [['if (moves.length > 1) await held.decide();', '']],
    test: KILLS,
    says: /×.*leaves branch and lock moved together or not at all, and blocks nobody/,
  },
  {
    what: 'the embedded git syncs no file',
    file: 'src/gitstore/embedded/files.ts',
    edits: [
      ['    await handle.writeFile(data);\n    await handle.sync();', '    await handle.writeFile(data);'],
    ],
    test: KILLS,
    says: /×.*leaves branch and lock moved together or not at all, and blocks nobody/,
  },
];

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LEFT_OUT = ['.git', 'node_modules', 'dist'];

/** The text of a mutant's file. Throws Error if a replaced text does not occur exactly once. */
export function mutated({ file, edits }: Mutant): string {
  let text = readFileSync(join(ROOT, file), 'utf8');
  for (const [find, put] of edits) {
    const parts = text.split(find);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
    text = parts.join(put);
  }
  return text;
}

/** Makes a copy of the project with a mutant; returns its folder. */
export function plant(mutant: Mutant): string {
  const folder = join(temporaryFolder('kgit-mutant-'), 'project');
  mkdirSync(folder);
  for (const name of readdirSync(ROOT))
    if (!LEFT_OUT.includes(name)) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, mutant.file), mutated(mutant));
  return folder;
}
