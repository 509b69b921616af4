import { expect, it } from 'vitest';
import { SkippedNotes } from '../../../src/app/monitor/skipped-notes.js';
import { InvalidStateError } from '../../../src/errors.js';

it('names each file once, in the order of their paths, and shows no secret of them', () => {
  let told = 0;
  const notes = new SkippedNotes(() => {
    told += 1;
  });
  const secret = `ghp_${'a1B2c3D4e5'.repeat(4)}`.slice(0, 40);
  const broken = (path: string) => new InvalidStateError(`${path}: unexpected ${secret}`);
  for (const path of ['b.yaml', 'a.yaml', 'b.yaml']) notes.note(path, broken(path));
  expect(notes.list.map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml']);
  expect(told).toBe(2);
  expect(JSON.stringify(notes.list)).not.toContain(secret);
  expect(notes.list[0]?.message).toContain('unexpected ***');
});
