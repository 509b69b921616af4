import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConflictError } from '../../../src/errors.js';
import type { Change } from '../../../src/model/event/event.js';
import { formatEvent, parseEvent } from '../../../src/model/event/event-file.js';
import { applyEdits, checkPrecondition, fold } from '../../../src/model/state/apply.js';
import type { Edit } from '../../../src/model/state/edit.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { anyEdit } from '../../support/arbitraries.js';

/** A state whose zeros have no sign: to kgit, 0 and -0 are the same value, and files may say either. */
const withoutSign = (state: unknown): unknown => JSON.parse(JSON.stringify(state));

describe('applyEdits', () => {
  it('is deterministic, and folding the changes, through their event files, gives the state', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyEdit, { maxLength: 4 }), { maxLength: 5 }), (operations) => {
        let text: string | null = null;
        const events: { changes: readonly Change[] }[] = [];
        for (const edits of operations as Edit[][]) {
          try {
            const applied = applyEdits(text, edits, 's');
            expect(applyEdits(text, edits, 's')).toEqual(applied);
            if (applied.changes.length === 0) continue;
            text = applied.text;
            const file = formatEvent({
              id: makeUlid(1, BigInt(events.length)),
              timestamp: '1970-01-01T00:00:00Z',
              action: 'state_changed',
              changes: applied.changes,
            });
            events.push(parseEvent(file, 'e') as unknown as { changes: Change[] });
          } catch (error) {
            expect(error).toBeInstanceOf(ConflictError);
          }
        }
        expect(withoutSign(fold(events))).toEqual(withoutSign(parseState(text ?? '', 's')));
      }),
      { numRuns: 800 },
    );
  });

  it('says what was before and after, and nothing for what stays', () => {
    const edits: Edit[] = [
      { op: 'set', path: ['deployment', 'phase'], value: 'create_vms' },
      { op: 'set', path: ['deployment', 'same'], value: 1 },
      { op: 'unset', path: ['deployment', 'gone'] },
      { op: 'unset', path: ['deployment', 'missing'] },
      { op: 'set', path: ['deployment', 'nil'], value: null },
    ];
    expect(applyEdits('deployment:\n  phase: setup\n  same: 1\n  gone: x\n', edits, 's').changes).toEqual([
      { path: 'deployment.phase', before: 'setup', after: 'create_vms' },
      { path: 'deployment.gone', before: 'x' },
      { path: 'deployment.nil', after: null },
    ]);
  });
});

describe('checkPrecondition', () => {
  it('tells path, expected and actual', () => {
    const data = { deployment: { phase: 'a', nil: null } };
    checkPrecondition({ check: 'equals', path: ['deployment', 'phase'], value: 'a' }, data);
    checkPrecondition({ check: 'absent', path: ['deployment', 'x'] }, data);
    expect(() => checkPrecondition({ check: 'absent', path: ['deployment', 'nil'] }, data)).toThrow(
      ConflictError,
    );
    try {
      checkPrecondition({ check: 'equals', path: ['deployment', 'phase'], value: 'b' }, data);
      expect.unreachable();
    } catch (error) {
      expect((error as ConflictError).data).toEqual({ path: 'deployment.phase', expected: 'b', actual: 'a' });
    }
  });
});
