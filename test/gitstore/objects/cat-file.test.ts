import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { CatFile, type GitObject, ObjectBatch } from '../../../src/gitstore/objects/cat-file.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { emptyRepository } from '../../support/git-fixtures.js';

const MIB = 1024 * 1024;

function blob(path: string, input: Buffer): string {
  return execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: path, input }).toString().trim();
}

it('refuses an object that is too large without holding it, and answers what is asked behind it', async () => {
  const path = emptyRepository();
  const [huge, small] = [blob(path, Buffer.alloc(300 * MIB)), blob(path, Buffer.from('a: 1\n'))];
  const reader = new CatFile(new Git(path, process.env), false);
  const ask = (name: string) =>
    new Promise<GitObject | null>((take, fail) =>
      reader.ask([new ObjectBatch([{ name, path: 'state.yaml' }], { take, fail })]),
    );
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 5);
  const before = process.memoryUsage().arrayBuffers;
  const answers = await Promise.allSettled([small, huge, small, huge, small].map(ask));
  clearInterval(watch);
  await reader.end();
  expect(answers.map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  ]);
  expect(answers[1]).toMatchObject({
    reason: { code: 'INVALID_STATE', message: expect.stringContaining('64 MiB') },
  });
  for (const i of [0, 2, 4])
    expect(answers[i]).toMatchObject({ value: { type: 'blob', data: Buffer.from('a: 1\n') } });
  expect(most - before).toBeLessThan(200 * MIB);
});
