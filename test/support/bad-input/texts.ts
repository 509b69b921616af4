import { MARKER } from '../state-repository.js';

const BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key, i) => {
    const before = `*${String.fromCharCode(key.charCodeAt(0) - 1)}`;
    return `${key}: ${i < 0 ? '' : `&${key} `}[${Array(10).fill(before).join(', ')}]`;
  }),
  '',
].join('\n');
const DEPTH = 5_000;
const nested = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
const MIB = 1024 * 1024;
const settings = (text: string) => MARKER.replace('settings: {}', `settings: ${text}`);
const event = (more: string) => `{"subject": "cluster/prod", "action": "x", ${more}}\n`;

/** Broken state documents. */
export const STATES: Readonly<Record<string, () => string | Buffer>> = {
  broken: () => 'a: 1\nb: [1\n',
  twice: () => 'a: 1\na: 2\n',
  bomb: () => BOMB,
  tag: () => 'a: !!js/function "x"\n',
  documents: () => 'a: 1\n---\nb: 2\n',
  nan: () => 'a: .nan\n',
  list: () => '- a\n- b\n',
  deep: () => `a: ${nested}\n`,
  huge: () => `a: ${'x'.repeat(9 * MIB)}\n`,
  enormous: () => `a: ${'x'.repeat(70 * MIB)}\n`,
  latin1: () => Buffer.from('a: caf\u00e9\n', 'latin1'),
};

/** Repository settings of somebody who means harm, or of another time. */
export const MARKERS: Readonly<Record<string, () => string>> = {
  repo: () => settings('{repo: /etc}'),
  user: () => settings('{user: root}'),
  timeout: () => settings('{timeout: soon}'),
  types: () => settings('[1, 2]'),
  managements: () => MARKER.replace('managements:\n  default: {}', 'managements: [default]'),
  climbing: () => MARKER.replace('default: {}', '../../etc: {}'),
  bomb: () => `${MARKER}${BOMB}`,
  huge: () => `${MARKER}x: ${'x'.repeat(9 * MIB)}\n`,
  newer: () => MARKER.replace('kgit/v1', 'kgit/v2'),
};

/** What somebody may pour into standard input. */
export const INPUTS: Readonly<Record<string, () => string | Buffer>> = {
  'big-json': () => event(`"message": "${'x'.repeat(10 * MIB)}"`),
  'big-yaml': () => `subject: cluster/prod\naction: x\nparameters:\n${'  - abcdefgh: 1\n'.repeat(600_000)}`,
  'no-json': () => `${event('"user": "ada"')}{"subject": \n`,
  'no-subject': () => '{"action": "x"}\n',
  'deep-json': () => event(`"parameters": {"a": ${nested}}`),
  'deep-yaml': () => `subject: cluster/prod\naction: x\nparameters: {a: ${nested}}\n`,
  bomb: () => `subject: cluster/prod\naction: x\nparameters:\n${BOMB.replace(/^/gm, '  ')}`,
  changes: () => event('"changes": []'),
  latin1: () => Buffer.from(event('"user": "Andr\u00e9"'), 'latin1'),
  endless: () => '',
};

/** Settings files of users: what the file `.kgitrc.yaml` holds. */
export const RC_FILES: Readonly<Record<string, () => string>> = {
  foreign: () => 'timeout: soon\n',
  link: () => 'timeout: soon\n',
  backend: () => 'backend: s3\n',
  value: () => 'timeout: soon\n',
  list: () => '- timeout\n',
  broken: () => 'a: b: c\n',
  huge: () => `x: ${'x'.repeat(300_000)}\n`,
  named: () => '',
};
