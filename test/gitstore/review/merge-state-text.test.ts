import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Git } from '../../../src/gitstore/process/git.js';
import { mergeStateText } from '../../../src/gitstore/review/merge-state-text.js';
import { mergeData } from '../../../src/model/state/merge-state.js';
import { editState, formatState, parseState } from '../../../src/model/state/state-document.js';
import { sameValue, type Value } from '../../../src/model/value/value.js';
import { key, plainEdit, value } from '../../support/arbitraries.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

const git = new Git(temporaryFolder(), process.env);
const merge = (base: string, ours: string, theirs: string) =>
  mergeStateText(git, { base, ours, theirs }, 'state.yaml');
const BASE = `# State of a deployment
deployment:
  id: a # never changes
  phase: setup_network
  # how many
  count: 3
kof:
  version: 1.0.0
`;

describe('mergeStateText', () => {
  it('keeps the comments and the order of both sides', async () => {
    const ours = BASE.replace('setup_network', 'create_vms # since Monday').replace('# State', '# The state');
    const theirs = BASE.replace('1.0.0', '1.5.0 # upgraded').replace('# how many', '# how many there are');
    const { text, conflicts } = await merge(BASE, ours, theirs);
    expect(conflicts).toEqual([]);
    expect(text).toBe(`# The state of a deployment
deployment:
  id: a # never changes
  phase: create_vms # since Monday
  # how many there are
  count: 3
kof:
  version: 1.5.0 # upgraded
`);
  });

  it('merges changes of neighbouring lines, which git alone would not, with the comments of both', async () => {
    const ours = BASE.replace('phase: setup_network', 'phase: create_vms').replace('1.0.0', '1.0.0 # old');
    const theirs = BASE.replace('id: a #', 'id: b #').replace('# State', '# The state');
    const { text, conflicts } = await merge(BASE, ours, theirs);
    expect(conflicts).toEqual([]);
    expect(text).toBe(
      BASE.replace('id: a', 'id: b')
        .replace('setup_network', 'create_vms')
        .replace('1.0.0', '1.0.0 # old')
        .replace('# State', '# The state'),
    );
  });

  it('marks each path in conflict with its three values, and merges the rest', async () => {
    const ours = BASE.replace('count: 3', 'count: 4').replace('1.0.0', '1.1.0');
    const theirs = BASE.replace('count: 3', 'count: 5').replace('id: a', 'id: b');
    const { text, conflicts } = await merge(BASE, ours, theirs);
    expect(conflicts).toEqual([{ path: ['deployment', 'count'], base: 3, ours: 4, theirs: 5 }]);
    expect(text).toBe(
      BASE.replace(
        '  count: 3\n',
        '<<<<<<< ours\n  count: 4\n||||||| base\n  count: 3\n=======\n  count: 5\n>>>>>>> theirs\n',
      )
        .replace('id: a', 'id: b')
        .replace('1.0.0', '1.1.0'),
    );
  });

  it.each([
    ['removed here', BASE.replace('  count: 3\n', ''), BASE.replace('count: 3', 'count: 5')],
    ['removed there', BASE.replace('count: 3', 'count: 5'), BASE.replace('  count: 3\n', '')],
  ])('marks a path %s and changed on the other side', async (_name, ours, theirs) => {
    const { text, conflicts } = await merge(BASE, ours, theirs);
    expect(conflicts).toHaveLength(1);
    expect(text).toMatch(/<<<<<<< ours[\s\S]*count: 5[\s\S]*>>>>>>> theirs/);
  });

  it('refuses a side that is no state document', async () => {
    await expect(merge(BASE, '- a\n', BASE)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  const document = fc
    .dictionary(key, value, { maxKeys: 3 })
    .map((data) => formatState(data as Value, '# a comment\n'));
  const edits = fc.array(plainEdit, { maxLength: 3 });
  const edited = (text: string, list: Parameters<typeof editState>[1]) => {
    let result = text;
    for (const edit of list) {
      try {
        result = editState(result, [edit], 'state.yaml');
      } catch (error) {
        // An edit below a scalar: it is none.
        if ((error as { code?: string }).code !== 'CONFLICT') throw error;
      }
    }
    return result;
  };
  const read = (text: string) => parseState(text, 'state.yaml');

  it('gives what the merge of the data gives, whichever side is ours; a conflict is marked, so it can be read by nobody', async () => {
    await fc.assert(
      fc.asyncProperty(document, edits, edits, async (base, left, right) => {
        const [ours, theirs] = [edited(base, left), edited(base, right)];
        const expected = mergeData(read(base), read(ours), read(theirs));
        const [one, other] = [await merge(base, ours, theirs), await merge(base, theirs, ours)];
        expect(one.conflicts).toEqual(expected.conflicts);
        expect(other.conflicts).toHaveLength(expected.conflicts.length);
        for (const { text } of [one, other]) {
          if (expected.conflicts.length === 0) expect(sameValue(read(text), expected.data)).toBe(true);
          else expect(text).toMatch(/^<<<<<<< ours$/m);
        }
      }),
      { numRuns: process.env['CAMPAIGN'] === 'long' ? 1000 : 40 },
    );
  });
});
