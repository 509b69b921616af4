/** Other versions of Node and git than those that run the tests. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtGits } from '../support/gits/built-gits.js';
import { builtNodes } from '../support/nodes/built-nodes.js';
import { runOn, shortTour, tourFolder } from '../support/platforms/short-tour.js';

const NODES = builtNodes();
const GITS = builtGits();

if (NODES.length === 0) it('Node 22 and 24 are not here, so their suites do not run', () => undefined);
if (GITS.length === 0)
  it('No other git is built (test/support/gits/build.sh), so their suites do not run', () => undefined);

it.each(NODES)('the tour on Node $major', ({ path, major }) => {
  const folder = tourFolder();
  shortTour(folder, { node: path });
  expect(runOn({ node: path }, folder, '--version')).toContain(`node-v${major}.`);
});

it.each(GITS)('the tour with git $version', ({ version, bin }) => {
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  const folder = tourFolder();
  shortTour(folder, { env });
  const { checks } = JSON.parse(runOn({ env }, join(folder, 'first'), 'doctor', '--json'));
  const used = expect.objectContaining({ name: 'git', detail: expect.stringMatching(`^${version} `) });
  expect(checks).toContainEqual(used);
});
