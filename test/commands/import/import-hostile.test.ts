import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';

const ENTRY = '  - timestamp: "2025-12-04T01:00:00Z"\n    action: seen\n    message: m\n';
const HEAD = 'cluster_name: c\nevents:\n';
const nested = (depth: number) => `cluster_name: c\nevents: ${'['.repeat(depth)}${']'.repeat(depth)}\n`;
const aliases = `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d]\n`;

interface Finding {
  readonly message: RegExp;
  readonly line?: number;
  readonly column?: number;
}

type Content = string | Buffer | ((file: string) => void);

/** Files that are refused, by kind. */
const BROKEN: readonly (readonly [kind: string, content: Content, finding: Finding])[] = [
  [
    'truncated in a text',
    `${HEAD}  - timestamp: "2025-12-04`,
    { message: /closing "quote/, line: 3, column: 27 },
  ],
  [
    'truncated in an entry',
    `${HEAD}${ENTRY}  - timestamp: "2025-12-04T01:00:01Z"\n`,
    { message: /events\.1 has no action/, line: 6, column: 1 },
  ],
  ['a list at the top', '- a\n', { message: /is not a mapping/, line: 1, column: 1 }],
  [
    'events of another type',
    'cluster_name: c\nevents: none\n',
    { message: /events is not a list/, line: 2, column: 9 },
  ],
  [
    'an entry of another type',
    `${HEAD}${ENTRY}  - 7\n`,
    { message: /events\.1 is not a mapping/, line: 6, column: 1 },
  ],
  [
    'a time of another type',
    `${HEAD}  - timestamp: 1764810300\n    action: a\n`,
    { message: /events\.0 has a timestamp that is not/, line: 3, column: 1 },
  ],
  ['aliases that grow', aliases, { message: /aliases stand for more than/, line: 1, column: 23 }],
  ['an alias of nothing', 'cluster_name: *c\n', { message: /anchor of \*c/, line: 1, column: 15 }],
  ['an unknown tag handle', 'cluster_name: !h!x y\n', { message: /tag/i, line: 1, column: 15 }],
  ['tabs', `cluster_name: c\nevents:\n\t- a\n`, { message: /tab/i, line: 3, column: 1 }],
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('cluster_name: c\nx: '), Buffer.from([0xff, 0xfe])]),
    { message: /is not valid UTF-8/, line: 2, column: 4 },
  ],
  [
    'half of UTF-16',
    Buffer.from('\ufeffcluster_name: c\n', 'utf16le').subarray(0, 21),
    { message: /is not valid UTF-16/, line: 1, column: 1 },
  ],
  ['deep', nested(20_000), { message: /nested too deep/, line: 2 }],
  [
    'huge',
    (file) => {
      writeFileSync(file, HEAD);
      truncateSync(file, 9 * 1024 * 1024);
    },
    { message: /is larger than 8 MiB/ },
  ],
  ['a symbolic link', (file) => symlinkSync('/etc/hostname', file), { message: /is a symbolic link/ }],
  ['a link to a device', (file) => symlinkSync('/dev/zero', file), { message: /is a symbolic link/ }],
  ['a pipe', (file) => void execFileSync('mkfifo', [file]), { message: /is not a regular file/ }],
];

/** Files that look bad and are good; each gives its event. */
const SOUND: readonly (readonly [kind: string, name: string, content: Content])[] = [
  ['CRLF', 'cluster-crlf-events.yaml', `cluster_name: crlf\nevents:\n${ENTRY}`.replaceAll('\n', '\r\n')],
  ['a key twice', 'cluster-twice-events.yaml', `cluster_name: t\nevents:\n${ENTRY}cluster_name: twice\n`],
  ['many documents', 'cluster-many-events.yaml', `cluster_name: many\nevents:\n${ENTRY}---\na: b\n`],
  ['UTF-16', 'cluster-u16-events.yaml', Buffer.from(`\ufeffcluster_name: u16\nevents:\n${ENTRY}`, 'utf16le')],
  ['a byte order mark', 'cluster-bom-events.yaml', `\ufeffcluster_name: bom\nevents:\n${ENTRY}`],
  [
    'an alias or two',
    'cluster-alias-events.yaml',
    `x: &x seen\ncluster_name: alias\nevents:\n${ENTRY.replace('seen', '*x')}`,
  ],
  [
    'a name that is a path',
    'cluster-path-events.yaml',
    `cluster_name: ../../../etc/passwd\nevents:\n${ENTRY}`,
  ],
  ['a name of git', 'cluster-git-events.yaml', `cluster_name: .git\nevents:\n${ENTRY}`],
  [
    'a name like an option',
    'cluster-option-events.yaml',
    `cluster_name: "--upload-pack=x"\nevents:\n${ENTRY}`,
  ],
  ['a name with escapes', 'cluster-esc-events.yaml', `cluster_name: "a\\e[2Jb\\nc"\nevents:\n${ENTRY}`],
  ['a file name with escapes', 'cluster-\u001b[2J\nx-events.yaml', `events:\n${ENTRY}`],
  [
    'texts with escapes',
    'cluster-text-events.yaml',
    `cluster_name: text\nevents:\n${ENTRY.replace(' m\n', ' "\\e]0;x\\a"\n')}`,
  ],
  [
    'a key that is a prototype',
    'cluster-proto-events.yaml',
    `__proto__: {polluted: true}\ncluster_name: proto\nevents:\n${ENTRY}`,
  ],
];

/** Files in which there is nothing. */
const EMPTY: readonly (readonly [kind: string, content: string])[] = [
  ['empty', ''],
  ['comments alone', '# c\n'],
  ['null', 'null\n'],
];

function lay(folder: string, name: string, content: Content): void {
  const file = join(folder, name);
  if (typeof content === 'function') content(file);
  else writeFileSync(file, content);
}

const nameOf = (i: number) => `cluster-bad${String(i).padStart(2, '0')}-events.yaml`;

async function newRepository(): Promise<string> {
  const path = temporaryFolder();
  await kgitJson('.', ['init', path]);
  return path;
}

describe('hostile files', () => {
  let path: string;
  let state: string;
  beforeAll(async () => {
    path = await newRepository();
    state = join(temporaryFolder(), 'state');
    mkdirSync(state);
    for (const [i, [, content]] of BROKEN.entries()) lay(state, nameOf(i), content);
    for (const [i, [, content]] of EMPTY.entries()) lay(state, `cluster-empty${i}-events.yaml`, content);
    for (const [, name, content] of SOUND) lay(state, name, content);
  });

  it('are each a finding with its place, and nothing is written', async () => {
    const refused = await kgit(path, ['import', state, '--json']);
    expect(refused.code).toBe(14);
    const found = refused.json.error.data.files as { path: string; error: Record<string, unknown> }[];
    const places: unknown[] = [];
    const wanted: unknown[] = [];
    for (const [i, [kind, , { message, line, column }]] of BROKEN.entries()) {
      const error = found.find((file) => file.path === nameOf(i))?.error;
      expect(error?.['message'], kind).toMatch(message);
      // Where a nesting is too deep depends on the stack that is left.
      places.push([kind, error?.['line'], kind === 'deep' ? undefined : error?.['column']]);
      wanted.push([kind, line, column]);
    }
    expect(places).toEqual(wanted);
    expect(found).toHaveLength(BROKEN.length);
    expect(git(path, 'rev-list', '--count', 'main')).toBe('1');
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('are left out with --skip-invalid, and listed; the rest is imported', async () => {
    const rest = await kgitJson(path, ['import', state, '--skip-invalid']);
    expect(rest.delivery).toBe('published');
    // Of a file with a bad entry the others are taken.
    const partly = BROKEN.flatMap(([, , { message }], i) =>
      /^events/.test(message.source) && !/list/.test(message.source) ? [nameOf(i)] : [],
    );
    const skipped = rest.skipped.map((file: { path: string }) => file.path);
    expect(skipped).toEqual(BROKEN.map((_, i) => nameOf(i)).filter((name) => !partly.includes(name)));
    const rows = rest.files as {
      path: string;
      events: { new: number };
      warnings: string[];
      subject: string;
    }[];
    for (const name of partly)
      expect(rows.find((row) => row.path === name)?.warnings.join(), name).toMatch(
        /line \d+: events\.\d .*skipped/,
      );
    for (const [kind, name] of SOUND) expect(rows.find((row) => row.path === name)?.events.new, kind).toBe(1);
    for (const [i, [kind]] of EMPTY.entries())
      expect(rows.find((row) => row.path === `cluster-empty${i}-events.yaml`)?.warnings, kind).toEqual([
        'is empty',
      ]);
    const paths = git(path, 'ls-tree', '-r', '--name-only', '-z', 'main').split('\0');
    for (const name of paths) expect(name).toMatch(/^[A-Za-z0-9._/-]*$/);
    expect(paths.some((name) => name.split('/').some((part) => part === '..' || /^\.git$/i.test(part)))).toBe(
      false,
    );
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect((await kgitJson(path, ['import', state, '--skip-invalid'])).delivery).toBe('unchanged');
  });

  it('send nothing to the terminal', async () => {
    const fresh = await newRepository();
    const runs = [
      await kgit(fresh, ['import', state]),
      await kgit(fresh, ['import', state, '--skip-invalid', '--verbose']),
      await kgit(fresh, ['log', '--limit', '100']),
    ];
    expect(runs.map(({ code }) => code)).toEqual([14, 0, 0]);
    for (const { stdout, stderr } of runs)
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
