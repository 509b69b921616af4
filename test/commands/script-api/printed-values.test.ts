/** What `get_state` prints is what the state library prints, which is `yq eval ".$1"`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { bash } from '../../support/script-api/bash.js';
import { emptyState } from '../../support/state-repository.js';
import { yq } from '../../support/yaml-readers/readers.js';

const STATE = `# of the scripts
deployment_id: dep-x
phase: a
empty: ""
nothing:
tilde: ~
word: null
no_map: {}
no_list: []
flow: [1, 2]
flow_map: {a: 1, b: "x y"}
block:
  - 1
  - two
truth: true
number: 1.10
"sp ace": one
größe: groß
nested:
  "sp ace": {"in side": two}
  größe: 3
  a.b: dotted
quoted: "it's"
lines: |
  one
  two
deployment_flags: {azure_children: false, kof: false}
`;

/** Paths as scripts write them behind the dot. */
const PATHS = [
  ...['', 'empty', 'nothing', 'tilde', 'word', 'no_map', 'no_list', 'flow', 'flow[0]', 'flow[1]', 'flow[2]'],
  ...['flow_map', 'flow_map.b', 'block', 'block[-1]', 'truth', 'number', 'quoted', 'lines', 'missing'],
  ...[
    '"sp ace"',
    'größe',
    '"größe"',
    'nested',
    'nested."sp ace"',
    'nested."sp ace"."in side"',
    'nested.größe',
  ],
  ...[
    'nested."a.b"',
    'nested["sp ace"]',
    '["größe"]',
    'phase.below',
    'missing.below',
    'deployment_flags.kof',
  ],
];
const word = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

it('values that are empty, in flow or behind quoted paths are printed as yq prints them', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'state'));
  const path = join(folder, 'state/deployment-state.yaml');
  writeFileSync(path, STATE);
  const calls = PATHS.map((one) => `printf '%s\\37' "$(get_state ${word(one)} 2>/dev/null)"`);
  const { code, out } = await bash(folder, emptyState(), calls.join('\n'));
  expect(code).toBe(0);
  const printed = out.split('\x1f').slice(0, -1);
  const wanted = PATHS.map((one) => yq(`.${one}`, path)?.replace(/\n+$/, ''));
  const compared = PATHS.map((one, i) => [one, printed[i]]);
  // What yq itself refuses has no value, as in the library, which hides its error.
  expect(compared).toEqual(PATHS.map((one, i) => [one, wanted[i] ?? 'null']));
  expect(wanted.filter((text) => text === undefined).length).toBeLessThan(PATHS.length / 4);
});
