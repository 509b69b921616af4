import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventIdOfName, eventPath, parseEventPath } from '../../../src/model/subject/layout.js';
import { cluster, deployment } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const subject = fc.oneof(
  label.map((id) => deployment(id)),
  fc.tuple(label, label, label).map(([management, namespace, name]) => cluster(management, namespace, name)),
);
const id = fc
  .tuple(fc.integer({ min: 0, max: 4e12 }), fc.bigInt(0n, 2n ** 80n - 1n))
  .map(([time, random]) => makeUlid(time, random));
const action = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,20}$/);

describe('paths of events', () => {
  it('tell subject and id, and lie in the folder of their month', () => {
    fc.assert(
      fc.property(subject, id, action, (about, eventId, word) => {
        const path = eventPath(about, { id: eventId, action: word });
        expect(parseEventPath(path)).toEqual({ subject: about, id: eventId });
        expect(path).toMatch(/\/events\/\d{4}-\d\d\/[^/]+\.yaml$/);
      }),
    );
  });

  it('are distinct also where a file system does not tell upper from lower case', () => {
    fc.assert(
      fc.property(subject, id, action, (about, eventId, word) => {
        const path = eventPath(about, { id: eventId, action: word });
        // Only the id has letters that have a case, and it has one form: the folded path gives the path back.
        expect(path.toLowerCase().replace(eventId.toLowerCase(), eventId)).toBe(path);
        const folded = `${eventId.toLowerCase()}-${word}.yaml`;
        expect(eventIdOfName(folded)).toBe(/[A-Z]/.test(eventId) ? null : eventId);
      }),
    );
  });
});
