import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConflictError, InvalidStateError } from '../../../src/errors.js';
import { mutable, type PlainEdit, setAt, unsetAt } from '../../../src/model/state/edit.js';
import { editState, formatState, parseState } from '../../../src/model/state/state-document.js';
import { lookUp, parseStatePath } from '../../../src/model/state/state-path.js';
import type { Value } from '../../../src/model/value/value.js';
import { key, plainEdit, value } from '../../support/arbitraries.js';

const set = (path: string, value: Value): PlainEdit => ({ op: 'set', path: parseStatePath(path), value });
const unset = (path: string): PlainEdit => ({ op: 'unset', path: parseStatePath(path) });
const edit = (text: string, ...edits: PlainEdit[]) => editState(text, edits, 'state.yaml');

const DOCUMENT = `# State of a deployment

# The basics
deployment:
  deployment_id: "k0rdent-abc"   # never changes
  phase:    'setup_network'
  flags: {azure: true,  kof: false}

  # hosts
  vm_states:
      node.example.com: {state: "Creating"}
      node-2:
          state: Creating # soon
  notes: |
    line one

    line three
  empty:
  list:
  - one
  - two
# trailing words
kof: {}
`;

/** The lines of \`before\` that are not in \`after\`, and the other way round. */
function changedLines(before: string, after: string): { gone: string[]; come: string[] } {
  const left = before.split('\n');
  const right = after.split('\n');
  return {
    gone: left.filter((line) => !right.includes(line)),
    come: right.filter((line) => !left.includes(line)),
  };
}

describe('editState changes only the lines it must', () => {
  it.each<[string, PlainEdit, string[], string[]]>([
    [
      'a scalar in place, keeping the comment',
      set('deployment.deployment_id', 'x'),
      ['  deployment_id: "k0rdent-abc"   # never changes'],
      ['  deployment_id: x   # never changes'],
    ],
    [
      'a quoted scalar',
      set('deployment.phase', 'create_vms'),
      ["  phase:    'setup_network'"],
      ['  phase:    create_vms'],
    ],
    [
      'inside a flow map',
      set('deployment.flags.kof', true),
      ['  flags: {azure: true,  kof: false}'],
      ['  flags:', '    azure: true', '    kof: true'],
    ],
    [
      'an odd key in odd indentation',
      set('deployment.vm_states.node-2.state', 'Succeeded'),
      ['          state: Creating # soon'],
      ['          state: Succeeded # soon'],
    ],
    [
      'a new key behind its siblings',
      set('deployment.vm_states.node-2.ip', '10.0.0.4'),
      [],
      ['          ip: 10.0.0.4'],
    ],
    [
      'a new branch',
      set('azure.credentials.configured', true),
      [],
      ['azure:', '  credentials:', '    configured: true'],
    ],
    ['a null', set('deployment.empty', 'no'), ['  empty:'], ['  empty: "no"']],
    [
      'below a null',
      set('deployment.empty.a', 1),
      ['  empty:'],
      ['  empty:', '    a: 1'].filter((l) => l !== '  empty:'),
    ],
    ['an empty map', set('kof.installed', false), ['kof: {}'], ['kof:', '  installed: false']],
    [
      'a block scalar',
      set('deployment.notes', 'short'),
      ['  notes: |', '    line one', '    line three'],
      ['  notes: short'],
    ],
    [
      'a removed key with its lines',
      unset('deployment.notes'),
      ['  notes: |', '    line one', '    line three'],
      [],
    ],
    [
      'the last key of a map',
      unset('deployment.vm_states.node-2.state'),
      ['      node-2:', '          state: Creating # soon'],
      ['      node-2: {}'],
    ],
  ])('%s', (_name, change, gone, come) => {
    const after = edit(DOCUMENT, change);
    const changed = changedLines(DOCUMENT, after);
    expect(changed.gone.filter((line) => line !== '  empty:')).toEqual(
      gone.filter((line) => line !== '  empty:'),
    );
    expect(changed.come).toEqual(come);
    const expected = mutable(parseState(DOCUMENT, 'd')) as Record<string, unknown>;
    if (change.op === 'set') setAt(expected, change.path, change.value);
    else unsetAt(expected, change.path);
    expect(parseState(after, 'd')).toEqual(expected);
  });

  it('keeps Windows line ends', () => {
    const text = 'a: 1\r\nb: 2\r\n';
    expect(edit(text, set('c', 3))).toBe('a: 1\r\nb: 2\r\nc: 3\r\n');
  });

  it('writes into an empty document, keeping its comment', () => {
    expect(edit('', set('a.b', 1))).toBe('a:\n  b: 1\n');
    expect(parseState(edit('# head\n{}\n', set('a', 1)), 's')).toEqual({ a: 1 });
    expect(edit('# head\n{}\n', set('a', 1))).toContain('# head');
    expect(edit('# head\na: 1\n', unset('a'))).toBe('# head\n{}\n');
  });

  it('survives anchors and aliases', () => {
    const text = 'a: &x {b: 1}\nc: *x\n';
    expect(parseState(edit(text, set('c.b', 2)), 's')).toEqual({ a: { b: 1 }, c: { b: 2 } });
    expect(parseState(edit(text, unset('a')), 's')).toEqual({ c: { b: 1 } });
  });

  it('refuses to set below a scalar', () => {
    expect(() => edit('a: 1\n', set('a.b', 2))).toThrow(ConflictError);
  });

  it.each([
    ['a: 1\na: 2\n', 's:2:1'],
    ['a: [1,\n', 's:2:1'],
    ['- 1\n', 's:1:1'],
    ['a: !!js/function x\n', 's:1:4'],
    ['a: 1\n---\nb: 2\n', 's:2:1'],
  ])('names line and column of %j', (text, place) => {
    expect(() => parseState(text, 's')).toThrow(InvalidStateError);
    expect(() => parseState(text, 's')).toThrow(place);
  });

  it('bounds aliases', () => {
    const bomb = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
      ...Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]`),
    ].join('\n');
    expect(() => parseState(bomb, 's')).toThrow(InvalidStateError);
  });
});

describe('editState, for any edits', () => {
  it('gives the data that the edits give, and touches no line of another top-level key', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { maxKeys: 4 }),
        fc.array(plainEdit, { maxLength: 6 }),
        (data, edits) => {
          const kept = '# kept one\nkept: {x: [1,   2], y: "z"} # two\n# three\n';
          let text = `${kept}${Object.keys(data).length ? formatState(data, '') : ''}`;
          const expected = {
            kept: { x: [1, 2], y: 'z' },
            ...(mutable(parseState(text, 's')) as object),
          } as Record<string, unknown>;
          for (const one of edits) {
            if (one.path[0] === 'kept') continue;
            try {
              if (one.op === 'set') setAt(expected, one.path, mutable(one.value));
              else unsetAt(expected, one.path);
            } catch (error) {
              expect(error).toBeInstanceOf(ConflictError);
              expect(() => edit(text, one)).toThrow(ConflictError);
              return;
            }
            text = edit(text, one);
          }
          expect(parseState(text, 's')).toEqual(expected);
          expect(text.startsWith(kept)).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('round-trips: set, then get, then unset', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 3 }), value, (keys, wanted) => {
        const path = ['top', ...keys];
        const start = '# c\nother: 1 # d\n';
        const after = editState(start, [{ op: 'set', path, value: wanted }], 's');
        expect(lookUp(parseState(after, 's'), path)).toEqual({ found: true, value: wanted });
        const back = editState(after, [{ op: 'unset', path: ['top'] }], 's');
        expect(back).toBe(start);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('editState, where a splice is not enough', () => {
  it('lays the document out anew behind a key that is too long for a line', () => {
    const long = 'k'.repeat(1100);
    const text = editState('', [{ op: 'set', path: [long], value: 1 }], 's');
    const after = editState(
      text,
      [
        { op: 'set', path: ['b'], value: 2 },
        { op: 'set', path: ['c'], value: 3 },
      ],
      's',
    );
    expect(parseState(after, 's')).toEqual({ [long]: 1, b: 2, c: 3 });
  });
});
