import { expect, it } from 'vitest';
import { mirroredRevision, mirrorMessage } from '../../../src/model/operation/mirror-message.js';

const copied = { store: 'redis://h:6379/0#prod', revision: '12-0123456789abcdef' };
const trailers = 'Kgit-Revision: 12-0123456789abcdef\nKgit-Mirror-Of: redis://h:6379/0#prod\n';

it.each([
  ['a subject alone', 'init: state repository\n', `init: state repository\n\n${trailers}`],
  [
    'trailers',
    'x: y\n\nbody\n\nKgit-Op: 1\nKgit-Run: 2\n',
    `x: y\n\nbody\n\nKgit-Op: 1\nKgit-Run: 2\n${trailers}`,
  ],
  ['a body that is no trailers', 'x\n\nNote: a\nb', `x\n\nNote: a\nb\n\n${trailers}`],
  ['a subject like a trailer', 'fix: it', `fix: it\n\n${trailers}`],
  ['nothing', '', trailers],
])('adds its trailers to %s, and reads them', (_, message, made) => {
  expect(mirrorMessage(message, copied)).toBe(made);
  expect(mirroredRevision(made)).toEqual(copied);
});

it.each([
  'x\n\nKgit-Op: 1\n',
  'x\n\nKgit-Revision: 12\n',
  `x\n\n${trailers}Signed-off-by: somebody else\n`,
  `x\n\n${trailers}\nmore text`,
])('takes no other message for one of a mirror: %j', (message) => {
  expect(mirroredRevision(message)).toBeNull();
});

it('reads the last trailers of a copy of a copy', () => {
  const twice = mirrorMessage(mirrorMessage('x', { ...copied, revision: '1' }), copied);
  expect(mirroredRevision(twice)).toEqual(copied);
});
