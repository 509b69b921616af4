/** Files that only yq, or nobody, can read. */
export interface OddFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether the script API reads it. */
  readonly isRead: boolean;
}

const HEAD = 'deployment_id: dep-x\nphase: a\ndeployment_flags: {azure_children: false, kof: false}\n';
const text = (name: string, more: string, isRead: boolean): OddFile => ({
  ...{ name, isRead },
  bytes: Buffer.from(HEAD + more),
});
const raw = (name: string, bytes: string | Buffer, isRead: boolean): OddFile => ({
  ...{ name, isRead },
  bytes: Buffer.from(bytes as string),
});
const nested = (depth: number) =>
  `${Array.from({ length: depth }, (_, i) => `${'  '.repeat(i)}k:`).join('\n')} 1\n`;
const UTF16 = Buffer.from(`\ufeff${HEAD}`, 'utf16le');

export const ODD_FILES: readonly OddFile[] = [
  text('a key twice', 'phase: b\n', true),
  text('a key twice in a mapping', 'm:\n  k: 1\n  k: 2\n', true),
  text('a key twice in a flow mapping', 'm: {k: 1, k: 2}\n', true),
  text('keys that are one number', 'm:\n  1: a\n  01: b\n', true),
  text('keys that are nothing', 'm: {"": a, null: b, ~: c}\n', true),
  text('keys that are truth values', 'm: {true: a, True: b, yes: c}\n', true),
  text('a list as a key', '? [a, b]\n: c\n', true),
  text('two documents', '---\nother: 1\n', true),
  text('three documents, one of them broken', '---\nother: 1\n---\na: [\n', true),
  text('a further document with a directive', '...\n%YAML 1.2\n---\na: 1\n', false),
  text('60 levels', nested(60), true),
  text('150 levels', nested(150), false),
  text('150 lists', `l: ${'['.repeat(150)}${']'.repeat(150)}\n`, false),
  text('100,000 lists', `l: ${'['.repeat(100_000)}\n`, false),
  text('7 MiB', `big: "${'x'.repeat(7 * 1024 * 1024)}"\n`, true),
  text('9 MiB', `big: "${'x'.repeat(9 * 1024 * 1024)}"\n`, false),
  text('infinity', 'a: .inf\nb: -.INF\n', true),
  text('not a number', 'a: .nan\n', true),
  text('an exponent without a point', 'a: 12e4567\n', true),
  text('20 digits', 'a: 12345678901234567890\n', true),
  text('a zero before a number', 'a: 017\nb: 1.10\nc: 0o17\n', true),
  text('a tag of its own', 'a: !custom x\nb: !custom {k: v}\n', true),
  text('a tag of a number', 'a: !!float 1\nb: !!int "3"\nc: !!int x\n', true),
  text('tags of YAML 1.1', 'a: !!binary aGk=\nb: !!set {x, y}\nc: !!timestamp 2001-01-01\n', true),
  text('a tag with an unknown handle', 'a: !h!x y\n', false),
  text('an anchor and its alias', 'a: &x {k: v}\nb: *x\n', true),
  text('an alias without an anchor', 'a: *x\n', false),
  text('an alias in itself', 'a: &x [*x]\n', false),
  text(
    'aliases of aliases',
    `${Array.from(
      { length: 9 },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? 'x'
            : Array(9)
                .fill(`*a${i - 1}`)
                .join(', ')
        }]`,
    ).join('\n')}\n`,
    false,
  ),
  text('a merge key', 'x: &x {k: v}\ny:\n  <<: *x\n  l: w\n', true),
  text('a merge key as yq writes it', 'x: &x {k: v}\ny:\n  !!merge <<: *x\n', true),
  text('a tab as indentation', 'a:\n\tb: c\n', false),
  text('a git conflict', '<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n', false),
  text('a quote that does not end', 'a: "b\n', false),
  text('half a line', 'azure_rg_sta', false),
  text('a colon in plain text', 'a: b: c\n', false),
  raw('a list', '- deployment_id: dep-x\n', false),
  raw('a single value', 'dep-x\n', false),
  raw('comments alone', '# nothing\n', true),
  raw('nothing', '', true),
  raw('the word null', 'null\n', true),
  raw('Latin-1', Buffer.concat([Buffer.from(`${HEAD}a: caf`), Buffer.from([0xe9, 0x0a])]), false),
  raw(
    'half a character',
    Buffer.concat([Buffer.from(`${HEAD}a: `), Buffer.from([0xed, 0xa0, 0x80, 0x0a])]),
    false,
  ),
  raw('UTF-16', UTF16, true),
  raw('half of UTF-16', UTF16.subarray(0, UTF16.length - 1), false),
  raw('a byte order mark and CRLF', `\ufeff${HEAD.replaceAll('\n', '\r\n')}`, true),
  raw('CR alone', HEAD.replaceAll('\n', '\r'), true),
  raw('a NUL', `${HEAD}a: \0\n`, true),
  raw('control characters', `${HEAD}a: x\u0080y\u2028z\n`, true),
];
